"""Whatever is asked, what is staged is what the ticket showed, in whole lots, on a tick."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from tickets.desks import BITCOIN, CALL, FUTURE, LAST, MESSAGE, OWNER, RELIANCE, Scene, scene

from tradegram.chat.asked import Asked, Level, Unit
from tradegram.errors import UserError
from tradegram.model import Instrument, OrderType, Side
from tradegram.tickets.desk import Confirmed, confirm_ticket, open_ticket
from tradegram.tickets.levels import snapped
from tradegram.tickets.ticket import Ticket

D = Decimal


@pytest.fixture(scope="module")
def play(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder: Path = tmp_path_factory.mktemp("record")
    made = scene(folder)
    made.broker.free = {"INR": D(10_000_000), "USDT": D(1_000_000)}
    yield made
    made.store.close()


def near(instrument: Instrument) -> st.SearchStrategy[Decimal]:
    """A price within 12 % of the market, sometimes off the tick."""
    last = LAST[instrument.key]
    off = st.sampled_from([D(0), D(0), D(0), instrument.tick_size / 3])
    share = st.decimals("0.88", "1.12", places=4)
    return st.builds(lambda s, o: snapped(last * s, instrument) + o, share, off)


def maybe(strategy: st.SearchStrategy[Decimal]) -> st.SearchStrategy[Decimal | None]:
    return st.none() | strategy


@st.composite
def orders(draw: st.DrawFn) -> Asked:
    instrument = draw(st.sampled_from([RELIANCE, FUTURE, CALL, BITCOIN]))
    size = draw(st.sampled_from(["quantity", "lots", "money", "percent"]))
    amount = draw(st.decimals("0.00001", "500", places=5))
    said = {
        "quantity": amount,
        "lots": instrument.lot_size * draw(st.integers(1, 30)),
        "money": amount * 20_000,
        "percent": amount,
    }[size]
    named: dict[str, Any] = {"quantity" if size == "lots" else size: said}
    level = st.builds(
        Level, st.decimals("0.1", "20", places=2), st.sampled_from([Unit.PERCENT, Unit.POINTS])
    )
    return Asked(
        instrument,
        draw(st.sampled_from(Side)),
        price=draw(maybe(near(instrument))),
        trigger=draw(maybe(near(instrument))),
        stop_loss=draw(st.none() | level),
        target=draw(st.none() | level),
        plain_market=draw(st.booleans()),
        **named,
    )


@settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@given(what=orders())
def test_the_order_is_the_ticket_and_the_ticket_is_what_was_asked(play: Scene, what: Asked) -> None:
    try:
        ticket = open_ticket(play.desk, user_id=OWNER, asked=what, source_text="typed")
    except UserError:
        reject()  # what cannot be an order is another test's; here most of the draws are orders
    done = confirm(play, ticket)

    [order] = done.orders
    intent, shown = order.intent, done.ticket.pricing.worst_price
    assert (intent.instrument, intent.side) == (what.instrument, what.side)
    assert intent.asked_type is ticket.draft.order_type
    assert intent.quantity == ticket.draft.quantity
    assert intent.quantity > 0
    assert intent.quantity % what.instrument.lot_size == 0
    assert what.quantity in (None, intent.quantity)
    assert intent.trigger == what.trigger
    assert intent.price == shown
    assert what.price in (None, intent.price)
    for price in (intent.price, intent.trigger, ticket.draft.stop_loss, ticket.draft.target):
        assert price is None or (price > 0 and price % what.instrument.tick_size == 0)
    if what.money is not None:
        assert ticket.pricing.value <= what.money
    if shown is None:
        assert ticket.draft.plain_market
        assert intent.order_type in (OrderType.MARKET, OrderType.STOP)


def confirm(play: Scene, ticket: Ticket) -> Confirmed:
    """Twice where it is asked for, never three times."""
    for _ in range(2):
        done = confirm_ticket(
            play.desk,
            user_id=OWNER,
            ticket_id=ticket.ticket_id,
            version=ticket.version,
            message=MESSAGE,
        )
        if isinstance(done, Confirmed):
            return done
        ticket = done.ticket
    raise AssertionError("asked more than twice")
