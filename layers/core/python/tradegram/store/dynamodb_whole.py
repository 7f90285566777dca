"""
The table on AWS as a whole: scanned, and filled row by row under a mark.

A table is not filled in one write. A row with the mark of the file comes first and goes last, so a
fill that was broken off is known as one, and only the same file may be filled in again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from tradegram.errors import StoreError, StoreUnavailable, UserError
from tradegram.orders.state import Order
from tradegram.ports import Clock, Notice
from tradegram.store import dynamodb_rows as rows
from tradegram.store.whole import (
    BrokenOff,
    is_in_use,
    line,
    line_of,
    link_of,
    parts_of,
    record_of,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MARK = rows.row_key("MOVING", "IMPORT")
AT_ONCE = 25  # BatchWriteItem's own limit
ATTEMPTS = 8  # of one batch that a busy table takes only in part
STEP = 1e-3  # seconds between two messages that are owed; keys count microseconds
ELSEWHERE = {"HISTORY", "AUDITED", "MOVING", "OUTBOX"}  # rows that follow from others, or later


class DynamoWhole:
    """Implements `store.whole.Whole` over one table."""

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        clock: Clock,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._pause = pause

    def check(self) -> None:
        if self._mark():
            raise BrokenOff(
                "An import into this table was broken off. Import the same file again to finish it."
            )

    def fill(self, lines: Iterable[str], mark: str) -> None:
        self._begin(mark)
        self._write({"DeleteRequest": {"Key": key}} for key in self._keys())
        self._write({"PutRequest": {"Item": row}} for row in self._rows_of(lines))
        self._call("delete_item", TableName=self._table, Key=MARK)

    def _begin(self, mark: str) -> None:
        under_way = self._mark()
        if under_way and under_way != mark:
            raise BrokenOff(
                "An import of another file into this table was broken off. Finish that one first, "
                "or import into a new stack."
            )
        if not under_way and is_in_use(self.lines()):
            raise UserError(
                "This home is in use: it has orders, people or accounts of its own. Import into a "
                "new stack."
            )
        self._call("put_item", TableName=self._table, Item=MARK | {"mark": {"S": mark}})

    def _mark(self) -> str:
        found = self._call("get_item", TableName=self._table, Key=MARK, ConsistentRead=True)
        mark: str = found.get("Item", {}).get("mark", {}).get("S", "")
        return mark

    # -- reading ---------------------------------------------------------------------------------

    def lines(self) -> Iterator[str]:
        now = self._clock.now()
        chains: dict[str, None] = {}
        for row in self._pages("scan"):
            kind, _, rest = row["pk"]["S"].partition("#")
            expires_at = row.get("expires_at")
            if kind == "AUDIT":
                chains[rest] = None
            elif expires_at is None or float(expires_at["N"]) > now:
                yield from _line(kind, row)
        for account_id in chains:
            for row in self._partition(f"AUDIT#{account_id}"):
                yield line_of(account_id, rows.read_link(row))
        for row in self._partition("OUTBOX"):
            yield line("notice", row["body"]["S"])

    def _keys(self) -> Iterator[rows.Row]:
        for row in self._pages("scan", ProjectionExpression="pk, sk"):
            if row["pk"] != MARK["pk"]:
                yield {"pk": row["pk"], "sk": row["sk"]}

    def _partition(self, pk: str) -> Iterator[Mapping[str, Any]]:
        """Its rows in the order of their sort keys, which a scan promises nobody."""
        return self._pages(
            "query",
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": pk}},
        )

    def _pages(self, operation: str, **more: Any) -> Iterator[Mapping[str, Any]]:
        asked: dict[str, Any] = {"TableName": self._table, "ConsistentRead": True, **more}
        while True:  # ends with the table: every round goes on behind the last
            answer = self._call(operation, **asked)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            asked["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    # -- writing ---------------------------------------------------------------------------------

    def _rows_of(self, lines: Iterable[str]) -> Iterator[rows.Row]:
        owed_at = self._clock.now()
        for text in lines:
            parts = parts_of(text)
            if parts[0] == "notice":
                owed_at += STEP
                key = rows.row_key("OUTBOX", f"{rows.moment(owed_at)}#MOVED#000")
                yield key | {"body": {"S": parts[1]}}
            else:
                yield from _rows(parts)

    def _write(self, requests: Iterator[Any]) -> None:
        while batch := list(islice(requests, AT_ONCE)):  # ends with the requests
            self._write_batch(batch)

    def _write_batch(self, batch: list[Any]) -> None:
        for attempt in range(ATTEMPTS):
            answer = self._call("batch_write_item", RequestItems={self._table: batch})
            batch = answer.get("UnprocessedItems", {}).get(self._table, [])
            if not batch:
                return
            self._pause(0.1 * 2**attempt)
        raise StoreUnavailable("the table takes no more for now; say the same command again")

    def _call(self, operation: str, **asked: Any) -> Any:
        try:
            return getattr(self._client, operation)(**asked)
        except ClientError as error:
            code = error.response["Error"].get("Code", "no code")
            raise StoreUnavailable(f"DynamoDB: {code}") from error
        except BotoCoreError as error:
            raise StoreUnavailable(f"DynamoDB: {type(error).__name__}") from error


def _line(kind: str, row: Mapping[str, Any]) -> Iterator[str]:
    """None for a row that follows from others. Raises StoreError for one of no known kind."""
    if kind in ("ORDER", "TICKET", "DOCUMENT"):
        yield line(kind.lower(), row["body"]["S"])
    elif kind not in ELSEWHERE:
        raise StoreError(f"the table holds a row that this version does not know: {kind}")


def _rows(parts: list[Any]) -> Iterator[rows.Row]:
    if parts[0] == "link":
        account_id, link = link_of(parts)
        yield rows.link_row(account_id, link)
        if link.sequence == 0:
            yield rows.audited_row(account_id)
        return
    record = record_of(parts)
    if isinstance(record, Notice):
        raise StoreError("a notice stands where a record should")
    # The text stays as it is: another version may have written more into it than we read.
    yield rows.record_row(record) | {"body": {"S": parts[1]}}
    if isinstance(record, Order):
        yield rows.history_row(record)
