"""What the simulated client has, and what the simulated market says."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from tradegram.brokers.angelone.market import INTERVALS as OURS
from tradegram.brokers.indian import IST, moment, stamp
from tradegram.model import Instrument, Kind
from tradegram.sims.angelone.door import Door, No, Row
from tradegram.sims.angelone.scrips import day
from tradegram.sims.floor import Held
from tradegram.sims.wire import Asked

INTERVALS = {name: minutes for minutes, (name, _) in OURS.items()}


class Account(Door):
    def positions(self, asked: Asked) -> list[Row] | None:
        return [self._position(one) for one in self.floor.held()] or None

    def _position(self, held: Held) -> Row:
        one, last = held.instrument, self.floor.price(held.instrument)
        total = held.sell_value - held.buy_value + held.quantity * last
        open_worth = (last - held.average) * held.quantity
        return {
            "exchange": one.exchange,
            "symboltoken": self.token(one),
            "producttype": held.product,
            "tradingsymbol": self._symbol(one),
            "netqty": self._lots(held.quantity, one),
            "avgnetprice": f"{held.average:f}",
            "buyqty": self._lots(held.bought, one),
            "sellqty": self._lots(held.sold, one),
            "realised": f"{total - open_worth:f}",
            "unrealised": f"{open_worth:f}",
            "pnl": f"{total:f}",
            "ltp": f"{last:f}",
            "multiplier": "-1",
        }

    def holdings(self, asked: Asked) -> Any:
        rows = [
            {
                "tradingsymbol": self._symbol(each.instrument),
                "exchange": each.instrument.exchange,
                "isin": "",
                "t1quantity": 0,
                "quantity": int(each.quantity),
                "averageprice": float(each.average),
                "ltp": float(self.floor.price(each.instrument)),
                "symboltoken": self.token(each.instrument),
            }
            for each in self.floor.stored
        ]
        return {"holdings": rows, "totalholding": {}} if rows else []

    def money(self, asked: Asked) -> Row:
        used = self.floor.used()
        free = self.floor.cash - used
        return {"net": f"{free:f}", "availablecash": f"{free:f}", "utiliseddebits": f"{used:f}"}

    def margin(self, asked: Asked) -> Row:
        asked_for = asked.json["positions"]
        total = sum(
            (
                self._units(one["qty"], self._of(one["exchange"], one["token"]))
                * Decimal(str(one["price"]))
                for one in asked_for
            ),
            Decimal(0),
        )
        return {"totalMarginRequired": float(total), "marginComponents": {"netPremium": 0}}

    def quote(self, asked: Asked) -> Row:
        wanted = [(ex, one) for ex, some in asked.json["exchangeTokens"].items() for one in some]
        if len(wanted) > 50:
            raise No("AB1008", "Max 50 tokens are allowed")
        found = [(token, self._listed(ex, token)) for ex, token in wanted]
        missing = [{"symbolToken": token} for token, one in found if one is None]
        rows = [self._quote(token, one) for token, one in found if one is not None]
        return {"fetched": rows, "unfetched": missing}

    def _quote(self, token: str, one: Instrument) -> Row:
        seen, at = self.stock.seen(one), stamp(self.floor.now())
        levels = {
            "buy": [{"price": float(seen.bid), "quantity": int(seen.size), "orders": 1}],
            "sell": [{"price": float(seen.ask), "quantity": int(seen.size), "orders": 2}],
        }
        depth = {} if one.kind is Kind.INDEX else {"depth": levels}
        return {
            "exchange": one.exchange, "tradingSymbol": self._symbol(one), "symbolToken": token,
            "ltp": float(seen.last), "open": float(seen.open), "high": float(seen.high),
            "low": float(seen.low), "close": float(seen.close), "tradeVolume": int(seen.volume),
            "opnInterest": 125_000 if one.kind.is_derivative else 0,
            "exchFeedTime": at, "exchTradeTime": at, **depth,
        }  # fmt: skip

    def candles(self, asked: Asked) -> list[list[Any]]:
        given = asked.json
        one = self._of(given["exchange"], given["symboltoken"])
        minutes = INTERVALS[given["interval"]]
        since, until = (_minute(given[name]) for name in ("fromdate", "todate"))
        return [
            [
                moment(at).isoformat(),
                *(float(price) for price in (bar.open, bar.high, bar.low, bar.last)),
                int(bar.volume),
            ]
            for at, bar in self.stock.bars(one, minutes, since, until)
        ]

    def greeks(self, asked: Asked) -> list[Row]:
        name, expiry = asked.json["name"], asked.json["expirydate"]
        rows = [
            {
                "name": name, "expiry": expiry, "strikePrice": f"{one.strike:.6f}",
                "optionType": one.kind.value, "delta": "0.5", "gamma": "0.001", "theta": "-4.2",
                "vega": "2.1", "impliedVolatility": "14.5", "tradeVolume": "100",
            }
            for one in self.stock.rows
            if one.kind.is_option and one.underlying == name and day(one, "%Y") == expiry
        ]  # fmt: skip
        if not rows:
            raise No("AB9019", "No Data Available")
        return rows


def _minute(text: str) -> float:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=IST).timestamp()
