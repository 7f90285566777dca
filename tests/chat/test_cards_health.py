from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from chat.trading_floor import Floor, floor

from tradegram.brokers.breaker import FAILURES
from tradegram.brokers.contract import Broker, Gated
from tradegram.brokers.guarded import Guards
from tradegram.brokers.registry import PAPER, Registry
from tradegram.chat.cards.health import in_words
from tradegram.errors import OutcomeUnknown
from tradegram.model import Account
from tradegram.pager import StorePager


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Floor]:
    with floor(tmp_path) as made:
        registry = made.desk.brokers
        assert isinstance(registry, Registry)
        guards = Guards(made.store, made.clock, StorePager(made.store, made.clock).owed)
        registry = Registry(made.store, registry.makers, guards.around)
        made.desk = replace(made.desk, brokers=registry)
        yield made


def test_status_shows_how_the_broker_and_the_desk_do(guarded: Floor) -> None:
    guarded.press(guarded.one("buy RELIANCE 10"), "Confirm")
    guarded.clock.pass_(0.25)
    guarded.work()

    text = guarded.one("/status").text

    assert "orders pass · answers in 0 ms · no errors · book read just now" in text
    assert "our own part 250 ms" in text


def test_status_says_that_a_broker_does_not_answer(guarded: Floor) -> None:
    class Silent:
        def __init__(self, inner: Broker) -> None:
            self.profile = inner.profile

        def order_book(self) -> None:
            raise OutcomeUnknown("paper", "ReadTimeout <b>")

    registry = guarded.desk.brokers
    assert isinstance(registry, Registry)
    inner = registry.broker(PAPER.account_id)
    guards = Guards(guarded.store, guarded.clock, StorePager(guarded.store, guarded.clock).owed)

    def silent(account: Account, broker: Broker) -> Broker:
        return guards.around(account, Silent(inner))  # type: ignore[arg-type]

    guarded.desk = replace(guarded.desk, brokers=Registry(guarded.store, registry.makers, silent))
    broker = guarded.desk.brokers.broker(PAPER.account_id)
    assert isinstance(broker, Gated)
    for _ in range(FAILURES["read"]):
        with pytest.raises(OutcomeUnknown):
            broker.order_book()

    text = guarded.one("/status").text

    assert "⛔ Paper does not answer (ReadTimeout &lt;b&gt;): new orders wait" in text
    assert "⚠ 5 of 5 calls failed in 15 min" in text
    assert "book not read yet" in text


def test_seconds_are_said_as_people_read_them() -> None:
    assert [in_words(each) for each in (-0.1, 0.0124, 1.44)] == ["0 ms", "12 ms", "1.4 s"]
