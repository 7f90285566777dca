"""All orders of one ticket as one message: what became of the whole, and of each account's part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from tradegram.chat.buttons import OrderPress, TicketPress, order_button, short, ticket_button
from tradegram.chat.cards.order import filled_words
from tradegram.chat.cards.shares import REASON_LIMIT
from tradegram.chat.cards.ticket import headline, type_and_price
from tradegram.chat.money import bare_price, quantity, units
from tradegram.chat.reply import Button, Reply
from tradegram.chat.states import STATES, words_of
from tradegram.chat.writing import TEXT_LIMIT, label, safe, utf16
from tradegram.model import Account
from tradegram.orders.state import Order, State
from tradegram.tickets.ticket import Ticket

PER_ROW = 2
ROWS_OF_ONE = 6  # with more orders than this, two of them share a row
REASONS = (REASON_LIMIT, 40, 0)  # letters; the longest that lets all orders into one message

UNSURE = (
    "⚠ Of {count} the broker did not say what became: they may be live. <b>Do not send again</b>; "
    "I am looking them up."
)


def legs_card(
    ticket: Ticket, orders: Sequence[Order], account: Account, names: Mapping[str, str]
) -> Reply:
    """
    One message for all the orders of a ticket that is divided or sliced.

    orders: those that were staged, in their order. names: of the accounts, by their ids.
    """
    for limit in REASONS:
        text = "\n".join(_lines(ticket, orders, account, names, limit))
        if utf16(text) <= TEXT_LIMIT:
            break
    return Reply(text, _keyboard(ticket, orders, names), ticket_id=ticket.ticket_id)


def _lines(
    ticket: Ticket,
    orders: Sequence[Order],
    account: Account,
    names: Mapping[str, str],
    limit: int,
) -> list[str]:
    draft, one = ticket.draft, ticket.draft.instrument
    terms = type_and_price(draft.order_type, draft.price, draft.trigger, draft)
    unsure = sum(order.state is State.UNKNOWN for order in orders)
    return [
        headline(draft, account),
        f"<b>{units(_asked(orders), one)} × {terms}</b> · {draft.time_in_force.value}",
        _whole(ticket, orders),
        *([UNSURE.format(count=unsure)] if unsure else []),
        *(_order(order, names, limit) for order in orders),
        *(_denied(ticket, names, limit)),
        f"<code>{short(ticket.ticket_id)}</code>",
    ]


def _asked(orders: Sequence[Order]) -> Decimal:
    return sum((order.quantity for order in orders), Decimal(0))


def _whole(ticket: Ticket, orders: Sequence[Order]) -> str:
    """`◐ 2 of 3 orders filled · 7/10 @ 2,949.90`."""
    one = ticket.draft.instrument
    filled = [order for order in orders if order.state is State.FILLED]
    cum = sum((order.cum_quantity for order in orders), Decimal(0))
    done = len(filled) == len(orders)
    mark = "✅" if done else "◐" if cum else _mark(orders)
    words = f"{mark} <b>{len(filled)} of {len(orders)} orders filled</b>"
    if not cum:
        return words
    paid = sum((order.cum_quantity * order.average_price for order in orders), Decimal(0))
    size = quantity(cum, one.currency)
    return f"{words} · {size}/{quantity(_asked(orders), one.currency)} @ " + bare_price(
        paid / cum, one
    )


def _mark(orders: Sequence[Order]) -> str:
    marks = {words_of(order).mark for order in orders}
    return marks.pop() if len(marks) == 1 else "⏳"


def _order(order: Order, names: Mapping[str, str], limit: int) -> str:
    said, one = words_of(order), order.intent.instrument
    size = quantity(order.quantity, one.currency)
    wish = " · cancel asked for" if order.cancel_wanted and order.leaves_quantity else ""
    reason = f"\n     “{safe(order.text, limit)}”" if order.text and limit else ""
    return (
        f"{said.mark} #{safe(names[order.account_id], 40)} <code>{short(order.key)}</code> {size} "
        f"· {said.words}{filled_words(order)}{wish}{reason}"
    )


def _denied(ticket: Ticket, names: Mapping[str, str], limit: int) -> list[str]:
    currency = ticket.draft.instrument.currency
    mark = STATES[State.DENIED].mark
    return [
        f"{mark} #{safe(names[leg.account_id], 40)} {quantity(leg.draft.quantity, currency)} "
        f"never sent" + (f": {safe(leg.denied, limit)}" if limit else "")
        for leg in ticket.legs
        if leg.denied
    ]


def _keyboard(
    ticket: Ticket, orders: Sequence[Order], names: Mapping[str, str]
) -> tuple[tuple[Button, ...], ...]:
    rows = in_rows([_show(order, names) for order in orders])
    if any(order.leaves_quantity and not order.cancel_wanted for order in orders):
        rows.append((ticket_button(ticket, TicketPress.CANCEL_ORDERS, "Cancel all…"),))
    return tuple(rows)


def in_rows(buttons: Sequence[Button]) -> list[tuple[Button, ...]]:
    """One in a row while they are few, else two."""
    apart = PER_ROW if len(buttons) > ROWS_OF_ONE else 1
    return [tuple(buttons[at : at + apart]) for at in range(0, len(buttons), apart)]


def _show(order: Order, names: Mapping[str, str]) -> Button:
    size = quantity(order.quantity, order.intent.instrument.currency)
    words = f"{words_of(order).mark} #{names[order.account_id]} {size} {short(order.key)}"
    return order_button(order, OrderPress.OPEN, label(words))
