"""Prices that a broker says by itself, and when they are asked for instead."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from brokers.ears import session, wait_for
from brokers.sim_desk import OneAccount
from conformance.cases.icicidirect import IciciDirectCase
from conformance.listed import few

from tradegram.brokers.client import HttpBroker
from tradegram.brokers.contract import Broker
from tradegram.brokers.heard import PriceStreams
from tradegram.brokers.price_ears import LATELY, PriceEars
from tradegram.clock import SystemClock
from tradegram.market.live import LiveQuotes
from tradegram.model import Instrument, Kind, Quote
from tradegram.sims.icicidirect.talk import GREETING, PricesTalk, UpdatesTalk
from tradegram.sims.sockets import Sockets, pinged, sockets

D = Decimal


@dataclass
class Priced(OneAccount):
    """The account, whose prices are streamed where the test says."""

    there: Sockets | None = None

    def broker(self, account_id: str) -> Broker:
        assert self.there
        hosts, case = {"prices": self.there.address}, self.case
        case.broker()
        return HttpBroker(case.adapter, case.wire.client(), case.clock, session(case), hosts)


class Nothing:
    def quote(self, instrument: Instrument, account_id: str = "") -> Quote | None:
        return None


@dataclass
class Heard:
    case: IciciDirectCase
    there: Sockets
    brokers: Priced
    ears: PriceEars
    quotes: LiveQuotes

    @property
    def one(self) -> Instrument:
        return self.case.instrument

    def told(self, one: Instrument | None = None) -> Quote | None:
        [account] = self.brokers.accounts()
        return self.ears.told(account, one or self.one)

    def questions(self) -> int:
        return sum(one.path.endswith("/quotes") for one in self.case.wire.arrived)

    def quote(self) -> Quote | None:
        return self.quotes.quote(self.one, "icicidirect:main")


@contextmanager
def listening() -> Iterator[Heard]:
    case = IciciDirectCase()
    case.broker()
    with sockets(lambda: PricesTalk(case.sim), case.floor, greeting=[GREETING]) as there:
        brokers = Priced(case, there)
        ears = PriceEars(brokers, SystemClock(), listen=0.05)
        quotes = LiveQuotes(brokers, Nothing(), case.clock, case.clock.pass_, ears.told)
        try:
            yield Heard(case, there, brokers, ears, quotes)
        finally:
            ears.stop()


@pytest.fixture
def heard() -> Iterator[Heard]:
    with listening() as made:
        yield made


def test_a_price_is_asked_for_until_it_is_told_and_then_no_more(heard: Heard) -> None:
    first = heard.quote()
    assert first is not None
    assert heard.questions() == 1

    wait_for(heard.told)
    heard.case.clock.pass_(60.0)
    told = heard.quote()

    assert told is not None
    assert (told.last, told.bid, told.ask) == (first.last, first.bid, first.ask)
    assert (told.open, told.high, told.low) == (first.open, first.high, first.low)
    assert (told.previous_close, told.bid_size) == (first.previous_close, first.bid_size)
    assert heard.questions() == 1


def test_a_price_that_moves_is_told_as_it_moves(heard: Heard) -> None:
    heard.told()
    wait_for(heard.told)
    heard.case.floor.prices[heard.one.key] = D("1501.25")
    heard.there.send("2")

    wait_for(lambda: (quote := heard.told()) is not None and quote.last == D("1501.25"))


@pytest.mark.parametrize("kind", [Kind.SHARE, Kind.FUTURE, Kind.CALL])
def test_shares_and_derivatives_are_watched_by_their_numbers(heard: Heard, kind: Kind) -> None:
    one = next(each for each in few() if each.kind is kind and each.exchange in ("NSE", "NFO"))
    heard.case.floor.prices[one.key] = D(100)

    wait_for(lambda: heard.told(one))

    quote = heard.told(one)
    assert quote is not None
    assert (quote.instrument, quote.last) == (one.key, D(100))


def test_what_was_watched_is_watched_again_after_a_cut(heard: Heard) -> None:
    wait_for(heard.told)
    heard.there.drop()
    wait_for(lambda: heard.there.opened == 2)

    wait_for(heard.told)


def test_a_price_of_before_a_cut_is_none_of_after_it(heard: Heard) -> None:
    wait_for(heard.told)
    ear: Any = heard.ears._of["icicidirect:main"]
    heard.there.make = lambda: UpdatesTalk(heard.case.sim)  # it grants, and says no price
    heard.there.drop()
    wait_for(lambda: heard.there.opened == 2 and ear._ear.lives)

    assert heard.told() is None


def test_when_its_stream_ends_a_price_is_asked_for_again(heard: Heard) -> None:
    wait_for(heard.told)
    sim: Any = heard.case.sim
    kept = dict(sim.sessions)
    sim.sessions.clear()
    heard.there.drop()
    wait_for(lambda: heard.told() is None)
    sim.sessions.update(kept)

    before = heard.questions()
    assert heard.quote() is not None
    assert heard.questions() == before + 1


def test_a_price_that_was_not_said_for_a_while_is_asked_for(heard: Heard) -> None:
    wait_for(heard.told)
    ear: Any = heard.ears._of["icicidirect:main"]
    ear._clock = Later()

    assert heard.told() is None


class Later(SystemClock):
    def monotonic(self) -> float:
        return super().monotonic() + LATELY


@pytest.mark.parametrize(
    "row",
    [
        ["4.1!1"],
        [],
        [7],
        ["4.1!1", *[1] * 22],
        ["4.1!1", *[0] * 20],
        ["4.1!1", *["x"] * 20],
        ["4.1!1", *[None] * 22],
    ],
)
def test_a_row_that_is_no_price_is_set_aside(heard: Heard, row: list[object]) -> None:
    broker = heard.brokers.broker("")
    assert isinstance(broker, PriceStreams)
    stream = broker.price_stream()
    stream.watch([heard.one])
    name = next(iter(heard.case.adapter._watched))  # type: ignore[attr-defined]
    named = [name if one == "4.1!1" else one for one in row]

    said = stream.heard("42" + json.dumps(["stock", named]))

    assert not said.quotes
    assert said.strange or row == [7]  # that is a row of nobody's


def test_nobody_is_told_a_price_of_an_account_that_streams_none(heard: Heard) -> None:
    [account] = heard.brokers.accounts()
    heard.ears.stop()

    assert heard.ears.told(account, heard.one) is None
    assert heard.there.opened == 0


def test_a_simulator_for_people_says_prices_by_itself(heard: Heard) -> None:
    wait_for(heard.told)
    with pinged(heard.there, 0.05):
        heard.case.floor.prices[heard.one.key] = D("1502.50")
        wait_for(lambda: (quote := heard.told()) is not None and quote.last == D("1502.50"))
        time.sleep(0.1)
