"""
Prices as brokers say them by themselves, for those who would otherwise ask.

A price is one of these for as long as its stream lives and has said it lately; after that it is
asked for. Nothing here is needed: without it there are only more questions.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from tradegram.brokers.contract import Ability
from tradegram.brokers.heard import PriceStreams, Stream
from tradegram.brokers.streams import LISTEN, Ear
from tradegram.errors import NotSent, TradegramError
from tradegram.model import Account, Instrument, Quote
from tradegram.ports import Brokers, Clock

MOST = 200  # instruments of one account that are watched; the others are asked about
LATELY = 20.0  # seconds that a price stands which was not said again
STOP_WITHIN = 2.0

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class PriceEars:
    """One ear for each account whose broker streams prices, from the first question on."""

    brokers: Brokers
    clock: Clock
    listen: float = LISTEN
    _of: dict[str, PriceEar | None] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _over: bool = False

    def told(self, account: Account, instrument: Instrument) -> Quote | None:
        """None: ask. From then on it is watched."""
        with self._lock:
            if account.account_id not in self._of and not self._over:
                self._of[account.account_id] = self._ear(account.account_id)
            ear = self._of.get(account.account_id)
        return ear.told(instrument) if ear is not None else None

    def stop(self) -> None:
        with self._lock:
            self._over = True
            ears = [ear for ear in self._of.values() if ear is not None]
        for ear in ears:
            ear.stop()

    def _ear(self, account_id: str) -> PriceEar | None:
        try:
            if Ability.PRICES not in self.brokers.profile(account_id).can:
                return None
        except TradegramError:
            return None  # whoever asks the broker will hear why
        made = PriceEar(account_id, self.brokers, self.clock, self.listen)
        made.start()
        return made


class PriceEar:
    """One account's. Safe to share between threads."""

    def __init__(self, account_id: str, brokers: Brokers, clock: Clock, listen: float) -> None:
        self._account_id = account_id
        self._brokers = brokers
        self._clock = clock
        self._stream: Stream | None = None
        self._watched: dict[str, Instrument] = {}
        self._heard: dict[str, tuple[float, Quote]] = {}
        self._saying = threading.Lock()  # one says what it watches at a time
        self._ear = Ear(account_id, self._opened, self._began, clock, listen, tell=self._tell)
        self._thread = threading.Thread(
            target=self._ear.run, name=f"prices {account_id}", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ear.stop()
        self._thread.join(STOP_WITHIN)

    def told(self, instrument: Instrument) -> Quote | None:
        if instrument.key not in self._watched:
            self._watch(instrument)
        at, quote = self._heard.get(instrument.key, (0.0, None))
        is_good = self._ear.lives and self._clock.monotonic() - at < LATELY
        return quote if is_good else None

    def _watch(self, instrument: Instrument) -> None:
        if len(self._watched) < MOST:
            self._watched[instrument.key] = instrument
            if self._ear.lives:
                self._say([instrument])

    def _opened(self) -> Stream:
        """Raises BrokerError."""
        broker = self._brokers.broker(self._account_id)
        if not isinstance(broker, PriceStreams):
            raise NotSent(broker.profile.name, "it streams no prices")
        self._stream = broker.price_stream()
        return self._stream

    def _began(self) -> None:
        """Rung when the stream begins, and when it ends."""
        self._heard.clear()
        if self._ear.lives:
            self._say(list(self._watched.values()))

    def _say(self, instruments: Sequence[Instrument]) -> None:
        if self._stream is None or not instruments:
            return
        try:
            with self._saying:
                self._ear.say(self._stream.watch(instruments))
        except Exception as error:  # of many families; all is said again when it opens
            extra = {"account_id": self._account_id}
            logger.info("not watched: %s", type(error).__name__, extra=extra)

    def _tell(self, quotes: Sequence[Quote]) -> None:
        now = self._clock.monotonic()
        self._heard.update({one.instrument: (now, one) for one in quotes})
