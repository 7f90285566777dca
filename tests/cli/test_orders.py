from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from samples import STAGED

from tradegram.bootstrap import LocalHome, local_home
from tradegram.cli.main import main
from tradegram.codes import NEXT_STEP, Code
from tradegram.orders.reconcile import reconcile
from tradegram.orders.send import send_order
from tradegram.orders.state import Order, State, move
from tradegram.ports import commit_order
from tradegram.settings import read

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {
        "TRADEGRAM_DATA_DIR": str(tmp_path),
        "TRADEGRAM_PAPER_ALWAYS_OPEN": "1",
        "TRADEGRAM_PAPER_DELAY_S": "0",
    }


@pytest.fixture
def run(
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    def command(*words: str) -> tuple[int, str]:
        capsys.readouterr()
        code = main(words)
        said = capsys.readouterr()
        return code, said.out + said.err

    return command


@pytest.fixture
def home(environment: dict[str, str]) -> LocalHome:
    return local_home(read(environment))


@pytest.fixture
def working(home: LocalHome) -> Order:
    """Far from the market, at the paper exchange."""
    now = home.desk.clock.now()
    intent = replace(STAGED.intent, price=STAGED.intent.instrument.tick_size * 20_000)
    order = replace(STAGED, intent=intent, staged_at=now, send_by=now + 120)
    commit_order(home.store, order, {"event": "staged"})
    send_order(home.desk, home.desk.store.order(order.key))
    reconcile(home.desk, order.account_id)
    return home.store.order(order.key)


def whys(home: LocalHome) -> list[str]:
    bodies = [json.loads(link.body) for link in home.store.chain("paper:main")]
    return [each["why"] for each in bodies if each.get("event") == "cancel wanted"]


def test_a_cancel_from_the_terminal_is_a_wish_with_its_reason(
    home: LocalHome, working: Order, run: Run
) -> None:
    code, said = run("cancel", working.key[:6], "--why", "wrong side", "--yes")

    assert code == 0
    assert "BUY 100 NSE:INFY" in said
    assert home.store.order(working.key).cancel_wanted
    assert whys(home) == ["wrong side"]


def test_without_somebody_to_ask_nothing_is_cancelled(
    home: LocalHome, working: Order, run: Run
) -> None:
    code, said = run("cancel", "all")

    assert code == 1
    assert "add --yes" in said
    assert not home.store.order(working.key).cancel_wanted


def test_what_cannot_fill_any_more_is_not_cancelled(
    home: LocalHome, working: Order, run: Run
) -> None:
    run("cancel", "INFY", "--yes")

    assert run("cancel", "INFY", "--yes") == (
        1,
        "Nothing to cancel: none of these can still fill.\n",
    )


def test_a_change_from_the_terminal_is_a_wish(home: LocalHome, working: Order, run: Run) -> None:
    code, said = run("modify", working.key[:6], "qty", "50", "@", "1001", "--yes")

    assert (code, "becomes 50 LIMIT @ 1001" in said) == (0, True)
    wanted = home.store.order(working.key).replace_wanted
    assert wanted is not None
    assert (wanted.quantity, wanted.price) == (50, 1001)


def test_the_list_says_why_an_order_did_not_go_through(home: LocalHome, run: Run) -> None:
    now = home.desk.clock.now()
    denied = replace(move(replace(STAGED, staged_at=now), State.DENIED), text="the switch is on")
    commit_order(home.store, replace(denied, code=Code.RISK_DENIED), {"event": "denied"})

    assert json.loads(run("orders", "--json")[1]) == []
    [row] = json.loads(run("orders", "--json", "--all")[1])

    assert row["status"] == "REJECTED"
    assert (row["code"], row["words"]) == ("RISK_DENIED", "the switch is on")
    assert row["next_step"] == NEXT_STEP[Code.RISK_DENIED]
    assert "RISK_DENIED: the switch is on" in run("orders", "--all")[1]


def test_an_order_at_the_broker_has_no_fault(home: LocalHome, working: Order, run: Run) -> None:
    [row] = json.loads(run("orders", "--json")[1])

    assert (row["client_order_id"], row["code"], row["next_step"]) == (working.key, "", "")
