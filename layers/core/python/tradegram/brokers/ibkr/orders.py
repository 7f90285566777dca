"""
Placing, changing and cancelling: one message each, and what the answers prove.

What was written to the socket is unknown until TWS speaks of the order: a row says that it has it,
an error of a known number that it does not. Nothing is ever written twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from tradegram.brokers.ibkr import words
from tradegram.brokers.ibkr.contracts import Known
from tradegram.brokers.ibkr.ear import Heard
from tradegram.brokers.ibkr.link import Link
from tradegram.brokers.ibkr.rows import OrderRow
from tradegram.errors import NotSent, OutcomeUnknown, Refused
from tradegram.model import OrderIntent, OrderType, Quote, Side, Terms, TimeInForce

if TYPE_CHECKING:
    from ib_async.order import Order

T = TypeVar("T")

CENT = Decimal("0.01")
MAY_HAVE_ROWS = frozenset({"201", "203"})  # of refusals: those of an order that was looked at
ENDED = frozenset({"Cancelled", "ApiCancelled", "PendingCancel"})


@dataclass(frozen=True, slots=True)
class Name:
    """
    What an order is called at TWS. Of an ended one only `orderRef` and the permanent id are left,
    so the reference holds the others: `AG7K2M9Q0042XYZW/1/57`.
    """

    client: int
    order_id: int
    perm_id: int
    wire_id: str = ""

    @property
    def broker_order_id(self) -> str:
        return f"{self.client}:{self.order_id}:{self.perm_id}"


def reference(wire_id: str, client: int, order_id: int) -> str:
    return f"{wire_id}/{client}/{order_id}"


def name_of(perm_id: int, ref: str) -> Name | None:
    """None for an order that this desk did not place."""
    parts = ref.split("/")
    if len(parts) != 3 or not parts[1].isdecimal() or not parts[2].isdecimal():
        return None
    return Name(int(parts[1]), int(parts[2]), perm_id, parts[0])


def named(broker_order_id: str) -> Name:
    """Raises Refused: it was not placed through this desk."""
    parts = broker_order_id.split(":")
    if len(parts) != 3 or not all(part.isdecimal() for part in parts):
        raise Refused(
            words.NAME, "this order was not placed through this desk; change it in TWS itself"
        )
    return Name(int(parts[0]), int(parts[1]), int(parts[2]))


def terms_of(intent: OrderIntent) -> Terms:
    return Terms(intent.quantity, intent.price, intent.trigger)


def order_of(
    intent: OrderIntent, wanted: Terms, account: str, ref: str, money: Decimal | None = None
) -> Order:
    """money: of a coin's market purchase, which is for an amount and not for a quantity."""
    from ib_async.order import Order

    kind = words.TYPES[wanted.order_type]
    fields: dict[str, Any] = {
        "action": words.SIDES[intent.side],
        "orderType": kind,
        "totalQuantity": _plain(wanted.quantity),
        "tif": intent.time_in_force.value,
        "account": account,
        "orderRef": ref,
    }
    if wanted.price is not None:
        fields["lmtPrice"] = _plain(wanted.price)
    if wanted.trigger is not None:
        fields["auxPrice"] = _plain(wanted.trigger)
    if money is not None:
        fields |= {"totalQuantity": "", "cashQty": _plain(money)}
    return Order(**fields)


def tif_of(intent: OrderIntent, known: Known) -> TimeInForce:
    """A coin's market order is IOC there; a DAY one ends at once either way."""
    if known.is_coin and intent.order_type is OrderType.MARKET:
        return TimeInForce.IOC
    return intent.time_in_force


def is_for_money(intent: OrderIntent, known: Known) -> bool:
    by_market = intent.order_type is OrderType.MARKET and intent.side is Side.BUY
    return known.is_coin and by_market


def money_for(intent: OrderIntent, quote: Quote | None) -> Decimal:
    """What the quantity costs at the best offer. Raises NotSent when nobody knows."""
    price = (quote.ask or quote.last) if quote else Decimal(0)
    if not price:
        raise NotSent(
            words.NAME,
            f"a coin is bought at the market for an amount of money, and {intent.instrument.symbol}"
            " has no price now; give a limit price",
        )
    return (intent.quantity * price).quantize(CENT, ROUND_UP)


# -- one message, and what it proves ---------------------------------------------------------------


async def place(link: Link, order_id: int, send: Callable[[Any], None]) -> Name:
    """Raises NotSent, Refused, OutcomeUnknown."""
    heard = link.write(order_id, send)

    def verdict() -> Name | None:
        if heard.row is not None and heard.row.perm_id:
            return Name(link.client, order_id, heard.row.perm_id)
        if heard.status is not None and heard.status.perm_id:
            return Name(link.client, order_id, heard.status.perm_id)
        return None

    try:
        name = await _hear(link, heard, verdict)
    finally:
        link.ear.orders.pop(order_id, None)
    return name


async def change(link: Link, name: Name, wanted: Terms, send: Callable[[Any], None]) -> None:
    """Raises NotSent, Refused, OutcomeUnknown."""
    heard = link.write(name.order_id, send)

    def verdict() -> bool | None:
        return True if heard.row is not None and shows(heard.row, wanted) else None

    try:
        await _hear(link, heard, verdict)
    finally:
        link.ear.orders.pop(name.order_id, None)


async def cancel(link: Link, name: Name) -> None:
    """Raises NotSent, Refused, OutcomeUnknown."""
    heard = link.write(name.order_id, lambda tws: tws.cancelOrder(name.order_id))

    def verdict() -> bool | None:
        said = heard.status is not None and heard.status.status in ENDED
        gone = any(code == words.CANCELLED for code, _ in heard.errors)
        return True if said or gone else None

    try:
        await _hear(link, heard, verdict)
    finally:
        link.ear.orders.pop(name.order_id, None)


def shows(row: OrderRow, wanted: Terms) -> bool:
    return row_terms(row) == wanted


def row_terms(row: OrderRow) -> Terms | None:
    """None of an order for an amount of money, which has no quantity."""
    if not row.quantity:
        return None
    price = row.limit if row.order_type in words.LIMITED else None
    trigger = row.trigger if row.order_type in words.TRIGGERED else None
    return Terms(row.quantity, price, trigger)


async def _hear(link: Link, heard: Heard, verdict: Callable[[], T | None]) -> T:
    """
    Until the verdict, a refusal or the end of the time.

    A refused order may have a row all the same, which says so itself; that row is waited for.
    """
    loop, patience = asyncio.get_running_loop(), link.patience
    until, refused_at, refused = loop.time() + patience.says, 0.0, None
    for _ in range(1000):
        if (found := verdict()) is not None:
            return found
        if heard.is_cut:
            raise OutcomeUnknown(words.NAME, "the connection to TWS ended before it answered")
        refused = refused or _refusal(heard)
        if refused is not None:
            refused_at = refused_at or loop.time()
            waited = loop.time() - refused_at >= patience.row_follows
            if waited or refused.code not in MAY_HAVE_ROWS:
                raise refused
            until = min(until, refused_at + patience.row_follows)
        left = until - loop.time()
        if left <= 0:
            break
        heard.news.clear()
        try:
            await asyncio.wait_for(heard.news.wait(), left)
        except TimeoutError:
            continue
    if refused is not None:
        raise refused
    text = "; ".join(text for _, text in heard.errors)
    raise OutcomeUnknown(words.NAME, text or f"TWS said nothing of it in {patience.says:.0f} s")


def _refusal(heard: Heard) -> Refused | None:
    for code, text in heard.errors:
        if code in words.REFUSALS:
            return words.refusal(code, text)
    return None


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
