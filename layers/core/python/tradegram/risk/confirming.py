"""
The limits once more, at Confirm: what may have changed since the ticket was priced.

The orders of the day are counted, and the same order is recognised, in documents that are written
with the orders themselves. Two tickets confirmed at once therefore meet: one is written, the
other reads again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from tradegram.chat.money import ago
from tradegram.copies import replace
from tradegram.errors import Denied, UserError
from tradegram.model import Account
from tradegram.orders.stage import client_order_id
from tradegram.ports import Desk, Document, Limits
from tradegram.risk.assess import day_of
from tradegram.risk.exposure import Count, Denial, Exposure
from tradegram.risk.guard_day import SAME_ORDER, daily_loss, reached
from tradegram.risk.limits import Value, all_limits, key_of_account, key_of_user, merged, own_in
from tradegram.risk.today import SAME, count_document, same_at, same_key, terms_of
from tradegram.tickets.account import held
from tradegram.tickets.ticket import Leg, Ticket


class SameAgain(UserError):
    """The very same order was confirmed since this ticket was priced; say so before sending."""


def entries(desk: Desk, ticket: Ticket) -> Sequence[Document]:
    """
    What the day's record gains by this ticket, to be written with its orders.

    Raises UserError when a limit says no by now, SameAgain, StoreUnavailable.
    """
    pairs = [
        (leg, client_order_id(ticket.ticket_id, number))
        for number, leg in enumerate(ticket.all_legs)
        if not leg.denied
    ]
    legs = [leg for leg, _ in pairs]
    found, key = all_limits(desk.store), key_of_user(ticket.user_id)
    mine = own_in(found, key)
    written = [*_counted(desk, ticket, legs, key, mine, "You", "")]
    for account_id in dict.fromkeys(leg.account_id for leg in legs):
        account, there = desk.brokers.account(account_id), key_of_account(account_id)
        theirs = own_in(found, there)
        own = [leg for leg in legs if leg.account_id == account_id]
        name = f"#{account.name}"
        written += _counted(desk, ticket, own, there, theirs, name, f"{name} ")
        limits = merged(desk.limits, mine, theirs, account)
        whole = _whole(pair for pair in pairs if pair[0].account_id == account_id)
        for leg, _ in whole:
            _check_loss(desk, account, limits, leg)
        written += _same(desk, limits, whole)
    return written


def _whole(pairs: Iterable[tuple[Leg, str]]) -> Sequence[tuple[Leg, Sequence[str]]]:
    """Slices of one order are one order here, with the client order ids of all of them."""
    found: dict[tuple[str, ...], list[tuple[Leg, str]]] = {}
    for pair in pairs:
        found.setdefault(terms_of(pair[0].account_id, pair[0].draft), []).append(pair)
    return [(_sum([leg for leg, _ in one]), [order for _, order in one]) for one in found.values()]


def _sum(slices: Sequence[Leg]) -> Leg:
    last = slices[-1]
    if len(slices) == 1:
        return last
    quantity = sum((leg.draft.quantity for leg in slices), Decimal(0))
    return replace(last, draft=replace(last.draft, quantity=quantity))


def _counted(
    desk: Desk,
    ticket: Ticket,
    legs: Sequence[Leg],
    key: str,
    own: Mapping[str, Value],
    whose: str,
    named: str,
) -> Sequence[Document]:
    most = own.get("trades_per_day")
    if most is None:
        return ()
    before = count_document(desk, key)
    used = int(before.body["orders"])
    if used + len(legs) > most and not all(_closes(desk, leg) for leg in legs):
        raise Denied(reached(Count(whose, used, most, f"/risk {named}trades_per_day 20")).text)
    return (replace(before, body={"orders": used + len(legs)}),)


def _closes(desk: Desk, leg: Leg) -> bool:
    if leg.draft.closes:
        return True
    account = desk.brokers.account(leg.account_id)
    there = held(desk, account, leg.draft.instrument, leg.draft.product)
    return replace(_exposure(leg), held=there).only_closes


def _check_loss(desk: Desk, account: Account, limits: Limits, leg: Leg) -> None:
    if limits.daily_loss is None or leg.draft.closes:
        return
    loss, _ = day_of(desk, account, limits, leg.draft.instrument.currency)
    found = daily_loss(replace(_exposure(leg), loss=loss), limits)
    if isinstance(found, Denial) and not _closes(desk, leg):
        raise Denied(found.text)


def _exposure(leg: Leg) -> Exposure:
    pricing = leg.pricing
    return Exposure(
        draft=leg.draft,
        last=pricing.last,
        entry=pricing.last,
        value=pricing.value,
        charges=Decimal(0),
        margin=pricing.margin,
        available=pricing.available,
        held=None,
        quote_age=0.0,
        is_open=True,
        opens_at=None,
    )


def _was_shown(leg: Leg, at: float) -> bool:
    """One that was there when the ticket was priced stands on it, and was asked about."""
    return at <= leg.pricing.priced_at and any(SAME_ORDER in each for each in leg.pricing.checks)


def _same(
    desk: Desk, limits: Limits, whole: Sequence[tuple[Leg, Sequence[str]]]
) -> Sequence[Document]:
    window, now = limits.duplicate_window, desk.clock.now()
    if not window:
        return ()
    written = []
    for leg, orders in whole:
        if leg.draft.closes:
            continue  # an exit counts what is left to close, which is the better guard
        key = same_key(leg.account_id, leg.draft)
        found = desk.store.document(SAME, key)
        at = same_at(desk, found) if found else None
        if at is not None and now - at < window and not _was_shown(leg, at):
            raise SameAgain(f"{SAME_ORDER} {ago(now - at)}: confirm once more")
        version = found.version if found else 0
        body = {"at": now, "orders": list(orders)}
        written.append(Document(SAME, key, body, version, expires_at=now + window))
    return written
