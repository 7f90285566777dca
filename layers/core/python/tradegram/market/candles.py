"""
Candles of the simulated market. As its prices they follow from the seed and the time alone, so
that a chart drawn tomorrow shows the same day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from tradegram.market.feed import SimulatedQuotes
from tradegram.market.noise import root_of, share
from tradegram.model import Candle, Instrument

LENGTHS = (1, 5, 15, 30, 60, 1440)  # minutes
LOOKS = 5  # inside a candle, from which high and low are taken
MOST = 2000  # candles of one answer, the latest
DAY = 86_400
VOLUME = 400  # lots in a minute, about

IsOpen = Callable[[Instrument, float], bool]


def simulated(
    feed: SimulatedQuotes,
    is_open: IsOpen,
    instrument: Instrument,
    minutes: int,
    since: float,
    until: float,
) -> Sequence[Candle]:
    """While its exchange is open. Oldest first, the last one as far as `until`."""
    step = minutes * 60
    starts = list(_starts(is_open, instrument, step, since, until))
    return [_candle(feed, instrument, at, step, until) for at in reversed(starts)]


def _starts(
    is_open: IsOpen, instrument: Instrument, step: int, since: float, until: float
) -> Iterator[int]:
    """Latest first. A day counts when any hour of it is open."""
    count = 0
    for at in range(int(until) // step * step, int(since) - 1, -step):
        hours = range(0, DAY, 3600) if step == DAY else (0,)
        if any(is_open(instrument, at + hour) for hour in hours):
            yield at
            count += 1
            if count == MOST:
                return


def _candle(
    feed: SimulatedQuotes, instrument: Instrument, at: int, step: int, until: float
) -> Candle:
    ends = min(at + step, until)
    looks = [feed.look(instrument, at + (ends - at) * part / LOOKS).last for part in range(LOOKS)]
    looks.append(feed.look(instrument, ends).last)
    tick = instrument.tick_size
    moved = abs(looks[-1] - looks[0]) / max(looks[0], 1)
    lots = VOLUME * (ends - at) / 60 * (0.5 + share(_root(feed, instrument), at) + moved * 100)
    return Candle(
        at=float(at),
        open=looks[0] * tick,
        high=max(looks) * tick,
        low=min(looks) * tick,
        close=looks[-1] * tick,
        volume=Decimal(int(lots)) * instrument.lot_size,
    )


def _root(feed: SimulatedQuotes, instrument: Instrument) -> int:
    return root_of(feed.seed, instrument.key, "volume")
