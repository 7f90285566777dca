"""
A simulated Angel One: SmartAPI's dialect over the exchange floor.

What its documents leave open stays open here too: nothing is refused for a rule that nobody has
seen. Most numbers are strings; what is empty is null.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tradegram.brokers.angelone.instruments import FILE
from tradegram.sims.angelone.account import Account
from tradegram.sims.angelone.door import No
from tradegram.sims.angelone.orders import Orders
from tradegram.sims.angelone.rules import Rules
from tradegram.sims.wire import Asked, Said, said

__all__ = ["AngelOneSim"]


class AngelOneSim(Orders, Account, Rules):
    """Implements wire.Dialect. What can be set is said in `door.Door`."""

    def answer(self, asked: Asked) -> Said:
        what = asked.path.rpartition("/")[2]
        if asked.path == FILE:
            return said(self.scrips())
        if what not in ANSWERS:
            return _refused(No("AG8004", "no such path", 404))
        try:
            with self.floor.lock:
                self.check(asked, what)
                self.floor.look()
                self.look_at_rules()
                data = ANSWERS[what](self, asked)
        except No as no:
            return _refused(no)
        except OverflowError:
            return Said(403, b"Access denied because of exceeding access rate", "text/plain")
        return said({"status": True, "message": "SUCCESS", "errorcode": "", "data": data})


def _refused(no: No) -> Said:
    """The gateway and what lies behind it say it in two shapes."""
    if no.code.startswith("AG"):
        gateway = {"success": False, "message": no.words, "errorCode": no.code, "data": ""}
        return said(gateway, no.status)
    return said({"status": False, "message": no.words, "errorcode": no.code, "data": None})


ANSWERS: Mapping[str, Callable[[AngelOneSim, Asked], Any]] = {
    "loginByPassword": AngelOneSim.log_in,
    "logout": AngelOneSim.log_out,
    "getProfile": AngelOneSim.profile,
    "placeOrder": AngelOneSim.place,
    "modifyOrder": AngelOneSim.modify,
    "cancelOrder": AngelOneSim.cancel,
    "getOrderBook": AngelOneSim.book,
    "getTradeBook": AngelOneSim.trades,
    "getPosition": AngelOneSim.positions,
    "getAllHolding": AngelOneSim.holdings,
    "getRMS": AngelOneSim.money,
    "batch": AngelOneSim.margin,
    "quote": AngelOneSim.quote,
    "getCandleData": AngelOneSim.candles,
    "optionGreek": AngelOneSim.greeks,
    "createRule": AngelOneSim.create_rule,
    "cancelRule": AngelOneSim.cancel_rule,
    "ruleList": AngelOneSim.list_rules,
}
