"""What a simulated Kite knows, besides what the floor does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tradegram.brokers.indian import IST
from tradegram.sims.floor import Entry, Floor
from tradegram.sims.routes import Rates
from tradegram.sims.stock import Stock
from tradegram.sims.wire import Asked, Said, said

LIMITS = {"orders": 10, "quote": 1, "historical": 3, "others": 10}  # in a second


class No(Exception):
    """An answer in Kite's error envelope."""

    def __init__(self, status: int, kind: str, words: str) -> None:
        super().__init__(words)
        self.status, self.kind, self.words = status, kind, words


@dataclass
class Gtt:
    """
    One trigger. orders: as they came. sent: what became of each, by its place. refused: why the
    one that was due became nothing.
    """

    number: int
    kind: str
    condition: dict[str, Any]
    orders: list[dict[str, Any]]
    made_at: float
    changed_at: float
    status: str = "active"
    sent: dict[int, Entry] = field(default_factory=dict)
    refused: str = ""


@dataclass
class Kite:
    """
    One app and one customer.

    redirect: where the browser is sent after the login. limits: calls in a second, by kind; none
    where it is empty. address_known: whether orders come from a registered address. tell: gets
    every postback. tokens: when each ends, seconds since the epoch. once: request tokens not used.
    """

    floor: Floor
    stock: Stock
    api_key: str = "sim-zerodha-key"
    api_secret: str = "sim-zerodha-secret"  # noqa: S105
    user: str = "AB1234"
    redirect: str = "http://127.0.0.1:8420/login/zerodha/callback"
    limits: Mapping[str, int] = field(default_factory=lambda: dict(LIMITS))
    address_known: bool = True
    tell: Callable[[bytes], None] | None = None
    tokens: dict[str, float] = field(default_factory=dict)
    once: set[str] = field(default_factory=set)
    gtts: dict[int, Gtt] = field(default_factory=dict)
    made: int = 0

    def __post_init__(self) -> None:
        self._rates = Rates(self.floor.now)

    def count(self, asked: Asked) -> None:
        part = asked.path.split("/")[1]
        kind = part if part in ("orders", "quote") else "others"
        if "historical" in asked.path:
            kind = "historical"
        if kind == "orders" and asked.is_read:
            kind = "others"
        if self._rates.exceeded(kind, self.limits.get(kind, 0)):
            raise No(429, "NetworkException", "Too many requests")

    def stamp(self, at: float) -> str:
        return datetime.fromtimestamp(at, IST).strftime("%Y-%m-%d %H:%M:%S")


def done(data: Any) -> Said:
    return said({"status": "success", "data": data})
