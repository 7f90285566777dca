"""What a simulated Kotak knows, besides what the floor does."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tradegram.brokers.indian import IST
from tradegram.model import Instrument
from tradegram.sims.floor import Floor
from tradegram.sims.routes import Rates
from tradegram.sims.stock import Stock
from tradegram.sims.wire import Asked, Said, said

SEGMENTS = {"NSE": "nse_cm", "BSE": "bse_cm", "NFO": "nse_fo", "BFO": "bse_fo", "MCX": "mcx_fo"}


class No(Exception):
    """A refusal in Kotak's words; mostly with status 200."""

    def __init__(self, words: str, number: int, status: int = 200) -> None:
        super().__init__(words)
        self.status = status
        self.body = {"stat": "Not_Ok", "emsg": words, "stCode": number}


class NoEntry(No):
    """Of a login, which has other names for it."""

    def __init__(self, words: str) -> None:
        super().__init__(words, 401, 401)
        self.body = {"status": "error", "message": words, "errorCode": "401"}


@dataclass
class Neo:
    """
    One customer. home: the base address the login names; "" the host that was asked. limit: calls
    in a second, 0 without. sessions: by token, the session's id and when it ends, in seconds since
    the epoch. feed_is_quoted: whether the order feed wants JSON, or that without its quotes.
    """

    floor: Floor
    stock: Stock
    user: str = "AB1234"
    access_token: str = "sim-kotak-access-token"  # noqa: S105
    mobile: str = "+919999999999"
    mpin: str = "123456"
    totp_secret: str = "SIMKOTAKSIMKOTAK"  # noqa: S105
    home: str = ""
    limit: int = 10
    address_known: bool = True
    views: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, tuple[str, float]] = field(default_factory=dict)
    feed_is_quoted: bool = False

    def __post_init__(self) -> None:
        self._rates = Rates(self.floor.now)

    def is_too_often(self) -> bool:
        return self._rates.exceeded("all", self.limit)

    def symbol(self, instrument: Instrument) -> str:
        """As Kotak writes it: shares of NSE with their series."""
        plain = instrument.exchange == "NSE" and instrument.kind.value in ("SHARE", "ETF")
        return f"{instrument.symbol}-EQ" if plain else instrument.symbol

    def find(self, segment: str, symbol: str) -> Instrument | None:
        exchange = next((one for one, word in SEGMENTS.items() if word == segment), "")
        return self.stock.find(f"{exchange}:{symbol.removesuffix('-EQ')}")


def fields_of(asked: Asked) -> dict[str, str]:
    """The form's only field. Every value of it is a string, or it is refused."""
    try:
        fields: dict[str, str] = json.loads(asked.form["jData"])
    except (KeyError, ValueError):
        raise No("Invalid request", 400, 400) from None
    if any(not isinstance(value, str) for value in fields.values()):
        raise No("Invalid request", 400, 400)
    return fields


def done(**body: Any) -> Said:
    return said({"stat": "Ok", "stCode": 200, **body})


def stamp(at: float) -> str:
    return datetime.fromtimestamp(at, IST).strftime("%d-%b-%Y %H:%M:%S")
