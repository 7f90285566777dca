"""smartapi-python against the simulated Angel One, and its requests beside ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import pytest
from conformance.cases.angelone import AngelOneCase
from witness.compare import differences
from witness.runner import run

from tradegram.brokers.client import HttpBroker, connection
from tradegram.model import OrderIntent, Terms
from tradegram.sims.wire import Asked, served

HEADERS = {
    "header x-clientpublicip": "neither is looked at; the client always says 106.193.147.98",
    "header x-macaddress": "not looked at; the client says this machine's own",
}
# Part of a request, and why ours is different there. What is not here must be the same.
REASONS: Mapping[str, str] = {
    "book query {}": "the client sends an empty object as the query of its reads",
    "change body price": "we write what was asked, 1499.90; the client was told 1499.9",
}
WANTED = Terms(Decimal(90), Decimal("1499.90"))


@dataclass
class Seen:
    """What the client said, and every request of both. intent: the order that both placed."""

    said: Mapping[str, object]
    theirs: list[Asked]
    ours: list[Asked]
    intent: OrderIntent
    case: AngelOneCase


@pytest.fixture(scope="module")
def seen() -> Seen:
    case = AngelOneCase()
    intent = case.intent()
    key, _, pin = case.credentials.values()
    token = case.sim.token(case.sim.stock.rows[0])
    named = {"tradingsymbol": "INFY-EQ", "symboltoken": token, "exchange": "NSE"}
    usual = {
        "variety": "NORMAL",
        "ordertype": "LIMIT",
        "producttype": "DELIVERY",
        "duration": "DAY",
    }
    order = {
        **usual, **named, "transactiontype": "BUY", "price": "1499.95", "triggerprice": "0",
        "squareoff": "0", "stoploss": "0", "quantity": "100", "ordertag": intent.wire_id,
    }  # fmt: skip
    change = {**usual, **named, "price": "1499.9", "triggerprice": "0", "quantity": "90"}
    with served(case.wire) as url:
        told = {
            "url": url, "api_key": key, "client": case.user, "pin": pin,
            "totp": case.given()["totp"], "order": order, "change": change,
        }  # fmt: skip
        said = run("angelone", told)
        theirs = list(case.wire.arrived)
        case.floor.entries.clear()
        case.wire.arrived.clear()
        case.sim.sessions.clear()
        case.sim.made = 0  # so that both logins get the same token
        ours = _ours(case, url, intent)
    return Seen(said, theirs, ours, intent, case)


def _ours(case: AngelOneCase, url: str, intent: OrderIntent) -> list[Asked]:
    """The same, by our adapter, over a real connection to the same place."""
    case.broker()
    case.sim.made = 0
    session, hosts = case.log_in(), {"api": url, "instruments": url}
    with connection() as http:
        broker = HttpBroker(case.adapter, http, case.clock, session, hosts)
        order_id = broker.place(intent, not_after=case.clock.monotonic() + 5)
        broker.order_book()
        broker.replace(intent, order_id, WANTED)
        broker.cancel(intent, order_id)
    return list(case.wire.arrived)


def test_the_client_logs_in_places_finds_changes_and_cancels(seen: Seen) -> None:
    said, tag = seen.said, seen.intent.wire_id
    order_id = said["order_id"]

    assert said["user"] == seen.case.user
    assert said["refused"] == "Login Id or password is invalid"
    assert said["seen"] == [
        {"orderid": order_id, "ordertag": tag, "status": status, "quantity": quantity,
         "price": price}
        for status, quantity, price in (
            ("open", "100", 1499.95), ("open", "90", 1499.9), ("cancelled", "90", 1499.9),
        )
    ]  # fmt: skip


def test_the_client_writes_a_refused_login_into_a_file_and_so_it_never_serves_us(
    seen: Seen,
) -> None:
    assert seen.said["writes_the_code_down"] is True


STEPS = ("loginByPassword", "placeOrder", "getOrderBook", "modifyOrder", "cancelOrder")
NAMES = dict(zip(STEPS, ("login", "place", "book", "change", "cancel"), strict=True))


@pytest.mark.parametrize("end", STEPS)
def test_our_request_is_the_clients_but_for_what_has_a_reason(seen: Seen, end: str) -> None:
    ours, theirs = (
        [one for one in some if one.path.endswith(end)][-1] for some in (seen.ours, seen.theirs)
    )
    found = differences(ours, theirs, {"261120000000002": "261120000000001"})
    different = {f"{NAMES[end]} {part}": both for part, both in found.items()}
    reasons = {
        **REASONS,
        **{f"{NAMES[end]} {part}": why for part, why in HEADERS.items()},
    }

    assert {part: both for part, both in different.items() if part not in reasons} == {}
    assert {part for part in reasons if part.startswith(f"{NAMES[end]} ")} <= set(different)
