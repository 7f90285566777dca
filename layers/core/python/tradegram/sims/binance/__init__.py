"""Binance as it behaves from outside, over one floor: spot, or USD-M perpetuals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tradegram.sims.binance import account, keys, market, orders
from tradegram.sims.binance.state import Exchange, No
from tradegram.sims.wire import Asked, Said, said

__all__ = ["BinanceSim", "Exchange"]

Answer = Callable[[Exchange, Mapping[str, str]], Any]

# Path below /api/v3, or /fapi/v1 (and v3 where futures have a newer one).
PUBLIC: Mapping[str, Answer] = {
    "ping": lambda sim, asked: {},
    "time": market.clock,
    "exchangeInfo": market.rules,
    "ticker/24hr": market.day,
    "ticker/bookTicker": market.touch,
    "klines": market.candles,
}
SPOT: Mapping[tuple[str, str], Answer] = {
    ("POST", "order"): orders.place,
    ("POST", "order/test"): lambda sim, asked: {},
    ("PUT", "order/amend/keepPriority"): orders.amend,
    ("DELETE", "order"): orders.cancel,
    ("GET", "order"): orders.one,
    ("GET", "openOrders"): orders.working,
    ("GET", "allOrders"): orders.every,
    ("GET", "myTrades"): orders.trades,
    ("GET", "account"): account.spot,
}
FUTURES: Mapping[tuple[str, str], Answer] = {
    ("POST", "order"): orders.place,
    ("PUT", "order"): orders.modify,
    ("DELETE", "order"): orders.cancel,
    ("GET", "order"): orders.one,
    ("GET", "openOrders"): orders.working,
    ("GET", "allOrders"): orders.every,
    ("GET", "userTrades"): orders.trades,
    ("POST", "algoOrder"): orders.place_algo,
    ("DELETE", "algoOrder"): orders.cancel_algo,
    ("GET", "algoOrder"): orders.one_algo,
    ("GET", "openAlgoOrders"): orders.working_algos,
    ("GET", "income"): account.income,
    ("GET", "balance"): account.balance,
    ("GET", "positionRisk"): account.positions,
}
KEYED: Mapping[tuple[str, str], Answer] = {
    ("POST", "listenKey"): keys.begin,
    ("PUT", "listenKey"): keys.extend,
    ("DELETE", "listenKey"): keys.end,
}


class BinanceSim(Exchange):
    """Implements wire.Dialect."""

    def answer(self, asked: Asked) -> Said:
        with self.floor.lock:
            try:
                return said(self._answer(asked))
            except No as no:
                wait = {"Retry-After": str(no.wait)} if no.wait else {}
                return said({"code": no.code, "msg": no.words}, no.status, wait)

    def _answer(self, asked: Asked) -> Any:
        door, _, path = asked.path.lstrip("/").partition("/")
        call = path.partition("/")[2]
        if door != ("api" if self.is_spot else "fapi"):
            raise No(0, "Path not found", 404)
        if call in PUBLIC:
            return PUBLIC[call](self, asked.query)
        if not self.is_spot and (asked.method, call) in KEYED:
            self.known(asked)
            return KEYED[asked.method, call](self, asked.query)
        table = SPOT if self.is_spot else FUTURES
        if (asked.method, call) not in table:
            raise No(0, "Path not found", 404)
        words = self.checked(asked)
        self.count(asked)
        self.floor.look()
        return table[asked.method, call](self, words)
