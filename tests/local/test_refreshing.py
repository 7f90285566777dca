"""The process fetches lists by itself, goes on after a fault, and stops at once."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from tradegram.errors import StoreUnavailable
from tradegram.instruments import sample
from tradegram.local.refreshing import Refreshing


@dataclass
class Looks:
    """Fails the first time; says when it was asked."""

    asked: threading.Event = field(default_factory=threading.Event)
    fails: bool = True

    def look(self) -> Sequence[str]:
        self.asked.set()
        if self.fails:
            self.fails = False
            raise StoreUnavailable("away")
        return ["zerodha"]


def test_it_looks_at_the_start_and_stops_when_told() -> None:
    looks, news = Looks(fails=False), threading.Event()
    refreshing = Refreshing(looks, sample.load(), news.set)  # type: ignore[arg-type]

    refreshing.start()

    assert looks.asked.wait(30)
    assert news.wait(30)
    refreshing.stop()
    assert not [one for one in threading.enumerate() if one.name == "refreshing"]


def test_a_fault_does_not_end_it() -> None:
    looks = Looks()
    refreshing = Refreshing(looks, sample.load(), lambda: None)  # type: ignore[arg-type]

    refreshing.start()

    assert looks.asked.wait(30)
    assert [one for one in threading.enumerate() if one.name == "refreshing"]
    refreshing.stop()
