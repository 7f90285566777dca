"""A simulated Zerodha for the stack: linked and logged in by chat and browser, as people do it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

import httpx
from aws_e2e.stack import Stack
from lambdas import sample
from loopback.bot_api import Person

from tradegram.clock import SystemClock
from tradegram.sessions.pages import COOKIE
from tradegram.sims.floor import Entry, Floor
from tradegram.sims.stock import Stock, rows_of
from tradegram.sims.wire import Asked, Said, Wire, served
from tradegram.sims.zerodha import ZerodhaSim

ACCOUNT = "zerodha:AB1234"
URL = re.compile(r"https?://[^\"'<> ]+")


@dataclass(slots=True)
class Holding:
    """A dialect whose answer to an order can be held back, done as it is."""

    kite: ZerodhaSim
    reached: threading.Event = field(default_factory=threading.Event)
    let_go: threading.Event = field(default_factory=threading.Event)
    holds: bool = False

    def answer(self, asked: Asked) -> Said:
        said = self.kite.answer(asked)
        if self.holds and asked.method == "POST" and "/orders" in asked.path:
            self.holds = False
            self.reached.set()
            self.let_go.wait(30)
        return said


@dataclass(slots=True)
class Kite:
    """url: as TRADEGRAM_BROKER_URLS wants it."""

    dialect: Holding
    wire: Wire
    url: str

    @property
    def orders(self) -> list[Entry]:
        """The ledger of the floor: what really happened."""
        return list(self.dialect.kite.floor.entries.values())

    def log_in(self, stack: Stack, person: Person) -> None:
        """Credentials on our own page, then a login at the broker's, in a browser."""
        kite = self.dialect.kite
        offered = _offered(stack, person, "/link")
        form = {"state": offered["state"], "broker": "zerodha", "name": "live"}
        form |= {"client": "AB1234", "api_key": kite.api_key, "api_secret": kite.api_secret}
        answer = stack.request("POST", "/login/link", data=form)
        assert "is linked as #live" in answer.text, answer.text

        start = _offered(stack, person, "/login live")
        first = stack.request("GET", f"/login/start?state={start['state']}")
        assert first.status_code == 303, first.text
        cookie = first.headers["set-cookie"].partition(";")[0]
        assert cookie.startswith(COOKIE)
        back = urlsplit(httpx.get(first.headers["location"]).headers["location"])
        event = sample("login") | {"rawPath": back.path, "rawQueryString": back.query}
        last = stack.invoke("Login", event | {"cookies": [cookie]})  # the emulator passes on none
        assert "is logged in at Zerodha" in last["body"], last


@contextmanager
def simulated() -> Iterator[Kite]:
    floor = Floor(SystemClock().now)
    holding = Holding(ZerodhaSim(floor, Stock(floor, rows_of())))
    wire = Wire(holding)
    with served(wire) as url:
        yield Kite(holding, wire, f"zerodha.api={url} zerodha.login={url}")


def _offered(stack: Stack, person: Person, words: str) -> dict[str, str]:
    """What the address asks with that the chat offers for these words."""
    assert stack.webhook(person.says(words)) == 200
    shown = " ".join(f"{each.buttons} {each.html}" for each in person.shown())
    [*_, url] = [each for each in URL.findall(shown.replace("&amp;", "&")) if "state=" in each]
    return dict(parse_qsl(urlsplit(url).query))
