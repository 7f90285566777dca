"""The account, its positions, its fills and the clock."""

from __future__ import annotations

from typing import Any

from tradegram.sims.alpaca.rows import fill_row, plain
from tradegram.sims.alpaca.state import Brokerage, asset_id, class_of, stamp
from tradegram.sims.wire import Asked, Said, said


def account(sim: Brokerage, asked: Asked) -> Said:
    held = sum((one.buy_value - one.sell_value for one in sim.floor.held()), start=0)
    cash = sim.floor.cash - held
    power = sim.floor.cash - sim.floor.used()
    return said(
        {
            "id": "e6fe16f3-64a4-4921-8928-cadf02f92f98",
            "account_number": sim.account,
            "status": "ACTIVE",
            "currency": "USD",
            "cash": plain(cash),
            "buying_power": plain(power),
            "regt_buying_power": plain(power),
            "daytrading_buying_power": "0",
            "equity": plain(sim.floor.cash),
            "last_equity": plain(sim.floor.cash),
            "initial_margin": "0",
            "maintenance_margin": "0",
            "pattern_day_trader": False,
            "trading_blocked": False,
            "account_blocked": False,
            "shorting_enabled": True,
            "multiplier": "1",
        }
    )


def positions(sim: Brokerage, asked: Asked) -> Said:
    rows: list[dict[str, Any]] = []
    for stored in sim.floor.stored:
        one, last = stored.instrument, sim.floor.price(stored.instrument)
        rows.append(_row(one, stored.quantity, stored.average, last))
    for held in sim.floor.held():
        if held.quantity:
            last = sim.floor.price(held.instrument)
            rows.append(_row(held.instrument, held.quantity, held.average, last))
    return said(rows)


def fills(sim: Brokerage, asked: Asked) -> Said:
    most, after = int(asked.query.get("page_size", 100)), asked.query.get("after", "")
    rows = [row for row in map(fill_row, sim.floor.trades) if row["transaction_time"] > after]
    if asked.query.get("direction", "desc") == "desc":
        rows.reverse()
    last = asked.query.get("page_token")
    if last:
        ids = [row["id"] for row in rows]
        rows = rows[ids.index(last) + 1 :]
    return said(rows[:most])


def clock(sim: Brokerage, asked: Asked) -> Said:
    now = sim.floor.now()
    row = {"timestamp": stamp(now), "is_open": True}
    return said(row | {"next_open": stamp(now + 60_000), "next_close": stamp(now + 20_000)})


def _row(one: Any, quantity: Any, average: Any, last: Any) -> dict[str, Any]:
    return {
        "asset_id": asset_id(one),
        "symbol": one.symbol,  # of coins without its slash
        "exchange": one.exchange,
        "asset_class": class_of(one),
        "avg_entry_price": plain(average),
        "qty": plain(quantity),
        "qty_available": plain(quantity),
        "side": "short" if quantity < 0 else "long",
        "market_value": plain(last * quantity * one.multiplier),
        "cost_basis": plain(average * quantity * one.multiplier),
        "unrealized_pl": plain((last - average) * quantity * one.multiplier),
        "unrealized_plpc": "0",
        "current_price": plain(last),
        "lastday_price": plain(last),
        "change_today": "0",
    }
