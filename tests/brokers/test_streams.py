from __future__ import annotations

import json
import logging
import time
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from brokers.ears import MADE, Heard, listening, session, wait_for
from brokers.sim_desk import OneAccount
from conformance.case import HttpCase
from conformance.cases.binance import BinanceCase

from tradegram.bootstrap import local_home
from tradegram.brokers.client import HttpBroker
from tradegram.brokers.contract import Broker, Login
from tradegram.brokers.proxies import connection
from tradegram.brokers.streams import FIRST_WAIT, REFUSED, STRANGE
from tradegram.chat.cards.health import health_line
from tradegram.clock import SystemClock
from tradegram.errors import NotSent, SessionExpired
from tradegram.local.workers import AccountWorker
from tradegram.model import OrderType, Side
from tradegram.orders.state import Order, State
from tradegram.ports import commit_order
from tradegram.settings import read
from tradegram.sims.binance.talk import talk
from tradegram.sims.sockets import sockets
from tradegram.sims.started import start_of
from tradegram.vault.credentials import Vault
from tradegram.vault.keyring import KEY_FILE, LocalKeyRing
from tradegram.vault.sets import Given

AT_ONCE = 3.0  # seconds; the book would be read again after 5 at the earliest


@pytest.fixture(params=list(MADE))
def heard(request: pytest.FixtureRequest) -> Iterator[Heard]:
    with listening(request.param) as made:
        yield made


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
    heard.settled()
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
        alpaca.settled()
        assert alpaca.rings == before

        alpaca.case.place(alpaca.case.intent())
        wait_for(lambda: alpaca.rings > before)
        assert alpaca.there.opened == 1


def test_garbage_is_nothing_to_any_of_them(heard: Heard) -> None:
    before = heard.rings
    for garbage in ("not json", b"\xff\xfe", '{"e": "unheard of"}', "[[[", "5"):
        heard.there.send(garbage)
    heard.settled()
    assert heard.rings == before

    heard.case.place(heard.case.intent())
    wait_for(lambda: heard.rings > before)
    assert heard.there.opened == 1


def test_balances_and_words_of_others_ring_nobody() -> None:
    with listening("binance") as spot:
        before = spot.rings
        balance = {"subscriptionId": 0, "event": {"e": "outboundAccountPosition", "B": []}}
        spot.there.send(json.dumps(balance))
        spot.settled()
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

        wait_for(lambda: len(alpaca.opened_at) == 3)
        first, second, third = alpaca.opened_at
        assert second - first >= FIRST_WAIT
        assert third - second >= 2 * FIRST_WAIT


