from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from paper_market import (
    APPLE,
    BITCOIN,
    CALL,
    FOREVER,
    FUTURE,
    LIMIT,
    MARKET,
    NIFTY,
    PaperMarket,
)
from samples import INFY

from tradegram.brokers.paper.profile import PaperOptions
from tradegram.errors import NotSent, OutcomeUnknown, Refused, StoreUnavailable
from tradegram.market.calendar import TradingCalendar
from tradegram.market.charges import estimate
from tradegram.model import OrderType, Product, ReportStatus, Side, Terms, TimeInForce
from tradegram.ports import Change, Record

D = Decimal
FLAT = 30_000  # ticks of 0.05: 1,500.00


@pytest.fixture
def market(tmp_path: Path) -> PaperMarket:
    """INFY at 1,500.00, bid 1,499.95, ask 1,500.05, and it stays there."""
    return PaperMarket(tmp_path, script=lambda _: FLAT)


@pytest.fixture
def moving(tmp_path: Path) -> Callable[[Callable[[float], int]], PaperMarket]:
    return lambda script: PaperMarket(tmp_path, script=script)


# -- the life of an order ------------------------------------------------------------------------


def test_a_market_order_is_accepted_after_the_delay_and_fills_at_the_ask(
    market: PaperMarket,
) -> None:
    key = market.place(MARKET)
    assert market.report(key).status is ReportStatus.PENDING_NEW
    report = market.after(0.3, key)
    assert (report.status, report.cum_quantity) == (ReportStatus.FILLED, D(10))
    assert report.average_price == D("1500.05")
    assert report.client_order_id == MARKET.wire_id


def test_a_limit_order_rests_and_fills_at_its_limit_once_the_market_comes_to_it(
    moving: Callable[..., PaperMarket],
) -> None:
    market = moving(lambda t: FLAT if t < 5 else FLAT - 200)
    key = market.place(LIMIT, price=D("1498.00"))
    assert market.after(4, key).status is ReportStatus.NEW
    report = market.after(3, key)
    assert (report.status, report.average_price) == (ReportStatus.FILLED, D("1498.00"))


def test_a_marketable_limit_fills_at_the_touch_not_at_its_limit(market: PaperMarket) -> None:
    key = market.place(LIMIT, price=D("1510.00"))
    assert market.after(1, key).average_price == D("1500.05")


def test_a_stop_sleeps_until_its_trigger_and_then_takes_the_market(
    moving: Callable[..., PaperMarket],
) -> None:
    market = moving(lambda t: FLAT if t < 5 else FLAT + 100)
    key = market.place(MARKET, order_type=OrderType.STOP, trigger=D("1503.00"))
    assert market.after(4, key).status is ReportStatus.NEW
    report = market.after(3, key)
    assert (report.status, report.average_price) == (ReportStatus.FILLED, D("1505.05"))


def test_a_stop_limit_that_is_jumped_over_waits_at_its_limit(
    moving: Callable[..., PaperMarket],
) -> None:
    market = moving(lambda t: FLAT if t < 5 else FLAT + 100 if t < 10 else FLAT + 50)
    key = market.place(
        LIMIT, order_type=OrderType.STOP_LIMIT, trigger=D("1503.00"), price=D("1504.00")
    )
    assert market.after(8, key).status is ReportStatus.NEW
    report = market.after(5, key)
    assert (report.status, report.average_price) == (ReportStatus.FILLED, D("1504.00"))


def test_a_big_order_fills_in_parts_and_the_sum_rises_to_its_quantity(tmp_path: Path) -> None:
    market = PaperMarket(tmp_path, script=lambda _: FLAT, lots=4)
    key = market.place(MARKET)
    cums = [market.after(seconds, key).cum_quantity for seconds in (0.5, 1, 1)]
    assert cums == [4, 8, 10]
    assert [fill.quantity for fill in market.broker.trades()] == [4, 4, 2]


@pytest.mark.parametrize(("time_in_force", "cum"), [(TimeInForce.IOC, 4), (TimeInForce.FOK, 0)])
def test_what_is_not_there_at_once_is_cancelled(
    tmp_path: Path, time_in_force: TimeInForce, cum: Decimal
) -> None:
    market = PaperMarket(tmp_path, script=lambda _: FLAT, lots=4)
    report = market.after(5, market.place(MARKET, time_in_force=time_in_force))
    assert (report.status, report.cum_quantity) == (ReportStatus.CANCELLED, cum)


