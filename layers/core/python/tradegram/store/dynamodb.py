"""
The record on AWS: one DynamoDB table. `dynamodb_rows` says how it is laid out.

A commit is one TransactWriteItems, and never a conditional put: the client repeats a request whose
answer was lost by itself, and a repeated conditional put fails its own condition and looks like a
lost race. A transaction carries a token by which DynamoDB knows that it is the same write again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from tradegram.audit import Link, link
from tradegram.clock import SystemClock, SystemIds
from tradegram.copies import replace
from tradegram.errors import Conflict, NotFound, StoreError, StoreUnavailable
from tradegram.orders.state import Order
from tradegram.ports import Change, Clock, Document, Event, Ids, Notice, Page, Record
from tradegram.recent import Recent
from tradegram.store import dynamodb_rows as rows
from tradegram.store.items import load_document, load_notice, load_order, load_ticket
from tradegram.tickets.ticket import Ticket

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

INDEX = "gsi1"
ATTEMPTS = 16  # of one commit while others write to the same audit chain
TAIL_FRESH = 2.0  # seconds; later another function has most likely written to the chain
SECOND, MOST_READS = 1.0, 50  # how long, and how many, reads of what seldom changes are good for
KEYS_AT_ONCE = 100  # BatchGetItem's own limit
ITEMS_AT_ONCE = 100  # TransactWriteItems' own limit
PAGES = 10_000  # of one query, 1 MB each
STEP = 2e-6  # seconds between two writes of one process; keys count microseconds
FAILED = "ConditionalCheckFailed"


@dataclass(frozen=True, slots=True)
class _Tail:
    link: Link
    read_at: float


@dataclass(frozen=True, slots=True)
class _Writes:
    """One transaction, its records first. tails: the ends of the chains once it is written."""

    items: Sequence[TransactWriteItemTypeDef]
    records: int
    tails: Mapping[str, Link]


class DynamoStore:
    """Implements ports.Store. Safe to share between threads."""

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        clock: Clock | None = None,
        ids: Ids | None = None,
        pause: Callable[[float], None] = time.sleep,
        seldom: frozenset[str] = frozenset(),
    ) -> None:
        """seldom: kinds of documents that change so seldom that a read is good for a second."""
        self._client = client
        self._table = table
        self._clock = clock or SystemClock()
        self._ids = ids or SystemIds()
        self._pause = pause
        self._seldom = seldom
        self._reads: Recent[tuple[str, str], Sequence[Document]] = Recent(SECOND, MOST_READS)
        self._tails: dict[str, _Tail] = {}
        self._written_at = 0.0

    # -- reading ---------------------------------------------------------------------------------

    def order(self, client_order_id: str) -> Order:
        return load_order(self._body(rows.order_key(client_order_id)))

    def ticket(self, ticket_id: str) -> Ticket:
        return load_ticket(self._body(rows.ticket_key(ticket_id)))

    def document(self, kind: str, key: str) -> Document | None:
        def read() -> Sequence[Document]:
            row = self._row(rows.document_key(kind, key))
            return (load_document(row["body"]["S"]),) if row else ()

        return next((one for one in self._read(kind, f"={key}", read) if self._lives(one)), None)

    def documents(self, kind: str, prefix: str = "") -> Sequence[Document]:
        def read() -> Sequence[Document]:
            found = self._query(f"DOCUMENT#{kind}", begins=f"#{prefix}")
            return [load_document(row["body"]["S"]) for row in found]

        return [one for one in self._read(kind, f"^{prefix}", read) if self._lives(one)]

    def unsettled(self, account_id: str) -> Sequence[Order]:
        keys = self._query(f"UNSETTLED#{account_id}", index=INDEX)
        orders = self._orders([row["pk"]["S"].partition("#")[2] for row in keys])
        return [order for order in orders if not order.settled]  # the index may lag behind

    def orders(self, account_id: str, *, limit: int = 50, after: str = "") -> Page:
        found = self._query(
            f"HISTORY#{account_id}", before=after, newest_first=True, limit=limit + 1
        )
        places = [row["sk"]["S"] for row in found]
        orders = self._orders([rows.id_of(place) for place in places[:limit]])
        return Page(orders, places[limit - 1] if len(places) > limit else "")

    def notices(self, limit: int = 50) -> Sequence[Notice]:
        found = self._query("OUTBOX", limit=limit)
        return [replace(load_notice(row["body"]["S"]), notice_id=row["sk"]["S"]) for row in found]

    def chain(self, account_id: str, after: int = -1) -> Iterator[Link]:
        last = rows.link_place(after) if after >= 0 else ""
        for row in self._query(f"AUDIT#{account_id}", after=last):
            yield rows.read_link(row)

    def head(self, account_id: str) -> Link | None:
        found = list(self._query(f"AUDIT#{account_id}", newest_first=True, limit=1))
        return rows.read_link(found[0]) if found else None

    def audited(self) -> Sequence[str]:
        return [row["sk"]["S"] for row in self._query("AUDITED")]

    # -- writing ---------------------------------------------------------------------------------

    def commit(self, change: Change) -> Sequence[Record]:
        try:
            return self._commit(change)
        finally:  # also of what was not written: whoever lost a race reads again
            kinds = {each.kind for each in change.records if isinstance(each, Document)}
            self._reads.forget(lambda read: read[0] in kinds)

    def _commit(self, change: Change) -> Sequence[Record]:
        stored = [replace(record, version=record.version + 1) for record in change.records]
        nonce = self._ids.nonce()
        written = f"{rows.moment(self._next_moment())}#{nonce}"
        for attempt in range(ATTEMPTS):
            writes = self._writes(change, stored, written)
            reasons = self._transact(writes, token=f"{nonce}-{attempt}")
            if not reasons:
                self._remember(writes.tails)
                return stored
            # Nothing was written, and whoever stood in the way wrote to the audit chain too.
            for account_id in writes.tails:
                self._tails.pop(account_id, None)
            if FAILED in reasons[: writes.records]:
                raise Conflict(", ".join(record.key for record in change.records))
            self._pause(self._jitter(attempt))
        raise StoreUnavailable(f"the record was busy {ATTEMPTS} times; nothing was written")

    def remove(self, document: Document) -> None:
        self._reads.forget(lambda read: read[0] == document.kind)
        self._delete(rows.document_key(document.kind, document.key))

    def delivered(self, notice: Notice) -> None:
        self._delete(rows.row_key("OUTBOX", notice.notice_id))

    def _writes(self, change: Change, stored: Sequence[Record], written: str) -> _Writes:
        table, now = self._table, self._clock.now()
        records = [
            rows.put_over(table, rows.record_row(after), before.version, now)
            for before, after in zip(change.records, stored, strict=True)
        ]
        links, tails = self._links(change.events, now)
        others = [
            rows.history_row(one) for one in stored if isinstance(one, Order) and one.version == 1
        ]
        others += [rows.audited_row(account) for account, one in links if one.sequence == 0]
        others += [
            rows.notice_row(notice, f"{written}#{n:03d}") for n, notice in enumerate(change.notices)
        ]
        items = [
            *records,
            *(rows.put_new(table, rows.link_row(account, one)) for account, one in links),
            *(rows.put(table, row) for row in others),
        ]
        if len(items) > ITEMS_AT_ONCE:
            raise StoreError(f"{len(items)} rows in one change; {ITEMS_AT_ONCE} can be written")
        return _Writes(items, len(records), tails)

    def _links(
        self, events: Sequence[Event], at: float
    ) -> tuple[list[tuple[str, Link]], Mapping[str, Link]]:
        tails: dict[str, Link] = {}
        links: list[tuple[str, Link]] = []
        for event in events:
            account_id = event.account_id
            tail = tails[account_id] if account_id in tails else self._tail(account_id)
            tails[account_id] = link(tail, event.body, at)
            links.append((account_id, tails[account_id]))
        return links, tails

    def _transact(self, writes: _Writes, token: str) -> Sequence[str]:
        """Answers with nothing when it is written, else why each item was not."""
        try:
            self._client.transact_write_items(TransactItems=writes.items, ClientRequestToken=token)
        except self._client.exceptions.TransactionCanceledException as error:
            reasons: list[Any] = error.response["CancellationReasons"]
            return [reason["Code"] for reason in reasons]
        except (ClientError, BotoCoreError) as error:
            raise _unavailable(error) from error
        return ()

    def _tail(self, account_id: str) -> Link | None:
        known = self._tails.get(account_id)
        if known and self._clock.monotonic() - known.read_at < TAIL_FRESH:
            return known.link
        return self.head(account_id)

    def _remember(self, tails: Mapping[str, Link]) -> None:
        at = self._clock.monotonic()
        self._tails |= {account_id: _Tail(tail, at) for account_id, tail in tails.items()}

    def _next_moment(self) -> float:
        """Now, and always later than the last: what we owe is told in the order it was written."""
        self._written_at = max(self._clock.now(), self._written_at + STEP)
        return self._written_at

    def _jitter(self, attempt: int) -> float:
        """Seconds, so that writers who met once do not meet again in step."""
        share = int(self._ids.nonce()[:2], 36) / 36**2
        return float(min(0.01 * 2**attempt, 0.2) * (0.5 + share / 2))

    # -- DynamoDB --------------------------------------------------------------------------------

    def _read(
        self, kind: str, what: str, read: Callable[[], Sequence[Document]]
    ) -> Sequence[Document]:
        if kind not in self._seldom:
            return read()
        now = self._clock.monotonic()
        if (known := self._reads.get((kind, what), now)) is None:
            self._reads.keep((kind, what), known := read(), now)
        return known

    def _lives(self, document: Document) -> bool:
        return document.expires_at is None or document.expires_at > self._clock.now()

    def _body(self, key: rows.Row) -> str:
        row = self._row(key)
        if not row:
            raise NotFound(key["pk"]["S"])
        body: str = row["body"]["S"]
        return body

    def _row(self, key: rows.Row) -> Mapping[str, Any]:
        # Consistent, because callers decide from these reads whether an order may be sent.
        with _answering():
            answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return answer.get("Item", {})

    def _delete(self, key: rows.Row) -> None:
        with _answering():
            self._client.delete_item(TableName=self._table, Key=key)

    def _orders(self, client_order_ids: Sequence[str]) -> list[Order]:
        """Those that are there, in the order asked for."""
        found: dict[str, Order] = {}
        for start in range(0, len(client_order_ids), KEYS_AT_ONCE):
            wanted = client_order_ids[start : start + KEYS_AT_ONCE]
            for row in self._batch([rows.order_key(each) for each in wanted]):
                order = load_order(row["body"]["S"])
                found[order.key] = order
        return [found[each] for each in client_order_ids if each in found]

    def _batch(self, keys: list[rows.Row]) -> Iterator[Mapping[str, Any]]:
        asked: Any = {self._table: {"Keys": keys, "ConsistentRead": True}}
        for attempt in range(ATTEMPTS):
            with _answering():
                answer = self._client.batch_get_item(RequestItems=asked)
            yield from answer["Responses"].get(self._table, [])
            asked = answer.get("UnprocessedKeys")
            if not asked:
                return
            self._pause(self._jitter(attempt))
        raise StoreUnavailable(f"orders were not read in {ATTEMPTS} attempts")

    def _query(
        self,
        pk: str,
        *,
        begins: str = "",
        before: str = "",
        after: str = "",
        index: str = "",
        newest_first: bool = False,
        limit: int = 0,
    ) -> Iterator[Mapping[str, Any]]:
        """Rows of one partition, page by page. limit: at most so many; 0 for all."""
        asked = _question(pk, begins=begins, before=before, index=index)
        asked |= {"TableName": self._table, "ScanIndexForward": not newest_first}
        if after:
            asked["ExclusiveStartKey"] = rows.row_key(pk, after)
        if limit:
            asked["Limit"] = limit
        found = 0
        for _ in range(PAGES):
            with _answering():
                answer = self._client.query(**asked)
            yield from answer["Items"]
            found += len(answer["Items"])
            if "LastEvaluatedKey" not in answer or (limit and found >= limit):
                return
            asked["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        raise StoreUnavailable(f"{pk} has more than {PAGES} pages")


def _question(pk: str, *, begins: str, before: str, index: str) -> dict[str, Any]:
    hash_key, sort_key = (f"{index}pk", f"{index}sk") if index else ("pk", "sk")
    values = {":pk": {"S": pk}}
    condition = f"{hash_key} = :pk"
    if begins:
        values[":sk"] = {"S": begins}
        condition += f" AND begins_with({sort_key}, :sk)"
    elif before:
        values[":sk"] = {"S": before}
        condition += f" AND {sort_key} < :sk"
    # An index cannot be read consistently; the rows that its keys name are, afterwards.
    where = {"IndexName": index} if index else {"ConsistentRead": True}
    return {
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": values,
        **where,
    }


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise _unavailable(error) from error


def _unavailable(error: Exception) -> StoreUnavailable:
    """By its code or class only: botocore's own words may repeat a request."""
    if isinstance(error, ClientError):
        return StoreUnavailable(f"DynamoDB: {error.response['Error'].get('Code', 'no code')}")
    return StoreUnavailable(f"DynamoDB: {type(error).__name__}")
