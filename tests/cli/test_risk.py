"""Limits and step-up from the terminal."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import pytest

from tradegram.cli.main import main


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRADEGRAM_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TRADEGRAM_ALLOWED_USERS", "123")
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main(words) == code
    out, err = capsys.readouterr()
    return out + err


def test_a_limit_is_set_shown_and_taken_back(capsys: pytest.CaptureFixture[str]) -> None:
    mine = ("--user", "123")
    assert "₹60,00,000" in said(capsys, "risk", "order_value", "6000000", *mine)
    listed = said(capsys, "risk", *mine)
    assert re.search(r"order_value +₹60,00,000\n", listed)
    assert re.search(r"daily_loss +no limit +\(default\)", listed)
    assert "(default)" in said(capsys, "risk", "order_value", "default", *mine)
    assert "RELIANCE" in said(capsys, "risk", "symbols", "RELIANCE,", "INFY", "--account", "main")


def test_it_asks_whose_when_there_are_several(capsys: pytest.CaptureFixture[str]) -> None:
    told = said(capsys, "risk", "order_value", "1000", code=1)

    assert "Add --user and one of: 0 the console, 123" in told
    assert "Whose?" in said(capsys, "stepup", "--user", "99", code=1)


def test_a_wrong_value_says_what_is_right(capsys: pytest.CaptureFixture[str]) -> None:
    assert "no amount" in said(capsys, "risk", "order_value", "lots", "--user", "0", code=1)
    assert "There are: order_value" in said(capsys, "risk", "wealth", "--user", "0", code=1)


def test_the_secret_is_shown_once(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    told = said(capsys, "stepup", "--user", "123")

    [secret] = re.findall(r"secret  ([A-Z2-7]{32})", told)
    assert f"otpauth://totp/tradegram%3A123?secret={secret}&" in told
    assert secret not in said(capsys, "risk", "--user", "123")
    assert secret not in said(capsys, "stepup", "--user", "123")  # that is another one
    assert "Removed" in said(capsys, "stepup", "--user", "123", "--off")
    assert "Nothing was set up" in said(capsys, "stepup", "--user", "123", "--off")


def test_a_pin_is_read_and_never_repeated(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("482915\n111111\n"))

    assert "482915" not in said(capsys, "stepup", "--pin", "--user", "0")
    assert "guessed at once" in said(capsys, "stepup", "--pin", "--user", "0", code=1)
    assert b"482915" not in b"".join(each.read_bytes() for each in (folder / "data").glob("desk*"))


def test_a_reset_forgets_them_all(capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "risk", "quantity", "5", "--user", "0")

    assert "Forgotten" in said(capsys, "risk", "--reset", "--user", "0")
    assert re.search(r"quantity +no limit +\(default\)", said(capsys, "risk", "--user", "0"))
