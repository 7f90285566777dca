"""What a worker does for an order that changes while it is at work on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import httpx
from loopback.kite import Kite
from orders.desks import KiteDesk

from tradegram.orders.attend import attend
from tradegram.orders.cancel import want_cancel
from tradegram.orders.state import Order


@dataclass
class KiteWhile(Kite):
    """Something happens here while an order is on its way there."""

    meanwhile: Callable[[], object] = lambda: None

    def client(self) -> httpx.Client:
        inner = super().client()

        def answer(request: httpx.Request) -> httpx.Response:
            if request.method == "POST":
                self.meanwhile()
            return inner.send(request)

        return httpx.Client(transport=httpx.MockTransport(answer))


def test_a_cancel_that_was_wished_for_on_the_way_is_asked_for_by_the_same_worker(
    desk: KiteDesk, staged: Order
) -> None:
    kite = KiteWhile()
    kite.meanwhile = lambda: want_cancel(desk, staged.key, user_id=7, why="tapped Cancel")
    desk.brokers.kite = desk.kite = kite

    order = attend(desk, staged.key)

    assert order.cancel_wanted
    assert [each.method for each in kite.requests] == ["POST", "DELETE"]
