"""Whether the prices of an order agree with its instrument and with each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from tradegram.chat.asked import Unit
from tradegram.chat.grammar.reading import Candidate, Context, Fix, Problem, Rank, neighbours
from tradegram.chat.grammar.said import Away, Market, Parse, Price
from tradegram.chat.grammar.words import CURRENCIES
from tradegram.chat.money import bare_price
from tradegram.model import Instrument, OrderType, Side


def type_meant(parse: Parse) -> OrderType:
    """With a trigger a stop, with a price a limit, with both a stop-limit, else market."""
    if parse.trigger:
        return OrderType.STOP_LIMIT if parse.price else OrderType.STOP
    return OrderType.LIMIT if parse.price else OrderType.MARKET


def term_problems(candidate: Candidate, ctx: Context) -> Iterator[Problem]:
    """Everything wrong with the prices, the gravest first."""
    yield from _currency(candidate)
    if wrong := _type_contradiction(candidate.parse):
        yield _without(("market", "price", "stop_type", "trigger"), wrong, candidate, ctx)
    if wrong := _side_contradiction(candidate, ctx.side):
        yield _without(("stop_loss", "target", "trail", "trigger"), wrong, candidate, ctx)
    yield from _ticks(candidate, ctx)


def _without(parts: Sequence[str], why: str, candidate: Candidate, ctx: Context) -> Problem:
    """What contradicts, and the text with one clause less; those that help are offered."""
    spans = candidate.parse.spans
    said = [spans[part] for part in parts if part in spans]
    fixes = (ctx.without(span) for span in said)
    return Problem(Rank.TERMS, why, tuple(fixes))


def _currency(candidate: Candidate) -> Iterator[Problem]:
    parse, instrument = candidate.parse, candidate.instrument
    for said in (
        parse.quantity,
        parse.price,
        parse.trigger,
        parse.stop_loss,
        parse.target,
        parse.trail,
    ):
        if not said or not said.mark or instrument.currency in CURRENCIES[said.mark]:
            continue
        # No text is offered: the same number in another currency is another order.
        why = f"{instrument.symbol} is priced in {instrument.currency}, not in {said.mark}."
        yield Problem(Rank.CURRENCY, why)


def _type_contradiction(parse: Parse) -> str:
    price, trigger, market = parse.price, parse.trigger, parse.market
    if market and price:
        return "Both market and a price are said. Leave one of them out."
    if market is Market.PLAIN and trigger:
        return "A plain market order has no trigger. Leave one of them out."
    if parse.stop_type and not trigger:
        return "A stop order needs a trigger, for example: trg 2960."
    if parse.stop_type is OrderType.STOP and price:
        return "sl-m is a stop at market and has no price. Say sl limit, or leave the price out."
    if parse.stop_type is OrderType.STOP_LIMIT and not price:
        return "A stop-limit order needs a price besides its trigger, for example: limit 2950."
    return ""


def _side_contradiction(candidate: Candidate, side: Side) -> str:
    parse, instrument = candidate.parse, candidate.instrument
    sign = 1 if side is Side.BUY else -1
    # Indian exchanges take a stop-limit only when its limit lies at its trigger or beyond it.
    beyond = 0 if not parse.price or not parse.trigger else parse.price.value - parse.trigger.value
    if beyond * sign < 0 and instrument.currency == "INR":
        where = "above" if side is Side.BUY else "below"
        return f"For a {side} the limit of a stop order lies at its trigger or {where} it."
    entry = parse.price or parse.trigger
    return (
        _wrong_way("stop", parse.stop_loss, -sign, entry, side)
        or _wrong_way("target", parse.target, sign, entry, side)
        or _no_trail(parse.trail, entry)
        or _crossed(parse, sign, side)
    )


def _wrong_way(what: str, level: Away | None, way: int, entry: Price | None, side: Side) -> str:
    """way: +1 when the level must lie above the entry, -1 when below."""
    if not level:
        return ""
    where = "above" if way > 0 else "below"
    wrong = f"For a {side} the {what} must lie {where} the price."
    if level.unit is Unit.PRICE:
        return wrong if entry and (level.value - entry.value) * way <= 0 else ""
    if not level.value:
        return f"A {what} of zero is no {what}."
    # `sl -40` and `tgt +50` say loss and gain as often as down and up: right for both sides.
    usual = "-" if what == "stop" else "+"
    if level.sign and level.sign != usual and level.sign != ("+" if way > 0 else "-"):
        return wrong
    most = Decimal(100) if level.unit is Unit.PERCENT else entry.value if entry else None
    if way < 0 and most is not None and level.value >= most:
        return f"A {what} that far away would lie at or below zero."
    return ""


def _no_trail(trail: Away | None, entry: Price | None) -> str:
    if not trail:
        return ""
    most = Decimal(100) if trail.unit is Unit.PERCENT else entry.value if entry else None
    if trail.value <= 0 or (most is not None and trail.value >= most):
        return "A trail is a distance above zero and below the price, for example: trail 10."
    return ""


def _crossed(parse: Parse, sign: int, side: Side) -> str:
    stop, target = parse.stop_loss, parse.target
    if not (stop and target and stop.unit is target.unit is Unit.PRICE):
        return ""
    if (target.value - stop.value) * sign > 0:
        return ""
    return f"For a {side} the target must lie {'above' if sign > 0 else 'below'} the stop."


def _ticks(candidate: Candidate, ctx: Context) -> Iterator[Problem]:
    parse, instrument = candidate.parse, candidate.instrument
    levels = (("stop_loss", parse.stop_loss), ("target", parse.target))
    money: list[tuple[str, Decimal]] = [
        (part, level.value) for part, level in levels if level and level.unit is not Unit.PERCENT
    ]
    prices = (("price", parse.price), ("trigger", parse.trigger))
    money += [(part, price.value) for part, price in prices if price]
    for part, value in money:
        if why := tick_fault(value, instrument):
            yield Problem(Rank.TICK, why, tuple(_tick_fixes(part, value, candidate, ctx)))


def tick_fault(value: Decimal, instrument: Instrument) -> str:
    """Why this cannot be a price of the instrument; "" when it can."""
    if value <= 0:
        return "A price must be above zero."
    near = neighbours(value, instrument.tick_size)
    if value % instrument.tick_size == 0:
        return ""
    shown = " or ".join(bare_price(price, instrument) for price in near)
    return (
        f"{bare_price(value, instrument)} is not a multiple of the tick "
        f"{instrument.tick_size.normalize():f} of {instrument.symbol}: nearest {shown}."
    )


def _tick_fixes(part: str, value: Decimal, candidate: Candidate, ctx: Context) -> Iterator[Fix]:
    instrument = candidate.instrument
    for near in neighbours(value, instrument.tick_size) if value > 0 else ():
        shown = near.quantize(instrument.tick_size)
        text = ctx.with_number(candidate.parse, part, f"{shown:f}")
        yield Fix(bare_price(near, instrument), text)
