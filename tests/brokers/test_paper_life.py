from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from math import inf, nextafter
from pathlib import Path
from tempfile import TemporaryDirectory

from clocks import StillClock
from hypothesis import given, settings
from hypothesis import strategies as st
from paper_market import FUTURE, LIMIT, MASTER, PaperMarket
from samples import INFY

from tradegram.brokers.paper.ledger import fills
from tradegram.brokers.paper.life import first_step, follow, happens_at, offset
from tradegram.brokers.paper.order import (
    Amendment,
    PaperOrder,
    begun,
    filled,
    order_body,
    read_order,
    read_progress,
)
from tradegram.brokers.paper.profile import PaperOptions
from tradegram.errors import Refused
from tradegram.market.calendar import TradingCalendar
from tradegram.market.feed import SimulatedQuotes
from tradegram.model import (
    Fill,
    OrderType,
    Product,
    ReportStatus,
    Side,
    Terms,
    TimeInForce,
)
from tradegram.ports import Change, Document

D = Decimal
NOW = StillClock().now()
FEED = SimulatedQuotes(StillClock(), 1, MASTER)
CALENDAR = TradingCalendar()
KINDS = {
    OrderType.MARKET: (False, False),
    OrderType.LIMIT: (True, False),
    OrderType.STOP: (False, True),
    OrderType.STOP_LIMIT: (True, True),
}


@st.composite
def orders(draw: st.DrawFn) -> PaperOrder:
    """An order near the market, with up to two amendments in its first minutes."""
    kind = draw(st.sampled_from(list(OrderType)))
    priced, stopped = KINDS[kind]
    waits = st.sampled_from([TimeInForce.DAY, TimeInForce.GTC])
    instrument = draw(st.sampled_from([INFY, FUTURE]))
    last = FEED.at(instrument, NOW).last
    near = st.integers(-40, 40).map(lambda ticks: last + ticks * instrument.tick_size)
    quantity = draw(st.integers(1, 6000)) * instrument.lot_size
    terms = Terms(quantity, draw(near) if priced else None, draw(near) if stopped else None)
    amendments = list[Amendment]()
    at = NOW
    for _ in range(draw(st.integers(0, 2))):
        at += draw(st.floats(0.1, 200))
        bigger = quantity + draw(st.integers(0, 5)) * instrument.lot_size
        other = replace(terms, quantity=bigger, price=draw(near) if priced else None)
        amendments.append(Amendment(at, draw(st.sampled_from([other, other, None]))))
    intent = replace(
        LIMIT, instrument=instrument, order_type=kind, side=draw(st.sampled_from(list(Side))),
        quantity=quantity, price=terms.price, trigger=terms.trigger,
        time_in_force=draw(waits if stopped else st.sampled_from(list(TimeInForce))),
    )  # fmt: skip
    return PaperOrder(
        broker_order_id="P1",
        intent=intent,
        placed_at=NOW,
        ends_at=NOW + 5 * 3600,
        seed=draw(st.integers(0, 5)),
        dice=draw(st.integers(0, 2**64 - 1)),
        delay=draw(st.sampled_from([0.0, 0.3, 2.0])),
        slippage=draw(st.integers(0, 3)),
        rejected=False,
        always_open=draw(st.booleans()),
        amendments=tuple(amendments),
    )


moments = st.lists(st.floats(0, 6 * 3600), max_size=5).map(sorted)


@given(order=orders(), looks=moments, end=st.floats(0, 6 * 3600))
@settings(max_examples=60, deadline=None)
def test_the_same_life_comes_out_however_often_it_is_looked_at(
    order: PaperOrder, looks: list[float], end: float
) -> None:
    at_once = follow(order, begun(order), FEED, CALENDAR, NOW + end)
    in_parts = begun(order)
    for look in looks:
        if look > end:
            break
        in_parts = follow(order, in_parts, FEED, CALENDAR, NOW + look)
        # As a process that has just read it from the store.
        stored = order_body(order, in_parts)
        read = read_progress(stored)
        assert read is not None
        assert (read_order("P1", stored), read) == (order, in_parts)
        in_parts = read
    in_parts = follow(order, in_parts, FEED, CALENDAR, NOW + end)
    assert in_parts == at_once


@given(order=orders(), looks=moments, later=st.floats(0, 400))
@settings(max_examples=60, deadline=None)
def test_nothing_happens_to_an_order_before_it_is_said_to(
    order: PaperOrder, looks: list[float], later: float
) -> None:
    progress = begun(order)
    for look in looks:
        progress = follow(order, progress, FEED, CALENDAR, NOW + look)
        before = min(NOW + look + later, nextafter(happens_at(order, progress), -inf))
        assert follow(order, progress, FEED, CALENDAR, before) is progress


@given(order=orders(), looks=moments)
@settings(max_examples=60, deadline=None)
def test_what_is_filled_only_rises_and_never_exceeds_the_quantity(
    order: PaperOrder, looks: list[float]
) -> None:
    before, most = D(0), order.intent.quantity
    for one in order.amendments:
        most = max(most, one.terms.quantity if one.terms else D(0))
    seen = ReportStatus.PENDING_NEW
    for look in looks:
        progress = follow(order, begun(order), FEED, CALENDAR, NOW + look)
        cum, _ = filled(order, progress.executions)
        assert before <= cum <= most
        if seen not in (ReportStatus.PENDING_NEW, ReportStatus.NEW):
            assert progress.status is seen
        assert (progress.status is ReportStatus.FILLED) is (cum == progress.terms.quantity)
        before, seen = cum, progress.status


