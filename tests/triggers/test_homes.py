"""One machine and AWS: whoever looks only rings, and the account's worker alone sends."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from triggers.house import House, house

from tradegram.aws.bells import send_in_time
from tradegram.aws.watch import watch
from tradegram.brokers.guarded import Guards
from tradegram.errors import BrokerError, Throttled
from tradegram.local.workers import LocalDoorbell, Workers
from tradegram.model import Account, Mode
from tradegram.ports import Messenger
from tradegram.sessions.at_risk import at_risk
from tradegram.triggers.asking import store_kept
from tradegram.triggers.kept import Phase, want_back
from tradegram.triggers.send import BELL, triggers_of


@pytest.fixture
def home(tmp_path: Path) -> Iterator[House]:
    with house("zerodha", tmp_path) as made:
        yield made


def watched(home: House, rounds: int = 3) -> None:
    """What the function does that may not send: it is not at the registered address."""
    left = [30.0] * rounds + [0.0] * 100
    watch(home.desk, cast("Messenger", None), lambda: left.pop(0), home.case.clock.pass_)


def test_on_aws_the_function_that_looks_only_rings_for_the_worker(home: House) -> None:
    kept = store_kept(home.desk, home.made())
    home.bell.rung.clear()
    watched(home)
    assert home.ledger() == []
    assert (home.account_id, BELL + kept.key) in home.bell.rung

    assert send_in_time(home.desk, BELL + kept.key, lambda: 30.0) is None
    want_back(home.desk, kept.key, by="user 7", why="you took it back")
    watched(home)
    assert home.ledger() == ["active"]

    send_in_time(home.desk, BELL + kept.key, lambda: 30.0)
    watched(home)
    assert (home.ledger(), home.now(kept).phase) == (["deleted"], Phase.ENDED)


def test_on_one_machine_the_accounts_worker_hears_the_bell(home: House) -> None:
    bell = LocalDoorbell()
    home.desk = replace(home.desk, doorbell=bell)
    workers = Workers(home.desk)
    workers.start()
    bell.answered_by(workers)
    try:
        kept = store_kept(home.desk, home.made())
        until = time.monotonic() + 20
        while home.now(kept).phase is not Phase.ACTIVE and time.monotonic() < until:
            time.sleep(0.05)
    finally:
        workers.stop()

    assert (home.now(kept).phase, home.ledger()) == (Phase.ACTIVE, ["active"])


def test_it_leaves_in_its_turn_like_an_order(home: House) -> None:
    guards = Guards(home.store, home.case.clock, lambda account_id, kind, text: ())
    account = home.desk.brokers.account(home.account_id)
    broker = triggers_of(guards.around(account, home.case.broker()))
    wanted, soon = home.made().asked, home.case.clock.monotonic() + 5

    def too_many() -> None:
        for _ in range(20):
            broker.place_trigger(wanted, not_after=soon)

    with pytest.raises(Throttled):
        too_many()
    assert 0 < len(home.ledger()) <= home.case.profile.orders_per_second
    home.case.wire.unreachable = True
    with suppress(BrokerError):
        broker.cancel_trigger("1")  # has room of its own


def test_at_a_sessions_end_it_is_said_that_it_lives_on(home: House) -> None:
    account = Account(home.account_id, "zerodha", "main", Mode.LIVE)
    assert at_risk(home.store, account, "Zerodha") == ""

    home.stored()

    assert "keeps for a price (1) lives on there" in at_risk(home.store, account, "Zerodha")
