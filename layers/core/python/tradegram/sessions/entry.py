"""
One account's login as the record keeps it: a phase, a lease, and what the broker said.

Only the holder of the lease asks the broker for a session, so two refreshers never both log in. A
process that dies while it enters is followed by the next when the lease has ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tradegram.errors import Conflict, UserError
from tradegram.ports import Change, Clock, Document, Event, Notice, Store
from tradegram.sessions.standing import Phase

KIND = "login"
LEASE = 60.0  # seconds; a login is three calls of 12 at most
BUSY = "A login of this account is under way; look again in a minute."


@dataclass(frozen=True, slots=True)
class Entry:
    """
    The document of one login. tries: that failed since the last good one. at: of the last change,
    seconds since the epoch. told: what was said already, by kind and day.
    """

    document: Document

    @property
    def phase(self) -> Phase:
        return Phase(self.document.body["phase"])

    @property
    def words(self) -> str:
        return str(self.document.body["words"])

    @property
    def tries(self) -> int:
        return int(self.document.body["tries"])

    @property
    def at(self) -> float:
        return float(self.document.body["at"])

    @property
    def told(self) -> Sequence[str]:
        return [str(each) for each in self.document.body["told"]]


@dataclass(frozen=True, slots=True)
class Entries:
    store: Store
    clock: Clock

    def of(self, account_id: str) -> Entry:
        empty = {"phase": Phase.OUT, "words": "", "tries": 0, "at": 0.0, "lease": 0.0, "told": []}
        found = self.store.document(KIND, account_id)
        return Entry(found or Document(KIND, account_id, empty))

    def take_lease(self, account_id: str, by: str) -> Entry:
        """Raises UserError when somebody else is entering."""
        entry, now = self.of(account_id), self.clock.now()
        if entry.phase is Phase.ENTERING and entry.document.body["lease"] > now:
            raise UserError(BUSY)
        try:
            return self._written(entry, by, phase=Phase.ENTERING, lease=now + LEASE)
        except Conflict:
            raise UserError(BUSY) from None

    def entered(self, entry: Entry, by: str, notices: Sequence[Notice] = ()) -> None:
        self._written(entry, by, notices, phase=Phase.IN, words="", tries=0, lease=0.0, told=[])

    def failed(self, entry: Entry, by: str, words: str, notices: Sequence[Notice] = ()) -> None:
        tries = entry.tries + 1
        self._written(entry, by, notices, phase=Phase.FAILED, words=words, tries=tries, lease=0.0)

    def ended(
        self,
        account_id: str,
        by: str,
        words: str,
        gone: Sequence[Document] = (),
        notices: Sequence[Notice] = (),
    ) -> None:
        """gone: the session's document, forgotten in the same write. Raises Conflict."""
        self._written(
            self.of(account_id), by, notices, gone, phase=Phase.ENDED, words=words, lease=0.0
        )

    def tell_once(self, account_id: str, what: str, notices: Sequence[Notice]) -> bool:
        """what: a kind and a day. False when it was said already. Raises StoreError."""
        entry = self.of(account_id)
        if what in entry.told:
            return False
        try:
            self._written(entry, "desk", notices, told=[*entry.told[-9:], what])
        except Conflict:
            return False  # somebody else writes, and the next look sees what
        return True

    def _written(
        self,
        entry: Entry,
        by: str,
        notices: Sequence[Notice] = (),
        gone: Sequence[Document] = (),
        **changed: Any,
    ) -> Entry:
        body = {**entry.document.body, "at": self.clock.now(), **changed}
        after = replace(entry.document, body=body)
        said = {key: changed[key] for key in ("phase", "words") if changed.get(key)}
        event = Event(after.key, {"event": "login", "by": by, **said})
        events = (event,) if said else ()
        stored = self.store.commit(Change((after, *gone), events, notices))[0]
        assert isinstance(stored, Document)  # noqa: S101 - narrows the union
        return Entry(stored)
