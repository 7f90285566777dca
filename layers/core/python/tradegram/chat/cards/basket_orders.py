"""A basket as a message after Confirm: all its orders, leg by leg."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby

from tradegram.chat.buttons import OrderPress, TicketPress, order_button, short, ticket_button
from tradegram.chat.cards.basket import MARK, flow, headline
from tradegram.chat.cards.legs import in_rows
from tradegram.chat.cards.order import filled_words, order_line, show_button
from tradegram.chat.cards.ticket import SIDE_MARKS, account_label
from tradegram.chat.money import quantity, units
from tradegram.chat.reply import Button, Reply, Style
from tradegram.chat.states import words_of
from tradegram.chat.writing import TEXT_LIMIT, label, safe, utf16
from tradegram.model import Account, Side
from tradegram.orders.state import TERMINAL, Order, State
from tradegram.tickets.ticket import Ticket

BROKEN = TERMINAL - {State.FILLED}
REASONS = (200, 40, 0)  # letters; the longest that lets all orders into one message


def basket_orders_card(orders: Sequence[Order], ticket: Ticket, account: Account) -> Reply:
    """One message for all its orders; a part that failed goes first and offers the way out."""
    legs = _by_leg(orders)
    for limit in REASONS:
        lines = [headline(ticket, account), *_failure(orders, limit)]
        lines += [_leg_line(number, leg) for number, leg in enumerate(legs, start=1)]
        lines += _filled_so_far(orders)
        lines.append(f"<code>{short(ticket.ticket_id)}</code> · a/c {account_label(account)}")
        if utf16("\n".join(lines)) <= TEXT_LIMIT:
            break
    rows = [*_way_out(orders, ticket), *_show_rows(orders, is_sliced=len(legs) < len(orders))]
    if any(order.leaves_quantity and not order.cancel_wanted for order in orders):
        rows.append((ticket_button(ticket, TicketPress.CANCEL_ORDERS, "Cancel all…"),))
    return Reply("\n".join(lines), tuple(rows), ticket_id=ticket.ticket_id)


def half_basket_card(orders: Sequence[Order], ticket: Ticket) -> Reply | None:
    """What must not be missed, as a message of its own; None while the basket is whole."""
    if not is_broken(orders):
        return None
    lines = [f"{MARK} <b>{safe(ticket.basket, 80)}</b>", *_failure(orders, REASONS[0])]
    return Reply("\n".join(lines), tuple(_way_out(orders, ticket)))


def _by_leg(orders: Sequence[Order]) -> Sequence[Sequence[Order]]:
    """The slices of each leg: no two legs are of one contract."""
    return [list(found) for _, found in groupby(orders, lambda each: each.intent.instrument.key)]


def _leg_line(number: int, slices: Sequence[Order]) -> str:
    if len(slices) == 1:
        return f"{number}. {order_line(slices[0])}"
    intent, one = slices[0].intent, slices[0].intent.instrument
    total = sum((each.quantity for each in slices), Decimal(0))
    done = sum(each.state is State.FILLED for each in slices)
    head = (
        f"{number}. {SIDE_MARKS[intent.side]} <b>{intent.side} {units(total, one)}</b> "
        f"{safe(one.symbol, 60)} · {done} of {len(slices)} filled"
    )
    return "\n".join([head, *(_slice_line(each) for each in slices)])


def _slice_line(order: Order) -> str:
    said, size = words_of(order), quantity(order.quantity, order.intent.instrument.currency)
    wish = " · cancel asked for" if order.cancel_wanted and order.leaves_quantity else ""
    return f"     {said.mark} {size} · {said.words}{filled_words(order)}{wish}"


def _show_rows(orders: Sequence[Order], *, is_sliced: bool) -> Sequence[tuple[Button, ...]]:
    if not is_sliced:
        return [(show_button(order),) for order in orders]
    shows = [
        order_button(order, OrderPress.OPEN, label(f"{words_of(order).mark} leg {name}"))
        for order, name in zip(orders, _names(orders), strict=True)
    ]
    return in_rows(shows)


def _names(orders: Sequence[Order]) -> Sequence[str]:
    """`2` for a leg that is one order, `2.1` and `2.2` for its slices."""
    return [
        f"{number}.{at}" if len(slices) > 1 else f"{number}"
        for number, slices in enumerate(_by_leg(orders), start=1)
        for at in range(1, len(slices) + 1)
    ]


def _way_out(orders: Sequence[Order], ticket: Ticket) -> Sequence[tuple[Button, ...]]:
    if not is_broken(orders) or not any(order.cum_quantity for order in orders):
        return ()
    words = "⚠ Exit what filled"
    return ((ticket_button(ticket, TicketPress.EXIT, words, Style.DANGER),),)


def is_broken(orders: Sequence[Order]) -> bool:
    """Some of it ended without all of its fill, and some of it is, or may be, in the market."""
    failed = [order for order in orders if order.state in BROKEN]
    return bool(failed) and any(order.cum_quantity or order.state not in BROKEN for order in orders)


def _failure(orders: Sequence[Order], limit: int) -> list[str]:
    """Each reason once, with all the legs and slices it is about. limit: letters of a reason."""
    about: dict[str, list[str]] = {}
    for name, order in zip(_names(orders), orders, strict=True):
        if order.state in BROKEN:
            why = f", “{safe(order.text, limit)}”" if order.text and limit else ""
            about.setdefault(f"{words_of(order).words.lower()}{why}", []).append(name)
    if not about:
        return []
    reasons = [
        f"Leg{'s' * (len(names) > 1)} {', '.join(names)}: {words}" for words, names in about.items()
    ]
    if not is_broken(orders):
        return ["⛔ <b>Nothing of this basket is in the market.</b>", *reasons]
    return [
        "⚠ <b>Only a part of this basket is in the market.</b>",
        *reasons,
        "Nothing is closed by itself: what is filled stays until you exit it.",
    ]


def _filled_so_far(orders: Sequence[Order]) -> list[str]:
    filled = [order for order in orders if order.cum_quantity]
    if not filled:
        return []
    one = filled[0].intent.instrument
    total = sum((_paid(order) for order in filled), Decimal(0))
    return [f"Net of the fills: {flow(total, one.currency)}"]


def _paid(order: Order) -> Decimal:
    one = order.intent.instrument
    value = order.cum_quantity * order.average_price * one.multiplier
    return -value if order.intent.side is Side.BUY else value
