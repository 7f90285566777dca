"""An order as one message that lives on: never more certain than what is proven."""

from __future__ import annotations

from decimal import Decimal

from tradegram.brackets.plan import BY, Bracket
from tradegram.chat.buttons import OrderPress, order_button, short
from tradegram.chat.cards.bracket import bracket_line, bracket_rows
from tradegram.chat.cards.ticket import SIDE_MARKS, account_label, place
from tradegram.chat.money import bare_price, money, price, quantity, short_price, units
from tradegram.chat.reply import Button, Reply
from tradegram.chat.states import words_of
from tradegram.chat.writing import counted, label, safe, safe_lines
from tradegram.codes import next_step
from tradegram.model import Account, OrderType, Side, Terms
from tradegram.orders.state import TERMINAL, Order, State
from tradegram.ports import Notice
from tradegram.tickets.levels import entry_price
from tradegram.tickets.ticket import Ticket

ASKED_WORDS = {
    OrderType.MARKET: "MARKET",
    OrderType.LIMIT: "LIMIT",
    OrderType.STOP: "SL-M",
    OrderType.STOP_LIMIT: "SL",
}

NEXT_STEP = {
    State.REFUSED: "Nothing is in the market. Change what the broker objects to, and send it anew.",
    State.REJECTED: "It is not in the market. Change what was objected to, and send it anew.",
    State.DENIED: "It never left this desk. Send it anew when you want it.",
    State.VOID: "The broker never had it: nothing is in the market. You may send it anew.",
    State.EXPIRED: "What was not filled has lapsed. Send it anew if you still want it.",
}

THEIR_WORDS = frozenset({State.REFUSED, State.REJECTED})

UNKNOWN_WORDS = (
    "The broker did not say what became of it. It may be live: <b>do not send again</b>. "
    "I am checking its order book and will say what I find."
)


def order_card(
    order: Order, ticket: Ticket | None, account: Account, bracket: Bracket | None = None
) -> Reply:
    """
    ticket: what it was confirmed from, for slippage. bracket: what keeps what it fills, or what
    staged it.
    """
    lines = [
        order_headline(order, account),
        f"<b>{order_terms(order)}</b>",
        _status(order),
        *_filled_part(order, ticket),
        *_reason(order),
        *_wishes(order),
        *([bracket_line(bracket)] if bracket else []),
        _names(order, account),
    ]
    return Reply("\n".join(lines), _keyboard(order, ticket, bracket), ticket_id=order.ticket_id)


def cancel_question(order: Order, ticket: Ticket | None, account: Account, why: str = "") -> Reply:
    """The same card, with the question instead of its buttons. why: one sentence before it."""
    card = order_card(order, ticket, account)
    rest = units(order.leaves_quantity, order.intent.instrument)
    question = f"{safe(why)} " if why else ""
    buttons = (
        (order_button(order, OrderPress.CANCEL, "Yes, cancel"),),
        (order_button(order, OrderPress.SHOW, "No, keep it"),),
    )
    text = f"{card.text}\n\n{question}Cancel what is left of it ({rest})?"
    return Reply(text, buttons, ticket_id=card.ticket_id)


def change_card(
    order: Order, wanted: Terms, account: Account, pending: str, most: int = 0
) -> Reply:
    """
    Before and after, to be confirmed. pending: names the stored wish. most: changes that the
    broker takes.
    """
    lines = [
        order_headline(order, account),
        f"Now:   {order_terms(order)}",
        f"<b>After: {_terms(order, wanted)}</b>",
        f"Filled so far: {quantity(order.cum_quantity)}. It keeps working as it is until the "
        "broker confirms the change.",
    ]
    if order.modifications:
        lines.append(
            f"Changed {counted(order.modifications, 'time')} so far; the broker takes {most}."
        )
    side, one = order.intent.side, order.intent.instrument
    words = f"✅ Change to {side} {quantity(wanted.quantity, one.currency)}"
    if wanted.trigger is not None:
        words += f" trigger {short_price(wanted.trigger, one)}"
    if wanted.price is not None:
        words += f" @ {short_price(wanted.price, one)}"
    buttons = (
        (Button(label(words), f"m:{pending}:y"),),
        (Button("Leave it as it is", f"m:{pending}:x"),),
    )
    return Reply("\n".join(lines), buttons)


# -- lines ---------------------------------------------------------------------------------------


