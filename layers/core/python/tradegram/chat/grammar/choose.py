"""What may have been meant by an order for an index: its future, its options, its fund."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from tradegram.chat.asked import Asked
from tradegram.chat.grammar.contracts import contract_title
from tradegram.chat.grammar.legal import check
from tradegram.chat.grammar.reading import Candidate, Context, IndexAsked, Problem
from tradegram.chat.grammar.said import Amount, Measure
from tradegram.chat.grammar.words import FIRST_VENUE, FUNDS
from tradegram.chat.money import bare_price, quantity
from tradegram.model import Instrument, Kind, Side

# `NIFTY 50` may mean 50 lots, `NIFTY 24000` never means 24,000 lots.
MOST_LOTS_MEANT = Decimal(100)
_ONE_LOT = Amount(Decimal(1), Measure.LOTS)
_ONE_UNIT = Amount(Decimal(1), Measure.UNITS)


def choices(asked: IndexAsked, ctx: Context) -> Iterator[Asked | Problem]:
    """Everything that can be traded instead. Each label states the quantity it stands for."""
    future = _nearest_future(asked.index, ctx)
    if future:
        yield from _offered(future, "", _in_lots(asked, future), asked, ctx)
    yield from _options(asked, Kind.CALL, ctx)
    yield from _options(asked, Kind.PUT, ctx)
    if fund := _fund(asked.index, ctx):
        yield from _offered(fund, f"{fund.symbol} ETF", _in_units(asked), asked, ctx)
    if future and (lots := _as_lots(asked, future)):
        yield from _many_lots(future, lots, asked, ctx)


def question(asked: IndexAsked, ctx: Context) -> str:
    index = asked.index
    last = ctx.spot(index)
    level = f" ({bare_price(last, index)})" if last is not None else ""
    what = "an index" if index.exchange != "MCX" else "the price of a commodity"
    done = "bought" if ctx.side is Side.BUY else "sold"
    return f"{index.symbol} is {what}{level} and cannot be {done} directly."


def _offered(
    instrument: Instrument, title: str, amount: Amount, asked: IndexAsked, ctx: Context
) -> Iterator[Asked | Problem]:
    parse = replace(asked.parse, quantity=amount)
    candidate = Candidate(
        instrument, parse, title or _title(instrument, ctx), _read_as(instrument, ctx)
    )
    if "quantity" not in parse.spans:
        parse = replace(parse, spans={**parse.spans, "quantity": parse.spans["name"]})
        candidate = replace(candidate, parse=parse)
    if _price_fits(instrument, asked, ctx):
        yield check(candidate, ctx)


def _price_fits(instrument: Instrument, asked: IndexAsked, ctx: Context) -> bool:
    """A price near the level of the index is meant for its future, another one is not."""
    last = ctx.spot(asked.index)
    if not asked.parse.price or not last:
        return True
    is_near = abs(asked.parse.price.value - last) <= last / 2
    return is_near == (instrument.kind is Kind.FUTURE)


def _read_as(instrument: Instrument, ctx: Context) -> str:
    return f"{instrument.symbol} ETF" if instrument.kind is Kind.ETF else _title(instrument, ctx)


def _title(instrument: Instrument, ctx: Context) -> str:
    return contract_title(instrument, [], ctx)


# -- quantities ----------------------------------------------------------------------------------


def _in_lots(asked: IndexAsked, contract: Instrument) -> Amount:
    """The lots that were said, or one. Money and percent stay what they are."""
    amount = asked.parse.quantity
    if amount is None:
        return _ONE_LOT
    if amount.value <= 0 or amount.measure not in (Measure.BARE, Measure.UNITS):
        return amount
    # `BANKNIFTY 52200` is a multiple of the lot, but it is a strike: nobody means 1,740 lots.
    too_many = amount.value > MOST_LOTS_MEANT * contract.lot_size
    return _ONE_LOT if too_many or amount.value % contract.lot_size else amount


def _in_units(asked: IndexAsked) -> Amount:
    amount = asked.parse.quantity
    if amount is None:
        return _ONE_UNIT
    return replace(amount, measure=Measure.UNITS) if amount.measure is Measure.LOTS else amount


def _as_lots(asked: IndexAsked, contract: Instrument) -> Amount | None:
    """`NIFTY 50` as 50 lots, when 50 is no multiple of the lot."""
    amount = asked.parse.quantity
    if not amount or amount.measure is not Measure.BARE or amount.value <= 1:
        return None
    if amount.value > MOST_LOTS_MEANT or amount.value % contract.lot_size == 0:
        return None
    return replace(amount, measure=Measure.LOTS)


def _many_lots(
    future: Instrument, lots: Amount, asked: IndexAsked, ctx: Context
) -> Iterator[Asked | Problem]:
    for reading in _offered(future, "", lots, asked, ctx):
        if isinstance(reading, Problem):
            continue
        count = quantity(lots.value * future.lot_size)
        title = _title(future, ctx)
        label = f"{title} · {quantity(lots.value)} LOTS ({count}) ⚠ needs 2nd confirm"
        yield replace(reading, label=label, needs_second_confirm=True)


# -- instruments ---------------------------------------------------------------------------------


def _nearest_future(index: Instrument, ctx: Context) -> Instrument | None:
    dates = ctx.instruments.expiries(index.underlying, options=False) if index.underlying else ()
    return ctx.instruments.future(index.underlying, dates[0]) if dates else None


def _fund(index: Instrument, ctx: Context) -> Instrument | None:
    symbol = FUNDS.get(index.symbol)
    found = ctx.instruments.find(f"{FIRST_VENUE}:{symbol}") if symbol else None
    return found if found and found.kind is Kind.ETF else None


def _options(asked: IndexAsked, kind: Kind, ctx: Context) -> Iterator[Asked | Problem]:
    index = asked.index
    dates = ctx.instruments.expiries(index.underlying, options=True) if index.underlying else ()
    if not dates:
        return
    listed = ctx.instruments.strikes(index.underlying, dates[0])
    typed = _typed_strike(asked, listed)
    strike = typed if typed is not None else _at_the_money(asked, listed, ctx)
    if strike is None:
        return
    option = ctx.instruments.option(index.underlying, dates[0], strike, kind)
    if option:
        title = contract_title(option, dates, ctx)
        if typed is None:
            title = f"ATM {title.removeprefix(index.underlying).strip()}"
        yield from _offered(option, title, _in_lots(asked, option), asked, ctx)


def _typed_strike(asked: IndexAsked, listed: Sequence[Decimal]) -> Decimal | None:
    """`NIFTY 24000`: a number that was typed like a quantity, but is a strike."""
    amount = asked.parse.quantity
    is_strike = amount and amount.measure is Measure.BARE and amount.value in listed
    return amount.value if amount and is_strike else None


def _at_the_money(asked: IndexAsked, listed: Sequence[Decimal], ctx: Context) -> Decimal | None:
    last = ctx.spot(asked.index)
    if last is None or not listed:
        return None
    return min(listed, key=lambda strike: (abs(strike - last), strike))
