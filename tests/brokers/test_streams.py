from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from brokers.sim_desk import OneAccount
from conformance.case import HttpCase
from conformance.cases.alpaca import AlpacaCase
from conformance.cases.binance import BinanceCase
from conformance.cases.binancefutures import BinanceFuturesCase
from conformance.cases.zerodha import ZerodhaCase

from tradegram.bootstrap import local_home
from tradegram.brokers.client import HttpBroker, connection
from tradegram.brokers.contract import Broker
from tradegram.brokers.heard import Stream
from tradegram.brokers.streams import Ear
from tradegram.clock import SystemClock
from tradegram.errors import BrokerError, NotSent, SessionExpired
from tradegram.local.workers import AccountWorker
from tradegram.model import OrderType, Session, Side
from tradegram.orders.state import Order, State
from tradegram.ports import commit_order
from tradegram.settings import read
from tradegram.sims.alpaca.talk import Updates
from tradegram.sims.binance.talk import talk
from tradegram.sims.sockets import Sockets, sockets
from tradegram.sims.started import start_of
from tradegram.sims.zerodha.talk import TickerTalk
from tradegram.vault.credentials import Vault
from tradegram.vault.keyring import KEY_FILE, LocalKeyRing
from tradegram.vault.sets import Given

AT_ONCE = 1.0  # seconds; the book would be read again after 5 at the earliest

MADE: dict[str, tuple[type[HttpCase], Callable[[Any], Any]]] = {
    "binance": (BinanceCase, talk),
    "binancefutures": (BinanceFuturesCase, talk),
    "alpaca": (AlpacaCase, Updates),
    "zerodha": (ZerodhaCase, TickerTalk),
}