@given(order=orders())
@settings(max_examples=60, deadline=None)
def test_no_fill_is_worse_than_the_limit_in_force_or_better_than_the_book(
    order: PaperOrder,
) -> None:
    progress = follow(order, begun(order), FEED, CALENDAR, NOW + 6 * 3600)
    tick, buys = order.intent.instrument.tick_size, order.intent.side is Side.BUY
    feed = FEED.seeded(order.seed)
    for one in progress.executions:
        limit = order.intent.price
        for amendment in order.amendments:
            if amendment.terms is not None and amendment.at < one.at:
                limit = amendment.terms.price
        assert order.accepted_at <= one.at < order.ends_at
        price = one.ticks * tick
        look = feed.look(order.intent.instrument, one.at)
        assert look.ask_lots >= one.lots if buys else look.bid_lots >= one.lots
        if limit is None:
            assert one.ticks >= look.ask if buys else one.ticks <= look.bid
        else:
            assert price <= limit if buys else price >= limit


@given(step=st.integers(0, 200_000))
def test_the_grid_finds_its_own_steps_again(step: int) -> None:
    assert first_step(offset(step)) == step
    assert first_step(offset(step) + 0.01) == step + 1
    assert offset(step + 1) > offset(step)


# -- the whole broker, with what it keeps and without it -----------------------------------------

Act = Callable[[PaperMarket], None]


def _place(side: Side, lots: int, ticks: int | None, product: Product) -> Act:
    def act(market: PaperMarket) -> None:
        last = market.feed.at(INFY, market.clock.now()).last
        priced = ticks is not None
        market.place(
            LIMIT,
            side=side,
            quantity=D(lots),
            product=product,
            order_type=OrderType.LIMIT if priced else OrderType.MARKET,
            price=last + ticks * INFY.tick_size if ticks is not None else None,
        )

    return act


def _cancel_last(market: PaperMarket) -> None:
    rows = market.broker.order_book().reports
    if rows:
        market.broker.cancel(LIMIT, max(rows, key=lambda row: row.broker_order_id).broker_order_id)


acts = st.one_of(
    st.builds(
        _place,
        st.sampled_from(list(Side)),
        st.integers(1, 1500),
        st.one_of(st.none(), st.integers(-20, 20)),
        st.sampled_from([Product.INTRADAY, Product.DELIVERY]),
    ),
    st.just(_cancel_last),
    st.floats(0.1, 300).map(lambda s: lambda market: market.clock.pass_(s)),
    st.just(lambda market: market.restart()),
    st.just(lambda market: market.broker.order_book()),
    st.just(lambda market: market.clock.pass_(86_400)),
)


@given(script=st.lists(acts, max_size=14))
@settings(max_examples=25, deadline=None)
def test_everything_kept_beside_the_orders_can_be_lost(script: list[Act]) -> None:
    with TemporaryDirectory() as folder:
        market = PaperMarket(Path(folder), options=PaperOptions(slippage=2))
        for act in script:
            try:
                act(market)
            except Refused:
                continue
        market.clock.pass_(90)
        _balanced(market)
        told = _told(market)
        _lose_what_is_kept(market)
        market.restart()
        assert _told(market) == told
        market.store.close()


def test_days_of_fills_booked_in_one_go_keep_to_their_days(tmp_path: Path) -> None:
    market = PaperMarket(tmp_path)
    buy = replace(LIMIT, order_type=OrderType.MARKET, price=None, product=Product.DELIVERY)
    market.place(buy, quantity=D(10))
    market.clock.pass_(3 * 86_400)  # Monday
    market.place(buy, quantity=D(5))
    market.clock.pass_(60)
    market.place(buy, side=Side.SELL, quantity=D(4))
    market.clock.pass_(60)
    told = _told(market)
    [holding], [position] = market.broker.holdings(), market.broker.positions()
    assert (holding.quantity, position.quantity) == (D(10), D(1))
    _lose_what_is_kept(market)
    market.restart()
    assert _told(market) == told


def _told(market: PaperMarket) -> tuple[object, ...]:
    broker = market.broker
    listed = {row.broker_order_id: row for row in broker.order_book().reports}
    return broker.positions(), broker.holdings(), broker.funds(), broker.trades(), listed


def _lose_what_is_kept(market: PaperMarket) -> None:
    market.store.remove(Document("paper_account", "paper:main", {}))
    for row in market.store.documents("paper"):
        body = {name: value for name, value in row.body.items() if name != "progress"}
        market.store.remove(row)
        market.store.commit(Change((replace(row, body=body, version=0),)))


def _balanced(market: PaperMarket) -> None:
    """Money in minus money out is what is owned at cost, the realised gain, and the charges."""
    every = _all_fills(market)
    paid = sum((f.quantity * f.price * (1 if f.side is Side.BUY else -1) for f in every), D(0))
    charges = sum((f.charges for f in every), D(0))
    owned = sum((p.quantity * p.average_price for p in market.broker.positions()), D(0))
    owned += sum((h.quantity * h.average_price for h in market.broker.holdings()), D(0))
    rupees = market.broker.funds()[0]
    assert rupees.available + rupees.used == rupees.balance
    assert abs(rupees.balance - (1_000_000 - paid + owned - charges)) < D("0.0001")


def _all_fills(market: PaperMarket) -> list[Fill]:
    """Of every order there ever was, followed from the very beginning."""
    found = list[Fill]()
    for row in market.store.documents("paper"):
        order = read_order(row.key.rpartition("#")[2], row.body)
        progress = follow(order, begun(order), market.feed, market.calendar, market.clock.now())
        found += fills(order, progress.executions)
    return found
