"""
Stops of USD-M futures: since December 2025 they wait at an endpoint of their own.

One that triggers makes an order with an id of its own, under a name that is not ours. Our order is
then that one: its id is later in the alphabet, so it is the one we keep (see `orders.state.fold`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tradegram.brokers.adapter import Call, Steps, whole_list
from tradegram.brokers.binance.dialect import NO_SUCH_ORDER, again, readable, seconds, some
from tradegram.brokers.binance.futures import Futures, order_id, taken
from tradegram.brokers.contract import Book, together
from tradegram.brokers.digits import money
from tradegram.brokers.refusals import if_any
from tradegram.errors import Refused
from tradegram.model import ExecutionReport, OrderIntent, OrderType, ReportStatus, Terms

STOP_TYPES = {OrderType.STOP: "STOP_MARKET", OrderType.STOP_LIMIT: "STOP"}
STATUSES = {
    "NEW": ReportStatus.NEW,
    "TRIGGERING": ReportStatus.NEW,
    "TRIGGERED": ReportStatus.NEW,
    "CANCELED": ReportStatus.CANCELLED,
    "REJECTED": ReportStatus.REJECTED,
    "EXPIRED": ReportStatus.EXPIRED,
}
HANGS = 5.0  # seconds after which a stop that triggers should have made its order
NO_ORDER = ("", "0")


class Stops(Futures):
    def place(self, intent: OrderIntent) -> Call[str]:
        if intent.order_type not in STOP_TYPES:
            return self.place_plain(intent)
        asked = self.request(
            "POST",
            "algoOrder",
            **self.ordered(intent, STOP_TYPES),
            algoType="CONDITIONAL",
            triggerPrice=intent.trigger,
            workingType="CONTRACT_PRICE",
            clientAlgoId=intent.wire_id,
        )
        return Call(asked, _algo_id)

    def cancel(self, intent: OrderIntent, broker_order_id: str) -> Call[None]:
        symbol, at = intent.instrument.symbol, broker_order_id.rpartition("-")[2]
        if "-algo-" in broker_order_id:
            asked = self.request("DELETE", "algoOrder", algoId=at)
            return Call(asked, _ended)
        return Call(self.request("DELETE", "order", symbol=symbol, orderId=at), taken)

    def order_book(self) -> Steps[Book]:
        """What works; Binance lists what ended by symbol only, so that is looked up."""
        plain = yield from again(Call(self.request("GET", "openOrders"), whole_list))
        stops = yield from again(Call(self.request("GET", "openAlgoOrders"), whole_list))
        now = (yield self.broker_time()) if _any_triggers(stops) else 0.0
        books = [readable(plain, self.report, order_id)]
        for row in stops:
            books.append((yield from self._stop(row, now)))
        return _one_row_each(together(*books))

    def look_up(self, intents: Sequence[OrderIntent]) -> Steps[Book]:
        found: list[Book] = []
        for intent in intents:
            name = f"{intent.instrument.symbol} {intent.wire_id}"
            found.append((yield from if_any(self._looked_up(intent), name, NO_SUCH_ORDER)))
        return together(*found)

    def _looked_up(self, intent: OrderIntent) -> Steps[Book]:
        symbol, name = intent.instrument.symbol, intent.wire_id
        if intent.order_type not in STOP_TYPES:
            asked = self.request("GET", "order", symbol=symbol, origClientOrderId=name)
            row = yield from again(Call(asked, dict))
            return readable([row], self.report, order_id)
        row = yield from again(Call(self.request("GET", "algoOrder", clientAlgoId=name), dict))
        now = (yield self.broker_time()) if _any_triggers([row]) else 0.0
        return (yield from self._stop(row, now))

    def _stop(self, row: Mapping[str, Any], now: float) -> Steps[Book]:
        """now: by the broker's clock, where one of them triggers."""
        try:
            child = str(row.get("actualOrderId") or "")
            if child not in NO_ORDER:
                return (yield from self._triggered(row, child))
            report = self._waiting(row)
            hangs = row["algoStatus"] == "TRIGGERING" and now - seconds(row["updateTime"]) > HANGS
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            return Book((), [f"{_algo_id(row)}: {error!r}"])
        return Book([report], warnings=[_hanging(row)] if hangs else ())

    def _triggered(self, row: Mapping[str, Any], child: str) -> Steps[Book]:
        """The order it became, under our name of the stop."""
        asked = self.request("GET", "order", symbol=row["symbol"], orderId=child)
        try:
            made = yield from again(Call(asked, self.report))
        except Refused as error:
            if error.code != NO_SUCH_ORDER:
                raise
            waiting = self._waiting({**row, "algoStatus": "TRIGGERED"})
            named = order_id({"symbol": row["symbol"], "orderId": child})
            return Book([replace(waiting, broker_order_id=named)])
        terms = replace(made.terms or _terms(row), trigger=some(row["triggerPrice"]))
        return Book([replace(made, client_order_id=row["clientAlgoId"], terms=terms)])

    def _waiting(self, row: Mapping[str, Any]) -> ExecutionReport:
        return ExecutionReport(
            broker_order_id=_algo_id(row),
            client_order_id=row["clientAlgoId"],
            status=STATUSES[row["algoStatus"]],
            quantity=money(row["quantity"]),
            cum_quantity=money(0),
            average_price=money(0),
            reported_at=seconds(row["updateTime"]),
            terms=_terms(row),
            instrument=f"{self.EXCHANGE}:{row['symbol']}",
            side=row["side"],
        )


def _algo_id(row: Mapping[str, Any]) -> str:
    return f"{row['symbol']}-algo-{int(row['algoId'])}"


def _ended(row: Mapping[str, Any]) -> None:
    int(row["algoId"])


def _terms(row: Mapping[str, Any]) -> Terms:
    return Terms(money(row["quantity"]), some(row["price"]), some(row["triggerPrice"]))


def _any_triggers(rows: Sequence[Mapping[str, Any]]) -> bool:
    return any(row.get("algoStatus") == "TRIGGERING" for row in rows)


def _hanging(row: Mapping[str, Any]) -> str:
    return (
        f"The stop of {row['side']} {row['quantity']} {row['symbol']} at Binance Futures has been "
        f"triggering for more than {HANGS:.0f} seconds and has made no order: what it should "
        "protect is not protected. Look in the broker's own app."
    )


def _one_row_each(book: Book) -> Book:
    """A triggered stop's order is listed under a name of the broker's too; ours is kept."""
    rows = {row.broker_order_id: row for row in book.reports}
    return replace(book, reports=list(rows.values()))