def order_headline(order: Order, account: Account) -> str:
    intent = order.intent
    mark, symbol = SIDE_MARKS[intent.side], safe(intent.instrument.symbol, 60)
    where = place(intent.instrument, intent.product)
    return f"{mark} <b>{intent.side} {symbol}</b> · {where}  [{account.mode}]"


def order_terms(order: Order) -> str:
    return _terms(order, Terms(order.quantity, order.price, order.trigger))


def _terms(order: Order, terms: Terms) -> str:
    one, asked = order.intent.instrument, _type_shown(order, terms)
    words = f"{units(terms.quantity, one)} × {ASKED_WORDS[asked]}"
    protected = asked in (OrderType.MARKET, OrderType.STOP)
    if terms.trigger is not None:
        words += f" trigger {price(terms.trigger, one)}"
    if terms.price is not None:
        words += (
            f", worst {price(terms.price, one)}" if protected else f" {price(terms.price, one)}"
        )
    return f"{words} · {order.intent.time_in_force.value}"


def _type_shown(order: Order, terms: Terms) -> OrderType:
    """What was asked for, until a change made it another type."""
    intent = order.intent
    first = Terms(intent.quantity, intent.price, intent.trigger).order_type
    return intent.asked_type if terms.order_type is first else terms.order_type


def _status(order: Order) -> str:
    said = words_of(order)
    if order.state is State.UNKNOWN:
        return f"{said.mark} <b>{said.words}.</b> {UNKNOWN_WORDS}"
    return f"{said.mark} <b>{said.words}</b>{filled_words(order)}"


def filled_words(order: Order) -> str:
    """` 4/10 @ 2,949.90`; empty while nothing is filled."""
    if not order.cum_quantity:
        return ""
    one = order.intent.instrument
    average = bare_price(order.average_price, one)
    filled = quantity(order.cum_quantity, one.currency)
    if order.state is State.FILLED:
        return f" {filled}, average {average}"
    return f" {filled}/{quantity(order.quantity, one.currency)} @ {average}"


def _filled_part(order: Order, ticket: Ticket | None) -> list[str]:
    if not order.cum_quantity or ticket is None:
        return []
    one = order.intent.instrument
    slip = order.average_price - entry_price(ticket.draft, ticket.pricing)
    worse = slip if order.intent.side is Side.BUY else -slip
    lines = [_slippage(abs(slip).quantize(Decimal("0.0001")), worse, order)]
    value = order.cum_quantity * order.average_price * one.multiplier
    return [f"Value {money(value, one.currency)} · {lines[0]}", *lines[1:]]


def _slippage(amount: Decimal, worse: Decimal, order: Order) -> str:
    if not amount:
        return "as the ticket reckoned"
    side = "worse" if worse > 0 else "better"
    return f"{price(amount, order.intent.instrument)} a unit {side} than the ticket"


def _reason(order: Order) -> list[str]:
    lines = []
    if order.text:
        speaker = "The broker: " if order.state in THEIR_WORDS else ""
        lines.append(f"{speaker}“{safe(order.text, 300)}”")
    if order.state in NEXT_STEP and not order.cancel_wanted:
        lines.append(next_step(order.code) or NEXT_STEP[order.state])
    return lines


def _wishes(order: Order) -> list[str]:
    if order.state in TERMINAL:
        return []
    lines = []
    if order.cancel_wanted:
        lines.append("✖ Cancel asked for; not confirmed by the broker yet. It can still fill.")
    elif order.replace_wanted is not None:
        wanted = _terms(order, order.replace_wanted)
        lines.append(f"✎ Change asked for: {wanted}; not confirmed by the broker yet.")
    return lines


def change_asked(order: Order, wanted: Terms) -> Reply:
    """In place of the question: words that stay true, because nobody edits them again."""
    name = short(order.key)
    text = (
        f"✎ Change asked for: <b>{_terms(order, wanted)}</b>\n"
        f"The message of <code>{name}</code> says what the broker makes of it."
    )
    return Reply(text, ((order_button(order, OrderPress.OPEN, f"Show {name}"),),))


def _names(order: Order, account: Account) -> str:
    theirs = f" · broker <code>{safe(order.broker_order_id, 40)}</code>"
    known = theirs if order.broker_order_id else ""
    return f"<code>{short(order.key)}</code>{known} · a/c {account_label(account)}"


def order_line(order: Order) -> str:
    """One order in a list."""
    one, said = order.intent.instrument, words_of(order)
    words = f"{order.intent.side} {safe(one.symbol, 60)} {order_terms(order)}"
    wish = " · cancel asked for" if order.cancel_wanted and order.leaves_quantity else ""
    return (
        f"{said.mark} <code>{short(order.key)}</code> {words}\n"
        f"     {said.words}{filled_words(order)}{wish}"
    )


