"""
Programs that were written for two other desks, with the examples of those desks' own pages.

System E: /api/brokers/accounts. System A: /api/orders.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api.programs import Program, new_key, program

OPENED = {
    "broker": "paper",
    "clientId": "DEMO123",
    "apiKey": "your_api_key",
    "apiSecret": "your_secret",
    "password": "your_password",
    "totpSecret": "totp_secret",
}
PLACED = {
    "symbol": "NIFTY",
    "exchange": "NSE",
    "transactionType": "BUY",
    "orderType": "MARKET",
    "quantity": 10,
    "price": 250.50,
    "triggerPrice": 245.00,
    "product": "MIS",
    "validity": "DAY",
}
ETF = PLACED | {"symbol": "NIFTYBEES"}  # what can be bought of that index by ten
ORDERS = "/api/brokers/accounts/1/orders"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Program]:
    with program(tmp_path) as made:
        yield made


def first(desk: Program) -> dict[str, Any]:
    order: dict[str, Any] = desk.asks("POST", ORDERS, ETF).json["order"]
    desk.floor.work()
    return order


# -- system E, its nine requests -----------------------------------------------------------------


def test_1_add_an_account(desk: Program) -> None:
    said = desk.asks("POST", "/api/brokers/accounts", OPENED)

    assert (said.status, said.json["success"]) == (201, True)
    account = said.json["account"]
    assert (account["id"], account["broker"], account["isActive"]) == (2, "paper", True)
    assert account["clientId"] == "demo123"
    assert desk.asks("POST", "/api/brokers/accounts", OPENED).json["account"] == account
    assert account["balance"] == account["marginAvailable"] + account["marginUsed"] > 0
    assert "your_" not in str(said.json)


def test_2_list_the_accounts(desk: Program) -> None:
    said = desk.asks("GET", "/api/brokers/accounts", query={"userId": "default_user"})

    assert [one["id"] for one in said.json["accounts"]] == [1]
    assert {"broker", "clientId", "isActive", "marginAvailable"} <= set(said.json["accounts"][0])


def test_an_accounts_number_is_its_own_for_ever(desk: Program) -> None:
    for name in ("zoe", "abe", "main2"):
        desk.asks("POST", "/api/brokers/accounts", {"broker": "paper", "clientId": name})
    listed = desk.asks("GET", "/api/brokers/accounts").json["accounts"]

    assert {one["name"]: one["id"] for one in listed} == {"main": 1, "zoe": 2, "abe": 3, "main2": 4}
    assert desk.asks("GET", "/api/brokers/accounts/3").json["account"]["name"] == "abe"
    assert desk.asks("GET", "/api/brokers/accounts/9").status == 404
    assert desk.asks("GET", f"/api/brokers/accounts/{'9' * 40}").status == 404


def test_3_place_an_order(desk: Program) -> None:
    index = desk.asks("POST", ORDERS, PLACED)
    said = desk.asks("POST", ORDERS, ETF)

    # The example buys the index itself, which nobody can; it is said what can be bought.
    assert (index.status, index.json["success"]) == (422, False)
    assert "is an index and cannot be bought" in index.json["error"]["message"]
    assert said.status == 201
    order = said.json["order"]
    assert (order["status"], order["filledQuantity"], order["quantity"]) == ("PENDING", 0, 10)
    for name in ("broker", "symbol", "exchange", "transactionType", "orderType"):
        assert order[name] == (ETF | {"broker": "paper"})[name]


def test_4_list_the_orders(desk: Program) -> None:
    placed = first(desk)
    [order] = desk.asks("GET", ORDERS).json["orders"]

    assert order["orderId"] == placed["orderId"]
    assert (order["status"], order["filledQuantity"], order["price"]) == ("COMPLETE", 10, 0)
    assert order["averagePrice"] > 0
    assert order["orderTime"] == "2026-11-20T04:30:00.000Z"


def test_5_one_order(desk: Program) -> None:
    placed = first(desk)

    assert desk.asks("GET", f"{ORDERS}/{placed['orderId']}").json["order"]["status"] == "COMPLETE"


def test_6_cancel_an_order(desk: Program) -> None:
    limit = ETF | {"orderType": "LIMIT"}
    order = desk.asks("POST", ORDERS, limit | {"price": 240}).json["order"]["orderId"]
    desk.floor.work()
    said = desk.asks("DELETE", f"{ORDERS}/{order}")
    desk.floor.work()

    assert (said.status, said.json["success"]) == (200, True)
    assert "cancel" in said.json["message"]
    assert desk.asks("GET", f"{ORDERS}/{order}").json["order"]["status"] == "CANCELLED"


def test_7_positions(desk: Program) -> None:
    first(desk)
    desk.floor.clock.pass_(60)
    [one] = desk.asks("GET", "/api/brokers/accounts/1/positions").json["positions"]

    assert (one["symbol"], one["quantity"], one["product"]) == ("NIFTYBEES", 10, "MIS")
    assert one["pnl"] == pytest.approx((one["currentPrice"] - one["averagePrice"]) * 10)
    assert one["pnlPercent"] == pytest.approx(one["pnl"] / one["averagePrice"] * 10, abs=0.01)


def test_8_margins(desk: Program) -> None:
    before = desk.asks("GET", "/api/brokers/accounts/1/margins").json["margins"]
    first(desk)
    after = desk.asks("GET", "/api/brokers/accounts/1/margins").json["margins"]

    assert (before["available"], before["used"]) == (1_000_000, 0)
    assert after["used"] > 0


def test_9_sync_with_a_session_that_watches(desk: Program) -> None:
    first(desk)
    mirrored = desk.asks("POST", "/api/brokers/accounts/1/sync/7")
    watched = desk.asks("POST", "/api/brokers/accounts/1/sync/7", {"stopLossPercent": 2})
    again = desk.asks("POST", "/api/brokers/accounts/1/sync/7")

    assert mirrored.json["success"] is True
    assert mirrored.json["message"].startswith("Positions synced successfully")
    assert [one["watched"] for one in mirrored.json["positions"]] == [False]
    [one] = watched.json["positions"]
    assert one["watched"]
    assert one["stopLoss"] == pytest.approx(one["averagePrice"] * 0.98, abs=0.01)
    assert again.json["positions"] == watched.json["positions"]
    assert "sl" in desk.floor.one("/brackets").text.casefold()


def test_a_synced_session_exits_at_its_levels(desk: Program) -> None:
    first(desk)
    near = {"stopLossPercent": 0.02, "targetPercent": 0.02}
    desk.asks("POST", "/api/brokers/accounts/1/sync/7", near)
    for _ in range(40):
        desk.floor.clock.pass_(20)
        desk.floor.work()
    left = desk.asks("GET", "/api/brokers/accounts/1/positions").json["positions"]

    assert [one["quantity"] for one in left] == [0]


def test_errors_have_one_shape_whatever_they_are(desk: Program) -> None:
    for said in (
        desk.asks("GET", "/api/nothing"),
        desk.asks("PUT", ORDERS),
        desk.asks("POST", ORDERS, {}),
        desk.asks("POST", ORDERS, ETF | {"quantity": 0}),
        desk.asks("POST", ORDERS, ETF | {"quantity": "NaN"}),
        desk.asks("POST", ORDERS, ETF | {"orderType": "LMT"}),
        desk.asks("POST", ORDERS, ETF | {"exchange": "MOON"}),
        desk.asks("POST", ORDERS, ETF | {"orderType": "LIMIT", "price": 240.003}),
        desk.asks("POST", ORDERS, ETF | {"quantity": 5_000_000}),
        desk.asks("GET", f"{ORDERS}/unknown"),
        desk.asks("GET", ORDERS, key=""),
        desk.asks("GET", ORDERS, query={"cursor": "yesterday"}),
        desk.asks("GET", ORDERS, query={"limit": "0"}),
        desk.asks("GET", ORDERS, query={"page": "2"}),
    ):
        assert said.status >= 400
        assert set(said.json) == {"success", "error"}
        assert said.json["success"] is False
        assert set(said.json["error"]) == {"code", "message", "hint"}
        assert all(said.json["error"].values()), said.json


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"symbol": "RELIAANCE"}, "INVALID_SYMBOL"),
        ({"orderType": "LIMIT", "price": None}, "INVALID_ORDER"),
        ({"orderType": "SL", "triggerPrice": None}, "INVALID_ORDER"),
        ({"orderType": "LIMIT", "price": 240.003}, "INVALID_ORDER"),
        ({"quantity": 0.5}, "INVALID_ORDER"),
        ({"quantity": 5_000_000}, "RISK_DENIED"),
        ({"quantity": -1}, "INVALID_REQUEST"),
        ({"side": "BUY"}, "INVALID_REQUEST"),
    ],
)
def test_the_code_says_what_kind_of_error_it_is(
    desk: Program, changes: dict[str, Any], code: str
) -> None:
    assert desk.asks("POST", ORDERS, ETF | changes).json["error"]["code"] == code


# -- system A ------------------------------------------------------------------------------------


def test_an_order_with_target_and_stop_is_bracketed(desk: Program) -> None:
    wanted = {"symbol": "INFY", "side": "BUY", "qty": 10, "order_type": "MARKET",
              "TP": 1600, "SL": 1400}  # fmt: skip
    said = desk.asks("POST", "/api/orders", wanted)
    desk.floor.work()

    assert said.status == 201
    assert said.json["order"]["exchange"] == "NSE"
    shown = desk.floor.one("/brackets").text
    assert "1,400" in shown
    assert "1,600" in shown


def test_an_order_is_changed_and_cancelled_by_its_id(desk: Program) -> None:
    wanted = {"symbol": "INFY", "side": "BUY", "qty": 10, "order_type": "LIMIT", "price": 1450}
    order = desk.asks("POST", "/api/orders", wanted).json["order"]["orderId"]
    early = desk.asks("PATCH", f"/api/orders/{order}", {"new_params": {"qty": 5}})
    desk.floor.work()
    changed = desk.asks("PATCH", f"/api/orders/{order}", {"new_params": {"qty": 5, "price": 1451}})
    desk.floor.work()
    found = desk.asks("GET", f"/api/orders/{order}").json["order"]
    desk.asks("DELETE", f"/api/orders/{order}")
    desk.floor.work()

    assert early.status == 422  # it is not at the broker yet
    assert changed.status == 200
    assert (found["quantity"], found["price"]) == (5, 1451)
    assert desk.asks("GET", f"/api/orders/{order}").json["order"]["state"] == "CANCELLED"


def test_a_change_is_held_to_the_limits(desk: Program) -> None:
    wanted = {"symbol": "INFY", "side": "BUY", "qty": 10, "order_type": "LIMIT", "price": 1450}
    order = desk.asks("POST", "/api/orders", wanted).json["order"]["orderId"]
    desk.floor.work()
    more = desk.asks("PATCH", f"/api/orders/{order}", {"new_params": {"qty": 50_000}})
    desk.floor.one("/kill")
    killed = desk.asks("PATCH", f"/api/orders/{order}", {"new_params": {"qty": 11}})
    desk.floor.work()

    for said in (more, killed):
        assert (said.status, said.json["error"]["code"]) == (422, "RISK_DENIED")
    assert desk.asks("GET", f"/api/orders/{order}").json["order"]["quantity"] == 10
    assert desk.asks("DELETE", f"/api/orders/{order}").status == 200  # cancels still pass


def test_pages_follow_each_other_and_end(desk: Program) -> None:
    desk.floor.one("/risk duplicate_window 0")
    for quantity in range(1, 8):
        wanted = ETF | {"orderType": "LIMIT", "price": 240, "quantity": quantity}
        assert desk.asks("POST", ORDERS, wanted).status == 201
        desk.floor.clock.pass_(1)
    sizes: list[int] = []
    query = {"limit": "3"}
    for _ in range(5):
        page = desk.asks("GET", "/api/orders", query=query).json
        sizes += [one["quantity"] for one in page["orders"]]
        if "nextCursor" not in page:
            break
        query = {"limit": "3", "cursor": page["nextCursor"]}

    assert sizes == [7, 6, 5, 4, 3, 2, 1]


def test_without_a_key_that_sends_alone_the_holder_confirms_in_chat(desk: Program) -> None:
    asks = new_key(desk.floor, name="asks", alone=False)
    said = desk.asks("POST", ORDERS, ETF, key=asks)

    assert said.status == 202
    assert said.json["ticket"]["state"] == "OPEN"
    assert "confirms it" in said.json["message"]
    assert desk.asks("GET", ORDERS).json["orders"] == []

    [card] = desk.told()
    assert "Asked for by a program of yours" in card.text
    desk.floor.press(card, "Confirm")
    desk.floor.work()
    ticket = desk.asks("GET", f"/api/tickets/{said.json['ticket']['ticketId']}").json["ticket"]
    assert ticket["state"] == "CONFIRMED"
    assert [one["status"] for one in ticket["orders"]] == ["COMPLETE"]


def test_a_change_by_such_a_key_is_confirmed_in_chat_too(desk: Program) -> None:
    asks = new_key(desk.floor, name="asks", alone=False)
    limit = ETF | {"orderType": "LIMIT", "price": 240}
    order = desk.asks("POST", ORDERS, limit).json["order"]["orderId"]
    desk.floor.work()
    desk.told()
    wanted = {"new_params": {"qty": 4}}
    said = desk.asks("PATCH", f"{ORDERS}/{order}", wanted, key=asks, once="a")
    again = desk.asks("PATCH", f"{ORDERS}/{order}", wanted, key=asks, once="a")
    [card] = desk.told()

    assert (said.status, again.status) == (202, 202)
    assert "program of yours" in card.text
    desk.floor.press(card, "Change to")
    desk.floor.work()
    assert desk.asks("GET", f"{ORDERS}/{order}").json["order"]["quantity"] == 4


def test_a_question_that_nobody_saw_in_time_says_so(desk: Program) -> None:
    asks = new_key(desk.floor, name="asks", alone=False)
    limit = ETF | {"orderType": "LIMIT", "price": 240}
    order = desk.asks("POST", ORDERS, limit).json["order"]["orderId"]
    desk.floor.work()
    desk.told()
    desk.asks("PATCH", f"{ORDERS}/{order}", {"new_params": {"qty": 4}}, key=asks)
    desk.floor.clock.pass_(601)

    assert "too long ago" in desk.told()[0].text
