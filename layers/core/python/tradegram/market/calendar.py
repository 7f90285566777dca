"""When exchanges trade, from the dated tables in `sessions.toml`."""

from __future__ import annotations

from datetime import date, datetime

from tradegram.model import Instrument


class TradingCalendar:
    """
    Implements `ports.Calendar` by the instrument's exchange.

    always_open: the paper market never closes (the setting TRADEGRAM_PAPER_ALWAYS_OPEN).
    """

    def __init__(self, always_open: bool = False) -> None:
        self.always_open = always_open

    def is_open(self, instrument: Instrument, at: float) -> bool:
        raise NotImplementedError

    def next_open(self, instrument: Instrument, at: float) -> float | None:
        raise NotImplementedError

    def book_closed_after(self, instrument: Instrument, placed_at: float) -> float | None:
        """Half an hour after `day_ends`; None for markets that never close."""
        raise NotImplementedError

    def day_ends(self, instrument: Instrument, placed_at: float) -> float:
        """
        When a DAY order placed then ends, seconds since the epoch: the close of its session.

        Placed while closed it belongs to the next session. Markets without a close, and a paper
        market kept open: the end of the exchange's calendar day.
        """
        raise NotImplementedError

    def session(self, exchange: str, day: date) -> tuple[datetime, datetime] | None:
        """Open and close of a day in the exchange's own time; None when it does not trade."""
        raise NotImplementedError

    def expires_soon(self, at: float) -> str | None:
        """A sentence for people when a holiday table ends within 30 days, or has ended."""
        raise NotImplementedError
