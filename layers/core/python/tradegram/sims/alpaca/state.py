"""What a simulated Alpaca knows, besides what the floor does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import NAMESPACE_OID, UUID, uuid5

from tradegram.model import Instrument
from tradegram.sims.floor import Floor
from tradegram.sims.routes import Rates
from tradegram.sims.stock import Stock
from tradegram.sims.wire import Asked

LIMITS = {"calls": 50}  # in a second; Alpaca counts 200 in a minute
CLASSES = {"OPRA": "us_option", "ALPACA": "crypto"}  # of others us_equity


class No(Exception):
    """An answer in Alpaca's words. code 0: it has none."""

    def __init__(self, status: int, code: int, words: str) -> None:
        super().__init__(words)
        self.status, self.code, self.words = status, code, words


@dataclass
class Brokerage:
    """
    One account. limits: calls in a second; none where it is empty. is_open: its keys are good.
    """

    floor: Floor
    stock: Stock
    api_key: str = "sim-alpaca-key"
    api_secret: str = "sim-alpaca-secret"  # noqa: S105
    limits: Mapping[str, int] = field(default_factory=lambda: dict(LIMITS))
    is_open: bool = True
    account: str = "PA3SIM000001"

    def __post_init__(self) -> None:
        self._rates = Rates(self.floor.now)

    def let_in(self, key: str, secret: str) -> bool:
        return self.is_open and (key, secret) == (self.api_key, self.api_secret)

    def check(self, asked: Asked) -> None:
        given = (asked.headers.get(f"apca-api-{one}", "") for one in ("key-id", "secret-key"))
        if not self.let_in(*given):
            raise No(401, 40110000, "request is not authorized")
        if self._rates.exceeded("calls", self.limits.get("calls", 0)):
            raise No(429, 42910000, "rate limit exceeded")

    def instrument(self, symbol: str) -> Instrument:
        """By its name in orders. Raises No."""
        found = self.known(symbol)
        if found is None:
            raise No(422, 42210000, f"asset not found for {symbol}")
        return found

    def known(self, symbol: str) -> Instrument | None:
        for exchange in ("NASDAQ", "NYSE", "OPRA", "ALPACA"):
            found = self.stock.find(f"{exchange}:{symbol.replace('/', '')}")
            if found is not None and symbol == name_of(found):
                return found
        return None


def class_of(one: Instrument) -> str:
    return CLASSES.get(one.exchange, "us_equity")


def name_of(one: Instrument) -> str:
    """`AAPL`, `BTC/USD`."""
    if one.exchange != "ALPACA":
        return one.symbol
    return f"{one.symbol.removesuffix(one.currency)}/{one.currency}"


def asset_id(one: Instrument) -> str:
    return str(uuid5(NAMESPACE_OID, one.key))


def uuid_of(number: int) -> str:
    """For `Floor.numbered`."""
    return str(UUID(int=number << 64 | 0x4000 << 48 | 0x8000_0000_0000_0000))


def stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
