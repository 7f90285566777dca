"""
Seeded days of orders that a broker keeps for a price, under the faults of the whole desk: the real
sender, looker, keeper and reconciler, against the broker's own ledger of triggers and orders.

A position is open from the morning on. Its holder lets the broker protect it and takes that back,
stores entries, exits, has a bracket kept, and does things in the broker's own app.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, cast

from simulation.bracket_days import BracketDay, LateLedger, OneAccount
from simulation.desks import INFY, MAIN, USER
from simulation.dialects import Kite, Said, Sent
from simulation.exchange import Row
from simulation.world import CLOSE, SECRET, SETTLE

from tradegram.audit import verify
from tradegram.brackets.gtt import drafted_gtt
from tradegram.brackets.round import go_round
from tradegram.brackets.start import Levels, protect_position
from tradegram.brokers.contract import Broker
from tradegram.chat.asked import Asked
from tradegram.chat.exits import exit_asked
from tradegram.errors import BrokerError, StoreError, UserError
from tradegram.model import Funds, Holding, OrderIntent, Position, Product, Side
from tradegram.orders.reconcile import reconcile
from tradegram.orders.state import Order
from tradegram.ports import Desk
from tradegram.risk.kill import is_killed, kill, resume
from tradegram.tickets.confirm import stage_ticket
from tradegram.tickets.desk import open_ticket
from tradegram.triggers.asking import kept_of, protecting, store_kept
from tradegram.triggers.kept import Kept, Phase, all_kept, live_kept, want_back
from tradegram.triggers.look import look

HELD = 20
LOOK, ROUND = 15.0, 5.0
D = Decimal
NO_MIX: Mapping[str, float] = {}


class TriggerViolation(AssertionError):
    """A promise about what a broker keeps was broken in this history."""


@dataclass
class Gtt:
    """One trigger of the ledger. ours: it came through the desk; made: when. row: its order."""

    number: int
    condition: dict[str, Any]
    orders: list[dict[str, Any]]
    ours: bool
    made: float
    visible_at: float
    changed: float
    status: str = "active"
    fired: int | None = None
    row: Row | None = None

    @property
    def sells(self) -> int:
        order = self.orders[0]
        return int(order["quantity"]) if order["transaction_type"] == "SELL" else 0

    @property
    def terms(self) -> str:
        return json.dumps([self.condition["trigger_values"], self.orders])


@dataclass
class Keeping(LateLedger):
    """The exchange, and before it the broker that keeps triggers."""

    gtts: list[Gtt] = field(default_factory=list)
    price: Callable[[], Decimal] = lambda: D(100)

    def answer(self, method: str, path: str, form: Mapping[str, str], auth: str) -> Said:
        if "/gtt" not in path:
            said: Said = super().answer(method, path, form, auth)
            return said
        w = self.world
        if method == "GET":
            return 200, {"data": [self._listed(g) for g in self.gtts if g.visible_at <= w.time]}
        if SECRET not in auth:
            return 403, {"error_type": "TokenException", "message": "invalid token"}
        if method == "DELETE":
            return self._delete(int(path.rsplit("/", 1)[1]))
        if w.hit("reject", 0.5):
            return 400, {"error_type": "InputException", "message": "no"}
        if w.hit("false_timeout"):
            w.at(w.rng.uniform(0, 90), lambda: self.keep(form, ours=True))
            return 400, {"error_type": "OrderException", "message": "Order request timed out."}
        return 200, {"data": {"trigger_id": self.keep(form, ours=True).number}}

    def keep(self, form: Mapping[str, str], *, ours: bool) -> Gtt:
        w = self.world
        lag = w.rng.uniform(0, 90) if w.hit("listing_lag") else 0.0
        condition, orders = json.loads(form["condition"]), json.loads(form["orders"])
        made = Gtt(len(self.gtts) + 1, condition, orders, ours, w.time, w.time + lag, w.time)
        self.gtts.append(made)
        w.tell("broker", "keeps", made.number, condition["trigger_values"], ours)
        return made

    def reach(self) -> None:
        """Send what the price has reached."""
        for one in self.gtts:
            was = D(str(one.condition["last_price"]))
            for place, value in enumerate(one.condition["trigger_values"]):
                at = D(str(value))
                met = self.price() >= at if at >= was else self.price() <= at
                if one.status == "active" and met and not self._closed():
                    self._fire(one, place)

    def _fire(self, one: Gtt, place: int) -> None:
        order = one.orders[place]
        form = {
            "tag": "", "tradingsymbol": INFY.symbol, "price": str(order["price"]),
            "quantity": str(order["quantity"]), "transaction_type": order["transaction_type"],
        }  # fmt: skip
        one.status, one.fired, one.changed = "triggered", place, self.world.time
        one.row = self._accept(form)

    def _delete(self, number: int) -> Said:
        one = self.gtts[number - 1]
        if one.status != "active":
            return 400, {"error_type": "InputException", "message": "not active"}
        one.status, one.changed = "deleted", self.world.time
        return 200, {"data": {"trigger_id": number}}

    def _listed(self, one: Gtt) -> dict[str, Any]:
        sent = one.row.order_id if one.row else ""
        orders = [
            {**order, "result": {"order_result": {"order_id": sent if at == one.fired else ""}}}
            for at, order in enumerate(one.orders)
        ]
        stamp = self.as_row(Row("", "", {**_FORM}, one.changed, 0.0))["order_timestamp"]
        return {
            "id": one.number, "status": one.status, "condition": one.condition, "orders": orders,
            "updated_at": stamp,
        }  # fmt: skip


_FORM = {"tradingsymbol": "", "transaction_type": "BUY", "quantity": "1", "price": "1"}


class KeepingKite(Kite):
    def tag(self, sent: Sent) -> str:
        return "" if "/gtt" in sent.path else super().tag(sent)


@dataclass
class Shown:
    """A broker that also says what is open, and what an order would block."""

    day: TriggerDay
    inner: Broker

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def place_trigger(self, wanted: Any, **named: Any) -> str:
        return cast("Any", self.inner).place_trigger(wanted, **named)  # type: ignore[no-any-return]

    def cancel_trigger(self, trigger_id: str) -> None:
        cast("Any", self.inner).cancel_trigger(trigger_id)

    def triggers(self) -> Any:
        return cast("Any", self.inner).triggers()

    def positions(self) -> Sequence[Position]:
        self.day.world.pause(0.05)
        net, zero = D(self.day.open_now()), D(0)
        return [Position(MAIN.account_id, INFY, Product.DELIVERY, net, D(100), None, zero, None)]

    def holdings(self) -> Sequence[Holding]:
        return ()

    def funds(self) -> Sequence[Funds]:
        return [Funds(MAIN.account_id, "INR", D(10**7), D(10**7), D(0))]

    def margin_for(self, intent: OrderIntent) -> Funds:
        return Funds(MAIN.account_id, "INR", D(10**7), D(10**7), D(100))

    def margin_for_all(self, intents: Sequence[OrderIntent]) -> Funds:
        return self.margin_for(intents[0])


@dataclass
class Accounts(OneAccount):
    day: TriggerDay | None = None

    def broker(self, account_id: str) -> Broker:
        assert self.day is not None
        shown = cast("Any", super().broker(account_id))
        return cast("Broker", Shown(self.day, shown.inner))


class TriggerDay(BracketDay):
    """What the holder does is drawn from the seed."""

    exchange: Keeping

    def __init__(self, seed: int, mix: Mapping[str, float], without: Collection[str]) -> None:
        super().__init__(seed, mix, without)
        self.exchange = Keeping(self.world, MAIN.account_id, 1000, dialect=KeepingKite())
        self.exchange.postback = lambda row: None
        self.exchange.elsewhere[INFY.symbol] = HELD
        self.walk.most = 12
        self.exchange.price = lambda: self.walk.last
        self.sold_by_hand = False
        self.by_hand: list[Gtt] = []

    def desk(self) -> Desk:
        made = super().desk()
        inner = cast("OneAccount", made.brokers)
        accounts = Accounts(inner.world, self.exchange, inner.clock, day=self)
        return replace(made, brokers=accounts)

    def open_now(self) -> int:
        return self.exchange.positions().get(INFY.symbol, 0)

    def play(self) -> None:
        w = self.world
        self._repeat(LOOK, lambda: self._do("reconcile", reconcile))
        self._repeat(ROUND, lambda: self._do("round", go_round))
        self._repeat(2.0, self.walk.step)
        self._repeat(1.0, self.exchange.reach)
        self._repeat(1.0, self._watch)
        self._people()
        w.at(CLOSE, self.exchange.close)
        w.run(CLOSE + SETTLE + 1)
        w.healed = True
        for _ in range(16):
            for name, step in (("reconcile", reconcile), ("round", go_round), ("look", look)):
                self._do(name, step)
            w.run(w.time + 60)
            self._watch()

    def _people(self) -> None:
        w, rng = self.world, self.world.rng
        for _ in range(rng.randint(1, 3)):
            self._asks(rng.uniform(0, CLOSE), self._protect)
        for _ in range(rng.randint(0, 5)):
            self._asks(rng.uniform(0, CLOSE), self._store)
        for _ in range(rng.randint(0, 3)):
            self._asks(rng.uniform(0, CLOSE), self._take_back)
        for _ in range(rng.randint(0, 3)):
            self._asks(rng.uniform(0, CLOSE), self._exit)
        if rng.random() < 0.3:
            self._asks(rng.uniform(0, CLOSE), self._bracket)
        if rng.random() < 0.2:
            w.at(rng.uniform(0, CLOSE), self._sell_by_hand)
        if rng.random() < 0.3:
            w.at(rng.uniform(0, CLOSE), self._make_by_hand)
        if rng.random() < 0.2:
            w.at(rng.uniform(0, CLOSE), self._remove_by_hand)
        if w.does("kill"):
            at = rng.uniform(0, CLOSE)
            self._asks(at, lambda desk: kill(desk, USER))
            if rng.random() < 0.5:
                self._asks(at + rng.expovariate(1 / 60), lambda desk: resume(desk, "me"))

    # -- what the holder does at the desk ----------------------------------------------------------

    def _protect(self, desk: Desk) -> None:
        [position] = desk.brokers.broker(MAIN.account_id).positions()
        last = self.walk.last
        levels = Levels(stop=last - 4, target=last + 4 if self.world.rng.random() < 0.7 else None)
        if position.quantity > 0:
            self._kept(desk, protecting(desk, USER, position, levels))

    def _store(self, desk: Desk) -> None:
        when = D(self.world.rng.choice((96, 98, 99)))  # few, so that terms meet again
        if when >= self.walk.last:
            return
        asked = Asked(
            INFY, Side.BUY, quantity=D(2), price=when, product=Product.DELIVERY,
            account=MAIN.account_id,
        )  # fmt: skip
        self._kept(desk, kept_of(desk, drafted_gtt(desk, USER, asked, when, "test")))

    def _kept(self, desk: Desk, made: Kept | str) -> None:
        if isinstance(made, Kept):
            store_kept(desk, made)
            if self.world.rng.random() < 0.3:
                store_kept(desk, made)  # a second tap

    def _take_back(self, desk: Desk) -> None:
        found = live_kept(desk.store, MAIN.account_id)
        if found:
            one = self.world.rng.choice(found)
            want_back(desk, one.key, by=f"user {USER}", why="you took it back")

    def _exit(self, desk: Desk) -> None:
        """Back with what the broker keeps, and then out of everything, as soon as it can be."""
        for one in live_kept(desk.store, MAIN.account_id):
            if one.draft.closes:
                want_back(desk, one.key, by=f"user {USER}", why="you took it back")
        for delay in (5, 30, 120):
            self._asks(delay, self._out)

    def _out(self, desk: Desk) -> None:
        [position] = desk.brokers.broker(MAIN.account_id).positions()
        if position.quantity > 0:
            asked = exit_asked(desk, position)
            ticket = open_ticket(desk, user_id=USER, asked=asked, source_text="test")
            stage_ticket(desk, replace(ticket, armed=True), "")

    def _bracket(self, desk: Desk) -> None:
        [position] = desk.brokers.broker(MAIN.account_id).positions()
        if position.quantity > 0:
            last = self.walk.last
            protect_position(desk, USER, position, Levels(stop=last - 3, target=last + 3))

    def _asks(self, at: float, what: Callable[[Desk], object]) -> None:
        def work() -> None:
            with suppress(UserError, StoreError, BrokerError):
                what(self.desk())

        self.world.at(at, lambda: self.world.spawn("holder", work))

    # -- and in the broker's own app ---------------------------------------------------------------

    def _sell_by_hand(self) -> None:
        if self.open_now() > 0:
            self.sold_by_hand = True
            self.exchange.elsewhere[INFY.symbol] -= min(5, self.open_now())

    def _make_by_hand(self) -> None:
        ours = [one for one in self.exchange.gtts if one.ours and not one.sells]
        if ours:
            one = self.world.rng.choice(ours)
            form = {"condition": json.dumps(one.condition), "orders": json.dumps(one.orders)}
            self.by_hand.append(self.exchange.keep(form, ours=False))

    def _remove_by_hand(self) -> None:
        active = [one for one in self.exchange.gtts if one.status == "active"]
        if active:
            self.world.rng.choice(active).status = "deleted"

    # -- what must hold at every moment ------------------------------------------------------------

    def _watch(self) -> None:
        """
        What sells and triggers may still close was open before; but for what an exchange sold
        after it had said that the order was cancelled.
        """
        if self.sold_by_hand or self.broken:
            return
        rows = [row for row in self.exchange.rows if not row.is_buy]
        sells = sum(row.quantity if row.live else row.filled for row in rows)
        waits = sum(one.sells for one in self.exchange.gtts if one.status == "active")
        bought = HELD + sum(row.filled for row in self.exchange.rows if row.is_buy)
        if sells + waits - self.exchange.late > bought:
            self.broken = f"{sells} sold or for sale and {waits} to be triggered of {bought}"


def play(seed: int, mix: Mapping[str, float] = NO_MIX, without: Collection[str] = ()) -> TriggerDay:
    """Raises TriggerViolation when something that must hold does not."""
    day = TriggerDay(seed, mix, without)
    try:
        day.play()
        for wrong in _wrong(day):
            raise TriggerViolation(f"seed {seed}: {wrong}")
    finally:
        day.world.end()
    return day


def _wrong(day: TriggerDay) -> Iterator[str]:
    if day.broken:
        yield day.broken
    found = all_kept(day.inner, MAIN.account_id)
    told = [one.text for one in day.inner.notices(5000)]
    ours = [one for one in day.exchange.gtts if one.ours]
    yield from _placed_once(ours, found)
    yield from _none_lost(day, ours, found, told)
    yield from _counted(day, found)
    yield from _told_once(found, told)
    for account_id in day.inner.audited():
        verify(day.inner.chain(account_id))


def _placed_once(ours: Sequence[Gtt], found: Sequence[Kept]) -> Iterator[str]:
    """One that was stored is at the broker once at most; two never claim the same."""
    names = [one.trigger_id for one in found if one.trigger_id]
    if len(names) != len(set(names)):
        yield f"two are taken for one trigger: {sorted(names)}"
    sent = [_numbers(one) for one in found if one.sent_at]
    for terms in {_of(one) for one in ours}:
        there = sum(_of(one) == terms for one in ours)
        if there > sent.count(terms):
            yield f"{terms} was placed {there} times, stored {sent.count(terms)}"


def _none_lost(
    day: TriggerDay, ours: Sequence[Gtt], found: Sequence[Kept], told: Sequence[str]
) -> Iterator[str]:
    """Whatever the broker keeps for us is on record as what it is, or its holder was told."""
    known = {one.trigger_id: one for one in found if one.trigger_id}
    killed = is_killed(day.inner)
    for one in ours:
        kept = known.get(str(one.number))
        said = any(" its like: " in text and str(one.number) in text for text in told)
        said = said or any("may be any of these" in text for text in told)
        if kept is None:
            if not said:
                yield f"nobody knows of {one}"
        elif (kept.phase is Phase.ACTIVE) != (one.status == "active"):
            yield f"{one} is {kept.phase}: {kept.ended}"
        elif killed and one.status == "active":
            yield f"{one} is kept though the switch is on"


def _counted(day: TriggerDay, found: Sequence[Kept]) -> Iterator[str]:
    """The order that a trigger became is ours, with what it filled; and no other is."""
    orders = {one.broker_order_id: one for one in _orders(day)}
    known = {one.trigger_id for one in found}
    for one in day.exchange.gtts:
        if one.row is None or str(one.number) not in known:
            continue
        order = orders.get(one.row.order_id)
        if order is None:
            yield f"the order of {one} is not ours"
        elif order.cum_quantity != one.row.filled:
            yield f"{order.cum_quantity} of {one.row} are counted"


def _told_once(found: Sequence[Kept], told: Sequence[str]) -> Iterator[str]:
    """Each end once."""
    over = sum("waits no more" in text for text in told)
    if over > sum(one.phase is Phase.ENDED for one in found):
        yield "an end was told twice"
    for one in found:
        if one.is_unresolved and not one.told:
            yield f"nobody was told of {one}"


def _orders(day: TriggerDay) -> list[Order]:
    return list(day.inner.orders(MAIN.account_id, limit=500).orders)


def _numbers(kept: Kept) -> tuple[object, ...]:
    limits = tuple(float(leg[1]) for leg in kept.legs)
    return (*(float(leg[0]) for leg in kept.legs), *limits, float(kept.draft.quantity))


def _of(one: Gtt) -> tuple[object, ...]:
    limits = tuple(float(order["price"]) for order in one.orders)
    values = tuple(float(value) for value in one.condition["trigger_values"])
    return (*values, *limits, float(one.orders[0]["quantity"]))
