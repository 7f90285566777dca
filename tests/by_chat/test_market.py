"""Charts and option chains of every broker that knows its market, by chat."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from by_chat.people import Person, person
from conformance.case import HttpCase
from conformance.table import cases

from tradegram.brokers.contract import Ability

CASES = cases()


@pytest.fixture(params=[name for name in CASES])
def anu(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Person]:
    with person(CASES[request.param](), tmp_path) as made:
        made.log_in()
        yield made


def plain(text: str) -> str:
    return re.sub(r"<[^>]+>", "", text)


def test_a_chart_is_the_brokers_own_where_it_has_candles(anu: Person) -> None:
    reply = anu.desk.one(f"/chart {anu.case.instrument.key} 5m")
    assert reply.picture is not None
    whose = f"{anu.account.broker} #live"
    if Ability.CANDLES in anu.case.profile.can:
        assert whose in plain(reply.text)
    else:
        assert "simulated prices" in plain(reply.text)
        assert "⚠ #live" in plain(reply.text)


def test_a_chain_is_the_brokers_own_where_it_has_prices(anu: Person) -> None:
    if not isinstance(anu.case, HttpCase) or anu.account.currency != "INR":
        pytest.skip("its options are tried at the broker itself")
    anu.case.floor.prices["NSE:NIFTY 50"] = Decimal(24000)
    text = plain(anu.desk.one("/chain NIFTY").text)
    assert f"{anu.account.broker} prices" in text, text
    assert "▸24000" in text  # the only strike that is listed there; the others hide it not
