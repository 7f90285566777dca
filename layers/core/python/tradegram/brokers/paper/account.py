"""
What a paper account knows without reading its orders: its ledger so far and what is still open.

It is kept in one document, written together with every order, cancel and replace. So these are
lined up one behind the other, and none of them needs to read a day of orders first. Everything
in it can be made again from the orders: see `rebuilt`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tradegram.brokers.paper.ledger import Ledger, Money, Stake, add, day_of, fills, opened
from tradegram.brokers.paper.order import (
    Body,
    PaperOrder,
    Progress,
    instrument_body,
    read_instrument,
)
from tradegram.copies import replace
from tradegram.market.feed import SimulatedQuotes
from tradegram.model import Fill, Product

DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
LISTED_DAYS = 2  # order books show the last two days on which an order was placed, and today
KEPT_DAYS = 3  # an order from an older day stays listed so long after it was seen to have ended
MOMENT = 0.000_001  # two writes of one account never happen at the same time


@dataclass(frozen=True, slots=True)
class Open:
    """
    An order that is not all in the ledger, or that the days' lists do not show.

    amendments: how many it has. booked: how many of its executions are in the ledger.
    ended_on:   the day on which it was seen to have ended; 0 while it works.
    """

    amendments: int = 0
    booked: int = 0
    ended_on: int = 0


@dataclass(frozen=True, slots=True)
class PaperAccount:
    """
    at:   seconds since the epoch of the last write; nothing later is in the ledger.
    days: the last days with orders, oldest first. open: by broker order id.
    """

    at: float = 0.0
    days: tuple[int, ...] = ()
    open: Mapping[str, Open] = field(default_factory=dict[str, Open])
    ledger: Ledger = field(default_factory=Ledger)


Life = tuple[PaperOrder, Progress]


def order_id(t: float, nonce: str) -> str:
    """`P`, the day, and twelve characters of chance. A day's orders share their beginning."""
    return day_code(day_of(t)) + nonce[-12:]


def day_code(day: int) -> str:
    return "P" + "".join(DIGITS[(day >> shift) & 31] for shift in (10, 5, 0))


def new_fills(account: PaperAccount, lives: Iterable[Life]) -> list[Fill]:
    """Fills of the open orders that the ledger does not have, in the order of their times."""
    found = [
        fill
        for order, progress in lives
        for fill in fills(order, progress.executions, account.open[order.broker_order_id].booked)
    ]
    return sorted(found, key=lambda fill: (fill.at, fill.trade_id))


def ledger_now(
    account: PaperAccount, lives: Iterable[Life], t: float, feed: SimulatedQuotes
) -> Ledger:
    """The ledger at time t, given the lives of all open orders up to t."""
    ledger = account.ledger
    for fill in new_fills(account, lives):
        ledger = add(ledger, fill)
    return opened(ledger, t, feed)


def booked(account: PaperAccount, lives: Iterable[Life], t: float, ledger: Ledger) -> PaperAccount:
    """The account at time t, given the lives of all its open orders up to t and the ledger then."""
    today = day_of(t)
    still = dict[str, Open]()
    for order, progress in lives:
        now = _now(account.open[order.broker_order_id], order, progress, today)
        if not _forgotten(order, now, today):
            still[order.broker_order_id] = now
    return replace(account, at=t, open=still, ledger=ledger)


def _now(known: Open, order: PaperOrder, progress: Progress, today: int) -> Open:
    amendments, executions = len(order.amendments), len(progress.executions)
    ended_on = (known.ended_on or today) if progress.ended else 0
    if (known.amendments, known.booked, known.ended_on) == (amendments, executions, ended_on):
        return known  # most only wait
    return Open(amendments, executions, ended_on)


def _forgotten(order: PaperOrder, now: Open, today: int) -> bool:
    """An order of today will be listed with its day; an older one must stay until it was seen."""
    if not now.ended_on:
        return False
    return day_of(order.placed_at) == today or today > now.ended_on + KEPT_DAYS


def with_order(account: PaperAccount, broker_order_id: str) -> PaperAccount:
    """The account with one more order, placed at account.at."""
    today = day_of(account.at)
    days = account.days if today in account.days else (*account.days, today)[-LISTED_DAYS:]
    return replace(account, days=days, open={**account.open, broker_order_id: Open()})


def rebuilt(orders: Iterable[PaperOrder]) -> PaperAccount:
    """The account before its ledger is booked, from its orders alone."""
    orders = list(orders)
    days = sorted({day_of(order.placed_at) for order in orders})
    return PaperAccount(
        at=max((_last_write(order) for order in orders), default=0.0),
        days=tuple(days[-LISTED_DAYS:]),
        open={order.broker_order_id: Open(len(order.amendments)) for order in orders},
    )


def _last_write(order: PaperOrder) -> float:
    return order.amendments[-1].at if order.amendments else order.placed_at


# -- as JSON -------------------------------------------------------------------------------------


def account_body(account: PaperAccount) -> dict[str, Any]:
    return {
        "at": account.at,
        "days": list(account.days),
        "open": {
            key: [one.amendments, one.booked, one.ended_on] for key, one in account.open.items()
        },
        "stakes": [_stake_body(stake) for stake in account.ledger.stakes.values()],
        "money": {
            currency: [str(money.realised), str(money.charges)]
            for currency, money in account.ledger.money.items()
        },
    }


def read_account(body: Body) -> PaperAccount:
    stakes = [_read_stake(raw) for raw in body["stakes"]]
    return PaperAccount(
        at=float(body["at"]),
        days=tuple(int(day) for day in body["days"]),
        open={key: Open(*(int(one) for one in raw)) for key, raw in body["open"].items()},
        ledger=Ledger(
            {f"{stake.instrument.key}|{stake.product}": stake for stake in stakes},
            {
                currency: Money(Decimal(realised), Decimal(charges))
                for currency, (realised, charges) in body["money"].items()
            },
        ),
    )


def _stake_body(stake: Stake) -> dict[str, Any]:
    return {
        "instrument": instrument_body(stake.instrument),
        "product": stake.product.value,
        "day": stake.day,
        "quantity": str(stake.quantity),
        "average": str(stake.average),
        "realised": str(stake.realised),
        "held": str(stake.held),
        "held_average": str(stake.held_average),
    }


def _read_stake(raw: Body) -> Stake:
    return Stake(
        instrument=read_instrument(raw["instrument"]),
        product=Product(raw["product"]),
        day=int(raw["day"]),
        quantity=Decimal(raw["quantity"]),
        average=Decimal(raw["average"]),
        realised=Decimal(raw["realised"]),
        held=Decimal(raw["held"]),
        held_average=Decimal(raw["held_average"]),
    )
