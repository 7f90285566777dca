"""A ticket as a message: what would be sent, what it costs, and the buttons to change it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType

from tradegram.chat.asked import Unit
from tradegram.chat.buttons import TicketPress, short, ticket_button
from tradegram.chat.cards.shares import count_words, share_lines
from tradegram.chat.money import (
    ago,
    bare_price,
    clock_time,
    money,
    percent,
    price,
    quantity,
    short_price,
    units,
)
from tradegram.chat.reply import Button, Reply, Style
from tradegram.chat.writing import label, safe
from tradegram.model import COINS, Account, Instrument, OrderType, Product, Side
from tradegram.tickets.figures import breakeven, reward_to_risk, risk_of_stop
from tradegram.tickets.ticket import Draft, Ticket, TicketState

NOBODY: Mapping[str, str] = MappingProxyType({})
SIDE_MARKS = {Side.BUY: "🟢", Side.SELL: "🔴"}
SIDE_STYLES = {Side.BUY: Style.SUCCESS, Side.SELL: Style.DANGER}
REVOKE = " · /settings to change"

KEPT_HERE = (
    "<i>Kept by this desk for what fills: the target works at the broker, the stop is watched "
    "here and needs the desk running.</i>"
)

TYPE_WORDS = {
    OrderType.MARKET: "MARKET",
    OrderType.LIMIT: "LIMIT",
    OrderType.STOP: "SL-M",
    OrderType.STOP_LIMIT: "SL",
}


def ticket_card(
    ticket: Ticket,
    account: Account,
    now: float,
    why: str = "",
    names: Mapping[str, str] = NOBODY,
) -> Reply:
    """
    The ticket as it stands at `now` (seconds since the epoch).

    why: one sentence that goes first, e.g. that the price moved since the last look.
    names: of the accounts it is divided over, by their ids.
    """
    if ticket.state is not TicketState.OPEN or now >= ticket.expires_at:
        return _closed_card(ticket, account, now)
    first = [f"⚠ <b>{safe(why, 300)}</b>"] if why else []
    lines = [
        *first,
        headline(ticket.draft, account),
        _terms(ticket.draft),
        *share_lines(ticket, names),
        *_market(ticket, now),
        *_cost(ticket),
        *_levels(ticket),
        *_checks(ticket),
        *_origin(ticket, account),
        expiry_line(ticket),
    ]
    return Reply("\n".join(lines), _keyboard(ticket), ticket_id=ticket.ticket_id)


def _closed_card(ticket: Ticket, account: Account, now: float) -> Reply:
    lines = [headline(ticket.draft, account), _terms(ticket.draft)]
    again: tuple[tuple[Button, ...], ...] = (
        (ticket_button(ticket, TicketPress.NEW, "New ticket"),),
    )
    if ticket.state is TicketState.CONFIRMED:
        lines.append("✔ Confirmed. /orders shows what became of it.")
        again = ()
    elif ticket.state is TicketState.CANCELLED:
        lines.append("✖ Ticket cancelled. Nothing was sent.")
    else:
        late = ago(now - ticket.expires_at)
        seen = price(ticket.pricing.last, ticket.draft.instrument)
        lines.append(f"⌛ Ticket expired {late} (price then {seen}). Nothing was sent.")
    lines.append(f"<code>{short(ticket.ticket_id)}</code>")
    return Reply("\n".join(lines), again, ticket_id=ticket.ticket_id)


# -- lines ---------------------------------------------------------------------------------------


def headline(draft: Draft, account: Account) -> str:
    one = draft.instrument
    mark, side = SIDE_MARKS[draft.side], draft.side.value
    where = place(one, draft.product)
    return f"{mark} <b>{side} {safe(one.symbol, 60)}</b> · {where}  [{account.mode}]"


def place(one: Instrument, product: Product) -> str:
    """The venue, and the product where there is more than one."""
    venue = safe(one.exchange, 20)
    return f"{venue} · {product}" if knows_products(one) else venue


def type_and_price(
    order_type: OrderType, limit: Decimal | None, trigger: Decimal | None, draft: Draft
) -> str:
    words = TYPE_WORDS[order_type]
    if limit is not None:
        words += f" {price(limit, draft.instrument)}"
    if trigger is not None:
        words += f" trigger {price(trigger, draft.instrument)}"
    return words


def _terms(draft: Draft) -> str:
    terms = type_and_price(draft.order_type, draft.price, draft.trigger, draft)
    validity = draft.time_in_force.value
    return f"<b>{units(draft.quantity, draft.instrument)} × {terms}</b> · {validity}"


def _market(ticket: Ticket, now: float) -> list[str]:
    one, seen = ticket.draft.instrument, ticket.pricing
    age = ago(max(now - seen.at, 0.0))
    lines = [
        f"LTP {price(seen.last, one)} ({safe(seen.source, 40)}, {age})",
        f"Bid {bare_price(seen.bid, one)} · Ask {bare_price(seen.ask, one)}",
    ]
    if ticket.draft.plain_market:
        lines.append("⚠ No price protection: it may fill far from the LTP.")
    elif seen.worst_price is not None and ticket.draft.price is None:
        lines.append(f"Price protection: worst {price(seen.worst_price, one)}")
    return lines


def _cost(ticket: Ticket) -> list[str]:
    draft, seen = ticket.draft, ticket.pricing
    currency = draft.instrument.currency
    total = sum(seen.charges.values(), Decimal(0))
    parts = " · ".join(
        f"{safe(name, 30)} {money(amount, currency)}" for name, amount in seen.charges.items()
    )
    free = f"{money(seen.margin, currency)} of {money(seen.available, currency)} free"
    return [
        f"Value {money(seen.value, currency)} · Margin {free}",
        f"Charges {money(total, currency)} est." + (f" ({parts})" if parts else ""),
        f"Breakeven ≈ {price(breakeven(ticket), draft.instrument)}",
    ]


def _levels(ticket: Ticket) -> list[str]:
    draft = ticket.draft
    if draft.stop_loss is None and draft.target is None and draft.trail is None:
        return []
    parts = [*_stop_part(ticket), *_trail_part(draft), *_target_part(ticket)]
    return [" · ".join(parts), KEPT_HERE]


def _trail_part(draft: Draft) -> list[str]:
    if draft.trail is None:
        return []
    number = f"{draft.trail.value.normalize():f}"
    return [f"trail {number} %" if draft.trail.unit is Unit.PERCENT else f"trail {number}"]


def _stop_part(ticket: Ticket) -> list[str]:
    draft, seen = ticket.draft, ticket.pricing
    if draft.stop_loss is None:
        return []
    one = draft.instrument
    risk = risk_of_stop(ticket)
    share = f", {percent(risk / seen.available)} of free" if seen.available > 0 else ""
    return [f"SL {short_price(draft.stop_loss, one)} ({money(-risk, one.currency)} at risk{share})"]


def _target_part(ticket: Ticket) -> list[str]:
    draft = ticket.draft
    if draft.target is None:
        return []
    words = f"TGT {short_price(draft.target, draft.instrument)}"
    ratio = reward_to_risk(ticket)
    return [words] if ratio is None else [words, f"R:R 1 : {ratio:.1f}"]


def _checks(ticket: Ticket) -> list[str]:
    checks = [safe(check, 120) for check in ticket.pricing.checks]
    return [f"Risk {' · '.join(checks)}"] if checks else []


def _origin(ticket: Ticket, account: Account) -> list[str]:
    draft = ticket.draft
    lines = []
    if draft.read_as:
        remembered = "remembered" in draft.read_as
        lines.append(f"Read as {safe(draft.read_as)}" + REVOKE * remembered)
    if draft.note:
        lines.append(f"Note: {safe(draft.note)}")
    if ticket.routed:
        lines.append(safe(ticket.routed))
    source = f"Read from: “{safe(draft.source_text)}”" if draft.source_text else ""
    where = "" if ticket.shares else f"a/c {account_label(account)}"
    return [*lines, " · ".join(part for part in (source, where) if part)]


def account_label(account: Account) -> str:
    """The name people chose and the broker; never the whole client id."""
    return f"#{safe(account.name, 40)} ({safe(account.broker, 30)})"


def expiry_line(ticket: Ticket) -> str:
    # The client counts down by itself, so that we need no edits.
    until = f'<tg-time unix="{int(ticket.expires_at)}" format="r">{clock_time(ticket.expires_at)}'
    return f"Expires {until}</tg-time>   <code>{short(ticket.ticket_id)}</code>"


# -- buttons -------------------------------------------------------------------------------------


def confirm_label(ticket: Ticket) -> str:
    """Side, quantity and price once more, on the button itself."""
    draft, one = ticket.draft, ticket.draft.instrument
    words = f"{draft.side} {quantity(ticket.quantity, one.currency)}{count_words(ticket)}"
    if draft.trigger is not None:
        words += f" trigger {short_price(draft.trigger, one)}"
    if draft.price is not None:
        words += f" @ {short_price(draft.price, one)}"
    elif draft.plain_market or ticket.pricing.worst_price is None:
        words += " @ market"
    else:
        words += f" @ market, worst {short_price(ticket.pricing.worst_price, one)}"
    return label(words)


def _confirm(ticket: Ticket, word: str = "Confirm") -> Button:
    words = f"✅ {word} {confirm_label(ticket)}"
    if ticket.armed:
        words = f"⚠ Yes, really {confirm_label(ticket)}"
    elif ticket.pricing.needs_second_confirm:
        words = f"⚠ {word} {confirm_label(ticket)} (1 of 2)"
    return ticket_button(ticket, TicketPress.CONFIRM, words, SIDE_STYLES[ticket.draft.side])


def _keyboard(ticket: Ticket) -> tuple[tuple[Button, ...], ...]:
    """Confirm alone in the first row, Cancel always last: they never change places."""
    draft = ticket.draft
    sizes: tuple[Button, ...] = (
        ticket_button(ticket, TicketPress.QUANTITY, "Qty"),
        ticket_button(ticket, TicketPress.PRICE, "Price"),
    )
    if draft.instrument.kind not in COINS:  # the smallest step of a coin is worth nothing
        less = ticket_button(ticket, TicketPress.LOT_LESS, "−1")
        sizes = (less, ticket_button(ticket, TicketPress.LOT_MORE, "+1"), *sizes)
    if draft.order_type is not OrderType.MARKET:
        sizes = (*sizes, ticket_button(ticket, TicketPress.MARKET, "MKT"))
    kinds: tuple[Button, ...] = (
        ticket_button(ticket, TicketPress.LEVELS, "SL/TGT"),
        ticket_button(ticket, TicketPress.TYPE, f"{TYPE_WORDS[draft.order_type]} ▾"),
    )
    if has_products(draft):
        kinds = (*kinds, ticket_button(ticket, TicketPress.PRODUCT, f"{draft.product} ▾"))
    last = (
        ticket_button(ticket, TicketPress.REQUOTE, "↻ Requote"),
        ticket_button(ticket, TicketPress.CANCEL, "✖ Cancel"),
    )
    return ((_confirm(ticket),), sizes, kinds, last)


def signal_card(card: Reply, ticket: Ticket) -> Reply:
    """
    The card of a ticket that a strategy asks about: to follow or to skip as it stands. Edit prices
    it afresh and shows it with all its buttons. A closed one stays as it is.
    """
    follow = _confirm(ticket, "Follow")
    if not any(button.data == follow.data for row in card.buttons for button in row):
        return card
    others = (
        ticket_button(ticket, TicketPress.REQUOTE, "Edit"),
        ticket_button(ticket, TicketPress.CANCEL, "✖ Skip"),
    )
    return replace(card, buttons=((follow,), others))


def has_products(draft: Draft) -> bool:
    """Coins and US shares know delivery only."""
    return knows_products(draft.instrument)


def knows_products(one: Instrument) -> bool:
    return one.kind not in COINS and one.currency == "INR"
