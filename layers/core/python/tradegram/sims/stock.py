"""What a simulated broker lists, and how it trades: the sample's instruments, with numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from tradegram.instruments import sample
from tradegram.instruments.rows import from_line
from tradegram.market.feed import SimulatedQuotes
from tradegram.model import Instrument
from tradegram.sims.floor import Floor

INDIA = frozenset({"NSE", "BSE", "NFO", "BFO", "MCX"})
SIZE = Decimal(500)  # offered at the touch, in lots
MOST_BARS = 5_000


@dataclass(frozen=True)
class Seen:
    """A market at one moment: per unit, sizes and volume in units."""

    last: Decimal
    bid: Decimal
    ask: Decimal
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    size: Decimal
    volume: Decimal = Decimal(123_456)


@dataclass
class Stock:
    """rows: what is listed; each has a number, its place counted from 1."""

    floor: Floor
    rows: Sequence[Instrument]

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {row.key: place for place, row in enumerate(self.rows, 1)}

    def find(self, key: str) -> Instrument | None:
        """By `NSE:RELIANCE`."""
        number = self._numbers.get(key)
        return self.rows[number - 1] if number else None

    def number(self, instrument: Instrument) -> int:
        return self._numbers[instrument.key]

    def numbered(self, number: int) -> Instrument | None:
        return self.rows[number - 1] if 1 <= number <= len(self.rows) else None

    def seen(self, instrument: Instrument) -> Seen:
        last, tick = self.floor.price(instrument), instrument.tick_size
        return Seen(
            last, last - tick, last + tick, last, last + 4 * tick, last - 4 * tick, last - 2 * tick,
            SIZE * instrument.lot_size,
        )  # fmt: skip

    def bars(
        self, instrument: Instrument, minutes: int, since: float, until: float
    ) -> Iterator[tuple[float, Seen]]:
        """When each began, oldest first. Saw-toothed around the price of now."""
        step, seen = minutes * 60, self.seen(instrument)
        first = int(-(-since // step))
        for place in range(first, min(first + MOST_BARS, int(until // step) + 1)):
            up = instrument.tick_size * (place % 5 - 2)
            yield (
                float(place * step),
                Seen(
                    seen.last + up, seen.bid + up, seen.ask + up, seen.last,
                    seen.high + abs(up), seen.low - abs(up), seen.close, seen.size, Decimal(1_000),
                ),
            )  # fmt: skip


def rows_of(exchanges: frozenset[str] = INDIA) -> Sequence[Instrument]:
    """The sample's instruments of these exchanges, in the sample's order."""
    every = (from_line(line) for line in sample.load().lines())
    return [row for row in every if row.exchange in exchanges]


def moving(feed: SimulatedQuotes) -> Callable[[Instrument], Decimal | None]:
    """For `Floor.more_prices`: a market that moves with the clock."""

    def price(instrument: Instrument) -> Decimal | None:
        quote = feed.quote(instrument)
        return quote.last if quote else None

    return price