def test_fill_or_kill_fills_whole_when_all_of_it_is_there(market: PaperMarket) -> None:
    report = market.after(1, market.place(MARKET, time_in_force=TimeInForce.FOK))
    assert report.status is ReportStatus.FILLED


def test_a_day_order_expires_at_the_close_and_a_gtc_order_stays(market: PaperMarket) -> None:
    day = market.place(LIMIT, price=D("1400.00"))
    gtc = market.place(
        LIMIT, price=D("1400.00"), time_in_force=TimeInForce.GTC, product=Product.DELIVERY
    )
    market.clock.pass_(6 * 3600)
    assert market.report(day).status is ReportStatus.EXPIRED
    assert market.report(gtc).status is ReportStatus.NEW


def test_a_gtc_order_still_fills_weeks_later_and_is_still_listed_after_a_restart(
    moving: Callable[..., PaperMarket],
) -> None:
    weeks = 21 * 86_400
    market = moving(lambda t: FLAT if t < weeks else FLAT - 500)
    key = market.place(
        LIMIT, price=D("1490.00"), time_in_force=TimeInForce.GTC, product=Product.DELIVERY
    )
    market.clock.pass_(weeks + 3600)
    for _ in range(2):  # other days' orders must not push it off the list unseen
        market.place(MARKET)
        market.clock.pass_(3 * 86_400)
    market.restart()
    assert market.report(key).status is ReportStatus.FILLED


def test_an_order_that_waits_for_the_open_fills_only_then(market: PaperMarket) -> None:
    market.clock.seconds += 7 * 3600  # Friday 17:00
    key = market.place(LIMIT, price=D("1501.00"))
    assert market.after(2 * 86_400, key).status is ReportStatus.NEW  # Sunday
    assert market.after(16.5 * 3600, key).status is ReportStatus.FILLED  # Monday 09:30


def test_at_a_closed_market_what_cannot_wait_is_refused_with_the_time_it_opens(
    market: PaperMarket,
) -> None:
    market.clock.seconds += 7 * 3600
    with pytest.raises(Refused, match=r"closed \(opens Mon 23 Nov 09:15\)") as caught:
        market.place(MARKET)
    assert caught.value.code == "MARKET_CLOSED"
    with pytest.raises(Refused, match="closed"):
        market.place(LIMIT, time_in_force=TimeInForce.IOC)


def test_a_market_that_is_kept_open_fills_on_a_sunday(tmp_path: Path) -> None:
    market = PaperMarket(
        tmp_path, calendar=TradingCalendar(always_open=True), script=lambda _: FLAT
    )
    market.clock.seconds += 2 * 86_400
    key = market.place(MARKET)
    assert market.after(1, key).status is ReportStatus.FILLED
    market.calendar = TradingCalendar()
    market.restart()
    assert market.report(key).status is ReportStatus.FILLED  # the setting was its own


def test_slippage_never_takes_a_fill_beyond_its_limit(tmp_path: Path) -> None:
    options = PaperOptions(delay=0.0, slippage=5)
    market = PaperMarket(tmp_path, options=options, script=lambda _: FLAT)
    for side, limit in ((Side.BUY, D("1500.10")), (Side.SELL, D("1499.90"))):
        for _ in range(12):
            key = market.place(LIMIT, side=side, price=limit)
            price = market.after(1, key).average_price
            assert price <= limit if side is Side.BUY else price >= limit


def test_nothing_fills_after_the_order_has_expired(tmp_path: Path) -> None:
    close = 14 * 3600 + 600  # after the midnight that ends the day of a market kept open
    market = PaperMarket(
        tmp_path,
        calendar=TradingCalendar(always_open=True),
        script=lambda t: FLAT if t < close else FLAT - 1000,
    )
    key = market.place(LIMIT, price=D("1490.00"))
    report = market.after(20 * 3600, key)
    assert (report.status, report.cum_quantity) == (ReportStatus.EXPIRED, D(0))


# -- changing an order ---------------------------------------------------------------------------


def test_a_replace_is_seen_in_the_book_and_its_price_counts(market: PaperMarket) -> None:
    key = market.place(LIMIT, price=D("1490.00"))
    market.clock.pass_(5)
    wanted = Terms(D(6), D("1500.05"))
    market.broker.replace(LIMIT, key, wanted)
    market.broker.replace(LIMIT, key, wanted)  # harmless
    assert market.report(key).terms == wanted
    report = market.after(1, key)
    assert (report.status, report.cum_quantity) == (ReportStatus.FILLED, D(6))


