"""Strategies by API: turned by a program, and seen only where its key may look."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api.programs import Program, new_key, program
from chat.trading_floor import ANU

from tradegram.api.caller import Scope
from tradegram.brokers.registry import PAPER
from tradegram.model import Account, Mode
from tradegram.risk.stepup import AtTheTerminal
from tradegram.signals.strategy import Strategy, Way, set_up, strategy

SPARE = Account("paper:spare", "paper", "spare", Mode.PAPER)
SIGNAL: dict[str, Any] = {
    "strategy": "breakout", "symbol": "NSE:RELIANCE", "side": "BUY", "quantity": 1, "id": "1",
}  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Program]:
    with program(tmp_path, PAPER, SPARE) as made:
        yield made


def followed(desk: Program, account: str, signal_id: str, name: str = "breakout") -> Any:
    set_up(desk.floor.desk, Strategy(name, ANU, Way.PAPER, account), "a test")
    desk.floor.clock.pass_(60)  # else it is the same order twice, and a person would be asked
    body = {**SIGNAL, "strategy": name, "id": signal_id}
    return desk.asks("POST", "/api/signals", body).json["signals"][0]


def test_a_program_turns_a_strategy_off_and_never_automatic(desk: Program) -> None:
    said = desk.asks("PUT", "/api/strategies/breakout", {"way": "off"})
    auto = desk.asks("PUT", "/api/strategies/breakout", {"way": "auto", "code": "482915"})

    assert (said.status, said.json["strategy"]["way"]) == (200, "off")
    assert (auto.status, auto.json["error"]["code"]) == (403, "NEEDS_PROOF")
    assert auto.json["error"]["hint"].endswith("/strategy breakout auto")
    assert desk.asks("POST", "/api/signals", SIGNAL).json["signals"][0]["outcome"] == "DENIED"


def test_a_program_sets_up_what_chat_can(desk: Program) -> None:
    body = {"way": "paper", "account": "spare", "rule": "lots", "size": 2, "side": "SELL"}
    said = desk.asks("PUT", "/api/strategies/breakout", body)
    signal = {name: value for name, value in SIGNAL.items() if name not in ("side", "quantity")}
    [done] = desk.asks("POST", "/api/signals", signal).json["signals"]
    order = desk.asks("GET", f"/api/orders/{done['orderIds'][0]}").json["order"]

    now = said.json["strategy"]
    assert (now["account"], now["rule"], now["size"], now["side"]) == (
        "paper:spare", "lots", 2, "SELL",
    )  # fmt: skip
    assert (order["accountId"], order["transactionType"], order["quantity"]) == (
        "paper:spare", "SELL", 2,
    )  # fmt: skip
    back = desk.asks("PUT", "/api/strategies/breakout", {"account": "", "rule": "signal",
                                                         "side": ""}).json["strategy"]  # fmt: skip
    assert (back["account"], back["rule"], back["size"], back["side"]) == ("", "signal", 0, "")
    assert back["way"] == "paper"


@pytest.mark.parametrize(
    "body",
    [{}, {"size": 2}, {"rule": "lots"}, {"rule": "percent", "size": 101}, {"account": "nobody"},
     {"rule": "lots", "size": 0}, {"side": "HOLD"}, {"size": "many"}],
)  # fmt: skip
def test_what_a_strategy_cannot_have_is_refused_and_nothing_changes(
    desk: Program, body: dict[str, Any]
) -> None:
    assert desk.asks("PUT", "/api/strategies/breakout", body).status in (400, 404, 422)
    assert desk.floor.store.documents("strategy") == []


def test_what_trades_by_itself_asks_again_when_a_program_changes_it(desk: Program) -> None:
    mine = Strategy("breakout", ANU, Way.AUTO, "paper:main")
    set_up(desk.floor.desk, mine, "a test", AtTheTerminal())

    same = desk.asks("PUT", "/api/strategies/breakout", {"way": "auto", "account": "main"})
    more = desk.asks("PUT", "/api/strategies/breakout", {"way": "auto", "side": "BUY"})
    before = strategy(desk.floor.desk, "breakout", ANU).way
    said = desk.asks("PUT", "/api/strategies/breakout", {"rule": "quantity", "size": 1})

    assert (same.status, before) == (200, Way.AUTO)
    assert (more.status, more.json["error"]["code"]) == (403, "NEEDS_PROOF")
    assert (said.json["strategy"]["way"], said.json["strategy"]["size"]) == ("ask", 1)
    assert "because it was changed" in said.json["message"]


def test_a_key_of_one_account_keeps_a_strategy_in_it(desk: Program) -> None:
    set_up(desk.floor.desk, Strategy("breakout", ANU, Way.PAPER, SPARE.account_id), "a test")
    narrow = new_key(desk.floor, name="narrow", accounts=(SPARE.account_id,))

    for account, status in (("", 403), ("main", 404), ("spare", 200)):
        body = {"account": account}
        said = desk.asks("PUT", "/api/strategies/breakout", body, key=narrow)
        assert said.status == status, account
    assert strategy(desk.floor.desk, "breakout", ANU).account == SPARE.account_id


def test_a_strategys_name_that_is_none_or_somebody_elses_is_refused(desk: Program) -> None:
    set_up(desk.floor.desk, Strategy("theirs", 99), "a test")

    for name in ("A B", "x" * 40, "theirs"):
        assert desk.asks("PUT", f"/api/strategies/{name}", {"way": "off"}).status == 422
    assert strategy(desk.floor.desk, "theirs", 99).way is Way.ASK


def test_a_key_of_one_account_sees_of_strategies_what_happened_there(desk: Program) -> None:
    for place in ("paper:main", "paper:spare", ""):
        followed(desk, place, f"of {place}".replace(" ", "-"))
    followed(desk, "paper:main", "2", "other")
    narrow = new_key(desk.floor, name="narrow", accounts=(SPARE.account_id,))

    whole = desk.asks("GET", "/api/strategies").json["strategies"]
    seen = desk.asks("GET", "/api/strategies", key=narrow).json["strategies"]

    assert [(one["name"], one["sent"]) for one in whole] == [("breakout", 3), ("other", 1)]
    assert [(one["name"], one["sent"]) for one in seen] == [("breakout", 1)]
    for name in ("breakout", "other"):  # one trades by rule, in any account, the other elsewhere
        assert desk.asks("PUT", f"/api/strategies/{name}", {"way": "off"}, key=narrow).status == 404


def test_of_a_signal_that_came_before_a_key_hears_nothing_of_other_accounts(desk: Program) -> None:
    first = followed(desk, "paper:main", "1")
    narrow = new_key(
        desk.floor, Scope.SIGNAL, name="narrow", accounts=(SPARE.account_id,)
    )  # fmt: skip

    [again] = desk.asks("POST", "/api/signals", SIGNAL, key=narrow).json["signals"]
    [denied] = desk.asks("POST", "/api/signals", {**SIGNAL, "id": "2"}, key=narrow).json["signals"]

    assert first["orderIds"]
    assert (again["again"], again["orderIds"], again.get("ticketId")) == (True, [], None)
    assert denied["outcome"] == "DENIED"
    assert "main" not in denied["message"]
