"""From the words of a basket to its ticket, or to what is still to be said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby

from tradegram.chat.asked import Asked, Readings
from tradegram.chat.commands.command import Holder
from tradegram.chat.exits import exit_asked, position_of
from tradegram.chat.grammar.read import read_order
from tradegram.chat.grammar.reading import day_text
from tradegram.chat.grammar.strategy_asked import Market, Question, basket_of
from tradegram.chat.grammar.strategy_words import read_strategy
from tradegram.chat.money import IST
from tradegram.chat.ordering import asked_again, offers_reply, shown_ticket, spot_of, ticket_reply
from tradegram.chat.outcome import orders_of
from tradegram.chat.preferences import preferences
from tradegram.chat.reply import Reply
from tradegram.chat.writing import label
from tradegram.errors import NotFound, UserError
from tradegram.orders.state import Order
from tradegram.ports import Desk
from tradegram.tickets.basket import FEWEST_LEGS, MOST_LEGS, Basket, open_basket
from tradegram.tickets.basket_price import NOTHING_MADE
from tradegram.tickets.slices import wholes_of
from tradegram.tickets.strategies import Strategy
from tradegram.tickets.ticket import Ticket

MOST_DATES = 4
MOST_MEANINGS = 4

_BETWEEN = re.compile(";+")


def strategy_replies(
    desk: Desk, who: Holder, strategy: Strategy, command: str, words: str
) -> Sequence[Reply]:
    """A ticket, or the question that is still open, with buttons. Raises UserError."""
    source, market = f"{command} {words}".strip(), _market(desk, who, words)
    if not words:
        raise UserError(f"On what? Example: {EXAMPLES[strategy]}")
    try:
        said = read_strategy(words, desk.instruments, market.today)
        meant = Strategy.IRON_BUTTERFLY if _is_iron(strategy, said.iron) else strategy
        found = basket_of(meant, said, market, source)
    except UserError as error:
        raise UserError(f"{error} Example: {EXAMPLES[strategy]}") from error
    if isinstance(found, Basket):
        return [basket_reply(desk, who, found)]
    return [_question(desk, who, found, source)]


def _is_iron(strategy: Strategy, iron: bool) -> bool:
    if iron and strategy not in (Strategy.BUTTERFLY, Strategy.CONDOR):
        raise UserError(f"There is no iron {strategy}.")
    return iron and strategy is Strategy.BUTTERFLY


def _question(desk: Desk, who: Holder, question: Question, source: str) -> Reply:
    offers = [(name, f"{source} {more}") for name, more in question.offers]
    return offers_reply(desk, who, question.text, offers)


def _market(desk: Desk, who: Holder, words: str) -> Market:
    return Market(desk.instruments, spot_of(desk, who, words), _today(desk))


def _today(desk: Desk) -> date:
    return datetime.fromtimestamp(desk.clock.now(), IST).date()


def basket_reply(desk: Desk, who: Holder, basket: Basket) -> Reply:
    return shown_ticket(desk, open_basket(desk, user_id=who.user_id, basket=basket))


# -- legs of one's own ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Leg:
    number: int
    text: str
    readings: Readings

    @property
    def is_clear(self) -> bool:
        return len(self.readings.readings) == 1


def legs_replies(desk: Desk, who: Holder, text: str) -> Sequence[Reply]:
    """text: orders with `;` between them. Raises UserError naming every leg that will not do."""
    legs = read_legs(desk, who, text)
    if all(leg.is_clear for leg in legs):
        asked = tuple(leg.readings.readings[0] for leg in legs)
        source = f"/basket {text}"
        return [basket_reply(desk, who, Basket(f"Basket of {len(legs)}", asked, source))]
    offers = _one_date_for_all(desk, who, legs)
    if offers:
        return [offers_reply(desk, who, "Which expiry?", offers)]
    unclear = [_meanings(leg) for leg in legs if not leg.is_clear]
    raise UserError("\n".join([*unclear, NOTHING_MADE]))


def read_legs(desk: Desk, who: Holder, text: str) -> Sequence[_Leg]:
    """Every leg has a reading, or several. Raises UserError naming those that have none."""
    texts = [each.strip() for each in _BETWEEN.split(text) if each.strip()]
    if not FEWEST_LEGS <= len(texts) <= MOST_LEGS:
        raise UserError(
            f"A basket has {FEWEST_LEGS} to {MOST_LEGS} legs with ; between them, and this has "
            f"{len(texts)}. Example: {BASKET_EXAMPLE}"
        )
    remembered, spot = preferences(desk, who.user_id).remembered, spot_of(desk, who, text)
    legs = [
        _Leg(
            number,
            each,
            read_order(each, desk.instruments, desk.clock.now(), spot=spot, remembered=remembered),
        )
        for number, each in enumerate(texts, start=1)
    ]
    illegal = [
        f"Leg {leg.number} “{label(leg.text)}”: {leg.readings.question}"
        for leg in legs
        if not leg.readings.readings
    ]
    if illegal:
        raise UserError("\n".join([*illegal, NOTHING_MADE]))
    return legs


def _meanings(leg: _Leg) -> str:
    several = "; ".join(
        one.label or one.instrument.symbol for one in leg.readings.readings[:MOST_MEANINGS]
    )
    return f"Leg {leg.number} “{label(leg.text)}” can mean: {several}. Say which."


def _one_date_for_all(desk: Desk, who: Holder, legs: Sequence[_Leg]) -> Sequence[tuple[str, str]]:
    """Where only the expiry is open: the dates that make every leg clear, as texts to say."""
    unclear = [leg for leg in legs if not leg.is_clear]
    dates = [{one.instrument.expiry for one in leg.readings.readings} for leg in unclear]
    common = sorted(day for day in set.intersection(*dates) if day is not None)
    offers: list[tuple[str, str]] = []
    for day in common[:MOST_DATES]:
        words = day_text(day, _today(desk))
        said = "; ".join(leg.text if leg.is_clear else f"{leg.text} {words}" for leg in legs)
        if all(leg.is_clear for leg in read_legs(desk, who, said)):
            offers.append((f"{words} ({day:%a})", f"/basket {said}"))
    return offers


# -- again, and out ------------------------------------------------------------------------------


def reopened_basket(desk: Desk, who: Holder, ticket: Ticket) -> Reply:
    """A fresh ticket with the same legs."""
    account = desk.brokers.account(ticket.account_id)
    legs = tuple(asked_again(leg.draft, account) for leg in wholes_of(ticket.legs))
    return basket_reply(desk, who, Basket(ticket.basket, legs, ticket.draft.source_text))


def exit_filled(desk: Desk, who: Holder, ticket: Ticket) -> Reply:
    """A ticket that closes what of the basket is filled. Raises UserError when nothing is."""
    legs: list[Asked] = []
    why = ""
    try:
        orders = orders_of(desk, ticket)
    except NotFound:
        raise UserError("This basket was not confirmed, so there is nothing to exit.") from None
    filled = [order for order in orders if order.cum_quantity]
    for _, slices in groupby(filled, key=lambda order: order.intent.instrument.key):
        try:
            legs.append(_exit_of(desk, list(slices)))
        except UserError as error:  # closed meanwhile, or being closed: the others still count
            why = str(error)
    if not legs:
        raise UserError(why or "Nothing of this basket is filled, so there is nothing to exit.")
    if len(legs) == 1:
        return ticket_reply(desk, who, legs[0], "")
    return basket_reply(desk, who, Basket(f"Exit of {ticket.basket}", tuple(legs), ""))


def _exit_of(desk: Desk, slices: Sequence[Order]) -> Asked:
    """No more than these orders of one leg filled, and no more than is open."""
    order, cum = slices[0], sum((each.cum_quantity for each in slices), Decimal(0))
    asked, one = exit_asked(desk, position_of(desk, order)), order.intent.instrument
    if asked.side is order.intent.side:
        raise UserError(f"{one.symbol} is open the other way round now; /exit closes it.")
    most = cum - cum % one.lot_size
    return replace(asked, quantity=min(asked.quantity or most, most))


BASKET_EXAMPLE = "/basket BUY NIFTY 24000 CE weekly 1 lot; SELL NIFTY 24200 CE weekly 1 lot"
EXAMPLES = {
    Strategy.STRADDLE: "/straddle NIFTY weekly 1 lot",
    Strategy.STRANGLE: "/strangle NIFTY weekly width 200 1 lot",
    Strategy.SPREAD: "/spread NIFTY 24000 24200 CE weekly 1 lot",
    Strategy.CONDOR: "/condor NIFTY weekly width 200 1 lot",
    Strategy.BUTTERFLY: "/butterfly NIFTY CE weekly width 200 1 lot",
    Strategy.CALENDAR: "/calendar NIFTY 24000 CE weekly next month 1 lot",
}
