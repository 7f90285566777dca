"""The command line about whole desks: what it asks, says and refuses."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest
from vault.vaults import CHEAP

from tradegram.bootstrap import only_one
from tradegram.cli import main as cli
from tradegram.moving import archive
from tradegram.vault import passphrase

PASSPHRASE = "correct horse"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("TRADEGRAM_", "TELEGRAM_")):
            monkeypatch.delenv(name)


class Machine:
    """One data directory, and what the command line says of it."""

    def __init__(
        self, folder: Path, patch: pytest.MonkeyPatch, shown: pytest.CaptureFixture[str]
    ) -> None:
        self.folder, self._patch, self._shown = folder, patch, shown

    def say(self, *words: str, typed: str = "", code: int = 0) -> str:
        with self._patch.context() as patch:
            patch.setenv("TRADEGRAM_DATA_DIR", str(self.folder))
            patch.setattr(sys, "stdin", io.StringIO(typed))
            assert cli.main(words) == code, self._shown.readouterr()
        return "".join(self._shown.readouterr())


@pytest.fixture
def old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Machine:
    machine = Machine(tmp_path / "old", monkeypatch, capsys)
    machine.say("accounts", "--add", "spare")
    return machine


@pytest.fixture
def new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Machine:
    return Machine(tmp_path / "new", monkeypatch, capsys)


def test_a_desk_moves_by_two_commands_and_trades_after_a_third(
    old: Machine, new: Machine, tmp_path: Path
) -> None:
    file = str(tmp_path / "desk.tradegram")

    said = old.say("export", file, typed=f"{PASSPHRASE}\n")
    assert "audit events" in said
    assert "The kill switch is on" in said

    said = new.say("import", file, typed=f"{PASSPHRASE}\n")
    assert "every audit chain is whole" in said
    assert "paper:spare" in new.say("accounts")
    assert new.say("resume") == "Orders may be sent again.\n"
    assert new.say("audit", "verify").count("unbroken") == 3


def test_a_desk_that_runs_is_not_moved(old: Machine, tmp_path: Path) -> None:
    file = tmp_path / "desk.tradegram"
    let_go = only_one(old.folder)

    said = old.say("export", str(file), typed=f"{PASSPHRASE}\n", code=1)

    let_go()
    assert "is running already" in said
    assert not file.exists()


def test_a_home_in_use_and_a_wrong_passphrase_are_refused_in_words(
    old: Machine, new: Machine, tmp_path: Path
) -> None:
    file = str(tmp_path / "desk.tradegram")
    old.say("export", file, typed=f"{PASSPHRASE}\n")

    assert "does not open" in new.say("import", file, typed="wrong horse\n", code=1)
    new.say("resume")
    assert "in use" in new.say("import", file, typed=f"{PASSPHRASE}\n", code=1)


def test_words_that_make_no_sense_together_are_refused(old: Machine, tmp_path: Path) -> None:
    book = tmp_path / "trades.csv"
    book.write_text("trade_id\n")

    said = old.say("import", str(book), "--stack", "desk", code=1)
    assert "only that goes to --stack" in said
    said = old.say("export", str(book), "--credentials", "--stack", "desk", code=1)
    assert "Leave out --stack" in said
    assert "at least 10" in old.say("export", str(book) + "2", typed="short\n", code=1)


def test_the_file_costs_whoever_tries_passphrases_as_much_as_a_backup_does(tmp_path: Path) -> None:
    archive.write(tmp_path / "cheap", [], PASSPHRASE, CHEAP)
    archive.write(tmp_path / "real", [], PASSPHRASE)

    cost = passphrase.Cost()
    assert f'"n": {cost.n}'.encode() in (tmp_path / "real").read_bytes()
    assert b'"n": 16' in (tmp_path / "cheap").read_bytes()
