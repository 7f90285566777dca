"""python-binance, spot and futures: place, book, change, cancel. Made so that it does not ping."""

from __future__ import annotations

import json
import sys
from typing import Any

from witness.sdks import fence as fence

from binance.client import Client  # isort: skip - after the fence
from binance.exceptions import BinanceAPIException  # isort: skip


def main() -> None:
    told = json.load(sys.stdin)
    client = Client(told["api_key"], told["api_secret"], ping=False)
    client.API_URL, client.FUTURES_URL = f"{told['url']}/api", f"{told['url']}/fapi"
    said = spot(client, told) if told["market"] == "spot" else futures(client, told)
    print(json.dumps(said))


def spot(client: Client, told: dict[str, Any]) -> dict[str, Any]:
    wrong = Client(told["api_key"], "wrong", ping=False)
    wrong.API_URL = client.API_URL
    try:
        wrong.get_account()
        refused = 0
    except BinanceAPIException as error:
        refused = error.code
    order = client.create_order(**told["order"])
    [open_] = client.get_open_orders()
    by_name = client.get_order(
        symbol=open_["symbol"], origClientOrderId=told["order"]["newClientOrderId"]
    )
    client.cancel_order(symbol=open_["symbol"], orderId=order["orderId"])
    unnamed = {key: one for key, one in told["order"].items() if key != "newClientOrderId"}
    named = client.create_order(**unnamed)["clientOrderId"]
    return {
        "refused": refused,
        "order_id": order["orderId"],
        "seen": [_row(open_), _row(by_name)],
        "names_it_itself": named,
    }


def futures(client: Client, told: dict[str, Any]) -> dict[str, Any]:
    order = client.futures_create_order(**told["order"])
    [open_] = client.futures_get_open_orders()
    client.futures_modify_order(orderId=order["orderId"], **told["change"])
    [changed] = client.futures_get_open_orders()
    client.futures_cancel_order(symbol=open_["symbol"], orderId=order["orderId"])
    stop = client.futures_create_order(**told["stop"])
    return {
        "order_id": order["orderId"],
        "seen": [_row(open_), _row(changed)],
        "stop": {name: stop[name] for name in ("algoId", "clientAlgoId", "algoStatus")},
    }


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("clientOrderId", "status", "origQty", "price")}


main()
