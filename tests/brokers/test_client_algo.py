"""Brokers that want to hear the exchange's algo id with every order, and those that do not."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs

import pytest
from clocks import StillClock
from loopback.kite import Kite
from samples import INTENT

from tradegram.brokers.client import HttpBroker
from tradegram.brokers.contract import AlgoTag
from tradegram.brokers.zerodha import Zerodha
from tradegram.model import Session

SECRETS = {"api_key": "k", "access_token": "t"}


class Wanting(Zerodha):
    """Zerodha, if it wanted to be told."""

    def __init__(self, tag: AlgoTag) -> None:
        super().__init__()
        self.profile = replace(Zerodha.profile, algo=tag)


def sent(adapter: Zerodha, algo_id: str = "ALGO-0123456789") -> Kite:
    kite, clock = Kite(), StillClock()
    secrets = {**SECRETS, "algo_id": algo_id} if algo_id else SECRETS
    broker = HttpBroker(adapter, kite.client(), clock, Session("a", 9e9, secrets))
    order_id = broker.place(INTENT, not_after=clock.monotonic() + 1)
    broker.cancel(INTENT, order_id)
    broker.order_book()
    return kite


def test_the_id_goes_into_the_header_of_order_calls_only() -> None:
    kite = sent(Wanting(AlgoTag(header="X-Algo-Name", length=12)))

    named = [each.headers.get("x-algo-name") for each in kite.requests]
    assert named == ["ALGO-0123456", "ALGO-0123456", None]
    assert all(each.headers["authorization"] == "token k:t" for each in kite.requests)


def test_the_id_goes_into_the_form() -> None:
    kite = sent(Wanting(AlgoTag(field="algo_id", length=20)))

    assert parse_qs(kite.requests[0].content.decode())["algo_id"] == ["ALGO-0123456789"]
    assert "tag" in parse_qs(kite.requests[0].content.decode())


@pytest.mark.parametrize("algo_id", ["", "ALGO-1"])
def test_a_broker_that_adds_it_itself_is_told_nothing(algo_id: str) -> None:
    kite = sent(Zerodha(), algo_id)

    assert "algo" not in str([(each.headers, each.content) for each in kite.requests]).lower()
