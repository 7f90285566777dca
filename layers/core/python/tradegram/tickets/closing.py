"""An exit closes and never opens: what is left to close is looked up when it is confirmed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from decimal import Decimal

from tradegram.chat.money import units
from tradegram.errors import BrokerError, NotFound, UserError
from tradegram.model import Instrument, Product, Side
from tradegram.orders.state import Order
from tradegram.ports import Desk, Document
from tradegram.tickets.ticket import Ticket

KIND = "closing"  # the last order that closes a position; two of them never pass unseen


def closing_orders(
    desk: Desk, account_id: str, instrument: Instrument, product: Product, side: Side
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
    key = f"{account_id}|{draft.instrument.key}|{draft.product}|{draft.side}"
    note = desk.store.document(KIND, key) or Document(KIND, key, {})
    # Orders before positions: one that fills in between then counts twice, never not at all.
    working = {
        order.key: order
        for order in closing_orders(desk, account_id, draft.instrument, draft.product, draft.side)
    }
    working |= {order.key: order for order in _last(desk, note)}
    closing = sum((order.leaves_quantity for order in working.values()), Decimal(0))
    left = max(_closable(desk, ticket) - closing, Decimal(0))
    if draft.quantity > left:
        raise UserError(
            f"{units(left, draft.instrument)} of {draft.instrument.symbol} are left to close, not "
            f"{units(draft.quantity, draft.instrument)}: nothing was sent. "
            "/exit counts afresh; /orders shows what is closing already."
        )
    return Document(KIND, key, {"orders": list(client_order_ids)}, note.version)


def _last(desk: Desk, note: Document) -> Iterator[Order]:
    """The list of unsettled orders may lack some written a moment ago; these reads do not."""
    if not note.version:
        return
    for key in note.body["orders"] if "orders" in note.body else (note.body["order"],):
        with suppress(NotFound):
            order = desk.store.order(str(key))
            if not order.settled:
                yield order


def _closable(desk: Desk, ticket: Ticket) -> Decimal:
    draft = ticket.draft
    try:
        positions = desk.brokers.broker(ticket.account_id).positions()
    except BrokerError as error:
        raise UserError(
            "The broker does not say what is open now, so nothing was sent. Press again soon."
        ) from error
    held = sum(
        (
            position.quantity
            for position in positions
            if position.instrument.key == draft.instrument.key and position.product is draft.product
        ),
        Decimal(0),
    )
    return held if draft.side is Side.SELL else -held
