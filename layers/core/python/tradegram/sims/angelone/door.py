"""Who gets in, how fast, and what every call needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tradegram.brokers.angelone.dialect import IN_LOTS
from tradegram.brokers.indian import midnight_after, moment
from tradegram.model import Instrument
from tradegram.risk.totp import step_of
from tradegram.sims.angelone.scrips import scrip
from tradegram.sims.floor import Entry, Floor
from tradegram.sims.routes import Rates
from tradegram.sims.stock import Stock
from tradegram.sims.wire import Asked

AUTH = "/rest/auth/angelbroking"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # noqa: S105 - everybody's

ORDERS = frozenset({"placeOrder", "modifyOrder", "cancelOrder"})
# In a second; those of ORDERS together.
LIMITS = {
    "orders": 9,
    "getOrderBook": 1,
    "getTradeBook": 1,
    "getPosition": 1,
    "getAllHolding": 1,
    "getRMS": 2,
    "others": 10,
}
HEADERS = ("x-usertype", "x-sourceid", "x-clientlocalip", "x-clientpublicip", "x-macaddress")

Row = dict[str, Any]


class No(Exception):
    """The broker says no. The status is 200 for what its own application says."""

    def __init__(self, code: str, words: str, status: int = 200) -> None:
        super().__init__(words)
        self.code, self.words, self.status = code, words, status


@dataclass
class Door:
    """
    One app and one client.

    limits: calls in a second, by name; none where it is empty. address_known: whether orders come
    from the registered address. in_lots: exchanges whose quantities are lots. sessions: when each
    ends, seconds since the epoch. rules: GTT, by number; rises: whether
    each is reached from below. after_hours: what comes is kept for the next session.
    """

    floor: Floor
    stock: Stock
    client: str = "A123456"
    api_key: str = "sim-angelone-key"
    pin: str = "4321"
    totp_secret: str = SECRET
    limits: Mapping[str, int] = field(default_factory=lambda: dict(LIMITS))
    address_known: bool = True
    in_lots: frozenset[str] = IN_LOTS
    sessions: dict[str, float] = field(default_factory=dict)
    rules: dict[str, Row] = field(default_factory=dict)
    rises: dict[str, bool] = field(default_factory=dict)
    after_hours: bool = False
    made: int = 0

    def __post_init__(self) -> None:
        self._rates = Rates(self.floor.now)
        self.floor.numbered = self._order_id

    def scrips(self) -> list[Row]:
        return [scrip(one, self.token(one)) for one in self.stock.rows]

    def check(self, asked: Asked, what: str) -> None:
        """Raises No, and OverflowError: too fast."""
        kind = "orders" if what in ORDERS else what if what in LIMITS else "others"
        if self._rates.exceeded(kind, self.limits.get(kind, 0)):
            raise OverflowError
        for name in HEADERS:
            if name not in asked.headers:
                raise No("AG8004", f"{name} is missing", 400)
        if asked.headers.get("x-privatekey") != self.api_key:
            raise No("AG8004", "Invalid API Key", 401)
        if asked.path.startswith(AUTH):
            return
        ends = self.sessions.get(_bearer(asked))
        if ends is None:
            raise No("AG8001", "Invalid Token", 401)
        if self.floor.now() >= ends:
            raise No("AG8002", "Token Expired", 403)
        if what in ORDERS and not self.address_known:
            raise No("AG7002", "Access denied: Unregistered IP address 127.0.0.1", 403)

    def log_in(self, asked: Asked) -> Row:
        given, now = asked.json, self.floor.now()
        if (given["clientcode"], given["password"]) != (self.client, self.pin):
            raise No("AB1007", "Login Id or password is invalid")
        if step_of(self.totp_secret, str(given["totp"]), now, 0) is None:
            raise No("AB1050", "Invalid totp")
        self.made += 1
        token = f"jwt{self.made:04d}token"
        self.sessions[token] = midnight_after(now)
        return {"jwtToken": token, "refreshToken": f"r{token}", "feedToken": f"f{token}"}

    def log_out(self, asked: Asked) -> Row:
        self.sessions.pop(_bearer(asked))
        return {}

    def profile(self, asked: Asked) -> Row:
        return {"clientcode": self.client, "name": "SIMULATED", "exchanges": ["NSE", "NFO"]}

    # -- parts -------------------------------------------------------------------------------------

    def token(self, one: Instrument) -> str:
        return str(1000 + self.stock.number(one))

    def _named(self, row: Mapping[str, str]) -> Instrument:
        one = self._of(row["exchange"], row["symboltoken"])
        if self._symbol(one) != row["tradingsymbol"]:
            raise No("AB1009", "Invalid symboltoken")
        return one

    def _of(self, exchange: str, token: str) -> Instrument:
        found = self._listed(exchange, token)
        if found is None:
            raise No("AB1009", "Invalid symboltoken")
        return found

    def _listed(self, exchange: str, token: str) -> Instrument | None:
        found = self.stock.numbered(int(token) - 1000)
        return found if found and found.exchange == exchange else None

    def _symbol(self, one: Instrument) -> str:
        return str(scrip(one, self.token(one))["symbol"])

    def _order_id(self, number: int) -> str:
        return f"{moment(self.floor.now()):%y%m%d}{number:09d}"

    def _entry(self, row: Mapping[str, str]) -> Entry:
        if row["orderid"] not in self.floor.entries:
            raise No("AB1013", "Order not found")
        entry = self.floor.entries[row["orderid"]]
        if row["variety"] != entry.more["variety"]:
            raise No("AB1008", "Invalid Order Variety")
        return entry

    def _alive(self, act: Callable[[], None]) -> None:
        try:
            act()
        except ValueError as error:
            raise No("AB1013", f"Order not found: {error}") from None

    def _units(self, counted: Any, one: Instrument) -> Decimal:
        return Decimal(str(counted)) * (one.lot_size if one.exchange in self.in_lots else 1)

    def _lots(self, units: Decimal, one: Instrument) -> str:
        return f"{units / one.lot_size if one.exchange in self.in_lots else units:f}"


def _bearer(asked: Asked) -> str:
    return asked.headers.get("authorization", "").removeprefix("Bearer ")