def test_fills_before_a_cancel_stand_and_none_come_after(tmp_path: Path) -> None:
    market = PaperMarket(tmp_path, script=lambda _: FLAT, lots=4)
    key = market.place(MARKET)
    market.clock.pass_(0.5)
    market.broker.cancel(MARKET, key)
    market.broker.cancel(MARKET, key)  # harmless
    report = market.after(60, key)
    assert (report.status, report.cum_quantity) == (ReportStatus.CANCELLED, D(4))


def test_a_cancel_before_acceptance_leaves_nothing(market: PaperMarket) -> None:
    key = market.place(MARKET)
    market.broker.cancel(MARKET, key)
    report = market.after(60, key)
    assert (report.status, report.cum_quantity) == (ReportStatus.CANCELLED, D(0))


def test_a_filled_order_can_be_neither_cancelled_nor_replaced(market: PaperMarket) -> None:
    key = market.place(LIMIT, price=D("1501.00"))
    market.clock.pass_(1)
    with pytest.raises(Refused, match="already filled") as caught:
        market.broker.cancel(LIMIT, key)
    assert caught.value.code == "ALREADY_FILLED"
    with pytest.raises(Refused, match="already filled"):
        market.broker.replace(LIMIT, key, Terms(D(20), D("1501.00")))
    market.place(LIMIT)  # the write that drops it from the open orders
    with pytest.raises(Refused, match="already filled"):
        market.broker.cancel(LIMIT, key)


def test_a_replace_may_not_ask_for_less_than_was_filled(tmp_path: Path) -> None:
    market = PaperMarket(tmp_path, script=lambda _: FLAT, lots=4)
    key = market.place(LIMIT, price=D("1501.00"))
    market.clock.pass_(0.5)
    with pytest.raises(Refused, match="4 are filled already"):
        market.broker.replace(LIMIT, key, Terms(D(4), D("1501.00")))


def test_an_order_nobody_placed_cannot_be_cancelled(market: PaperMarket) -> None:
    with pytest.raises(Refused, match="no order"):
        market.broker.cancel(LIMIT, "PXXX")


# -- the ledger of truth -------------------------------------------------------------------------


def test_two_sends_of_one_client_order_id_are_two_orders(market: PaperMarket) -> None:
    assert market.place(MARKET) != market.place(MARKET)
    market.clock.pass_(1)
    assert len(market.broker.order_book().reports) == 2
    assert len(market.store.documents("paper", "paper:main#")) == 2
    assert market.broker.positions()[0].quantity == D(20)


def test_orders_placed_at_once_by_many_threads_all_exist_exactly_once(
    market: PaperMarket,
) -> None:
    keys, lock = list[str](), threading.Lock()

    def work() -> None:
        for _ in range(5):
            try:
                key = market.place(MARKET, quantity=D(1))
            except NotSent:
                continue  # proven: nothing was written
            with lock:
                keys.append(key)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    market.clock.pass_(5)
    book = {row.broker_order_id for row in market.broker.order_book().reports}
    assert book == set(keys)
    assert sum(p.quantity for p in market.broker.positions()) == len(keys)


def test_too_late_means_nothing_was_written(market: PaperMarket) -> None:
    with pytest.raises(NotSent, match="too late"):
        market.broker.place(MARKET, not_after=market.clock.monotonic() - 1)
    assert not market.broker.order_book().reports


def test_what_another_process_placed_is_in_the_book_at_once(market: PaperMarket) -> None:
    mine = market.broker
    market.place(MARKET)
    assert len(mine.order_book().reports) == 1
    market.restart()
    key = market.place(MARKET)
    assert len(mine.order_book().reports) == 2
    market.broker.cancel(MARKET, key)
    statuses = {row.broker_order_id: row.status for row in mine.order_book().reports}
    assert statuses[key] is ReportStatus.CANCELLED
    filled = market.place(MARKET)
    market.clock.pass_(60)
    market.place(
        LIMIT, price=D("1400.00")
    )  # the account forgets the ended ones; their day has them
    statuses = {row.broker_order_id: row.status for row in mine.order_book().reports}
    assert (len(statuses), statuses[filled]) == (4, ReportStatus.FILLED)


