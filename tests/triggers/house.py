"""A whole desk whose one account is at a simulated broker that keeps triggers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import cast

from brackets.floor import Killed, MortalStore, OneShare
from brokers.sim_desk import OneAccount
from chat.trading_floor import Bell as ChatBell
from chat.trading_floor import FailingStore, Floor
from clocks import CountingIds
from conformance.case import HttpCase
from conformance.cases.angelone import AngelOneCase
from conformance.cases.zerodha import ZerodhaCase
from tickets.desks import Bell, SetHours, SetMarket

from tradegram.brackets.gtt import drafted_gtt
from tradegram.brackets.round import go_round
from tradegram.brackets.start import Levels
from tradegram.chat.asked import Asked
from tradegram.model import Instrument, Position, Product, Side
from tradegram.orders.reconcile import reconcile
from tradegram.orders.send import TryLater
from tradegram.orders.state import Order
from tradegram.ports import Desk, Limits
from tradegram.sims.angelone import AngelOneSim
from tradegram.sims.floor import Entry
from tradegram.sims.wire import Asked as Request
from tradegram.sims.wire import CutOff, Dialect, Said
from tradegram.sims.zerodha import ZerodhaSim
from tradegram.triggers.asking import kept_of, protecting, store_kept
from tradegram.triggers.kept import Kept, all_kept, as_document, kept_called
from tradegram.triggers.send import attend_any

D = Decimal
OWNER = 7


class OneKnown(OneShare):
    def __init__(self, one: Instrument) -> None:
        self.one = one

    def find(self, key: str) -> Instrument | None:
        return self.one if key == self.one.key else None

    def named(self, words: str) -> Sequence[Instrument]:
        return [self.one] if words.casefold() in (self.one.symbol.casefold(), "nse:infy") else []


@dataclass
class Leaky:
    """fault: what happens to each request about triggers that is not the list."""

    inner: Dialect
    fault: str
    refusal: Said

    def answer(self, asked: Request) -> Said:
        is_list = asked.is_read or asked.path.endswith("ruleList")
        if is_list or "/gtt" not in asked.path:
            return self.inner.answer(asked)
        if self.fault == "cut":
            raise CutOff
        if self.fault == "refuse":
            return self.refusal
        self.inner.answer(asked)
        if self.fault == "lose":
            raise CutOff
        return Said(200 if self.fault == "garble" else 504, b"<html>")


class Alerts(list[str]):
    def alert(self, account_id: str, text: str) -> None:
        self.append(text)


@dataclass
class House:
    case: HttpCase
    desk: Desk
    store: MortalStore
    bell: Bell
    market: SetMarket
    hours: SetHours
    alerts: Alerts = field(default_factory=Alerts)

    @property
    def account_id(self) -> str:
        return f"{self.case.name}:main"

    # -- the market and the broker's own ledger ----------------------------------------------------

    def price(self, last: str) -> None:
        self.market.last[self.case.instrument.key] = D(last)
        self.case.floor.move(self.case.instrument, D(last))

    def ledger(self) -> list[str]:
        """The status of every trigger that the broker ever took."""
        sim = self.case.sim
        if isinstance(sim, ZerodhaSim):
            return [one.status for one in sim.gtts.values()]
        assert isinstance(sim, AngelOneSim)
        words = {"NEW": "active", "SENTTOEXCHANGE": "triggered", "CANCELLED": "deleted"}
        return [words[rule["status"]] for rule in sim.rules.values()]

    @contextmanager
    def losing(self, fault: str) -> Iterator[None]:
        """Requests about triggers that change something meet this fault; the list is read."""
        wire = self.case.wire
        wire.dialect = Leaky(self.case.sim, fault, self.case.refusals()[0].answer)
        try:
            yield
        finally:
            wire.dialect = self.case.sim

    def forgets(self) -> None:
        """The record loses what is stored; the broker does not."""
        for one in all_kept(self.store, self.account_id):
            self.store.remove(as_document(one))

    def spoil_rows(self) -> None:
        """The broker lists them with a status that nobody has seen before."""
        sim = self.case.sim
        if isinstance(sim, ZerodhaSim):
            sim.gtts[1].status = "quantum"
        elif isinstance(sim, AngelOneSim):
            sim.rules["1"]["status"] = "QUANTUM"

    def limits(self, limits: Limits) -> None:
        self.desk = replace(self.desk, limits=limits)

    def removed_by_hand(self) -> None:
        sim = self.case.sim
        if isinstance(sim, ZerodhaSim):
            sim.gtts.clear()
        elif isinstance(sim, AngelOneSim):
            sim.rules.clear()

    def entries(self) -> list[Entry]:
        """The orders at the broker."""
        return list(self.case.floor.entries.values())

    def bought(self, quantity: int = 10) -> None:
        """Held since today, bought in the broker's own app."""
        self.case.floor.take(
            self.case.instrument, Side.BUY, self.case.intent().order_type, D(quantity),
            price=self.case.price, product=_word(self.case), validity="DAY",
            more={"variety": "NORMAL"},
        )  # fmt: skip

    # -- the desk ----------------------------------------------------------------------------------

    def made(
        self, when: str = "1450", price: str = "1449", side: Side = Side.BUY, quantity: int = 10,
        **said: object,
    ) -> Kept:  # fmt: skip
        asked = Asked(
            self.case.instrument, side, quantity=D(quantity), price=D(price) if price else None,
            product=Product.DELIVERY, account=self.account_id,
        )  # fmt: skip
        asked = replace(asked, **said)  # type: ignore[arg-type]
        kept = kept_of(self.desk, drafted_gtt(self.desk, OWNER, asked, D(when), "test"))
        assert isinstance(kept, Kept), kept
        return kept

    def stored(self, **said: object) -> Kept:
        """Stored and handed to the broker."""
        kept = store_kept(self.desk, self.made(**said))  # type: ignore[arg-type]
        self.work()
        return self.now(kept)

    def protected(self, stop: str = "", target: str = "") -> Kept:
        levels = Levels(stop=D(stop) if stop else None, target=D(target) if target else None)
        kept = protecting(self.desk, OWNER, self.position(), levels)
        assert isinstance(kept, Kept), kept
        stored = store_kept(self.desk, kept)
        self.work()
        return self.now(stored)

    def position(self) -> Position:
        [found] = [
            each
            for each in self.case.broker().positions()
            if each.instrument.key == self.case.instrument.key
        ]
        return found

    def work(self) -> None:
        """The worker answers the bells."""
        rung, self.bell.rung = list(self.bell.rung), []
        for _, key in rung:
            try:
                attend_any(self.desk, key)
            except TryLater:
                continue

    def look(self, times: int = 1, seconds: float = 5.0) -> None:
        """Look at list and book and answer the bells, as the workers do."""
        for _ in range(times):
            self.case.clock.pass_(seconds)
            go_round(self.desk, self.account_id)
            self.work()
            reconcile(self.desk, self.account_id)
            go_round(self.desk, self.account_id)

    def now(self, kept: Kept) -> Kept:
        return kept_called(self.store, kept.key)

    def kept(self) -> Kept:
        [found] = all_kept(self.store, self.account_id)
        return found

    def orders(self) -> list[Order]:
        return list(self.store.orders(self.account_id).orders)

    def told(self, words: str) -> list[str]:
        return [one.text for one in self.store.notices(500) if words in one.text]

    def dies(self, step: Callable[[], object], *, before: int = 0, after: int = 0) -> bool:
        """Whether the worker died at that write of the step; another goes on then."""
        self.store.dies_before = self.store.commits + before if before else 0
        self.store.dies_after = self.store.commits + after if after else 0
        try:
            step()
        except Killed:
            return True
        finally:
            self.store.dies_before = self.store.dies_after = 0
        return False


