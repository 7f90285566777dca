"""What the paper broker says of its market: prices, candles, options. All of it is simulated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from tradegram.brokers.paper.life import PaperCalendar
from tradegram.brokers.spans import check_length
from tradegram.market.candles import LENGTHS, simulated
from tradegram.market.feed import SimulatedQuotes
from tradegram.market.noise import root_of, share
from tradegram.model import Candle, Instrument, OptionRow, Quote
from tradegram.ports import Clock

OPEN_INTEREST = 20_000  # lots, about


class PaperMarket:
    """The part of PaperBroker that implements contract.Market."""

    _clock: Clock
    _feed: SimulatedQuotes
    _calendar: PaperCalendar

    def quotes(self, instruments: Sequence[Instrument]) -> Mapping[str, Quote]:
        now = self._clock.now()
        return {one.key: self._feed.at(one, now) for one in instruments}

    def candles(
        self, instrument: Instrument, minutes: int, since: float, until: float
    ) -> Sequence[Candle]:
        check_length("The paper market", minutes, LENGTHS)
        until = min(until, self._clock.now())
        is_open = self._calendar.is_open
        return simulated(self._feed, is_open, instrument, minutes, since, until)

    def option_chain(self, options: Sequence[Instrument]) -> Sequence[OptionRow]:
        """Greeks are left to whoever wants them: they follow from the prices."""
        quotes = self.quotes(options)
        return [OptionRow(one, quotes[one.key], self._open_interest(one)) for one in options]

    def _open_interest(self, option: Instrument) -> Decimal:
        """Most near round strikes, and the same all day."""
        chance = share(root_of(self._feed.seed, option.key, "open interest"), 0)
        is_round = not (option.strike or Decimal(1)) % 500
        lots = int(OPEN_INTEREST * (0.2 + chance) * (2 if is_round else 1))
        return Decimal(lots) * option.lot_size
