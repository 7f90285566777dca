"""The command line about credentials: what it asks, what it says, and that it never tells."""

from __future__ import annotations

import base64
import io
import os
import pty
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tradegram.cli import main as cli
from tradegram.vault.fields import NEEDS

CANARY = "CANARY"
CLIENT = "AB1234"


@dataclass
class Terminal:
    """Runs the command line in this process, on one data directory."""

    patch: pytest.MonkeyPatch
    shown: pytest.CaptureFixture[str]
    folder: Path
    everything: str = ""

    def say(
        self,
        *words: str,
        typed: Sequence[str] = (),
        code: int = 0,
        given: Mapping[str, str] | None = None,
    ) -> str:
        """What is printed, also what went wrong."""
        with self.patch.context() as patch:
            patch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in typed)))
            for name, value in (given or {}).items():
                patch.setenv(name, value)
            answered = cli.main(words)
        out, err = self.shown.readouterr()
        self.everything += out + err
        assert answered == code, out + err
        return out + err


@pytest.fixture
def terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Terminal:
    for name in list(os.environ):
        if name.startswith(("TRADEGRAM_", "TELEGRAM_", *(each.upper() for each in NEEDS))):
            monkeypatch.delenv(name)
    monkeypatch.setenv("TRADEGRAM_DATA_DIR", str(tmp_path / "data"))
    return Terminal(monkeypatch, capsys, tmp_path / "data")


ZERODHA = (CLIENT, "CANARY-key", "CANARY-secret")
PASSPHRASE = "correct horse"


def test_a_linked_account_is_listed_and_nothing_else_changes(terminal: Terminal) -> None:
    before = terminal.say("accounts")

    said = terminal.say("link", "zerodha", "--name", "live", typed=ZERODHA)

    assert "zerodha:AB1234 is linked as #live. `tradegram login live`" in said
    assert "whoever reads the whole data directory can" in said
    assert terminal.say("accounts") == before + ("zerodha:AB1234  #live  LIVE  INR\n")
    assert terminal.say("status").startswith(
        "zerodha:AB1234  #live  api_key, api_secret  not logged in\n"
    )
    assert terminal.say("orders", code=1) == (
        "0 orders at the brokers\nzerodha:AB1234: not logged in: /login live\n"
    )
    assert terminal.say("positions", code=1) == (
        "Nothing is held.\nzerodha:AB1234: not logged in: /login live\n"
    )
    assert "zerodha:AB1234: 1 links, unbroken" in terminal.say("audit", "verify")


def test_linking_again_keeps_the_name_and_what_is_left_empty(terminal: Terminal) -> None:
    terminal.say("link", "zerodha", "--name", "live", typed=ZERODHA)
    terminal.say("link", "zerodha", typed=(CLIENT, "", "another"))

    assert terminal.say("status").count("zerodha:AB1234") == 1


def test_a_set_that_lacks_something_is_not_linked(terminal: Terminal) -> None:
    said = terminal.say("link", "angelone", typed=(CLIENT, "CANARY-key", ""), code=1)

    assert said == "Nothing was linked: PIN must be given.\n"
    assert terminal.say("status").startswith("Nothing is linked.")


def test_credentials_come_from_the_environment(terminal: Terminal) -> None:
    binance = {"BINANCE_API_KEY": "CANARY-k", "BINANCE_API_SECRET": "CANARY-s"}
    terminal.say("link", "binance", "--from-env", given=binance)
    ibkr = {"IBKR_CLIENT": "U1234567", "IBKR_HOST": "127.0.0.1", "IBKR_PORT": "4002"}
    terminal.say("link", "ibkr", "--from-env", given=ibkr)

    said = terminal.say("status")
    assert "binance:binance  #binance  api_key, api_secret  logged in\n" in said
    assert "ibkr:U1234567  #ibkr  host, port  logged in\n" in said


def test_a_backup_goes_out_and_comes_back(terminal: Terminal, tmp_path: Path) -> None:
    terminal.say("link", "zerodha", "--name", "live", typed=ZERODHA)
    file = str(tmp_path / "backup.json")
    assert "1 sets of credentials are in backup.json" in terminal.say(
        "export", file, "--credentials", typed=(PASSPHRASE,)
    )
    assert "still work at the broker" in terminal.say("unlink", "#live")

    refused = terminal.say("import", file, typed=("correct house",), code=1)
    assert refused == (
        "The passphrase does not open this backup, or the file was altered; nothing was imported.\n"
    )
    assert "1 sets of credentials imported" in terminal.say("import", file, typed=(PASSPHRASE,))
    assert "zerodha:AB1234  #live" in terminal.say("status")


def test_a_locked_key_file_wants_its_passphrase(terminal: Terminal, tmp_path: Path) -> None:
    terminal.say("link", "zerodha", typed=ZERODHA)
    assert "2 secrets are sealed under a new key" in terminal.say("rotate")
    said = terminal.say("rotate", "--passphrase", typed=(PASSPHRASE,))
    assert "which a passphrase locks" in said

    file = str(tmp_path / "backup.json")
    said = terminal.say("export", file, "--credentials", typed=(PASSPHRASE, "wrong"), code=1)
    assert "the passphrase does not open it" in said
    terminal.say(
        "export",
        file,
        "--credentials",
        typed=(PASSPHRASE,),
        given={"TRADEGRAM_VAULT_PASSPHRASE": PASSPHRASE},
    )
    assert "not logged in" in terminal.say("status")  # opens nothing, so it asks nothing


