"""Days of anything that can happen, in any order: exits never exceed what was bought."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from brackets.floor import D, Floor, Killed, Row, floor

from tradegram.audit import verify
from tradegram.brackets.plan import Phase
from tradegram.brackets.start import close_now
from tradegram.brokers.registry import PAPER
from tradegram.chat.asked import Level, Unit
from tradegram.errors import UserError
from tradegram.model import Side
from tradegram.risk.kill import kill, resume

DAYS = 150
STEPS = 25


def live(desk: Floor, rng: Random) -> Row | None:
    rows = [row for row in desk.broker.rows if row.is_live]
    return rng.choice(rows) if rows else None


def fill(desk: Floor, rng: Random) -> None:
    row = live(desk, rng)
    if row is not None:
        desk.broker.fill(row, D(rng.randint(1, int(row.terms.quantity - row.cum))))


def move(desk: Floor, rng: Random) -> None:
    desk.price(str(D(rng.randint(28500, 30500)) / 10))


def cancelled_elsewhere(desk: Floor, rng: Random) -> None:
    row = live(desk, rng)
    if row is not None and rng.random() < 0.3:
        desk.broker.cancelled(row)


def moody(desk: Floor, rng: Random) -> None:
    desk.broker.refuses_changes = rng.random() < 0.3
    desk.broker.refuses = "no" if rng.random() < 0.1 else ""
    desk.broker.loses = rng.random() < 0.1
    desk.broker.keeps_cancels = rng.random() < 0.3
    desk.broker.is_silent = rng.random() < 0.2
    desk.market.age = 60 if rng.random() < 0.2 else 1


def switch(desk: Floor, rng: Random) -> None:
    if rng.random() < 0.1:
        kill(desk.desk, 7)
    else:
        resume(desk.desk, "test")


def exit_asked(desk: Floor, rng: Random) -> None:
    try:
        if rng.random() < 0.2:
            close_now(desk.desk, desk.bracket().key, 7)
    except UserError:
        return


def dies(desk: Floor, rng: Random) -> None:
    setattr(
        desk.store,
        rng.choice(("dies_before", "dies_after")),
        desk.store.commits + rng.randint(1, 5),
    )


ACTS: tuple[Callable[[Floor, Random], None], ...] = (
    *(fill, fill, fill, move, move, cancelled_elsewhere, moody, switch, exit_asked, dies),
)


def live_on(desk: Floor, rng: Random) -> None:
    """Something happens, and the workers go on; one that dies leaves what it had written."""
    try:
        rng.choice(ACTS)(desk, rng)
        desk.look(rng.randint(1, 3), seconds=rng.choice((0.5, 1.0, 6.0, 12.0)))
    except Killed:
        desk.bell.rung.clear()  # the bells die with the process
        if rng.random() < 0.5:
            desk.clock.pass_(31)


def day(seed: int) -> Floor:
    """One bracket, and all that can happen to it."""
    rng, desk = Random(seed), floor(None)
    side = rng.choice((Side.BUY, Side.SELL))
    stop, target = ("2900", "2990") if side is Side.BUY else ("2990", "2900")
    trail = Level(D(25), Unit.POINTS) if rng.random() < 0.4 else None
    desk.bought(
        10, stop=stop, target=target if rng.random() < 0.8 else "", trail=trail, filled=False,
        side=side,
    )  # fmt: skip
    entry = desk.broker.rows[0]
    for _ in range(STEPS):
        live_on(desk, rng)
        assert desk.most_closed() <= entry.cum, f"seed {seed}: exits exceed what was bought"
    return desk


@pytest.mark.parametrize("seed", range(DAYS))
def test_exits_never_exceed_what_the_entry_filled(seed: int) -> None:
    desk = day(seed)

    verify(desk.store.chain(PAPER.account_id))
    bracket = desk.bracket()
    exits = {one.client_order_id: desk.store.order(one.client_order_id) for one in bracket.exits}
    assert len(exits) == len(bracket.exits)


def test_the_days_are_full_of_what_they_are_meant_to_try() -> None:
    desks = [day(seed) for seed in range(60)]
    phases = {desk.bracket().phase for desk in desks}
    changed = [desk for desk in desks if any(desk.order(row).replaces for row in desk.exits())]
    several = [desk for desk in desks if len(desk.bracket().exits) > 1]

    assert phases == set(Phase)
    assert len(changed) > 5
    assert len(several) > 5
