from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from loopback.bot_api import Cut, Flood, Status
from telegram_desk import OWNER, STRANGER, Chat, eventually

from tradegram.chat import people
from tradegram.chat.telegram.polling import Poller
from tradegram.ports import Change, Document

BUY = "/buy INFY 5"


@pytest.fixture
def poller(chat: Chat) -> Iterator[Poller]:
    poller = Poller(chat.desk, chat.messenger, chat.talk)
    yield poller
    poller.stop()


def acknowledged(chat: Chat) -> Any:
    return lambda: chat.api.pending() == 0


def test_words_and_presses_come_through(chat: Chat, poller: Poller) -> None:
    asha = chat.api.user(OWNER)
    asha.says(BUY)  # said while nobody was reading
    poller.start()
    asha.press(asha.sees("Ticket"), "Confirm")
    assert asha.sees("Submitting").labels == []
    chat.api.until(acknowledged(chat), what="all acknowledged")
    asked = chat.api.calls("getUpdates")[0].params
    assert asked["allowed_updates"] == ["message", "callback_query", "my_chat_member"]


def test_an_update_that_comes_twice_is_acted_on_once(chat: Chat, poller: Poller) -> None:
    asha = chat.api.user(OWNER)
    poller.start()
    update = asha.says(BUY)
    asha.sees("Ticket")
    chat.api.until(acknowledged(chat))
    chat.api.replay(update)
    asha.says("/q INFY")
    asha.sees("/q INFY")
    assert chat.talk.texts == [BUY, "/q INFY"]


def test_an_update_is_acknowledged_only_when_it_was_acted_on(chat: Chat, poller: Poller) -> None:
    gate = chat.talk.gates[BUY] = threading.Event()
    chat.api.user(OWNER).says(BUY)
    poller.start()
    eventually(lambda: chat.talk.texts == [BUY])
    polls = len(chat.api.calls("getUpdates"))
    chat.api.until(lambda: len(chat.api.calls("getUpdates")) > polls + 1)
    assert chat.api.pending() == 1
    gate.set()
    chat.api.until(acknowledged(chat))
    assert chat.talk.texts == [BUY]


def test_a_slow_chat_does_not_hold_up_another_and_keeps_its_own_order(
    chat: Chat, poller: Poller
) -> None:
    people.pair(chat.desk, 7, "Ravi", people.new_code(chat.desk))
    gate = chat.talk.gates["/slow"] = threading.Event()
    asha, ravi = chat.api.user(OWNER), chat.api.user(7, "Ravi")
    poller.start()
    asha.says("/slow")
    asha.says("/second")
    ravi.says("/quick")
    ravi.sees("/quick")
    assert [each.text for each in asha.shown()] == []
    gate.set()
    asha.sees("/second")
    assert [each.text for each in asha.shown()] == ["Ticket /slow", "Ticket /second"]


def test_what_a_killed_process_had_begun_is_taken_up_by_the_next_at_once(
    chat: Chat, poller: Poller
) -> None:
    update = chat.api.user(OWNER).says(BUY)
    begun = {"done": False, "at": chat.clock.now()}
    row = Document("update", str(update["update_id"]), begun, expires_at=chat.clock.now() + 9999)
    chat.desk.store.commit(Change((row,)))
    poller.start()
    chat.api.user(OWNER).sees("Ticket")


@pytest.mark.parametrize("failure", [Status(500), Status(502, "Bad Gateway"), Cut(), Flood(1)])
def test_it_goes_on_after_telegram_failed(chat: Chat, poller: Poller, failure: Any) -> None:
    chat.api.fail("getUpdates", failure)
    poller.start()
    chat.api.user(OWNER).says(BUY)
    chat.api.user(OWNER).sees("Ticket")


def test_garbage_between_updates_is_passed_over(chat: Chat, poller: Poller) -> None:
    chat.api.update(message={"text": 5})
    chat.api.update(message="what")
    chat.api.update(brand_new={"x": 1})
    chat.api.user(OWNER).says(BUY)
    poller.start()
    chat.api.user(OWNER).sees("Ticket")
    chat.api.until(lambda: chat.api.pending() <= 1, what="brand_new is never asked for")


def test_another_reader_is_named_once(
    chat: Chat, poller: Poller, caplog: pytest.LogCaptureFixture
) -> None:
    chat.api.other_poller = True
    poller.start()
    chat.api.until(lambda: chat.api.calls("getUpdates"))
    eventually(lambda: "another program reads" in caplog.text)
    assert caplog.text.count("another program reads") == 1


def test_a_rejected_token_is_said_in_one_sentence_and_tried_again(
    chat: Chat, poller: Poller, caplog: pytest.LogCaptureFixture
) -> None:
    token, chat.api.token = chat.api.token, "1:another"
    poller.start()
    eventually(lambda: "does not accept TELEGRAM_BOT_TOKEN" in caplog.text)
    eventually(lambda: chat.api.refused.count("getUpdates") >= 3)
    chat.api.token = token
    chat.api.user(OWNER).says(BUY)
    eventually(lambda: "accepts TELEGRAM_BOT_TOKEN again" in caplog.text)
    said = [each for each in caplog.records if each.levelno >= logging.ERROR]
    assert len(said) == 1
    assert token not in "".join(each.getMessage() for each in said)


def test_somebody_elses_webhook_is_named_and_left_alone(
    chat: Chat, poller: Poller, caplog: pytest.LogCaptureFixture
) -> None:
    chat.api.webhook = "https://desk.example/secret-path"
    poller.start()
    eventually(lambda: "webhook at desk.example" in caplog.text)
    assert "secret-path" not in caplog.text
    assert chat.api.calls("deleteWebhook") == []


def test_strangers_see_start_in_the_menu_and_users_all_commands(chat: Chat, poller: Poller) -> None:
    poller.start()
    chat.api.until(lambda: len(chat.api.commands) == 2)
    assert [each["command"] for each in chat.api.commands["default"]] == ["start"]
    listed = [each["command"] for each in chat.api.commands[f"chat:{OWNER}"]]
    assert {"buy", "sell", "kill", "status"} <= set(listed)


def test_a_server_that_knows_no_menus_and_webhooks_is_served_all_the_same(
    chat: Chat, poller: Poller
) -> None:
    for method in ("setMyCommands", "getWebhookInfo"):
        chat.api.fail(method, Status(404, "Not Found"), times=10)
    chat.api.user(OWNER).says(BUY)
    poller.start()
    chat.api.user(OWNER).sees("Ticket")


def test_it_stops_in_the_middle_of_a_long_poll(chat: Chat, poller: Poller) -> None:
    poller.start()
    chat.api.until(lambda: chat.api.calls("getUpdates"))
    began = time.monotonic()
    poller.stop()
    assert time.monotonic() - began < 5  # a poll lasts 25 s


def test_strangers_are_acknowledged_and_met_with_silence(chat: Chat, poller: Poller) -> None:
    chat.api.user(STRANGER).says("/start")
    poller.start()
    chat.api.until(acknowledged(chat))
    assert STRANGER not in chat.api.messages
