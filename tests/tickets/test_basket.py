"""A basket: one ticket, one write, hedges first, all of it or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tickets.desks import MESSAGE, OWNER, RELIANCE, ForgetfulStore, Scene, asked, position

from tradegram.chat.asked import AskedShare, Level, Unit
from tradegram.errors import StoreUnavailable, UserError
from tradegram.model import Funds, Instrument, Kind, OrderIntent, OrderType, Product, Side
from tradegram.orders.stage import client_order_id
from tradegram.tickets.basket import Basket, basket_changed, open_basket
from tradegram.tickets.closing import KIND
from tradegram.tickets.desk import Confirmed, Edit, LookAgain, confirm_ticket, edit_ticket, requote
from tradegram.tickets.errors import AlreadyConfirmed, Outdated
from tradegram.tickets.ticket import Ticket, TicketState

D = Decimal
EXPIRY = date(2030, 12, 1)


def option(strike: int, kind: Kind = Kind.CALL) -> Instrument:
    return Instrument(
        "NFO", f"NIFTY30D01{strike}{kind}", kind, "Nifty option", D(65), D("0.05"),
        underlying="NIFTY", expiry=EXPIRY, strike=D(strike), freeze_quantity=D(1800),
    )  # fmt: skip


LOW, HIGH = option(24_000), option(24_200)
WING, PUT = option(23_600, Kind.PUT), option(23_800, Kind.PUT)
PRICES = {LOW.key: D(250), HIGH.key: D(150), WING.key: D(50), PUT.key: D(90)}


@pytest.fixture(autouse=True)
def _options(play: Scene) -> None:
    play.market.last.update(PRICES)


def spread(play: Scene, **changes: Any) -> Ticket:
    """The short leg first, as somebody may well type it."""
    legs = (
        asked(HIGH, Side.SELL, quantity=D(65), **changes),
        asked(LOW, Side.BUY, quantity=D(65), **changes),
    )
    return opened(play, *legs)


def opened(play: Scene, *legs: Any) -> Ticket:
    return open_basket(play.desk, user_id=OWNER, basket=Basket("Bull spread", legs, "as typed"))


def confirm(play: Scene, ticket: Ticket) -> Confirmed | LookAgain:
    return confirm_ticket(
        play.desk,
        user_id=OWNER,
        ticket_id=ticket.ticket_id,
        version=ticket.version,
        message=MESSAGE,
    )


def confirmed(play: Scene, ticket: Ticket) -> Confirmed:
    for _ in range(2):
        done = confirm(play, ticket)
        if isinstance(done, Confirmed):
            return done
        ticket = done.ticket
    raise AssertionError("asked about twice and still not sent")


def test_what_is_bought_goes_first_and_each_leg_waits_for_the_one_before(play: Scene) -> None:
    made = opened(
        play,
        asked(PUT, Side.SELL, quantity=D(65)),
        asked(WING, Side.BUY, quantity=D(65)),
        asked(HIGH, Side.SELL, quantity=D(65)),
        asked(LOW, Side.BUY, quantity=D(65)),
    )

    assert [leg.draft.side for leg in made.legs] == [Side.BUY, Side.BUY, Side.SELL, Side.SELL]
    assert [leg.after for leg in made.legs] == [None, 0, 1, 2]


def test_a_leg_that_cannot_be_ordered_stops_the_whole(play: Scene) -> None:
    del play.market.last[HIGH.key]

    with pytest.raises(UserError) as told:
        spread(play)

    assert "SELL NIFTY30D0124200CE: There is no price" in str(told.value)
    assert "Nothing was ticketed" in str(told.value)


@pytest.mark.parametrize(
    ("legs", "words"),
    [
        ([asked(LOW)], "2 to 8 legs"),
        ([asked(LOW), asked(LOW, Side.SELL)], "twice"),
        ([asked(LOW, account="main"), asked(HIGH, account="wife")], "for one account"),
        ([asked(LOW, shares=(AskedShare("a"), AskedShare("b"))), asked(HIGH)], "not for several"),
        ([asked(LOW), asked(HIGH, stop_loss=Level(D(2), Unit.PERCENT))], "no stop or target"),
        ([asked(LOW), asked(RELIANCE, quantity=D("1.5"))], "multiples of 1"),
        ([asked(LOW), asked(HIGH, quantity=D(66))], "multiples of 65"),
        ([asked(LOW), asked(HIGH, price=D("1.03"))], "steps of 0.05"),
        ([asked(LOW), asked(HIGH, quantity=D(65 * 271))], "BUY .*more than 10 orders"),
        (
            [asked(one, quantity=D(65 * 270)) for one in (LOW, HIGH, WING)],
            "makes 30 orders, .* holds at most 24. Make it smaller",
        ),
    ],
)
def test_legs_that_do_not_fit_together_are_refused(
    play: Scene, legs: list[Any], words: str
) -> None:
    with pytest.raises(UserError, match=words) as told:
        opened(play, *legs)

    assert "Nothing was ticketed" in str(told.value)


def test_the_figures_of_the_whole_are_the_sums_of_the_legs(play: Scene) -> None:
    made = spread(play)
    legs = [leg.pricing for leg in made.legs]

    assert made.pricing.value == sum(leg.value for leg in legs)
    charges = sum(sum(leg.charges.values()) for leg in legs)
    assert sum(made.pricing.charges.values()) == charges
    assert made.pricing.margin == sum(
        (leg.pricing.worst_price or D(0)) * leg.draft.quantity / 10 for leg in made.legs
    )
    assert made.draft.source_text == "as typed"


class HedgeBroker:
    """Asks less for both legs of a hedge than for each."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.together: list[Sequence[OrderIntent]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def margin_for_all(self, intents: Sequence[OrderIntent]) -> Funds:
        self.together.append(intents)
        free = self._inner.free["INR"]
        return Funds("paper:main", "INR", free, free, D(7_000))


