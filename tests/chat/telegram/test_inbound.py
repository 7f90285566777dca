from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
import samples
import telegram_desk
from loopback.bot_api import Cut, Flood, Status
from telegram_desk import OWNER, STRANGER, TICKET, Chat

from tradegram.chat import people
from tradegram.chat.reply import Answer, Pressed, Reply
from tradegram.chat.telegram.inbound import Received
from tradegram.errors import StoreUnavailable
from tradegram.orders.stage import client_order_id
from tradegram.orders.state import State
from tradegram.ports import Change, Document
from tradegram.tickets.ticket import TicketState

BUY = "/buy M&M 5"


# -- the plain way -------------------------------------------------------------------------------


def test_words_are_answered_in_the_same_chat(chat: Chat) -> None:
    asha = chat.api.user(OWNER)
    assert chat.receive(asha.says(BUY)) is Received.ACTED
    said = chat.talk.heard[0]
    assert (said.user_id, said.chat, said.text) == (OWNER, f"tg:{OWNER}", BUY)
    assert said.said_at == chat.clock.now()
    assert asha.last().text == "Ticket /buy M&M 5"


def test_a_press_is_answered_first_then_its_message_is_edited(chat: Chat) -> None:
    asha = chat.api.user(OWNER)
    chat.receive(asha.says(BUY))
    card = asha.last()
    chat.receive(asha.press(card, "Confirm"))
    pressed = chat.talk.presses[0]
    assert (pressed.message, pressed.data) == (f"tg:{OWNER}:{card.message_id}", f"{TICKET}:c:1")
    assert chat.api.answers[0]["text"] == "Submitted"
    assert (card.text, card.labels) == ("⏳ Submitting", [])
    methods = [call.method for call in chat.api.ledger]
    assert methods == ["sendMessage", "answerCallbackQuery", "editMessageText"]


def test_an_alert_and_new_messages_of_an_answer_are_shown(chat: Chat) -> None:
    asha = chat.api.user(OWNER)
    chat.receive(asha.says(BUY))
    chat.talk.answer = Answer("x" * 300, alert=True, replies=(Reply("one"), Reply("two")))
    chat.receive(asha.press(asha.last(), "Confirm"))
    assert chat.api.answers[0]["show_alert"] is True
    assert len(chat.api.answers[0]["text"]) == 200
    assert [each.text for each in asha.shown()[1:]] == ["one", "two"]


def test_an_alert_that_came_too_late_for_its_press_is_said_as_a_message(chat: Chat) -> None:
    asha = chat.api.user(OWNER)
    chat.receive(asha.says(BUY))
    chat.talk.answer = Answer("not <yours>", alert=True)
    press = asha.press(asha.last(), "Confirm")
    press["callback_query"]["id"] = "forgotten"
    chat.receive(press)
    assert asha.last().text == "not <yours>"


# -- who -----------------------------------------------------------------------------------------


def test_a_stranger_meets_silence_and_leaves_no_trace(chat: Chat) -> None:
    stranger = chat.api.user(STRANGER, "Mallory")
    update = stranger.says("/start")
    assert chat.receive(update) is Received.IGNORED
    assert chat.receive(stranger.press_under(None, f"{TICKET}:c:1")) is Received.IGNORED
    assert (chat.talk.heard, chat.talk.presses, chat.api.ledger) == ([], [], [])
    assert chat.desk.store.document("update", str(update["update_id"])) is None


def test_a_press_of_a_stranger_under_somebody_elses_ticket_does_nothing(chat: Chat) -> None:
    chat.receive(chat.api.user(OWNER).says(BUY))
    card = chat.api.user(OWNER).last()
    chat.receive(chat.api.user(STRANGER).press(card, "Confirm"))
    assert (chat.talk.presses, card.edits) == ([], 0)


@pytest.mark.parametrize("form", ["{}", "/start {}", "/start  {}"])
def test_a_code_pairs_a_stranger_once_and_gives_the_menu(chat: Chat, form: str) -> None:
    code = people.new_code(chat.desk)
    ravi = chat.api.user(7, "Ravi")
    assert chat.receive(ravi.says(form.format(code))) is Received.ACTED
    assert people.may_use(chat.desk, 7)
    assert "Paired" in ravi.shown()[0].text
    assert chat.talk.texts == ["/start"]
    assert "chat:7" in chat.api.commands
    assert chat.receive(chat.api.user(STRANGER).says(form.format(code))) is Received.IGNORED
    assert not people.may_use(chat.desk, STRANGER)


