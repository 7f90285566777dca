"""breeze-connect against the simulated ICICI Direct, and its requests beside ours."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from conformance.cases.icicidirect import IciciDirectCase
from witness.compare import differences
from witness.sides import Seen, explained, seen_by, trade

from tradegram.brokers.indian import moment
from tradegram.clock import SystemClock
from tradegram.sims.wire import Asked, served

# In every signed request: it is signed over its own moment.
SIGNED = {"header x-timestamp": "of its own moment", "header x-checksum": "of its own moment"}
# Part of a request, and why ours is different there. What is not here must be the same.
REASONS: Mapping[str, str] = {
    "change body price": "we write what was asked, 1499.90; the client was told 1499.9",
}


@pytest.fixture(scope="module")
def seen() -> Seen:
    case = IciciDirectCase()
    case.clock.seconds = SystemClock().now()  # the client signs its own time
    today = moment(case.clock.now()).date().isoformat()
    intent = case.intent()
    key, secret = case.credentials.values()
    order = {
        "stock_code": "INFTEC", "exchange_code": "NSE", "product": "cash", "action": "buy",
        "order_type": "limit", "quantity": "100", "price": "1499.95", "validity": "day",
        "user_remark": intent.wire_id,
    }  # fmt: skip
    change = {
        "exchange_code": "NSE", "order_type": "limit", "stoploss": "", "quantity": "90",
        "price": "1499.9", "validity": "day", "disclosed_quantity": "", "validity_date": "",
    }  # fmt: skip
    with served(case.wire) as url:
        told = {
            "url": url, "api_key": key, "api_secret": secret, "order": order, "change": change,
            "apisession": case.given()["apisession"], "from": f"{today}T00:00:00.000Z",
            "to": f"{today}T23:59:59.000Z",
        }  # fmt: skip

        def ours() -> None:
            case.sim.made = 0  # so that both logins get the same session
            trade(case, {"api": f"{url}/breezeapi/api/v1"}, intent)

        return seen_by("icicidirect", case, told, intent, ours)


def test_the_client_logs_in_places_finds_changes_and_cancels(seen: Seen) -> None:
    said, tag = seen.said, seen.intent.wire_id
    order_id = said["order_id"]

    assert said["user"] == seen.user
    assert said["seen"] == [
        {"order_id": order_id, "user_remark": tag, "status": status, "quantity": quantity,
         "price": price}
        for status, quantity, price in (
            ("Ordered", "100", "1499.95"), ("Ordered", "90", "1499.90"),
            ("Cancelled", "90", "1499.90"),
        )
    ]  # fmt: skip


def order_id_of(asked: Asked) -> str:
    return str(asked.json.get("order_id", "")) if asked.content else ""


STEPS = {
    "login": ("GET", "/customerdetails"),
    "place": ("POST", "/order"),
    "book": ("GET", "/order"),
    "change": ("PUT", "/order"),
    "cancel": ("DELETE", "/order"),
}


@pytest.mark.parametrize("step", STEPS)
def test_our_request_is_the_clients_but_for_what_has_a_reason(seen: Seen, step: str) -> None:
    method, path = STEPS[step]
    ours, theirs = (
        next(
            one
            for one in some
            if one.method == method
            and one.path.endswith(path)
            and "breezeapi" in one.path
            and (step != "book" or one.json["exchange_code"] == "NSE")
        )
        for some in (seen.ours, seen.theirs)
    )
    alike = {order_id_of(ours): order_id_of(theirs)} if order_id_of(ours) else {}
    often = {} if step == "login" else SIGNED
    explained(step, differences(ours, theirs, alike), REASONS, often)