def test_a_clock_that_steps_back_does_not_mix_up_the_order_of_things(
    market: PaperMarket,
) -> None:
    first = market.place(MARKET)
    filled_at = market.after(60, first).reported_at
    market.place(LIMIT, price=D("1400.00"))
    market.clock.pass_(-3600)
    second = market.place(MARKET, side=Side.SELL)
    report = market.report(second)
    assert report.reported_at > filled_at
    assert market.report(first).status is ReportStatus.FILLED
    assert market.after(3700, second).status is ReportStatus.FILLED
    assert market.broker.positions()[0].quantity == 0


def test_an_account_does_not_grow_with_the_orders_that_have_ended(market: PaperMarket) -> None:
    for _ in range(8):  # one GTC order a day that fills on another day
        key = market.place(LIMIT, price=D("1400.00"), time_in_force=TimeInForce.GTC)
        market.clock.pass_(86_400)
        market.broker.cancel(LIMIT, key)
    market.clock.pass_(86_400 * 5)
    market.place(LIMIT, price=D("1400.00"))
    account = market.store.document("paper_account", "paper:main")
    assert account is not None
    assert len(account.body["open"]) <= 2


class LostReply:
    """Writes, and then nobody hears of it; or does not answer at all."""

    def __init__(self, market: PaperMarket) -> None:
        self._store = market.store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def commit(self, change: Change) -> Sequence[Record]:
        self._store.commit(change)
        raise StoreUnavailable("the answer was lost")


class Silent(LostReply):
    def document(self, kind: str, key: str) -> None:
        raise StoreUnavailable("no answer")


def test_a_lost_reply_of_the_write_is_an_unknown_outcome(market: PaperMarket) -> None:
    whole, market.store = market.store, LostReply(market)  # type: ignore[assignment]
    market.restart()
    with pytest.raises(OutcomeUnknown):
        market.place(MARKET)
    market.store = whole
    market.restart()
    assert len(market.broker.order_book().reports) == 1


def test_a_store_that_cannot_be_read_proves_that_nothing_was_sent(market: PaperMarket) -> None:
    market.store = Silent(market)  # type: ignore[assignment]
    market.restart()
    with pytest.raises(NotSent):
        market.place(MARKET)
    with pytest.raises(NotSent):
        market.broker.order_book()


def test_about_the_set_share_of_orders_is_rejected_and_costs_nothing(tmp_path: Path) -> None:
    market = PaperMarket(
        tmp_path, options=PaperOptions(rejection_rate=0.3, delay=0.0), script=lambda _: FLAT
    )
    for _ in range(150):
        market.place(MARKET, quantity=D(1))
        market.clock.pass_(1)
    reports = market.broker.order_book().reports
    rejected = [row for row in reports if row.status is ReportStatus.REJECTED]
    assert 25 <= len(rejected) <= 65
    assert all(row.cum_quantity == 0 and row.text for row in rejected)
    assert len(market.broker.trades()) == 150 - len(rejected)


# -- money and positions -------------------------------------------------------------------------


def test_a_round_trip_realises_the_difference_and_pays_the_charges(
    moving: Callable[..., PaperMarket],
) -> None:
    market = moving(lambda t: FLAT if t < 5 else FLAT + 200)
    market.place(MARKET)
    market.clock.pass_(10)
    [position] = market.broker.positions()
    assert position.unrealised == (D("1510.00") - D("1500.05")) * 10
    market.place(MARKET, side=Side.SELL)
    market.clock.pass_(10)
    [position] = market.broker.positions()
    assert (position.quantity, position.realised) == (D(0), (D("1509.95") - D("1500.05")) * 10)
    rupees = market.broker.funds()[0]
    paid = sum(fill.charges for fill in market.broker.trades())
    assert rupees.balance == 1_000_000 + position.realised - paid
    assert (rupees.used, rupees.available) == (D(0), rupees.balance)


def test_fills_count_in_the_order_of_their_times_whichever_order_they_belong_to(
    tmp_path: Path,
) -> None:
    market = PaperMarket(tmp_path, script=lambda t: FLAT if t < 1 else FLAT + 200, lots=4)
    market.place(MARKET, quantity=D(8))  # 4 at 1,500.05 and then 4 at 1,510.05
    market.clock.pass_(0.4)
    market.place(MARKET, side=Side.SELL, quantity=D(2))  # between them, at 1,499.95
    market.clock.pass_(5)
    [position] = market.broker.positions()
    assert position.realised == D("-0.20")
    assert position.average_price == (2 * D("1500.05") + 4 * D("1510.05")) / 6


