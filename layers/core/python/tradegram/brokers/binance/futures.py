"""
USD-M perpetual futures.

An account of its own at the desk, though keys and login may be the same: its money, its limits
and its troubles are not those of spot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tradegram.brokers.adapter import Call, Steps, known, whole_list
from tradegram.brokers.binance.dialect import (
    RECEIVE_WINDOW,
    SIDES,
    STATUSES,
    VALIDITIES,
    again,
    seconds,
    some,
)
from tradegram.brokers.binance.market import Market
from tradegram.brokers.contract import Ability, Identity, Login, Profile
from tradegram.brokers.days import day_began
from tradegram.brokers.digits import money
from tradegram.brokers.keys import Keys
from tradegram.model import (
    ExecutionReport,
    Fill,
    Funds,
    Holding,
    OrderIntent,
    OrderType,
    Position,
    Product,
    Side,
    Terms,
)

PROFILE = Profile(
    name="binancefutures",
    title="Binance Futures",
    identity=Identity.LOOKUP,
    tag_length=36,
    orders_per_second=20,
    listing_lag=90.0,
    receive_window=RECEIVE_WINDOW / 1000 + 10.0,
    order_types=frozenset(OrderType),
    products=frozenset({Product.CARRY_FORWARD}),
    times_in_force=frozenset(VALIDITIES),
    plain_market=True,
    source="https://developers.binance.com/docs/derivatives/usds-margined-futures",
    squares_off=False,
    login=Login.KEYS,
    hosts={
        "api": "https://fapi.binance.com",
        "testnet": "https://testnet.binancefuture.com",
        "demo": "https://demo-fapi.binance.com",
        "stream": "wss://fstream.binance.com",
        "testnet_stream": "wss://stream.binancefuture.com",
        "demo_stream": "wss://fstream.binancefuture.com",
    },
    can=frozenset({Ability.QUOTES, Ability.CANDLES, Ability.STREAM, Ability.LOOK_UP}),
    unattended=True,
    replaces_stops=False,
    reads_per_second=10.0,
)

ORDER_TYPES = {OrderType.MARKET: "MARKET", OrderType.LIMIT: "LIMIT"}
MOST_TRADES = 1000  # of one request
MOST_SYMBOLS = 40
BALANCE, POSITIONS = "/fapi/v3/balance", "/fapi/v3/positionRisk"


class Futures(Market, Keys):
    """Orders that are no stops, and the account; see `stops` for those."""

    profile = PROFILE
    PREFIX, EXCHANGE = "/fapi/v1", "BINANCEFUT"
    WHO = (BALANCE, "accountAlias")

    def place_plain(self, intent: OrderIntent) -> Call[str]:
        asked = self.request(
            "POST",
            "order",
            **self.ordered(intent, ORDER_TYPES),
            newClientOrderId=intent.wire_id,
            newOrderRespType="RESULT",
        )
        return Call(asked, order_id)

    def replace(self, intent: OrderIntent, broker_order_id: str, wanted: Terms) -> Call[None]:
        asked = self.request(
            "PUT",
            "order",
            symbol=intent.instrument.symbol,
            orderId=broker_order_id.rpartition("-")[2],
            side=SIDES[intent.side],
            quantity=wanted.quantity,
            price=wanted.price,
        )
        return Call(asked, taken)

    def report(self, row: Mapping[str, Any]) -> ExecutionReport:
        return ExecutionReport(
            broker_order_id=order_id(row),
            client_order_id=row["clientOrderId"],
            status=STATUSES[row["status"]],
            quantity=money(row["origQty"]),
            cum_quantity=money(row["executedQty"]),
            average_price=money(row["avgPrice"]),
            reported_at=seconds(row["updateTime"]),
            terms=Terms(money(row["origQty"]), some(row["price"]), some(row["stopPrice"])),
            instrument=f"{self.EXCHANGE}:{row['symbol']}",
            side=row["side"],
        )

    # -- the account -------------------------------------------------------------------------------

    def trades(self) -> Steps[Sequence[Fill]]:
        """Of the desk's day. They are listed by symbol; the account's income names those."""
        since = day_began((yield self.broker_time()))
        rows = yield from self._income("COMMISSION", since)
        fills: list[Fill] = []
        for symbol in sorted({row["symbol"] for row in rows})[:MOST_SYMBOLS]:
            asked = self.request(
                "GET", "userTrades", symbol=symbol, startTime=int(since * 1000), limit=MOST_TRADES
            )
            made = yield from again(Call(asked, whole_list))
            fills += [self._fill(row) for row in made]
        return sorted(fills, key=lambda fill: fill.at)

    def positions(self, account_id: str) -> Steps[Sequence[Position]]:
        since = day_began((yield self.broker_time()))
        closed = yield from self._income("REALIZED_PNL", since)
        rows = yield from again(Call(self.request("GET", POSITIONS), whole_list))
        made: dict[str, Decimal] = {}
        for row in closed:
            made[row["symbol"]] = made.get(row["symbol"], Decimal(0)) + money(row["income"])
        found = [
            self._position(account_id, row, made.pop(row["symbol"], Decimal(0))) for row in rows
        ]
        flat = [self._flat(account_id, symbol, earned) for symbol, earned in made.items()]
        return [one for one in found if one.quantity or one.realised] + flat

    def holdings(self, account_id: str) -> Steps[Sequence[Holding]]:
        """Futures are positions."""
        return known([])

    def funds(self, account_id: str) -> Steps[Sequence[Funds]]:
        rows = yield from again(Call(self.request("GET", BALANCE), whole_list))
        found = {"USDT": Funds(account_id, "USDT", Decimal(0), Decimal(0), Decimal(0))}
        for row in rows:
            whole, free = money(row["balance"]), money(row["availableBalance"])
            if whole or free:
                # What is free may be more than the balance, while open positions gain.
                used = max(whole - free, Decimal(0))
                found[row["asset"]] = Funds(account_id, row["asset"], free + used, free, used)
        return list(found.values())

    # -- parts -------------------------------------------------------------------------------------

    def tickers(self, symbols: Sequence[str]) -> Steps[Sequence[Mapping[str, Any]]]:
        """Asked one by one: the answer for all of them is heavy, and lists of some it has not."""
        found: list[Mapping[str, Any]] = []
        for symbol in symbols:
            row = yield Call(self.request("GET", "ticker/24hr", symbol=symbol), dict)
            touch = yield Call(self.request("GET", "ticker/bookTicker", symbol=symbol), dict)
            found.append({**touch, **row})
        return found

    def _income(self, kind: str, since: float) -> Steps[Sequence[Mapping[str, Any]]]:
        asked = self.request(
            "GET", "income", incomeType=kind, startTime=int(since * 1000), limit=MOST_TRADES
        )
        rows: Sequence[Mapping[str, Any]] = yield from again(Call(asked, whole_list))
        return rows

    def _fill(self, row: Mapping[str, Any]) -> Fill:
        instrument = self.instrument(row["symbol"])
        paid = money(row["commission"])
        return Fill(
            trade_id=f"{row['symbol']}-{row['id']}",
            broker_order_id=order_id(row),
            client_order_id="",
            instrument=instrument,
            side=Side(row["side"]),
            product=Product.CARRY_FORWARD,
            quantity=money(row["qty"]),
            price=money(row["price"]),
            at=seconds(row["time"]),
            charges=paid if row["commissionAsset"] == instrument.currency else Decimal(0),
        )

    def _position(self, account_id: str, row: Mapping[str, Any], earned: Decimal) -> Position:
        return Position(
            account_id=account_id,
            instrument=self.instrument(row["symbol"]),
            product=Product.CARRY_FORWARD,
            quantity=money(row["positionAmt"]),
            average_price=money(row["entryPrice"]),
            last_price=some(row["markPrice"]),
            realised=earned,
            unrealised=money(row["unRealizedProfit"]),
        )

    def _flat(self, account_id: str, symbol: str, earned: Decimal) -> Position:
        zero = Decimal(0)
        one = self.instrument(symbol)
        return Position(account_id, one, Product.CARRY_FORWARD, zero, zero, None, earned, zero)


def order_id(row: Mapping[str, Any]) -> str:
    """Numbers repeat from symbol to symbol. `order` is later in the alphabet than `algo`."""
    return f"{row['symbol']}-order-{int(row['orderId'])}"


def taken(row: Any) -> None:
    order_id(row)
