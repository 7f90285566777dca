"""smartapi-python: login, place, book, change, cancel. It logs what it was told into files."""

from __future__ import annotations

import json
import sys

from witness.sdks import apart
from witness.sdks import fence as fence

from SmartApi.smartConnect import SmartConnect  # isort: skip - after the fence


def main() -> None:
    told = json.load(sys.stdin)
    angel = SmartConnect(told["api_key"], root=told["url"])
    refused = angel.generateSession(told["client"], "0000", told["totp"])
    logged = apart.written()
    session = angel.generateSession(told["client"], told["pin"], told["totp"])
    order_id = angel.placeOrder(told["order"])
    [placed] = angel.orderBook()["data"]
    angel.modifyOrder({**told["change"], "orderid": order_id})
    [changed] = angel.orderBook()["data"]
    angel.cancelOrder(order_id, told["order"]["variety"])
    [ended] = angel.orderBook()["data"]
    names = ("orderid", "ordertag", "status", "quantity", "price")
    seen = [{name: row[name] for name in names} for row in (placed, changed, ended)]
    said = {
        "user": session["data"]["clientcode"],
        "refused": refused["message"],
        "writes_the_code_down": told["totp"] in logged,
        "order_id": order_id,
        "seen": seen,
    }
    print(json.dumps(said))


main()
