"""A paper broker on a clock that stands still, and a market that does what the test says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from clocks import CountingIds, StillClock
from samples import ACCOUNT, INFY, INTENT

from tradegram.brokers.paper.broker import PaperBroker
from tradegram.brokers.paper.profile import PaperOptions
from tradegram.instruments.master import Master
from tradegram.market.calendar import TradingCalendar
from tradegram.market.feed import Look, SimulatedQuotes
from tradegram.model import ExecutionReport, Instrument, Kind, OrderIntent, OrderType
from tradegram.store.sqlite import SqliteStore

NIFTY = Instrument(
    "NSE", "NIFTY 50", Kind.INDEX, "Nifty 50", Decimal(1), Decimal("0.05"), underlying="NIFTY"
)
FUTURE = Instrument(
    "NFO", "NIFTY26NOVFUT", Kind.FUTURE, "Nifty", Decimal(65), Decimal("0.05"),
    underlying="NIFTY", expiry=date(2026, 11, 24), freeze_quantity=Decimal(1755),
)  # fmt: skip
CALL = replace(FUTURE, symbol="NIFTY26NOV24000CE", kind=Kind.CALL, strike=Decimal(24000))
BITCOIN = Instrument(
    "BINANCE", "BTCUSDT", Kind.COIN, "Bitcoin", Decimal("0.00001"), Decimal("0.01"),
    currency="USDT", min_value=Decimal(5),
)  # fmt: skip
APPLE = Instrument(
    "NASDAQ", "AAPL", Kind.SHARE, "Apple", Decimal(1), Decimal("0.01"), currency="USD"
)
MASTER = Master([INFY, NIFTY, FUTURE, CALL, BITCOIN, APPLE], {}, date(2026, 11, 20))
FOREVER = 1e18

MARKET = replace(INTENT, order_type=OrderType.MARKET, price=None, quantity=Decimal(10))
LIMIT = replace(INTENT, quantity=Decimal(10))


class ScriptedQuotes(SimulatedQuotes):
    """Last price in ticks by the seconds since `start`; one tick to each side, 1,000 lots there."""

    def __init__(self, clock: StillClock, last: Callable[[float], int], lots: int = 1000) -> None:
        super().__init__(clock, 1)
        self._began = clock.now()
        self.script = last
        self.lots = lots

    def seeded(self, seed: int) -> SimulatedQuotes:
        return self

    def look(self, instrument: Instrument, t: float) -> Look:
        last = self.script(t - self._began)
        return Look(last, last - 1, last + 1, self.lots, self.lots)


@dataclass
class PaperMarket:
    """One account; `restart` makes the broker anew, as a process that has just begun."""

    folder: Path
    options: PaperOptions = field(default_factory=lambda: PaperOptions(delay=0.3, slippage=0))
    calendar: TradingCalendar = field(default_factory=TradingCalendar)
    clock: StillClock = field(default_factory=StillClock)
    ids: CountingIds = field(default_factory=CountingIds)
    script: Callable[[float], int] | None = None
    lots: int = 1000

    def __post_init__(self) -> None:
        self.store = SqliteStore(self.folder / "paper.db", self.clock)
        self.feed = SimulatedQuotes(self.clock, 1, MASTER)
        if self.script is not None:
            self.feed = ScriptedQuotes(self.clock, self.script, self.lots)
        self.broker = self.restart()

    def restart(self) -> PaperBroker:
        self.broker = PaperBroker(
            ACCOUNT, self.store, self.clock, self.ids, self.feed, self.calendar, MASTER,
            self.options,
        )  # fmt: skip
        return self.broker

    def place(self, intent: OrderIntent, **changes: Any) -> str:
        return self.broker.place(replace(intent, **changes), not_after=FOREVER)

    def report(self, broker_order_id: str) -> ExecutionReport:
        rows = self.broker.order_book().reports
        return next(row for row in rows if row.broker_order_id == broker_order_id)

    def after(self, seconds: float, broker_order_id: str) -> ExecutionReport:
        self.clock.pass_(seconds)
        return self.report(broker_order_id)
