"""What a simulated Breeze knows, besides what the floor does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from tradegram.brokers.icicidirect.dialect import name
from tradegram.brokers.indian import moment
from tradegram.model import Instrument
from tradegram.sims.floor import Floor
from tradegram.sims.stock import Stock

# Of its short codes some that are well known; the others are made up.
CODES = {
    "RELIANCE": "RELIND",
    "INFY": "INFTEC",
    "HDFCBANK": "HDFBAN",
    "ICICIBANK": "ICIBAN",
    "SBIN": "STABAN",
    "BANKNIFTY": "CNXBAN",
    "FINNIFTY": "NIFFIN",
    "MIDCPNIFTY": "NIFSEL",
    "SENSEX": "BSESEN",
}
LIMITS = {"minute": 100, "day": 5000}


class No(Exception):
    """An answer in Breeze's error envelope; the HTTP status is 200 all the same."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status, self.words = status, words


@dataclass
class Breeze:
    """
    One app and one customer.

    redirect: where the browser is sent after the login. limits: calls in a minute and in a day;
    none where it is empty. address_known: whether orders come from the registered address.
    allocated: what of the floor's cash lies where, by segment. sessions: when each ends, seconds
    since the epoch. once: sessions of the browser that nobody used yet.
    """

    floor: Floor
    stock: Stock
    api_key: str = "sim-icicidirect-key"
    api_secret: str = "sim-icicidirect-secret"  # noqa: S105
    user: str = "XY604721"
    redirect: str = "http://127.0.0.1:8420/login/icicidirect"
    limits: Mapping[str, int] = field(default_factory=lambda: dict(LIMITS))
    address_known: bool = True
    allocated: dict[str, Decimal] = field(default_factory=dict)
    sessions: dict[str, float] = field(default_factory=dict)
    once: set[str] = field(default_factory=set)
    made: int = 0

    def __post_init__(self) -> None:
        self.floor.numbered = lambda number: f"{moment(self.floor.now()):%Y%m%d}N{number:09d}"
        self._calls: list[float] = []
        self._named = {(one.exchange, self.called(one)): one for one in self.stock.rows}

    def count(self) -> None:
        """Raises No."""
        now = self.floor.now()
        self._calls = [at for at in self._calls if now - at < 86_400]
        recent = sum(1 for at in self._calls if now - at < 60)
        for span, seen in (("minute", recent), ("day", len(self._calls))):
            if self.limits and seen >= self.limits[span]:
                raise No(429, f"Limit exceed: API call per {span}")
        self._calls.append(now)

    def code(self, one: Instrument) -> str:
        """The broker's short code, of a derivative that of what it is written on."""
        word = one.underlying if one.kind.is_derivative else one.symbol
        return CODES.get(word, word.replace("&", "").replace("-", "")[:12])

    def called(self, one: Instrument) -> str:
        right = one.kind.value[0] if one.kind.is_option else ""
        return name(self.code(one), one.expiry, one.strike, right)

    def find(self, exchange: str, called: str) -> Instrument:
        """Raises No."""
        found = self._named.get((exchange.upper(), called))
        if found is None:
            raise No(500, "Stock-Code not found")
        return found
