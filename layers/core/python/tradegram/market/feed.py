"""
A simulated market, said to be one wherever it is shown: prices from a seed and the time.

Every price is a pure function of (seed, instrument, time). So two processes that never met agree
on it, and what an order met yesterday can be computed again today.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import TypeVar

from tradegram.instruments.sample import start_price
from tradegram.market.noise import Path, path, root_of, share
from tradegram.market.pricing import future_price, option_price
from tradegram.model import Instrument, Kind, Quote
from tradegram.ports import Clock, Instruments

Name = TypeVar("Name")
What = TypeVar("What")

SOURCE = "simulated"
BEATS = 2  # the market moves twice a second
REMEMBERED = 4096  # instruments and day ranges kept, only to save time

# How lively each kind is beside a share. An index moves less, a coin more.
LIVELY = {
    Kind.INDEX: 0.35,
    Kind.ETF: 0.35,
    Kind.COIN: 1.5,
    Kind.PERPETUAL: 1.5,
    Kind.SHARE: 1.0,
    Kind.FUTURE: 1.0,
    Kind.CALL: 1.0,
    Kind.PUT: 1.0,
}
# A year's, as options are priced with. Calmer for an index.
VOLATILITY = {kind: 0.12 if kind in (Kind.INDEX, Kind.ETF) else 0.26 for kind in Kind}
INDIAN = frozenset({"NSE", "BSE", "NFO", "BFO"})  # one price for all of them
DAY = 86_400.0
# (opens, length) in seconds of the UTC day; only for open, high, low and previous close.
SESSIONS = {
    "MCX": (3.5 * 3600, 14.5 * 3600),
    "NASDAQ": (14.5 * 3600, 6.5 * 3600),
    "NYSE": (14.5 * 3600, 6.5 * 3600),
    "BINANCE": (0.0, DAY),
    "BINANCEFUT": (0.0, DAY),
    "ALPACA": (0.0, DAY),
    "OPRA": (14.5 * 3600, 6.5 * 3600),
}
INDIA = (3.75 * 3600, 6.25 * 3600)
SLOTS = 6  # looks per session from which high and low are taken
FAR = DAY * 36_500.0
EXPIRES = time(10, 0, tzinfo=UTC)  # 15:30 in Mumbai
DEPTH = {"INR": 2_000_000.0}  # money that usually waits at the touch; in dollars otherwise:
DEPTH_ABROAD = 40_000.0


@dataclass(frozen=True, slots=True)
class Look:
    """Prices in ticks and sizes in lots, at one moment: what matching needs of a quote."""

    last: int
    bid: int
    ask: int
    bid_lots: int
    ask_lots: int


@dataclass(frozen=True, slots=True)
class _Source:
    """What is known of an instrument beforehand. expires: seconds since the epoch."""

    instrument: Instrument
    root: int
    start: float
    path: Path
    tick: float
    lot_value: float
    expires: float
    strike: float
    volatility: float

    def price(self, t: float) -> float:
        level = self.start * (1.0 + self.path.at(t))
        kind = self.instrument.kind
        if kind is Kind.FUTURE:
            return future_price(level, self.expires - t)
        if kind.is_option:
            return option_price(
                level, self.strike, self.expires - t, self.volatility, call=kind is Kind.CALL
            )
        return level

    def last(self, t: float) -> int:
        """In ticks; two at least, so that a bid of one fits under it."""
        return max(round(self.price(t) / self.tick), 2)


class SimulatedQuotes:
    """Implements ports.Quotes. Keeps nothing but shortcuts; safe to share between threads."""

    def __init__(
        self,
        clock: Clock,
        seed: int,
        instruments: Instruments | None = None,
        starts: Callable[[Instrument], Decimal | None] = start_price,
    ) -> None:
        """
        instruments: says whether a derivative is written on an index or a share.
        starts: the price to start around; of a derivative, its underlying's.
        """
        self._clock = clock
        self._seed = seed
        self._instruments = instruments
        self._starts = starts
        self._sources: dict[str, _Source] = {}
        self._others: dict[int, SimulatedQuotes] = {}
        self._ranges: dict[tuple[str, float, int], tuple[int, int, int, int]] = {}

    @property
    def seed(self) -> int:
        return self._seed

    def seeded(self, seed: int) -> SimulatedQuotes:
        """The market of another seed: orders keep the one they were placed in."""
        if seed == self._seed:
            return self
        if seed not in self._others:
            other = SimulatedQuotes(self._clock, seed, self._instruments, self._starts)
            _remember(self._others, seed, other)
        return self._others[seed]

    def quote(self, instrument: Instrument, account_id: str = "") -> Quote | None:
        return self.at(instrument, self._clock.now())

    def at(self, instrument: Instrument, t: float) -> Quote:
        """The market at time t, in seconds since the epoch; past and future alike."""
        seen = self.look(instrument, t)
        source = self._source(instrument)
        first, high, low, before = self._range(source, t)
        tick, lot = instrument.tick_size, instrument.lot_size
        return Quote(
            instrument=instrument.key,
            last=seen.last * tick,
            bid=seen.bid * tick,
            ask=seen.ask * tick,
            bid_size=seen.bid_lots * lot,
            ask_size=seen.ask_lots * lot,
            open=first * tick,
            high=max(high, seen.last) * tick,
            low=min(low, seen.last) * tick,
            previous_close=before * tick,
            at=int(t * BEATS) / BEATS,
            source=SOURCE,
        )

    def look(self, instrument: Instrument, t: float) -> Look:
        source = self._source(instrument)
        beat = int(t * BEATS)
        last = source.last(beat / BEATS)
        # Ten millionths of the price and up to two ticks: narrow where prices are, wide in paise.
        wide = 1 + int(last * 0.00001)
        waiting = share(source.root, beat)
        size = max(DEPTH.get(instrument.currency, DEPTH_ABROAD) / source.lot_value, 5.0)
        return Look(
            last=last,
            bid=max(last - wide - int(waiting * 2), 1),
            ask=last + wide + int(waiting * 2),
            bid_lots=max(int(size * (0.4 + waiting)), 1),
            ask_lots=max(int(size * (1.4 - waiting)), 1),
        )

    def _range(self, source: _Source, t: float) -> tuple[int, int, int, int]:
        """Open, high, low and previous close in ticks, from a few looks at the session so far."""
        opens, length = SESSIONS.get(source.instrument.exchange, INDIA)
        began = (t - opens) // DAY * DAY + opens
        slot = int(min((t - began) / length, 1.0) * SLOTS)
        name = (source.instrument.key, began, slot)
        known = self._ranges.get(name)
        if known is None:
            looks = [source.last(began + length * index / SLOTS) for index in range(slot + 1)]
            known = looks[0], max(looks), min(looks), source.last(began - DAY + length)
            _remember(self._ranges, name, known)
        return known

    def _source(self, instrument: Instrument) -> _Source:
        known = self._sources.get(instrument.key)
        if known is None or known.instrument != instrument:
            known = self._prepared(instrument)
            _remember(self._sources, instrument.key, known)
        return known

    def _prepared(self, instrument: Instrument) -> _Source:
        base, kind = _base(instrument), self._written_on(instrument)
        start = self._start(instrument, base)
        # An option costs a small part of its strike; how many are on offer follows from that.
        worth = start * 0.01 if instrument.kind.is_option else start
        expires = FAR
        if instrument.expiry is not None:
            expires = datetime.combine(instrument.expiry, EXPIRES).timestamp()
        lively = LIVELY[Kind.SHARE if instrument.exchange == "MCX" else kind]
        return _Source(
            instrument=instrument,
            root=root_of(self._seed, instrument.key, "sizes"),
            start=start,
            path=path(root_of(self._seed, base), lively),
            tick=float(instrument.tick_size),
            lot_value=max(worth * float(instrument.lot_size * instrument.multiplier), 1e-9),
            expires=expires,
            strike=float(instrument.strike or 0),
            volatility=VOLATILITY[kind],
        )

    def _written_on(self, instrument: Instrument) -> Kind:
        if not instrument.kind.is_derivative:
            return instrument.kind
        found = self._instruments.named(instrument.underlying) if self._instruments else ()
        kinds = [one.kind for one in found if not one.kind.is_derivative]
        return kinds[0] if kinds else Kind.SHARE

    def _start(self, instrument: Instrument, base: str) -> float:
        said = self._starts(instrument)
        if said is not None:
            return float(said)
        if instrument.kind.is_option and instrument.strike:
            return float(instrument.strike)
        # Nobody said: a price between 50 and 2,000 that follows from the name alone.
        return float(round(50.0 * 40.0 ** share(root_of(base, "start"), 0), 2))


def _base(instrument: Instrument) -> str:
    """The name of the path it follows: its own, or that of what it is written on."""
    home = "IN" if instrument.exchange in INDIAN else instrument.exchange
    return f"{home}:{instrument.underlying or instrument.symbol}"


def _remember(where: dict[Name, What], name: Name, what: What) -> None:
    if len(where) >= REMEMBERED:
        where.clear()
    where[name] = what
