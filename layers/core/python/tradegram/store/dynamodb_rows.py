"""
How records lie in the one DynamoDB table.

pk                    sk                        what
ORDER#<id>            ORDER                     an order; gsi1pk, gsi1sk while it is not settled
HISTORY#<account>     <staged at>#<id>          a pointer to an order, written when it is staged
TICKET#<id>           TICKET                    a ticket
DOCUMENT#<kind>       #<key>                    a document; ttl and expires_at when it expires
AUDIT#<account>       <sequence, 12 digits>     one audit link; written once, never changed
AUDITED               <account>                 this account has an audit chain
OUTBOX                <written at>#<id>#<n>     a notice; deleted when it is delivered

gsi1 (KEYS_ONLY, sparse): UNSETTLED#<account>, <staged at>#<id>. An index is read for keys only and
the rows behind them are then read consistently, so a decision never rests on the index. History
is not an index but rows of the same transaction: what was staged is listed from then on.

Times in keys are microseconds in 20 digits, so that they sort as text. `body` is the record as
JSON text with its numbers as strings: no Decimal passes through DynamoDB's own number type.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tradegram.audit import Link
from tradegram.errors import StoreError
from tradegram.orders.state import Order
from tradegram.ports import Notice, Record
from tradegram.store.items import dump
from tradegram.tickets.ticket import Ticket

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

ITEM_LIMIT = 400 * 1024  # bytes, names included; DynamoDB's own
ROOM_FOR_KEYS = 4 * 1024

Row = dict[str, Any]


def row_key(pk: str, sk: str) -> Row:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def order_key(client_order_id: str) -> Row:
    return row_key(f"ORDER#{client_order_id}", "ORDER")


def ticket_key(ticket_id: str) -> Row:
    return row_key(f"TICKET#{ticket_id}", "TICKET")


def document_key(kind: str, key: str) -> Row:
    # The # keeps the sort key from being empty, which DynamoDB refuses.
    return row_key(f"DOCUMENT#{kind}", f"#{key}")


def moment(at: float) -> str:
    """Seconds since the epoch as text that sorts."""
    return f"{round(at * 1_000_000):020d}"


def written_at(notice_id: str) -> float:
    """When a notice was written, in seconds since the epoch."""
    return int(notice_id.partition("#")[0]) / 1_000_000


def place_in_time(order: Order) -> str:
    return f"{moment(order.staged_at)}#{order.key}"


def id_of(place: str) -> str:
    return place.partition("#")[2]


def record_row(record: Record) -> Row:
    """Raises StoreError when it is larger than the table can hold."""
    body = {"version": {"N": str(record.version)}, "body": {"S": _fitting(record)}}
    if isinstance(record, Order):
        return order_key(record.key) | body | _unsettled(record)
    if isinstance(record, Ticket):
        return ticket_key(record.key) | body
    expiry = {} if record.expires_at is None else _expiry(record.expires_at)
    return document_key(record.kind, record.key) | body | expiry


def history_row(order: Order) -> Row:
    return row_key(f"HISTORY#{order.account_id}", place_in_time(order))


def link_place(sequence: int) -> str:
    return f"{sequence:012d}"


def link_row(account_id: str, link: Link) -> Row:
    return row_key(f"AUDIT#{account_id}", link_place(link.sequence)) | {
        "previous": {"S": link.previous},
        "body": {"S": link.body},
        "digest": {"S": link.digest},
    }


def read_link(row: Mapping[str, Any]) -> Link:
    return Link(int(row["sk"]["S"]), row["previous"]["S"], row["body"]["S"], row["digest"]["S"])


def audited_row(account_id: str) -> Row:
    return row_key("AUDITED", account_id)


def notice_row(notice: Notice, notice_id: str) -> Row:
    return row_key("OUTBOX", notice_id) | {"body": {"S": dump(notice)}}


def put(table: str, row: Row) -> TransactWriteItemTypeDef:
    return {"Put": {"TableName": table, "Item": row}}


def put_new(table: str, row: Row) -> TransactWriteItemTypeDef:
    return {
        "Put": {
            "TableName": table,
            "Item": row,
            "ConditionExpression": "attribute_not_exists(pk)",
        }
    }


def put_over(table: str, row: Row, version: int, now: float) -> TransactWriteItemTypeDef:
    """
    Write only over this version; 0: only where nothing is.

    A row past its expiry is nothing, whether or not the table has got round to removing it.
    """
    condition = (
        "version = :version AND (attribute_not_exists(expires_at) OR expires_at > :now)"
        if version
        else "attribute_not_exists(pk) OR expires_at <= :now"
    )
    values = {":now": {"N": _number(now)}}
    if version:
        values[":version"] = {"N": str(version)}
    return {
        "Put": {
            "TableName": table,
            "Item": row,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": values,
        }
    }


def _unsettled(order: Order) -> Row:
    if order.settled:
        return {}
    return {
        "gsi1pk": {"S": f"UNSETTLED#{order.account_id}"},
        "gsi1sk": {"S": place_in_time(order)},
    }


def _expiry(at: float) -> Row:
    return {"expires_at": {"N": _number(at)}, "ttl": {"N": str(math.ceil(at))}}


def _number(seconds: float) -> str:
    return str(Decimal(repr(seconds)))


def _fitting(record: Record) -> str:
    text = dump(record)
    size = len(text.encode())
    if size > ITEM_LIMIT - ROOM_FOR_KEYS:
        raise StoreError(
            f"{type(record).__name__} {record.key} is {size} bytes; one row holds {ITEM_LIMIT}"
        )
    return text
