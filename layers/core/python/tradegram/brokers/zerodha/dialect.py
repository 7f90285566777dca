"""What all of Kite's calls have in common: its words, its envelope, its signature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from tradegram.brokers.adapter import Reply, Request
from tradegram.brokers.contract import Ability, Identity, Keeps, Login, Profile
from tradegram.brokers.indian import IST
from tradegram.brokers.listings import Listing, Listings, SameNames, check_counted, stranger
from tradegram.brokers.refusals import meaning
from tradegram.codes import Code
from tradegram.errors import Refused, SessionExpired, Throttled
from tradegram.model import Instrument, OrderType, Product, Session, Side, TimeInForce

SIDES = {Side.BUY: "BUY", Side.SELL: "SELL"}
# Without MARKET and SL-M: they are refused without a protection of the broker's choosing (forum
# discussion 15912); we send the worst price that the ticket showed instead.
ORDER_TYPES = {OrderType.LIMIT: "LIMIT", OrderType.STOP_LIMIT: "SL"}
PRODUCTS = {Product.DELIVERY: "CNC", Product.INTRADAY: "MIS", Product.CARRY_FORWARD: "NRML"}
VALIDITIES = {TimeInForce.DAY: "DAY", TimeInForce.IOC: "IOC"}

# In books. Cover orders, placed elsewhere, live until the close like any MIS.
HELD_AS = {
    **{word: product for product, word in PRODUCTS.items()},
    "MTF": Product.MARGIN_FUNDED,
    "CO": Product.INTRADAY,
}

# Only these error types prove that no order exists, and only where the status blames the request
# (after any other "check orderbook", forum comment 41029). NetworkException, DataException and
# GeneralException do not: Kite raises them when its own order system did not answer.
REFUSALS = {
    "InputException": Code.INVALID_ORDER,
    "MarginException": Code.INSUFFICIENT_FUNDS,
    "HoldingException": Code.INSUFFICIENT_FUNDS,
    "OrderException": Code.ORDER_REJECTED,
}

# Words that say more than the type beside them, in lower case. The order of the rows decides.
MEANINGS = (
    ("no ips configured for this app", Code.IP_NOT_REGISTERED),
    ("allowed to place orders for this app", Code.IP_NOT_REGISTERED),
    ("has either expired or does not exist", Code.INVALID_SYMBOL),
    ("insufficient funds", Code.INSUFFICIENT_FUNDS),
    ("margin exceeds", Code.INSUFFICIENT_FUNDS),
)

# A 400 OrderException with this text was followed, 8 seconds later, by a live order
# (forum comment 35732), so here the text outranks both the type and the status code.
NOT_A_REFUSAL = ("timed out", "timeout", "time out")

# Where Kite counts lots and we count units. The documents do not say; the other reading would
# send a hundred lots for one, this one is refused when it is wrong.
IN_LOTS = frozenset({"MCX"})

PROFILE = Profile(
    name="zerodha",
    title="Zerodha",
    identity=Identity.ECHO,
    tag_length=20,
    orders_per_second=10,
    listing_lag=120.0,
    # A request may be 60 s on its way, and one that "timed out" was placed 8 s later.
    receive_window=150.0,
    order_types=frozenset(ORDER_TYPES),
    products=frozenset(PRODUCTS),
    times_in_force=frozenset(VALIDITIES),
    plain_market=False,
    source="https://kite.trade/docs/connect/v3",
    login=Login.REDIRECT,
    hosts={
        "api": "https://api.kite.trade",
        "login": "https://kite.zerodha.com",
        "stream": "wss://ws.kite.trade",
    },
    can=frozenset(
        {
            Ability.MARGIN,
            Ability.QUOTES,
            Ability.CANDLES,
            Ability.CHAIN,
            Ability.GTT,
            Ability.POSTBACK,
            Ability.STREAM,
        }
    ),
    modifications_per_order=25,
    replaces_type=True,
    reads_per_second=1.0,  # quotes; candles 3, all else 10
    token_word="request_token",  # noqa: S106 - the name of a word
    keeps=Keeps(
        legs=2,
        products=frozenset({Product.DELIVERY, Product.CARRY_FORWARD}),
        exchanges=frozenset({"NSE", "BSE", "NFO", "BFO"}),
    ),
)


class Dialect:
    """in_lots: exchanges where Kite counts lots."""

    profile = PROFILE

    def __init__(self, listings: Listings | None = None, in_lots: frozenset[str] = IN_LOTS) -> None:
        self._listings = listings or SameNames()
        self._in_lots = in_lots

    def sign(self, request: Request, session: Session, at: float) -> Request:
        token = f"token {session.secrets['api_key']}:{session.secrets['access_token']}"
        ours = {"X-Kite-Version": "3", "Authorization": token}
        return replace(request, headers={**request.headers, **ours})

    def unwrap(self, reply: Reply) -> Any:
        if "csv" in reply.headers.get("content-type", ""):
            return reply.text
        return reply.body["data"]

    def refusal(self, reply: Reply) -> Refused | None:
        body = reply.body if isinstance(reply.body, Mapping) else {}
        kind, text = str(body.get("error_type") or ""), str(body.get("message") or "")
        if reply.status == 429:
            return Throttled("zerodha", text or "too many requests", retry_after=1.0)
        if reply.status >= 500:
            return None  # whatever it says: a gateway may say it of what was behind it
        if kind == "TokenException":
            return SessionExpired("zerodha", text, code=kind)
        if any(words in text.lower() for words in NOT_A_REFUSAL):
            return None
        means = meaning(text, MEANINGS)
        # That of the address is said under several types; it is checked before the order is.
        if kind in REFUSALS or means == Code.IP_NOT_REGISTERED:
            return Refused("zerodha", text, code=kind, means=means or REFUSALS[kind])
        return None

    # -- instruments and what is counted of them ---------------------------------------------------

    def listed(self, instrument: Instrument) -> Listing:
        return self._listings.of(instrument)

    def instrument(self, exchange: str, symbol: str) -> Instrument:
        """What the broker holds and the list does not have is shown all the same."""
        try:
            return self._listings.by_symbol(exchange, symbol)
        except KeyError:
            return stranger(exchange, symbol)

    def counted(self, quantity: Decimal, instrument: Instrument) -> str:
        """As Kite counts it, from units."""
        if instrument.exchange in self._in_lots:
            # Its book is read by its own list's lots; with others the two would not agree.
            check_counted(self.profile.name, self.listed(instrument).instrument, instrument)
            return f"{quantity / instrument.lot_size:f}"
        return f"{quantity:f}"

    def units(self, counted: Any, exchange: str, symbol: str) -> Decimal:
        """Raises KeyError: it is counted in lots, and nobody knows of how many units."""
        if exchange in self._in_lots:
            return Decimal(str(counted)) * self._listings.by_symbol(exchange, symbol).lot_size
        return Decimal(str(counted))


def seconds(stamp: str) -> float:
    """Of `2026-11-20 09:15:02`, which is India's time."""
    return datetime.fromisoformat(stamp).replace(tzinfo=IST).timestamp()
