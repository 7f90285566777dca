"""A basket as a message: before Confirm its legs and figures, afterwards all its orders."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby

from tradegram.chat.buttons import OrderPress, TicketPress, order_button, short, ticket_button
from tradegram.chat.cards.legs import in_rows
from tradegram.chat.cards.order import filled_words, order_line, show_button
from tradegram.chat.cards.shares import count_words, orders_words
from tradegram.chat.cards.ticket import (
    SIDE_MARKS,
    account_label,
    expiry_line,
    has_products,
    place,
    type_and_price,
)
from tradegram.chat.money import ago, bare_price, money, quantity, units
from tradegram.chat.reply import Button, Reply, Style
from tradegram.chat.states import words_of
from tradegram.chat.writing import TEXT_LIMIT, label, safe, utf16
from tradegram.model import Account, Side
from tradegram.orders.state import TERMINAL, Order, State
from tradegram.tickets.levels import entry_price
from tradegram.tickets.payoff import net, outcome, worst_net
from tradegram.tickets.slices import by_contract, wholes_of
from tradegram.tickets.ticket import Leg, Ticket, TicketState

MARK = "🧺"
BROKEN = TERMINAL - {State.FILLED}
REASONS = (200, 40, 0)  # letters; the longest that lets all orders into one message


def basket_card(ticket: Ticket, account: Account, now: float, why: str = "") -> Reply:
    """The ticket as it stands at `now`; why: one sentence that goes first."""
    if ticket.state is not TicketState.OPEN or now >= ticket.expires_at:
        return _closed_card(ticket, account, now)
    first = [f"⚠ <b>{safe(why, 300)}</b>"] if why else []
    lines = [
        *first,
        _headline(ticket, account),
        *(
            f"{head}\n{_leg_terms(leg)}{_leg_slices(slices)}"
            for head, leg, slices in zip(
                _leg_heads(ticket), wholes_of(ticket.legs), by_contract(ticket.legs), strict=True
            )
        ),
        *_money(ticket),
        *_outcome(ticket),
        *_cost(ticket, now),
        *_checks(ticket),
        *_origin(ticket, account),
        expiry_line(ticket),
    ]
    return Reply("\n".join(lines), _keyboard(ticket), ticket_id=ticket.ticket_id)


def _closed_card(ticket: Ticket, account: Account, now: float) -> Reply:
    again: tuple[tuple[Button, ...], ...] = (
        (ticket_button(ticket, TicketPress.NEW, "New ticket"),),
    )
    if ticket.state is TicketState.CONFIRMED:
        said, again = "✔ Confirmed. /orders shows what became of it.", ()
    elif ticket.state is TicketState.CANCELLED:
        said = "✖ Ticket cancelled. Nothing was sent."
    else:
        said = f"⌛ Ticket expired {ago(now - ticket.expires_at)}. Nothing was sent."
    lines = [
        _headline(ticket, account),
        *_leg_heads(ticket),
        said,
        f"<code>{short(ticket.ticket_id)}</code>",
    ]
    return Reply("\n".join(lines), again, ticket_id=ticket.ticket_id)


# -- lines ---------------------------------------------------------------------------------------


def _headline(ticket: Ticket, account: Account) -> str:
    places = _places(ticket)
    where = f" · {places.pop()}" if len(places) == 1 else ""
    return f"{MARK} <b>{safe(ticket.basket, 80)}</b>{where}  [{account.mode}]"


def _places(ticket: Ticket) -> set[str]:
    """Venue and product of the legs: one where it is the same for all."""
    return {place(leg.draft.instrument, leg.draft.product) for leg in ticket.legs}


def _leg_heads(ticket: Ticket) -> list[str]:
    own = len(_places(ticket)) > 1
    wholes = wholes_of(ticket.legs)
    return [_leg_head(number, leg, own) for number, leg in enumerate(wholes, start=1)]


def _leg_head(number: int, leg: Leg, own_place: bool) -> str:
    draft = leg.draft
    size, name = units(draft.quantity, draft.instrument), safe(draft.instrument.symbol, 60)
    where = f" · {place(draft.instrument, draft.product)}" if own_place else ""
    return f"{number}. {SIDE_MARKS[draft.side]} <b>{draft.side} {size}</b> {name}{where}"


def _leg_terms(leg: Leg) -> str:
    draft, seen, one = leg.draft, leg.pricing, leg.draft.instrument
    words = type_and_price(draft.order_type, draft.price, draft.trigger, draft)
    if draft.price is None:
        words += f" ≈ {bare_price(entry_price(draft, seen), one)}"
        worst = seen.worst_price
        words += ", no protection" if worst is None else f", worst {bare_price(worst, one)}"
    return f"     {words}"


def _leg_slices(slices: Sequence[Leg]) -> str:
    return f"\n     in {orders_words(slices)}" if len(slices) > 1 else ""


def _flow(amount: Decimal, currency: str) -> str:
    """`credit ₹5,250.00`: received; `debit`: paid."""
    return f"{'credit' if amount >= 0 else 'debit'} {money(abs(amount), currency)}"


def _money(ticket: Ticket) -> list[str]:
    currency, worst = ticket.draft.instrument.currency, worst_net(ticket.legs)
    words = "" if worst is None else f" (worst {_flow(worst, currency)})"
    return [f"<b>Net {_flow(net(ticket.legs), currency)}</b>{words}"]


def _outcome(ticket: Ticket) -> list[str]:
    if any(leg.draft.closes for leg in ticket.legs):
        return []
    found, one = outcome(ticket.legs), ticket.draft.instrument
    if found is None:
        return ["At expiry: not one figure, the legs do not end together."]
    most = "unlimited" if found.profit is None else money(found.profit, one.currency)
    least = "<b>unlimited</b>" if found.loss is None else money(found.loss, one.currency)
    lines = [f"At expiry, before charges: max profit {most} · max loss {least}"]
    if found.breakevens:
        points = " and ".join(bare_price(each, one) for each in found.breakevens)
        lines.append(f"Breakeven at {points}")
    return lines


def _cost(ticket: Ticket, now: float) -> list[str]:
    seen, currency = ticket.pricing, ticket.draft.instrument.currency
    total = sum(seen.charges.values(), Decimal(0))
    return [
        f"Margin {money(seen.margin, currency)} of {money(seen.available, currency)} free",
        f"Charges {money(total, currency)} est.",
        f"Prices: {safe(seen.source, 40)}, oldest {ago(max(now - seen.at, 0.0))}",
    ]


def _checks(ticket: Ticket) -> list[str]:
    checks = [safe(check, 120) for check in ticket.pricing.checks]
    return [f"Risk {' · '.join(checks)}"] if checks else []


def _origin(ticket: Ticket, account: Account) -> list[str]:
    draft = ticket.draft
    lines = ["<i>Sent in this order, each after the one before it is in the market.</i>"]
    if draft.read_as:
        lines.append(f"Read as {safe(draft.read_as)}")
    source = f"Read from: “{safe(draft.source_text)}” · " if draft.source_text else ""
    return [*lines, f"{source}a/c {account_label(account)}"]


# -- buttons -------------------------------------------------------------------------------------


def _in_orders(ticket: Ticket) -> str:
    sliced = len(by_contract(ticket.legs)) < len(ticket.legs)
    return count_words(ticket) if sliced else ""


def _confirm(ticket: Ticket) -> Button:
    flow = _flow(net(ticket.legs), ticket.draft.instrument.currency)
    what = f"{len(by_contract(ticket.legs))} legs{_in_orders(ticket)}, {flow}"
    words = f"✅ Confirm {what}"
    if ticket.armed:
        words = f"⚠ Yes, really {what}"
    elif ticket.pricing.needs_second_confirm:
        words = f"⚠ Confirm {what} (1 of 2)"
    return ticket_button(ticket, TicketPress.CONFIRM, label(words), Style.SUCCESS)


def _keyboard(ticket: Ticket) -> tuple[tuple[Button, ...], ...]:
    """As on any ticket: Confirm alone in the first row, Cancel always last."""
    last = (
        ticket_button(ticket, TicketPress.REQUOTE, "↻ Requote"),
        ticket_button(ticket, TicketPress.CANCEL, "✖ Cancel"),
    )
    if any(leg.draft.closes for leg in ticket.legs):
        return ((_confirm(ticket),), last)
    sizes: tuple[Button, ...] = (
        ticket_button(ticket, TicketPress.LOT_LESS, "−1"),
        ticket_button(ticket, TicketPress.LOT_MORE, "+1"),
    )
    if len(_places(ticket)) == 1 and has_products(ticket.draft):
        product = ticket_button(ticket, TicketPress.PRODUCT, f"{ticket.draft.product} ▾")
        sizes = (*sizes, product)
    return ((_confirm(ticket),), sizes, last)


# -- after Confirm -------------------------------------------------------------------------------


def basket_orders_card(orders: Sequence[Order], ticket: Ticket, account: Account) -> Reply:
    """One message for all its orders; a part that failed goes first and offers the way out."""
    legs = _by_leg(orders)
    for limit in REASONS:
        lines = [_headline(ticket, account), *_failure(orders, limit)]
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
    return [f"Net of the fills: {_flow(total, one.currency)}"]


def _paid(order: Order) -> Decimal:
    one = order.intent.instrument
    value = order.cum_quantity * order.average_price * one.multiplier
    return -value if order.intent.side is Side.BUY else value
