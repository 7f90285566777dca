from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import pyotp
from conformance.case import HttpCase, Row
from conformance.listed import few

from tradegram.brokers.kotakneo import KotakNeo
from tradegram.brokers.kotakneo.dialect import MEANINGS, SESSION
from tradegram.codes import Code
from tradegram.errors import SessionExpired, Throttled
from tradegram.sims.kotakneo import KotakNeoSim
from tradegram.sims.stock import Stock
from tradegram.sims.wire import Said, said


class KotakNeoCase(HttpCase):
    name = "kotakneo"
    adapter_class = KotakNeo
    exempt: ClassVar[Mapping[str, str]] = {
        "after_a_logout_the_session_is_gone": "No logout is documented; sessions end at midnight."
    }
    credentials: ClassVar[Mapping[str, str]] = {
        "access_token": "canary-kotak-access-token",
        "mobile": "+919876543210",
        "totp_secret": "CANARYSECRETCANARYSECRET",
        "mpin": "987654",
    }

    sim: KotakNeoSim

    def make_sim(self) -> KotakNeoSim:
        token, mobile, totp, mpin = self.credentials.values()
        stock = Stock(self.floor, few())
        return KotakNeoSim(self.floor, stock, self.user, token, mobile, mpin, totp, limit=0)

    def given(self) -> Mapping[str, str]:
        return {"totp": pyotp.TOTP(self.credentials["totp_secret"]).at(int(self.clock.now()))}

    def strange_error(self) -> None:
        self._answer("Computer says no.", 7777)

    def quote_secrets(self) -> None:
        self._answer(f"Insufficient balance for {' '.join(self.secrets())}.", 1004)

    def expire(self) -> None:
        self.sim.sessions.clear()

    def throttle(self) -> None:
        self.broker()
        self.sim.limit = 1
        self.sim.is_too_often()

    def forget_address(self) -> None:
        self.sim.address_known = False

    def table(self) -> frozenset[str]:
        return frozenset(SESSION) | {words for words, _ in MEANINGS}

    def refusals(self) -> Sequence[Row]:
        words = [Row(words, _no(f"It: {words.title()}.", 1), code) for words, code in MEANINGS]
        ended = [
            Row(words, _no(f"{words.title()}.", 1003), Code.BROKER_SESSION_EXPIRED, SessionExpired)
            for words in SESSION
        ]
        return [
            *words,
            *ended,
            Row("403", said({}, 403), Code.BROKER_SESSION_EXPIRED, SessionExpired),
            Row("400", _no("Something is off", 400, 400), Code.INVALID_ORDER),
            Row("429", said({}, 429), Code.RATE_LIMITED, Throttled),
        ]

    def _answer(self, message: str, number: int) -> None:
        self.refuse(Row("", _no(message, number), Code.BROKER_ERROR))


def _no(words: str, number: int, status: int = 200) -> Said:
    return said({"stat": "Not_Ok", "emsg": words, "stCode": number}, status)
