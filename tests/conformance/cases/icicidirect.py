from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar
from urllib.parse import parse_qsl, urlsplit

from conformance.case import HttpCase, Row
from conformance.listed import few

from tradegram.brokers.icicidirect import IciciDirect
from tradegram.brokers.icicidirect.dialect import EXPIRED, MEANINGS
from tradegram.codes import Code
from tradegram.errors import SessionExpired, Throttled
from tradegram.sims.icicidirect import IciciDirectSim
from tradegram.sims.stock import Stock
from tradegram.sims.wire import Asked, Said, said

NOT_ENDED = "Breeze has no call that ends a session; it ends by itself, at midnight at the latest."


class IciciDirectCase(HttpCase):
    name = "icicidirect"
    exempt: ClassVar[Mapping[str, str]] = {"after_a_logout_the_session_is_gone": NOT_ENDED}
    adapter_class = IciciDirect
    credentials: ClassVar[Mapping[str, str]] = {
        "api_key": "canary-breeze-key",
        "api_secret": "canary-breeze-secret",
    }

    sim: IciciDirectSim

    def make_sim(self) -> IciciDirectSim:
        key, secret = self.credentials.values()
        stock = Stock(self.floor, few())
        return IciciDirectSim(self.floor, stock, key, secret, user=self.user, limits={})

    def given(self) -> Mapping[str, str]:
        """As the browser comes back from the login page."""
        page = urlsplit(self.adapter.login_url(self.credentials, "state-1"))
        asked = Asked("GET", page.path, dict(parse_qsl(page.query)), {}, b"")
        back = self.sim.answer(asked).headers["location"]
        return dict(parse_qsl(urlsplit(back).query))

    def strange_error(self) -> None:
        self.refuse(Row("", _no(500, "Computer says no."), Code.BROKER_ERROR))

    def quote_secrets(self) -> None:
        words = f"I was told {' '.join(self.secrets())}."
        self.refuse(Row("", _no(400, words), Code.ORDER_REJECTED))

    def expire(self) -> None:
        self.sim.sessions.clear()

    def throttle(self) -> None:
        self.sim.limits = {"minute": 0, "day": 5000}

    def forget_address(self) -> None:
        self.sim.address_known = False

    def table(self) -> frozenset[str]:
        return frozenset({words for words, _ in MEANINGS} | set(EXPIRED))

    def refusals(self) -> Sequence[Row]:
        ended = Code.BROKER_SESSION_EXPIRED
        often = _no(500, "Limit exceed: API call per minute")
        return [
            *(Row(words, _no(500, f"It {words.upper()}."), code) for words, code in MEANINGS),
            *(
                Row(words, _no(500, f"{words.title()}."), ended, SessionExpired)
                for words in EXPIRED
            ),
            Row("401", _no(401, ""), ended, SessionExpired),
            Row("400", _no(400, "Something is wrong"), Code.ORDER_REJECTED),
            Row("limit exceed", often, Code.RATE_LIMITED, Throttled),
            Row("429", _no(429, ""), Code.RATE_LIMITED, Throttled),
        ]

    def spoil(self, asked: Asked, answer: Said) -> Said:
        """In each text file a row without its numbers, and one of three words."""
        if not answer.content.startswith(b"PK"):
            return answer
        made = io.BytesIO()
        with (
            zipfile.ZipFile(io.BytesIO(answer.content)) as whole,
            zipfile.ZipFile(made, "w") as spoilt,
        ):
            for name in whole.namelist():
                heading, *rows = whole.read(name).splitlines(keepends=True)
                nonsense = [row.replace(b'"0.05"', b'"?"') for row in rows[:1]]
                spoilt.writestr(name, b"".join([heading, *nonsense, b"a,b,c\r\n", *rows]))
        return replace(answer, content=made.getvalue())


def _no(status: int, words: str) -> Said:
    return said({"Success": None, "Status": status, "Error": words})
