"""Endpoints about markets: prices, instruments, option chains, candles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeVar

from tradegram.api.call import Answer, Call
from tradegram.api.faults import ApiCode, Fault, fault_of
from tradegram.api.naming import account_of, instrument_of, permitted
from tradegram.api.route import Example, Route
from tradegram.api.shapes import time_of
from tradegram.api.shapes_market import (
    CandlesAnswer,
    CandleShape,
    CandlesQuery,
    ChainAnswer,
    ChainQuery,
    ChainRowShape,
    OptionShape,
    QuotesAnswer,
    QuotesQuery,
    SearchAnswer,
    SearchQuery,
)
from tradegram.api.views import instrument_shape, quote_shape
from tradegram.brokers.contract import Ability
from tradegram.codes import Code
from tradegram.errors import UserError
from tradegram.market.asking import BrokerMarket, first_to_say, who_knows
from tradegram.model import Candle, Instrument, Kind, OptionRow
from tradegram.tickets.at_once import at_once

T = TypeVar("T")

MOST_QUOTES = 50
MOST_CANDLES = 2000


def quotes(call: Call) -> Answer:
    words = [word.strip() for word in call.query.symbols.split(",") if word.strip()]
    if not 1 <= len(words) <= MOST_QUOTES:
        raise Fault(ApiCode.INVALID_REQUEST, f"Name 1 to {MOST_QUOTES} symbols at a time.")
    named = {word: instrument_of(call.desk, word, None) for word in words}
    found = list(at_once(call.desk.quotes.quote, list(named.values())))
    priced = zip(named.items(), found, strict=True)
    shown, missing = [], []
    for (word, instrument), quote in priced:
        if quote is None:
            missing.append(word)
        else:
            shown.append(quote_shape(instrument, quote))
    return Answer(200, QuotesAnswer(quotes=shown, missing=missing))


def search(call: Call) -> Answer:
    found = call.desk.instruments.search(call.query.q, call.query.limit)
    return Answer(200, SearchAnswer(instruments=[instrument_shape(one) for one in found]))


def _told(
    call: Call,
    word: str | None,
    instrument: Instrument,
    ability: Ability,
    ask: Callable[[BrokerMarket], T | None],
) -> T:
    """
    What the named account's broker says, or the first that knows this market. Raises Fault.
    """
    if word is not None:
        accounts = [account_of(call, word)]
    else:
        usual = account_of(call, None)
        accounts = who_knows(call.desk, instrument, ability, usual)
    able = [
        one
        for one in accounts
        if permitted(call, one) and ability in call.desk.brokers.profile(one.account_id).can
    ]
    if not able:
        raise Fault(ApiCode.NOT_SUPPORTED, f"No broker asked here {ability.value}.")
    try:
        return first_to_say(call.desk, able, ask).what
    except UserError as error:
        raise fault_of(error, ApiCode.CANNOT) from error


# -- candles -------------------------------------------------------------------------------------


def candles(call: Call) -> Answer:
    wanted: CandlesQuery = call.query
    instrument = instrument_of(call.desk, wanted.symbol, wanted.exchange)
    seconds = 60.0 * wanted.minutes
    until = wanted.until.timestamp() if wanted.until else call.desk.clock.now()
    since = wanted.since.timestamp() if wanted.since else until - 100 * seconds
    if not 0 < until - since <= MOST_CANDLES * seconds:
        raise Fault(ApiCode.INVALID_REQUEST, f"Ask for 1 to {MOST_CANDLES} candles at a time.")

    def ask(market: BrokerMarket) -> Sequence[Candle] | None:
        return market.candles(instrument, wanted.minutes, since, until)

    found = _told(call, wanted.account, instrument, Ability.CANDLES, ask)
    shown = [
        CandleShape(
            time=time_of(one.at), open=one.open, high=one.high, low=one.low, close=one.close,
            volume=one.volume, open_interest=one.open_interest,
        )
        for one in found[-MOST_CANDLES:]
    ]  # fmt: skip
    return Answer(
        200,
        CandlesAnswer(
            symbol=instrument.symbol, exchange=instrument.exchange, minutes=wanted.minutes,
            candles=shown,
        ),
    )  # fmt: skip


# -- option chain --------------------------------------------------------------------------------


def chain(call: Call) -> Answer:
    wanted: ChainQuery = call.query
    word = wanted.underlying.strip().upper()
    expiries = call.desk.instruments.expiries(word, options=True)
    if not expiries:
        raise Fault(Code.INVALID_SYMBOL, f"There are no options on {word[:40]} here.")
    expiry = wanted.expiry or expiries[0]
    if expiry not in expiries:
        dates = ", ".join(str(one) for one in expiries[:6])
        raise Fault(Code.INVALID_SYMBOL, f"{word[:40]} has no options of {expiry}.",
                    f"The next are {dates}.")  # fmt: skip
    spot = _spot(call, word)
    strikes = _around(call.desk.instruments.strikes(word, expiry), spot, wanted.strikes)
    rows = _rows(call, wanted.account, word, expiry, strikes)
    return Answer(
        200,
        ChainAnswer(
            underlying=word, expiry=expiry, expiries=list(expiries), spot=spot,
            rows=[
                ChainRowShape(strike=strike, call=rows.get((strike, Kind.CALL)),
                              put=rows.get((strike, Kind.PUT)))
                for strike in strikes
            ],
        ),
    )  # fmt: skip


def _spot(call: Call, underlying: str) -> Decimal | None:
    for one in call.desk.instruments.named(underlying)[:1]:
        quote = call.desk.quotes.quote(one)
        return quote.last if quote else None
    return None


def _around(strikes: Sequence[Decimal], spot: Decimal | None, most: int) -> Sequence[Decimal]:
    """The nearest to the money; the middle ones where nobody knows where that is."""
    middle = strikes[len(strikes) // 2] if spot is None else spot
    return sorted(sorted(strikes, key=lambda strike: abs(strike - middle))[:most])


def _rows(
    call: Call, word: str | None, underlying: str, expiry: date, strikes: Sequence[Decimal]
) -> dict[tuple[Decimal, Kind], OptionShape]:
    known = call.desk.instruments
    options = [
        one
        for strike in strikes
        for kind in (Kind.CALL, Kind.PUT)
        if (one := known.option(underlying, expiry, strike, kind)) is not None
    ]
    if not options:
        return {}
    found = _told(
        call, word, options[0], Ability.CHAIN, lambda market: market.option_chain(options)
    )
    return {
        (row.instrument.strike or Decimal(0), row.instrument.kind): _option_shape(row)
        for row in found
    }


def _option_shape(row: OptionRow) -> OptionShape:
    quote = row.quote
    return OptionShape(
        symbol=row.instrument.symbol,
        exchange=row.instrument.exchange,
        lot_size=row.instrument.lot_size,
        last_price=quote.last,
        bid=quote.bid,
        ask=quote.ask,
        open_interest=row.open_interest,
        iv=row.iv,
        delta=row.delta,
        gamma=row.gamma,
        theta=row.theta,
        vega=row.vega,
        source=quote.source,
    )


ROWS = (
    Route(
        "GET", "/api/quotes", "getQuotes", "Prices now.", quotes, {200: QuotesAnswer},
        query=QuotesQuery, tag="market",
        example=Example(200, query={"symbols": "NSE:RELIANCE,INFY"}),
    ),
    Route(
        "GET", "/api/instruments", "searchInstruments", "Find instruments by name or symbol.",
        search, {200: SearchAnswer}, query=SearchQuery, tag="market",
        example=Example(200, query={"q": "reliance", "limit": "5"}),
    ),
    Route(
        "GET", "/api/optionchain", "getOptionChain", "Options of one underlying and expiry.",
        chain, {200: ChainAnswer}, query=ChainQuery, tag="market",
        example=Example(200, query={"underlying": "NIFTY", "strikes": "6"}),
    ),
    Route(
        "GET", "/api/candles", "getCandles", "How a price went.", candles, {200: CandlesAnswer},
        query=CandlesQuery, tag="market",
        details="NOT_SUPPORTED (501) where the account's broker gives none.",
        example=Example(200, query={"symbol": "RELIANCE", "minutes": "15"}),
    ),
)  # fmt: skip