def _word(case: HttpCase) -> str:
    return "CNC" if case.name == "zerodha" else "DELIVERY"


CASES: dict[str, type[HttpCase]] = {"zerodha": ZerodhaCase, "angelone": AngelOneCase}


@contextmanager
def house(name: str, folder: Path) -> Iterator[House]:
    case = CASES[name]()
    case.broker()
    clock = case.clock
    store = MortalStore(folder / "record.db", clock)
    market, hours, bell, alerts = SetMarket(clock), SetHours(), Bell(), Alerts()
    market.last[case.instrument.key] = case.price
    desk = Desk(
        store=store, doorbell=bell, clock=clock, ids=CountingIds(), brokers=OneAccount(case),
        calendar=hours, pager=alerts, instruments=OneKnown(case.instrument), quotes=market,
        limits=Limits(),
    )  # fmt: skip
    try:
        yield House(case, desk, store, bell, market, hours, alerts)
    finally:
        store.close()
        case.close()


@dataclass
class HouseFloor(Floor):
    """The same house as a phone sees it."""

    home: House | None = None

    def work(self, seconds: float = 2.0) -> None:
        assert self.home is not None
        self.home.look(1, seconds)


def floor_of(home: House) -> HouseFloor:
    return HouseFloor(home.desk, cast("FailingStore", home.store), home.case.clock, ChatBell(),
                      Path(), home)  # fmt: skip
