"""Our records in the shapes of the API."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tradegram.api.shapes import time_of
from tradegram.api.shapes_accounts import HoldingShape, PositionShape
from tradegram.api.shapes_market import InstrumentShape, QuoteShape
from tradegram.api.shapes_orders import TYPE_WORD, OrderShape, ReasonShape, TicketShape
from tradegram.chat.states import words_of
from tradegram.codes import next_step
from tradegram.model import Holding, Instrument, OrderType, Position, Quote
from tradegram.orders.state import Order
from tradegram.ports import Desk
from tradegram.tickets.ticket import Ticket, TicketState

ZERO = Decimal(0)


def order_shape(desk: Desk, order: Order) -> OrderShape:
    intent, words = order.intent, words_of(order)
    at_market = intent.asked_type in (OrderType.MARKET, OrderType.STOP)
    return OrderShape(
        order_id=order.key,
        broker_order_id=order.broker_order_id or None,
        account_id=order.account_id,
        broker=desk.brokers.account(order.account_id).broker,
        symbol=intent.instrument.symbol,
        exchange=intent.instrument.exchange,
        transaction_type=intent.side,
        order_type=TYPE_WORD[intent.asked_type],
        quantity=order.quantity,
        price=ZERO if at_market or order.price is None else order.price,
        trigger_price=order.trigger,
        product=intent.product,
        validity=intent.time_in_force,
        status=words.listed,
        state=words.unified,
        filled_quantity=order.cum_quantity,
        average_price=order.average_price,
        order_time=time_of(order.staged_at),
        ticket_id=order.ticket_id or None,
        cancel_wanted=order.cancel_wanted,
        change_wanted=order.replace_wanted is not None,
        reason=reason_shape(order),
    )


def reason_shape(order: Order) -> ReasonShape | None:
    if not order.code:
        return None
    return ReasonShape(code=order.code, message=order.text, hint=next_step(order.code))


def ticket_shape(desk: Desk, ticket: Ticket, orders: Sequence[Order] = ()) -> TicketShape:
    draft, pricing = ticket.draft, ticket.pricing
    expired = ticket.state is TicketState.OPEN and desk.clock.now() > ticket.expires_at
    return TicketShape(
        ticket_id=ticket.ticket_id,
        version=ticket.version,
        state="EXPIRED" if expired else ticket.state.value,
        account_id=ticket.account_id,
        symbol=draft.instrument.symbol,
        exchange=draft.instrument.exchange,
        transaction_type=draft.side,
        order_type=TYPE_WORD[draft.order_type],
        quantity=ticket.quantity,
        price=draft.price,
        trigger_price=draft.trigger,
        stop_loss=draft.stop_loss,
        target=draft.target,
        product=draft.product,
        validity=draft.time_in_force,
        currency=draft.instrument.currency,
        worst_price=pricing.worst_price,
        last_price=pricing.last,
        value=pricing.value,
        margin=pricing.margin,
        charges=sum(pricing.charges.values(), ZERO),
        checks=list(pricing.checks),
        expires_at=time_of(ticket.expires_at),
        orders=[order_shape(desk, order) for order in orders],
    )


def position_shape(one: Position) -> PositionShape:
    cost = abs(one.average_price * one.quantity * one.instrument.multiplier)
    pnl = one.unrealised if one.quantity else one.realised
    percent = None if pnl is None or not cost else pnl / cost * 100
    return PositionShape(
        symbol=one.instrument.symbol,
        exchange=one.instrument.exchange,
        currency=one.instrument.currency,
        quantity=one.quantity,
        average_price=one.average_price,
        current_price=one.last_price,
        pnl=pnl,
        pnl_percent=None if percent is None else round(percent, 2),
        realised=one.realised,
        product=one.product,
    )


def holding_shape(one: Holding) -> HoldingShape:
    last = one.last_price
    return HoldingShape(
        symbol=one.instrument.symbol,
        exchange=one.instrument.exchange,
        currency=one.instrument.currency,
        quantity=one.quantity,
        average_price=one.average_price,
        current_price=last,
        pnl=None if last is None else (last - one.average_price) * one.quantity,
    )


def quote_shape(instrument: Instrument, quote: Quote) -> QuoteShape:
    return QuoteShape(
        symbol=instrument.symbol,
        exchange=instrument.exchange,
        last_price=quote.last,
        bid=quote.bid,
        ask=quote.ask,
        open=quote.open,
        high=quote.high,
        low=quote.low,
        previous_close=quote.previous_close,
        change_percent=round(quote.change * 100, 2),
        time=time_of(quote.at),
        source=quote.source,
    )


def instrument_shape(one: Instrument) -> InstrumentShape:
    return InstrumentShape(
        symbol=one.symbol,
        exchange=one.exchange,
        name=one.name,
        kind=one.kind.value,
        lot_size=one.lot_size,
        tick_size=one.tick_size,
        currency=one.currency,
        underlying=one.underlying or None,
        expiry=one.expiry.isoformat() if one.expiry else None,
        strike=one.strike,
        freeze_quantity=one.freeze_quantity,
    )
