"""Prices, candles and options as TWS says them; delayed ones are said to be so."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from tradegram.brokers.ibkr import words
from tradegram.brokers.ibkr.contracts import Contracts, Known
from tradegram.brokers.ibkr.ear import Asked
from tradegram.brokers.ibkr.link import Link
from tradegram.brokers.ibkr.rows import Ticks, amount
from tradegram.brokers.spans import check_length
from tradegram.errors import Refused, Throttled
from tradegram.model import Candle, Instrument, OptionRow, Quote
from tradegram.ports import Clock

if TYPE_CHECKING:
    from ib_async.objects import BarData

T = TypeVar("T")

SOURCE = words.NAME
DELAYED = "ibkr, 15 minutes old"
LATE = 900.0
AT_ONCE = 40  # subscriptions; TWS allows 100 in all
OPEN_INTEREST = "101"  # the generic tick that brings it
DAY = 86_400

# Numbers of ticks: live ones, and the same ones delayed.
BID, ASK, LAST, HIGH, LOW, CLOSE, OPENED = 1, 2, 4, 6, 7, 9, 14
BID_SIZE, ASK_SIZE = 0, 3
LATE_TICKS = {BID: 66, ASK: 67, LAST: 68, HIGH: 72, LOW: 73, CLOSE: 75, OPENED: 76}
CALLS_OPEN, PUTS_OPEN = 27, 28

LENGTHS = {
    1: "1 min", 5: "5 mins", 15: "15 mins", 30: "30 mins", 60: "1 hour", 1440: "1 day",
}  # fmt: skip
SHOWN = {"CASH": "MIDPOINT", "CRYPTO": "AGGTRADES"}
HISTORY, HISTORY_IN = 55, 600.0  # requests in so many seconds; TWS takes 60


class Prices:
    """What one process asks of the market. Use it on the loop."""

    def __init__(self, contracts: Contracts, clock: Clock) -> None:
        self._contracts = contracts
        self._clock = clock
        self._asked: deque[float] = deque()

    async def quotes(self, link: Link, instruments: Sequence[Instrument]) -> Mapping[str, Quote]:
        found = await _few_at_once(instruments, lambda one: self.quote(link, one))
        return {quote.instrument: quote for quote in found}

    async def quote(self, link: Link, instrument: Instrument) -> Quote | None:
        """None where TWS has no price of it, or nobody pays for one."""
        try:
            known = await self._contracts.of(link, instrument)
            asked = await self._snapshot(link, known)
        except Refused as error:
            if error.code in {str(number) for number in words.NO_PRICES} or not error.code:
                return None
            raise
        return quote_of(instrument, asked.ticks, self._clock.now())

    async def _snapshot(self, link: Link, known: Known) -> Asked:
        contract, tws = known.contract(), link.tws

        def send(number: int) -> None:
            tws.reqMktData(number, contract, "", True, False, [])

        def enough(asked: Asked) -> bool:
            return says_enough(asked.ticks, traded=known.sec_type != "CASH")

        return await link.watch(send, lambda _: None, enough, link.patience.prices)

    async def candles(
        self, link: Link, instrument: Instrument, minutes: int, since: float, until: float
    ) -> Sequence[Candle]:
        """Raises UserError: no such length. Throttled: too many were asked for."""
        check_length(words.PROFILE.title, minutes, LENGTHS)
        self._paced()
        known = await self._contracts.of(link, instrument)
        end = datetime.fromtimestamp(until, UTC).strftime("%Y%m%d-%H:%M:%S")
        contract, shown = known.contract(), SHOWN.get(known.sec_type, "TRADES")
        long, bar = duration(until - since), LENGTHS[minutes]

        def send(number: int) -> None:
            link.tws.reqHistoricalData(number, contract, end, long, bar, shown, 1, 2, False, [])

        try:
            bars = await link.ask(send, limit=link.patience.candles)
        except Refused as error:
            if error.code == str(words.HISTORY) and "no data" in error.words.casefold():
                return []
            raise
        found = [_candle(bar) for bar in bars]
        return [one for one in found if since <= one.at <= until]

    def _paced(self) -> None:
        """TWS ends the connection of those who ask for too much history."""
        now = self._clock.monotonic()
        while self._asked and now - self._asked[0] > HISTORY_IN:
            self._asked.popleft()
        if len(self._asked) >= HISTORY:
            wait = HISTORY_IN - (now - self._asked[0])
            raise Throttled(words.NAME, "asked for too many charts", retry_after=wait)
        self._asked.append(now)

    async def option_chain(self, link: Link, options: Sequence[Instrument]) -> Sequence[OptionRow]:
        return await _few_at_once(options, lambda one: self._option(link, one))

    async def _option(self, link: Link, option: Instrument) -> OptionRow | None:
        try:
            known = await self._contracts.of(link, option)
            asked = await self._until_greeks(link, known)
        except Refused:
            return None
        quote = quote_of(option, asked.ticks, self._clock.now())
        if quote is None:
            return None
        kind = CALLS_OPEN if words.RIGHTS[option.kind] == "C" else PUTS_OPEN
        iv, delta, gamma, theta, vega = asked.ticks.greeks or (None,) * 5
        lots = asked.ticks.sizes.get(kind)
        open_interest = None if lots is None else lots * option.lot_size
        return OptionRow(option, quote, open_interest, iv, delta, gamma, theta, vega)

    async def _until_greeks(self, link: Link, known: Known) -> Asked:
        contract, tws = known.contract(), link.tws

        def send(number: int) -> None:
            tws.reqMktData(number, contract, OPEN_INTEREST, False, False, [])

        def enough(asked: Asked) -> bool:
            sizes = asked.ticks.sizes
            return bool(asked.ticks.greeks) and (CALLS_OPEN in sizes or PUTS_OPEN in sizes)

        def stop(number: int) -> None:
            tws.cancelMktData(number)

        return await link.watch(send, stop, enough, link.patience.prices)


async def _few_at_once(
    instruments: Sequence[Instrument], ask: Callable[[Instrument], Awaitable[T | None]]
) -> list[T]:
    """What is known, in the order it was asked for."""
    found: list[T] = []
    for at in range(0, len(instruments), AT_ONCE):
        some = instruments[at : at + AT_ONCE]
        said = await asyncio.gather(*(ask(one) for one in some))
        found += [one for one in said if one is not None]
    return found


def quote_of(instrument: Instrument, ticks: Ticks, now: float) -> Quote | None:
    """None when there is no price in it. A currency's last price is between bid and ask."""
    live = any(kind in ticks.prices for kind in (BID, ASK, LAST))
    late = not live and any(kind in ticks.prices for kind in LATE_TICKS.values())

    def price(kind: int) -> Decimal:
        found = ticks.prices.get(LATE_TICKS[kind] if late else kind, Decimal(0))
        return found if found > 0 else Decimal(0)  # -1 stands for none

    bid, ask = price(BID), price(ASK)
    last = price(LAST) or ((bid + ask) / 2 if bid and ask else Decimal(0)) or price(CLOSE)
    if not last:
        return None
    at = ticks.traded_at or (now - LATE if late else now)
    return Quote(
        instrument=instrument.key,
        last=last,
        bid=bid,
        ask=ask,
        bid_size=ticks.sizes.get(BID_SIZE, ticks.sizes.get(BID, Decimal(0))),
        ask_size=ticks.sizes.get(ASK_SIZE, ticks.sizes.get(ASK, Decimal(0))),
        open=price(OPENED),
        high=price(HIGH),
        low=price(LOW),
        previous_close=price(CLOSE),
        at=at,
        source=DELAYED if late else SOURCE,
    )


def says_enough(ticks: Ticks, *, traded: bool) -> bool:
    """
    All that a decision needs: TWS may take eleven seconds to say that nothing else will come.

    traded: whether there is a last price; of currencies there is none.
    """
    wanted = {BID, ASK, CLOSE, *([LAST] if traded else [])}
    late = {LATE_TICKS[kind] for kind in wanted}
    return wanted <= ticks.prices.keys() or late <= ticks.prices.keys()


def duration(seconds: float) -> str:
    """As TWS wants it: seconds up to a day, days up to a year, then years."""
    if seconds <= DAY:
        return f"{max(math.ceil(seconds), 60)} S"
    days = math.ceil(seconds / DAY)
    return f"{days} D" if days <= 365 else f"{math.ceil(days / 365)} Y"


def _candle(bar: BarData) -> Candle:
    return Candle(
        at=_bar_began(str(bar.date)),
        open=amount(bar.open),
        high=amount(bar.high),
        low=amount(bar.low),
        close=amount(bar.close),
        volume=max(amount(bar.volume), Decimal(0)),
    )


def _bar_began(text: str) -> float:
    """Seconds since the epoch, or a day: `20261120`."""
    if len(text) == 8:
        return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).timestamp()
    return float(text)
