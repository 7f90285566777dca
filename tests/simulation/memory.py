"""The simplest honest store, and the faults of a real one around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from simulation.world import World

from tradegram.audit import Link, link
from tradegram.errors import Conflict, NotFound, StoreUnavailable
from tradegram.orders.state import Order
from tradegram.ports import Change, Document, Notice, Page, Record, Store
from tradegram.tickets.ticket import Ticket


@dataclass
class MemoryStore:
    """Implements ports.Store in one process, without a disk. One thread."""

    records: dict[tuple[str, str], Record] = field(default_factory=dict)
    chains: dict[str, list[Link]] = field(default_factory=dict)
    outbox: list[Notice] = field(default_factory=list)
    owed: int = 0

    def order(self, client_order_id: str) -> Order:
        found = self.records.get(("order", client_order_id))
        if not isinstance(found, Order):
            raise NotFound(client_order_id)
        return found

    def ticket(self, ticket_id: str) -> Ticket:
        found = self.records.get(("ticket", ticket_id))
        if not isinstance(found, Ticket):
            raise NotFound(ticket_id)
        return found

    def document(self, kind: str, key: str) -> Document | None:
        found = self.records.get((f"document:{kind}", key))
        return found if isinstance(found, Document) else None

    def documents(self, kind: str, prefix: str = "") -> Sequence[Document]:
        return [
            one
            for (name, key), one in sorted(self.records.items(), key=lambda item: item[0])
            if name == f"document:{kind}" and key.startswith(prefix) and isinstance(one, Document)
        ]

    def unsettled(self, account_id: str) -> Sequence[Order]:
        mine = [one for one in self._orders(account_id) if not one.settled]
        return sorted(mine, key=lambda one: (one.staged_at, one.key))

    def orders(self, account_id: str, *, limit: int = 50, after: str = "") -> Page:
        newest = sorted(self._orders(account_id), key=lambda one: one.staged_at, reverse=True)
        return Page(newest[:limit])

    def commit(self, change: Change) -> Sequence[Record]:
        keys = [_key(record) for record in change.records]
        for key, record in zip(keys, change.records, strict=True):
            stored = self.records.get(key)
            if (stored.version if stored else 0) != record.version:
                raise Conflict(str(key))
        after = [replace(record, version=record.version + 1) for record in change.records]
        self.records.update(zip(keys, after, strict=True))
        for event in change.events:
            chain = self.chains.setdefault(event.account_id, [])
            chain.append(link(chain[-1] if chain else None, event.body))
        for notice in change.notices:
            self.owed += 1
            self.outbox.append(replace(notice, notice_id=str(self.owed)))
        return after

    def remove(self, document: Document) -> None:
        self.records.pop(_key(document), None)

    def notices(self, limit: int = 50) -> Sequence[Notice]:
        return self.outbox[:limit]

    def delivered(self, notice: Notice) -> None:
        if notice in self.outbox:
            self.outbox.remove(notice)

    def chain(self, account_id: str, after: int = -1) -> Iterator[Link]:
        yield from (one for one in self.chains.get(account_id, ()) if one.sequence > after)

    def head(self, account_id: str) -> Link | None:
        chain = self.chains.get(account_id)
        return chain[-1] if chain else None

    def audited(self) -> Sequence[str]:
        return sorted(self.chains)

    def _orders(self, account_id: str) -> list[Order]:
        return [
            one
            for one in self.records.values()
            if isinstance(one, Order) and one.account_id == account_id
        ]


def _key(record: Record) -> tuple[str, str]:
    if isinstance(record, Document):
        return f"document:{record.kind}", record.key
    return "order" if isinstance(record, Order) else "ticket", record.key


@dataclass
class FaultyStore:
    """A store over a network: slow, throttled, and at times silent after it wrote."""

    world: World
    inner: Store
    told: list[Notice] = field(default_factory=list)
    history: dict[str, list[tuple[float, Order]]] = field(default_factory=dict)
    links: int = 0
    silent: list[str] = field(default_factory=list)
    switches: list[tuple[float, bool]] = field(default_factory=list)
    breakers: dict[str, list[tuple[float, bool]]] = field(default_factory=dict)

    def order(self, client_order_id: str) -> Order:
        self._read()
        return self.inner.order(client_order_id)

    def ticket(self, ticket_id: str) -> Ticket:
        self._read()
        return self.inner.ticket(ticket_id)

    def document(self, kind: str, key: str) -> Document | None:
        self._read()
        return self.inner.document(kind, key)

    def documents(self, kind: str, prefix: str = "") -> Sequence[Document]:
        self._read()
        return self.inner.documents(kind, prefix)

    def unsettled(self, account_id: str) -> Sequence[Order]:
        self.world.pause(0.005)
        return self.inner.unsettled(account_id)

    def orders(self, account_id: str, *, limit: int = 50, after: str = "") -> Page:
        return self.inner.orders(account_id, limit=limit, after=after)

    def commit(self, change: Change) -> Sequence[Record]:
        w = self.world
        w.pause(0.005)
        if w.hit("throttle"):
            raise StoreUnavailable("throttled")
        stored = self.inner.commit(change)
        self._note(change, stored)
        self.told.extend(change.notices)
        self.links += len(change.events)
        w.pause(0.005)
        if w.hit("lost_commit"):
            raise StoreUnavailable("reply lost")
        return stored

    def remove(self, document: Document) -> None:
        self.inner.remove(document)

    def notices(self, limit: int = 50) -> Sequence[Notice]:
        self._read()
        return self.inner.notices(limit)

    def delivered(self, notice: Notice) -> None:
        self._read()
        self.inner.delivered(notice)

    def chain(self, account_id: str, after: int = -1) -> Iterator[Link]:
        return self.inner.chain(account_id, after)

    def head(self, account_id: str) -> Link | None:
        return self.inner.head(account_id)

    def audited(self) -> Sequence[str]:
        return self.inner.audited()

    def _note(self, change: Change, stored: Sequence[Record]) -> None:
        """What the rules compare, and what the story tells."""
        w = self.world
        orders = [record for record in stored if isinstance(record, Order)]
        for order in orders:
            self.history.setdefault(order.key, []).append((w.time, order))
        for record in stored:
            if isinstance(record, Document) and record.kind == "switch":
                self.switches.append((w.time, bool(record.body["on"])))
            if isinstance(record, Document) and record.kind == "breaker":
                stands = w.time, bool(record.body["open"])
                self.breakers.setdefault(record.key, []).append(stands)
                w.act("breaker opened" if stands[1] else "breaker closed")
        if len(change.events) < len(orders):
            self.silent += [order.key for order in orders]
        for event in change.events:
            w.tell("record", event.account_id, event.body)

    def _read(self) -> None:
        self.world.pause(0.005)
        if self.world.hit("throttle", 0.3):
            raise StoreUnavailable("throttled read")
