from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from samples import TICKET
from tickets.desks import RELIANCE

from tradegram.model import OrderType, Side
from tradegram.tickets.figures import breakeven, reward_to_risk, risk_of_stop
from tradegram.tickets.ticket import Draft, Ticket

D = Decimal


def ticket(side: Side, stop: int | None, target: int | None) -> Ticket:
    """10 RELIANCE at 2,950 with charges of 33.12."""
    draft = Draft(
        RELIANCE, side, D(10), OrderType.LIMIT, TICKET.draft.product, TICKET.draft.time_in_force,
        price=D(2950),
        stop_loss=None if stop is None else D(stop),
        target=None if target is None else D(target),
    )  # fmt: skip
    charges = {"STT": D("29.50"), "rest": D("3.62")}
    return replace(TICKET, draft=draft, pricing=replace(TICKET.pricing, charges=charges))


def test_the_risk_of_a_stop_is_its_distance_and_the_charges() -> None:
    assert risk_of_stop(ticket(Side.BUY, 2900, None)) == D("533.12")
    assert risk_of_stop(ticket(Side.SELL, 3000, None)) == D("533.12")
    assert risk_of_stop(ticket(Side.BUY, None, 3050)) == 0


def test_reward_to_risk_compares_the_two_distances() -> None:
    assert reward_to_risk(ticket(Side.BUY, 2900, 3050)) == 2
    assert reward_to_risk(ticket(Side.SELL, 3000, 2925)) == D("0.5")
    assert reward_to_risk(ticket(Side.BUY, 2900, None)) is None
    assert reward_to_risk(ticket(Side.BUY, None, 3050)) is None


def test_breaking_even_pays_for_both_ways() -> None:
    assert breakeven(ticket(Side.BUY, None, None)) == D("2956.60")
    assert breakeven(ticket(Side.SELL, None, None)) == D("2943.40")
