"""What all of Kotak Neo's calls have in common: forms of one JSON field, two kinds of headers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tradegram.brokers.adapter import Reply, Request, exact_json
from tradegram.brokers.contract import Ability, Identity, Login, Profile
from tradegram.brokers.listings import KnownListings, Listing, Listings, stranger
from tradegram.brokers.refusals import is_unsure, meaning
from tradegram.codes import Code
from tradegram.errors import Refused, SessionExpired, Throttled
from tradegram.instruments.naming import share
from tradegram.model import Instrument, OrderType, Product, Session, Side, TimeInForce

SIDES = {Side.BUY: "B", Side.SELL: "S"}
BOUGHT_OR_SOLD = {word: side for side, word in SIDES.items()}
# Without SL-M, which is refused ("Market order with Algo Id not allowed"), and without MKT, whose
# bound would be of the broker's choosing.
ORDER_TYPES = {OrderType.LIMIT: "L", OrderType.STOP_LIMIT: "SL"}
PRODUCTS = {Product.DELIVERY: "CNC", Product.INTRADAY: "MIS", Product.CARRY_FORWARD: "NRML"}
VALIDITIES = {TimeInForce.DAY: "DAY", TimeInForce.IOC: "IOC"}
# In books. Cover and bracket orders, placed elsewhere, live until the close like any MIS.
HELD_AS = {
    **{word: product for product, word in PRODUCTS.items()},
    "MTF": Product.MARGIN_FUNDED,
    "CO": Product.INTRADAY,
    "BO": Product.INTRADAY,
}
EXCHANGES = {"nse_cm": "NSE", "bse_cm": "BSE", "nse_fo": "NFO", "bse_fo": "BFO", "mcx_fo": "MCX"}

KEY = {"neo-fin-key": "neotradeapi"}
DATA = "/script-details/"  # what is read with the app's token alone

# Words of a refusal, in lower case; the order of the rows decides. What is in none of them proves
# nothing: the broker documents few, and says "internal error" with 200 too.
SESSION = ("invalid session", "session expired", "expired session", "session invalid")
MEANINGS = (
    ("not whitelisted", Code.IP_NOT_REGISTERED),
    ("static ip", Code.IP_NOT_REGISTERED),
    ("market order with algo id not allowed", Code.INVALID_ORDER),
    ("insufficient", Code.INSUFFICIENT_FUNDS),
    ("margin exceeds", Code.INSUFFICIENT_FUNDS),
    ("margin shortfall", Code.INSUFFICIENT_FUNDS),
    ("invalid trading symbol", Code.INVALID_SYMBOL),
    ("invalid symbol", Code.INVALID_SYMBOL),
    ("invalid exchange", Code.INVALID_SYMBOL),
    ("invalid quantity", Code.INVALID_ORDER),
    ("invalid price", Code.INVALID_ORDER),
    ("lot size", Code.INVALID_ORDER),
    ("tick size", Code.INVALID_ORDER),
)
NO_ROWS = ("no data", "no orders", "no records")

PROFILE = Profile(
    name="kotakneo",
    title="Kotak Neo",
    identity=Identity.NONE,
    tag_length=0,
    orders_per_second=10,
    # Neither is documented; as long as at the slowest broker whose figures are known.
    listing_lag=120.0,
    receive_window=150.0,
    order_types=frozenset(ORDER_TYPES),
    products=frozenset(PRODUCTS),
    times_in_force=frozenset(VALIDITIES),
    plain_market=False,
    source="Kotak Neo Trade API documentation, 2026-11",
    login=Login.CODES,
    hosts={
        "api": "https://cis.kotaksecurities.com",  # each login names the client's own
        "login": "https://mis.kotaksecurities.com",
        "instruments": "https://lapi.kotaksecurities.com",
        "stream": "wss://cis.kotaksecurities.com",  # at the client's own, too
    },
    session_domain="kotaksecurities.com",
    can=frozenset({Ability.MARGIN, Ability.QUOTES, Ability.STREAM}),
    unattended=True,
    replaces_type=True,
)


class Dialect:
    profile = PROFILE

    def __init__(self, listings: Listings | None = None) -> None:
        self._listings = listings or KnownListings(PROFILE.name, [])

    def sign(self, request: Request, session: Session, at: float) -> Request:
        secrets = session.secrets
        if request.path.startswith(DATA):
            ours = {"Authorization": secrets["access_token"]}
        else:
            ours = {"Auth": secrets["session_token"], "Sid": secrets["session_id"], **KEY}
        return replace(request, headers={"accept": "application/json", **request.headers, **ours})

    def unwrap(self, reply: Reply) -> Any:
        """The whole body: its parts are not in one place. Raises ValueError for a refusal."""
        if isinstance(reply.body, Mapping):
            said = str(reply.body.get("stat", "Ok")).lower()
            if said == "not_ok" and _is_no_rows(reply.body):
                return {"data": []}
            if said != "ok" or reply.body.get("status") == "error":
                raise ValueError("it says no")
        # The files of instruments, which are not JSON, bear no media type to rely on.
        return reply.text if reply.body is None else reply.body

    def refusal(self, reply: Reply) -> Refused | None:
        words, number = _said(reply.body)
        text = words or f"status {reply.status}"
        if reply.status == 429:
            return Throttled(PROFILE.name, text, retry_after=1.0)
        if reply.status >= 500 or is_unsure(words):
            return None
        if means := meaning(words, MEANINGS):
            return Refused(PROFILE.name, text, code=number, means=means)
        if any(one in words.lower() for one in SESSION):
            return SessionExpired(PROFILE.name, text, code=number)
        if reply.status in (401, 403):
            return SessionExpired(PROFILE.name, text, code=number, in_doubt=True)
        if reply.status == 400 and words:
            return Refused(PROFILE.name, text, code=number, means=Code.INVALID_ORDER)
        return None

    # -- instruments -------------------------------------------------------------------------------

    def listed(self, instrument: Instrument) -> Listing:
        return self._listings.of(instrument)

    def instrument(self, segment: str, symbol: str) -> Instrument:
        """What the broker holds and the list does not have is shown all the same."""
        try:
            return self._listings.by_symbol(segment, symbol)
        except KeyError:
            return stranger(EXCHANGES.get(segment) or segment, share(symbol))


def jdata(path: str, fields: Mapping[str, str]) -> Request:
    """A POST as Kotak wants it: a form whose only field is JSON."""
    return Request("POST", path, {"jData": exact_json(fields)})


def plain(number: Decimal | None) -> str:
    """As it is sent. Zero is "0": "0.0" is refused."""
    return f"{number:f}" if number else "0"


def _said(body: Any) -> tuple[str, str]:
    """The broker's words and number; "" where it gave none."""
    if not isinstance(body, Mapping):
        return "", ""
    inner = body.get("data")
    parts = [body, inner] if isinstance(inner, Mapping) else [body]
    names = ("emsg", "errMsg", "message")
    words = [str(part[name]) for part in parts for name in names if part.get(name)]
    return "".join(words[:1]), str(body.get("stCode") or body.get("errorCode") or "")


def _is_no_rows(body: Mapping[str, Any]) -> bool:
    words, _ = _said(body)
    return any(one in words.lower() for one in NO_ROWS) and not is_unsure(words)
