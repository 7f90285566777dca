"""An edit is a new version, priced afresh, with its time begun anew."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from tickets.desks import FUTURE, OWNER, RELIANCE, STRANGER, Scene, asked

from tradegram.chat.asked import Level, Unit
from tradegram.errors import UserError
from tradegram.model import OrderType, Product, TimeInForce
from tradegram.tickets.desk import (
    Edit,
    cancel_ticket,
    confirm_ticket,
    edit_ticket,
    open_ticket,
    requote,
)
from tradegram.tickets.errors import AlreadyConfirmed, Expired, NotYours, Outdated
from tradegram.tickets.ticket import Ticket, TicketState

D = Decimal


def opened(play: Scene, *what: Any, **said: Any) -> Ticket:
    return open_ticket(play.desk, user_id=OWNER, asked=asked(*what, **said), source_text="typed")


def edited(play: Scene, ticket: Ticket, **change: Any) -> Ticket:
    return edit_ticket(
        play.desk,
        user_id=OWNER,
        ticket_id=ticket.ticket_id,
        version=ticket.version,
        change=Edit(**change),
    )


def test_an_edit_is_priced_afresh_and_starts_the_time_anew(play: Scene) -> None:
    ticket = opened(play, price=D(2950))
    play.clock.pass_(50.0)
    play.market.last[RELIANCE.key] = D(2960)

    after = edited(play, ticket, quantity=D(20))

    assert after == play.store.ticket(ticket.ticket_id)
    assert (after.version, after.draft.quantity) == (ticket.version + 1, D(20))
    assert after.expires_at == play.clock.now() + 60
    assert (after.pricing.last, after.pricing.value) == (D(2960), D(59_000))


def test_lots_are_added_and_taken_away(play: Scene) -> None:
    ticket = opened(play, FUTURE, quantity=D(130))

    more = edited(play, ticket, lots=1)
    fewer = edited(play, more, lots=-2)

    assert (more.draft.quantity, fewer.draft.quantity) == (D(195), D(65))
    with pytest.raises(UserError, match="The least of NIFTY26NOVFUT is one lot, 65"):
        edited(play, fewer, lots=-1)
    assert play.store.ticket(ticket.ticket_id) == fewer


@pytest.mark.parametrize(
    ("said", "change", "order_type", "price", "trigger"),
    [
        ({}, {"price": D(2940)}, OrderType.LIMIT, D(2940), None),
        ({"trigger": D(3000)}, {"price": D(3010)}, OrderType.STOP_LIMIT, D(3010), D(3000)),
        ({"price": D(2950)}, {"order_type": OrderType.MARKET}, OrderType.MARKET, None, None),
        ({}, {"order_type": OrderType.LIMIT}, OrderType.LIMIT, D("2948.80"), None),
        ({}, {"trigger": D(3000)}, OrderType.STOP, None, D(3000)),
        ({"price": D(3010)}, {"trigger": D(3000)}, OrderType.STOP_LIMIT, D(3010), D(3000)),
        (
            {"trigger": D(3000), "price": D(3010)},
            {"order_type": OrderType.STOP},
            OrderType.STOP,
            None,
            D(3000),
        ),
        ({"price": D(2950)}, {"plain_market": True}, OrderType.MARKET, None, None),
    ],
)
def test_the_type_follows_the_prices_that_are_set(
    play: Scene,
    said: dict[str, Any],
    change: dict[str, Any],
    order_type: OrderType,
    price: Decimal | None,
    trigger: Decimal | None,
) -> None:
    draft = edited(play, opened(play, **said), **change).draft

    assert (draft.order_type, draft.price, draft.trigger) == (order_type, price, trigger)


def test_a_type_that_lacks_its_price_is_not_made_up(play: Scene) -> None:
    with pytest.raises(UserError, match="A STOP_LIMIT order needs a limit price"):
        edited(play, opened(play, trigger=D(3000)), order_type=OrderType.STOP_LIMIT)


def test_plain_market_has_no_worst_price_until_it_is_protected_again(play: Scene) -> None:
    plain = edited(play, opened(play), plain_market=True)
    bounded = edited(play, plain, plain_market=False)
    limited = edited(play, plain_again(play, bounded), price=D(2940))

    assert plain.pricing.worst_price is None
    assert bounded.pricing.worst_price is not None
    assert not limited.draft.plain_market


def plain_again(play: Scene, ticket: Ticket) -> Ticket:
    return edited(play, ticket, plain_market=True)


def test_the_product_goes_round_those_the_broker_has(play: Scene) -> None:
    first = opened(play)
    second = edited(play, first, next_product=True)
    third = edited(play, second, next_product=True)

    products = [each.draft.product for each in (first, second, third)]
    assert products == [Product.DELIVERY, Product.INTRADAY, Product.DELIVERY]


def test_product_and_validity_can_be_named(play: Scene) -> None:
    draft = edited(
        play, opened(play), product=Product.INTRADAY, time_in_force=TimeInForce.IOC
    ).draft

    assert (draft.product, draft.time_in_force) == (Product.INTRADAY, TimeInForce.IOC)


def test_stop_and_target_are_set_and_taken_off(play: Scene) -> None:
    ticket = opened(play, price=D(2950))
    both = edited(
        play, ticket, stop_loss=Level(D(2900), Unit.PRICE), target=Level(D(4), Unit.PERCENT)
    )
    none = edited(play, both, no_stop_loss=True, no_target=True)

    assert (both.draft.stop_loss, both.draft.target) == (D(2900), D("3068.00"))
    assert (none.draft.stop_loss, none.draft.target) == (None, None)


def test_a_price_that_passes_the_stop_is_refused_and_changes_nothing(play: Scene) -> None:
    ticket = opened(play, price=D(2950), stop_loss=Level(D(2900), Unit.PRICE))

    with pytest.raises(UserError, match=r"stop 2,900.00 of a BUY must lie below"):
        edited(play, ticket, price=D(2890))

    assert play.store.ticket(ticket.ticket_id) == ticket


def test_a_quantity_given_on_the_ticket_is_no_longer_one_of_two_readings(play: Scene) -> None:
    ticket = opened(play, FUTURE, quantity=D(130), needs_second_confirm=True)
    dearer = edited(play, ticket, price=D(24000))
    fewer = edited(play, dearer, lots=-1)

    assert "⚠ read as 2 lots (130), worth ₹31,26,513" in ticket.pricing.checks
    assert dearer.pricing.needs_second_confirm
    assert not fewer.pricing.needs_second_confirm


def test_only_the_owner_edits_the_newest_version_in_time(play: Scene) -> None:
    ticket = opened(play)
    name, change = ticket.ticket_id, Edit(lots=1)
    with pytest.raises(NotYours):
        edit_ticket(play.desk, user_id=STRANGER, ticket_id=name, version=1, change=change)
    edited(play, ticket, lots=1)

    with pytest.raises(Outdated):
        edited(play, ticket, lots=1)

    play.clock.pass_(61.0)
    with pytest.raises(Expired):
        edit_ticket(play.desk, user_id=OWNER, ticket_id=name, version=2, change=change)


def test_requote_shows_the_market_of_now(play: Scene) -> None:
    ticket = opened(play)
    play.market.last[RELIANCE.key] = D(3000)

    fresh = requote(play.desk, user_id=OWNER, ticket_id=ticket.ticket_id, version=1)

    assert (fresh.version, fresh.pricing.last) == (2, D(3000))
    assert fresh.draft == ticket.draft


def test_cancel_works_from_any_version_and_twice(play: Scene) -> None:
    ticket = opened(play)
    edited(play, ticket, lots=1)

    for _ in range(2):
        gone = cancel_ticket(play.desk, user_id=OWNER, ticket_id=ticket.ticket_id, version=1)
        assert gone.state is TicketState.CANCELLED


def test_a_confirmed_ticket_is_neither_cancelled_nor_edited(play: Scene) -> None:
    ticket = opened(play)
    confirm_ticket(
        play.desk, user_id=OWNER, ticket_id=ticket.ticket_id, version=1, message="tg:7:1"
    )

    with pytest.raises(AlreadyConfirmed):
        cancel_ticket(play.desk, user_id=OWNER, ticket_id=ticket.ticket_id, version=1)
    with pytest.raises(AlreadyConfirmed):
        edited(play, ticket, lots=1)
    with pytest.raises(AlreadyConfirmed):
        requote(play.desk, user_id=OWNER, ticket_id=ticket.ticket_id, version=1)
