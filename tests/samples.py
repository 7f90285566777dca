"""Plain values that many tests start from."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tradegram.model import (
    Account,
    ExecutionReport,
    Instrument,
    Kind,
    Mode,
    OrderIntent,
    OrderType,
    Product,
    ReportStatus,
    Side,
    TimeInForce,
)
from tradegram.orders.state import Order
from tradegram.tickets.ticket import Draft, Pricing, Ticket

INFY = Instrument("NSE", "INFY", Kind.SHARE, "Infosys", Decimal(1), Decimal("0.05"))
ACCOUNT = Account("paper:main", "paper", "main", Mode.PAPER)
INTENT = OrderIntent(
    client_order_id="A" * 16,
    account_id=ACCOUNT.account_id,
    instrument=INFY,
    side=Side.BUY,
    order_type=OrderType.LIMIT,
    quantity=Decimal(100),
    product=Product.INTRADAY,
    time_in_force=TimeInForce.DAY,
    price=Decimal("1500.05"),
    wire_id="A" * 16,
)
STAGED = Order(INTENT, send_by=1120.0, user_id=7, ticket_id="T" * 16, staged_at=1000.0)
DRAFT = Draft(
    INFY, Side.BUY, Decimal(100), OrderType.LIMIT, Product.INTRADAY, TimeInForce.DAY,
    price=Decimal("1500.05"), source_text="/buy INFY 100 @ 1500.05",
)  # fmt: skip
PRICING = Pricing(
    last=Decimal("1499.90"),
    bid=Decimal("1499.85"),
    ask=Decimal("1499.95"),
    source="simulated",
    at=1000.0,
    worst_price=None,
    value=Decimal("150005"),
    margin=Decimal("30001"),
    available=Decimal("1000000"),
    charges={"brokerage": Decimal("20.00"), "STT": Decimal("0.1")},
    checks=("size within limits",),
)
TICKET = Ticket("T" * 16, 7, ACCOUNT.account_id, DRAFT, PRICING, expires_at=1060.0)


def order(key: str, account_id: str = ACCOUNT.account_id, staged_at: float = 1000.0) -> Order:
    """A STAGED order with its own id."""
    intent = replace(INTENT, client_order_id=key, wire_id=key, account_id=account_id)
    return replace(STAGED, intent=intent, staged_at=staged_at)


def report(
    status: ReportStatus = ReportStatus.NEW,
    *,
    cum: int = 0,
    price: str = "0",
    broker_order_id: str = "B1",
    quantity: int = 100,
) -> ExecutionReport:
    return ExecutionReport(
        broker_order_id, "A" * 16, status, Decimal(quantity), Decimal(cum), Decimal(price), 0.0
    )