def wait_for(true: Callable[[], object], seconds: float = 5.0) -> float:
    """How long it took."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds, "it did not happen in time"
        time.sleep(0.005)
    return time.monotonic() - began


@dataclass
class Heard:
    """An account with an ear, and how often it rang."""

    case: HttpCase
    there: Sockets
    fails: list[BrokerError] = field(default_factory=list)
    rings: int = 0
    kept: int = 0
    keep_every: float | None = None

    def broker(self) -> HttpBroker:
        self.case.broker()
        assert self.case._session
        hosts = {"stream": self.there.address, "live_stream": self.there.address}
        if self.case.name == "alpaca":
            hosts["stream"] += "/stream"
        case = self.case
        return HttpBroker(case.adapter, case.wire.client(), case.clock, session(case), hosts)

    def stream(self) -> Stream:
        if self.fails:
            raise self.fails.pop()
        made = self.broker().stream()
        if self.keep_every is not None:
            made = replace(made, keep=self._kept(made.keep), keep_every=self.keep_every)
        return made

    def _kept(self, keep: Callable[[], None]) -> Callable[[], None]:
        def keeps() -> None:
            keep()
            self.kept += 1

        return keeps

    def ring(self) -> None:
        self.rings += 1


def session(case: HttpCase) -> Session:
    assert case._session
    return case._session


@pytest.fixture(params=list(MADE))
def heard(request: pytest.FixtureRequest) -> Iterator[Heard]:
    with listening(request.param) as made:
        yield made


@contextmanager
def listening(name: str, prepare: Callable[[Heard], None] = lambda one: None) -> Iterator[Heard]:
    make, talks = MADE[name]
    case = make()
    case.broker()
    with sockets(lambda: talks(case.sim), case.floor) as there:
        made = Heard(case, there)
        prepare(made)
        ear = Ear("a:b", made.stream, made.ring, SystemClock(), listen=0.05)
        thread = threading.Thread(target=ear.run, daemon=True)
        thread.start()
        try:
            wait_for(lambda: there.opened and made.rings)
            time.sleep(0.05)  # what it says at first has been answered
            yield made
        finally:
            ear.stop()
            thread.join(3)
            assert not thread.is_alive()


def test_a_fill_rings_at_once(heard: Heard) -> None:
    intent = heard.case.intent()
    heard.case.place(intent)
    [entry] = heard.case.entries(intent)
    wait_for(lambda: heard.rings >= 2)  # it was opened, and the order was taken
    before = heard.rings

    heard.case.floor.fill(entry, entry.quantity, heard.case.below)

    assert wait_for(lambda: heard.rings > before) < AT_ONCE


def test_it_is_opened_again_when_it_is_cut_and_rings_for_what_was_missed(heard: Heard) -> None:
    before = heard.rings
    heard.there.drop()

    wait_for(lambda: heard.there.opened == 2 and heard.rings > before)
    time.sleep(0.05)
    before = heard.rings
    heard.case.place(heard.case.intent())
    wait_for(lambda: heard.rings > before)


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        "not json",
        "[]",
        "{}",
        '{"e": 7}',
        '{"event": null}',
        b"\xff\xfe\x00",
        "null",
        '{"a":' * 9,
    ],
)
def test_garbage_rings_nobody_and_ends_nothing(garbage: str | bytes) -> None:
    with listening("alpaca") as alpaca:
        before = alpaca.rings
        alpaca.there.send(garbage)
        time.sleep(0.05)
        assert alpaca.rings == before

        alpaca.case.place(alpaca.case.intent())
        wait_for(lambda: alpaca.rings > before)
        assert alpaca.there.opened == 1


def test_garbage_is_nothing_to_any_of_them(heard: Heard) -> None:
    before = heard.rings
    for garbage in ("not json", b"\xff\xfe", '{"e": "unheard of"}', "[[[", "5"):
        heard.there.send(garbage)
    time.sleep(0.05)
    assert heard.rings == before

    heard.case.place(heard.case.intent())
    wait_for(lambda: heard.rings > before)
    assert heard.there.opened == 1


def test_balances_and_words_of_others_ring_nobody() -> None:
    with listening("binance") as spot:
        before = spot.rings
        balance = {"subscriptionId": 0, "event": {"e": "outboundAccountPosition", "B": []}}
        spot.there.send(json.dumps(balance))
        time.sleep(0.1)
        assert spot.rings == before


def test_a_listen_key_that_ended_is_asked_for_anew() -> None:
    with listening("binancefutures") as futures:
        sim: Any = futures.case.sim
        sim.listen_keys.clear()
        futures.there.send(json.dumps({"e": "listenKeyExpired", "E": 1}))

        wait_for(lambda: futures.there.opened == 2)
        assert len(sim.listen_keys) == 1


def test_a_stream_that_wants_it_is_kept_alive() -> None:
    def soon(made: Heard) -> None:
        made.keep_every = 0.1

    with listening("binancefutures", soon) as futures:
        wait_for(lambda: futures.kept >= 2)
        asked = [(one.method, one.path) for one in futures.case.wire.arrived]
        assert asked.count(("PUT", "/fapi/v1/listenKey")) >= 2


@pytest.mark.parametrize("name", list(MADE))
def test_who_talks_to_another_place_tells_the_usual_stream_nothing(name: str) -> None:
    case = MADE[name][0]()
    case.broker()
    way = HttpBroker(
        case.adapter, case.wire.client(), case.clock, session(case), {"api": "http://127.0.0.1:9"}
    )
    with pytest.raises(NotSent, match="no address of its stream"):
        way.stream()


def test_who_is_not_logged_in_has_no_stream_until_he_is() -> None:
    def not_in(made: Heard) -> None:
        made.fails.append(SessionExpired("alpaca", "log in first"))

    with listening("alpaca", not_in) as alpaca:
        assert alpaca.fails == []
        assert alpaca.there.opened == 1


def test_wrong_keys_are_tried_less_and_less_often() -> None:
    """The stream is refused each time, and the waits between grow."""
    with listening("alpaca") as alpaca:
        sim: Any = alpaca.case.sim
        sim.is_open = False
        alpaca.there.drop()
        time.sleep(2.2)  # 0.5 s, then 1 s, then 2 s

        assert 2 <= alpaca.there.opened <= 3


def test_no_key_is_in_a_log_or_a_repr(heard: Heard, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        heard.there.drop()
        wait_for(lambda: heard.there.opened == 2)
        heard.case.place(heard.case.intent())
        time.sleep(0.1)
        shown = repr(heard.broker().stream()) + repr(
            [vars(record) for record in caplog.records]
            + [record.getMessage() for record in caplog.records]
        )

    sim: Any = heard.case.sim
    secrets = [*session(heard.case).secrets.values(), *getattr(sim, "listen_keys", {})]
    assert "no stream" in shown
    assert [secret for secret in secrets if secret in shown] == []


# -- with the workers of one machine ---------------------------------------------------------------


@dataclass
class Streamed(OneAccount):
    """The account's broker with its stream where the test says."""

    heard: Heard | None = None

    def broker(self, account_id: str) -> Broker:
        assert self.heard
        return self.heard.broker()


