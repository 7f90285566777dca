"""What a worker does for an order that changes while it is at work on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from loopback.kite import Kite
from orders.desks import KiteDesk

from tradegram.connection import Answer
from tradegram.orders.attend import attend
from tradegram.orders.cancel import want_cancel
from tradegram.orders.state import Order
from tradegram.sims.wire import Asked


@dataclass
class KiteWhile(Kite):
    """Something happens here while an order is on its way there."""

    meanwhile: Callable[[], object] = lambda: None

    def answer(self, request: Asked) -> Answer:
        if request.method == "POST":
            self.meanwhile()
        return super().answer(request)


def test_a_cancel_that_was_wished_for_on_the_way_is_asked_for_by_the_same_worker(
    desk: KiteDesk, staged: Order
) -> None:
    kite = KiteWhile()
    kite.meanwhile = lambda: want_cancel(desk, staged.key, user_id=7, why="tapped Cancel")
    desk.brokers.kite = desk.kite = kite

    order = attend(desk, staged.key)

    assert order.cancel_wanted
    assert [each.method for each in kite.requests] == ["POST", "DELETE"]