def test_a_group_hears_one_line_a_day_and_nothing_is_done(chat: Chat) -> None:
    asha = chat.api.user(OWNER)
    for _ in range(3):
        chat.receive(asha.says(BUY, chat=GROUP))
    assert [each.text for each in chat.api.messages[-100123]] == [
        "I take orders in private chats only, and do nothing here."
    ]
    chat.clock.pass_(86_401)
    chat.receive(asha.says(BUY, chat=GROUP))
    assert len(chat.api.messages[-100123]) == 2
    assert chat.talk.heard == []


PERSON = {"id": OWNER, "is_bot": False, "first_name": "Asha"}
PRIVATE = {"id": OWNER, "type": "private"}
GROUP = {"id": -100123, "type": "supergroup", "title": "Desk"}
BOT = {"id": 9, "is_bot": True, "first_name": "b", "username": "other_bot"}
ANONYMOUS = {"id": 1087968824, "is_bot": True, "first_name": "Group"}
BASE = {"message_id": 5, "date": 1_795_149_000, "chat": PRIVATE, "from": PERSON, "text": BUY}
NOT_FOR_US: list[dict[str, Any]] = [
    {"channel_post": BASE | {"chat": {"id": -1001, "type": "channel", "title": "c"}}},
    {"message": BASE | {"sender_chat": GROUP, "chat": GROUP}},
    {"message": BASE | {"from": ANONYMOUS, "chat": GROUP}},
    {"message": BASE | {"via_bot": BOT}},
    {"message": BASE | {"business_connection_id": "b"}},
    {"message": {key: value for key, value in BASE.items() if key != "from"}},
    {"message": BASE | {"chat": {"id": 7, "type": "private"}}},
    {"business_message": BASE},
    {"guest_message": BASE},
    {"edited_message": BASE | {"edit_date": 1_795_149_000}},
    {"my_chat_member": {"chat": PRIVATE, "from": PERSON}},
    {"something_new": {"x": 1}},
]


@pytest.mark.parametrize("body", NOT_FOR_US, ids=lambda body: next(iter(body)))
def test_what_is_not_a_persons_own_message_in_a_private_chat_is_ignored(
    chat: Chat, body: dict[str, Any]
) -> None:
    assert chat.receive({"update_id": 1, **body}) is Received.IGNORED
    assert (chat.talk.heard, chat.api.ledger) == ([], [])


GARBAGE: list[dict[str, Any]] = [
    {},
    {"update_id": "x", "message": BASE},
    {"update_id": None},
    {"update_id": 1, "message": 5},
    {"update_id": 1, "message": []},
    {"update_id": 1, "message": BASE | {"chat": None}},
    {"update_id": 1, "message": BASE | {"from": {"id": "42"}}},
    {"update_id": 1, "message": BASE | {"text": {"a": 1}}},
    {"update_id": 1, "message": BASE | {"date": "yesterday"}},
    {"update_id": 1, "message": BASE | {"date": 10**30}},
    {"update_id": 1, "callback_query": {"id": "1", "data": "x"}},
    {"update_id": 1, "callback_query": {"id": 5, "from": PERSON, "chat_instance": "1"}},
]


