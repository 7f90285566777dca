"""
What all of Breeze's calls have in common: its words, its envelope, its signature.

Each call is signed over the exact bytes of its body, reads too: they are GETs with a JSON body.
The HTTP status is mostly 200; what happened is in `Status` and `Error` of the body.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from tradegram.brokers.adapter import JSON, Reply, Request, exact_json
from tradegram.brokers.contract import Ability, Identity, Login, Profile
from tradegram.brokers.digits import money
from tradegram.brokers.indian import day, moment
from tradegram.brokers.listings import Listing, Listings, SameNames, stranger
from tradegram.brokers.refusals import is_unsure, meaning
from tradegram.codes import Code
from tradegram.errors import Refused, SessionExpired, Throttled
from tradegram.model import Instrument, Kind, OrderType, Product, Session, Side, TimeInForce

SIDES = {Side.BUY: "buy", Side.SELL: "sell"}
# Without market orders: Breeze sends such orders at a price of its own choosing. A stop waits at
# `stoploss` and then is a limit order.
ORDER_TYPES = {OrderType.LIMIT: "limit", OrderType.STOP_LIMIT: "stoploss"}
# Without INTRADAY: the margin product has been closed to programs. What a derivative is held as
# follows from what it is.
PRODUCTS = frozenset({Product.DELIVERY, Product.CARRY_FORWARD})
VALIDITIES = {TimeInForce.DAY: "day", TimeInForce.IOC: "ioc"}

CASH, FUTURES, OPTIONS = "cash", "futures", "options"
RIGHTS = {Kind.CALL: "call", Kind.PUT: "put"}

# In books, in lower case; also what was placed elsewhere.
HELD_AS = {
    CASH: Product.DELIVERY,
    "btst": Product.DELIVERY,
    FUTURES: Product.CARRY_FORWARD,
    OPTIONS: Product.CARRY_FORWARD,
    "mtf": Product.MARGIN_FUNDED,
    "margin": Product.INTRADAY,
    "futureplus": Product.INTRADAY,
    "optionplus": Product.INTRADAY,
}

EXPIRED = ("invalid session", "resource not available")
TOO_MANY = "limit exceed"

# What the broker's words mean, in lower case. The order of the rows decides. Most are from its
# client's own checks; the wording of the others has not been seen. Words that are not here prove
# nothing, unless the status says that the request was wrong.
MEANINGS = (
    ("public key does not exist", Code.INVALID_CREDENTIALS),
    ("checksum", Code.INVALID_CREDENTIALS),
    ("static ip", Code.IP_NOT_REGISTERED),
    ("ip address", Code.IP_NOT_REGISTERED),
    ("stock-code not found", Code.INVALID_SYMBOL),
    ("invalid stock", Code.INVALID_SYMBOL),
    ("cannot be empty", Code.INVALID_ORDER),
    ("should be either", Code.INVALID_ORDER),
    ("insufficient", Code.INSUFFICIENT_FUNDS),
    ("allocate fund", Code.INSUFFICIENT_FUNDS),
    ("margin shortfall", Code.INSUFFICIENT_FUNDS),
    ("margin exceeds", Code.INSUFFICIENT_FUNDS),
)
NOTHING = "no data found"  # an empty list, said as an error

# Exchanges, and the segment whose money an order there takes.
SEGMENTS = {"NSE": "equity", "BSE": "equity", "NFO": "fno", "BFO": "fno"}

# Lists that are asked for by the day. So one of today is made when it is signed.
BY_DAY = frozenset({"/order", "/trades"})

ZIP = b"PK"  # what a zip file begins with

PROFILE = Profile(
    name="icicidirect",
    title="ICICI Direct",
    identity=Identity.ECHO,
    tag_length=20,
    # 100 calls a minute for all that is asked, and a book is a call for each exchange.
    orders_per_second=2,
    reads_per_second=0.25,
    calls_per_day=5000,
    book_calls=len(SEGMENTS),
    seldom=120.0,
    listing_lag=120.0,
    book_ends_at_midnight=True,
    order_types=frozenset(ORDER_TYPES),
    products=PRODUCTS,
    times_in_force=frozenset(VALIDITIES),
    plain_market=False,
    source="https://api.icicidirect.com/breezeapi/documents",
    login=Login.REDIRECT,
    token_word="apisession",  # noqa: S106
    hosts={
        "api": "https://api.icicidirect.com/breezeapi/api/v1",
        "history": "https://breezeapi.icicidirect.com/api/v2",
        "login": "https://api.icicidirect.com/apiuser",
        "instruments": "https://directlink.icicidirect.com/MotherAppMaster",
        "stream": "wss://livefeeds.icicidirect.com",
        "prices": "wss://livestream.icicidirect.com",
    },
    can=frozenset(
        {
            Ability.MARGIN,
            Ability.QUOTES,
            Ability.CANDLES,
            Ability.CHAIN,
            Ability.STREAM,
            Ability.PRICES,
        }
    ),
)

Row = Mapping[str, Any]


class Dialect:
    """exchanges: those whose books are read."""

    profile = PROFILE

    def __init__(
        self, listings: Listings | None = None, exchanges: Sequence[str] = tuple(SEGMENTS)
    ) -> None:
        self._listings = listings or SameNames()
        self._exchanges = exchanges

    def sign(self, request: Request, session: Session, at: float) -> Request:
        secrets = session.secrets
        ours = {"Content-Type": JSON, "X-SessionToken": secrets["session_token"]}
        if request.host == "history":
            return replace(request, headers={**ours, "apikey": secrets["api_key"]})
        body = exact_json(_of_today(request, at))
        stamp = f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%S}.000Z"
        proof = hashlib.sha256(f"{stamp}{body}{secrets['api_secret']}".encode()).hexdigest()
        signed = {
            "X-AppKey": secrets["api_key"],
            "X-Timestamp": stamp,
            "X-Checksum": f"token {proof}",
        }
        return replace(request, json=None, content=body.encode(), headers={**ours, **signed})

    def unwrap(self, reply: Reply) -> Any:
        if reply.content.startswith(ZIP):
            return reply.content
        said = str(reply.body["Error"] or "")
        if NOTHING in said.lower() and not is_unsure(said):
            return None
        if reply.body["Status"] != 200 or said:
            raise ValueError("not a success")
        return reply.body["Success"]

    def refusal(self, reply: Reply) -> Refused | None:
        body = reply.body if isinstance(reply.body, Mapping) else {}
        status, text = body.get("Status", reply.status), str(body.get("Error") or "")
        said = text.lower()
        if reply.status >= 500 or is_unsure(text):
            return None  # whatever it says: a gateway may say it of what was behind it
        if status == 429 or reply.status == 429 or TOO_MANY in said:
            return Throttled("icicidirect", text or "too many requests", retry_after=60.0)
        if any(words in said for words in EXPIRED):
            return SessionExpired("icicidirect", text, code=str(status))
        if known := meaning(text, MEANINGS):
            return Refused("icicidirect", text, code=str(status), means=known)
        if status in (401, 403):
            return SessionExpired("icicidirect", text or f"status {status}", code=str(status))
        if text and status in (400, 422):
            return Refused("icicidirect", text, code=str(status), means=Code.ORDER_REJECTED)
        return None

    # -- instruments -------------------------------------------------------------------------------

    def listed(self, instrument: Instrument) -> Listing:
        return self._listings.of(instrument)

    def instrument(self, row: Row) -> Instrument:
        """What the broker holds and the list does not have is shown all the same."""
        exchange, called = row["exchange_code"], name_of(row)
        return self.known(exchange, called) or stranger(exchange, called)

    def known(self, exchange: str, called: str) -> Instrument | None:
        try:
            return self._listings.by_symbol(exchange, called)
        except KeyError:
            return None

    def named(self, instrument: Instrument, product: str) -> dict[str, str]:
        """
        What every request about an instrument says of it. product: the request's word for its kind.

        Raises Refused: it is not listed.
        """
        listing = self.listed(instrument)
        code = listing.symbol.partition("|")[0]
        named = {"stock_code": code, "exchange_code": listing.segment, product: kind_of(instrument)}
        if instrument.expiry is None:
            return named
        return {
            **named,
            "expiry_date": f"{instrument.expiry.isoformat()}T06:00:00.000Z",
            "right": RIGHTS.get(instrument.kind, "others"),
            "strike_price": f"{instrument.strike or 0:f}",
        }


def _of_today(request: Request, at: float) -> Mapping[str, Any]:
    asked: Mapping[str, Any] = request.json or {}
    if request.method != "GET" or request.path not in BY_DAY:
        return asked
    today = moment(at).date().isoformat()
    return {
        **asked,
        "from_date": f"{today}T00:00:00.000Z",
        "to_date": f"{today}T23:59:59.000Z",
    }


def kind_of(instrument: Instrument) -> str:
    """The broker's word for what kind it is."""
    if instrument.kind.is_option:
        return OPTIONS
    return FUTURES if instrument.kind is Kind.FUTURE else CASH


def name(
    code: str, expiry: date | None = None, strike: Decimal | None = None, right: str = ""
) -> str:
    """
    What an instrument is called in our table: `RELIND`, `NIFTY|2026-11-24|24000|C`.

    code: the broker's short one. right: `C`, `P`, or "" for a future.
    """
    if expiry is None:
        return code
    price = f"{strike.normalize():f}" if strike else ""
    return f"{code}|{expiry.isoformat()}|{price}|{right}"


def name_of(row: Row) -> str:
    """Of a row of any of the broker's lists."""
    code, expiry = str(row["stock_code"]).strip(), row.get("expiry_date")
    if not expiry:
        return name(code)
    right = str(row["right"] or "")[:1].upper()
    right = right if right in ("C", "P") else ""
    return name(code, day(expiry), money(row["strike_price"] or 0) if right else None, right)
