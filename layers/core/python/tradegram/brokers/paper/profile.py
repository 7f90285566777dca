"""What the paper broker can do and how it behaves; the broker itself is loaded when it is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from math import inf

from tradegram.brokers.contract import Ability, Identity, Profile
from tradegram.model import OrderType, Product, TimeInForce

AMENDMENTS = 50  # of one order

PROFILE = Profile(
    name="paper",
    title="Paper",
    identity=Identity.ECHO,
    tag_length=20,
    orders_per_second=10,
    listing_lag=0.0,
    order_types=frozenset(OrderType),
    products=frozenset({Product.DELIVERY, Product.INTRADAY, Product.CARRY_FORWARD}),
    times_in_force=frozenset(TimeInForce),
    plain_market=True,
    source="this package: a simulated market",
    receive_window=0.0,
    book_is_local=True,
    squares_off=False,
    modifications_per_order=AMENDMENTS,
    can=frozenset({Ability.MARGIN, Ability.QUOTES, Ability.CANDLES, Ability.CHAIN}),
    book_kept=inf,  # days are listed until later days have had orders, which come after a look
)


@dataclass(frozen=True, slots=True)
class PaperOptions:
    """
    starting_balance: money at the beginning, by currency. delay: seconds until an order is
    accepted. rejection_rate: share of orders rejected by chance. slippage: at most, in ticks.
    """

    seed: int = 1
    starting_balance: Mapping[str, Decimal] = field(
        default_factory=lambda: {
            "INR": Decimal(1_000_000),
            "USD": Decimal(10_000),
            "USDT": Decimal(10_000),
        }
    )
    delay: float = 0.3
    rejection_rate: float = 0.0
    slippage: int = 1