def test_an_order_that_fills_in_parts_pays_its_brokerage_once(tmp_path: Path) -> None:
    market = PaperMarket(tmp_path, script=lambda _: FLAT, lots=4)
    market.place(MARKET)
    for _ in range(3):  # each write books the parts so far
        market.clock.pass_(0.8)
        market.place(LIMIT, price=D("1400.00"), quantity=D(1))
    paid = estimate(INFY, Side.BUY, Product.INTRADAY, D(10), D("1500.05")).total
    assert sum(fill.charges for fill in market.broker.trades()) == paid
    assert market.broker.funds()[0].balance == 1_000_000 - paid


def test_a_position_that_turns_over_starts_anew_at_the_price_of_the_turn(
    moving: Callable[..., PaperMarket],
) -> None:
    market = moving(lambda t: FLAT if t < 5 else FLAT + 200)
    market.place(MARKET)
    market.clock.pass_(10)
    market.place(MARKET, side=Side.SELL, quantity=D(25))
    market.clock.pass_(10)
    [position] = market.broker.positions()
    assert (position.quantity, position.average_price) == (D(-15), D("1509.95"))
    assert position.realised == D("99.00")


def test_what_was_bought_for_delivery_is_a_holding_from_the_next_day(market: PaperMarket) -> None:
    market.place(MARKET, product=Product.DELIVERY)
    market.clock.pass_(60)
    assert [p.quantity for p in market.broker.positions()] == [10]
    assert not market.broker.holdings()
    market.clock.pass_(3 * 86_400)  # Monday
    market.restart()
    [holding] = market.broker.holdings()
    assert (holding.quantity, holding.average_price) == (D(10), D("1500.05"))
    assert not market.broker.positions()
    market.place(MARKET, product=Product.DELIVERY, side=Side.SELL, quantity=D(4))
    market.clock.pass_(60)
    [holding] = market.broker.holdings()
    assert holding.quantity == 6


def test_only_what_is_owned_and_free_can_be_sold_for_delivery(market: PaperMarket) -> None:
    sell = replace(LIMIT, side=Side.SELL, product=Product.DELIVERY, price=D("1600.00"))
    with pytest.raises(Refused, match="0 INFY are free to sell") as caught:
        market.place(sell)
    assert caught.value.code == "INSUFFICIENT_HOLDINGS"
    market.place(MARKET, product=Product.DELIVERY)
    market.clock.pass_(60)
    market.place(sell, quantity=D(6))
    with pytest.raises(Refused, match="4 INFY are free to sell"):
        market.place(sell, quantity=D(5))
    market.place(sell, quantity=D(4))


def test_an_order_the_account_cannot_pay_is_refused_with_both_amounts(
    market: PaperMarket,
) -> None:
    with pytest.raises(Refused, match=r"needs 1050035.00 INR and 1000000.00 are free") as caught:
        market.place(MARKET, product=Product.DELIVERY, quantity=D(700))
    assert caught.value.code == "INSUFFICIENT_FUNDS"


def test_open_orders_hold_their_money_until_they_end(market: PaperMarket) -> None:
    away = replace(LIMIT, price=D("1400.00"), product=Product.DELIVERY, quantity=D(700))
    key = market.place(away)
    with pytest.raises(Refused, match="free"):
        market.place(away)
    market.broker.cancel(away, key)
    market.place(away)


def test_closing_a_position_needs_no_money_and_turning_it_over_does(market: PaperMarket) -> None:
    market.place(MARKET, quantity=D(3000))  # 900,000 of 1,000,000 at 20 %
    market.clock.pass_(60)
    assert market.broker.margin_for(replace(MARKET, side=Side.SELL, quantity=D(3000))).used == 0
    with pytest.raises(Refused, match="free"):
        market.place(MARKET, side=Side.SELL, quantity=D(7000))
    market.place(MARKET, side=Side.SELL, quantity=D(3000))
    market.clock.pass_(60)
    assert market.broker.funds()[0].used == 0


def test_margin_for_says_what_the_order_would_block(market: PaperMarket) -> None:
    full = market.broker.margin_for(replace(LIMIT, product=Product.DELIVERY))
    assert (full.used, full.available) == (D("15000.50"), D(1_000_000))
    assert market.broker.margin_for(LIMIT).used == D("3000.10")


