"""
A simulated ICICI Direct: Breeze's dialect over the exchange floor.

The wording of most refusals has not been seen; those it says are the ones its own client knows.
Numbers are strings in some lists and numbers in others, as in the broker's own examples.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tradegram.sims.icicidirect import account, login, market, orders
from tradegram.sims.icicidirect.master import packed
from tradegram.sims.icicidirect.state import Breeze, No
from tradegram.sims.wire import Asked, Said, said

__all__ = ["Breeze", "IciciDirectSim"]

MASTER = "SecurityMaster.zip"
# By method and the end of the path.
Answers = Mapping[tuple[str, str], Callable[[Breeze, Asked], Any]]
SIGNED: Answers = {
    ("POST", "order"): orders.place,
    ("PUT", "order"): orders.change,
    ("DELETE", "order"): orders.cancel,
    ("GET", "order"): orders.listed,
    ("GET", "trades"): orders.trades,
    ("GET", "portfoliopositions"): account.positions,
    ("GET", "portfolioholdings"): account.portfolio,
    ("GET", "dematholdings"): account.holdings,
    ("GET", "funds"): account.funds,
    ("POST", "margincalculator"): account.margin,
    ("GET", "quotes"): market.quotes,
    ("GET", "optionchain"): market.chain,
}
# Signed otherwise, or not at all.
DOORS: Answers = {
    ("GET", "login"): login.page,
    ("GET", "customerdetails"): login.enter,
    ("GET", "historicalcharts"): market.candles,
}


class IciciDirectSim(Breeze):
    """Implements wire.Dialect."""

    def answer(self, asked: Asked) -> Said:
        end = asked.path.rpartition("/")[2]
        if end == MASTER:
            return Said(200, packed(self.stock.rows, self.code), "application/zip")
        with self.floor.lock:
            try:
                found = self._answer(asked, (asked.method, end))
            except No as no:
                return said({"Success": None, "Status": no.status, "Error": no.words})
        return found if isinstance(found, Said) else said(_done(found))

    def _answer(self, asked: Asked, what: tuple[str, str]) -> Any:
        self.count()
        if what in DOORS:
            return DOORS[what](self, asked)
        login.check(self, asked)
        if what not in SIGNED:
            raise No(404, "Resource not found")
        self.floor.look()
        return SIGNED[what](self, asked)


def _done(data: Any) -> dict[str, Any]:
    if data == []:
        return {"Success": None, "Status": 404, "Error": "No Data Found"}
    return {"Success": data, "Status": 200, "Error": None}