def with_hedge_broker(play: Scene) -> HedgeBroker:
    broker, registry = HedgeBroker(play.broker), play.desk.brokers
    made: dict[str, Any] = registry._made  # type: ignore[attr-defined]
    made["paper:main"] = (None, broker)
    return broker


def test_a_broker_that_knows_hedges_is_asked_for_the_whole(play: Scene) -> None:
    broker = with_hedge_broker(play)

    made = spread(play)

    assert made.pricing.margin == 7_000
    [intents] = broker.together
    assert [intent.side for intent in intents] == [Side.BUY, Side.SELL]


def test_the_free_money_must_do_for_all_legs_together(play: Scene) -> None:
    play.broker.free["INR"] = D(2_500)  # enough for each leg alone

    with pytest.raises(UserError, match="The legs together need"):
        spread(play)


def test_a_loss_without_a_limit_wants_confirm_twice(play: Scene) -> None:
    short = opened(
        play, asked(HIGH, Side.SELL, quantity=D(65)), asked(PUT, Side.SELL, quantity=D(65))
    )

    first = confirm(play, short)

    assert isinstance(first, LookAgain)
    assert "the loss has no limit" in first.why
    assert play.staged() == []
    assert isinstance(confirm(play, first.ticket), Confirmed)


def test_confirm_writes_all_orders_in_their_order(play: Scene) -> None:
    made = spread(play)
    done = confirmed(play, made)
    keys = [client_order_id(made.ticket_id, number) for number in (0, 1)]

    assert [order.key for order in done.orders] == keys
    assert [order.intent.instrument for order in done.orders] == [LOW, HIGH]
    assert [order.after for order in done.orders] == ["", keys[0]]
    assert [key for _, key in play.bell.rung] == keys
    assert {order.key for order in play.staged()} == set(keys)
    links = [link.body for link in play.store.chain("paper:main")]
    assert sum("confirmed" in body for body in links) == 2


def test_a_second_confirm_makes_no_second_basket(play: Scene) -> None:
    made = spread(play)
    confirmed(play, made)

    with pytest.raises(AlreadyConfirmed):
        confirm(play, made)
    assert len(play.staged()) == 2


@pytest.mark.parametrize("lost", ["answer", "write"])
def test_a_lost_reply_around_confirm_leaves_all_orders_or_none(play: Scene, lost: str) -> None:
    made = spread(play)
    if lost == "answer":
        play.store.lose_answers = 1
        done = confirmed(play, made)
        assert len(done.orders) == 2
    else:
        play.store.lose_writes = 1
        with pytest.raises(StoreUnavailable):
            confirm(play, made)
        assert play.staged() == []
        assert play.store.ticket(made.ticket_id).state is TicketState.OPEN
        assert len(confirmed(play, made).orders) == 2  # the same button, pressed again
    assert len(play.staged()) == 2


