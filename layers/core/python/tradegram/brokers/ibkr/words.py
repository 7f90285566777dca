"""What TWS calls things, as tables, and what its error numbers prove."""

from __future__ import annotations

from collections.abc import Mapping

from tradegram.brokers.contract import Ability, Identity, Login, Profile
from tradegram.codes import Code
from tradegram.errors import Refused
from tradegram.model import Kind, OrderType, Product, ReportStatus, Side, TimeInForce

NAME = "ibkr"

PROFILE = Profile(
    name=NAME,
    title="Interactive Brokers",
    identity=Identity.ECHO,
    tag_length=20,  # of the 40 that come back; the rest says which connection placed it
    orders_per_second=10,
    listing_lag=30.0,
    order_types=frozenset(OrderType),
    products=frozenset({Product.DELIVERY, Product.CARRY_FORWARD}),
    times_in_force=frozenset(TimeInForce),
    plain_market=True,
    source="TWS API, ib_async 2.1.0",
    book_kept=3600.0,  # until the gateway restarts, each night
    squares_off=False,
    login=Login.GATEWAY,
    can=frozenset({Ability.MARGIN, Ability.QUOTES, Ability.CANDLES, Ability.CHAIN}),
    reads_per_second=20.0,
)

SIDES = {Side.BUY: "BUY", Side.SELL: "SELL"}
SIDES_BACK = {"BUY": Side.BUY, "SELL": Side.SELL, "SSHORT": Side.SELL}
EXECUTED = {"BOT": Side.BUY, "SLD": Side.SELL}
TYPES = {
    OrderType.MARKET: "MKT",
    OrderType.LIMIT: "LMT",
    OrderType.STOP: "STP",
    OrderType.STOP_LIMIT: "STP LMT",
}
LIMITED = frozenset({"LMT", "STP LMT"})
TRIGGERED = frozenset({"STP", "STP LMT"})
SECURITIES = {
    Kind.SHARE: "STK",
    Kind.ETF: "STK",
    Kind.INDEX: "IND",
    Kind.FUTURE: "FUT",
    Kind.CALL: "OPT",
    Kind.PUT: "OPT",
}
# A pair is a currency or a coin by where it trades.
PAIRS = {"IDEALPRO": "CASH", "PAXOS": "CRYPTO", "ZEROHASH": "CRYPTO"}
RIGHTS = {Kind.CALL: "C", Kind.PUT: "P"}
RIGHTS_BACK = {"C": Kind.CALL, "P": Kind.PUT, "CALL": Kind.CALL, "PUT": Kind.PUT}
HELD_AS = {
    "STK": Product.DELIVERY,
    "CASH": Product.DELIVERY,
    "CRYPTO": Product.DELIVERY,
    "FUT": Product.CARRY_FORWARD,
    "OPT": Product.CARRY_FORWARD,
    "FOP": Product.CARRY_FORWARD,
}
STATUSES = {
    "PendingSubmit": ReportStatus.PENDING_NEW,
    "ApiPending": ReportStatus.PENDING_NEW,
    "PreSubmitted": ReportStatus.PENDING_NEW,  # a stop's is NEW: it works, it waits for its price
    "Submitted": ReportStatus.NEW,
    "PendingCancel": ReportStatus.NEW,
    "Filled": ReportStatus.FILLED,
    "Cancelled": ReportStatus.CANCELLED,
    "ApiCancelled": ReportStatus.CANCELLED,
    # With an error it was rejected; without one it may become live again.
    "Inactive": ReportStatus.PENDING_NEW,
}

# Errors on an order that prove that it, or the change that was asked for, was not taken. Numbers
# that are not here prove nothing: the order's own row has to say.
REFUSALS: Mapping[int, Code] = {
    103: Code.INVALID_ORDER,
    104: Code.INVALID_ORDER,
    105: Code.INVALID_ORDER,
    109: Code.INVALID_ORDER,
    110: Code.INVALID_ORDER,
    111: Code.INVALID_ORDER,
    135: Code.ORDER_REJECTED,
    161: Code.ORDER_REJECTED,
    200: Code.INVALID_SYMBOL,
    201: Code.ORDER_REJECTED,
    203: Code.ORDER_REJECTED,
    320: Code.INVALID_ORDER,
    321: Code.INVALID_ORDER,
    387: Code.INVALID_ORDER,
    388: Code.INVALID_ORDER,
    434: Code.INVALID_ORDER,
    10147: Code.ORDER_REJECTED,
    10148: Code.ORDER_REJECTED,
    10289: Code.ORDER_REJECTED,
}
CANCELLED = 202  # said of an order that was cancelled, by whomever
BUSY = 326
LINK_LOST = frozenset({1100, 2110})
LINK_BACK = frozenset({1101, 1102})
TOO_FAST = frozenset({100, 420})
HISTORY = 162
NO_PRICES = frozenset({200, 354, 10089, 10090, 10168, 10186, 10197})
OF_MONEY = ("margin", "available funds", "equity", "insufficient")
READ_ONLY = "read-only mode"
SWITCH_OFF = (
    "TWS takes no orders from programs: in its settings, API, switch off “Read-Only API”, then "
    "send it anew"
)
PAPER_PORTS = frozenset({4002, 7497})
LIVE_PORTS = frozenset({4001, 7496})


def refusal(number: int, text: str) -> Refused:
    """Raises KeyError for a number that proves nothing."""
    means = REFUSALS[number]
    lower = text.casefold()
    if number == 201 and any(word in lower for word in OF_MONEY):
        means = Code.INSUFFICIENT_FUNDS
    if number == 321 and READ_ONLY in lower:
        text, means = f"{SWITCH_OFF} ({text})", Code.ORDER_REJECTED
    return Refused(NAME, text, code=str(number), means=means)