# -- buttons -------------------------------------------------------------------------------------


def show_button(order: Order) -> Button:
    intent, said = order.intent, words_of(order)
    words = f"{said.mark} {short(order.key)} {intent.side} {intent.instrument.symbol}"
    return order_button(order, OrderPress.OPEN, label(words))


def _keyboard(
    order: Order, ticket: Ticket | None, bracket: Bracket | None
) -> tuple[tuple[Button, ...], ...]:
    copy = Button("Copy id", copy=order.broker_order_id or order.key)
    kept = bracket_rows(bracket) if bracket else ()
    if order.leaves_quantity:
        return (*kept, (*_while_working(order), copy))
    rows: list[tuple[Button, ...]] = []
    if order.cum_quantity and not (ticket and ticket.draft.closes):
        exits = [order_button(order, OrderPress.EXIT_HALF, "Exit 50 %")]
        if not kept:  # a bracket has a button of its own that closes all
            exits.append(order_button(order, OrderPress.EXIT_ALL, "Exit all"))
        rows += [*(kept or (_protections(order, ticket),)), tuple(exits)]
    elif not order.cum_quantity and not (ticket and ticket.token == BY):
        rows.append((order_button(order, OrderPress.NEW, "New ticket"),))
    return (*rows, (copy,))


def _while_working(order: Order) -> tuple[Button, ...]:
    check = order_button(order, OrderPress.SHOW, "Check now")
    cancel = order_button(order, OrderPress.ASK_CANCEL, "Cancel")
    if order.state in (State.STAGED, State.SENDING, State.UNKNOWN):
        return (check,) if order.cancel_wanted else (check, cancel)
    if order.cancel_wanted:
        return (check,)
    return order_button(order, OrderPress.MODIFY, "Modify"), cancel


def _protections(order: Order, ticket: Ticket | None) -> tuple[Button, ...]:
    one = order.intent.instrument
    stop = ticket.draft.stop_loss if ticket else None
    target = ticket.draft.target if ticket else None
    at_stop = f" {short_price(stop, one)}" if stop is not None else ""
    at_target = f" {short_price(target, one)}" if target is not None else ""
    return (
        order_button(order, OrderPress.STOP, f"Set SL{at_stop}"),
        order_button(order, OrderPress.TARGET, f"Set target{at_target}"),
        order_button(order, OrderPress.TRAIL, "Trail"),
    )


# -- notices -------------------------------------------------------------------------------------

LOUD = frozenset(
    {
        *("filled", "partial", "rejected", "refused", "denied", "unknown", "unconfirmed"),
        *("corrected", "alert", "void", "expired", "not replaced", "crossed"),
    }
)

OPENINGS = {
    "unknown": "⚠ Unknown result: do not send again, I am checking.",
    "unconfirmed": "⚠ Still unknown: do not send again. Look into your broker's own app.",
    "corrected": "⚠ Correction: this order is not what I said before.",
    "crossed": "⚠ A fill crossed the cancel.",
    "not replaced": "⚠ Not changed: the order works on with its old terms.",
    "replaced": "✎ Changed.",
    "bracket": "🛡",
    "answers": "✔",
    "alert": "⚠",
    "login": "🔑",
}


def is_loud(notice: Notice) -> bool:
    """Acceptance and the like change the order's own message without a sound."""
    return notice.kind in LOUD


def notice_text(notice: Notice, order: Order | None, where: str = "") -> str:
    """
    A short message (HTML) for what must not be missed; it replies to the order's own.

    where: the account's name, when the message is of orders of several.
    """
    if order is None:
        if notice.kind == "statement":
            return f"🧾 {safe_lines(notice.text, 500)}"
        opening = OPENINGS.get(notice.kind, "⚠")
        return f"{opening} {safe(notice.text, 500)}".strip()
    said = words_of(order)
    state = f"{said.mark} <b>{said.words}</b>{filled_words(order)}"
    opening = f"{OPENINGS[notice.kind]}\n" if notice.kind in OPENINGS else ""
    intent = order.intent
    what = f"{intent.side} {safe(intent.instrument.symbol, 60)} {order_terms(order)}"
    reason = f"\n“{safe(notice.text, 300)}”" if notice.text else ""
    state = f"#{safe(where, 40)} {state}" if where else state
    return f"{opening}{state}\n{what} <code>{short(order.key)}</code>{reason}"