class Killed(BaseException):
    """What a dying process does not catch."""


class DyingStore(ForgetfulStore):
    """Dies at a commit of orders: before it is written, or right after."""

    dies = ""

    def commit(self, change: Any) -> Any:
        dies, self.dies = self.dies, ""
        if dies == "before":
            raise Killed
        stored = super().commit(change)
        if dies == "after":
            raise Killed
        return stored


@pytest.mark.parametrize(("moment", "orders"), [("before", 0), ("after", 2)])
def test_a_process_killed_around_confirm_leaves_all_orders_or_none(
    play: Scene, moment: str, orders: int
) -> None:
    made = spread(play)
    dying = DyingStore(play.store._path, play.clock)
    dying.dies = moment
    desk = replace(play.desk, store=dying)

    with pytest.raises(Killed):
        confirm_ticket(
            desk, user_id=OWNER, ticket_id=made.ticket_id, version=made.version, message=MESSAGE
        )
    dying.close()

    assert len(play.staged()) == orders
    if orders:
        with pytest.raises(AlreadyConfirmed):
            confirm(play, made)
    else:
        confirmed(play, made)
    assert len(play.staged()) == 2


def test_a_leg_whose_price_moved_is_named_and_looked_at_again(play: Scene) -> None:
    made = spread(play)
    play.market.last[HIGH.key] += 20

    done = confirm(play, made)

    assert isinstance(done, LookAgain)
    assert "NIFTY30D0124200CE price moved 150.00 → 170.00" in done.why
    assert "NIFTY30D0124000CE" not in done.why
    assert done.ticket.legs[1].pricing.last == 170
    assert play.staged() == []


def test_limit_legs_go_out_however_the_market_moved(play: Scene) -> None:
    made = opened(
        play,
        asked(LOW, quantity=D(65), price=D(245)),
        asked(HIGH, Side.SELL, quantity=D(65), price=D(155)),
    )
    play.market.last[HIGH.key] += 10

    done = confirm(play, made)

    assert isinstance(done, Confirmed)
    assert [order.intent.price for order in done.orders] == [245, 155]
    assert "price moved" in done.note


def test_a_lot_more_is_one_more_of_the_smallest_whole(play: Scene) -> None:
    play.market.last[option(24_400).key] = D(80)
    made = opened(
        play,
        asked(LOW, quantity=D(65)),
        asked(HIGH, Side.SELL, quantity=D(130)),
        asked(option(24_400), quantity=D(65), price=D(80)),
    )

    more = edit_ticket(
        play.desk, user_id=OWNER, ticket_id=made.ticket_id, version=made.version,
        change=Edit(lots=1),
    )  # fmt: skip

    assert [leg.draft.quantity for leg in more.legs] == [130, 130, 260]
    with pytest.raises(Outdated):
        confirm(play, made)
    with pytest.raises(UserError, match="smallest whole basket"):
        basket_changed(made, Edit(lots=-1), play.desk.brokers.profile("paper:main"))


def test_every_leg_changes_its_product_and_none_its_price(play: Scene) -> None:
    made, profile = spread(play), play.desk.brokers.profile("paper:main")

    other = basket_changed(made, Edit(next_product=True), profile)

    assert {leg.draft.product for leg in made.legs} == {Product.CARRY_FORWARD}
    assert {leg.draft.product for leg in other.legs} == {Product.INTRADAY}
    for change in (Edit(price=D(1)), Edit(order_type=OrderType.LIMIT), Edit(quantity=D(65))):
        with pytest.raises(UserError, match="not changed on a basket"):
            basket_changed(made, change, profile)


def test_requote_prices_every_leg_again(play: Scene) -> None:
    made = spread(play)
    play.clock.pass_(100)
    play.market.last[LOW.key] = D(300)

    fresh = requote(play.desk, user_id=OWNER, ticket_id=made.ticket_id, version=made.version)

    assert fresh.legs[0].pricing.last == 300
    assert fresh.expires_at > play.clock.now()
    assert [leg.after for leg in fresh.legs] == [None, 0]


def test_the_same_terms_are_asked_about_once_in_five_seconds(play: Scene) -> None:
    broker = with_hedge_broker(play)
    made = spread(play)
    again = requote(play.desk, user_id=OWNER, ticket_id=made.ticket_id, version=made.version)
    assert len(broker.together) == 1

    play.clock.pass_(6)
    requote(play.desk, user_id=OWNER, ticket_id=made.ticket_id, version=again.version)
    assert len(broker.together) == 2