def test_no_key_is_in_a_log_or_a_repr(heard: Heard, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        heard.there.drop()
        wait_for(lambda: heard.there.opened == 2)
        heard.case.place(heard.case.intent())
        heard.settled()
        shown = repr(heard.broker().stream()) + repr(
            [vars(record) for record in caplog.records]
            + [record.getMessage() for record in caplog.records]
        )

    sim: Any = heard.case.sim
    kept = {name: one for name, one in session(heard.case).secrets.items() if name != "api_url"}
    secrets = [*kept.values(), *getattr(sim, "listen_keys", {}), *halves(kept)]
    assert "no stream" in shown
    assert [secret for secret in secrets if secret in shown] == []


def halves(secrets: Mapping[str, str]) -> list[str]:
    """Of a token of ICICI's, which is two."""
    try:
        two = b64decode(secrets.get("session_token", ""), validate=True).decode().split(":")
    except ValueError:
        return []
    return [one for one in two if one]


# -- what must be granted before it counts ---------------------------------------------------------


@pytest.fixture(params=["icicidirect", "kotakneo"])
def granted(request: pytest.FixtureRequest) -> Iterator[Heard]:
    with listening(request.param) as made:
        yield made


def test_it_counts_as_living_from_the_grant_until_it_ends(granted: Heard) -> None:
    assert granted.ear.lives
    rings = granted.rings
    sim: Any = granted.case.sim
    sim.sessions.clear()

    granted.there.drop()

    wait_for(lambda: not granted.ear.lives and granted.rings > rings)


def test_a_frame_that_is_none_of_the_brokers_is_set_aside_and_a_person_is_told(
    granted: Heard,
) -> None:
    before = granted.rings
    for garbage in ("not json", b"\xff\xfe", '42["order', "42{}", '{"type":"quantum"}', "[[["):
        granted.there.send(garbage)
    granted.settled()

    assert granted.rings == before
    assert set(granted.alerts) == {STRANGE}
    granted.case.place(granted.case.intent())
    wait_for(lambda: granted.rings > before)
    assert granted.there.opened == 1


def test_a_refused_token_has_the_book_looked_at_once_and_then_a_person_told() -> None:
    """The book's own refusal ends the session; the stream's word for it is not believed."""
    with listening("icicidirect") as icici:
        sim: Any = icici.case.sim
        sim.sessions.clear()
        icici.there.drop()
        wait_for(lambda: icici.there.opened >= 3)
        rings = icici.rings
        with pytest.raises(SessionExpired):
            icici.broker().order_book()

        wait_for(lambda: icici.alerts == [REFUSED], 20.0)
        assert icici.rings == rings


def test_a_stream_that_never_grants_anything_is_not_waited_for() -> None:
    def mute(made: Heard) -> None:
        made.granted_within = 0.2
        made.there.greeting = ()

    with listening("icicidirect", mute) as icici:
        wait_for(lambda: icici.there.opened >= 2)
        assert not icici.ear.lives


@pytest.mark.parametrize("quoted", [False, True])
def test_the_order_feed_is_asked_in_one_form_after_the_other(quoted: bool) -> None:
    def wanted(made: Heard) -> None:
        sim: Any = made.case.sim
        sim.feed_is_quoted = quoted

    with listening("kotakneo", wanted) as kotak:
        wait_for(lambda: kotak.ear.lives)
        tries = kotak.there.opened
        kotak.there.drop()
        wait_for(lambda: kotak.there.opened == tries + 1 and kotak.ear.lives)  # it stays with that

        before = kotak.rings
        kotak.case.place(kotak.case.intent())
        wait_for(lambda: kotak.rings > before)


def test_a_ping_of_socket_io_is_answered() -> None:
    with listening("icicidirect") as icici:
        icici.there.send("2")
        wait_for(lambda: "3" in icici.there.heard)


def test_a_tick_or_a_position_rings_nobody(granted: Heard) -> None:
    before = granted.rings
    tick = {"icicidirect": '42["stock",["4.1!2885",1]]', "kotakneo": '{"type":"position"}'}
    granted.there.send(tick[granted.case.name])
    granted.settled()

    assert (granted.rings, granted.alerts) == (before, [])


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
            until_unread(case)  # it would be read again in half a minute

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


def until_unread(case: HttpCase, seconds: float = 1.2) -> None:
    """Until nobody has read the book for so long: what was rung for at first has been looked at."""
    before = -1
    while before != looks(case):
        before = looks(case)
        time.sleep(seconds)


def looks(case: HttpCase) -> int:
    return sum(one.path == "/api/v3/openOrders" for one in case.wire.arrived)


@pytest.mark.parametrize("broker", ["binance", "binancefutures", "alpaca", "kotakneo"])
def test_the_whole_desk_hears_a_simulated_broker_from_the_terminal(
    tmp_path: Path, broker: str
) -> None:
    """As `tradegram sim` prints it: its addresses, its keys; then the desk's own way there."""
    with start_of(broker)(SystemClock(), 0) as sim, closing(connection()) as http:
        sim.floor.more_prices = lambda one: None
        sim.floor.rests = True
        urls = " ".join(f"{broker}.{name}={address}" for name, address in sim.urls.items())
        home = local_home(
            read({"TRADEGRAM_DATA_DIR": str(tmp_path), "TRADEGRAM_BROKER_URLS": urls})
        )
        home.keeper.http = lambda proxy: http
        ring = LocalKeyRing(tmp_path / KEY_FILE, lambda: "")
        given = Given(broker, "spare", sim.client, dict(sim.credentials))
        account = Vault(home.store, home.desk.clock, ring).link(given, "a test")
        if home.desk.brokers.profile(account.account_id).login is not Login.KEYS:
            home.keeper.enter(account, {}, "a test")
        case = MADE[broker][0]()
        entry = sim.floor.take(
            case.instrument, Side.BUY, OrderType.LIMIT, case.quantity, price=case.below,
            reference="A" * 16, validity="GTC",
        )  # fmt: skip
        order = placed(case, account.account_id, home.desk.clock.now() - 100.0)
        if not case.profile.tag_length:  # it is found by its time, which is now
            order = replace(order, broker_order_id=entry.order_id)
        commit_order(home.store, order, {"event": "placed a while ago"})
        worker = AccountWorker(home.desk, account.account_id, lambda: None)
        worker.start()
        try:
            wait_for(lambda: home.store.order(order.key).broker_order_id, 20.0)
            wait_for(lambda: "hears of orders at once" in health_line(home.desk, account))
            time.sleep(1.5)  # the book has been read once more for that
            sim.floor.fill(entry, entry.quantity, case.below)
            took = wait_for(lambda: home.store.order(order.key).state is State.FILLED)
            assert took < AT_ONCE
        finally:
            worker.stop()
            home.store.close()


def placed(case: HttpCase, account_id: str, at: float) -> Order:
    intent = replace(case.intent(), account_id=account_id, wire_id="A" * 16)
    return Order(intent, send_by=at + 120, user_id=7, staged_at=at, sent_at=at, state=State.WORKING)
