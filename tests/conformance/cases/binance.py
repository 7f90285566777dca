from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import ClassVar

from conformance.case import HttpCase, Row

from tradegram.brokers.adapter import Adapter
from tradegram.brokers.binance import Binance
from tradegram.brokers.binance.dialect import INVALID, MEANINGS, NOT_LET_IN, TOO_MANY
from tradegram.brokers.listings import Listings
from tradegram.codes import Code
from tradegram.errors import ClockOff, SessionExpired, Throttled
from tradegram.model import Instrument, Kind, TimeInForce
from tradegram.sims.binance import BinanceSim
from tradegram.sims.floor import Floor
from tradegram.sims.stock import Stock
from tradegram.sims.wire import Asked, Said, said

# As its list of symbols describes it. No least value, so that the tick itself can be a price.
BTC = Instrument(
    "BINANCE", "BTCUSDT", Kind.COIN, "BTC in USDT", Decimal("0.00001"), Decimal("0.01"),
    currency="USDT", freeze_quantity=Decimal(9000),
)  # fmt: skip
ETH = replace(BTC, symbol="ETHUSDT", name="ETH in USDT", lot_size=Decimal("0.0001"))
KEYS_DO_NOT_END = "Keys end where they were made; there is no session to leave."
NO_ADDRESS = "Binance says one thing of a wrong key, a wrong address and a missing permission."


class BinanceCase(HttpCase):
    name = "binance"
    exempt: ClassVar[Mapping[str, str]] = {
        "after_a_logout_the_session_is_gone": KEYS_DO_NOT_END,
        "an_address_that_is_not_registered_is_called_that": NO_ADDRESS,
    }
    adapter_class: ClassVar[Callable[[Listings], Adapter]] = Binance
    instrument = BTC
    price, below, quantity = Decimal("91250.50"), Decimal("91250.20"), Decimal("0.04")
    validity = TimeInForce.GTC
    credentials: ClassVar[Mapping[str, str]] = {
        "api_key": "canary-binance-key",
        "api_secret": "canary-binance-secret",
    }
    listed: ClassVar[Sequence[Instrument]] = (BTC, ETH)
    ids: ClassVar[str] = "BTCUSDT-"

    sim: BinanceSim

    def make_floor(self) -> Floor:
        return Floor(self.clock.now, numbered=lambda at: f"{self.ids}{at}", cash=Decimal(1_000_000))

    def make_sim(self) -> BinanceSim:
        key, secret = self.credentials.values()
        stock = Stock(self.floor, self.listed)
        exchange = self.instrument.exchange
        return BinanceSim(self.floor, stock, exchange, key, secret, limits={}, lends=True)

    def strange_error(self) -> None:
        self.refuse(Row("", _no(-7777, "Computer says no."), Code.BROKER_ERROR))

    def quote_secrets(self) -> None:
        words = f"I was told {' '.join(self.secrets())}."
        self.refuse(Row("", _no(-2010, words), Code.ORDER_REJECTED))

    def expire(self) -> None:
        self.sim.is_open = False

    def throttle(self) -> None:
        self.sim.limits = {"orders": 1}
        self.place(self.intent())
        self.floor.entries.clear()

    def forget_address(self) -> None:
        self.sim.is_open = False

    def table(self) -> frozenset[str]:
        codes = {*MEANINGS, *NOT_LET_IN, *TOO_MANY, *(end for ends in INVALID for end in ends)}
        return frozenset(str(code) for code in codes)

    def refusals(self) -> Sequence[Row]:
        let_in = Code.INVALID_CREDENTIALS
        poor = "Account has insufficient balance for requested action."
        ends = [end for ends in INVALID for end in ends]
        return [
            *(Row(str(code), _no(code, "no"), means) for code, means in MEANINGS.items()),
            *(Row(str(code), _no(code, "no"), Code.INVALID_ORDER) for code in (*ends, -1111)),
            *(Row(str(one), _no(one, "no", 401), let_in, SessionExpired) for one in NOT_LET_IN),
            *(Row(str(one), _no(one, "no"), Code.RATE_LIMITED, Throttled) for one in TOO_MANY),
            Row("-2010 poor", _no(-2010, poor), Code.INSUFFICIENT_FUNDS),
            Row("clock", _no(-1021, "outside of the recvWindow"), Code.RATE_LIMITED, ClockOff),
            Row(
                "banned",
                Said(418, b"", headers={"Retry-After": "90"}),
                Code.RATE_LIMITED,
                Throttled,
            ),
        ]

    def spoil(self, asked: Asked, answer: Said) -> Said:
        """A symbol without its numbers, and one that lacks most of its fields."""
        if not asked.path.endswith("exchangeInfo"):
            return answer
        whole = json.loads(answer.content)
        first = whole["symbols"][0]
        filters = [{**one, "stepSize": "?", "tickSize": "?"} for one in first["filters"]]
        nonsense = {**first, "symbol": "A", "filters": filters}
        short = {name: one for name, one in first.items() if name != "filters"}
        return said({**whole, "symbols": [nonsense, short, *whole["symbols"]]})


def _no(code: int, words: str, status: int = 400) -> Said:
    return said({"code": code, "msg": words}, status)
