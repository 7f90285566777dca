"""
One ticket for twenty paper accounts beside one for one: how long until the last order is there.

An order is there when it knocks at its broker's door, behind the guard and the claim. The door
opens after the time that a broker behind a network takes to answer: the paper broker's own work,
in this very process, is not ours. Pacing is per account and does not enter.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any, cast

from bench.figures import show, show_times
from bench.order_path import desk_on_disk, wait_for
from tradegram.brokers.contract import Broker
from tradegram.brokers.registry import Maker, Registry
from tradegram.chat import desk as conversation
from tradegram.chat.asked import Asked, AskedShare
from tradegram.chat.reply import Pressed
from tradegram.local.workers import LocalDoorbell, Workers
from tradegram.model import OrderIntent, OrderType, Side
from tradegram.orders.stage import order_ids
from tradegram.ports import Desk
from tradegram.tickets.desk import open_ticket
from tradegram.tickets.ticket import Ticket, TicketState

ACCOUNTS, ROUNDS, WARM_UP = 20, 20, 4
ANSWER = 0.05  # seconds
TIMES = 3.0  # the last request of all may take so many times as long as that of one account


def opened(desk: Desk, names: Sequence[str], number: int) -> Ticket:
    """A ticket for one RELIANCE in each account; no two alike, so that none is asked about."""
    instrument = desk.instruments.find("NSE:RELIANCE")
    assert instrument is not None
    quote = desk.quotes.quote(instrument)
    assert quote is not None
    asked = Asked(
        instrument,
        Side.BUY,
        quantity=Decimal(number),
        order_type=OrderType.LIMIT,
        price=quote.ask,
        shares=tuple(AskedShare(name) for name in names),
        each=True,
    )
    return open_ticket(desk, user_id=0, asked=asked, source_text="bench")


class Door:
    """In front of every broker: when each order knocked, by the clock of `perf_counter`."""

    def __init__(self) -> None:
        self.knocks: dict[str, float] = {}

    def before(self, maker: Maker) -> Maker:
        return Maker(
            maker.profile, lambda account: cast(Broker, Knocker(maker.make(account), self))
        )


class Knocker:
    def __init__(self, broker: Broker, door: Door) -> None:
        self._broker, self._door = broker, door

    def __getattr__(self, name: str) -> Any:
        return getattr(self._broker, name)

    def place(self, intent: OrderIntent, *, not_after: float) -> str:
        self._door.knocks[intent.client_order_id] = time.perf_counter()
        time.sleep(ANSWER)
        return self._broker.place(intent, not_after=not_after)


@contextmanager
def desk_with_door(accounts: int) -> Iterator[tuple[Desk, Door]]:
    with desk_on_disk(paper_accounts=accounts) as (made, workers):
        workers.stop()
        door = Door()
        assert isinstance(made.brokers, Registry)
        assert isinstance(made.doorbell, LocalDoorbell)
        makers = {name: door.before(maker) for name, maker in made.brokers.makers.items()}
        desk = replace(made, brokers=Registry(made.store, makers, made.brokers.guard))
        own = Workers(desk)
        made.doorbell.answered_by(own)
        own.start()
        try:
            yield desk, door
        finally:
            own.stop()


def tap_to_last(desk: Desk, door: Door, ticket: Ticket) -> float:
    """Seconds from the tap to the moment the last of its orders was there."""
    data = f"t:{ticket.ticket_id}:c:{ticket.version}"
    tapped = time.perf_counter()
    conversation.pressed(desk, Pressed(0, "web:0", "web:0:1", data))
    confirmed = desk.store.ticket(ticket.ticket_id)
    assert confirmed.state is TicketState.CONFIRMED, "it was asked about"
    keys = order_ids(confirmed)
    wait_for(lambda: all(key in door.knocks for key in keys))
    return max(door.knocks[key] for key in keys) - tapped


def measured(desk: Desk, door: Door, names: Sequence[str], first: int) -> list[float]:
    times = []
    for number in range(first, first + WARM_UP + ROUNDS):
        times.append(tap_to_last(desk, door, opened(desk, names, number)))
        time.sleep(0.3)  # the books of the last round are read before the next begins
    return times[WARM_UP:]


def main() -> None:
    with desk_with_door(ACCOUNTS) as (desk, door):
        names = [f"bench{number}" for number in range(ACCOUNTS)]
        time.sleep(0.5)
        one = measured(desk, door, names[:1], first=1)
        many = measured(desk, door, names, first=31)
    show_times("fan-out: tap to request, one account", one)
    show_times(f"fan-out: tap to last request, {ACCOUNTS}", many)
    ratio = sorted(many)[len(many) // 2] / sorted(one)[len(one) // 2]
    show(f"fan-out: last of {ACCOUNTS} / one (at most {TIMES:g})", ratio, "x")


if __name__ == "__main__":
    main()
