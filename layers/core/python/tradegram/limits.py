"""What the holder allows, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Limits:
    """
    What the holder allows. Money in the account's currency, fractions as 0.2 for 20 %.

    price_moved: how far the market may move between ticket and Confirm; for options half of the
    way to the worst price on the ticket, where that is farther. quote_age: seconds a price may be
    old at Confirm. price_band: how far a limit may lie from the last price.
    These three and ticket_ttl are the desk's own; the others are set by `/risk`, for a person
    and for an account, and the stricter of the two counts. None: no such limit.

    quantity: units in one order. daily_loss: realised and open, of one account, since its day
    began. trades_per_day: orders confirmed. duplicate_window: seconds in which the same order is
    asked about twice. min_confidence: of a signal. symbols, products: only these; the forbidden
    ones never. whose: by limit, whom `/risk` must name to change it; "" is the person.
    """

    ticket_ttl: float = 60.0
    price_moved: Decimal = Decimal("0.005")
    quote_age: float = 5.0
    order_value: Decimal = Decimal(5_000_000)
    share_of_balance: Decimal = Decimal("0.2")
    price_band: Decimal = Decimal("0.2")
    quantity: Decimal | None = None
    open_positions: int | None = None
    daily_loss: Decimal | None = None
    trades_per_day: int | None = None
    duplicate_window: float = 30.0
    min_confidence: Decimal = Decimal("0.7")
    market_hours: bool = False
    symbols: frozenset[str] | None = None
    forbidden_symbols: frozenset[str] = frozenset()
    products: frozenset[str] | None = None
    forbidden_products: frozenset[str] = frozenset()
    whose: Mapping[str, str] = field(default_factory=dict[str, str])
