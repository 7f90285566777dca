"""A whole desk for ticket tests: the real record, a broker with a ledger, a market we set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from clocks import CountingIds, StillClock

from tradegram.brokers.contract import Ability, Book, Identity, Profile
from tradegram.brokers.registry import PAPER, Maker, Registry, add_account
from tradegram.chat.asked import Asked
from tradegram.errors import BrokerError, StoreUnavailable
from tradegram.model import (
    Account,
    Fill,
    Funds,
    Holding,
    Instrument,
    Kind,
    OrderIntent,
    OrderType,
    Position,
    Product,
    Quote,
    Side,
    Terms,
    TimeInForce,
)
from tradegram.ports import Change, Desk, Limits, Record
from tradegram.store.sqlite import SqliteStore

D = Decimal
OWNER, STRANGER = 7, 8
MESSAGE = "tg:7:1001"

RELIANCE = Instrument("NSE", "RELIANCE", Kind.SHARE, "Reliance Industries", D(1), D("0.10"))
M_AND_M = Instrument("NSE", "M&M", Kind.SHARE, "Mahindra & Mahindra", D(1), D("0.05"))
NIFTY = Instrument("NSE", "NIFTY 50", Kind.INDEX, "Nifty 50", D(1), D("0.05"))
FUTURE = Instrument(
    "NFO", "NIFTY26NOVFUT", Kind.FUTURE, "Nifty future", D(65), D("0.10"),
    underlying="NIFTY", freeze_quantity=D(1800),
)  # fmt: skip
CALL = Instrument("NFO", "NIFTY26NOV24000CE", Kind.CALL, "Nifty 24000 call", D(65), D("0.05"))
BITCOIN = Instrument(
    "BINANCE", "BTCUSDT", Kind.COIN, "Bitcoin", D("0.00001"), D("0.01"),
    currency="USDT", min_value=D(5),
)  # fmt: skip
LAST = {
    "NSE:RELIANCE": D("2948.70"),
    "NSE:M&M": D(3000),
    "NSE:NIFTY 50": D(24000),
    "NFO:NIFTY26NOVFUT": D(24050),
    "NFO:NIFTY26NOV24000CE": D(120),
    "BINANCE:BTCUSDT": D(90000),
}

PROFILE = Profile(
    name="paper",
    title="Paper",
    identity=Identity.LOOKUP,
    tag_length=16,
    orders_per_second=10,
    listing_lag=0.0,
    order_types=frozenset(OrderType),
    products=frozenset(Product) - {Product.MARGIN_FUNDED},
    times_in_force=frozenset(TimeInForce),
    plain_market=True,
    source="tests",
    can=frozenset({Ability.MARGIN}),
)


@dataclass
class SetMarket:
    """Quotes as the test sets them, one tick apart, as old as `age`."""

    clock: StillClock
    last: dict[str, Decimal] = field(default_factory=lambda: dict(LAST))
    age: float = 1.0

    def quote(self, instrument: Instrument, account_id: str = "") -> Quote | None:
        if instrument.key not in self.last:
            return None
        last, tick = self.last[instrument.key], instrument.tick_size
        return Quote(
            instrument.key, last, last - tick, last + tick, D(100), D(100), last, last, last, last,
            self.clock.now() - self.age, "simulated",
        )  # fmt: skip


@dataclass
class SetHours:
    open: bool = True
    opens_at: float | None = None

    def is_open(self, instrument: Instrument, at: float) -> bool:
        return self.open

    def next_open(self, instrument: Instrument, at: float) -> float | None:
        return self.opens_at

    def book_closed_after(self, instrument: Instrument, placed_at: float) -> float | None:
        return None

    def expires_soon(self, at: float) -> str | None:
        return None


@dataclass
class LedgerBroker:
    """Says what a test wants of money and units, and keeps every question about margin."""

    free: dict[str, Decimal] = field(default_factory=lambda: {"INR": D(1_000_000), "USDT": D(1000)})
    blocks: Decimal = Decimal("0.1")  # share of the value
    fails: BrokerError | None = None
    owns: list[Holding] = field(default_factory=list)
    runs: list[Position] = field(default_factory=list)
    margins: list[OrderIntent] = field(default_factory=list)
    placed: list[OrderIntent] = field(default_factory=list)
    profile: Profile = PROFILE

    def margin_for(self, intent: OrderIntent) -> Funds:
        self._fail()
        self.margins.append(intent)
        instrument = intent.instrument
        price = intent.price or intent.trigger or LAST[instrument.key]
        used = intent.quantity * price * instrument.multiplier * self.blocks
        free = self.free[instrument.currency]
        return Funds(intent.account_id, instrument.currency, free, free, used)

    def funds(self) -> Sequence[Funds]:
        self._fail()
        return [Funds(PAPER.account_id, name, free, free, D(0)) for name, free in self.free.items()]

    def positions(self) -> Sequence[Position]:
        self._fail()
        return self.runs

    def holdings(self) -> Sequence[Holding]:
        self._fail()
        return self.owns

    def place(self, intent: OrderIntent, *, not_after: float) -> str:
        self.placed.append(intent)
        return f"B{len(self.placed)}"

    def replace(self, intent: OrderIntent, broker_order_id: str, wanted: Terms) -> None: ...

    def cancel(self, intent: OrderIntent, broker_order_id: str) -> None: ...

    def order_book(self) -> Book:
        return Book(())

    def trades(self) -> Sequence[Fill]:
        return ()

    def _fail(self) -> None:
        if self.fails is not None:
            raise self.fails


@dataclass
class Bell:
    rung: list[tuple[str, str]] = field(default_factory=list)
    broken: bool = False

    def ring(self, account: Account, client_order_id: str, *, cancel: bool = False) -> None:
        if self.broken:
            raise StoreUnavailable("the queue did not answer")
        self.rung.append((account.account_id, client_order_id))


class SilentPager:
    def alert(self, account_id: str, text: str) -> None: ...


class NoMaster:
    """An instrument master that knows nothing: tickets get their instrument with the reading."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"a ticket asked the master for {name}")


