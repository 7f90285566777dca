from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import ClassVar

from conformance.case import HttpCase, Row

from tradegram.brokers.alpaca import Alpaca
from tradegram.brokers.alpaca.dialect import MEANINGS, REFUSALS
from tradegram.codes import Code
from tradegram.errors import SessionExpired, Throttled
from tradegram.model import Instrument, Kind
from tradegram.sims.alpaca import AlpacaSim, uuid_of
from tradegram.sims.floor import Floor
from tradegram.sims.stock import Stock
from tradegram.sims.wire import Asked, Said, said

AAPL = Instrument(
    "NASDAQ", "AAPL", Kind.SHARE, "Apple Inc.", Decimal("0.001"), Decimal("0.01"), currency="USD"
)
CALL = Instrument(
    "OPRA", "AAPL261127C00180000", Kind.CALL, "AAPL Nov 27 2026 180 Call", Decimal(1),
    Decimal("0.01"), "AAPL", date(2026, 11, 27), Decimal(180), currency="USD",
    multiplier=Decimal(100),
)  # fmt: skip
PUT = replace(CALL, symbol="AAPL261127P00180000", kind=Kind.PUT)
COIN = Instrument(
    "ALPACA", "BTCUSD", Kind.COIN, "Bitcoin", Decimal("0.0001"), Decimal("0.01"), currency="USD"
)
KEYS_DO_NOT_END = "Keys end where they were made; there is no session to leave."
ANY_ADDRESS = "Alpaca takes orders from any address; there is none to register."
ALL_ARE_POSITIONS = "Alpaca lists what was bought before among the positions, and nowhere else."


class AlpacaCase(HttpCase):
    name = "alpaca"
    exempt: ClassVar[Mapping[str, str]] = {
        "after_a_logout_the_session_is_gone": KEYS_DO_NOT_END,
        "an_address_that_is_not_registered_is_called_that": ANY_ADDRESS,
        "holdings_are_what_was_bought_before": ALL_ARE_POSITIONS,
    }
    adapter_class = Alpaca
    instrument = AAPL
    price, below = Decimal("181.30"), Decimal("181.25")
    credentials: ClassVar[Mapping[str, str]] = {
        "api_key": "canary-alpaca-key",
        "api_secret": "canary-alpaca-secret",
    }

    sim: AlpacaSim

    def make_floor(self) -> Floor:
        return Floor(self.clock.now, numbered=uuid_of, cash=Decimal(1_000_000))

    def make_sim(self) -> AlpacaSim:
        key, secret = self.credentials.values()
        stock = Stock(self.floor, (AAPL, CALL, PUT, COIN))
        return AlpacaSim(self.floor, stock, key, secret, limits={})

    def strange_error(self) -> None:
        self.refuse(Row("", _no(422, 77, "Computer says no."), Code.BROKER_ERROR))

    def quote_secrets(self) -> None:
        words = f"I was told {' '.join(self.secrets())}."
        self.refuse(Row("", _no(403, 40310000, words), Code.ORDER_REJECTED))

    def expire(self) -> None:
        self.sim.is_open = False

    def throttle(self) -> None:
        self.sim.limits = {"calls": 1}
        self.place(self.intent())
        self.floor.entries.clear()

    def forget_address(self) -> None:
        """There is nothing to forget."""

    def table(self) -> frozenset[str]:
        return frozenset(REFUSALS) | {words for words, _ in MEANINGS}

    def refusals(self) -> Sequence[Row]:
        wrong = Code.INVALID_CREDENTIALS
        often = _no(429, 42910000, "rate limit exceeded")
        return [
            *(Row(code, _no(422, int(code), "no"), means) for code, means in REFUSALS.items()),
            *(
                Row(words, _no(403, 40310000, f"{words.title()}."), code)
                for words, code in MEANINGS
            ),
            Row("401", _no(401, 0, "unauthorized."), wrong, SessionExpired),
            Row("40110000", _no(403, 40110000, "no"), wrong, SessionExpired),
            Row("429", often, Code.RATE_LIMITED, Throttled),
        ]

    def spoil(self, asked: Asked, answer: Said) -> Said:
        """An asset without its name, and a coin without its numbers."""
        if asked.path != "/v2/assets":
            return answer
        first, *rest = json.loads(answer.content)
        short = {name: one for name, one in first.items() if name != "symbol"}
        nonsense = {**first, "min_trade_increment": "?", "price_increment": "?", "class": []}
        return said([short, *([nonsense] if "price_increment" in first else []), first, *rest])


def _no(status: int, code: int, words: str) -> Said:
    return said({"code": code, "message": words}, status)
