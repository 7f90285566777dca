"""API keys from the terminal."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tradegram.cli.main import main


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRADEGRAM_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("TRADEGRAM_ALLOWED_USERS", raising=False)
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main(words) == code
    out, err = capsys.readouterr()
    return out + err


def test_a_key_is_shown_once_and_kept_as_a_digest(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    told = said(capsys, "key", "new", "bot-1", "--may", "read,trade", "--account", "main")
    [text] = re.findall(r"tg_[A-Z2-7]{16}_[A-Z2-7]{64}", told)
    listed = said(capsys, "key", "list")
    record = b"".join(path.read_bytes() for path in (folder / "data").iterdir() if path.is_file())

    assert re.match(r"bot-1 .* user 0 +read,trade +only paper:main", listed)
    assert "last used never" in listed
    assert text not in listed
    assert text.rpartition("_")[2].encode() not in record


def test_a_revoked_key_stays_in_the_list_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "key", "new", "bot-1")

    assert "is revoked" in said(capsys, "key", "revoke", "bot-1")
    assert "revoked 2" in said(capsys, "key")
    assert "There is no key bot-1" in said(capsys, "key", "revoke", "bot-1", code=1)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("Bot 1",), "small letters"),
        (("bot", "--may", "fly"), "no right “fly”"),
        (("bot", "--may", ""), "What may the key do?"),
        (("bot", "--alone"), "only reads"),
        (("bot", "--per-minute", "0"), "requests a minute"),
        (("bot", "--account", "yacht"), "no account called #yacht"),
    ],
)
def test_what_will_not_do_is_said(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], why: str
) -> None:
    assert why in said(capsys, "key", "new", *words, code=1)
