"""The words of the trade, as types. No I/O, no clock, no broker names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Side(StrEnum):
    BUY = "BUY"
    SELL = "SELL"

    @property
    def opposite(self) -> Side:
        return Side.SELL if self is Side.BUY else Side.BUY


class OrderType(StrEnum):
    """SL and SL-M are understood when typed: they are STOP_LIMIT and STOP."""

    MARKET = "MARKET"
    LIMIT = "LIMIT"
    STOP = "STOP"
    STOP_LIMIT = "STOP_LIMIT"


class TimeInForce(StrEnum):
    DAY = "DAY"
    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"


class Product(StrEnum):
    """
    What the position is held as. Coins and US shares are always DELIVERY, perpetuals always
    CARRY_FORWARD.
    """

    DELIVERY = "CNC"
    INTRADAY = "MIS"
    CARRY_FORWARD = "NRML"
    MARGIN_FUNDED = "MTF"


class Kind(StrEnum):
    SHARE = "SHARE"
    ETF = "ETF"
    INDEX = "INDEX"
    FUTURE = "FUTURE"
    CALL = "CE"
    PUT = "PE"
    COIN = "COIN"  # a spot pair, such as BTCUSDT
    PERPETUAL = "PERP"  # a future of a coin that never expires, held on margin

    @property
    def is_derivative(self) -> bool:
        return self in (Kind.FUTURE, Kind.CALL, Kind.PUT)

    @property
    def is_option(self) -> bool:
        return self in (Kind.CALL, Kind.PUT)


COINS = frozenset({Kind.COIN, Kind.PERPETUAL})  # priced in dollars, counted in small steps


@dataclass(frozen=True, slots=True)
class Instrument:
    """
    One row of the instrument master.

    exchange:        NSE BSE NFO BFO MCX NASDAQ NYSE OPRA BINANCE BINANCEFUT ALPACA. With
                     symbol it names the instrument.
    symbol:          the exchange's trading symbol; looked up, never parsed.
    lot_size:        units per lot; every quantity is a positive multiple of it. For coins and
                     perpetuals it is the step, e.g. 0.00001.
    tick_size:       every price is a positive multiple of it, in `currency`.
    freeze_quantity: units, the most one order may hold; None where there is no limit.
    underlying:      symbol of what a derivative is written on, e.g. NIFTY; "" for others.
    min_value:       least price x quantity of an order, in `currency`; 0 where there is none.
    multiplier:      money per unit and point. 1 where a unit is what the contract is written on,
                     as in India but for some MCX contracts; elsewhere a unit is one contract, so
                     that an option on 100 shares is lot 1, multiplier 100.
    """

    exchange: str
    symbol: str
    kind: Kind
    name: str
    lot_size: Decimal
    tick_size: Decimal
    underlying: str = ""
    expiry: date | None = None
    strike: Decimal | None = None
    freeze_quantity: Decimal | None = None
    currency: str = "INR"
    min_value: Decimal = Decimal(0)
    multiplier: Decimal = Decimal(1)

    @property
    def key(self) -> str:
        """`NSE:RELIANCE`: the one name of this instrument in records and messages."""
        return f"{self.exchange}:{self.symbol}"


@dataclass(frozen=True, slots=True)
class OrderIntent:
    """
    One instruction for one account, written before it is sent and never changed.

    order_type:      what is sent. A protected market order is a LIMIT here.
    asked_type:      what the holder asked for; what people are shown.
    quantity:        units, a positive multiple of the lot size.
    price:           per unit, a multiple of the tick size; None unless LIMIT or STOP_LIMIT.
    trigger:         per unit; None unless STOP or STOP_LIMIT.
    client_order_id: 16 upper-case base32 characters, from ticket and leg.
    wire_id:         the same, fitted to the broker's field; stored before sending.
    """

    client_order_id: str
    account_id: str
    instrument: Instrument
    side: Side
    order_type: OrderType
    quantity: Decimal
    product: Product
    time_in_force: TimeInForce
    price: Decimal | None = None
    trigger: Decimal | None = None
    asked_type: OrderType = OrderType.LIMIT
    wire_id: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a replace may change. All three as they should be afterwards, not as differences."""

    quantity: Decimal
    price: Decimal | None = None
    trigger: Decimal | None = None

    @property
    def order_type(self) -> OrderType:
        """Which prices there are says what type it is."""
        if self.trigger is None:
            return OrderType.MARKET if self.price is None else OrderType.LIMIT
        return OrderType.STOP if self.price is None else OrderType.STOP_LIMIT


