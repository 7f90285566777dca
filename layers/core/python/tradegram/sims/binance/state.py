"""What a simulated Binance knows, besides what the floor does."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from tradegram.model import Instrument
from tradegram.sims.floor import Entry, Floor
from tradegram.sims.routes import Rates
from tradegram.sims.stock import Stock
from tradegram.sims.wire import Asked

LIMITS = {"orders": 10, "others": 100}  # in a second
NEWEST = 1000  # milliseconds that a timestamp may be before the exchange's clock
MOST_WINDOW = 60_000


class No(Exception):
    """An answer in Binance's words. wait: seconds of Retry-After."""

    def __init__(self, code: int, words: str, status: int = 400, wait: int = 0) -> None:
        super().__init__(words)
        self.status, self.code, self.words, self.wait = status, code, words, wait


@dataclass
class Exchange:
    """
    One market and one key. exchange: BINANCE is spot, BINANCEFUT are the perpetuals.

    public_key: PEM of an Ed25519 key, which then signs instead of the secret. limits: calls in a
    second, by kind; none where it is empty. ahead: seconds that its clock is before the floor's.
    lends: coins that nobody has may be sold. listen_keys: when each ends.
    """

    floor: Floor
    stock: Stock
    exchange: str = "BINANCE"
    api_key: str = "sim-binance-key"
    api_secret: str = "sim-binance-secret"  # noqa: S105
    public_key: str = ""
    limits: Mapping[str, int] = field(default_factory=lambda: dict(LIMITS))
    ahead: float = 0.0
    lends: bool = False
    is_open: bool = True
    listen_keys: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._rates = Rates(self.floor.now)

    @property
    def is_spot(self) -> bool:
        return self.exchange == "BINANCE"

    def now(self) -> int:
        """Milliseconds, by its own clock."""
        return int((self.floor.now() + self.ahead) * 1000)

    def instrument(self, asked: Mapping[str, str]) -> Instrument:
        if "symbol" not in asked:
            raise No(-1102, "Mandatory parameter 'symbol' was not sent, was empty/null.")
        found = self.stock.find(f"{self.exchange}:{asked['symbol']}")
        if found is None:
            raise No(-1121, "Invalid symbol.")
        return found

    def count(self, asked: Asked) -> None:
        kind = "others" if asked.is_read else "orders"
        if self._rates.exceeded(kind, self.limits.get(kind, 0)):
            raise No(-1015, "Too many new orders; current limit is exceeded.", 429, 2)

    def known(self, asked: Asked) -> None:
        """Raises No: the key is not one of ours."""
        key = asked.headers.get("x-mbx-apikey", "")
        if not key:
            raise No(-2014, "API-key format invalid.", 401)
        if key != self.api_key or not self.is_open:
            raise No(-2015, "Invalid API-key, IP, or permissions for action.", 401)

    def checked(self, asked: Asked) -> dict[str, str]:
        """The signed parameters: first the key, then the signature, then the clock."""
        self.known(asked)
        return self.signed(asked.raw_query + asked.content.decode())

    def signed(self, text: str) -> dict[str, str]:
        """Raises No unless the text ends in a signature of all that is before it."""
        said, _, signature = text.rpartition("&signature=")
        if not said:
            raise No(-1102, "Mandatory parameter 'signature' was not sent, was empty/null.")
        if not self._fits(said, unquote(signature)):
            raise No(-1022, "Signature for this request is not valid.")
        found = dict(parse_qsl(said, keep_blank_values=True))
        at, window = int(found.get("timestamp", 0)), int(found.get("recvWindow", 5000))
        if window > MOST_WINDOW:
            raise No(-1131, "recvWindow must be less than 60000.")
        if not self.now() - window <= at < self.now() + NEWEST:
            raise No(-1021, "Timestamp for this request is outside of the recvWindow.")
        return found

    def _fits(self, said: str, signature: str) -> bool:
        if self.public_key:
            return _is_ed25519(self.public_key, said, signature)
        made = hmac.new(self.api_secret.encode(), said.encode(), hashlib.sha256).hexdigest()
        return hmac.compare_digest(made, signature)


def _is_ed25519(public_key: str, said: str, signature: str) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key = load_pem_public_key(public_key.encode())
    assert isinstance(key, Ed25519PublicKey)  # noqa: S101
    try:
        key.verify(b64decode(signature), said.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def number(entry: Entry) -> int:
    return int(entry.order_id.rpartition("-")[2])
