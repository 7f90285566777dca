"""
Each morning, the day's instruments from every broker that we are logged in at.

A file that cannot be read, is cut short or has lost much of an exchange never replaces the one
before, and everybody is told. What was tried and when is in the record, for every process.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol, runtime_checkable
from zoneinfo import ZoneInfo

from tradegram.brokers.contract import Broker
from tradegram.brokers.listings import Listing
from tradegram.brokers.listings_file import DamagedListings, ListingsFile, save
from tradegram.errors import BrokerError, Conflict, SessionExpired, StoreError, UserError
from tradegram.instruments import sources
from tradegram.instruments.shelf import MASTER, Shelf, listings_name
from tradegram.instruments.union import rank, union
from tradegram.model import Account, Mode
from tradegram.ports import Brokers, Change, Clock, Document, Pager, Store

KIND = "listings"
INDIA = ZoneInfo("Asia/Kolkata")
FROM = time(8, 30)  # the brokers' files of the day are there, and the market is not open yet
AGAIN = 900.0  # seconds after a try that failed
LARGE = 100  # rows of an exchange below which it may come and go
WEEK, SATURDAY = 7, 5
LEAST = 2  # one in so many rows of before must be there still


@runtime_checkable
class Lists(Protocol):
    """A broker that says all that it lists."""

    def instruments(self) -> Sequence[Listing]: ...


@dataclass(frozen=True, slots=True)
class Age:
    """
    Of one broker's list. dated: the day it describes, None when there is none. rows: that it has.

    problem: why the last try did not bring a newer one; "" when it did.
    """

    broker: str
    dated: date | None
    rows: int
    problem: str

    def is_of(self, today: date) -> bool:
        return self.dated == today


@dataclass(frozen=True, slots=True)
class Refresh:
    """Safe in several processes at once: they would write the same."""

    store: Store
    clock: Clock
    brokers: Brokers
    pager: Pager
    shelf: Shelf

    def look(self) -> Sequence[str]:
        """Fetch what is due; answers with the brokers whose list is new now. Raises StoreError."""
        done = [broker for broker, some in self._linked() if self._refresh(broker, some)]
        if done:
            self._write_master()
        return done

    def ages(self) -> Sequence[Age]:
        return ages(self.store)

    def _refresh(self, broker: str, accounts: Sequence[Account]) -> bool:
        found = self.store.document(KIND, broker)
        if not is_due(found, self.clock.now()):
            return False
        for account in accounts:
            try:
                there = self.brokers.broker(account.account_id)
            except (SessionExpired, UserError):
                continue  # whoever is not logged in is told so elsewhere
            return self._from(there, account, found)
        return False

    def _from(self, there: Broker, account: Account, found: Document | None) -> bool:
        if not isinstance(there, Lists):
            return False
        try:
            rows = self._written(account.broker, there.instruments())
        except BrokerError as error:
            self._note(account, found, problem=error.words)
        except (DamagedListings, OSError, StoreError) as error:
            self._note(account, found, problem=str(error))
        else:
            self._note(account, found, rows=rows)
            return True
        return False

    def _written(self, broker: str, rows: Sequence[Listing]) -> int:
        """Raises DamagedListings, and the file of before stays."""
        name = listings_name(broker)
        if why := shrunken(self._before(name), rows):
            raise DamagedListings(f"its file is not whole: {why}")
        self.shelf.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        said = save(broker, rows, self._today(), self.shelf.folder / name)
        self.shelf.give(name)
        return said.rows

    def _before(self, name: str) -> Mapping[str, int]:
        """Rows by exchange of the list in use; none when there is none that can be read."""
        try:
            lines = ListingsFile(self.shelf.take(name)).lines()
        except (DamagedListings, FileNotFoundError):
            return {}
        return Counter(line.partition("\t")[0] for line in lines)

    def _write_master(self) -> None:
        """Of the brokers that are still linked."""
        brokers = sorted((broker for broker, _ in self._linked()), key=rank)
        table = union([self._lines(broker) for broker in brokers], self._today())
        sources.save(table, self.shelf.folder / MASTER)
        self.shelf.give(MASTER)

    def _lines(self, broker: str) -> Iterator[str]:
        try:
            yield from ListingsFile(self.shelf.take(listings_name(broker))).lines()
        except (DamagedListings, FileNotFoundError):
            return

    def _linked(self) -> Sequence[tuple[str, Sequence[Account]]]:
        live = [each for each in self.brokers.accounts() if each.mode is Mode.LIVE]
        brokers = dict.fromkeys(each.broker for each in live)
        return [(broker, [each for each in live if each.broker == broker]) for broker in brokers]

    def _note(
        self, account: Account, found: Document | None, *, rows: int = 0, problem: str = ""
    ) -> None:
        today = self._today().isoformat()
        before = found or Document(KIND, account.broker, {})
        body: dict[str, Any] = {**before.body, "tried_at": self.clock.now(), "problem": problem}
        if not problem:
            body |= {"dated": today, "rows": rows, "at": self.clock.now()}
        is_told = before.body.get("told") == today
        if problem:
            body["told"] = today
        try:
            self.store.commit(Change((replace(before, body=body),)))
        except Conflict:
            return  # another process has just done the same
        if problem and not is_told:
            self.pager.alert(account.account_id, _alert(self.brokers, account, body))

    def _today(self) -> date:
        return datetime.fromtimestamp(self.clock.now(), INDIA).date()


def is_due(found: Document | None, now: float) -> bool:
    """found: the record of a broker's list, when there is one."""
    if found is None:
        return True
    body, local = found.body, datetime.fromtimestamp(now, INDIA)
    if body["problem"]:
        return bool(now - body["tried_at"] >= AGAIN)
    return bool(body["dated"] < local.date().isoformat()) and local.time() >= FROM


def shrunken(before: Mapping[str, int], rows: Sequence[Listing]) -> str:
    """Why this cannot be the whole list; "" when it may be."""
    if not rows:
        return "it has no rows"
    after = Counter(row.instrument.exchange for row in rows)
    for exchange, count in before.items():
        if count >= LARGE and after[exchange] * LEAST < count:
            return f"{exchange} has {after[exchange]:,} rows in it and had {count:,}"
    return ""


def stale_since(store: Store, broker: str, now: float) -> date | None:
    """
    The day of a broker's list that is too old to open derivatives by; else None.

    A list is good for its own day and the weekday after it. Where none was ever fetched there is
    nothing to say: such a broker is known by the exchange's own names, or refuses what is unlisted.
    """
    found = store.document(KIND, broker)
    dated = _age(found).dated if found is not None else None
    if dated is None:
        return None
    today = datetime.fromtimestamp(now, INDIA).date()
    passed = (dated + timedelta(days=day) for day in range(1, min((today - dated).days, WEEK) + 1))
    return dated if sum(1 for day in passed if day.weekday() < SATURDAY) > 1 else None


def ages(store: Store) -> Sequence[Age]:
    """Of every broker's list that was ever asked for."""
    return [_age(found) for found in store.documents(KIND)]


def _age(found: Document) -> Age:
    body = found.body
    dated = date.fromisoformat(body["dated"]) if "dated" in body else None
    return Age(found.key, dated, int(body.get("rows", 0)), body["problem"])


def _alert(brokers: Brokers, account: Account, body: Mapping[str, Any]) -> str:
    title = brokers.profile(account.account_id).title
    kept = f"Still using those of {body['dated']}." if "dated" in body else "There are none yet."
    return f"⚠ The instruments of {title} were not renewed: {body['problem'].rstrip('.')}. {kept}"
