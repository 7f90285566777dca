"""The orders that a bracket stages: with a ticket of their own, so that people see them as any."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tradegram.brackets.plan import BY, Bracket, Why
from tradegram.model import OrderIntent, OrderType, Quote
from tradegram.orders.stage import client_order_id, staged
from tradegram.orders.state import Order
from tradegram.ports import Event, OrderDesk
from tradegram.tickets.terms import usual_time_in_force
from tradegram.tickets.ticket import Draft, Pricing, Ticket, TicketState


@dataclass(frozen=True, slots=True)
class Staged:
    """What goes into the transaction: nothing of it is written yet."""

    ticket: Ticket
    order: Order
    event: Event


def exit_order(
    desk: OrderDesk,
    bracket: Bracket,
    why: Why,
    quantity: Decimal,
    price: Decimal,
    quote: Quote | None,
) -> Staged:
    """
    The bracket's next exit. Its name follows from the bracket and how many it has, so the same
    step makes the same order. price: the limit that is sent; people see a market order at a stop.
    """
    asked = OrderType.LIMIT if why is Why.TARGET else OrderType.MARKET
    ticket = Ticket(
        ticket_id=client_order_id(f"exit {bracket.key}", len(bracket.exits)),
        user_id=bracket.user_id,
        account_id=bracket.account_id,
        draft=_draft(desk, bracket, why, quantity, price if why is Why.TARGET else None),
        pricing=_pricing(bracket, quantity, price, quote),
        expires_at=desk.clock.now(),
        state=TicketState.CONFIRMED,
        token=BY,
    )
    intent = OrderIntent(
        client_order_id="",
        account_id=bracket.account_id,
        instrument=bracket.instrument,
        side=bracket.side,
        order_type=OrderType.LIMIT,
        quantity=quantity,
        product=bracket.product,
        time_in_force=ticket.draft.time_in_force,
        price=price,
        asked_type=asked,
    )
    order = staged(desk, ticket=ticket, leg=0, intent=intent)
    return Staged(ticket, order, _event(bracket, order, why))


def _draft(
    desk: OrderDesk, bracket: Bracket, why: Why, quantity: Decimal, price: Decimal | None
) -> Draft:
    profile = desk.brokers.profile(bracket.account_id)
    return Draft(
        instrument=bracket.instrument,
        side=bracket.side,
        quantity=quantity,
        order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
        product=bracket.product,
        time_in_force=usual_time_in_force(bracket.instrument, profile),
        price=price,
        note=f"{why} of bracket {bracket.bracket_id[:4]}",
        closes=True,
    )


def _pricing(bracket: Bracket, quantity: Decimal, price: Decimal, quote: Quote | None) -> Pricing:
    nobody = (price, price, price, "", 0.0)
    known = (quote.last, quote.bid, quote.ask, quote.source, quote.at) if quote else nobody
    last, bid, ask, source, at = known
    return Pricing(
        last=last,
        bid=bid,
        ask=ask,
        source=source,
        at=at,
        worst_price=price,
        value=quantity * price * bracket.instrument.multiplier,
        margin=Decimal(0),
        available=Decimal(0),
        charges={},
    )


def _event(bracket: Bracket, order: Order, why: Why) -> Event:
    body = {
        "event": "staged",
        "order": order.key,
        "by": f"bracket {bracket.bracket_id}",
        "why": why,
        "quantity": str(order.intent.quantity),
        "price": str(order.intent.price),
        "side": order.intent.side,
        "instrument": order.intent.instrument.key,
    }
    return Event(bracket.account_id, body)