def test_an_order_makes_what_was_known_of_the_money_old(play: Scene) -> None:
    broker = with_hedge_broker(play)
    confirmed(play, spread(play))

    spread(play)

    assert len(broker.together) == 2


def big(play: Scene) -> Ticket:
    """Three orders of 1,755 and one of 65 bought, one of 1,755 and one of 65 sold."""
    play.broker.free["INR"] = D(100_000_000)
    return opened(
        play, asked(HIGH, Side.SELL, quantity=D(1820)), asked(LOW, quantity=D(1755 * 3 + 65))
    )


def test_a_leg_above_the_freeze_quantity_is_sliced_and_all_hedge_slices_go_first(
    play: Scene,
) -> None:
    done = confirmed(play, big(play))

    sizes = [(order.intent.side, int(order.intent.quantity)) for order in done.orders]
    assert sizes == [(Side.BUY, 1755)] * 3 + [(Side.BUY, 65), (Side.SELL, 1755), (Side.SELL, 65)]
    assert [order.after for order in done.orders] == ["", *(one.key for one in done.orders[:-1])]


def test_the_money_of_a_sliced_basket_is_that_of_the_whole(play: Scene) -> None:
    broker = with_hedge_broker(play)

    made = big(play)

    assert made.pricing.margin == 7_000
    assert [one.quantity for one in broker.together[0]] == [1755 * 3 + 65, 1820]
    assert made.pricing.value == 5330 * D("250.05") + 1820 * D("149.95")
    assert len(made.legs) == 6


def test_a_sliced_basket_is_changed_as_a_whole(play: Scene) -> None:
    made = big(play)

    def pressed(ticket: Ticket, change: Edit) -> Ticket:
        key, version = ticket.ticket_id, ticket.version
        return edit_ticket(play.desk, user_id=OWNER, ticket_id=key, version=version, change=change)

    other = pressed(made, Edit(next_product=True))
    more = pressed(other, Edit(lots=-1))

    assert {leg.draft.product for leg in more.legs} == {Product.INTRADAY}
    wanted = {LOW.key: 5330 // 2, HIGH.key: 910}
    assert {key: sum(leg.draft.quantity for leg in more.legs if leg.draft.instrument.key == key)
            for key in wanted} == wanted  # fmt: skip
    assert [leg.after for leg in more.legs] == [None, *range(len(more.legs) - 1)]


def test_the_most_that_a_basket_can_be_is_written_in_one_transaction(play: Scene) -> None:
    play.broker.free["INR"] = D(100_000_000)
    sizes = [(LOW, 1755 * 10), (WING, 1755 * 10), (PUT, 1755 * 4)]

    done = confirmed(play, opened(play, *(asked(one, quantity=D(size)) for one, size in sizes)))

    assert len(done.orders) == len(play.staged()) == 24


def test_an_exit_in_slices_closes_what_is_open_and_no_more(play: Scene) -> None:
    play.broker.free["INR"] = D(100_000_000)
    play.broker.runs[:] = [
        position(size, Product.CARRY_FORWARD, one) for one, size in ((LOW, "1820"), (HIGH, "-1820"))
    ]
    legs = (
        asked(LOW, Side.SELL, quantity=D(1820), closes=True),
        asked(HIGH, Side.BUY, quantity=D(1820), closes=True),
    )
    twin = opened(play, *legs)

    done = confirmed(play, opened(play, *legs))

    assert [order.intent.quantity for order in done.orders] == [1755, 65, 1755, 65]
    notes = [play.store.document(KIND, f"paper:main|{one}|{Product.CARRY_FORWARD}|{side}")
             for one, side in ((HIGH.key, Side.BUY), (LOW.key, Side.SELL))]  # fmt: skip
    keys = [order.key for order in done.orders]
    assert [note and note.body["orders"] for note in notes] == [keys[:2], keys[2:]]
    with pytest.raises(UserError, match="is left to close"):
        confirmed(play, twin)


def test_a_ticket_that_waited_is_not_sent_without_its_money(play: Scene) -> None:
    made = spread(play)
    play.clock.pass_(10)
    play.broker.free["INR"] = D(100)

    with pytest.raises(UserError, match=r"#main has ₹100\.00 free now"):
        confirmed(play, made)
    assert play.staged() == []
