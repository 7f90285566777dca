"""What Alpaca lists: shares, coins, and options that expire soon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from tradegram.brokers.adapter import Call, Request, Steps, whole_list
from tradegram.brokers.alpaca.dialect import CONTRACT, Dialect
from tradegram.brokers.digits import money
from tradegram.brokers.listings import Listing, readable
from tradegram.model import Instrument, Kind

# The venues' groups, as the desk's calendar knows them; OTC is not among them.
VENUES = {"NASDAQ": "NASDAQ", "NYSE": "NYSE", "ARCA": "NYSE", "AMEX": "NYSE", "BATS": "NYSE"}
COINS = "ALPACA"
RIGHTS = {"call": Kind.CALL, "put": Kind.PUT}
CENT = Decimal("0.01")
# A step that is fine enough for people; the broker's own is a billionth.
FRACTION = Decimal("0.001")
MOST_ROWS, MOST_PAGES = 10_000, 30


class Instruments(Dialect):
    def instruments(self) -> Steps[Sequence[Listing]]:
        """Options: those that expire by the end of the week, which is what is listed unasked."""
        shares = yield self._assets("us_equity")
        coins = yield self._assets("crypto")
        options: list[Mapping[str, Any]] = []
        asked = {"status": "active", "limit": str(MOST_ROWS)}
        for _ in range(MOST_PAGES):
            page = yield Call(Request("GET", "/v2/options/contracts", query=asked), dict)
            options += page["option_contracts"]
            if not page.get("next_page_token"):
                break
            asked = {**asked, "page_token": page["next_page_token"]}
        return [
            *readable((row for row in shares if _is_share(row)), _share),
            *readable((row for row in coins if row["tradable"]), _coin),
            *readable((row for row in options if _is_usual(row)), _option),
        ]

    def _assets(self, kind: str) -> Call[list[Any]]:
        asked = {"status": "active", "asset_class": kind}
        return Call(Request("GET", "/v2/assets", query=asked), whole_list)


def _is_share(row: Mapping[str, Any]) -> bool:
    return bool(row["tradable"]) and row["exchange"] in VENUES


def _is_usual(row: Mapping[str, Any]) -> bool:
    """Contracts that a split or a merger has changed are for something else than 100 shares."""
    return bool(row["tradable"]) and money(row["size"]) == CONTRACT


def _share(row: Mapping[str, Any]) -> Listing:
    made = Instrument(
        exchange=VENUES[row["exchange"]],
        symbol=row["symbol"],
        kind=Kind.SHARE,
        name=row["name"] or row["symbol"],
        lot_size=FRACTION if row["fractionable"] else Decimal(1),
        tick_size=CENT,
        currency="USD",
    )
    return Listing(made, row["class"], made.symbol)


def _coin(row: Mapping[str, Any]) -> Listing:
    bare = row["symbol"].replace("/", "")
    made = Instrument(
        exchange=COINS,
        symbol=bare,
        kind=Kind.COIN,
        name=row["name"] or bare,
        lot_size=money(row["min_trade_increment"]),
        tick_size=money(row["price_increment"]),
        currency=row["symbol"].rpartition("/")[2] or "USD",
    )
    if made.lot_size <= 0 or made.tick_size <= 0:
        raise ValueError(f"no lot or tick: {row['symbol']!r}")
    return Listing(made, row["class"], row["symbol"], bare)


def _option(row: Mapping[str, Any]) -> Listing:
    made = Instrument(
        exchange="OPRA",
        symbol=row["symbol"],
        kind=RIGHTS[row["type"]],
        name=row["name"],
        lot_size=Decimal(1),
        tick_size=CENT,
        underlying=row["underlying_symbol"],
        expiry=date.fromisoformat(row["expiration_date"]),
        strike=money(row["strike_price"]),
        currency="USD",
        multiplier=money(row["size"]),
    )
    return Listing(made, "us_option", made.symbol)
