from __future__ import annotations

import re
import socket
import threading
from decimal import Decimal

import httpx
import pytest
from clocks import StillClock
from samples import INFY

from tradegram.brokers.catalog import profile_of
from tradegram.brokers.zerodha.postback import order_told_of
from tradegram.cli.main import main
from tradegram.model import OrderType, Side
from tradegram.sims.started import SIMS, start_of
from tradegram.sims.wire import Asked, Said, Wire, said, served
from tradegram.vault.fields import missing


@pytest.mark.parametrize("broker", SIMS)
def test_it_says_where_it_is_and_what_to_link(
    broker: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sim", broker, "--seconds", "0.1"]) == 0

    said = capsys.readouterr().out
    assert f"tradegram link {broker}" in said
    assert re.search(r"127\.0\.0\.1", said)


@pytest.mark.parametrize("broker", SIMS)
def test_what_it_says_is_all_that_the_desk_needs(broker: str) -> None:
    with start_of(broker)(StillClock(), 0) as started:
        assert set(started.urls) <= set(profile_of(broker).hosts)
        assert missing(broker, started.credentials) == []


def test_a_port_that_is_taken_is_said_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["sim", "zerodha", "--port", str(port)]) == 1

    assert f"Port {port} cannot be used" in capsys.readouterr().err


def test_the_simulated_zerodha_answers_on_its_port() -> None:
    with start_of("zerodha")(StillClock(), 0) as started:
        login = httpx.get(
            f"{started.urls['login']}/connect/login",
            params={"v": "3", "api_key": started.credentials["api_key"]},
        )
        nobody = httpx.get(f"{started.urls['api']}/orders")

    assert login.status_code == 302
    assert "request_token=" in login.headers["location"]
    assert nobody.json()["error_type"] == "TokenException"


def test_news_of_orders_are_posted_where_they_are_wanted() -> None:
    came = threading.Event()
    posted: list[bytes] = []

    class Desk:
        def answer(self, asked: Asked) -> Said:
            posted.append(asked.content)
            came.set()
            return said({})

    clock = StillClock()
    with served(Wire(Desk())) as desk, start_of("zerodha")(clock, 0) as started:
        assert started.post_to is not None
        started.post_to(f"{desk}/postback/zerodha/secret")
        started.floor.take(INFY, Side.BUY, OrderType.LIMIT, Decimal(1), price=Decimal(1))
        assert came.wait(60)

    assert order_told_of(posted[0], started.credentials["api_secret"]) == "000000000001"


@pytest.mark.parametrize("option", [["--postback", "http://127.0.0.1:1"], ["--redirect", "x"]])
def test_an_option_that_means_nothing_there_is_refused(
    option: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    broker = "kotakneo" if "--postback" in option else "zerodha"

    assert main(["sim", broker, "--seconds", "0.1", *option]) == 1

    assert option[0] in capsys.readouterr().err
