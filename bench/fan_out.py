"""
One ticket for twenty paper accounts beside one for one: how long until the last order is there.

Paper has no network, so all of it is our own time; pacing is per account and does not enter. What
is timed is the claim, which every request follows by one write.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from decimal import Decimal

from bench.figures import show, show_times
from bench.order_path import desk_on_disk, wait_for
from tradegram.chat import desk as conversation
from tradegram.chat.asked import Asked, AskedShare
from tradegram.chat.reply import Pressed
from tradegram.model import OrderType, Side
from tradegram.orders.stage import order_ids
from tradegram.ports import Desk
from tradegram.tickets.desk import open_ticket
from tradegram.tickets.ticket import Ticket, TicketState

ACCOUNTS, ROUNDS, WARM_UP = 20, 20, 4
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


def tap_to_last(desk: Desk, ticket: Ticket) -> float:
    """Seconds from the tap to the moment the last of its orders was claimed."""
    data = f"t:{ticket.ticket_id}:c:{ticket.version}"
    tapped = desk.clock.now()
    conversation.pressed(desk, Pressed(0, "web:0", "web:0:1", data))
    confirmed = desk.store.ticket(ticket.ticket_id)
    assert confirmed.state is TicketState.CONFIRMED, "it was asked about"
    keys = order_ids(confirmed)
    wait_for(lambda: all(desk.store.order(key).sent_at for key in keys))
    return max(desk.store.order(key).sent_at for key in keys) - tapped


def measured(desk: Desk, names: Sequence[str], first: int) -> list[float]:
    times = []
    for number in range(first, first + WARM_UP + ROUNDS):
        times.append(tap_to_last(desk, opened(desk, names, number)))
        time.sleep(0.3)  # the books of the last round are read before the next begins
    return times[WARM_UP:]


def main() -> None:
    with desk_on_disk(paper_accounts=ACCOUNTS) as (desk, _):
        names = [f"bench{number}" for number in range(ACCOUNTS)]
        time.sleep(0.5)
        one = measured(desk, names[:1], first=1)
        many = measured(desk, names, first=101)
    show_times("fan-out: tap to the claim, one account", one)
    show_times(f"fan-out: tap to the last claim, {ACCOUNTS}", many)
    ratio = sorted(many)[len(many) // 2] / sorted(one)[len(one) // 2]
    show(f"fan-out: last of {ACCOUNTS} / one (at most {TIMES:g})", ratio, "x")


if __name__ == "__main__":
    main()
