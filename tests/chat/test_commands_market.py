from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from chat.trading_floor import Floor, floor
from clocks import StillClock
from conformance.cases.ibkr import IbkrCase
from loopback import tws as loopback
from loopback.tws import ACCOUNT, Desk

from tradegram.brokers.ibkr.words import PROFILE
from tradegram.brokers.registry import Maker, Registry, add_account
from tradegram.chat.reply import Reply
from tradegram.market.live import LiveQuotes
from tradegram.model import Account, Mode
from tradegram.sims.ibkr.contracts import Catalogue, share

WIDTH = 38
LIVE = Account(ACCOUNT, "ibkr", "us", Mode.LIVE, "USD")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Floor]:
    with floor(tmp_path) as made:
        yield made


@pytest.fixture
def abroad(desk: Floor) -> Iterator[tuple[Floor, Desk]]:
    """The same desk with an account at Interactive Brokers beside the paper one."""
    with loopback.desk() as there:
        add_account(desk.store, LIVE)
        before = desk.desk.brokers
        assert isinstance(before, Registry)
        makers = {**before.makers, "ibkr": Maker(PROFILE, lambda account: there.broker)}
        brokers = Registry(desk.store, makers)
        assert isinstance(desk.clock, StillClock)
        quotes = LiveQuotes(brokers, desk.desk.quotes, desk.clock, desk.clock.pass_)
        desk.desk = replace(desk.desk, brokers=brokers, quotes=quotes)
        yield desk, there


def plain(reply: Reply) -> str:
    return re.sub(r"<[^>]+>", "", reply.text)


def test_a_chart_is_a_picture_that_says_whose_prices_it_shows(desk: Floor) -> None:
    reply = desk.one("/chart NIFTY 50 10d 15m")  # length and span in any order after the name
    assert reply.picture is not None
    assert reply.picture.startswith(b"\x89PNG")
    assert "NIFTY 50 · NSE · 15m" in plain(reply)
    assert "simulated prices" in plain(reply)
    assert [one.label for one in reply.buttons[0]] == ["1m", "5m", "1h", "1d"]

    [pressed] = desk.press(reply, "1d").replies
    assert "NIFTY 50 · NSE · 1d" in plain(pressed)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("/chart", "Which one?"),
        ("/chart RELIANCE 1m 30d", "reach back 7 days at most"),
        ("/chart ZZZZQQ", "I know nothing called"),
        ("/chart RELIANCE #nobody", "no account called #nobody"),
        ("/chain", "Options on what?"),
        ("/chain NIFTY 2026-13-01", "is no day"),
        ("/chain NIFTY 3mar", "No options on NIFTY 50 expire then"),
        ("/chain HDFCAMC", "Nobody can say that now"),
    ],
)
def test_what_cannot_be_shown_is_a_sentence(desk: Floor, text: str, why: str) -> None:
    assert why in plain(desk.one(text))


def test_a_name_that_is_nearly_one_is_offered(desk: Floor) -> None:
    reply = desk.one("/chart RELIANSE")
    assert any("RELIANCE" in one.label for row in reply.buttons for one in row)


@pytest.mark.parametrize("text", ["/chain NIFTY", "/chain BANKNIFTY", "/chain RELIANCE"])
def test_a_chain_fits_a_phone_and_has_interest_volatility_and_greeks(
    desk: Floor, text: str
) -> None:
    reply = desk.one(text)
    tables = re.findall(r"<pre>(.*?)</pre>", reply.text, re.DOTALL)
    assert len(tables) == 2
    lines = [line for table in tables for line in table.splitlines()]
    assert max(map(len, lines)) <= WIDTH
    prices, greeks = (table.splitlines() for table in tables)
    assert len(prices) == len(greeks)
    assert len(prices) >= 7
    assert sum("▸" in line for line in prices) == 1
    money = next(line for line in greeks if "▸" in line).split()
    iv, call, put = map(float, money[1:4])
    assert 5 < iv < 60
    assert 0.3 < call < 0.7
    assert -0.7 < put < -0.3
    assert "simulated prices" in reply.text


def test_other_expiries_are_a_press_away_and_may_be_said(desk: Floor) -> None:
    first = desk.one("/chain NIFTY")
    assert plain(desk.one("/chain NIFTY monthly")) == plain(first)  # the same day here
    label = first.buttons[0][0].label
    [pressed] = desk.tap(first.buttons[0][0].data).replies
    assert label in plain(pressed)
    assert plain(desk.one(f"/chain NIFTY {label}")) == plain(pressed)
    assert plain(desk.one("/chain NIFTY weekly")) == plain(first)
    assert plain(desk.one("/chain NIFTY next")) != plain(first)


def test_a_chart_of_a_live_account_is_the_brokers_own(abroad: tuple[Floor, Desk]) -> None:
    desk, there = abroad
    reply = desk.one("/chart AAPL 1h")
    assert "ibkr #us" in plain(reply)
    assert "100.00" in plain(reply)
    assert there.tws.floor.entries == {}


def test_when_the_broker_cannot_say_it_that_is_told_beside_simulated_prices(
    abroad: tuple[Floor, Desk],
) -> None:
    desk, there = abroad
    there.gateway.stop()
    text = plain(desk.one("/chart AAPL 1h"))
    assert "simulated prices" in text
    assert "⚠ #us: TWS or IB Gateway does not listen" in text
    assert "Nobody can say that now" in plain(desk.one("/chart AAPL 1h #us"))


def test_a_chain_of_a_live_account_is_the_brokers_own_options_and_greeks(
    abroad: tuple[Floor, Desk],
) -> None:
    desk, there = abroad
    there.tws.floor.prices[there.share.key] = IbkrCase.price
    reply = desk.one("/chain AAPL")
    assert "18 Dec 2026" in reply.text
    assert "ibkr prices" in reply.text
    money = next(line for line in reply.text.splitlines() if "▸" in line and ".50" in line)
    assert "25.0" in money  # volatility, as TWS says it
    assert "1.2K" in reply.text


def test_a_share_that_only_the_broker_finds_can_be_looked_at(abroad: tuple[Floor, Desk]) -> None:
    desk, there = abroad
    assert "I know nothing called" in plain(desk.one("/chain RARESTX"))
    rare = share(99, "RARESTX", "Rarely Asked For Inc")
    there.tws.catalogue = Catalogue([*there.tws.catalogue.rows, rare])
    assert "ibkr #us" in plain(desk.one("/chart RARESTX 1d"))
