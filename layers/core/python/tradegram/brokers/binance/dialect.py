"""What all of Binance's calls have in common: signature, refusals, words, numbers."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from tradegram.brokers.adapter import API, Call, Reply, Request, Steps, T
from tradegram.brokers.contract import Book, Profile
from tradegram.brokers.listings import Listings, SameNames, stranger
from tradegram.codes import Code
from tradegram.errors import ClockOff, Refused, SessionExpired, Throttled
from tradegram.model import (
    ExecutionReport,
    Instrument,
    OrderIntent,
    OrderType,
    ReportStatus,
    Session,
    Side,
    TimeInForce,
)

SIDES = {Side.BUY: "BUY", Side.SELL: "SELL"}
VALIDITIES = {TimeInForce.GTC: "GTC", TimeInForce.IOC: "IOC", TimeInForce.FOK: "FOK"}

STATUSES = {
    "PENDING_NEW": ReportStatus.PENDING_NEW,
    "NEW": ReportStatus.NEW,
    "PARTIALLY_FILLED": ReportStatus.NEW,
    "PENDING_CANCEL": ReportStatus.NEW,
    "FILLED": ReportStatus.FILLED,
    "CANCELED": ReportStatus.CANCELLED,
    "REJECTED": ReportStatus.REJECTED,
    "EXPIRED": ReportStatus.EXPIRED,
    "EXPIRED_IN_MATCH": ReportStatus.EXPIRED,
    # Liquidations, which bear no id of ours.
    "NEW_INSURANCE": ReportStatus.NEW,
    "NEW_ADL": ReportStatus.NEW,
}

# Keys belong to one of these; by the word that the holder gives as `environment`.
ENVIRONMENTS = {"live": API, "testnet": "testnet", "demo": "demo"}

# Paths, without their version, that want no signature; and those that want the key alone.
PUBLIC = frozenset(
    {"time", "exchangeInfo", "klines", "ticker/24hr", "ticker/bookTicker", "premiumIndex"}
)
KEYED = frozenset({"listenKey"})

RECEIVE_WINDOW = 5000  # milliseconds after its timestamp in which a request is accepted

NO_SUCH_ORDER = "-2013"
CLOCK, TOO_MANY = -1021, (-1003, -1015)
NOT_LET_IN = (-1002, -1022, -2014, -2015)
# Said when the broker's own parts did not answer one another: an order may have been taken.
IN_DOUBT = (-1000, -1001, -1006, -1007, -1008, -1016)
MEANINGS = {
    -1013: Code.INVALID_ORDER,
    -1121: Code.INVALID_SYMBOL,
    -2010: Code.ORDER_REJECTED,
    -2011: Code.ORDER_REJECTED,
    -2013: Code.ORDER_REJECTED,
    -2018: Code.INSUFFICIENT_FUNDS,
    -2019: Code.INSUFFICIENT_FUNDS,
    -2021: Code.INVALID_ORDER,
    -2022: Code.INVALID_ORDER,
}
# Ranges of codes that speak of the request's own parts, ends included.
INVALID = ((-1130, -1100), (-4164, -4003))


class Dialect:
    """
    Part of an adapter; the constants are those of the market.

    WHO: a call that only keys answer, and what of its answer names the account.
    """

    profile: Profile
    PREFIX: str
    EXCHANGE: str
    WHO: tuple[str, str]

    def __init__(self, listings: Listings | None = None) -> None:
        self._listings = listings or SameNames()

    def sign(self, request: Request, session: Session, at: float) -> Request:
        """Over exactly the bytes that are sent: percent-encoded first, in the order they have."""
        secrets = session.secrets
        request = replace(request, host=_host(self.profile.name, secrets))
        call = request.path.split("/", 3)[-1]
        if call in PUBLIC:
            return request
        keyed = {**request.headers, "X-MBX-APIKEY": secrets["api_key"]}
        if call in KEYED:
            return replace(request, headers=keyed)
        timed = {
            **(request.form or request.query),
            "recvWindow": str(RECEIVE_WINDOW),
            "timestamp": str(int(at * 1000)),
        }
        signed = {**timed, "signature": signature(self.profile.name, urlencode(timed), secrets)}
        if request.form:
            return replace(request, headers=keyed, form=signed)
        return replace(request, headers=keyed, query=signed)

    def unwrap(self, reply: Reply) -> Any:
        if isinstance(reply.body, dict | list):
            return reply.body
        raise ValueError("not an answer of Binance")

    def refusal(self, reply: Reply) -> Refused | None:
        name, wait = self.profile.name, float(reply.headers.get("retry-after") or 10.0)
        if reply.status in (418, 429):
            return Throttled(name, "too many requests from this address", retry_after=wait)
        if not isinstance(reply.body, dict) or reply.status >= 500:
            return None
        code, text = int(reply.body["code"]), str(reply.body["msg"])
        if code == CLOCK:
            return ClockOff(name, "our clock is off", retry_after=0.5)
        if code in TOO_MANY:
            return Throttled(name, text, retry_after=wait)
        if code in NOT_LET_IN:
            return SessionExpired(name, text, code=str(code), means=Code.INVALID_CREDENTIALS)
        means = _meaning(code, text)
        return Refused(name, text, code=str(code), means=means) if means else None

    def broker_time(self) -> Call[float]:
        return Call(self.request("GET", "time"), lambda row: int(row["serverTime"]) / 1000)

    def check(self) -> Steps[str]:
        call, name = self.WHO
        answer: Any = yield from again(Call(self.request("GET", call), lambda told: told))
        rows = answer if isinstance(answer, list) else [answer]
        return str(rows[0][name]) if rows else ""

    # -- parts -------------------------------------------------------------------------------------

    def request(self, method: str, call: str, **asked: object) -> Request:
        """
        call: below the usual version, or a whole path. asked: what is None is left out; it is a
        body's form where there is one, else the query.
        """
        words = {name: _plain(one) for name, one in asked.items() if one is not None}
        path = call if call.startswith("/") else f"{self.PREFIX}/{call}"
        if method in ("POST", "PUT"):
            return Request(method, path, form=words)
        return Request(method, path, query=words)

    def ordered(self, intent: OrderIntent, types: Mapping[OrderType, str]) -> dict[str, object]:
        """What is called the same wherever an order is placed."""
        timed = intent.order_type in (OrderType.LIMIT, OrderType.STOP_LIMIT)
        return {
            "symbol": self.symbol(intent.instrument),
            "side": SIDES[intent.side],
            "type": types[intent.order_type],
            "timeInForce": VALIDITIES[intent.time_in_force] if timed else None,
            "quantity": intent.quantity,
            "price": intent.price,
        }

    def symbol(self, instrument: Instrument) -> str:
        """
        For new orders and prices: Refused when the broker does not list it.

        Ours are called as the exchange calls them, so what is there already needs no list.
        """
        return self._listings.of(instrument).symbol

    def instrument(self, symbol: str) -> Instrument:
        """What the broker holds and the list does not have is shown all the same."""
        try:
            return self._listings.by_symbol(self.EXCHANGE, symbol)
        except KeyError:
            return stranger(self.EXCHANGE, symbol)


def readable(
    rows: Iterable[Mapping[str, Any]],
    read: Callable[[Mapping[str, Any]], ExecutionReport],
    name: Callable[[Mapping[str, Any]], str],
) -> Book:
    """Row by row, as `adapter.each`; name: what a row that cannot be read is called."""
    reports: list[ExecutionReport] = []
    unreadable: list[str] = []
    for row in rows:
        try:
            reports.append(read(row))
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            unreadable.append(f"{name(row)}: {error!r}")
    return Book(reports, unreadable)


def again(call: Call[T]) -> Steps[T]:
    """A read; asked once more where our clock was off, which is mended by then."""
    try:
        answer: T = yield call
    except ClockOff:
        answer = yield call
    return answer


def signature(broker: str, text: str, secrets: Mapping[str, str]) -> str:
    """Ed25519 where there is a private key, else HMAC. Raises Refused, without the key."""
    if not secrets.get("private_key"):
        return hmac.new(secrets["api_secret"].encode(), text.encode(), hashlib.sha256).hexdigest()
    # Loaded when an account signs with one: others start without it.
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(secrets["private_key"].encode(), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        why = "the private key is not an Ed25519 key in PEM; link the account again"
        raise Refused(broker, why, means=Code.INVALID_CREDENTIALS)
    return base64.b64encode(key.sign(text.encode())).decode()


def _host(broker: str, secrets: Mapping[str, str]) -> str:
    said = secrets.get("environment") or "live"
    if said not in ENVIRONMENTS:
        why = f"the environment must be one of {', '.join(ENVIRONMENTS)}; link the account again"
        raise Refused(broker, why, means=Code.INVALID_CREDENTIALS)
    return ENVIRONMENTS[said]


def _meaning(code: int, text: str) -> Code | None:
    """None where nothing is proven: also of an order that "is there already", by its id."""
    said = text.lower()
    if "duplicate" in said or code in IN_DOUBT:
        return None
    if "insufficient balance" in said:
        return Code.INSUFFICIENT_FUNDS
    if any(low <= code <= high for low, high in INVALID) and code not in MEANINGS:
        return Code.INVALID_ORDER
    return MEANINGS.get(code)


def _plain(value: object) -> str:
    """Numbers without an exponent, switches as JSON has them."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def some(number: Any) -> Decimal | None:
    """0 stands for a price that the order type does not have."""
    return Decimal(str(number)) or None


def seconds(milliseconds: Any) -> float:
    return int(milliseconds) / 1000