def test_a_fill_is_in_the_record_long_before_the_book_would_have_been_read(tmp_path: Path) -> None:
    home = local_home(read({"TRADEGRAM_DATA_DIR": str(tmp_path)}))
    case = BinanceCase()
    case.broker()
    with sockets(lambda: talk(case.sim), case.floor) as there:
        desk = replace(home.desk, brokers=Streamed(case, Heard(case, there)))
        order = working(case, desk.clock.now() - 100.0)
        commit_order(home.store, order, {"event": "placed a while ago"})
        worker = AccountWorker(desk, "binance:main", lambda: None)
        worker.start()
        try:
            wait_for(lambda: there.opened)
            wait_for(lambda: looks(case) >= 2)
            time.sleep(1.2)
            before = looks(case)
            time.sleep(1.2)
            assert looks(case) == before  # it would be read again in half a minute

            [entry] = case.floor.entries.values()
            case.floor.fill(entry, entry.quantity, case.below)
            took = wait_for(lambda: home.store.order(order.key).state is State.FILLED)
            assert took < AT_ONCE

            there.drop()  # without a stream it goes on
            wait_for(lambda: there.opened == 2)
        finally:
            worker.stop()
            home.store.close()


def working(case: HttpCase, at: float) -> Order:
    """At the broker for a while already."""
    intent = case.intent()
    return Order(
        intent, send_by=at + 120, user_id=7, staged_at=at, sent_at=at, state=State.WORKING,
        broker_order_id=case.place(intent),
    )  # fmt: skip


def looks(case: HttpCase) -> int:
    return sum(one.path == "/api/v3/openOrders" for one in case.wire.arrived)


@pytest.mark.parametrize("broker", ["binance", "binancefutures", "alpaca"])
def test_the_whole_desk_hears_a_simulated_broker_from_the_terminal(
    tmp_path: Path, broker: str
) -> None:
    """As `tradegram sim` prints it: its addresses, its keys; then the desk's own way there."""
    with start_of(broker)(SystemClock(), 0) as sim, connection() as http:
        sim.floor.more_prices = lambda one: None
        sim.floor.rests = True
        urls = " ".join(f"{broker}.{name}={address}" for name, address in sim.urls.items())
        home = local_home(
            read({"TRADEGRAM_DATA_DIR": str(tmp_path), "TRADEGRAM_BROKER_URLS": urls})
        )
        home.keeper.http = lambda proxy: http
        ring = LocalKeyRing(tmp_path / KEY_FILE, lambda: "")
        given = Given(broker, "spare", "", dict(sim.credentials))
        account = Vault(home.store, home.desk.clock, ring).link(given, "a test")
        case = MADE[broker][0]()
        entry = sim.floor.take(
            case.instrument, Side.BUY, OrderType.LIMIT, case.quantity, price=case.below,
            reference="A" * 16, validity="GTC",
        )  # fmt: skip
        order = placed(case, account.account_id, home.desk.clock.now() - 100.0)
        commit_order(home.store, order, {"event": "placed a while ago"})
        worker = AccountWorker(home.desk, account.account_id, lambda: None)
        worker.start()
        try:
            wait_for(lambda: home.store.order(order.key).broker_order_id, 10.0)
            time.sleep(3.0)
            sim.floor.fill(entry, entry.quantity, case.below)
            took = wait_for(lambda: home.store.order(order.key).state is State.FILLED)
            assert took < AT_ONCE
        finally:
            worker.stop()
            home.store.close()


def placed(case: HttpCase, account_id: str, at: float) -> Order:
    intent = replace(case.intent(), account_id=account_id, wire_id="A" * 16)
    return Order(intent, send_by=at + 120, user_id=7, staged_at=at, sent_at=at, state=State.WORKING)
