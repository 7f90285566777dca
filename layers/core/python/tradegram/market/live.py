"""
Prices for every account: on paper the simulated market, of a live account its own broker's.

A price of one market never decides an order in another.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tradegram.brokers.calls import VIEWS
from tradegram.brokers.contract import Ability, Market, calls_of
from tradegram.errors import BrokerError, Refused, Throttled, UserError
from tradegram.model import Account, Instrument, Mode, Quote
from tradegram.ports import Brokers, Clock, Quotes

FRESH = 1.05  # seconds; brokers count how often they are asked
WATCHED = 10.0  # seconds for which what was asked about is asked again with the next question
MOST = 50  # instruments in one question
LONGEST_PAUSE = 5.0  # seconds

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Seen:
    """
    What one account's broker said last. asked: by key, when somebody wanted it; monotonic.

    after: monotonic, when it may be asked again; new_after: for what nobody asked about yet.
    """

    after: float = float("-inf")
    new_after: float = float("-inf")
    quotes: Mapping[str, Quote] = field(default_factory=dict[str, Quote])
    asked: dict[str, tuple[float, Instrument]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(slots=True)
class LiveQuotes:
    """
    Implements ports.Quotes. One question a second for each account, for all that is watched; fewer
    where the broker allows fewer, and none for as long as it asks us to wait.

    pause: waits so many seconds, a few at most; the first question about an instrument does. told:
    a price that the broker says by itself, for which nobody needs to ask; see `brokers.price_ears`.
    """

    brokers: Brokers
    simulated: Quotes
    clock: Clock
    pause: Callable[[float], None] = time.sleep
    told: Callable[[Account, Instrument], Quote | None] = lambda account, instrument: None
    _seen: dict[str, _Seen] = field(default_factory=dict)

    def quote(self, instrument: Instrument, account_id: str = "") -> Quote | None:
        if account_id:
            account = self.brokers.account(account_id)
            if account.mode is Mode.PAPER:
                return self.simulated.quote(instrument)
            return self._of(account, instrument)
        for account in self._who_may_know(instrument):
            if (quote := self._of(account, instrument)) is not None:
                return quote
        return self.simulated.quote(instrument)

    def _who_may_know(self, instrument: Instrument) -> list[Account]:
        return [
            account
            for account in self.brokers.accounts()
            if account.mode is Mode.LIVE and account.currency == instrument.currency
        ]

    def _of(self, account: Account, instrument: Instrument) -> Quote | None:
        if (quote := self.told(account, instrument)) is not None:
            return quote
        seen = self._seen.setdefault(account.account_id, _Seen())
        with seen.lock:  # whoever comes meanwhile has his answer with this one's
            now = self.clock.monotonic()
            is_new = instrument.key not in seen.asked
            seen.asked[instrument.key] = (now, instrument)
            if now >= seen.after:
                self._ask(account, seen, instrument)
            elif is_new and seen.new_after - now <= LONGEST_PAUSE:
                self.pause(max(seen.new_after - now, 0.0))
                self._ask(account, seen, instrument)
            return seen.quotes.get(instrument.key)

    def _ask(self, account: Account, seen: _Seen, newest: Instrument) -> None:
        now = self.clock.monotonic()
        kept = {key: one for key, one in seen.asked.items() if now - one[0] < WATCHED}
        latest = sorted(kept.items(), key=lambda one: -one[1][0])[:MOST]
        before, seen.quotes = seen.quotes, {}  # an old price is worse than none
        seen.asked, seen.new_after = dict(latest), now + self._apart(account)
        seen.after = max(seen.new_after, now + self._lasting(account, len(latest)))
        try:
            seen.quotes = self._asked(account, [one for _, (_, one) in latest])
        except Throttled as error:
            seen.quotes = before  # of a moment ago; each carries its time
            seen.new_after = max(seen.new_after, now + error.retry_after)
            seen.after = max(seen.after, seen.new_after)
        except Refused as error:
            # One that the broker does not list must not hide the others.
            seen.asked = {newest.key: (now, newest)}
            if len(latest) > 1:
                self.pause(self._apart(account))
                self._ask(account, seen, newest)
            else:
                _no_prices(account, error)
        except (BrokerError, UserError) as error:
            _no_prices(account, error)

    def _apart(self, account: Account) -> float:
        try:
            return max(FRESH, 1.0 / self.brokers.profile(account.account_id).reads_per_second)
        except UserError:
            return FRESH  # whoever asks the broker will hear why

    def _lasting(self, account: Account, count: int) -> float:
        """Seconds apart where a broker takes so many calls a day; a quote is one there."""
        try:
            calls = calls_of(self.brokers.broker(account.account_id))
        except (BrokerError, UserError):
            return 0.0  # whoever asks it will hear why
        return calls.apart(count, VIEWS) if calls is not None else 0.0

    def _asked(self, account: Account, wanted: Sequence[Instrument]) -> Mapping[str, Quote]:
        broker = self.brokers.broker(account.account_id)
        if not isinstance(broker, Market) or Ability.QUOTES not in broker.profile.can:
            return {}
        return broker.quotes(wanted)


def _no_prices(account: Account, error: Exception) -> None:
    logger.info("no prices: %s", error, extra={"account_id": account.account_id})
