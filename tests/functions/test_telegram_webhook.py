"""The door of the webhook: who gets in, and what Telegram is told."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from houses import house
from lambdas import SECRET, Lambdas, sample
from loopback.aws_proxy import Answered
from loopback.bot_api import BotApi, Person, Status

from tradegram.ports import Change, Document


@pytest.fixture(scope="module")
def api() -> Iterator[BotApi]:
    with BotApi(says_only=True) as made:
        yield made


@pytest.fixture(scope="module")
def desk(api: BotApi) -> Iterator[Lambdas]:
    with house("ministack", api) as made:
        yield made


@pytest.fixture
def asha(api: BotApi) -> Person:
    return api.user(42)


def answered(desk: Lambdas, **changes: Any) -> int:
    """What the sample event is answered with, after these changes."""
    return int(desk.invoke("telegram_webhook", sample("telegram_webhook") | changes)["statusCode"])


@pytest.mark.parametrize("given", ["", "wrong", SECRET[:-1], SECRET + "x", "ü"])
def test_without_the_secret_nothing_is_read_and_nothing_is_asked(desk: Lambdas, given: str) -> None:
    headers = {"x-telegram-bot-api-secret-token": given} if given else {}

    assert answered(desk, headers=headers, body="not even JSON") == 403
    assert desk.calls["telegram_webhook"][-1] == []


def test_a_body_beyond_64_kb_is_not_read(desk: Lambdas) -> None:
    assert answered(desk, body="x" * 65_537) == 413
    assert desk.calls["telegram_webhook"][-1] == []


def test_what_no_bot_api_would_send_is_not_asked_for_again(desk: Lambdas) -> None:
    assert answered(desk, body="{") == 200
    assert answered(desk, body="[]") == 200
    assert answered(desk, body='{"update_id": "x"}') == 200


def test_a_body_in_base64_is_the_same_update(desk: Lambdas, asha: Person) -> None:
    update = json.dumps(asha.says("/help")).encode()
    before = len(asha.shown())

    assert answered(desk, body=base64.b64encode(update).decode(), isBase64Encoded=True) == 200

    assert len(asha.shown()) > before


def test_the_same_update_twice_is_answered_in_chat_once(desk: Lambdas, asha: Person) -> None:
    update = asha.says("/buy INFY 5 @ 1500")
    assert desk.webhook(update) == 200
    before = len(asha.shown())

    assert desk.webhook(update) == 200

    assert len(asha.shown()) == before


def test_a_stranger_gets_no_answer(desk: Lambdas, api: BotApi) -> None:
    stranger = api.user(666)

    assert desk.webhook(stranger.says("/buy INFY 5 @ 1500")) == 200

    assert stranger.shown() == []


def test_an_update_that_telegram_does_not_let_us_answer_is_still_done(
    desk: Lambdas, api: BotApi, asha: Person
) -> None:
    api.fail("sendMessage", Status(403))

    assert desk.webhook(asha.says("/help")) == 200


def test_when_the_table_is_away_telegram_is_asked_to_come_again(
    desk: Lambdas, asha: Person
) -> None:
    update = asha.says("/help")
    desk.invoke("telegram_webhook", sample("telegram_webhook"))
    assert desk.proxy
    desk.proxy.fail("TransactWriteItems", Answered("ThrottlingException"), times=3)

    assert desk.webhook(update) == 503

    assert desk.webhook(update) == 200  # and then it is served


def test_an_update_that_another_sandbox_is_acting_on_comes_again(
    desk: Lambdas, asha: Person
) -> None:
    update = asha.says("/help")
    app = desk.app("telegram_webhook").desk
    row = {"done": False, "at": app.clock.now()}
    app.store.commit(Change((Document("update", str(update["update_id"]), row),)))

    assert desk.webhook(update) == 503


def test_the_bot_s_secrets_are_in_no_line_of_the_log(
    desk: Lambdas, api: BotApi, asha: Person
) -> None:
    logger = desk.app("telegram_webhook").logger
    written = io.StringIO()
    before = logger.registered_handler.setStream(written)
    api.fail("sendMessage", Status(403))

    desk.webhook(asha.says("/help"))
    logger.error(f"https://host/bot{api.token}/x and {SECRET}")
    logger.registered_handler.setStream(before)

    lines = written.getvalue()
    assert "an answer was not shown" in lines  # what modules log is in it too
    assert "/bot***/x and ***" in lines
    assert api.token not in lines
    assert SECRET not in lines
