"""What the account holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tradegram.brokers.adapter import Call, Request, Steps, known, step, whole_list
from tradegram.brokers.alpaca.dialect import Dialect, seconds, some, stamp
from tradegram.brokers.days import day_began
from tradegram.brokers.digits import money
from tradegram.brokers.netting import closed, mean, net, position
from tradegram.model import Fill, Funds, Holding, Position, Product, Side

Row = Mapping[str, Any]

MOST_ROWS, MOST_PAGES = 100, 50
SIDES = {"buy": Side.BUY, "sell": Side.SELL, "sell_short": Side.SELL}


class Account(Dialect):
    def trades(self) -> Steps[Sequence[Fill]]:
        """Of the desk's day, which begins long before the market opens in New York."""
        now = yield Call(Request("GET", "/v2/clock"), lambda row: seconds(row["timestamp"]))
        asked = {
            "after": stamp(day_began(now)),
            "direction": "asc",
            "page_size": str(MOST_ROWS),
        }
        rows: list[Row] = []
        for _ in range(MOST_PAGES):
            ask = Request("GET", "/v2/account/activities/FILL", query=asked)
            some_ = yield Call(ask, whole_list)
            rows += some_
            if len(some_) < MOST_ROWS:
                break
            asked = {**asked, "page_token": some_[-1]["id"]}
        return sorted((self._fill(row) for row in rows), key=lambda fill: fill.at)

    def positions(self, account_id: str) -> Steps[Sequence[Position]]:
        fills = yield from self.trades()
        rows = yield Call(Request("GET", "/v2/positions"), whole_list)
        by_key: dict[str, list[Fill]] = {}
        for fill in fills:
            by_key.setdefault(fill.instrument.key, []).append(fill)
        found = [self._position(account_id, row, by_key) for row in rows]
        open_ = {one.instrument.key for one in found}
        gone = [
            position(account_id, own[0].instrument, own[0].product, own, None)
            for key, own in by_key.items()
            if key not in open_ and not net(own)
        ]
        return found + gone

    def holdings(self, account_id: str) -> Steps[Sequence[Holding]]:
        """All that is held is a position, from whatever day."""
        return known([])

    def funds(self, account_id: str) -> Steps[Sequence[Funds]]:
        """Cash, without what the broker would lend."""

        def read(row: Row) -> Sequence[Funds]:
            cash = money(row["cash"])
            free = min(cash, money(row["buying_power"]))
            return [Funds(account_id, row["currency"], cash, free, cash - free)]

        return step(Call(Request("GET", "/v2/account"), read))

    def check(self) -> Steps[str]:
        return step(Call(Request("GET", "/v2/account"), lambda row: str(row["account_number"])))

    # -- parts -------------------------------------------------------------------------------------

    def _fill(self, row: Row) -> Fill:
        instrument = self.instrument(row["symbol"])
        return Fill(
            trade_id=row["id"],
            broker_order_id=row["order_id"],
            client_order_id="",
            instrument=instrument,
            side=SIDES[row["side"]],
            product=_held_as(instrument.kind.is_derivative),
            quantity=money(row["qty"]),
            price=money(row["price"]),
            at=seconds(row["transaction_time"]),
        )

    def _position(self, account_id: str, row: Row, today: Mapping[str, Sequence[Fill]]) -> Position:
        instrument = self.instrument(row["symbol"], row["asset_class"])
        average = money(row["avg_entry_price"])
        quantity = abs(money(row["qty"]))
        fills = today.get(instrument.key, ())
        return Position(
            account_id=account_id,
            instrument=instrument,
            product=_held_as(instrument.kind.is_derivative),
            quantity=-quantity if row["side"] == "short" else quantity,
            average_price=average,
            last_price=some(row["current_price"]),
            realised=closed(fills) + _from_before(fills, quantity, average),
            unrealised=some(row["unrealized_pl"]),
        )


def _held_as(derived: bool) -> Product:
    """The account decides; the desk's word follows from what it is."""
    return Product.CARRY_FORWARD if derived else Product.DELIVERY


def _from_before(fills: Sequence[Fill], left: Decimal, average: Decimal) -> Decimal:
    """Money made by sales of more than was bought today, from what was long before."""
    over = -net(fills)
    if over <= 0 or not left:
        return Decimal(0)
    made = mean([fill for fill in fills if fill.side is Side.SELL]) - average
    return over * made * fills[0].instrument.multiplier