class ForgetfulStore(SqliteStore):
    """Writes, and then does not answer; or does not write. As many times as it is told."""

    lose_answers = 0
    lose_writes = 0

    def commit(self, change: Change) -> Sequence[Record]:
        if self.lose_writes:
            self.lose_writes -= 1
            raise StoreUnavailable("no answer")
        stored = super().commit(change)
        if self.lose_answers:
            self.lose_answers -= 1
            raise StoreUnavailable("no answer")
        return stored


@dataclass
class Scene:
    """Everything a test moves, and the desk made of it."""

    desk: Desk
    store: ForgetfulStore
    clock: StillClock
    market: SetMarket
    hours: SetHours
    broker: LedgerBroker
    bell: Bell

    def with_limits(self, **changes: Any) -> Desk:
        return replace(self.desk, limits=replace(self.desk.limits, **changes))

    def staged(self, account_id: str = PAPER.account_id) -> Sequence[Any]:
        return self.store.orders(account_id).orders


def scene(folder: Path, *accounts: Account, profile: Profile = PROFILE) -> Scene:
    clock = StillClock()
    store = ForgetfulStore(folder / "record.db", clock)
    for account in accounts or (PAPER,):
        add_account(store, account)
    broker, bell, hours = LedgerBroker(profile=profile), Bell(), SetHours()
    makers = {name: Maker(profile, lambda _: broker) for name in ("paper", "zerodha", "binance")}
    market = SetMarket(clock)
    desk = Desk(
        store=store,
        doorbell=bell,
        clock=clock,
        ids=CountingIds(),
        brokers=Registry(store, makers),
        calendar=hours,
        pager=SilentPager(),
        instruments=NoMaster(),
        quotes=market,
        limits=Limits(),
    )
    return Scene(desk, store, clock, market, hours, broker, bell)


def asked(instrument: Instrument = RELIANCE, side: Side = Side.BUY, **said: Any) -> Asked:
    """`buy RELIANCE 10`, unless a quantity, money or percent is said."""
    if not {"quantity", "money", "percent"} & said.keys():
        said["quantity"] = instrument.lot_size * 10
    return Asked(instrument, side, **said)


def holding(quantity: str, instrument: Instrument = RELIANCE) -> Holding:
    return Holding(PAPER.account_id, instrument, D(quantity), D(100), None)


def position(quantity: str, product: Product, instrument: Instrument = RELIANCE) -> Position:
    return Position(PAPER.account_id, instrument, product, D(quantity), D(100), None, D(0), None)
