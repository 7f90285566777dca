"""
Position drift: what the broker holds for us against the fills we know of.

At the first look of a day we take what is held less what was traded so far as the day's opening.
From then on a position may change only by fills. A difference is told once, and never corrected.
It must be seen twice: brokers list a fill and its position some seconds apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from tradegram.errors import Conflict
from tradegram.history.fifo import ZERO
from tradegram.history.session import everybody
from tradegram.history.trade import IST, day_of
from tradegram.model import Fill, Position, Product, Side
from tradegram.ports import Change, Desk, Document, Event

KIND = "drift"
CARRIED = (Product.CARRY_FORWARD, Product.MARGIN_FUNDED)
MOST_NAMED = 6
SETTLES = time(15, 30)  # in Mumbai, on the day of expiry

Amounts = dict[str, Decimal]


def held(positions: Iterable[Position]) -> Amounts:
    """Units by `NSE:INFY|MIS`, without those that are zero."""
    return _without_zeros(
        (_name(one.instrument.key, one.product), one.quantity) for one in positions
    )


def traded(fills: Iterable[Fill]) -> Amounts:
    return _without_zeros(
        (
            _name(one.instrument.key, one.product),
            one.quantity if one.side is Side.BUY else -one.quantity,
        )
        for one in fills
    )


def differences(opening: Amounts, by_fills: Amounts, at_broker: Amounts) -> Amounts:
    """At the broker less what was to be expected; only what differs."""
    names = {*opening, *by_fills, *at_broker}
    return _without_zeros(
        (name, at_broker.get(name, ZERO) - opening.get(name, ZERO) - by_fills.get(name, ZERO))
        for name in sorted(names)
    )


def check_drift(
    desk: Desk, account_id: str, positions: Iterable[Position], fills: Iterable[Fill]
) -> Amounts:
    """
    What differs now. Tells the holders when that has changed, and was seen twice.

    positions, fills: read so that no fill lies between them.
    """
    positions, fills = list(positions), list(fills)
    day, by_fills, at_broker = str(day_of(desk.clock.now())), traded(fills), held(positions)
    found = desk.store.document(KIND, account_id)
    known = found or Document(KIND, account_id, {})
    ends = {**known.body.get("ends", {}), **_ends(positions, fills)}
    if known.body.get("day") != day:
        body = _opened(known.body, day, by_fills, at_broker, ends)
        _write(desk, replace(known, body=body))
        return _read(body["differences"])
    over = _over(ends, desk.clock.now())
    by_day = differences(_read(known.body["opening"]), by_fills, at_broker)
    now = {name: amount for name, amount in by_day.items() if name not in over}
    body = {**known.body, "last": _plain(at_broker), "seen": _plain(now), "ends": ends}
    told = _read(known.body["differences"])
    if now == told or now != _read(known.body["seen"]):
        if body != known.body:
            _write(desk, replace(known, body=body))
        return told
    _write(desk, replace(known, body={**body, "differences": _plain(now)}), told, now)
    return now


def in_words(amounts: Amounts) -> str:
    """`NSE:INFY MIS +10, ...`: what the broker has more (or less) than the fills say."""
    named = [f"{name.replace('|', ' ')} {amount:+f}" for name, amount in sorted(amounts.items())]
    more = len(named) - MOST_NAMED
    return ", ".join(named[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _ends(positions: Iterable[Position], fills: Iterable[Fill]) -> dict[str, str]:
    """When contracts expire: the master forgets them when they have."""
    both = [(one.instrument, one.product) for one in positions]
    both += [(one.instrument, one.product) for one in fills]
    return {
        _name(instrument.key, product): instrument.expiry.isoformat()
        for instrument, product in both
        if instrument.expiry is not None
    }


def _over(ends: Mapping[str, str], now: float) -> set[str]:
    """What has expired, and is settled without a fill from then on."""
    moment = datetime.fromtimestamp(now, IST)
    last = moment.date() if moment.time() >= SETTLES else moment.date() - timedelta(days=1)
    return {name for name, end in ends.items() if end <= last.isoformat()}


def _opened(
    before: Mapping[str, Any],
    day: str,
    by_fills: Amounts,
    at_broker: Amounts,
    ends: Mapping[str, str],
) -> dict[str, Any]:
    """
    A new day. What is carried must open as it closed, but for contracts that have expired;
    deliveries have gone to the holdings, and intraday was closed.
    """
    opening = differences({}, by_fills, at_broker)
    for name, amount in _read(before.get("last", {})).items():
        if name.partition("|")[2] in CARRIED and ends.get(name, day) >= day:
            opening[name] = amount
    seen = differences(opening, by_fills, at_broker)
    return {
        "day": day,
        "opening": _plain(opening),
        "last": _plain(at_broker),
        "seen": _plain(seen),
        "differences": {},
        "ends": {name: end for name, end in ends.items() if end >= day},
    }


def _write(
    desk: Desk, document: Document, before: Amounts | None = None, after: Amounts | None = None
) -> None:
    if before is None or after is None:
        change = Change((document,))
    else:
        text = (
            f"Positions of {document.key} differ from the fills known: {in_words(after)}. Nothing "
            "was changed; look in the broker's own app."
            if after
            else f"Positions of {document.key} agree with the fills again."
        )
        event = {
            "event": "position drift",
            "by": "desk",
            "before": _plain(before),
            "after": _plain(after),
            "why": text,
        }
        notices = everybody(desk, document.key, "alert", text)
        change = Change((document,), (Event(document.key, event),), notices)
    try:
        desk.store.commit(change)
    except Conflict:
        return  # another worker compares as well


def _name(key: str, product: Product) -> str:
    return f"{key}|{product}"


def _without_zeros(rows: Iterable[tuple[str, Decimal]]) -> Amounts:
    sums: Amounts = {}
    for name, amount in rows:
        sums[name] = sums.get(name, ZERO) + amount
    return {name: amount for name, amount in sums.items() if amount}


def _plain(amounts: Amounts) -> dict[str, str]:
    return {name: f"{amount.normalize():f}" for name, amount in amounts.items()}


def _read(body: Mapping[str, str]) -> Amounts:
    return {name: Decimal(amount) for name, amount in body.items()}
