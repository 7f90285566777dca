from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

import pyotp
from conformance.case import HttpCase, Row
from conformance.listed import few
from samples import INFY

from tradegram.brokers.angelone import AngelOne
from tradegram.brokers.angelone.dialect import EXPIRED, REFUSALS
from tradegram.brokers.angelone.instruments import FILE
from tradegram.codes import Code
from tradegram.errors import SessionExpired, Throttled
from tradegram.sims.angelone import AngelOneSim
from tradegram.sims.stock import Stock
from tradegram.sims.wire import Asked, Said, said

ONE_PRICE = "A rule has one price; a stop and a target together are refused, see test_angelone."


class AngelOneCase(HttpCase):
    name = "angelone"
    exempt: ClassVar[Mapping[str, str]] = {"a_trigger_is_kept_listed_and_ended": ONE_PRICE}
    adapter_class = AngelOne
    instrument = replace(INFY, name="INFY")  # its file has no names of companies
    credentials: ClassVar[Mapping[str, str]] = {
        "api_key": "canary-angel-key",
        "totp_secret": "CANARYSECRETCANARYSECRET",
        "pin": "canary-pin",
    }

    sim: AngelOneSim

    def make_sim(self) -> AngelOneSim:
        key, totp, pin = self.credentials.values()
        stock = Stock(self.floor, few())
        return AngelOneSim(self.floor, stock, self.user, key, pin, totp, limits={})

    def given(self) -> Mapping[str, str]:
        return {"totp": pyotp.TOTP(self.credentials["totp_secret"]).at(int(self.clock.now()))}

    def strange_error(self) -> None:
        self._answer("AB7777", "Computer says no.")

    def quote_secrets(self) -> None:
        self._answer("AB1012", f"I was told {' '.join(self.secrets())}.")

    def expire(self) -> None:
        self.sim.sessions.clear()

    def throttle(self) -> None:
        self.sim.limits = {"orders": 1}
        self.place(self.intent())
        self.floor.entries.clear()

    def forget_address(self) -> None:
        self.sim.address_known = False

    def table(self) -> frozenset[str]:
        return frozenset(REFUSALS) | EXPIRED

    def refusals(self) -> Sequence[Row]:
        ended = Code.BROKER_SESSION_EXPIRED
        often = Said(403, b"Access denied because of exceeding access rate", "text/plain")
        login = _no("AB1007", "Login Id or password is invalid")
        return [
            *(Row(code, _no(code, "no"), means) for code, means in REFUSALS.items()),
            *(Row(code, _no(code, "no"), ended, SessionExpired) for code in EXPIRED),
            *(Row(code, _gateway(code, 403), ended, SessionExpired) for code in EXPIRED),
            Row("AG7002", _gateway("AG7002", 403), Code.IP_NOT_REGISTERED),
            Row("AB1007", login, Code.INVALID_CREDENTIALS),
            Row("access rate", often, Code.RATE_LIMITED, Throttled),
        ]

    def spoil(self, asked: Asked, answer: Said) -> Said:
        """A row without its numbers, and one that lacks most of its fields."""
        if asked.path != FILE:
            return answer
        first, *rest = json.loads(answer.content)
        nonsense = {**first, "lotsize": "?", "tick_size": "?"}
        short = {"exch_seg": "NSE", "instrumenttype": "", "symbol": "A", "name": "A", "expiry": ""}
        return said([nonsense, short, first, *rest])

    def _answer(self, code: str, words: str) -> None:
        self.refuse(Row(code, _no(code, words), Code.BROKER_ERROR))


def _no(code: str, words: str) -> Said:
    return said({"status": False, "message": words, "errorcode": code, "data": None})


def _gateway(code: str, status: int) -> Said:
    return said({"success": False, "message": "no", "errorCode": code, "data": ""}, status)
