"""What all of SmartAPI's calls have in common: its words, its two envelopes, its headers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tradegram.brokers.adapter import Reply, Request
from tradegram.brokers.contract import Ability, Identity, Keeps, Login, Profile
from tradegram.brokers.listings import Listing, Listings, SameNames, check_counted, stranger
from tradegram.codes import Code
from tradegram.errors import Refused, SessionExpired, Throttled
from tradegram.model import Instrument, OrderType, Product, Session, Side, TimeInForce

SIDES = {Side.BUY: "BUY", Side.SELL: "SELL"}
# Without MARKET and STOPLOSS_MARKET: since 2026-04-01 orders by API may not be market orders, nor
# IOC. We send the worst price that the ticket showed.
ORDER_TYPES = {OrderType.LIMIT: "LIMIT", OrderType.STOP_LIMIT: "STOPLOSS_LIMIT"}
PRODUCTS = {
    Product.DELIVERY: "DELIVERY",
    Product.INTRADAY: "INTRADAY",
    Product.CARRY_FORWARD: "CARRYFORWARD",
}
VALIDITIES = {TimeInForce.DAY: "DAY"}

# In books also what was placed elsewhere: margin delivery, and bracket orders, which live a day.
HELD_AS = {
    **{word: product for product, word in PRODUCTS.items()},
    "MARGIN": Product.MARGIN_FUNDED,
    "BO": Product.INTRADAY,
}

# Where Angel One counts lots and we count units. The documents do not say; the other reading would
# send a hundred lots for one, this one is refused when it is wrong.
IN_LOTS = frozenset({"MCX"})

EXPIRED = frozenset({"AG8001", "AG8002", "AG8003", "AB1010"})

# Codes that prove that nothing was accepted. The meanings of most are from memory and not from a
# document; a code that is not here proves nothing.
REFUSALS = {
    "AB1000": Code.INVALID_CREDENTIALS,
    "AB1050": Code.INVALID_CREDENTIALS,
    "AG7002": Code.IP_NOT_REGISTERED,
    "AB1009": Code.INVALID_SYMBOL,
    "AB1018": Code.INVALID_SYMBOL,
    "AB1008": Code.INVALID_ORDER,
    "AB1012": Code.INVALID_ORDER,
    "AB1013": Code.INVALID_ORDER,
    "AB4008": Code.INVALID_ORDER,
}

# Also said when its own order system failed, so it counts only beside one of these words.
WRONG_LOGIN, LOGIN_WORDS = "AB1007", ("login", "password", "totp")

# In the words beside a rejection, in lower case. The order of the rows decides.
MEANINGS = (
    ("margin exceeds", Code.INSUFFICIENT_FUNDS),
    ("insufficient", Code.INSUFFICIENT_FUNDS),
)

TOO_FAST = "exceeding access rate"  # plain text, with 403

# They must be there, and are not compared with anything.
OURS = {
    "Accept": "application/json",
    "X-UserType": "USER",
    "X-SourceID": "WEB",
    "X-ClientLocalIP": "127.0.0.1",
    "X-ClientPublicIP": "127.0.0.1",
    "X-MACAddress": "00:00:00:00:00:00",
}

PROFILE = Profile(
    name="angelone",
    title="Angel One",
    identity=Identity.ECHO,
    tag_length=19,  # 20 announced; integrators keep to 19
    orders_per_second=9,  # of place, modify and cancel together
    listing_lag=120.0,
    book_ends_at_midnight=True,
    order_types=frozenset(ORDER_TYPES),
    products=frozenset(PRODUCTS),
    times_in_force=frozenset(VALIDITIES),
    plain_market=False,
    source="https://smartapi.angelone.in/docs",
    login=Login.CODES,
    unattended=True,
    hosts={
        "api": "https://apiconnect.angelone.in",
        "instruments": "https://margincalculator.angelbroking.com",
    },
    can=frozenset({Ability.MARGIN, Ability.QUOTES, Ability.CANDLES, Ability.CHAIN, Ability.GTT}),
    reads_per_second=1.0,  # order book, trade book, positions, holdings; quotes 10
    keeps=Keeps(
        legs=1,
        products=frozenset({Product.DELIVERY}),
        exchanges=frozenset({"NSE", "BSE"}),
        names_orders=False,
    ),
)


class Dialect:
    """in_lots: exchanges where Angel One counts lots."""

    profile = PROFILE

    def __init__(self, listings: Listings | None = None, in_lots: frozenset[str] = IN_LOTS) -> None:
        self._listings = listings or SameNames()
        self._in_lots = in_lots

    def sign(self, request: Request, session: Session, at: float) -> Request:
        ours = headers(session.secrets, session.secrets["jwt_token"])
        return replace(request, headers={**request.headers, **ours})

    def unwrap(self, reply: Reply) -> Any:
        if isinstance(reply.body, list):  # the file of instruments has no envelope
            return reply.body
        if reply.body["status"] is not True:
            raise ValueError("not a success")
        return reply.body["data"]

    def refusal(self, reply: Reply) -> Refused | None:
        if reply.status >= 500:
            return None  # whatever it says: a gateway may say it of what was behind it
        # 403 says both "too fast" and "not logged in"; what is in it tells them apart.
        if reply.status == 429 or TOO_FAST in reply.text.lower():
            return Throttled("angelone", "too many requests", retry_after=1.0)
        body = reply.body if isinstance(reply.body, Mapping) else {}
        code = str(body.get("errorcode") or body.get("errorCode") or "")
        text = str(body.get("message") or "")
        if code in EXPIRED:
            return SessionExpired("angelone", text, code=code)
        if code == WRONG_LOGIN and any(word in text.lower() for word in LOGIN_WORDS):
            return Refused("angelone", text, code=code, means=Code.INVALID_CREDENTIALS)
        if code in REFUSALS:
            return Refused("angelone", text, code=code, means=REFUSALS[code])
        return None

    # -- instruments and what is counted of them ---------------------------------------------------

    def listed(self, instrument: Instrument) -> Listing:
        return self._listings.of(instrument)

    def instrument(self, row: Mapping[str, Any]) -> Instrument:
        """What the broker holds and the list does not have is shown all the same."""
        try:
            return self._listings.by_token(row["exchange"], row["symboltoken"])
        except KeyError:
            return stranger(row["exchange"], row["tradingsymbol"])

    def counted(self, quantity: Decimal, instrument: Instrument) -> str:
        """As Angel One counts it, from units."""
        if instrument.exchange in self._in_lots:
            # Its book is read by its own list's lots; with others the two would not agree.
            check_counted(self.profile.name, self.listed(instrument).instrument, instrument)
            return f"{quantity / instrument.lot_size:f}"
        return f"{quantity:f}"

    def units(self, counted: Any, row: Mapping[str, Any]) -> Decimal:
        """Raises KeyError: it is counted in lots, and nobody knows of how many units."""
        if row["exchange"] not in self._in_lots:
            return Decimal(str(counted))
        lot = self._listings.by_token(row["exchange"], row["symboltoken"]).lot_size
        return Decimal(str(counted)) * lot

    def named(self, instrument: Instrument) -> dict[str, str]:
        """What every request about an instrument says of it: both must fit each other."""
        listing = self.listed(instrument)
        return {
            "tradingsymbol": listing.symbol,
            "symboltoken": listing.token,
            "exchange": listing.segment,
        }


def headers(secrets: Mapping[str, str], token: str = "") -> dict[str, str]:
    """token: the day's; "" on the way to it."""
    ours = {**OURS, "X-PrivateKey": secrets["api_key"]}
    return {**ours, "Authorization": f"Bearer {token}"} if token else ours
