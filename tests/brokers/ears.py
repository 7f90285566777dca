"""An account's ear at a simulated broker's stream, and what it heard."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.case import HttpCase
from conformance.cases.alpaca import AlpacaCase
from conformance.cases.binance import BinanceCase
from conformance.cases.binancefutures import BinanceFuturesCase
from conformance.cases.icicidirect import IciciDirectCase
from conformance.cases.kotakneo import KotakNeoCase
from conformance.cases.zerodha import ZerodhaCase

from tradegram.brokers import heard
from tradegram.brokers.client import HttpBroker
from tradegram.brokers.heard import Frame, Stream
from tradegram.brokers.streams import Ear
from tradegram.clock import SystemClock
from tradegram.errors import BrokerError
from tradegram.model import Session
from tradegram.sims.alpaca.talk import Updates
from tradegram.sims.binance.talk import talk
from tradegram.sims.floor import Entry
from tradegram.sims.icicidirect.talk import GREETING, UpdatesTalk
from tradegram.sims.kotakneo.talk import FeedTalk
from tradegram.sims.sockets import Sockets, Talk, sockets
from tradegram.sims.zerodha.talk import TickerTalk

MADE: dict[str, tuple[type[HttpCase], Callable[[Any], Any]]] = {
    "binance": (BinanceCase, talk),
    "binancefutures": (BinanceFuturesCase, talk),
    "alpaca": (AlpacaCase, Updates),
    "zerodha": (ZerodhaCase, TickerTalk),
    "icicidirect": (IciciDirectCase, UpdatesTalk),
    "kotakneo": (KotakNeoCase, FeedTalk),
}
GREETINGS = {"icicidirect": [GREETING]}
ECHO = "an echo"
TURNS = 3  # the longest way in: somebody is greeted, says who they are, asks for what they want


def wait_for(true: Callable[[], object], seconds: float = 15.0) -> float:
    """How long it took."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds, "it did not happen in time"
        time.sleep(0.005)
    return time.monotonic() - began


@dataclass(frozen=True)
class Echoing:
    """Implements sockets.Talk around another. Its echo comes behind all answers of before."""

    inner: Talk

    def opened(self, path: str, headers: Mapping[str, str]) -> bool:
        return self.inner.opened(path, headers)

    def said(self, text: Frame) -> Sequence[Frame]:
        return [ECHO] if text == ECHO else self.inner.said(text)

    def changed(self, entry: Entry) -> Sequence[Frame]:
        return self.inner.changed(entry)


@dataclass
class Heard:
    """An account with an ear, and how often it rang. opened_at: when a stream was asked for."""

    case: HttpCase
    there: Sockets
    fails: list[BrokerError] = field(default_factory=list)
    rings: int = 0
    alerts: list[str] = field(default_factory=list)
    kept: int = 0
    echoes: int = 0
    opened_at: list[float] = field(default_factory=list)
    keep_every: float | None = None
    granted_within: float | None = None

    def __post_init__(self) -> None:
        self.ear = Ear(
            "a:b", self.stream, self.ring, SystemClock(), listen=0.05, alert=self.alerts.append
        )

    def broker(self) -> HttpBroker:
        self.case.broker()
        assert self.case._session
        hosts = {"stream": self.there.address, "live_stream": self.there.address}
        if self.case.name == "alpaca":
            hosts["stream"] += "/stream"
        case = self.case
        return HttpBroker(case.adapter, case.wire.client(), case.clock, session(case), hosts)

    def settled(self) -> None:
        """Wait until the stream is granted and both ends have dealt with all that was said."""
        wait_for(lambda: self.ear.lives)
        for _ in range(TURNS):
            self._wait_for_echo()

    def _wait_for_echo(self) -> None:
        before = self.echoes
        self.ear.say([ECHO])
        wait_for(lambda: self.echoes > before)

    def stream(self) -> Stream:
        self.opened_at.append(time.monotonic())
        if self.fails:
            raise self.fails.pop()
        made = self.broker().stream()
        made = replace(made, heard=self._but_echoes(made.heard))
        if self.keep_every is not None:
            made = replace(made, keep=self._kept(made.keep), keep_every=self.keep_every)
        if self.granted_within is not None:
            made = replace(made, granted_within=self.granted_within)
        return made

    def _kept(self, keep: Callable[[], None]) -> Callable[[], None]:
        def keeps() -> None:
            keep()
            self.kept += 1

        return keeps

    def _but_echoes(self, hear: Callable[[Frame], heard.Heard]) -> Callable[[Frame], heard.Heard]:
        def hears(frame: Frame) -> heard.Heard:
            if frame != ECHO:
                return hear(frame)
            self.echoes += 1
            return heard.Heard()

        return hears

    def ring(self) -> None:
        self.rings += 1


def session(case: HttpCase) -> Session:
    assert case._session
    return case._session


@contextmanager
def listening(name: str, prepare: Callable[[Heard], None] = lambda one: None) -> Iterator[Heard]:
    make, talks = MADE[name]
    case = make()
    case.broker()
    greeting = GREETINGS.get(name, [])
    with sockets(lambda: Echoing(talks(case.sim)), case.floor, greeting=greeting) as there:
        made = Heard(case, there)
        prepare(made)
        thread = threading.Thread(target=made.ear.run, daemon=True)
        thread.start()
        try:
            wait_for(lambda: there.opened and made.rings)
            if made.granted_within is None:  # otherwise it is never granted
                made.settled()
            yield made
        finally:
            made.ear.stop()
            thread.join(3)
            assert not thread.is_alive()
