"""
Make our record of stored orders agree with the broker's list, and say so where it cannot.

A list that lacks one proves little: brokers list late. So absence counts when a whole list was
asked for long after it was sent, twice and well apart. What the list shows counts at once, also of
one that was written off.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import replace

from tradegram.brokers.contract import Broker, Profile
from tradegram.brokers.triggers import TriggerBook, TriggerReport
from tradegram.errors import BrokerError, Conflict
from tradegram.orders.apart import apart
from tradegram.orders.nameless import SKEW
from tradegram.ports import Desk, Notice, OrderDesk
from tradegram.risk.kill import is_killed
from tradegram.tickets.closing import Closing, open_units
from tradegram.triggers.kept import (
    Kept,
    Phase,
    all_kept,
    ended,
    is_like,
    note,
    want_back,
    write,
)
from tradegram.triggers.send import ring, taken, triggers_of
from tradegram.triggers.taking import take_up

SOON, OFTEN, SELDOM = 2.0, 15.0, 60.0  # seconds between looks: unresolved, open market, closed
APART = 20.0  # seconds between two lists that must both lack one
PATIENCE = 20.0  # seconds one may be unconfirmed, or its take-back, before the holder is told
DOUBT = 900.0  # seconds for which one that ended is still compared
POSITION = 25.0  # seconds between two looks at the position that one protects

logger = logging.getLogger(__name__)


def look(desk: Desk, account_id: str) -> float:
    """
    One look at everything that the account's broker keeps; seconds until the next.

    Safe to run at any time, in parallel, from any address: what must be sent is left to the worker.
    Infinite when nothing is kept. Raises StoreError.
    """
    if desk.brokers.profile(account_id).keeps is None:
        return math.inf  # a look at the record costs on AWS
    now = desk.clock.now()
    found: Sequence[Kept] = [sweep(desk, one) for one in all_kept(desk.store, account_id)]
    if not any(_is_asked_for(one, now) for one in found):
        return SOON if any(one.is_live for one in found) else math.inf
    asked_at = desk.clock.now()
    try:
        broker = desk.brokers.broker(account_id)
        book = triggers_of(broker).triggers()
    except BrokerError as error:
        logger.warning("triggers not read: %s", error, extra={"account_id": account_id})
        _tell_of_doubt(desk, found)
        return OFTEN
    for row in book.unreadable:
        desk.pager.alert(account_id, f"row of the list of triggers not understood: {row}")
    # Read anew, after the list: whatever is in it was claimed before, and is on record by now.
    found = all_kept(desk.store, account_id)
    for one in found:
        with apart(desk, account_id, f"stored order {one.kept_id[:4]}"):
            _compare(desk, one, book, found, broker, asked_at)
    found = all_kept(desk.store, account_id)
    _tell_of_doubt(desk, found)
    _do_all(desk, found)
    return min((_next(desk, one) for one in found if one.is_live), default=math.inf)


def sweep(desk: OrderDesk, kept: Kept) -> Kept:
    """What needs no broker: give up what nobody holds, ring for what nobody heard."""
    now = desk.clock.now()
    if kept.is_live and not kept.cancel and is_killed(desk.store):
        kept = want_back(desk, kept.key, by="desk", why="the kill switch is on")
    if kept.phase is Phase.SENDING and now > kept.lease_until:
        try:
            kept = write(desk, replace(kept, phase=Phase.UNKNOWN), "trigger unknown")
        except Conflict:
            return kept
    if kept.phase is Phase.WANTED:
        ring(desk, kept)
    return kept


def _is_asked_for(kept: Kept, now: float) -> bool:
    if kept.phase is Phase.ENDED:
        return bool(kept.sent_at) and now < kept.ended_at + DOUBT
    return kept.phase is not Phase.WANTED


def _next(desk: Desk, kept: Kept) -> float:
    if kept.is_unresolved or kept.cancel or kept.reached_at or kept.phase is Phase.WANTED:
        return SOON
    return OFTEN if desk.calendar.is_open(kept.draft.instrument, desk.clock.now()) else SELDOM


def _do_all(desk: Desk, found: Sequence[Kept]) -> None:
    for one in found:
        if one.cancel and one.phase is Phase.ACTIVE:
            ring(desk, one)


# -- one of them ---------------------------------------------------------------------------------


def _compare(
    desk: Desk,
    kept: Kept,
    book: TriggerBook,
    found: Sequence[Kept],
    broker: Broker,
    asked_at: float,
) -> None:
    if not _is_asked_for(kept, asked_at):
        return
    free = _free_rows(kept, book, found)
    rows = [row for row in book.reports if row.trigger_id == kept.trigger_id]
    if not kept.trigger_id and kept.phase is Phase.UNKNOWN and len(free) == 1:
        rows = free
    if rows:
        _seen(desk, kept, rows[0], broker, asked_at)
    doubtful = not kept.trigger_id or (kept.by_terms and asked_at < kept.sent_at + DOUBT)
    if free and free != rows and doubtful:
        _tell_of_its_like(desk, kept, free, found)
    elif not rows and kept.is_live and not book.unreadable:
        _missing(desk, kept, broker.profile, asked_at)


def _free_rows(kept: Kept, book: TriggerBook, found: Sequence[Kept]) -> list[TriggerReport]:
    """What could be it by its terms: listed since it was sent, and nobody's."""
    ours = {one.trigger_id for one in found}
    return [
        row
        for row in book.reports
        if is_like(kept, row) and row.trigger_id not in kept.alike and row.trigger_id not in ours
    ]


