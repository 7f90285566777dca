"""alpaca-py against the simulated Alpaca, and its requests beside ours."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from decimal import Decimal

import pytest
from conformance.cases.alpaca import AlpacaCase
from witness.compare import differences
from witness.sides import Seen, explained, seen_by

from tradegram.brokers.client import HttpBroker
from tradegram.brokers.proxies import connection
from tradegram.model import Terms
from tradegram.sims.wire import Asked, served

# By request and part, why ours is different there. What is not here must be the same.
REASONS: Mapping[str, str] = {
    "place body qty": "we write digits as text, as the documents do; the client a number",
    "place body limit_price": "the same",
    "change body limit_price": "the same",
    "book query direction": "we ask for the newest first, as is usual; the client does not say",
}


@pytest.fixture(scope="module")
def seen() -> Seen:
    case = AlpacaCase()
    case.user = case.sim.account
    case.broker()
    intent = case.intent()
    key, secret = case.credentials.values()
    order = {
        "symbol": "AAPL", "qty": 100, "side": "buy", "time_in_force": "day",
        "limit_price": 181.25, "client_order_id": intent.wire_id,
    }  # fmt: skip
    with served(case.wire) as url:
        told = {"url": url, "key": key, "secret": secret, "order": order, "change": 181.2}

        def ours() -> None:
            assert case._session
            with closing(connection()) as http:
                hosts = {"api": url, "data": url}
                broker = HttpBroker(case.adapter, http, case.clock, case._session, hosts)
                order_id = broker.place(intent, not_after=case.clock.monotonic() + 5)
                broker.order_book()
                broker.look_up([intent])
                broker.replace(intent, order_id, Terms(Decimal(100), Decimal("181.20")))
                [row] = broker.order_book().reports
                broker.cancel(intent, row.broker_order_id)

        return seen_by("alpaca", case, told, intent, ours)


def test_the_client_logs_in_places_finds_replaces_and_cancels(seen: Seen) -> None:
    row = {"name": seen.intent.wire_id, "status": "new", "qty": "100", "price": "181.25"}

    assert (seen.said["user"], seen.said["refused"]) == (seen.user, 401)
    assert seen.said["seen"] == [row, row]
    assert seen.said["ended"] == ["canceled", "replaced"]
    assert seen.said["new_id"] != seen.said["order_id"]


def test_the_broker_takes_no_name_twice_from_the_client_either(seen: Seen) -> None:
    assert "client_order_id must be unique" in seen.said["again"]


STEPS = {
    "place": ("POST", "/v2/orders", ""),
    "book": ("GET", "/v2/orders", "all"),
    "find": ("GET", "/v2/orders:by_client_order_id", ""),
    "change": ("PATCH", "", ""),
    "cancel": ("DELETE", "", ""),
}


@pytest.mark.parametrize("step", STEPS)
def test_our_request_is_the_clients_but_for_what_has_a_reason(seen: Seen, step: str) -> None:
    ours, theirs = (_asked(some, *STEPS[step]) for some in (seen.ours, seen.theirs))
    found = dict(differences(ours, theirs))
    if step in ("change", "cancel"):  # ids of orders, each with its own
        (mine, other) = found.pop("path")
        assert mine.rpartition("/")[0] == other.rpartition("/")[0] == "/v2/orders"
    explained(step, found, REASONS)


def _asked(some: list[Asked], method: str, path: str, status: str) -> Asked:
    return next(
        one
        for one in some
        if one.method == method
        and (not path or one.path == path)
        and (not status or one.query.get("status") == status)
    )
