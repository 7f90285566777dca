"""What the holder does on a simulated day: taps, second thoughts, and the kill switch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial

from simulation.desks import USER
from simulation.drawn import drawn
from simulation.world import CLOSE, World

from tradegram.brackets.start import close_now
from tradegram.errors import Conflict, NotFound, UserError
from tradegram.model import Terms
from tradegram.orders.cancel import want_cancel
from tradegram.orders.replace import want_replace
from tradegram.orders.stage import client_order_id
from tradegram.ports import Change, Desk
from tradegram.risk.kill import kill, resume
from tradegram.tickets.confirm import confirm_ticket
from tradegram.tickets.ticket import Leg, Ticket


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
        ticket = drawn(w, self.accounts, number, when)
        self.tickets[ticket.ticket_id] = ticket
        keys = [client_order_id(ticket.ticket_id, at) for at in range(len(ticket.all_legs))]
        self.legs.update(zip(keys, ticket.all_legs, strict=True))
        for _ in range(1 + w.hit("duplicate_message")):
            w.at(when + rng.random() * 3, lambda: self._tap(ticket))
        if w.does("cancel"):
            w.at(when + rng.expovariate(1 / 20), lambda: self._cancel(keys))
        if ticket.all_legs[0].draft.stop_loss is not None and w.does("exit"):
            w.at(when + rng.expovariate(1 / 60), lambda: self._exit(ticket))
        for _ in range(rng.choice((1, 4)) if w.does("replace") else 0):
            w.at(when + rng.expovariate(1 / 20), lambda: self._replace(keys))

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

    def _exit(self, ticket: Ticket) -> None:
        """`/exit` of a position that has a bracket, or the button under it."""
        self._until_done("exit", partial(_close, f"{ticket.account_id}|{ticket.ticket_id}"))

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


def _close(bracket: str, desk: Desk) -> None:
    with suppress(UserError):  # it has ended, or was never begun
        close_now(desk, bracket, USER)


def _want_cancel(key: str, desk: Desk) -> None:
    want_cancel(desk, key, user_id=USER, why="asked")


def _want_replace(key: str, wanted: Terms, desk: Desk) -> None:
    want_replace(desk, key, wanted, user_id=USER)
