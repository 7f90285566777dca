from __future__ import annotations

import asyncio
import io
import logging
import threading
from collections.abc import Iterator

import pytest
from loopback.bot_api import Status
from telegram import Bot
from telegram.error import InvalidToken
from telegram_desk import OWNER, Chat

from tradegram.chat.reply import Reply
from tradegram.chat.telegram.redact import HIDDEN, Redacting, install

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw8"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """All of the process's log from INFO up, as bootstrap would set it up."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))
    install([handler], ["hook-secret/1", "abc"])
    root, before = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    # Other tests quiet the client's own log; here it must speak.
    client = logging.getLogger("httpx")
    client_before = client.level
    client.setLevel(logging.INFO)
    yield text
    client.setLevel(client_before)
    root.removeHandler(handler)
    root.setLevel(before)


def test_what_we_say_ourselves_logs_no_address(chat: Chat, log: io.StringIO) -> None:
    chat.messenger.send(f"tg:{OWNER}", Reply("hello"))
    assert log.getvalue() == ""


def test_the_library_reports_a_rejected_token_without_it(chat: Chat, log: io.StringIO) -> None:
    bot = Bot(TOKEN, f"{chat.api.base_url}/bot", f"{chat.api.base_url}/file/bot")

    async def begin() -> None:
        try:
            await bot.initialize()
        except InvalidToken:
            logging.getLogger("desk").exception("rejected: %s", bot.token)
        finally:
            await bot.shutdown()

    # In a thread of its own: a browser test before us may have left a loop running in this one.
    thread = threading.Thread(target=lambda: asyncio.run(begin()))
    thread.start()
    thread.join()
    assert f"/bot{HIDDEN}/getMe" in log.getvalue(), "its client logs every address"
    assert "was rejected by the server" in log.getvalue(), "its words quote the token"
    assert TOKEN not in log.getvalue()
    assert TOKEN.partition(":")[2] not in log.getvalue()


def test_errors_of_the_messenger_and_their_causes_hold_no_token(
    chat: Chat, log: io.StringIO
) -> None:
    chat.api.fail("sendMessage", Status(500))
    try:
        chat.messenger.send(f"tg:{OWNER}", Reply("x"))
    except Exception:
        logging.getLogger("desk").exception("not shown")
    assert "Traceback" in log.getvalue()
    assert chat.api.token not in log.getvalue()


def test_secrets_of_the_settings_are_hidden_however_they_are_spelled(log: io.StringIO) -> None:
    logging.getLogger("desk").info("got %s and %s", "hook-secret/1", "hook-secret%2F1")
    logging.getLogger("desk").info("escaped %s", TOKEN.replace(":", "%3A"))
    assert log.getvalue().splitlines() == [
        f"INFO desk got {HIDDEN} and {HIDDEN}",
        f"INFO desk escaped {HIDDEN}",
    ]


def test_an_api_key_is_known_by_its_shape(log: io.StringIO) -> None:
    key = f"tg_{'A2' * 8}_{'Q7' * 32}"
    logging.getLogger("any").warning("asked with %s", key)

    assert key not in log.getvalue()
    assert "asked with ***" in log.getvalue()


def test_a_word_too_short_to_be_a_secret_is_left_alone(log: io.StringIO) -> None:
    logging.getLogger("desk").info("abc of trading, 12:30, 1234567:short")
    assert "abc of trading, 12:30, 1234567:short" in log.getvalue()


def test_installing_twice_wraps_once_and_keeps_the_newer_secrets() -> None:
    handler = logging.StreamHandler(io.StringIO())
    install([handler], ["first-secret"])
    install([handler], ["second-secret"])
    formatter = handler.formatter
    assert isinstance(formatter, Redacting)
    assert not isinstance(formatter.inner, Redacting)
    assert formatter.redacted("second-secret") == HIDDEN
