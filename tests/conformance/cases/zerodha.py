from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

from conformance.case import HttpCase, Row
from conformance.listed import few

from tradegram.brokers.zerodha import Zerodha
from tradegram.brokers.zerodha.dialect import MEANINGS, REFUSALS
from tradegram.codes import Code
from tradegram.errors import SessionExpired, Throttled
from tradegram.sims.stock import Stock
from tradegram.sims.wire import Asked, Said, said
from tradegram.sims.zerodha import ZerodhaSim


class ZerodhaCase(HttpCase):
    name = "zerodha"
    adapter_class = Zerodha
    credentials: ClassVar[Mapping[str, str]] = {
        "api_key": "canary-kite-key",
        "api_secret": "canary-kite-secret",
    }

    sim: ZerodhaSim

    def make_sim(self) -> ZerodhaSim:
        key, secret = self.credentials.values()
        stock = Stock(self.floor, few())
        return ZerodhaSim(self.floor, stock, key, secret, user=self.user, limits={})

    def given(self) -> Mapping[str, str]:
        """As the browser comes back from the login page."""
        page = urlsplit(self.adapter.login_url(self.credentials, "state-1"))
        asked = {name: values[0] for name, values in parse_qs(page.query).items()}
        back = self.sim.answer(Asked("GET", page.path, asked, {}, b"")).headers["location"]
        given = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
        assert given["state"] == "state-1"
        return given

    def strange_error(self) -> None:
        self._answer(400, "BrandNewException", "Computer says no.")

    def quote_secrets(self) -> None:
        self._answer(400, "OrderException", f"I was told {' '.join(self.secrets())}.")

    def expire(self) -> None:
        self.sim.tokens.clear()

    def throttle(self) -> None:
        self.sim.limits = {"orders": 1}
        self.place(self.intent())
        self.floor.entries.clear()

    def forget_address(self) -> None:
        self.sim.address_known = False

    def table(self) -> frozenset[str]:
        return frozenset(REFUSALS) | {words for words, _ in MEANINGS}

    def refusals(self) -> Sequence[Row]:
        kinds = [Row(kind, _no(400, kind, "no"), code) for kind, code in REFUSALS.items()]
        words = [
            Row(words, _no(403, "InputException", f"It {words.upper()}, it seems."), code)
            for words, code in MEANINGS
        ]
        expired = _no(403, "TokenException", "Incorrect token")
        often = _no(429, "NetworkException", "Too many requests")
        return [
            *kinds,
            *words,
            Row("TokenException", expired, Code.BROKER_SESSION_EXPIRED, SessionExpired),
            Row("429", often, Code.RATE_LIMITED, Throttled),
        ]

    def _answer(self, status: int, kind: str, message: str) -> None:
        self.refuse(Row(kind, _no(status, kind, message), Code.BROKER_ERROR))


def _no(status: int, kind: str, message: str) -> Said:
    return said({"status": "error", "message": message, "error_type": kind, "data": None}, status)
