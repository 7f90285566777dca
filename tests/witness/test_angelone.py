"""smartapi-python against the simulated Angel One, and its requests beside ours."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from conformance.cases.angelone import AngelOneCase
from witness.compare import differences
from witness.sides import Seen, explained, seen_by, trade

from tradegram.sims.wire import served

HEADERS = {
    "header x-clientpublicip": "neither is looked at; the client always says 106.193.147.98",
    "header x-macaddress": "not looked at; the client says this machine's own",
}
# Part of a request, and why ours is different there. What is not here must be the same.
REASONS: Mapping[str, str] = {
    "book query {}": "the client sends an empty object as the query of its reads",
    "change body price": "we write what was asked, 1499.90; the client was told 1499.9",
}


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

        def ours() -> None:
            case.sim.sessions.clear()
            case.sim.made = 0  # so that both logins get the same token
            trade(case, {"api": url, "instruments": url}, intent)

        return seen_by("angelone", case, told, intent, ours)


def test_the_client_logs_in_places_finds_changes_and_cancels(seen: Seen) -> None:
    said, tag = seen.said, seen.intent.wire_id
    order_id = said["order_id"]

    assert said["user"] == seen.user
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
    step = NAMES[end]
    explained(step, found, {**REASONS, **{f"{step} {part}": why for part, why in HEADERS.items()}})
