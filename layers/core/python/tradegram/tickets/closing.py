"""An exit closes and never opens: what is left to close is looked up when it is confirmed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from tradegram.brokers.contract import Broker
from tradegram.chat.money import units
from tradegram.errors import BrokerError, NotFound, UserError
from tradegram.model import Instrument, Product, Side
from tradegram.orders.state import Order
from tradegram.ports import Desk, Document, OrderDesk
from tradegram.tickets.parts import part_of
from tradegram.tickets.ticket import Ticket
from tradegram.triggers.kept import live_kept, may_close

KIND = "closing"  # the orders that close a position; two of them never pass unseen


def closing_orders(
    desk: OrderDesk, account_id: str, instrument: Instrument, product: Product, side: Side
) -> Sequence[Order]:
    """Orders that may still fill against this position. One of unknown fate counts as live."""
    return [
        order
        for order in desk.store.unsettled(account_id)
        if order.leaves_quantity
        and order.intent.side is side
        and order.intent.instrument.key == instrument.key
        and order.intent.product == product
    ]


def closed_by(desk: Desk, ticket: Ticket, client_order_ids: Sequence[str]) -> Document:
    """
    The note that these orders close the position, to be written with them.

    It carries the version that was read before the check, so of two exits that are confirmed at
    once only one is written. Raises UserError when there is less to close than the ticket says.
    """
    draft, account_id = ticket.draft, ticket.account_id
    position = Closing(account_id, draft.instrument, draft.product, draft.side)
    note, working = closing_now(desk, position)
    closing = sum((order.may_fill for order in working), kept_for(desk, position))
    left = max(_closable(desk, position) - closing, Decimal(0))
    if draft.quantity > left:
        one = draft.instrument
        what = f"Nothing of {one.symbol} is left to close"
        if left:
            asked = units(draft.quantity, one)
            what = f"{units(left, one)} of {one.symbol} are left to close, not {asked}"
        raise UserError(
            f"{what}: nothing was sent. /exit counts afresh; /orders and /gtt show what is closing "
            "it already."
        )
    return noted(note, working, client_order_ids)


def check_growth(desk: Desk, order: Order, wanted: Decimal) -> None:
    """
    Raises UserError when an exit would close more than is open once it is of so many units.

    An order that closes nothing may grow: what it opens is its holder's to choose.
    """
    intent = order.intent
    if not _is_exit(desk, order):
        return
    position = Closing(order.account_id, intent.instrument, intent.product, intent.side)
    _, working = closing_now(desk, position)
    others = (one.may_fill for one in working if one.key != order.key)
    left = _closable(desk, position) - sum(others, kept_for(desk, position))
    if wanted - order.cum_quantity > left:
        one, most = intent.instrument, max(left, Decimal(0)) + order.cum_quantity
        raise UserError(
            f"That would close more {one.symbol} than is open: this exit can be of "
            f"{units(most, one)} at most, with what is filled. Nothing was changed."
        )


def _is_exit(desk: Desk, order: Order) -> bool:
    try:
        ticket = desk.store.ticket(order.ticket_id) if order.ticket_id else None
    except NotFound:
        return False  # it is not kept any more
    return ticket is not None and part_of(ticket, order.key).draft.closes


@dataclass(frozen=True, slots=True)
class Closing:
    """What exits on this side close. side: theirs, so SELL for what was bought."""

    account_id: str
    instrument: Instrument
    product: Product
    side: Side


def closing_now(desk: OrderDesk, position: Closing) -> tuple[Document, Sequence[Order]]:
    """
    The position's note, and the orders that may still fill against it.

    Read before the position itself: an order that fills in between then counts twice, never not
    at all.
    """
    one, side = position.instrument, position.side
    key = f"{position.account_id}|{one.key}|{position.product}|{side}"
    note = desk.store.document(KIND, key) or Document(KIND, key, {})
    found = closing_orders(desk, position.account_id, one, position.product, side)
    working = {order.key: order for order in found}
    for order in _noted_orders(desk, note):
        working[order.key] = order
    return note, tuple(working.values())


def kept_for(desk: OrderDesk, position: Closing) -> Decimal:
    """Units that the broker may trade against the position when a price triggers it."""
    if desk.brokers.profile(position.account_id).keeps is None:
        return Decimal(0)
    found = live_kept(desk.store, position.account_id)
    return may_close(found, position.instrument, position.product, position.side)


def noted(note: Document, working: Sequence[Order], added: Sequence[str]) -> Document:
    """The note with more exits; those that can still fill are kept in it."""
    live = [order.key for order in working if order.leaves_quantity]
    return replace(note, body={"orders": [*live, *(key for key in added if key not in live)]})


def _noted_orders(desk: OrderDesk, note: Document) -> Iterator[Order]:
    """The list of unsettled orders may lack one written a moment ago; these reads do not."""
    if not note.version:
        return
    # An earlier version noted only the last one.
    keys = note.body["orders"] if "orders" in note.body else [note.body["order"]]
    for key in keys:
        try:
            order = desk.store.order(str(key))
        except NotFound:
            continue
        if not order.settled:
            yield order


def open_units(broker: Broker, position: Closing) -> Decimal:
    """
    Units there are to close, by the broker; below zero when the position is the other way round.

    What was bought for delivery lies in the depository from the next day on. Raises BrokerError.
    """
    one = position.instrument
    held = sum(
        (
            each.quantity
            for each in broker.positions()
            if each.instrument.key == one.key and each.product is position.product
        ),
        Decimal(0),
    )
    if position.product is Product.DELIVERY and position.side is Side.SELL:
        rows = broker.holdings()
        held += sum((row.quantity for row in rows if row.instrument.key == one.key), Decimal(0))
    return held if position.side is Side.SELL else -held


def _closable(desk: Desk, position: Closing) -> Decimal:
    try:
        return open_units(desk.brokers.broker(position.account_id), position)
    except BrokerError as error:
        raise UserError(
            "The broker does not say what is open now, so nothing was sent. Press again soon."
        ) from error