def _tell_of_its_like(
    desk: Desk, kept: Kept, rows: Sequence[TriggerReport], found: Sequence[Kept]
) -> None:
    """While it is being sent its answer comes by itself; while another is, a row may be its."""
    others = any(one.is_unresolved for one in found if one.key != kept.key)
    if kept.phase is Phase.SENDING or (others and not kept.is_live):
        return
    ids = ", ".join(row.trigger_id for row in rows)
    if kept.trigger_id:
        was = f"was taken for {kept.trigger_id}, and the broker's list has its like"
    else:
        was = "may be any of these" if kept.is_live else f"ended ({kept.ended}), and has its like"
    text = f"{was}: {ids}. Look at the broker's own page."
    _tell(desk, kept, f"its like {ids}", text)


def _seen(desk: Desk, kept: Kept, row: TriggerReport, broker: Broker, asked_at: float) -> None:
    if row.status == "triggered":
        if not kept.orders and not (kept.reached_at and not kept.is_live):
            take_up(desk, kept, row, broker)
    elif row.status == "active":
        # An older list than the one that ended it says nothing of now.
        if kept.is_live or asked_at > kept.ended_at + SKEW:
            _active(desk, kept, row, broker)
    elif kept.is_live:
        _over(desk, kept, f"{broker.profile.title} says {row.words}", row.trigger_id)


def _active(desk: Desk, kept: Kept, row: TriggerReport, broker: Broker) -> None:
    if kept.phase is not Phase.ACTIVE:
        taken(desk, kept, row.trigger_id, by_terms=not kept.trigger_id)
        return
    seen = kept
    if kept.absent_at:
        seen = replace(seen, absent_at=0.0)
    if not is_like(kept, row):
        seen = _changed(seen, row)
    told: tuple[Notice, ...] = ()
    if seen.draft != kept.draft or seen.legs != kept.legs:
        told = (note(seen, "is what it is now: it was changed at the broker's own page."),)
    if seen.draft.closes and not seen.cancel:
        seen = _at_its_position(desk, seen, broker)
    if seen == kept:
        return
    try:
        write(desk, seen, "trigger seen", *told)
    except Conflict:
        return
    if seen.short and kept.short and seen.looked_at != kept.looked_at:
        _take_back_what_closes_too_much(desk, seen)


def _changed(kept: Kept, row: TriggerReport) -> Kept:
    draft = replace(kept.draft, quantity=row.quantity)
    return replace(kept, draft=draft, legs=tuple(sorted((leg[0], leg[1]) for leg in row.legs)))


def _missing(desk: Desk, kept: Kept, profile: Profile, asked_at: float) -> None:
    listed_from = kept.sent_at + profile.listing_lag + profile.receive_window + SKEW
    if asked_at <= listed_from or kept.phase is Phase.SENDING:
        return
    if not kept.absent_at:
        _write(desk, replace(kept, absent_at=asked_at), "trigger absent")
    elif asked_at > kept.absent_at + APART:
        removed = "it was removed at the broker's own page"
        why = "it never arrived" if kept.phase is Phase.UNKNOWN else removed
        _over(desk, kept, why, kept.trigger_id)


def _over(desk: Desk, kept: Kept, why: str, trigger_id: str) -> None:
    """It waits no more, and became nothing."""
    if kept.cancel:
        why = f"taken back: {kept.cancel}"
    closes = " The position is open WITHOUT it." if kept.draft.closes else ""
    after = replace(ended(desk, kept, why), trigger_id=trigger_id)
    _write(desk, after, "trigger ended", f"waits no more: {why}.{closes}")


# -- what it protects ----------------------------------------------------------------------------


def _at_its_position(desk: Desk, kept: Kept, broker: Broker) -> Kept:
    """Whether as much is open as it closes; asked while the market is open, and not too often."""
    now, draft = desk.clock.now(), kept.draft
    if now < kept.looked_at + POSITION or not desk.calendar.is_open(draft.instrument, now):
        return kept
    closing = Closing(kept.account_id, draft.instrument, draft.product, draft.side)
    try:
        there = open_units(broker, closing)
    except BrokerError:
        return kept
    return replace(kept, looked_at=now, short=there < draft.quantity)


def _take_back_what_closes_too_much(desk: Desk, kept: Kept) -> None:
    """In two looks less was open than it closes: it must not turn the position round."""
    want_back(desk, kept.key, by="desk", why="less is open than it would close")


# -- what is said --------------------------------------------------------------------------------


def _tell_of_doubt(desk: Desk, found: Sequence[Kept]) -> None:
    """Of what is not as it was asked for, for some time."""
    now = desk.clock.now()
    for one in found:
        if one.phase is Phase.UNKNOWN and now > one.sent_at + PATIENCE:
            _tell(desk, one, "unconfirmed", (
                "is not confirmed by the broker and not seen in its list yet; it may still appear. "
                "It is not sent again."
            ))  # fmt: skip
        elif one.is_live and one.cancel and now > one.cancel_at + PATIENCE:
            _tell(desk, one, "not taken back", (
                f"could NOT be taken back yet ({one.cancel}). It can still trigger: look at the "
                "broker's own page. The desk keeps asking."
            ))  # fmt: skip


def _tell(desk: Desk, kept: Kept, fault: str, text: str) -> None:
    """Once."""
    if fault not in kept.told:
        _write(desk, replace(kept, told=(*kept.told, fault)), f"trigger {fault}", text)


def _write(desk: Desk, after: Kept, what: str, text: str = "") -> None:
    try:
        write(desk, after, what, *((note(after, text),) if text else ()), why=text)
    except Conflict:
        return  # the next look decides again
