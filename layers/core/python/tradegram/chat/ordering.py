"""From an order's words to a ticket, or to the buttons that ask which was meant."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from tradegram.chat.asked import Asked, AskedShare, Level, Readings, Unit
from tradegram.chat.buttons import pending_button
from tradegram.chat.cards.basket import basket_card
from tradegram.chat.cards.ticket import ticket_card
from tradegram.chat.commands.command import Holder
from tradegram.chat.grammar.read import read_order
from tradegram.chat.money import money
from tradegram.chat.pace_words import pace_line
from tradegram.chat.pending import CHOICE_TTL, await_input, change, keep, kept
from tradegram.chat.preferences import account_called, preferences, remember, usual_account
from tradegram.chat.reply import Answer, Button, Reply
from tradegram.chat.writing import LABEL_LIMIT, label, safe_lines
from tradegram.errors import StoreError, UserError
from tradegram.model import Account, Instrument
from tradegram.ports import Desk, Document
from tradegram.risk.kill import is_killed
from tradegram.tickets.account import fits
from tradegram.tickets.desk import open_ticket
from tradegram.tickets.size import worth
from tradegram.tickets.ticket import Draft, Share, Ticket, TicketState

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")


@cache
def _readings() -> TypeAdapter[Readings]:
    from pydantic import TypeAdapter  # slow to load, and most functions on AWS read none

    return TypeAdapter(Readings)


MOST_BUTTONS = 12
KILLED = (
    "The kill switch is on: Confirm sends nothing until /resume, or “tradegram resume” in the "
    "terminal."
)


def order_replies(desk: Desk, who: Holder, text: str) -> Sequence[Reply]:
    """
    A ticket, or a question with buttons. Never raises UserError for what the text says.

    Raises UserError when the ticket itself cannot be made: no price, no margin, not legal.
    """
    remembered = preferences(desk, who.user_id).remembered
    now, spot = desk.clock.now(), spot_of(desk, who, text)
    readings = read_order(text, desk.instruments, now, spot=spot, remembered=remembered)
    if len(readings.readings) == 1:
        return [ticket_reply(desk, who, readings.readings[0], readings.source_text)]
    if readings.readings:
        return [_chooser(desk, who, _priced(readings, spot))]
    if readings.wants_quantity:
        await_input(desk, who.user_id, "quantity", {"text": readings.source_text})
    return [offers_reply(desk, who, readings.question, _offers(readings))]


def spot_of(desk: Desk, who: Holder, text: str) -> Callable[[Instrument], Decimal | None]:
    """
    What an underlying trades at in the market that the order goes to: of the account that the text
    names first, else of the usual one. A live order's strike is not chosen by simulated prices.
    """
    words = [word.strip("#").replace("=", ":").partition(":")[0] for word in text.split()
             if word.startswith("#")]  # fmt: skip
    named = next((found for word in words if (found := account_called(desk, word))), None)

    def spot(one: Instrument) -> Decimal | None:
        try:
            account = named or usual_account(desk, who.user_id, lambda each: fits(each, one))
        except UserError:
            return None  # the ticket says so
        quote = desk.quotes.quote(one, account.account_id)
        return quote.last if quote else None

    return spot


def ticket_reply(desk: Desk, who: Holder, asked: Asked, source_text: str) -> Reply:
    ticket = open_ticket(desk, user_id=who.user_id, asked=asked, source_text=source_text)
    return shown_ticket(desk, ticket)


def shown_ticket(desk: Desk, ticket: Ticket, why: str = "") -> Reply:
    if is_killed(desk.store):
        why = f"{why} · {KILLED}" if why else KILLED
    account, now = desk.brokers.account(ticket.account_id), desk.clock.now()
    if ticket.basket:
        card = basket_card(ticket, account, now, why)
    else:
        card = ticket_card(ticket, account, now, why, names_of(desk, ticket))
    senders = [leg.account_id for leg in ticket.all_legs if not leg.denied]
    is_open = ticket.state is TicketState.OPEN and now < ticket.expires_at
    pace = pace_line(desk, senders) if is_open else ""
    return replace(card, text=f"{card.text}\n{pace}") if pace else card


def names_of(desk: Desk, ticket: Ticket) -> Mapping[str, str]:
    """Of its accounts, by their ids."""
    ids = [leg.account_id for leg in ticket.all_legs]
    return {account_id: desk.brokers.account(account_id).name for account_id in ids}


def asked_again(draft: Draft, account: Account, shares: Sequence[Share] = ()) -> Asked:
    """The same wish, so that it can be priced and checked anew. shares: where it was divided."""
    return Asked(
        instrument=draft.instrument,
        side=draft.side,
        quantity=draft.quantity,
        order_type=draft.order_type,
        price=draft.price,
        trigger=draft.trigger,
        stop_loss=_level(draft.stop_loss),
        target=_level(draft.target),
        trail=draft.trail,
        product=draft.product,
        time_in_force=draft.time_in_force,
        plain_market=draft.plain_market,
        account="" if shares else account.account_id,
        shares=tuple(AskedShare(one.account_id, one.weight) for one in shares),
        note=draft.note,
        read_as=draft.read_as,
        needs_second_confirm=draft.confirm_twice,
        closes=draft.closes,
    )


def _level(price: Decimal | None) -> Level | None:
    return None if price is None else Level(price, Unit.PRICE)


# -- several readings ----------------------------------------------------------------------------


def _priced(readings: Readings, spot: Callable[[Instrument], Decimal | None]) -> Readings:
    """Each button also says what its order would be worth now, where that can be said."""
    priced = tuple(replace(one, label=_worth_label(one, spot)) for one in readings.readings)
    return replace(readings, readings=priced)


def _worth_label(asked: Asked, spot: Callable[[Instrument], Decimal | None]) -> str:
    one = asked.instrument
    each = asked.price or spot(one)
    if asked.quantity is None or each is None or asked.needs_second_confirm:
        return asked.label
    value = f" ≈ {money(worth(asked.quantity, each, one), one.currency, 0)}"
    parts = (asked.label or one.symbol).split(" · ")
    # Of a long label the company's name gives way, not the quantity.
    spare = LABEL_LIMIT - len(" · ".join(parts)) - len(value)
    longest = max(range(len(parts)), key=lambda at: len(parts[at]))
    if spare < 0:
        parts[longest] = label(parts[longest], max(len(parts[longest]) + spare, 1))
    return " · ".join(parts) + value


def _chooser(desk: Desk, who: Holder, readings: Readings) -> Reply:
    body = {"readings": _readings().dump_python(readings, mode="json"), "remember": False}
    key = keep(desk, who.user_id, "choice", body, CHOICE_TTL)
    return _chooser_card(readings, key, remembering=False)


def _chooser_card(readings: Readings, key: str, *, remembering: bool) -> Reply:
    shown = readings.readings[:MOST_BUTTONS]
    rows: list[tuple[Button, ...]] = [
        (pending_button("r", key, str(number), label(asked.label or asked.instrument.symbol)),)
        for number, asked in enumerate(shown)
    ]
    if readings.may_remember:
        mark = "☑" if remembering else "☐"
        words = f"{mark} remember my choice for “{readings.may_remember}”"
        rows.append((pending_button("r", key, "m", label(words)),))
    rows.append((pending_button("r", key, "x", "✖ Cancel"),))
    question = readings.question or "What did you mean?"
    return Reply(safe_lines(question), tuple(rows))


def choose(desk: Desk, who: Holder, key: str, action: str) -> Answer:
    """A press under a chooser. Raises UserError."""
    document = kept(desk, who.user_id, key, "choice")
    readings = _readings().validate_python(document.body["readings"])
    remembering = bool(document.body["remember"])
    if action == "m":
        change(desk, document, {"remember": not remembering})
        return Answer(edit=_chooser_card(readings, key, remembering=not remembering))
    if action == "x":
        desk.store.remove(document)
        return Answer(edit=Reply("✖ Nothing chosen, nothing sent."))
    asked = numbered(readings.readings, action)
    card = ticket_reply(desk, who, asked, readings.source_text)
    # From here on the ticket stands: what fails below must not hide it.
    toast = _tidy(desk, who, document, readings, asked if remembering else None)
    return Answer(toast=toast, edit=card)


def _tidy(
    desk: Desk, who: Holder, document: Document, readings: Readings, chosen: Asked | None
) -> str:
    try:
        desk.store.remove(document)
        if chosen is None or not readings.may_remember:
            return ""
        if chosen.instrument.kind.is_derivative:
            return "Not remembered: futures and options are asked about each time."
        remember(desk, who.user_id, readings.may_remember, chosen.instrument.key)
    except (StoreError, UserError):
        return "Your choice was not remembered."
    return "Remembered. /settings shows it and can revoke it."


def numbered(things: Sequence[T], digits: str) -> T:
    """Raises UserError: the number comes from a button, and anybody can write one."""
    if not digits.isdecimal() or len(digits) > 3 or int(digits) >= len(things):
        raise UserError("That button is not one of these. Send the text again.")
    return things[int(digits)]


# -- offers --------------------------------------------------------------------------------------


def _offers(readings: Readings) -> Sequence[tuple[str, str]]:
    return [(offer.label, offer.text) for offer in readings.offers]


def offers_reply(
    desk: Desk, who: Holder, question: str, offers: Sequence[tuple[str, str]], *, html: str = ""
) -> Reply:
    """
    Buttons that say a text.

    offers: label and text. question: plain; or html: the question already escaped.
    """
    words = html or safe_lines(question)
    if not offers:
        return Reply(words)
    texts = [text for _, text in offers[:MOST_BUTTONS]]
    key = keep(desk, who.user_id, "offers", {"texts": texts}, CHOICE_TTL)
    rows = tuple(
        (pending_button("o", key, str(number), label(name)),)
        for number, (name, _) in enumerate(offers[:MOST_BUTTONS])
    )
    return Reply(words, rows)


def offered_text(desk: Desk, who: Holder, key: str, action: str) -> str:
    """What the pressed button says. Raises UserError."""
    document = kept(desk, who.user_id, key, "offers")
    texts: list[str] = list(document.body["texts"])
    return numbered(texts, action)