def test_selling_options_needs_margin_and_buying_them_only_the_premium(tmp_path: Path) -> None:
    market = PaperMarket(tmp_path)
    buy = replace(
        LIMIT, instrument=CALL, product=Product.CARRY_FORWARD, quantity=D(65), price=D(100)
    )
    assert market.broker.margin_for(buy).used == 6500
    sold = market.broker.margin_for(replace(buy, side=Side.SELL)).used
    assert sold == D(65) * 24000 * D("0.12") + 6500


def test_an_expired_contract_is_settled_in_money(tmp_path: Path) -> None:
    market = PaperMarket(tmp_path)
    market.place(MARKET, instrument=FUTURE, product=Product.CARRY_FORWARD, quantity=D(65))
    market.clock.pass_(60)
    [position] = market.broker.positions()
    market.clock.pass_(6 * 86_400)
    assert not market.broker.positions()
    rupees = market.broker.funds()[0]
    settled = market.feed.at(FUTURE, 1_795_514_400.0).last  # 24 November, 15:30 in Mumbai
    gain = (settled - position.average_price) * 65
    paid = rupees.balance - 1_000_000 - gain
    assert rupees.used == 0
    assert -500 < paid < 0
    with pytest.raises(Refused, match="expired on 24 Nov 2026"):
        market.place(MARKET, instrument=FUTURE, product=Product.CARRY_FORWARD, quantity=D(65))


def test_coins_and_dollars_have_balances_of_their_own(tmp_path: Path) -> None:
    market = PaperMarket(tmp_path)
    coin = replace(MARKET, instrument=BITCOIN, product=Product.DELIVERY, quantity=D("0.01"))
    market.place(coin)
    market.clock.pass_(60)
    funds = {row.currency: row for row in market.broker.funds()}
    assert set(funds) == {"INR", "USD", "USDT"}
    assert 900 < funds["USDT"].used < 1000
    assert funds["INR"].used == 0
    with pytest.raises(Refused, match="worth at least 5"):
        market.place(coin, order_type=OrderType.LIMIT, price=D("90000.00"), quantity=D("0.00001"))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"instrument": NIFTY}, "is an index"),
        ({"quantity": D("1.5")}, "positive multiple of 1"),
        ({"quantity": D(0)}, "positive multiple of 1"),
        ({"price": D("1500.01")}, "multiple of 0.05"),
        ({"price": None}, "needs a price"),
        ({"trigger": D(1500)}, "takes no trigger"),
        ({"product": Product.CARRY_FORWARD}, "use CNC or MIS"),
        ({"product": Product.MARGIN_FUNDED}, "no margin funding"),
        ({"instrument": FUTURE, "quantity": D(65), "product": Product.DELIVERY}, "use NRML or MIS"),
        ({"instrument": FUTURE, "quantity": D(10)}, "multiple of 65"),
        ({"instrument": FUTURE, "quantity": D(1820)}, "at most 1755"),
        ({"instrument": APPLE}, "only be held for delivery"),
        (
            {"order_type": OrderType.STOP_LIMIT, "trigger": D(1510)},
            "must not lie below its trigger",
        ),
        (
            {"order_type": OrderType.STOP, "price": None, "trigger": D(1510),
             "time_in_force": TimeInForce.IOC},
            "it has to wait",
        ),
    ],
)  # fmt: skip
def test_an_impossible_order_is_refused_at_the_door_in_words(
    market: PaperMarket, changes: dict[str, Any], words: str
) -> None:
    if changes.get("instrument") == FUTURE and "product" not in changes:
        changes = {**changes, "product": Product.CARRY_FORWARD}
    with pytest.raises(Refused, match=words) as caught:
        market.place(LIMIT, **changes)
    assert caught.value.code == "INVALID_ORDER"
    assert not market.broker.order_book().reports


def test_every_instrument_keeps_its_own_position(tmp_path: Path) -> None:
    market = PaperMarket(tmp_path)
    market.place(MARKET)
    market.place(MARKET, product=Product.DELIVERY)
    market.place(MARKET, instrument=FUTURE, product=Product.CARRY_FORWARD, quantity=D(65))
    market.clock.pass_(60)
    rows = {(p.instrument.key, p.product): p.quantity for p in market.broker.positions()}
    assert rows == {
        (FUTURE.key, Product.CARRY_FORWARD): 65,
        (INFY.key, Product.DELIVERY): 10,
        (INFY.key, Product.INTRADAY): 10,
    }


def test_place_accepts_until_the_last_moment(market: PaperMarket) -> None:
    assert market.broker.place(MARKET, not_after=FOREVER).startswith("P")
