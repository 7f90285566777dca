"""
Say, before the broker does it, that what is held for the day will be squared off.

Once a day for an account and a segment. What was looked at is written, so that neither a restart
nor a second worker says it again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from tradegram.chat.money import IST, clock_time, units
from tradegram.errors import BrokerError, Conflict, UserError
from tradegram.market.calendar import LONGEST_FLIGHT
from tradegram.market.square_off import SEGMENTS, squared_off_before
from tradegram.model import Account, Instrument, Kind, Position, Product
from tradegram.ports import Change, Document, OrderDesk

KIND = "reminder"
AHEAD = 15 * 60.0  # seconds before the broker begins
LOOK_EVERY = 5 * 60.0  # seconds between two looks for positions that were opened since
KEPT = 86_400.0
MOST_NAMED = 6


def remind(desk: OrderDesk, account_id: str) -> None:
    """Costs nothing but in the minutes before the end of a day. Raises StoreError."""
    now = desk.clock.now()
    account = desk.brokers.account(account_id)
    for segment, begins, closes in _due(desk, account, now):
        note = _note(desk, account_id, segment, now)
        slot = int((now - begins + AHEAD) // LOOK_EVERY)
        if note.body["told"] or note.body["slot"] == slot:
            continue
        try:
            found = _intraday(desk, account_id, segment)
        except BrokerError:
            continue  # asked again at the next look
        if found:
            desk.pager.alert(account_id, _words(desk, account, found, begins, closes))
        body = {"told": bool(found), "slot": slot}
        try:
            after = Document(KIND, note.key, body, note.version, expires_at=now + KEPT)
            desk.store.commit(Change((after,)))
        except Conflict:
            continue  # another worker was faster


def _due(desk: OrderDesk, account: Account, now: float) -> Iterator[tuple[str, float, float]]:
    for segment, exchanges in SEGMENTS.items():
        closes = _closes(desk, exchanges[0], now)
        if closes is None:
            continue
        begins = closes - squared_off_before(account.broker, segment)
        if begins - AHEAD <= now < begins:
            yield segment, begins, closes


def _closes(desk: OrderDesk, exchange: str, now: float) -> float | None:
    """When the session under way ends; None while there is none, or where markets never close."""
    any_one = Instrument(exchange, "", Kind.SHARE, "", Decimal(1), Decimal(1))
    try:
        if not desk.calendar.is_open(any_one, now):
            return None
        final = desk.calendar.book_closed_after(any_one, now)
    except UserError:
        return None
    return None if final is None else final - LONGEST_FLIGHT.total_seconds()


def _note(desk: OrderDesk, account_id: str, segment: str, now: float) -> Document:
    day = datetime.fromtimestamp(now, IST).date().isoformat()
    key = f"{account_id}|{day}|{segment}"
    return desk.store.document(KIND, key) or Document(KIND, key, {"told": False, "slot": -1})


def _intraday(desk: OrderDesk, account_id: str, segment: str) -> Sequence[Position]:
    return [
        position
        for position in desk.brokers.broker(account_id).positions()
        if position.quantity
        and position.product is Product.INTRADAY
        and position.instrument.exchange in SEGMENTS[segment]
    ]


def _words(
    desk: OrderDesk, account: Account, found: Sequence[Position], begins: float, closes: float
) -> str:
    named = [
        f"{one.instrument.symbol} {'long' if one.quantity > 0 else 'short'} "
        f"{units(abs(one.quantity), one.instrument)}"
        for one in found[:MOST_NAMED]
    ]
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    what = f"#{account.name}: open for the day (MIS): {', '.join(named)}{more}."
    profile = desk.brokers.profile(account.account_id)
    if profile.squares_off:
        when = f"{profile.title} squares it off from about {clock_time(begins)}, at the market."
    else:
        when = f"Nobody squares it off here: the market closes at {clock_time(closes)}."
    return f"{what} {when} /exit all closes it now."
