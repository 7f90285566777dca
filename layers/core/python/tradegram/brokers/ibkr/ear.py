"""
What TWS says, sorted as it arrives: answers to the requests they belong to, news to the orders.

It has the names that ib_async's decoder calls. Everything here happens on the connection's loop.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING, Any

from tradegram.brokers.ibkr import words
from tradegram.brokers.ibkr.rows import (
    ContractRow,
    OrderRow,
    PositionRow,
    StatusRow,
    Ticks,
    amount,
    contract_row,
    details_row,
    execution_row,
    margin_row,
    number,
    order_row,
)

if TYPE_CHECKING:
    from decimal import Decimal

    from ib_async.contract import Contract, ContractDescription, ContractDetails
    from ib_async.objects import BarData, CommissionReport, Execution
    from ib_async.order import Order, OrderState

# Requests that TWS answers without a number: one of each at a time.
OPEN, COMPLETED, POSITIONS, ACCOUNT, TIME = "open", "completed", "positions", "account", "time"
Key = int | str

MOST_KEPT = 20_000  # statuses, errors, commissions; a day has fewer
MOST_TORN = 50


@dataclass(slots=True)
class Asked:
    """A request under way and what came for it so far."""

    done: asyncio.Future[list[Any]]
    rows: list[Any] = field(default_factory=list)
    ticks: Ticks = field(default_factory=Ticks)


@dataclass(slots=True)
class Heard:
    """What was said of one order since somebody began to listen. news: set with each word."""

    row: OrderRow | None = None
    status: StatusRow | None = None
    errors: list[tuple[int, str]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    is_cut: bool = False


class RequestFailed(Exception):
    """TWS answered a request with an error."""

    def __init__(self, number: int, text: str) -> None:
        super().__init__(text)
        self.number, self.text = number, text


class _Zone:
    """Where the decoder looks for the zone of times that name none: newer versions send UTC."""

    TimezoneTWS = "UTC"


class Ear:
    """client: whose orders' news are kept. busy: called when somebody else has that client id."""

    ib = _Zone()
    defaultTimezone = UTC

    def __init__(self, client: int, busy: Callable[[], None]) -> None:
        self.accounts: tuple[str, ...] = ()
        self.is_link_lost = False
        self.asked: dict[Key, Asked] = {}
        self.orders: dict[int, Heard] = {}
        self.statuses: dict[int, StatusRow] = {}
        self.wrong: dict[int, tuple[int, str]] = {}
        self.commissions: dict[str, Decimal] = {}
        self.refused: set[str] = set()
        self.torn: deque[str] = deque(maxlen=MOST_TORN)
        self.torn_so_far = 0
        self._client = client
        self._busy = busy

    def ask(self, key: Key) -> Asked:
        """Whoever asks takes it away again."""
        asked = Asked(asyncio.get_running_loop().create_future())
        self.asked[key] = asked
        return asked

    def listen(self, order_id: int) -> Heard:
        """To what is said of an order from now on."""
        heard = self.orders[order_id] = Heard()
        return heard

    def cut(self) -> None:
        """The connection is gone: nothing more comes."""
        for asked in self.asked.values():
            if not asked.done.done():
                asked.done.set_exception(ConnectionError("the connection to TWS ended"))
        for heard in self.orders.values():
            heard.is_cut = True
            heard.news.set()

    def unread(self, kind: int, fields: list[str]) -> None:
        """A message that nobody can read must not pass for one that never came."""
        self.torn.append(f"message {kind} of {len(fields)} fields: {' '.join(fields[1:4])}")
        self.torn_so_far += 1

    def torn_since(self, before: int) -> tuple[str, ...]:
        """What could not be read since `torn_so_far` was that."""
        new = self.torn_so_far - before
        return tuple(self.torn)[-new:] if new else ()

    # -- the connection ----------------------------------------------------------------------------

    def connectAck(self) -> None:
        """Nothing to do: the client starts the API itself."""

    def setEventsDone(self) -> None:
        """The client's word for: nobody need wait any more."""
        self.cut()

    def connectionClosed(self) -> None:
        self.cut()

    def currentTime(self, seconds: int) -> None:
        self._end(TIME)

    def managedAccounts(self, accounts: str) -> None:
        self.accounts = tuple(one for one in accounts.split(",") if one)

    def error(self, number: int, code: int, text: str, more: str) -> None:
        if code == words.BUSY:
            return self._busy()
        if code in words.LINK_LOST:
            self.is_link_lost = True
        elif code in words.LINK_BACK:
            self.is_link_lost = False
        if asked := self.asked.get(number):
            if not asked.done.done() and not _is_remark(code):
                asked.done.set_exception(RequestFailed(code, text))
        elif number in self.orders or code in words.REFUSALS:
            self._of_order(number, code, text)
        return None

    def _of_order(self, number: int, code: int, text: str) -> None:
        if code in words.REFUSALS:
            _keep(self.wrong, number, (code, text))
        if heard := self.orders.get(number):
            heard.errors.append((code, text))
            heard.news.set()

    # -- orders ------------------------------------------------------------------------------------

    def openOrder(self, order_id: int, contract: Contract, order: Order, state: OrderState) -> None:
        if order.whatIf:
            margin = margin_row(state)
            return self._end(order_id, margin) if margin is not None else None
        row = order_row(contract, order, state, is_completed=False)
        if asked := self.asked.get(OPEN):
            asked.rows.append(row)
        if row.client == self._client and (heard := self.orders.get(order_id)):
            heard.row = row
            heard.news.set()
        return None

    def orderStatus(
        self, order_id: int, status: str, filled: float, remaining: float, average: float,
        perm_id: int, parent_id: int, last: float, client: int, why_held: str, cap: float = 0.0,
    ) -> None:  # fmt: skip
        row = StatusRow(client, order_id, perm_id, status, amount(filled), amount(average))
        if perm_id:
            _keep(self.statuses, perm_id, row)
        if client == self._client and (heard := self.orders.get(order_id)):
            heard.status = row
            heard.news.set()

    def openOrderEnd(self) -> None:
        self._end(OPEN)

    def completedOrder(self, contract: Contract, order: Order, state: OrderState) -> None:
        self._add(COMPLETED, order_row(contract, order, state, is_completed=True))

    def completedOrdersEnd(self) -> None:
        self._end(COMPLETED)

    def execDetails(self, number: int, contract: Contract, done: Execution) -> None:
        self._add(number, execution_row(contract, done))

    def execDetailsEnd(self, number: int) -> None:
        self._end(number)

    def commissionReport(self, report: CommissionReport) -> None:
        _keep(self.commissions, report.execId, amount(report.commission))

    # -- the account -------------------------------------------------------------------------------

    def position(self, account: str, contract: Contract, quantity: float, cost: float) -> None:
        row = PositionRow(account, contract_row(contract), amount(quantity), amount(cost))
        self._add(POSITIONS, row)

    def positionEnd(self) -> None:
        self._end(POSITIONS)

    def updateAccountValue(self, tag: str, value: str, currency: str, account: str) -> None:
        self._add(ACCOUNT, (tag, value, currency, account))

    def updatePortfolio(
        self, contract: Contract, quantity: float, last: float, value: float, cost: float,
        unrealised: float, realised: float, account: str,
    ) -> None:  # fmt: skip
        row = PositionRow(
            account, contract_row(contract), amount(quantity), amount(cost), number(last) or None,
            number(realised),
        )  # fmt: skip
        self._add(ACCOUNT, row)

    def accountDownloadEnd(self, account: str) -> None:
        self._end(ACCOUNT)

    # -- the market --------------------------------------------------------------------------------

    def contractDetails(self, number: int, details: ContractDetails) -> None:
        self._add(number, details_row(details))

    def contractDetailsEnd(self, number: int) -> None:
        self._end(number)

    def symbolSamples(self, number: int, found: list[ContractDescription]) -> None:
        rows: list[ContractRow] = [contract_row(one.contract) for one in found if one.contract]
        self._end(number, *rows)

    def securityDefinitionOptionParameter(
        self, number: int, exchange: str, con_id: int, trading_class: str, multiplier: str,
        expiries: list[str], strikes: list[float],
    ) -> None:  # fmt: skip
        self._add(number, (exchange, expiries, [amount(one) for one in strikes]))

    def securityDefinitionOptionParameterEnd(self, number: int) -> None:
        self._end(number)

    def historicalData(self, number: int, bar: BarData) -> None:
        self._add(number, bar)

    def historicalDataEnd(self, number: int, first: str, last: str) -> None:
        self._end(number)

    def priceSizeTick(self, number_: int, kind: int, price: float, size: float) -> None:
        if asked := self.asked.get(number_):
            asked.ticks.prices[kind] = amount(price)
            if size:
                asked.ticks.sizes[kind] = amount(size)

    def tickSize(self, number_: int, kind: int, size: float) -> None:
        if asked := self.asked.get(number_):
            asked.ticks.sizes[kind] = amount(size)

    def tickString(self, number_: int, kind: int, text: str) -> None:
        if kind in (45, 88) and text.isdecimal() and (asked := self.asked.get(number_)):
            asked.ticks.traded_at = float(text)

    def tickOptionComputation(
        self, number_: int, kind: int, attribute: int, iv: float, delta: float, price: float,
        dividend: float, gamma: float, vega: float, theta: float, under: float,
    ) -> None:  # fmt: skip
        asked = self.asked.get(number_)
        if asked is None or kind not in (13, 83):  # TWS's own model, live or delayed
            return
        # -1 and -2 stand for what is not computed; of theta and delta they may be true.
        sure = (iv if iv > 0 else None, delta if abs(delta) <= 1 else None)
        rest = (gamma if gamma >= 0 else None, theta if theta != -2 else None,
                vega if vega >= 0 else None)  # fmt: skip
        asked.ticks.greeks = tuple(number(one) for one in (*sure, *rest))

    def tickSnapshotEnd(self, number_: int) -> None:
        self._end(number_)

    # -- parts -------------------------------------------------------------------------------------

    def _add(self, key: Key, row: Any) -> None:
        if asked := self.asked.get(key):
            asked.rows.append(row)

    def _end(self, key: Key, *rows: Any) -> None:
        if asked := self.asked.get(key):
            asked.rows.extend(rows)
            if not asked.done.done():
                asked.done.set_result(asked.rows)


def _is_remark(code: int) -> bool:
    return 2100 <= code < 2200 or code in (399, 404, 492, 10167)


def _keep(where: dict[Any, Any], key: Any, value: Any) -> None:
    if len(where) >= MOST_KEPT:
        where.clear()
    where[key] = value
