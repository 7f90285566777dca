"""A desk moves from one home to another, whole or not at all."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from moving.homes import (
    SECRETS,
    STATES,
    Dying,
    Killed,
    chains_are_whole,
    doubtful,
    new_home,
    record,
    use,
)
from samples import order
from vault.vaults import BY, CHEAP

from tradegram.errors import SealBroken, UserError
from tradegram.moving.archive import Archive
from tradegram.moving.home import Home, enter, leave
from tradegram.orders.send import send_order
from tradegram.orders.state import Order, State
from tradegram.ports import Change, Document, Event
from tradegram.risk.kill import is_killed, resume
from tradegram.store.dynamodb_whole import DynamoWhole
from tradegram.store.whole import BrokenOff
from tradegram.vault.credentials import SIGNING

PASSPHRASE = "correct horse"
WAYS = [
    ("sqlite", "moto"),
    ("moto", "sqlite"),
    ("sqlite", "sqlite"),
    ("sqlite", "ministack"),
    ("ministack", "sqlite"),
]


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Home]:
    with new_home("sqlite", tmp_path / "old") as home:
        use(home)
        yield home


@pytest.fixture
def file(old: Home, tmp_path: Path) -> Archive:
    return exported(old, tmp_path / "desk.tradegram")


def exported(home: Home, path: Path, *, anyway: bool = False) -> Archive:
    leave(home, path, PASSPHRASE, BY, anyway=anyway, cost=CHEAP)
    return Archive(path, PASSPHRASE)


def imported(home: Home, file: Archive) -> None:
    enter(home, file, file.examined(), BY)


# -- from home to home -----------------------------------------------------------------------------


@pytest.mark.parametrize(("source", "target"), WAYS)
def test_everything_arrives_and_the_chains_go_on(source: str, target: str, tmp_path: Path) -> None:
    with new_home(source, tmp_path / "old") as old:
        use(old)
        file = exported(old, tmp_path / "desk.tradegram")
        left = record(old)
        book = old.desk.brokers.broker("paper:main").order_book().reports

    with new_home(target, tmp_path / "new") as new:
        imported(new, file)

        arrived = record(new)
        assert [each for each in arrived if "imported" not in each] == left
        store = new.store
        assert [each.state for each in store.orders("paper:main").orders] == list(STATES[::-1])
        assert [each.text for each in store.notices()] == ["on its way"] * len(STATES)
        opened = new.vault.opened("zerodha:AB1234", BY, "test")
        assert opened == SECRETS.values
        store.commit(Change((), (Event("paper:main", {"event": "the first here"}),)))
        assert chains_are_whole(store)
    with new_home(target, tmp_path / "again") as again:  # a process that starts on it
        imported(again, file)
        assert again.desk.brokers.broker("paper:main").order_book().reports == book


def test_neither_home_sends_until_one_is_told_to(old: Home, file: Archive, tmp_path: Path) -> None:
    with new_home("sqlite", tmp_path / "new") as new:
        imported(new, file)
        assert is_killed(old.store)
        assert is_killed(new.store)

        resume(new.desk, BY)

        assert is_killed(old.store)
        assert not is_killed(new.store)


@pytest.mark.parametrize("target", ["sqlite", "moto"])
def test_a_home_that_takes_over_while_the_first_runs_on_sends_what_waited_once(
    target: str, old: Home, tmp_path: Path
) -> None:
    """Both workers have the bell of one order; neither process ends."""
    waiting = staged_in(old)
    file = exported(old, tmp_path / "taken.tradegram")

    with new_home(target, tmp_path / "new") as new:
        imported(new, file)
        resume(new.desk, BY)
        assert send_order(new.desk, new.desk.store.order(waiting.key)).state is not State.DENIED
        assert send_order(old.desk, old.desk.store.order(waiting.key)).state is State.DENIED
        assert (sent(old, waiting), sent(new, waiting)) == (0, 1)


def test_a_first_home_that_is_quicker_than_the_second_sends_nothing_after_the_export(
    old: Home, tmp_path: Path
) -> None:
    waiting = staged_in(old)
    file = exported(old, tmp_path / "taken.tradegram")
    assert send_order(old.desk, old.desk.store.order(waiting.key)).state is State.DENIED

    with new_home("sqlite", tmp_path / "new") as new:
        imported(new, file)
        assert send_order(new.desk, new.desk.store.order(waiting.key)).state is State.DENIED, (
            "until it is resumed"
        )
        assert (sent(old, waiting), sent(new, waiting)) == (0, 0)


def staged_in(home: Home) -> Order:
    now = home.desk.clock.now()
    waiting = replace(order("W" * 16), staged_at=now, send_by=now + 120)
    home.store.commit(Change((waiting,)))
    return waiting


def sent(home: Home, order: Order) -> int:
    """How often the broker has it."""
    reports = home.desk.brokers.broker(order.account_id).order_book().reports
    return sum(1 for each in reports if each.client_order_id == order.intent.wire_id)


def test_a_days_tokens_stay_and_what_has_expired_is_gone(file: Archive) -> None:
    lines = "\n".join(file.lines())

    assert "CANARY-day" not in lines
    assert '\\"update\\",\\"key\\":\\"7\\"' in lines
    assert '\\"update\\",\\"key\\":\\"8\\"' not in lines


def test_what_strategies_sign_with_opens_in_the_new_home(old: Home, tmp_path: Path) -> None:
    fields = old.vault.sealed("breakout", "signals", {"secret": "CANARY-signing"}, SIGNING)
    body = {"broker": "signals", "fields": fields, "user_id": 42}
    old.store.commit(Change((Document(SIGNING, "breakout", body),)))
    file = exported(old, tmp_path / "desk.tradegram")

    with new_home("sqlite", tmp_path / "new") as new:
        imported(new, file)
        new.vault.reseal_all(BY)

        found = new.store.document(SIGNING, "breakout")
        assert found is not None
        assert found.body["user_id"] == 42
        assert new.vault.unsealed(found) == {"secret": "CANARY-signing"}


def test_the_file_is_its_owners_alone_and_shows_nothing(file: Archive) -> None:
    content = file.path.read_bytes()

    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    for shown in (*SECRETS.values.values(), "INFY", "paper:main", "Asha"):
        assert shown.encode() not in content


# -- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [State.SENDING, State.UNKNOWN])
def test_an_order_in_doubt_stays_until_somebody_says_anyway(
    state: State, old: Home, tmp_path: Path
) -> None:
    doubtful(old, state)
    path = tmp_path / "desk.tradegram"

    with pytest.raises(UserError, match="UUUU"):
        exported(old, path)
    assert not path.exists()
    assert not is_killed(old.store)

    file = exported(old, path, anyway=True)
    with new_home("sqlite", tmp_path / "new") as new:
        imported(new, file)
        assert new.store.order("U" * 16).state is state


@pytest.mark.parametrize("target", ["sqlite", "moto"])
def test_a_home_in_use_takes_nothing(target: str, file: Archive, tmp_path: Path) -> None:
    with new_home(target, tmp_path / "new") as new:
        resume(new.desk, BY)  # one event of a person is enough
        before = record(new)

        with pytest.raises(UserError, match="in use"):
            imported(new, file)

        assert record(new) == before


def test_another_passphrase_and_an_altered_file_change_nothing(
    file: Archive, tmp_path: Path
) -> None:
    whole = file.path.read_bytes()
    with new_home("sqlite", tmp_path / "new") as new:
        before = record(new)
        with pytest.raises(SealBroken):
            imported(new, replace(file, passphrase="wrong horse"))
        for at in range(0, len(whole), max(1, len(whole) // 40)):
            file.path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            with pytest.raises(SealBroken):
                imported(new, file)
        for length in (0, 100, len(whole) // 2, len(whole) - 1):
            file.path.write_bytes(whole[:length])
            with pytest.raises(SealBroken):
                imported(new, file)
        assert record(new) == before


def test_a_broken_chain_does_not_travel_unseen(old: Home, tmp_path: Path) -> None:
    store = old.store
    store._write(lambda db: db.execute("UPDATE audit SET body = '{}' WHERE sequence = 1"))  # type: ignore[attr-defined]
    file = exported(old, tmp_path / "desk.tradegram")

    with new_home("sqlite", tmp_path / "new") as new, pytest.raises(UserError, match="broken"):
        imported(new, file)


def test_no_file_is_written_over_and_one_that_was_broken_off_is(old: Home, tmp_path: Path) -> None:
    path = tmp_path / "desk.tradegram"
    (tmp_path / "desk.tradegram.part").write_text("half")
    file = exported(old, path)

    with pytest.raises(UserError, match="is there already"):
        exported(old, path)

    assert file.examined().of["order"] == len(STATES)
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == [path.name]


# -- killed half way -------------------------------------------------------------------------------


def test_an_import_that_is_killed_leaves_one_machine_as_it_was(
    file: Archive, tmp_path: Path
) -> None:
    with new_home("sqlite", tmp_path / "new") as new:
        before = record(new)

        with pytest.raises(Killed):
            new.whole.fill(_dying_after(5, file), file.mark)

        assert record(new) == before
        imported(new, file)
        assert chains_are_whole(new.store)


@pytest.mark.parametrize("writes", [1, 2, 3, 4])
def test_an_import_that_is_killed_is_finished_by_the_same_file_and_taken_by_no_other(
    writes: int, file: Archive, old: Home, tmp_path: Path
) -> None:
    with new_home("moto", tmp_path / "new") as new:
        assert isinstance(new.whole, DynamoWhole)
        client = new.whole._client
        new.whole._client = Dying(client, writes)  # type: ignore[assignment]
        with pytest.raises(Killed):
            imported(new, file)
        new.whole._client = client

        other = exported(old, tmp_path / "other.tradegram")
        with pytest.raises(BrokenOff):
            imported(new, other)
        with pytest.raises(BrokenOff):
            exported(new, tmp_path / "third.tradegram")
        imported(new, file)

        assert chains_are_whole(new.store)
        assert len(new.store.orders("paper:main").orders) == len(STATES)


def test_a_table_that_takes_a_batch_in_parts_takes_all_of_it(file: Archive, tmp_path: Path) -> None:
    with new_home("moto", tmp_path / "new") as new:
        assert isinstance(new.whole, DynamoWhole)
        new.whole._client = Dying(new.whole._client, partly=True)  # type: ignore[assignment]

        imported(new, file)

        assert chains_are_whole(new.store)


def test_a_row_that_this_version_does_not_know_stops_an_export(tmp_path: Path) -> None:
    with new_home("moto", tmp_path / "old") as home:
        use(home)
        assert isinstance(home.whole, DynamoWhole)
        row = {"pk": {"S": "FUTURE#1"}, "sk": {"S": "x"}}
        home.whole._client.put_item(TableName=home.whole._table, Item=row)

        with pytest.raises(Exception, match="FUTURE"):
            exported(home, tmp_path / "desk.tradegram")


def test_documents_of_another_version_travel_word_for_word(old: Home, tmp_path: Path) -> None:
    store = old.store
    old.store.commit(Change((Document("setting", "9", {"lots": "1"}),)))
    store._write(  # type: ignore[attr-defined]
        lambda db: db.execute(
            'UPDATE records SET body = replace(body, \'"lots"\', \'"later":{"x":1},"lots"\') '
            "WHERE key = '9'"
        )
    )
    file = exported(old, tmp_path / "desk.tradegram")

    with new_home("moto", tmp_path / "new") as new:
        imported(new, file)

        found = new.store.document("setting", "9")
        assert found
        assert found.body == {"later": {"x": 1}, "lots": "1"}


def _dying_after(lines: int, file: Archive) -> Iterator[str]:
    for number, each in enumerate(file.lines()):
        if number == lines:
            raise Killed
        yield each
