"""alpaca-py: account, place, book, replace, cancel. It repeats what was answered by 429 or 504."""

from __future__ import annotations

import json
import sys
from typing import Any

from witness.sdks import fence as fence

from alpaca.common.exceptions import APIError  # isort: skip - after the fence
from alpaca.trading.client import TradingClient  # isort: skip
from alpaca.trading.enums import QueryOrderStatus  # isort: skip
from alpaca.trading.requests import (  # isort: skip
    GetOrdersRequest,
    LimitOrderRequest,
    ReplaceOrderRequest,
)


def main() -> None:
    told = json.load(sys.stdin)
    client = TradingClient(told["key"], told["secret"], paper=True, url_override=told["url"])
    wrong = TradingClient(told["key"], "wrong", paper=True, url_override=told["url"])
    try:
        wrong.get_account()
        refused = 0
    except APIError as error:
        refused = error.status_code
    account: Any = client.get_account()
    order: Any = client.submit_order(LimitOrderRequest(**told["order"]))
    again = _again(client, told["order"])
    all_ = GetOrdersRequest(status=QueryOrderStatus.ALL, limit=500)
    [open_] = client.get_orders(all_)
    by_name: Any = client.get_order_by_client_id(told["order"]["client_order_id"])
    wanted = ReplaceOrderRequest(limit_price=told["change"])
    new: Any = client.replace_order_by_id(order.id, wanted)
    client.cancel_order_by_id(new.id)
    rows: Any = client.get_orders(all_)
    said = {
        "user": account.account_number,
        "refused": refused,
        "again": again,
        "seen": [_row(open_), _row(by_name)],
        "ended": sorted(_row(row)["status"] for row in rows),
        "order_id": str(order.id),
        "new_id": str(new.id),
    }
    print(json.dumps(said))


def _again(client: TradingClient, order: dict[str, Any]) -> str:
    try:
        client.submit_order(LimitOrderRequest(**order))
    except APIError as error:
        return str(error.message)
    return ""


def _row(row: Any) -> dict[str, Any]:
    return {
        "name": row.client_order_id,
        "status": row.status.value,
        "qty": row.qty,
        "price": row.limit_price,
    }


main()
