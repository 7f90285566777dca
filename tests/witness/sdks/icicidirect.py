"""
breeze-connect: login, place, list, change, cancel.

It fetches the list of instruments while it is imported, from an address in a module of its own
that it imports as `config`; so that one is loaded and pointed here before.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from witness.sdks import apart as apart
from witness.sdks import fence as fence


def client(url: str) -> Any:
    """The SDK's class, which knows no address but this one."""
    package = find_spec("breeze_connect")
    assert package
    assert package.submodule_search_locations
    sys.path.insert(0, next(iter(package.submodule_search_locations)))
    config: Any = import_module("config")
    sys.path.pop(0)
    config.API_URL = f"{url}/breezeapi/api/v1/"
    config.SECURITY_MASTER_URL = f"{url}/SecurityMaster.zip"
    from breeze_connect.breeze_connect import BreezeConnect

    return BreezeConnect


def main() -> None:
    told = json.load(sys.stdin)
    breeze = client(told["url"])(told["api_key"])
    breeze.generate_session(told["api_secret"], told["apisession"])
    placed = breeze.place_order(**told["order"])["Success"]
    order_id = placed["order_id"]

    def listed() -> Any:
        [row] = breeze.get_order_list("NSE", told["from"], told["to"])["Success"]
        return row

    rows = [listed()]
    breeze.modify_order(order_id=order_id, **told["change"])
    rows.append(listed())
    breeze.cancel_order("NSE", order_id)
    rows.append(listed())
    names = ("order_id", "user_remark", "status", "quantity", "price")
    seen = [{name: row[name] for name in names} for row in rows]
    print(json.dumps({"user": breeze.user_id, "order_id": order_id, "seen": seen}))


main()
