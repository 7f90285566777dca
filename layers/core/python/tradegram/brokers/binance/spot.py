"""Spot: orders, and coins that lie in the wallet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tradegram.brokers.adapter import Call, Steps, whole_list
from tradegram.brokers.binance.dialect import (
    NO_SUCH_ORDER,
    RECEIVE_WINDOW,
    STATUSES,
    VALIDITIES,
    again,
    readable,
    seconds,
    some,
)
from tradegram.brokers.binance.market import Market
from tradegram.brokers.contract import (
    Ability,
    Book,
    Identity,
    Login,
    Profile,
    Replaceable,
    together,
)
from tradegram.brokers.days import day_began
from tradegram.brokers.digits import money
from tradegram.brokers.keys import Keys
from tradegram.brokers.netting import cost, net, position
from tradegram.brokers.refusals import if_any
from tradegram.model import (
    ExecutionReport,
    Fill,
    Funds,
    Holding,
    Instrument,
    OrderIntent,
    OrderType,
    Position,
    Product,
    Side,
    Terms,
)

ORDER_TYPES = {
    OrderType.MARKET: "MARKET",
    OrderType.LIMIT: "LIMIT",
    OrderType.STOP: "STOP_LOSS",
    OrderType.STOP_LIMIT: "STOP_LOSS_LIMIT",
}

PROFILE = Profile(
    name="binance",
    title="Binance",
    # The same id is taken again once its order has ended: it is looked up, never repeated.
    identity=Identity.LOOKUP,
    tag_length=36,
    orders_per_second=10,
    listing_lag=90.0,
    receive_window=RECEIVE_WINDOW / 1000 + 10.0,
    order_types=frozenset(ORDER_TYPES),
    products=frozenset({Product.DELIVERY}),
    times_in_force=frozenset(VALIDITIES),
    plain_market=True,
    source="https://developers.binance.com/docs/binance-spot-api-docs",
    squares_off=False,
    login=Login.KEYS,
    hosts={
        "api": "https://api.binance.com",
        "testnet": "https://testnet.binance.vision",
        "demo": "https://demo-api.binance.com",
        "stream": "wss://ws-api.binance.com/ws-api/v3",
        "testnet_stream": "wss://ws-api.testnet.binance.vision/ws-api/v3",
        "demo_stream": "wss://demo-ws-api.binance.com/ws-api/v3",
    },
    can=frozenset(
        {Ability.QUOTES, Ability.CANDLES, Ability.STREAM, Ability.LOOK_UP, Ability.BY_INSTRUMENT}
    ),
    unattended=True,
    # Another price would need a new order in place of this one; what fills between the two would
    # be traded twice.
    replaceable=frozenset({Replaceable.LESS}),
    replaces_stops=False,
    reads_per_second=10.0,
)

MOST_TRADES = 1000  # of one request
MOST_SYMBOLS = 40  # whose trades are asked for; more coins are shown without what they cost


class Spot(Market, Keys):
    profile = PROFILE
    PREFIX, EXCHANGE = "/api/v3", "BINANCE"
    WHO = ("account", "uid")

    # -- orders ------------------------------------------------------------------------------------

    def place(self, intent: OrderIntent) -> Call[str]:
        asked = self.request(
            "POST",
            "order",
            **self.ordered(intent, ORDER_TYPES),
            stopPrice=intent.trigger,
            newClientOrderId=intent.wire_id,
            newOrderRespType="RESULT",
        )
        return Call(asked, _order_id)

    def replace(self, intent: OrderIntent, broker_order_id: str, wanted: Terms) -> Call[None]:
        """The quantity down; its place in the queue is kept. Our name of it is given anew."""
        asked = self.request(
            "PUT",
            "order/amend/keepPriority",
            symbol=intent.instrument.symbol,
            orderId=number(broker_order_id),
            newQty=wanted.quantity,
            newClientOrderId=intent.wire_id,
        )
        return Call(asked, lambda row: _taken(row["amendedOrder"]))

    def cancel(self, intent: OrderIntent, broker_order_id: str) -> Call[None]:
        symbol, order = intent.instrument.symbol, number(broker_order_id)
        asked = self.request("DELETE", "order", symbol=symbol, orderId=order)
        return Call(asked, _taken)

    def order_book(self) -> Steps[Book]:
        """What works; Binance lists what ended by symbol only, so that is looked up."""
        rows = yield from again(Call(self.request("GET", "openOrders"), whole_list))
        return readable(rows, self.report, _order_id)

    def look_up(self, intents: Sequence[OrderIntent]) -> Steps[Book]:
        found: list[Book] = []
        for intent in intents:
            symbol, name = intent.instrument.symbol, intent.wire_id
            asked = self.request("GET", "order", symbol=symbol, origClientOrderId=name)
            one = again(Call(asked, self._alone))
            found.append((yield from if_any(one, f"{symbol} {name}", NO_SUCH_ORDER)))
        return together(*found)

    def _alone(self, row: Mapping[str, Any]) -> Book:
        return readable([row], self.report, _order_id)

    def report(self, row: Mapping[str, Any]) -> ExecutionReport:
        filled, spent = money(row["executedQty"]), money(row["cummulativeQuoteQty"])
        return ExecutionReport(
            broker_order_id=_order_id(row),
            client_order_id=row["clientOrderId"],
            status=STATUSES[row["status"]],
            quantity=money(row["origQty"]),
            cum_quantity=filled,
            # Of some old orders it says less than 0: it does not know.
            average_price=spent / filled if filled and spent > 0 else Decimal(0),
            reported_at=seconds(row["updateTime"]),
            terms=Terms(money(row["origQty"]), some(row["price"]), some(row["stopPrice"])),
            instrument=f"{self.EXCHANGE}:{row['symbol']}",
            side=row["side"],
        )

    # -- the account -------------------------------------------------------------------------------

    def trades(self) -> Steps[Sequence[Fill]]:
        """Of the desk's day, in what is held and what is ordered: there is no list of all."""
        since = day_began((yield self.broker_time()))
        rows = yield from self._account()
        orders = yield from self.order_book()
        held = [pair.symbol for asset, _ in _balances(rows) if (pair := self._pair(asset))]
        named = [report.instrument.partition(":")[2] for report in orders.reports]
        symbols = list(dict.fromkeys([*named, *held]))
        return (yield from self._since(since, symbols[:MOST_SYMBOLS]))

    def trades_in(self, instruments: Sequence[Instrument]) -> Steps[Sequence[Fill]]:
        since = day_began((yield self.broker_time()))
        symbols = [one.symbol for one in instruments if one.exchange == self.EXCHANGE]
        return (yield from self._since(since, symbols[:MOST_SYMBOLS]))

    def positions(self, account_id: str) -> Steps[Sequence[Position]]:
        """What today's trades come to; the rest lies in the wallet, see `holdings`."""
        fills = yield from self.trades()
        instruments = {fill.instrument.key: fill.instrument for fill in fills}
        last = yield from self._last(list(instruments.values()))
        return [
            position(
                account_id,
                one,
                Product.DELIVERY,
                [fill for fill in fills if fill.instrument.key == key],
                last.get(one.symbol),
            )
            for key, one in instruments.items()
        ]

    def holdings(self, account_id: str) -> Steps[Sequence[Holding]]:
        """Coins with a pair in dollars, less what was traded today; at what the last buys cost."""
        since = day_began((yield self.broker_time()))
        rows = yield from self._account()
        held = {pair: amount for asset, amount in _balances(rows) if (pair := self._pair(asset))}
        last = yield from self._last(list(held))
        found: list[Holding] = []
        for at, (pair, amount) in enumerate(held.items()):
            fills = (yield from self._trades(pair.symbol)) if at < MOST_SYMBOLS else []
            amount -= net([fill for fill in fills if fill.at >= since])
            if amount:
                paid = cost([fill for fill in fills if fill.at < since], amount)
                found.append(Holding(account_id, pair, amount, paid, last.get(pair.symbol)))
        return found

    def funds(self, account_id: str) -> Steps[Sequence[Funds]]:
        """The dollars, and whatever else has no price in them."""
        rows = yield from self._account()
        found = {"USDT": Funds(account_id, "USDT", Decimal(0), Decimal(0), Decimal(0))}
        for row in rows:
            free, locked = money(row["free"]), money(row["locked"])
            if free + locked and (row["asset"] == "USDT" or not self._pair(row["asset"])):
                found[row["asset"]] = Funds(account_id, row["asset"], free + locked, free, locked)
        return list(found.values())

    # -- parts -------------------------------------------------------------------------------------

    def _account(self) -> Steps[Sequence[Mapping[str, Any]]]:
        asked = self.request("GET", "account", omitZeroBalances=True)
        rows: Sequence[Mapping[str, Any]] = yield from again(
            Call(asked, lambda row: list(row["balances"]))
        )
        return rows

    def _pair(self, asset: str) -> Instrument | None:
        try:
            return self._listings.by_symbol(self.EXCHANGE, f"{asset}USDT")
        except KeyError:
            return None

    def _since(self, since: float, symbols: Sequence[str]) -> Steps[Sequence[Fill]]:
        fills: list[Fill] = []
        for symbol in symbols:
            made = yield from self._trades(symbol)
            fills += [fill for fill in made if fill.at >= since]
        return sorted(fills, key=lambda fill: fill.at)

    def _trades(self, symbol: str) -> Steps[Sequence[Fill]]:
        """The latest, oldest first."""
        asked = self.request("GET", "myTrades", symbol=symbol, limit=MOST_TRADES)
        rows = yield from again(Call(asked, whole_list))
        return [self._fill(row) for row in rows]

    def _fill(self, row: Mapping[str, Any]) -> Fill:
        instrument = self.instrument(row["symbol"])
        paid = money(row["commission"])
        return Fill(
            trade_id=f"{row['symbol']}-{row['id']}",
            broker_order_id=_order_id(row),
            client_order_id="",
            instrument=instrument,
            side=Side.BUY if row["isBuyer"] else Side.SELL,
            product=Product.DELIVERY,
            quantity=money(row["qty"]),
            price=money(row["price"]),
            at=seconds(row["time"]),
            # Paid in the coin itself it makes the balance smaller, not the money.
            charges=paid if row["commissionAsset"] == instrument.currency else Decimal(0),
        )

    def _last(self, instruments: Sequence[Instrument]) -> Steps[Mapping[str, Decimal]]:
        rows = (yield from self.tickers([one.symbol for one in instruments])) if instruments else []
        return {row["symbol"]: money(row["lastPrice"]) for row in rows}


def number(broker_order_id: str) -> str:
    """Numbers repeat from symbol to symbol, so ours have the symbol in front."""
    return broker_order_id.rpartition("-")[2]


def _order_id(row: Mapping[str, Any]) -> str:
    return f"{row['symbol']}-{int(row['orderId'])}"


def _taken(row: Any) -> None:
    _order_id(row)


def _balances(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, Decimal]]:
    both = ((row["asset"], money(row["free"]) + money(row["locked"])) for row in rows)
    return [(asset, amount) for asset, amount in both if amount]
