from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from vault.vaults import BY, CHEAP, canaries, everything, vault_in

from tradegram.errors import UserError
from tradegram.vault import backup, older
from tradegram.vault.credentials import Vault

GIVEN = (canaries("zerodha", "AB1234", "live"), canaries("binance"))
WHOLE = {each.account_id: each.values for each in GIVEN}
PASSPHRASE = "correct horse"


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    (tmp_path / "one").mkdir()
    with vault_in(tmp_path / "one") as made:
        made.link_all(GIVEN, BY)
        yield made


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Vault]:
    (tmp_path / "two").mkdir()
    with vault_in(tmp_path / "two") as made:
        yield made


@pytest.fixture
def file(vault: Vault, tmp_path: Path) -> Path:
    path = tmp_path / "backup.json"
    assert backup.export(vault, path, PASSPHRASE, BY, CHEAP) == 2
    return path


def test_a_backup_comes_back_on_another_machine(file: Path, other: Vault) -> None:
    accounts = backup.restore(other, file.read_bytes(), PASSPHRASE, BY)

    assert {each.account_id for each in accounts} == set(WHOLE)
    assert everything(other) == WHOLE
    assert [each.name for each in other.sets()] == ["binance", "live"]


def test_a_backup_comes_back_over_what_is_there(file: Path, vault: Vault) -> None:
    backup.restore(vault, file.read_bytes(), PASSPHRASE, BY)

    assert everything(vault) == WHOLE


def test_a_backup_is_its_owners_alone_and_says_nothing(file: Path) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert backup.is_backup(file.read_bytes()[:64])
    for word in (b"CANARY", b"zerodha", b"AB1234", b"api_key"):
        assert word not in file.read_bytes()


def test_a_wrong_passphrase_is_refused_in_one_sentence(file: Path, other: Vault) -> None:
    with pytest.raises(UserError) as caught:
        backup.restore(other, file.read_bytes(), "correct house", BY)

    assert str(caught.value) == (
        "The passphrase does not open this backup, or the file was altered; nothing was imported."
    )
    assert other.sets() == []


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_a_backup_with_one_other_byte_is_refused_or_means_the_same(
    file: Path, other: Vault, data: st.DataObject
) -> None:
    content = bytearray(file.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))

    try:
        backup.restore(other, bytes(content), PASSPHRASE, BY)
    except UserError as error:
        assert "CANARY" not in str(error)  # noqa: PT017
        assert not other.sets() or everything(other) == WHOLE
    else:
        assert everything(other) == WHOLE


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"\xff", b'{"version": 2, "locked": {}}', b'{"version": 1}']
)
def test_what_is_no_backup_says_so(other: Vault, content: bytes) -> None:
    with pytest.raises(UserError, match="not a backup"):
        backup.restore(other, content, PASSPHRASE, BY)


def test_no_file_is_written_over_and_none_without_a_passphrase(
    vault: Vault, tmp_path: Path
) -> None:
    path = tmp_path / "mine"
    path.write_text("mine")

    with pytest.raises(UserError, match="mine cannot be written: File exists"):
        backup.export(vault, path, PASSPHRASE, BY, CHEAP)
    with pytest.raises(UserError, match="10 characters"):
        backup.export(vault, tmp_path / "new", "short", BY, CHEAP)
    assert path.read_text() == "mine"
    assert not (tmp_path / "new").exists()


def test_nothing_is_nothing_to_export(other: Vault, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Nothing is linked"):
        backup.export(other, tmp_path / "new", PASSPHRASE, BY, CHEAP)


# -- the table of an older desk --------------------------------------------------------------------

COLUMNS = (
    "id INTEGER, service TEXT, name TEXT, api_key TEXT, api_secret TEXT, username TEXT, "
    "password TEXT, neo_password TEXT, pan TEXT, session_token TEXT, sid TEXT"
)
ROWS = [
    (
        1,
        "breeze",
        "default",
        "B-key",
        "B-secret",
        "me@example.org",
        "B-pw",
        None,
        None,
        "tok",
        None,
    ),
    (
        2,
        "kotakneo",
        "Prod 2",
        "K-key",
        "K-secret",
        "+919800000000",
        "K-pw",
        "123456",
        "P",
        "t",
        "s",
    ),
    (3, "trendlyne", "default", None, None, "me", "T-pw", None, None, None, None),
]


def table(path: Path, name: str = "tools_credentialstore", columns: str = COLUMNS) -> Path:
    with closing(sqlite3.connect(path)) as db:
        db.execute(f'CREATE TABLE "{name}" ({columns})')
        db.execute("CREATE TABLE other (service TEXT)")
        if columns == COLUMNS:
            db.executemany(f'INSERT INTO "{name}" VALUES (?,?,?,?,?,?,?,?,?,?,?)', ROWS)  # noqa: S608
        db.commit()
    return path


def test_an_older_desks_table_becomes_sets_and_says_what_is_missing(
    tmp_path: Path, other: Vault
) -> None:
    path = table(tmp_path / "old.sqlite3", 'odd ""name""')
    assert older.is_sqlite(path.read_bytes()[:64])

    found = older.read_table(path)
    other.link_all(found.given, BY, partly=True)

    assert found.left_out == ["trendlyne default: no broker of that name can be linked"]
    assert everything(other) == {
        "icicidirect:icicidirect": {"api_key": "B-key", "api_secret": "B-secret"},
        "kotakneo:kotakneo-prod-2": {
            "access_token": "K-key",
            "mobile": "+919800000000",
            "mpin": "123456",
        },
    }
    assert [each.missing for each in other.sets()] == [[], []]


def test_an_older_desks_file_is_only_read(tmp_path: Path) -> None:
    path = table(tmp_path / "old.sqlite3")
    path.chmod(0o400)
    before = path.read_bytes()

    older.read_table(path)

    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.glob("old*")] == ["old.sqlite3"]


def test_a_file_without_such_a_table_says_so(tmp_path: Path) -> None:
    path = table(tmp_path / "old.sqlite3", columns="service TEXT, password TEXT")

    with pytest.raises(UserError, match="no table of credentials"):
        older.read_table(path)
    (tmp_path / "broken").write_bytes(older.MAGIC + b"nothing")
    with pytest.raises(UserError, match="broken cannot be read"):
        older.read_table(tmp_path / "broken")
