from __future__ import annotations

from pathlib import Path

import pytest
import telegram_desk
from loopback.bot_api import Cut, Flood, Status
from telegram_desk import OWNER, Chat

from tradegram.chat.reply import Button, File, Reply, Style
from tradegram.chat.telegram.token import bot_of
from tradegram.errors import Busy, Gone, Unreachable

CARD = Reply(
    "🟢 <b>BUY M&amp;M</b>",
    ((Button("Confirm", "t:K7Q2:c:1", Style.SUCCESS), Button("Copy id", copy="K7Q2")),),
)
ME = f"tg:{OWNER}"


def test_a_reply_is_shown_with_its_markup_and_buttons(chat: Chat) -> None:
    name = chat.messenger.send(ME, CARD)
    shown = chat.api.user(OWNER).last()
    assert name == f"tg:{OWNER}:{shown.message_id}"
    assert shown.text == "🟢 BUY M&M"
    confirm, copy = shown.buttons
    assert confirm == {"text": "Confirm", "callback_data": "t:K7Q2:c:1", "style": "success"}
    assert copy == {"text": "Copy id", "copy_text": {"text": "K7Q2"}}


def test_no_question_is_asked_before_the_first_message(chat: Chat) -> None:
    chat.messenger.send(ME, CARD)
    assert [call.method for call in chat.api.ledger] == ["sendMessage"]


def test_an_edit_without_buttons_takes_them_away(chat: Chat) -> None:
    name = chat.messenger.send(ME, CARD)
    chat.messenger.edit(name, Reply("✅ Filled"))
    assert (chat.api.user(OWNER).last().text, chat.api.user(OWNER).last().labels) == (
        "✅ Filled",
        [],
    )


def test_saying_the_same_again_is_harmless(chat: Chat) -> None:
    name = chat.messenger.send(ME, CARD)
    chat.messenger.edit(name, CARD)
    assert chat.api.user(OWNER).last().edits == 0


def test_markup_that_telegram_cannot_read_is_shown_as_plain_text_with_its_buttons(
    chat: Chat,
) -> None:
    chat.messenger.send(ME, Reply("<b>M&M &lt;5", CARD.buttons))
    shown = chat.api.user(OWNER).last()
    assert (shown.text, shown.labels) == ("M&M <5", ["Confirm", "Copy id"])


def test_a_long_text_comes_in_parts_with_the_buttons_under_the_last(chat: Chat) -> None:
    lines = "\n".join(f"<b>order {number}</b> &amp; more" for number in range(500))
    name = chat.messenger.send(ME, Reply(lines, CARD.buttons))
    shown = chat.api.user(OWNER).shown()
    assert len(shown) > 1
    assert [bool(each.buttons) for each in shown] == [False] * (len(shown) - 1) + [True]
    assert name.endswith(f":{shown[-1].message_id}")
    assert "\n".join(each.text for each in shown).splitlines()[-1] == "order 499 & more"


def test_a_picture_carries_the_text_below_it(chat: Chat) -> None:
    name = chat.messenger.send(ME, Reply("<b>INFY</b>", CARD.buttons, picture=b"\x89PNG"))
    assert chat.api.calls("sendPhoto")[0].files == ("photo",)
    chat.messenger.edit(name, Reply("INFY today", picture=b"\x89PNG"))
    assert chat.api.user(OWNER).last().text == "INFY today"


def test_a_file_is_sent_as_a_document_with_the_text_below_it(chat: Chat) -> None:
    sheet = File("trades.csv", b"a,b\r\n")
    name = chat.messenger.send(ME, Reply("<b>2 trades</b>", CARD.buttons, file=sheet))
    assert chat.api.calls("sendDocument")[0].files == ("document",)
    assert chat.api.user(OWNER).last().text == "2 trades"
    chat.messenger.edit(name, Reply("2 trades today", file=sheet))
    assert chat.api.user(OWNER).last().text == "2 trades today"


