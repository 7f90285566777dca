"""When exchanges trade, from the dated tables in `sessions.toml`."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tradegram.errors import UserError
from tradegram.instruments.exchanges import NEVER_CLOSE
from tradegram.market.sessions import Hours, tables
from tradegram.model import Instrument

# The longest a request may still be under way after the close, with a wide margin: order books
# are final well before it.
LONGEST_FLIGHT = timedelta(minutes=30)

WARN_BEFORE = timedelta(days=30)

# No market in the tables rests longer than this; the search for the next session is bounded.
LONGEST_BREAK = 15


class TradingCalendar:
    """
    Implements `ports.Calendar` by the instrument's exchange.

    always_open: the paper market never closes (the setting TRADEGRAM_PAPER_ALWAYS_OPEN).

    Every method raises UserError for an exchange no table knows. Beyond a table's last day
    weekdays count as trading days; `expires_soon` says so in time.
    """

    def __init__(self, always_open: bool = False) -> None:
        self.always_open = always_open
        self._hours = {name: hours for hours in tables() for name in hours.exchanges}

    def is_open(self, instrument: Instrument, at: float) -> bool:
        """The close itself is outside the session, the open inside."""
        hours = self._of(instrument.exchange)
        if hours is None or self.always_open:
            return True
        moment = _moment(at, hours.zone)
        session = hours.on(moment.date())
        return session is not None and session[0] <= moment < session[1]

    def next_open(self, instrument: Instrument, at: float) -> float | None:
        hours = self._of(instrument.exchange)
        if hours is None or self.always_open or self.is_open(instrument, at):
            return None
        session = _session_ending_after(hours, at)
        return session[0].timestamp() if session else None

    def book_closed_after(self, instrument: Instrument, placed_at: float) -> float | None:
        """Half an hour after `day_ends`; None for markets that never close."""
        if self._of(instrument.exchange) is None or self.always_open:
            return None
        return self.day_ends(instrument, placed_at) + LONGEST_FLIGHT.total_seconds()

    def day_ends(self, instrument: Instrument, placed_at: float) -> float:
        """
        When a DAY order placed then ends, seconds since the epoch: the close of its session.

        Placed while closed it belongs to the next session. Markets without a close, and a paper
        market kept open: the end of the exchange's calendar day.
        """
        hours = self._of(instrument.exchange)
        if hours is None or self.always_open:
            return _midnight_after(placed_at, hours.zone if hours else None)
        session = _session_ending_after(hours, placed_at)
        if session is None:
            raise UserError(f"I know of no session of {instrument.exchange} to come.")
        return session[1].timestamp()

    def session(self, exchange: str, day: date) -> tuple[datetime, datetime] | None:
        """
        Open and close of a day in the exchange's own time; None when it does not trade.

        By the table, whether or not the paper market is kept open. Markets that never close
        trade from midnight to midnight UTC.
        """
        hours = self._of(exchange)
        if hours is not None:
            return hours.on(day)
        opens = datetime.combine(day, time(), tzinfo=UTC)
        return opens, opens + timedelta(days=1)

    def expires_soon(self, at: float) -> str | None:
        """A sentence for people when a holiday table ends within 30 days, or has ended."""
        soonest, today = _soonest(at)
        if today + WARN_BEFORE < soonest.valid_until:
            return None
        names, last = ", ".join(soonest.exchanges), soonest.valid_until.isoformat()
        verb = "ended" if today > soonest.valid_until else "ends"
        return (
            f"The holiday table of {names} {verb} on {last}; later holidays are only expected "
            "ones, and other weekdays count as trading days. Install a newer version."
        )

    def has_expired(self, at: float) -> bool:
        """Whether the day is beyond a holiday table's last."""
        soonest, today = _soonest(at)
        return today > soonest.valid_until

    def _of(self, exchange: str) -> Hours | None:
        """None for exchanges that never close."""
        if exchange in NEVER_CLOSE:
            return None
        if exchange not in self._hours:
            raise UserError(f"I do not know when {exchange} trades.")
        return self._hours[exchange]


def _soonest(at: float) -> tuple[Hours, date]:
    """The table that ends first, and what day it is there."""
    soonest = min(tables(), key=lambda hours: hours.valid_until)
    return soonest, _moment(at, soonest.zone).date()


def _session_ending_after(hours: Hours, at: float) -> tuple[datetime, datetime] | None:
    """The session under way or, when there is none, the next."""
    moment = _moment(at, hours.zone)
    for days in range(LONGEST_BREAK):
        session = hours.on(moment.date() + timedelta(days=days))
        if session is not None and moment < session[1]:
            return session
    return None


def _midnight_after(at: float, zone: ZoneInfo | None) -> float:
    moment = _moment(at, zone)
    tomorrow = moment.date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), tzinfo=moment.tzinfo).timestamp()


def _moment(at: float, zone: ZoneInfo | None) -> datetime:
    return datetime.fromtimestamp(at, zone or UTC)