class ReportStatus(StrEnum):
    """Order status as a broker reports it, in FIX's sense of OrdStatus(39)."""

    PENDING_NEW = "PENDING_NEW"
    NEW = "NEW"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"
    FILLED = "FILLED"


@dataclass(frozen=True, slots=True)
class ExecutionReport:
    """
    One statement by a broker about one order, in FIX's sense of ExecutionReport(8).

    client_order_id: as the broker echoes it (our wire id); "" where it keeps none.
    quantity:        units asked for, as the broker has it now.
    cum_quantity:    units filled so far. average_price: per unit, 0 when none filled.
    reported_at:     the broker's clock, seconds since the epoch; for display only, never used to
                     order reports.
    terms:           price and trigger as the broker has them now; None where it does not say.
    instrument:      `NSE:INFY`; side: BUY or SELL. For orders that are not ours.
    code:            of a rejection, which of `codes.Code` the broker's words mean; "" if unknown.
    """

    broker_order_id: str
    client_order_id: str
    status: ReportStatus
    quantity: Decimal
    cum_quantity: Decimal
    average_price: Decimal
    reported_at: float
    text: str = ""
    terms: Terms | None = None
    instrument: str = ""
    side: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution. `at`: seconds since the epoch, by the broker's clock."""

    trade_id: str
    broker_order_id: str
    client_order_id: str
    instrument: Instrument
    side: Side
    product: Product
    quantity: Decimal
    price: Decimal
    at: float
    charges: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Position:
    """
    quantity:      units, negative when short, zero when closed today.
    average_price: per unit of what is open; last_price: None when no quote could be had.
    realised:      money made or lost today by what was closed, before charges.
    unrealised:    (last - average) x quantity x multiplier; None without a last price.
    """

    account_id: str
    instrument: Instrument
    product: Product
    quantity: Decimal
    average_price: Decimal
    last_price: Decimal | None
    realised: Decimal
    unrealised: Decimal | None


@dataclass(frozen=True, slots=True)
class Holding:
    """What lies in the depository (or wallet); units and money per unit."""

    account_id: str
    instrument: Instrument
    quantity: Decimal
    average_price: Decimal
    last_price: Decimal | None


@dataclass(frozen=True, slots=True)
class Funds:
    """Money in `currency`. available + used = balance: cash and realised, less charges."""

    account_id: str
    currency: str
    balance: Decimal
    available: Decimal
    used: Decimal


@dataclass(frozen=True, slots=True)
class Quote:
    """
    One look at a market. Prices per unit; sizes in units, 0 when unknown.

    at:     seconds since the epoch of the last trade.
    source: who says so, e.g. "simulated" or "zerodha"; shown wherever the price is.
    """

    instrument: str
    last: Decimal
    bid: Decimal
    ask: Decimal
    bid_size: Decimal
    ask_size: Decimal
    open: Decimal
    high: Decimal
    low: Decimal
    previous_close: Decimal
    at: float
    source: str

    @property
    def change(self) -> Decimal:
        """Since the previous close, as a fraction: 0.004 is +0.4 %."""
        if not self.previous_close:
            return Decimal(0)
        return (self.last - self.previous_close) / self.previous_close


@dataclass(frozen=True, slots=True)
class Candle:
    """How a price went. at: when it began, seconds since the epoch; volume in units."""

    at: float
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    open_interest: Decimal | None = None


@dataclass(frozen=True, slots=True)
class OptionRow:
    """
    One option of a chain. open_interest in units; iv as 0.14 for 14 % a year.

    iv, delta, gamma, theta, vega: as the broker says them, None where it does not.
    """

    instrument: Instrument
    quote: Quote
    open_interest: Decimal | None = None
    iv: Decimal | None = None
    delta: Decimal | None = None
    gamma: Decimal | None = None
    theta: Decimal | None = None
    vega: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Charges:
    """Estimated cost of one order, in the instrument's currency, by name. `parts` sums to total."""

    parts: Mapping[str, Decimal]

    @property
    def total(self) -> Decimal:
        return sum(self.parts.values(), Decimal(0))


class Mode(StrEnum):
    PAPER = "PAPER"
    LIVE = "LIVE"


@dataclass(frozen=True, slots=True)
class Account:
    """One login at one broker. account_id: `paper:main`; name: what people type after #."""

    account_id: str
    broker: str
    name: str
    mode: Mode
    currency: str = "INR"


@dataclass(frozen=True, slots=True)
class Session:
    """A broker login good for one trading day. `secrets` never leaves the sign step."""

    account_id: str
    expires_at: float
    secrets: Mapping[str, str] = field(repr=False)
