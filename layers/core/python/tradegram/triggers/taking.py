"""
What a trigger became: orders that the broker made of it are ours.

They are written with the end of the wait, their ticket and their bracket in one transaction, and
from then on the broker's book says of them what it says of any order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from tradegram.brackets.start import brackets_of
from tradegram.brokers.contract import Broker
from tradegram.brokers.triggers import TriggerReport
from tradegram.errors import BrokerError, Conflict
from tradegram.model import OrderIntent, OrderType, TimeInForce
from tradegram.orders.report import notice
from tradegram.orders.stage import client_order_id
from tradegram.orders.state import Order, State
from tradegram.ports import Desk, Event
from tradegram.risk.limits import key_of_account, key_of_user
from tradegram.risk.today import forget_count
from tradegram.tickets.closing import Closing, closing_now, noted
from tradegram.tickets.ticket import Leg, Ticket, TicketState
from tradegram.triggers.kept import Kept, all_kept, ended, may_have_sent, note, write

BY = "trigger"  # who confirmed the tickets of what a broker's trigger became
NAMED_WITHIN = 60.0  # seconds in which a list that names orders has named them
LISTED_WITHIN = 180.0  # seconds in which the book has an order that nobody names

Fired = tuple[Decimal, str]  # a leg's limit, and the broker's id of its order


def take_up(desk: Desk, kept: Kept, row: TriggerReport, broker: Broker) -> Kept:
    """
    The stored order, ended, with what it became on record; unchanged while that is not known yet.

    Raises StoreError.
    """
    fired, why = _fired(desk, kept, row, broker)
    try:
        if fired:
            return _taken(desk, kept, row, fired)
        if not why:
            seen = kept.reached_at or desk.clock.now()
            reached = replace(kept, reached_at=seen)
            return kept if reached == kept else write(desk, reached, "trigger reached")
        text = f"was triggered, and {why}"
        over = replace(ended(desk, kept, text), reached_at=desk.clock.now())
        return write(desk, over, "trigger ended", note(kept, text), why=why)
    except Conflict:
        return kept  # the next look decides again


def _fired(
    desk: Desk, kept: Kept, row: TriggerReport, broker: Broker
) -> tuple[Sequence[Fired], str]:
    """The orders it became, or why there are none; neither while nobody can say."""
    named = [
        (leg[1], order_id)
        for leg, order_id in zip(row.legs, row.broker_order_ids, strict=False)
        if order_id
    ]
    if named:
        return named, ""
    title = broker.profile.title
    if row.refused:
        return (), f"{title} refused its order: {row.refused.rstrip('.')}. Nothing was traded"
    waited = desk.clock.now() - (kept.reached_at or desk.clock.now())
    keeps = broker.profile.keeps
    if keeps is not None and keeps.names_orders:
        lost = waited > NAMED_WITHIN
    else:
        found = _alike(desk, kept, row, broker)
        if len(found) == 1:
            return found, ""
        if len(found) > 1:
            ids = ", ".join(order_id for _, order_id in found)
            return (), f"its order may be any of {ids}: look in {title}'s own app"
        lost = waited > LISTED_WITHIN
    return (), f"its order is not listed: look in {title}'s own app" if lost else ""


def _alike(desk: Desk, kept: Kept, row: TriggerReport, broker: Broker) -> Sequence[Fired]:
    """Rows of the book that can be its order: of its terms, of that time, and nobody else's."""
    try:
        book = broker.order_book()
    except BrokerError:
        return ()
    ours = {one.broker_order_id for one in desk.store.unsettled(kept.account_id)}
    ours |= {name for one in all_kept(desk.store, kept.account_id) for name in one.orders}
    as_listed = replace(
        kept,
        draft=replace(kept.draft, quantity=row.quantity),
        legs=tuple((leg[0], leg[1]) for leg in row.legs),
    )
    return [
        (each.terms.price, each.broker_order_id)
        for each in book.reports
        if may_have_sent(as_listed, each)
        and each.terms is not None
        and each.terms.price is not None
        and each.broker_order_id not in ours
    ]


def _taken(desk: Desk, kept: Kept, row: TriggerReport, fired: Sequence[Fired]) -> Kept:
    at = row.at or desk.clock.now()
    ticket = _ticket(kept, at, fired)
    orders = [
        _order(kept, ticket, number, one, at, row.quantity) for number, one in enumerate(fired)
    ]
    draft = kept.draft
    closing = Closing(kept.account_id, draft.instrument, draft.product, draft.side)
    remark, working = closing_now(desk, closing)
    keys = [order.key for order in orders]
    title = desk.brokers.profile(kept.account_id).title
    words = f"triggered at {title}, which sent it"
    after = replace(
        ended(desk, kept, words),
        orders=tuple(order_id for _, order_id in fired),
        trigger_id=row.trigger_id,
    )
    brackets = brackets_of(desk, ticket, orders)
    loose = " What of it does not fill today is protected no more." if draft.closes else ""
    told = note(kept, f"was triggered at {title}, which sent the order for it.{loose}")
    done = write(
        desk, after, "trigger became orders", told,
        *(notice(one, "submitted", words) for one in orders),
        also=(ticket, *orders, noted(remark, working, keys), *brackets),
        more=[_event(kept, one) for one in orders],
        orders=keys,
    )  # fmt: skip
    for key in (key_of_user(kept.user_id), key_of_account(kept.account_id)):
        forget_count(desk, key)  # the next order counts these too
    return done


def _ticket(kept: Kept, at: float, fired: Sequence[Fired]) -> Ticket:
    drafts = [replace(kept.draft, order_type=OrderType.LIMIT, price=limit) for limit, _ in fired]
    legs = tuple(Leg(kept.account_id, draft, kept.pricing) for draft in drafts)
    return Ticket(
        ticket_id=client_order_id(f"trigger {kept.key}", 0),
        user_id=kept.user_id,
        account_id=kept.account_id,
        draft=drafts[0],
        pricing=kept.pricing,
        expires_at=at,
        state=TicketState.CONFIRMED,
        token=BY,
        legs=legs if len(legs) > 1 else (),
    )


def _order(
    kept: Kept, ticket: Ticket, number: int, fired: Fired, at: float, quantity: Decimal
) -> Order:
    """It bears no name of ours at the broker, and needs none: its number there is known."""
    limit, broker_order_id = fired
    draft = kept.draft
    intent = OrderIntent(
        client_order_id=client_order_id(ticket.ticket_id, number),
        account_id=kept.account_id,
        instrument=draft.instrument,
        side=draft.side,
        order_type=OrderType.LIMIT,
        quantity=quantity,
        product=draft.product,
        time_in_force=TimeInForce.DAY,
        price=limit,
        asked_type=draft.order_type,
    )
    return Order(
        intent,
        send_by=at,
        user_id=kept.user_id,
        ticket_id=ticket.ticket_id,
        staged_at=at,
        sent_at=at,
        state=State.SUBMITTED,
        broker_order_id=broker_order_id,
    )


def _event(kept: Kept, order: Order) -> Event:
    body = {
        "event": "submitted",
        "order": order.key,
        "by": f"trigger {kept.kept_id}",
        "broker order": order.broker_order_id,
        "instrument": order.intent.instrument.key,
        "side": order.intent.side,
        "quantity": str(order.intent.quantity),
        "price": str(order.intent.price),
    }
    return Event(kept.account_id, body)
