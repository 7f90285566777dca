"""A basket as a message before Confirm: its legs and figures. `basket_orders` is what follows."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tradegram.chat.buttons import TicketPress, short, ticket_button
from tradegram.chat.cards.shares import count_words, orders_words
from tradegram.chat.cards.ticket import (
    SIDE_MARKS,
    account_label,
    expiry_line,
    has_products,
    place,
    type_and_price,
)
from tradegram.chat.money import ago, bare_price, money, units
from tradegram.chat.reply import Button, Reply, Style
from tradegram.chat.writing import label, safe
from tradegram.model import Account
from tradegram.tickets.levels import entry_price
from tradegram.tickets.payoff import net, outcome, worst_net
from tradegram.tickets.slices import by_contract, wholes_of
from tradegram.tickets.ticket import Leg, Ticket, TicketState

MARK = "🧺"


def basket_card(ticket: Ticket, account: Account, now: float, why: str = "") -> Reply:
    """The ticket as it stands at `now`; why: one sentence that goes first."""
    if ticket.state is not TicketState.OPEN or now >= ticket.expires_at:
        return _closed_card(ticket, account, now)
    first = [f"⚠ <b>{safe(why, 300)}</b>"] if why else []
    lines = [
        *first,
        headline(ticket, account),
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
        headline(ticket, account),
        *_leg_heads(ticket),
        said,
        f"<code>{short(ticket.ticket_id)}</code>",
    ]
    return Reply("\n".join(lines), again, ticket_id=ticket.ticket_id)


# -- lines ---------------------------------------------------------------------------------------


def headline(ticket: Ticket, account: Account) -> str:
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


def flow(amount: Decimal, currency: str) -> str:
    """`credit ₹5,250.00`: received; `debit`: paid."""
    return f"{'credit' if amount >= 0 else 'debit'} {money(abs(amount), currency)}"


def _money(ticket: Ticket) -> list[str]:
    currency, worst = ticket.draft.instrument.currency, worst_net(ticket.legs)
    words = "" if worst is None else f" (worst {flow(worst, currency)})"
    return [f"<b>Net {flow(net(ticket.legs), currency)}</b>{words}"]


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
    money_now = flow(net(ticket.legs), ticket.draft.instrument.currency)
    what = f"{len(by_contract(ticket.legs))} legs{_in_orders(ticket)}, {money_now}"
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
