"""
The tables of one process: the desk's master and each broker's listings, swapped when newer ones
lie on the shelf. A damaged file never replaces a table that is in use.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from tradegram.brokers.listings import KnownListings, Listing, Listings, SameNames
from tradegram.brokers.listings_file import DamagedListings, ListingsFile
from tradegram.errors import StoreError
from tradegram.instruments import sample, sources
from tradegram.instruments.master import Master
from tradegram.instruments.shelf import MASTER, Shelf, listings_name
from tradegram.instruments.table import Table
from tradegram.model import Instrument
from tradegram.ports import Clock

LOOK_EVERY = 60.0  # seconds

# Brokers that call everything as its exchange does: they can be used before their list is there.
SAME_NAMES = frozenset({"alpaca", "binance", "binancefutures", "ibkr", "zerodha"})

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Tables:
    """
    shelf: None where there is none; then there is the sample, and nothing else.

    find: by key, in the master of now; for brokers whose list is not there yet.
    """

    clock: Clock
    shelf: Shelf | None = None
    find: Callable[[str], Instrument | None] = lambda key: None
    _mark: str = ""
    _table: Table | None = None
    _of: dict[str, LiveListings] = field(default_factory=dict)

    def master(self, today: date) -> Master:
        """The shelf's; that of before where it is damaged; the sample where there was none."""
        self._look()
        return Master.from_table(self._table, today) if self._table else sample.load(today)

    def _look(self) -> None:
        try:
            mark = self.shelf.mark(MASTER) if self.shelf else ""
            if self.shelf is None or mark in ("", self._mark):
                return
            self._mark = mark
            self._table = sources.read(self.shelf.take(MASTER))
        except (sources.DamagedMaster, StoreError, OSError) as error:
            logger.warning("the instruments of before stay in use: %s", error)

    def is_newer(self) -> bool:
        """Whether the shelf has another master than the last that was taken from it."""
        try:
            return self.shelf is not None and self.shelf.mark(MASTER) not in ("", self._mark)
        except StoreError:
            return False

    def listings(self, broker: str) -> Listings:
        """Of now, whenever it is asked."""
        if broker not in self._of:
            without = SameNames(self.find) if broker in SAME_NAMES else KnownListings(broker, ())
            self._of[broker] = LiveListings(broker, self.clock, self.shelf, without)
        return self._of[broker]


class LiveListings:
    """Implements Listings by the shelf's newest file; by `without` until there is one."""

    def __init__(self, broker: str, clock: Clock, shelf: Shelf | None, without: Listings) -> None:
        self._broker = broker
        self._clock = clock
        self._shelf = shelf
        self._held: Listings = without
        self._mark = ""
        self._looked_at = float("-inf")
        self._swap = threading.Lock()

    def of(self, instrument: Instrument) -> Listing:
        return self._now().of(instrument)

    def by_symbol(self, segment: str, symbol: str) -> Instrument:
        return self._now().by_symbol(segment, symbol)

    def by_token(self, segment: str, token: str) -> Instrument:
        return self._now().by_token(segment, token)

    def _now(self) -> Listings:
        if self._clock.monotonic() - self._looked_at >= LOOK_EVERY and self._shelf is not None:
            with self._swap:
                self._looked_at = self._clock.monotonic()
                self._look(self._shelf)
        return self._held

    def _look(self, shelf: Shelf) -> None:
        name = listings_name(self._broker)
        try:
            mark = shelf.mark(name)
            if mark in ("", self._mark):
                return
            self._held, self._mark = ListingsFile(shelf.take(name)), mark
        except (DamagedListings, StoreError, OSError) as error:
            logger.warning("the list of before stays in use: %s", error)
