"""kiteconnect: login, place, book, change, cancel."""

from __future__ import annotations

import json
import sys

from witness.sdks import fence as fence

from kiteconnect import KiteConnect  # isort: skip - after the fence


def main() -> None:
    told = json.load(sys.stdin)
    kite = KiteConnect(told["api_key"], root=told["url"])
    session = kite.generate_session(told["request_token"], told["api_secret"])
    order_id = kite.place_order("regular", **told["order"])
    [placed] = kite.orders()
    kite.modify_order("regular", order_id, **told["change"])
    [changed] = kite.orders()
    kite.cancel_order("regular", order_id)
    [ended] = kite.orders()
    seen = [
        {name: row[name] for name in ("order_id", "tag", "status", "quantity", "price")}
        for row in (placed, changed, ended)
    ]
    print(json.dumps({"user": session["user_id"], "order_id": order_id, "seen": seen}))


main()
