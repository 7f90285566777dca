"""From what was said of a strategy to its legs, or to the question that is still open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tradegram.chat.asked import Asked
from tradegram.chat.grammar.contracts import dates_meant, has_weeklies, month_ends
from tradegram.chat.grammar.reading import day_text
from tradegram.chat.grammar.strategy_words import Said
from tradegram.chat.money import bare_price, quantity
from tradegram.errors import UserError
from tradegram.model import Instrument, Kind
from tradegram.ports import Instruments
from tradegram.tickets.basket import Basket
from tradegram.tickets.strategies import (
    ONE_KIND,
    STRIKES,
    USUALLY_LONG,
    WIDE,
    Plan,
    Strategy,
    at_the_money,
    check_listed,
    pieces,
    spread_around,
    strikes_around,
)

Spot = Callable[[Instrument], Decimal | None]

MOST_DATES = 4
WIDTHS = (2, 4, 6, 10)  # offered, in steps of the strikes
LOTS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Question:
    """What is still open. offers: a button's label, and the words it adds to what was said."""

    text: str
    offers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Market:
    """What is asked to fill in the rest. spot: the underlying's last price."""

    instruments: Instruments
    spot: Spot
    today: date


def basket_of(
    strategy: Strategy, said: Said, market: Market, source_text: str
) -> Basket | Question:
    """Raises UserError for what cannot be: a strike that is not listed, a date that is none."""
    if said.underlying is None:
        raise UserError("Which index or share? Say one that has options, e.g. NIFTY.")
    name = said.underlying.underlying or said.underlying.symbol
    listed = sorted(market.instruments.expiries(name, options=True))
    days = _days(strategy, said, listed, market.today)
    if isinstance(days, Question):
        return days
    if strategy in ONE_KIND and said.kind is None:
        return Question("Calls or puts?", (("Calls (CE)", "CE"), ("Puts (PE)", "PE")))
    strikes = _strikes(strategy, said, market, name, days[0])
    if isinstance(strikes, Question):
        return strikes
    if said.lots is None:
        offers = tuple((f"{n} lot{'s' * (n > 1)}", f"{n} lot{'s' * (n > 1)}") for n in LOTS)
        return Question("How many lots?", offers)
    return _basket(strategy, said, market, name, days, strikes, source_text)


# -- expiries ------------------------------------------------------------------------------------


def _days(
    strategy: Strategy, said: Said, listed: Sequence[date], today: date
) -> tuple[date, ...] | Question:
    wanted = 2 if strategy is Strategy.CALENDAR else 1
    if len(said.expiries) > wanted:
        raise UserError(f"A {strategy} has {wanted} expir{'y' if wanted == 1 else 'ies'}.")
    found: list[date] = []
    for expiry in said.expiries:
        meant = dates_meant(expiry, listed, today)
        if not meant:
            near = ", ".join(day_text(day, today) for day in listed[:MOST_DATES])
            raise UserError(f"There is no such expiry. There are {near}.")
        if len(meant) > 1:
            choice = " or ".join(day_text(day, today) for day in meant)
            raise UserError(f"“{expiry.which.value}” can be {choice}. Say the date.")
        found.append(meant[0])
    if len(found) < wanted:
        later = [day for day in listed if not found or day > found[0]]
        if not later:
            raise UserError("There is no later expiry for the second leg.")
        which = "Which expiry?" if not found else "And the later expiry?"
        offers = tuple((_day_label(day, listed, today), day_text(day, today)) for day in later)
        return Question(which, offers[:MOST_DATES])
    return tuple(sorted(found))


def _day_label(day: date, listed: Sequence[date], today: date) -> str:
    weekly = has_weeklies(listed) and day not in month_ends(listed)
    return f"{day_text(day, today)} ({day:%a}){' weekly' if weekly else ''}"


# -- strikes -------------------------------------------------------------------------------------


def _strikes(
    strategy: Strategy, said: Said, market: Market, name: str, day: date
) -> tuple[tuple[Decimal, ...], str] | Question:
    """The strikes, and how they were found where they were not said."""
    listed = market.instruments.strikes(name, day)
    if len(said.strikes) == STRIKES[strategy]:
        return _said_strikes(strategy, said, listed), ""
    if len(said.strikes) > 1:
        raise UserError(
            f"A {strategy} has {STRIKES[strategy]} strike{'s' * (STRIKES[strategy] > 1)}; "
            f"{len(said.strikes)} were said."
        )
    if strategy is Strategy.SPREAD and said.bull is None:
        if said.width is None:
            raise UserError(
                "Which strikes? The first is bought, the second sold, e.g. 24000 24200 CE; or "
                "say bull or bear and a width."
            )
        return Question("Rising or falling?", (("Bull: up", "bull"), ("Bear: down", "bear")))
    middle, why = _middle(said, market, listed)
    if strategy in WIDE and said.width is None:
        return Question(_width_question(strategy, middle), _widths(listed, middle))
    strikes = _around(strategy, said, middle)
    check_listed(strikes, listed)
    return strikes, why