@pytest.mark.parametrize("update", GARBAGE, ids=str)
def test_garbage_is_ignored_with_a_line_in_the_log(
    chat: Chat, update: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    assert chat.receive(update) is Received.IGNORED
    assert (chat.talk.heard, chat.talk.presses) == ([], [])
    assert "ignored" in caplog.text


# -- once ----------------------------------------------------------------------------------------


def test_a_repeated_update_does_nothing_more(chat: Chat) -> None:
    asha = chat.api.user(OWNER)
    update = asha.says(BUY)
    chat.receive(update)
    assert chat.receive(update) is Received.IGNORED
    press = asha.press(asha.last(), "Confirm")
    chat.receive(press)
    assert chat.receive(press) is Received.IGNORED
    assert (len(chat.talk.heard), len(chat.talk.presses)) == (1, 1)


def test_an_update_that_somebody_began_is_taken_over_when_they_must_have_died(chat: Chat) -> None:
    update = chat.api.user(OWNER).says(BUY)
    begun = {"done": False, "at": chat.clock.now()}
    row = Document("update", str(update["update_id"]), begun, expires_at=chat.clock.now() + 9999)
    chat.desk.store.commit(Change((row,)))
    chat.clock.pass_(29)
    assert chat.receive(update) is Received.IN_HAND
    assert chat.talk.heard == []
    chat.clock.pass_(2)
    assert chat.receive(update) is Received.ACTED
    assert chat.receive(update) is Received.IGNORED
    assert chat.talk.texts == [BUY]


class DeafStore:
    def __getattr__(self, name: str) -> Any:
        raise StoreUnavailable("the store did not answer")


def test_an_update_that_cannot_be_recorded_is_not_acted_on(chat: Chat) -> None:
    chat.desk = replace(chat.desk, store=cast(Any, DeafStore()))
    with pytest.raises(StoreUnavailable):
        chat.receive(chat.api.user(OWNER).says(BUY))
    assert (chat.talk.heard, chat.api.ledger) == ([], [])


# -- late, edited, forwarded, addressed to others ------------------------------------------------


def test_late_words_do_nothing_and_are_said_back(chat: Chat) -> None:
    asha = chat.api.user(OWNER)
    chat.receive(asha.says(BUY, age=7 * 60))
    assert chat.talk.heard == []
    assert "offline" in asha.last().text
    assert "7 min ago" in asha.last().text
    assert BUY in asha.last().text
    chat.receive(asha.says(BUY, age=119))
    assert chat.talk.texts == [BUY]


def test_an_edited_command_does_nothing(chat: Chat) -> None:
    asha = chat.api.user(OWNER)
    update = asha.says("/q INFY")
    chat.receive(update)
    assert chat.receive(asha.edits(update, BUY)) is Received.IGNORED
    assert chat.talk.texts == ["/q INFY"]


def test_forwarded_words_are_heard_as_such_with_the_channel_they_came_from(chat: Chat) -> None:
    hidden = {"type": "hidden_user", "date": 1_795_149_000, "sender_user_name": "Tips"}
    tips = {"id": -1001, "type": "channel", "title": "Best Tips!", "username": "best_tips"}
    channel = {"type": "channel", "date": 1_795_149_000, "chat": tips, "message_id": 1}
    asha = chat.api.user(OWNER)
    for origin in (hidden, channel):
        chat.receive(asha.says(BUY, forward_origin=origin))
    assert [each.forwarded_from for each in chat.talk.heard] == ["", "best_tips"]
    chat.receive(asha.says(f"{BUY}@other_bot", forward_origin=hidden, age=7 * 60))
    assert len(chat.talk.heard) == 2


def test_a_command_to_another_bot_is_not_ours_and_our_own_name_is_dropped(chat: Chat) -> None:
    asha = chat.api.user(OWNER)
    chat.receive(asha.says("/buy@other_bot INFY 5"))
    chat.receive(asha.says("/buy@LOOPBACK_desk_bot INFY 5"))
    chat.receive(asha.says("/status@loopback_desk_bot"))
    chat.receive(asha.says("/buy@loopback_desk_bot\nINFY 5"))
    chat.receive(asha.says("/buy@other_bot\nINFY 5"))
    assert chat.talk.texts == ["/buy INFY 5", "/status", "/buy\nINFY 5"]
    assert len(chat.api.calls("getMe")) == 1


def test_a_caption_is_not_a_command(chat: Chat) -> None:
    asha = chat.api.user(OWNER)
    message = {**asha.message(""), "caption": BUY, "photo": []}
    del message["text"]
    chat.receive(chat.api.update(message=message))
    assert chat.talk.heard == []
    assert asha.last().text == "I read text only; nothing was done."


def test_a_text_too_long_to_be_an_order_is_not_read(chat: Chat) -> None:
    asha = chat.api.user(OWNER)
    chat.receive(asha.says("/buy " + "a " * 600))
    assert chat.talk.heard == []
    assert "1,000 characters" in asha.last().text


def test_a_secret_is_deleted_and_never_reaches_the_desk_or_the_log(
    chat: Chat, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "tradegram")
    secret = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw8"
    asha = chat.api.user(OWNER)
    update = asha.says(f"my token is {secret}", age=9999)
    chat.receive(update)
    assert chat.api.deleted == [(OWNER, update["message"]["message_id"])]
    assert "I deleted it" in asha.last().text
    assert "Revoke it" in asha.last().text
    assert chat.talk.heard == []
    assert secret not in caplog.text


def test_a_secret_that_cannot_be_deleted_is_to_be_deleted_by_its_owner(chat: Chat) -> None:
    chat.api.fail("deleteMessage", Status(400, "Bad Request: message can't be deleted"))
    asha = chat.api.user(OWNER)
    chat.receive(asha.says("0123456789abcdef0123456789abcdef"))
    assert ". Delete it; it was not stored" in asha.last().text


def test_what_people_write_is_not_logged(chat: Chat, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "tradegram")
    chat.receive(chat.api.user(OWNER).says(BUY))
    chat.receive(chat.api.user(STRANGER).says(BUY))
    assert "M&M" not in caplog.text


# -- presses under messages that are gone --------------------------------------------------------


def test_a_press_without_a_message_is_answered_and_does_nothing(chat: Chat) -> None:
    asha = chat.api.user(OWNER)
    chat.receive(asha.press_under(None, f"{TICKET}:c:1"))
    assert chat.talk.presses == []
    assert "not in our chat any more" in chat.api.answers[0]["text"]


def test_a_press_under_a_message_too_old_to_edit_is_answered_by_a_new_one(chat: Chat) -> None:
    asha = chat.api.user(OWNER)
    old = {"message_id": 3, "date": 0, "chat": PRIVATE}
    chat.receive(asha.press_under(old, "k:x:k:1"))
    assert chat.talk.presses[0].message == f"tg:{OWNER}:3"
    assert asha.last().text == "⏳ Submitting"


def test_a_press_in_a_group_does_nothing(chat: Chat) -> None:
    asha = chat.api.user(OWNER)
    chat.receive(asha.press_under({"message_id": 3, "date": 9, "chat": GROUP}, f"{TICKET}:c:1"))
    assert chat.talk.presses == []
    assert len(chat.api.answers) == 1


# -- newer words are not covered -----------------------------------------------------------------


def fill(chat: Chat, pressed: Pressed) -> None:
    """The press made an order, and the order was filled before the press is answered."""
    key = client_order_id("T" * 16, 0)
    ticket = replace(samples.TICKET, state=TicketState.CONFIRMED, message=pressed.message)
    staged = samples.order(key)
    chat.desk.store.commit(Change((ticket, staged)))
    filled = replace(staged, version=1, state=State.FILLED, cum_quantity=staged.quantity)
    chat.desk.store.commit(Change((filled,)))


def test_the_answer_to_confirm_does_not_cover_the_fill_that_was_told_before(chat: Chat) -> None:
    asha = chat.api.user(OWNER)
    chat.receive(asha.says(BUY))
    card = asha.last()

    def fills_at_once(pressed: Pressed) -> None:
        fill(chat, pressed)
        chat.messenger.edit(pressed.message, Reply("Filled, said the outbox"))

    chat.talk.before = fills_at_once
    chat.receive(asha.press(card, "Confirm"))
    assert "Filled" in card.text
    assert "Submitting" not in card.text


def test_a_chat_that_is_written_to_too_often_still_ends_with_the_newest_words(
    tmp_path: Path,
) -> None:
    with telegram_desk.chat(tmp_path, burst=3) as chat:  # the ticket, the outbox, our answer
        chat.messenger.pace.per_second = 10.0
        asha = chat.api.user(OWNER)
        chat.receive(asha.says(BUY))
        card = asha.last()

        def fills_at_once(pressed: Pressed) -> None:
            fill(chat, pressed)
            chat.messenger.edit(pressed.message, Reply("Filled, said the outbox"))

        chat.talk.before = fills_at_once
        chat.receive(asha.press(card, "Confirm"))
        assert "Filled" in card.text


# -- when Telegram or the desk fails -------------------------------------------------------------


@pytest.mark.parametrize("failure", [Flood(1), Status(500), Cut()])
def test_an_answer_that_was_not_shown_is_shown_again(chat: Chat, failure: Any) -> None:
    chat.api.fail("sendMessage", failure)
    asha = chat.api.user(OWNER)
    assert chat.receive(asha.says(BUY)) is Received.ACTED
    assert asha.last().text == "Ticket /buy M&M 5"
    assert len(chat.talk.heard) == 1, "the desk is asked once"


def test_answers_wait_for_their_turn_rather_than_being_lost(tmp_path: Path) -> None:
    with telegram_desk.chat(tmp_path, burst=2) as chat:
        chat.messenger.pace.per_second = 20.0
        asha = chat.api.user(OWNER)
        for number in range(12):
            chat.receive(asha.says(f"/q {number}"))
        assert len(asha.shown()) == 12


def test_an_answer_that_would_wait_too_long_is_given_up_and_the_update_is_done(chat: Chat) -> None:
    chat.api.fail("sendMessage", Flood(3600))
    update = chat.api.user(OWNER).says(BUY)
    assert chat.receive(update) is Received.ACTED
    assert chat.receive(update) is Received.IGNORED


def test_a_fault_in_the_desk_is_said_with_a_reference_and_not_repeated_for_ever(
    chat: Chat, caplog: pytest.LogCaptureFixture
) -> None:
    chat.talk.fail = RuntimeError("a fault")
    asha = chat.api.user(OWNER)
    update = asha.says(BUY)
    assert chat.receive(update) is Received.ACTED
    assert "Something went wrong" in asha.last().text
    reference = asha.last().text.split()[-1]
    assert reference in [getattr(each, "reference", "") for each in caplog.records]
    assert chat.receive(update) is Received.IGNORED
    card = Reply("x")
    name = chat.messenger.send(f"tg:{OWNER}", card)
    chat.receive(asha.press_under({"message_id": int(name.split(":")[2]), "date": 9,
                                   "chat": PRIVATE}, "x"))  # fmt: skip
    assert "Something went wrong" in asha.last().text
    assert len(chat.api.answers) == 1
