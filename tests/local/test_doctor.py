"""The doctor says what to do about everything a run depends on, and gives no secret away."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest
from loopback.bot_api import BotApi, Status

from tradegram.local.doctor import calendar_findings, examine
from tradegram.settings import Settings, read

SECRET = "123456:a-token-nobody-may-see"


def settings(folder: Path, token: str, base_url: str) -> Settings:
    return read(
        {
            "TRADEGRAM_DATA_DIR": str(folder),
            "TELEGRAM_BOT_TOKEN": token,
            "TELEGRAM_API_BASE_URL": base_url,
        }
    )


def test_a_token_that_is_accepted_is_shown_by_its_bots_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with BotApi() as api:
        assert examine(settings(tmp_path, api.token, api.base_url)) == 0

        told = capsys.readouterr().out
        assert "the bot token is good: it is @" in told
        assert api.token not in told
        assert len(api.calls("getMe")) == 1


def test_a_refused_token_is_told_from_a_server_that_does_not_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with BotApi() as api:
        assert examine(settings(tmp_path, SECRET, api.base_url)) == 1
        refused = capsys.readouterr().out
        api.fail("getMe", Status(502, "Bad Gateway"))
        assert examine(settings(tmp_path, api.token, api.base_url)) == 1
        odd = capsys.readouterr().out
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        address = f"http://127.0.0.1:{nobody.getsockname()[1]}"
    assert examine(settings(tmp_path, SECRET, address)) == 1
    silent = capsys.readouterr().out

    assert "BAD  TELEGRAM_BOT_TOKEN is not accepted by 127.0.0.1" in refused
    assert "copy it again from @BotFather" in refused
    for told in (silent, odd):
        assert "BAD  the Bot API server 127.0.0.1 does not answer" in told
        assert "TELEGRAM_API_BASE_URL" in told
    assert SECRET not in refused + silent + odd


def test_without_a_token_no_server_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert examine(read({"TRADEGRAM_DATA_DIR": str(tmp_path)})) == 0
    assert "browser console only" in capsys.readouterr().out


def test_a_calendar_that_ends_soon_is_a_warning_and_one_that_ended_is_bad() -> None:
    def at(year: int, month: int, day: int) -> list[tuple[bool | None, str]]:
        return list(calendar_findings(datetime(year, month, day, tzinfo=UTC).timestamp()))

    assert [good for good, _ in at(2026, 6, 1)] == [True]
    [(good, told)] = at(2026, 12, 20)
    assert good is None
    assert "ends on 2026-12-31" in told
    [(good, told)] = at(2027, 1, 10)
    assert good is False
    assert "ended on" in told