def test_the_doctor_says_when_the_key_file_is_lost_or_loose(terminal: Terminal) -> None:
    key = terminal.folder / "vault.key"
    terminal.say("link", "zerodha", typed=ZERODHA)
    assert "ok   credentials of 1 account are sealed" in terminal.say("doctor")

    key.chmod(0o644)
    assert "BAD  other users of this machine can read vault.key" in terminal.say("doctor", code=1)
    key.unlink()
    assert "BAD  vault.key is missing" in terminal.say("doctor", code=1)


def test_one_of_two_kinds_of_key_is_enough(terminal: Terminal) -> None:
    said = terminal.say("link", "binance", typed=("CANARY-key", "", "", "", ""), code=1)
    assert said == "Nothing was linked: api secret or private key must be given.\n"

    terminal.say("link", "binance", typed=("CANARY-key", "", "CANARY-pem", "", ""))
    assert "api_key, private_key  logged in" in terminal.say("status")


def test_people_are_listed_and_given_roles(terminal: Terminal) -> None:
    assert "Nobody but you" in terminal.say("users")
    terminal.patch.setenv("TRADEGRAM_ALLOWED_USERS", "42,43")

    assert terminal.say("users") == "42  owner\n43  owner\n"
    assert terminal.say("users", "43", "--role", "viewer") == "42  owner\n43  viewer\n"
    assert "Nobody with the id 44" in terminal.say("users", "44", "--role", "viewer", code=1)
    assert "Say which role" in terminal.say("users", "43", code=1)
    assert "Say who" in terminal.say("users", "--role", "owner", code=1)


def test_a_person_can_be_shown_the_door(terminal: Terminal) -> None:
    terminal.patch.setenv("TRADEGRAM_ALLOWED_USERS", "42,43")
    terminal.say("users", "43", "--role", "trader")
    assert "TRADEGRAM_ALLOWED_USERS" in terminal.say("users", "43", "--remove", code=1)

    terminal.patch.setenv("TRADEGRAM_ALLOWED_USERS", "42")
    assert terminal.say("users") == "42  owner\n43  trader\n"
    assert terminal.say("users", "43", "--remove") == "42  owner\n"
    assert "Nobody with the id 43" in terminal.say("users", "43", "--remove", code=1)
    assert "Say who" in terminal.say("users", "--remove", code=1)


def test_no_value_of_any_field_is_ever_shown_or_written_in_the_open(
    terminal: Terminal, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    values: dict[str, str] = {}
    for broker, needs in NEEDS.items():
        variables = {
            f"{broker}_{each.name}".upper(): f"{CANARY}-{broker}-{each.name}"
            for each in needs.fields
        }
        values |= variables
        terminal.say("link", broker, "--client", CLIENT, "--from-env", given=variables)
    file = tmp_path / "backup.json"
    terminal.say("link", "zerodha", "--client", "../x", "--from-env", code=1, given=values)
    terminal.say("link", "zerodha", "--name", "main", "--from-env", code=1, given=values)
    for words in ("accounts", "status", "rotate", "doctor", "users"):
        terminal.say(words)
    for words in ("orders", "positions"):  # nobody is logged in, and no broker can be reached
        terminal.say(words, code=1)
    terminal.say("audit", "verify")
    terminal.say("export", str(file), "--credentials", typed=(PASSPHRASE,))
    terminal.say("import", str(file), typed=("correct house",), code=1)
    terminal.say("import", str(file), typed=(PASSPHRASE,))
    (terminal.folder / "vault.key").unlink()
    terminal.say("export", str(tmp_path / "none"), "--credentials", typed=(PASSPHRASE,), code=1)
    terminal.say("rotate", code=1)
    terminal.say("unlink", "kotakneo")

    assert len(values) > 15
    assert CANARY not in terminal.everything
    assert CANARY not in caplog.text
    for path in [file, *terminal.folder.iterdir()]:
        content = path.read_bytes()
        for value in [CANARY, *values.values()]:
            for spelled in (
                value.encode(),
                base64.b64encode(value.encode()),
                value.encode().hex().encode(),
            ):
                assert spelled.rstrip(b"=") not in content, path.name


@pytest.mark.slow
def test_a_terminal_echoes_no_secret(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    clean = {name: each for name, each in os.environ.items() if not name.startswith("TRADEGRAM_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "tradegram", "link", "zerodha"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={
            **clean,
            "TRADEGRAM_DATA_DIR": str(tmp_path / "data"),
            "PYTHONPATH": os.pathsep.join(sys.path),
        },
        start_new_session=True,
        close_fds=True,
    )
    os.close(theirs)
    seen, answers = (
        b"",
        {
            b"account): ": CLIENT,
            b"API key: ": "CANARY-1",
            b"API secret: ": "CANARY-2",
            b"the open (may stay empty): ": "",
            b"port (may stay empty): ": "",
            b"have one (may stay empty): ": "",
        },
    )
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            part = os.read(ours, 1000)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        seen += part
        for question in [each for each in answers if seen.endswith(each)]:
            os.write(ours, f"{answers.pop(question)}\n".encode())
    os.close(ours)

    assert process.wait(20) == 0, seen
    assert not answers
    assert b"is linked as #zerodha" in seen
    assert b"CANARY" not in seen
