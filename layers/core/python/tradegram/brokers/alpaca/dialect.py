"""What all of Alpaca's calls have in common: two headers, refusals, names of instruments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tradegram.brokers.adapter import API, Reply, Request
from tradegram.brokers.contract import Ability, Identity, Login, Profile, Replaceable
from tradegram.brokers.listings import Listing, Listings, SameNames, stranger
from tradegram.brokers.refusals import meaning
from tradegram.codes import Code
from tradegram.errors import Refused, SessionExpired, Throttled
from tradegram.model import Instrument, OrderType, Product, Session, Side, TimeInForce

SIDES = {Side.BUY: "buy", Side.SELL: "sell"}
ORDER_TYPES = {
    OrderType.MARKET: "market",
    OrderType.LIMIT: "limit",
    OrderType.STOP: "stop",
    OrderType.STOP_LIMIT: "stop_limit",
}
VALIDITIES = {
    TimeInForce.DAY: "day",
    TimeInForce.GTC: "gtc",
    TimeInForce.IOC: "ioc",
    TimeInForce.FOK: "fok",
}

# Keys belong to one of these; by the word that the holder gives as `environment`.
ENVIRONMENTS = {"paper": API, "live": "live"}
DATA = "data"

# What its classes of assets are listed on, the likeliest first.
EXCHANGES = {"us_equity": ("NASDAQ", "NYSE"), "us_option": ("OPRA",), "crypto": ("ALPACA",)}

CONTRACT = Decimal(100)  # shares of an option; those of another number are not listed here

NOT_FOUND, NOT_LET_IN = "40410000", "40110000"
REFUSALS = {
    "40010001": Code.INVALID_ORDER,
    "42210000": Code.INVALID_ORDER,
    "40310000": Code.ORDER_REJECTED,
    NOT_FOUND: Code.ORDER_REJECTED,
}
# Words that say more than the code beside them, in lower case. The order of the rows decides.
MEANINGS = (
    ("buying power", Code.INSUFFICIENT_FUNDS),
    ("insufficient qty", Code.INSUFFICIENT_FUNDS),
    ("insufficient balance", Code.INSUFFICIENT_FUNDS),
    ("asset not found", Code.INVALID_SYMBOL),
    ("could not find asset", Code.INVALID_SYMBOL),
)
# An order by that name is there: what became of it must be looked up. The spelling varies.
THERE_ALREADY = re.compile("client.order.id must be unique")

PROFILE = Profile(
    name="alpaca",
    title="Alpaca",
    identity=Identity.DEDUPES,
    tag_length=48,
    orders_per_second=3,  # 200 calls of any kind in a minute
    listing_lag=30.0,
    order_types=frozenset(ORDER_TYPES),
    products=frozenset({Product.DELIVERY, Product.CARRY_FORWARD}),
    times_in_force=frozenset(VALIDITIES),
    plain_market=True,
    source="https://docs.alpaca.markets",
    squares_off=False,
    login=Login.KEYS,
    hosts={
        "api": "https://paper-api.alpaca.markets",
        "live": "https://api.alpaca.markets",
        "data": "https://data.alpaca.markets",
        "stream": "wss://paper-api.alpaca.markets/stream",
        "live_stream": "wss://api.alpaca.markets/stream",
    },
    can=frozenset(
        {Ability.QUOTES, Ability.CANDLES, Ability.CHAIN, Ability.STREAM, Ability.LOOK_UP}
    ),
    unattended=True,
    # Whether a new quantity counts what has filled is not documented: the wrong reading would
    # trade that part twice. Without one the broker goes on with what is left.
    replaceable=frozenset({Replaceable.PRICES}),
    reads_per_second=3.0,
)


class Dialect:
    """feed: of prices of shares; `iex` is free, `sip` has all exchanges."""

    profile = PROFILE

    def __init__(self, listings: Listings | None = None, feed: str = "iex") -> None:
        self._listings = listings or SameNames()
        self.feed = feed

    def sign(self, request: Request, session: Session, at: float) -> Request:
        secrets = session.secrets
        ours = {
            "APCA-API-KEY-ID": secrets["api_key"],
            "APCA-API-SECRET-KEY": secrets["api_secret"],
        }
        host = environment(secrets) if request.host == API else request.host
        return replace(request, host=host, headers={**request.headers, **ours})

    def unwrap(self, reply: Reply) -> Any:
        if reply.status == 204:
            return None
        if isinstance(reply.body, dict | list):
            return reply.body
        raise ValueError("not an answer of Alpaca")

    def refusal(self, reply: Reply) -> Refused | None:
        name = self.profile.name
        if reply.status == 429:
            return Throttled(name, "too many requests", retry_after=5.0)
        if reply.status >= 500 or not isinstance(reply.body, dict):
            return None
        code, text = str(reply.body.get("code", "")), str(reply.body["message"])
        if reply.status == 401 or code == NOT_LET_IN:
            return SessionExpired(name, text, code=code, means=Code.INVALID_CREDENTIALS)
        if THERE_ALREADY.search(text.lower()):
            return None
        if code in REFUSALS:
            return Refused(name, text, code=code, means=meaning(text, MEANINGS) or REFUSALS[code])
        return None

    # -- instruments -------------------------------------------------------------------------------

    def listed(self, instrument: Instrument) -> Listing:
        return self._listings.of(instrument)

    def instrument(self, symbol: str, asset_class: str = "") -> Instrument:
        """
        What the broker holds and the list does not have is shown all the same.

        asset_class: "" where it does not say. Coins are `BTC/USD` in orders, `BTCUSD` in
        positions.
        """
        classes = [asset_class] if asset_class else list(EXCHANGES)
        for one in classes:
            for place in (one, *EXCHANGES[one]):
                for find in (self._listings.by_symbol, self._listings.by_token):
                    try:
                        return find(place, symbol)
                    except KeyError:
                        continue
        return stranger(EXCHANGES[classes[0]][0], symbol)


def environment(secrets: Mapping[str, str]) -> str:
    """One of our names of its hosts. Raises Refused."""
    said = secrets.get("environment") or "paper"
    if said not in ENVIRONMENTS:
        why = f"the environment must be {' or '.join(ENVIRONMENTS)}; link the account again"
        raise Refused("alpaca", why, means=Code.INVALID_CREDENTIALS)
    return ENVIRONMENTS[said]


def some(number: Any) -> Decimal | None:
    return None if number is None else Decimal(str(number))


def seconds(stamp: str) -> float:
    """Of `2026-11-20T15:01:02.123456789Z`; finer than a microsecond is cut off."""
    return datetime.fromisoformat(re.sub(r"(\.\d{1,6})\d*", r"\1", stamp)).timestamp()


def stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