def _said_strikes(strategy: Strategy, said: Said, listed: Sequence[Decimal]) -> tuple[Decimal, ...]:
    if said.width is not None or said.wings is not None:
        raise UserError("Say the strikes or a width, not both.")
    check_listed(said.strikes, listed)
    if strategy is not Strategy.SPREAD or said.bull is None:
        return said.strikes
    low, high = sorted(said.strikes)
    return (low, high) if said.bull else (high, low)


def _middle(said: Said, market: Market, listed: Sequence[Decimal]) -> tuple[Decimal, str]:
    if said.strikes:
        check_listed(said.strikes, listed)
        return said.strikes[0], ""
    one = said.underlying
    spot = market.spot(one) if one is not None else None
    if one is None or spot is None or not listed:
        raise UserError("Nobody says what the underlying trades at now; name the strike.")
    middle = at_the_money(listed, spot)
    words = f"{one.symbol} {bare_price(spot, one)} → at the money {quantity(middle)}"
    return middle, words


def _around(strategy: Strategy, said: Said, middle: Decimal) -> tuple[Decimal, ...]:
    width = said.width or Decimal(0)
    if strategy in WIDE and width <= 0:
        raise UserError("The width is above zero, e.g. width 200.")
    if strategy is Strategy.SPREAD:
        return spread_around(said.kind or Kind.CALL, middle, width, bull=bool(said.bull))
    return strikes_around(strategy, middle, width, said.wings or width)


def _width_question(strategy: Strategy, middle: Decimal) -> str:
    whence = "between the strikes" if strategy is Strategy.SPREAD else f"from {quantity(middle)}"
    return f"How wide, in points {whence}?"


def _widths(listed: Sequence[Decimal], middle: Decimal) -> tuple[tuple[str, str], ...]:
    above = [strike - middle for strike in listed if strike > middle]
    step = above[0] if above else Decimal(0)
    wide = [step * count for count in WIDTHS if step * count in above]
    return tuple((f"{quantity(each)} points", f"width {each.normalize():f}") for each in wide)


# -- the legs ------------------------------------------------------------------------------------


def _basket(
    strategy: Strategy,
    said: Said,
    market: Market,
    name: str,
    days: Sequence[date],
    strikes: tuple[tuple[Decimal, ...], str],
    source_text: str,
) -> Basket:
    at, why = strikes
    usual = strategy in USUALLY_LONG
    long = usual if said.long is None else said.long
    far = days[1] if strategy is Strategy.CALENDAR else None
    plan = Plan(strategy, long, at, days[0], said.kind, far)
    legs = []
    for piece in pieces(plan):
        one = market.instruments.option(name, piece.expiry, piece.strike, piece.kind)
        if one is None:
            raise UserError(
                f"There is no {name} {quantity(piece.strike)} {piece.kind} on "
                f"{day_text(piece.expiry, market.today)}. Say other strikes."
            )
        amount = one.lot_size * piece.ratio * (said.lots or 1)
        legs.append(Asked(one, piece.side, amount, product=said.product, account=said.account))
    return Basket(
        title=_title(plan, name, market.today),
        legs=tuple(legs),
        source_text=source_text,
        read_as=" · ".join(_filled_in(strategy, said, long, why)),
    )


def _title(plan: Plan, name: str, today: date) -> str:
    dates = " / ".join(day_text(day, today) for day in (plan.expiry, plan.far) if day)
    return f"{_direction(plan)} {name} {dates}"


def _direction(plan: Plan) -> str:
    if plan.strategy is not Strategy.SPREAD:
        return f"{'Long' if plan.long else 'Short'} {plan.strategy}"
    bull = plan.strikes[0] < plan.strikes[1]
    right = "call" if plan.kind is Kind.CALL else "put"
    return f"{'Bull' if bull else 'Bear'} {right} spread"


def _filled_in(strategy: Strategy, said: Said, long: bool, why: str) -> Sequence[str]:
    """What a rule filled in, in words for the ticket."""
    words = [why] if why else []
    if said.long is None and strategy is not Strategy.SPREAD:
        other = "short" if long else "long"
        words.append(f"{'long' if long else 'short'} (say {other} for the other side)")
    if strategy is Strategy.CONDOR and said.width is not None and said.wings is None:
        words.append(f"wings {quantity(said.width)}, as the width")
    return words
