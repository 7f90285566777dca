"""What TWS says, as values with decimals, taken out of ib_async's objects at the edge."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ib_async.contract import Contract, ContractDetails
    from ib_async.objects import Execution
    from ib_async.order import Order, OrderState

UNSET = 1e300  # what is larger stands for nothing
ZERO = Decimal(0)


def number(value: Any) -> Decimal | None:
    """None for the values that stand for nothing. Raises ArithmeticError for no number."""
    if value is None or value == "":
        return None
    found = Decimal(str(value))
    if found.is_nan() or abs(found) >= Decimal(UNSET):
        return None
    return Decimal(int(found)) if found == found.to_integral_value() else found  # 10, not 10.0


def amount(value: Any) -> Decimal:
    """0 where nothing is said."""
    return number(value) or ZERO


@dataclass(frozen=True, slots=True)
class ContractRow:
    """strike, multiplier: None where there is none. expiry: YYYYMMDD."""

    con_id: int
    symbol: str
    sec_type: str
    expiry: str
    strike: Decimal | None
    right: str
    multiplier: Decimal
    exchange: str
    primary: str
    currency: str
    local_symbol: str
    trading_class: str


@dataclass(frozen=True, slots=True)
class DetailsRow:
    contract: ContractRow
    name: str
    tick: Decimal
    least: Decimal
    step: Decimal


@dataclass(frozen=True, slots=True)
class OrderRow:
    """
    One order, live or ended. Of an ended one TWS keeps neither client nor number: both 0.

    quantity: 0 for one of an amount of money. completed: how it ended, "" while it lives.
    """

    client: int
    order_id: int
    perm_id: int
    ref: str
    account: str
    contract: ContractRow
    side: str
    order_type: str
    quantity: Decimal
    limit: Decimal | None
    trigger: Decimal | None
    status: str
    tif: str = ""
    filled: Decimal = ZERO
    is_completed: bool = False
    completed: str = ""
    completed_at: str = ""


@dataclass(frozen=True, slots=True)
class StatusRow:
    client: int
    order_id: int
    perm_id: int
    status: str
    filled: Decimal
    average: Decimal


@dataclass(frozen=True, slots=True)
class ExecutionRow:
    """at: seconds since the epoch."""

    exec_id: str
    client: int
    order_id: int
    perm_id: int
    ref: str
    account: str
    contract: ContractRow
    side: str
    quantity: Decimal
    price: Decimal
    at: float


@dataclass(frozen=True, slots=True)
class MarginRow:
    """change: money that an order would block, in the account's own currency."""

    change: Decimal


@dataclass(frozen=True, slots=True)
class PositionRow:
    """cost: average per unit, with the multiplier. last, realised: None where it does not say."""

    account: str
    contract: ContractRow
    quantity: Decimal
    cost: Decimal
    last: Decimal | None = None
    realised: Decimal | None = None


@dataclass(slots=True)
class Ticks:
    """What was heard of one market so far: prices and sizes by the number of the tick."""

    prices: dict[int, Decimal] = field(default_factory=dict)
    sizes: dict[int, Decimal] = field(default_factory=dict)
    greeks: tuple[Decimal | None, ...] = ()
    traded_at: float = 0.0


def contract_row(said: Contract) -> ContractRow:
    return ContractRow(
        con_id=int(said.conId),
        symbol=said.symbol,
        sec_type=said.secType,
        expiry=said.lastTradeDateOrContractMonth,
        strike=amount(said.strike) or None,
        right=said.right if said.right in ("C", "P", "CALL", "PUT") else "",
        multiplier=number(said.multiplier) or Decimal(1),
        exchange=said.exchange,
        primary=said.primaryExchange,
        currency=said.currency,
        local_symbol=said.localSymbol,
        trading_class=said.tradingClass,
    )


def details_row(said: ContractDetails) -> DetailsRow:
    assert said.contract is not None  # noqa: S101 - the decoder always makes one
    return DetailsRow(
        contract_row(said.contract),
        said.longName,
        amount(said.minTick),
        amount(said.minSize),
        amount(said.sizeIncrement),
    )


def order_row(said: Contract, order: Order, state: OrderState, *, is_completed: bool) -> OrderRow:
    return OrderRow(
        client=0 if is_completed else order.clientId,
        order_id=0 if is_completed else order.orderId,
        perm_id=order.permId,
        ref=order.orderRef,
        account=order.account,
        contract=contract_row(said),
        side=order.action,
        order_type=order.orderType,
        quantity=amount(order.totalQuantity),
        limit=number(order.lmtPrice),
        trigger=number(order.auxPrice),
        status=state.status,
        tif=order.tif,
        filled=amount(order.filledQuantity) if is_completed else ZERO,
        is_completed=is_completed,
        completed=state.completedStatus,
        completed_at=state.completedTime,
    )


def execution_row(said: Contract, done: Execution) -> ExecutionRow:
    return ExecutionRow(
        exec_id=done.execId,
        client=done.clientId,
        order_id=done.orderId,
        perm_id=done.permId,
        ref=done.orderRef,
        account=done.acctNumber,
        contract=contract_row(said),
        side=done.side,
        quantity=amount(done.shares),
        price=amount(done.price),
        at=done.time.timestamp(),
    )


def margin_row(state: OrderState) -> MarginRow | None:
    """None for a preview that does not say it yet."""
    change = number(state.initMarginChange)
    return None if change is None else MarginRow(change)
