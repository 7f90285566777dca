"""The drill finds a good backup good, and each kind of bad one bad."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest
from clocks import StillClock
from moving.homes import new_home, use
from scripts import script

from tradegram.ports import Change, Event
from tradegram.store.sqlite import SqliteStore


@pytest.fixture(scope="module")
def drill() -> ModuleType:
    return script("tools/restore_drill.py")


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SqliteStore]:
    """A record in use, which its process has open."""
    monkeypatch.setenv("TRADEGRAM_DATA_DIR", str(tmp_path / "live"))
    with new_home("sqlite", tmp_path / "live", StillClock()) as home:
        use(home)
        assert isinstance(home.store, SqliteStore)
        yield home.store


@pytest.fixture
def copy(drill: ModuleType, live: SqliteStore, tmp_path: Path) -> Path:
    folder = tmp_path / "copy"
    folder.mkdir()
    drill.back_up(tmp_path / "live", folder)
    return folder


def test_a_record_in_use_is_restored_beside_itself_and_is_whole(
    drill: ModuleType, live: SqliteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert drill.main([]) == 0

    said = capsys.readouterr().out
    assert "ok   restored and read" in said
    assert "4 orders" in said
    assert "2 audit chains" in said


def test_an_older_copy_is_the_beginning_of_what_is_live(
    drill: ModuleType, live: SqliteStore, copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    live.commit(Change((), (Event("paper:main", {"event": "later"}), Event("new", {"event": "x"}))))

    assert drill.main(["--from", str(copy)]) == 0

    assert "begun since: new" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ("UPDATE audit SET body = '{}' WHERE sequence = 2", "its chain is broken"),
        ("DELETE FROM audit WHERE sequence = 1", "its chain is broken"),
        ("UPDATE audit SET digest = 'x' WHERE sequence = 0", "its chain is broken"),
    ],
)
def test_a_copy_whose_chain_is_broken_is_bad(
    spoil: str, said: str, drill: ModuleType, copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(copy / "desk.sqlite")) as db:
        db.execute(spoil)
        db.commit()

    assert drill.main(["--from", str(copy)]) == 1

    assert said in capsys.readouterr().out


def test_a_copy_of_another_desk_is_bad(
    drill: ModuleType, live: SqliteStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with new_home("sqlite", tmp_path / "other", StillClock(1_795_150_000.0)) as other:
        use(other)

        assert drill.main(["--from", str(tmp_path / "other")]) == 1

    assert "the live chain has another link" in capsys.readouterr().out


def test_a_damaged_file_and_a_missing_one_are_said_in_words(
    drill: ModuleType,
    copy: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    damaged = copy / "desk.sqlite"
    content = damaged.read_bytes()
    damaged.write_bytes(content[:4096] + b"\0" * 4096 + content[8192:])
    assert drill.main(["--from", str(copy)]) == 1
    assert "damaged" in capsys.readouterr().err

    monkeypatch.setenv("TRADEGRAM_DATA_DIR", str(tmp_path / "nowhere"))
    assert drill.main([]) == 1
    assert "no record" in capsys.readouterr().err
