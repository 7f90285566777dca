"""What the holder does on a simulated day: taps, second thoughts, and the kill switch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial

from samples import PRICING
from simulation.desks import INFY, POISON, USER
from simulation.world import CLOSE, World

from tradegram.errors import Conflict, NotFound, UserError
from tradegram.model import Instrument, OrderType, Product, Side, Terms, TimeInForce
from tradegram.orders.cancel import want_cancel
from tradegram.orders.replace import want_replace
from tradegram.orders.stage import client_order_id
from tradegram.ports import Change, Desk
from tradegram.risk.kill import kill, resume
from tradegram.tickets.confirm import confirm_ticket
from tradegram.tickets.ticket import Draft, Leg, Ticket

PRICE = Decimal("100.00")
TTL = 60.0
SEVERAL = ("basket", "hedged", "fan-out")


@dataclass
class Holder:
    """
    accounts: those of this day. tickets: as they were shown. wished: terms asked for, by order.
    legs: what each order may be, by its client order id.
    """

    world: World
    desk: Callable[[], Desk]
    accounts: Sequence[str]
    tickets: dict[str, Ticket] = field(default_factory=dict)
    legs: dict[str, Leg] = field(default_factory=dict)
    wished: dict[str, list[Terms]] = field(default_factory=dict)

    def plan_day(self) -> None:
        w, rng = self.world, self.world.rng
        moments = []
        for number in range(rng.randint(1, 4)):
            moments.append(rng.uniform(CLOSE - 30 if w.does("near_close") else 1, CLOSE))
            self._ticket(number, moments[-1])
        if w.does("kill"):
            # Often while an order is on its way: that is when people want it stopped.
            at = rng.choice((rng.uniform(0, CLOSE), rng.choice(moments) + rng.expovariate(1 / 3)))
            w.at(at, lambda: self._until_done("kill", lambda desk: kill(desk, USER)))
            if w.does("resume"):
                back = at + 20 + rng.expovariate(1 / 60)
                w.at(back, lambda: self._until_done("resume", lambda desk: resume(desk, "me")))

    def _ticket(self, number: int, when: float) -> None:
        w, rng = self.world, self.world.rng
        ticket = self._drawn(number, when)
        self.tickets[ticket.ticket_id] = ticket
        keys = [client_order_id(ticket.ticket_id, at) for at in range(len(ticket.all_legs))]
        self.legs.update(zip(keys, ticket.all_legs, strict=True))
        for _ in range(1 + w.hit("duplicate_message")):
            w.at(when + rng.random() * 3, lambda: self._tap(ticket))
        if w.does("cancel"):
            w.at(when + rng.expovariate(1 / 20), lambda: self._cancel(keys))
        for _ in range(rng.choice((1, 4)) if w.does("replace") else 0):
            w.at(when + rng.expovariate(1 / 20), lambda: self._replace(keys))

    def _drawn(self, number: int, when: float) -> Ticket:
        rng = self.world.rng
        instrument = POISON if self.world.hit("poison", 0.7) else INFY
        kind = rng.choice(SEVERAL) if self.world.does("legs") else "one"
        self.world.act(kind)
        one = rng.choice(self.accounts)
        if kind == "fan-out":
            share = Decimal(rng.randint(1, 50))  # the same terms in every account
            legs = [_leg(account, instrument, share) for account in self.accounts]
        else:
            count = 1 if kind == "one" else rng.randint(2, 3)
            sizes = [Decimal(rng.randint(1, 50)) for _ in range(count)]
            legs = [_leg(one, instrument, size) for size in sizes]
        if kind == "hedged":
            side = Side.SELL if number % 2 else Side.BUY
            legs = [legs[0], *(_follower(leg, side) for leg in legs[1:])]
        whole = replace(
            legs[0].draft, quantity=sum((leg.draft.quantity for leg in legs), Decimal(0))
        )
        return Ticket(
            f"T{number}", USER, legs[0].account_id, whole, PRICING, when + TTL,
            legs=tuple(legs) if len(legs) > 1 else (),
        )  # fmt: skip

    def _tap(self, ticket: Ticket, tries: int = 3) -> None:
        def work() -> None:
            self._confirm(self.desk(), ticket)
            done.append(True)

        done: list[bool] = []
        self.world.spawn("tap", work)
        # Telegram delivers again until it is answered.
        if tries:
            self.world.at(20, lambda: None if done else self._tap(ticket, tries - 1))

    def _confirm(self, desk: Desk, ticket: Ticket) -> None:
        try:
            desk.store.ticket(ticket.ticket_id)
        except NotFound:
            with suppress(Conflict):
                desk.store.commit(Change((ticket,)))
        message = f"tg:{USER}:{ticket.ticket_id}"
        with suppress(UserError):  # gone, or stopped by the switch: it is answered all the same
            confirm_ticket(
                desk, user_id=USER, ticket_id=ticket.ticket_id, version=1, message=message
            )

    def _cancel(self, keys: Sequence[str]) -> None:
        self.world.act("cancel")
        for key in keys:
            self._wish(partial(_want_cancel, key))

    def _replace(self, keys: Sequence[str]) -> None:
        self.world.act("replace")
        for key in keys:
            for price in ("100.50", "99.95"):
                more = self.world.rng.randint(0, 9)
                wanted = Terms(self.legs[key].draft.quantity + more, Decimal(price))
                self.wished.setdefault(key, []).append(wanted)
                self._wish(partial(_want_replace, key, wanted))

    def _wish(self, work: Callable[[Desk], object]) -> None:
        spawn = self.world.spawn
        self.world.at(self.world.rng.random() * 5, lambda: spawn("wish", lambda: work(self.desk())))

    def _until_done(self, name: str, work: Callable[[Desk], object]) -> None:
        def attempt() -> None:
            work(self.desk())
            self.world.act(name)
            done.append(True)

        done: list[bool] = []
        self.world.spawn(name, attempt)
        self.world.at(20, lambda: None if done else self._until_done(name, work))


def _want_cancel(key: str, desk: Desk) -> None:
    want_cancel(desk, key, user_id=USER, why="asked")


def _want_replace(key: str, wanted: Terms, desk: Desk) -> None:
    want_replace(desk, key, wanted, user_id=USER)


def _follower(leg: Leg, side: Side) -> Leg:
    return replace(leg, after=0, draft=replace(leg.draft, side=side))


def _leg(account_id: str, instrument: Instrument, quantity: Decimal) -> Leg:
    draft = Draft(
        instrument, Side.BUY, quantity, OrderType.LIMIT, Product.INTRADAY, TimeInForce.DAY,
        price=PRICE,
    )  # fmt: skip
    return Leg(account_id, draft, PRICING)