def test_a_silent_reply_makes_no_sound_and_an_answer_hangs_under_its_message(chat: Chat) -> None:
    name = chat.messenger.send(ME, Reply("one", silent=True))
    chat.messenger.send(ME, Reply("two"), reply_to=name)
    one, two = chat.api.user(OWNER).shown()
    assert (one.silent, two.silent, two.reply_to) == (True, False, one.message_id)


def test_a_reply_to_a_message_that_is_gone_is_said_all_the_same(chat: Chat) -> None:
    chat.messenger.send(ME, Reply("filled"), reply_to=f"tg:{OWNER}:5")
    assert chat.api.user(OWNER).last().text == "filled"


def test_a_flood_is_busy_for_as_long_as_telegram_says_and_is_not_asked_again(chat: Chat) -> None:
    chat.api.fail("sendMessage", Flood(17))
    with pytest.raises(Busy) as caught:
        chat.messenger.send(ME, CARD)
    assert caught.value.retry_after == 17
    with pytest.raises(Busy):
        chat.messenger.send(ME, CARD)
    assert len(chat.api.calls("sendMessage")) == 1
    assert chat.messenger.send("tg:7", CARD), "another chat is not held up"


def test_a_chat_gets_a_burst_and_is_then_busy(tmp_path: Path) -> None:
    with telegram_desk.chat(tmp_path, burst=3) as chat:
        for _ in range(3):
            chat.messenger.send(ME, CARD)
        with pytest.raises(Busy) as caught:
            chat.messenger.send(ME, CARD)
        assert 0 < caught.value.retry_after <= 1
        chat.messenger.send("tg:7", CARD)


def test_a_flood_that_names_no_time_is_busy_for_a_second(chat: Chat) -> None:
    chat.api.fail("sendMessage", Status(429, "slow down"))
    with pytest.raises(Busy) as caught:
        chat.messenger.send(ME, CARD)
    assert caught.value.retry_after == 1.0


@pytest.mark.parametrize("failure", [Status(500), Status(502, "Bad Gateway"), Cut()])
def test_no_usable_answer_is_unreachable(chat: Chat, failure: Status | Cut) -> None:
    chat.api.fail("sendMessage", failure)
    with pytest.raises(Unreachable):
        chat.messenger.send(ME, CARD)


def test_who_blocked_the_bot_is_gone_and_so_is_a_message_that_is_not_there(chat: Chat) -> None:
    with pytest.raises(Gone):
        chat.messenger.edit(f"tg:{OWNER}:5", CARD)
    chat.api.blocked.add(OWNER)
    with pytest.raises(Gone):
        chat.messenger.send(ME, CARD)


@pytest.mark.parametrize("name", ["web:0", "tg:", "tg:x", "tg:1:x", ""])
def test_a_name_that_is_not_ours_is_gone(chat: Chat, name: str) -> None:
    with pytest.raises(Gone):
        chat.messenger.edit(name, CARD)


def test_a_token_that_is_not_accepted_is_unreachable_and_not_repeated(chat: Chat) -> None:
    chat.api.token = "1:another"
    with pytest.raises(Unreachable) as caught:
        chat.messenger.send(ME, CARD)
    assert "AAFake" not in str(caught.value)


def test_a_server_that_is_no_bot_api_names_no_bot(chat: Chat) -> None:
    chat.api.username = None  # type: ignore[assignment]
    with pytest.raises(Unreachable, match="no bot"):
        bot_of(chat.api.token, chat.api.base_url)
    assert chat.messenger.username() == ""


def test_an_answer_that_comes_too_late_says_so(chat: Chat) -> None:
    assert chat.messenger.answer("q1", "Submitted") is False


def test_a_closed_messenger_is_unreachable_rather_than_stuck(chat: Chat) -> None:
    chat.messenger.close()
    with pytest.raises(Unreachable):
        chat.messenger.send(ME, CARD)
