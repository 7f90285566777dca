"""Promises about orders: what is sent, what is refused, and what the book says of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

import pytest
from conformance.case import Case
from samples import DRAFT

from tradegram.brokers.contract import Book, Identity
from tradegram.brokers.protection import PROTECTED
from tradegram.codes import code_of
from tradegram.errors import BrokerError, NotSent, OutcomeUnknown, Refused, UserError
from tradegram.model import (
    ExecutionReport,
    OrderIntent,
    OrderType,
    Product,
    ReportStatus,
    Side,
    Terms,
    TimeInForce,
)
from tradegram.sims.floor import Entry, Standing
from tradegram.tickets.terms import check_broker, possible_products


def _report(case: Case, order_id: str) -> ExecutionReport:
    """The one row that the book has of it."""
    [row] = [row for row in case.book().reports if row.broker_order_id == order_id]
    return row


def _resting(case: Case, **changes: object) -> tuple[OrderIntent, str, Entry]:
    intent = case.intent(**changes)
    order_id = case.place(intent)
    [entry] = case.entries(intent)
    return intent, order_id, entry


def _with_prices(case: Case, order_type: OrderType) -> OrderIntent:
    """A buy of this type that neither trades nor wakes."""
    tick = case.instrument.tick_size
    above = case.price + 20 * tick
    return {
        OrderType.MARKET: case.intent(order_type=order_type, price=None),
        OrderType.LIMIT: case.intent(),
        OrderType.STOP: case.intent(order_type=order_type, price=None, trigger=above),
        OrderType.STOP_LIMIT: case.intent(order_type=order_type, price=above + tick, trigger=above),
    }[order_type]


def _sendable(case: Case) -> Iterable[OrderIntent]:
    """Each word that the profile has, once."""
    profile = case.profile
    yield from (_with_prices(case, one) for one in OrderType if one in profile.order_types)
    yield from (case.intent(side=side) for side in Side)
    possible = possible_products(case.instrument)
    wanted = (one for one in Product if one in profile.products and one in possible)
    yield from (case.intent(product=one) for one in wanted)
    yield from (
        case.intent(time_in_force=one) for one in TimeInForce if one in profile.times_in_force
    )


def every_word_of_the_profile_is_sent_and_arrives_as_it_was_meant(case: Case) -> None:
    case.floor.rests = True
    for intent in _sendable(case):
        before = set(case.floor.entries)
        case.place(intent)
        [new] = set(case.floor.entries) - before
        entry = case.floor.entries[new]
        arrived = (entry.side, entry.order_type, entry.quantity, entry.price, entry.trigger)
        assert arrived == (
            intent.side, intent.order_type, intent.quantity, intent.price, intent.trigger
        )  # fmt: skip
        case.floor.end(entry, Standing.CANCELLED)
        case.clock.pass_(1.0)


def different_products_and_validities_are_different_words(case: Case) -> None:
    case.floor.rests = True
    words: dict[object, tuple[str, str]] = {}
    for intent in _sendable(case):
        before = set(case.floor.entries)
        case.place(intent)
        [new] = set(case.floor.entries) - before
        entry = case.floor.entries[new]
        words[intent.product, intent.time_in_force] = (entry.product, entry.validity)
        case.floor.end(entry, Standing.CANCELLED)
        case.clock.pass_(1.0)
    assert len(set(words.values())) == len(words)


def what_the_profile_lacks_is_refused_when_the_ticket_is_made(case: Case) -> None:
    profile = case.profile
    usual = replace(
        DRAFT,
        instrument=case.instrument,
        order_type=OrderType.LIMIT,
        product=case.product,
        time_in_force=case.validity,
    )
    check_broker(usual, profile)
    # Where there are no market orders the ticket is for a bounded one.
    bounded = {one for one, sent in PROTECTED.items() if sent in profile.order_types}
    lacking = set(OrderType) - profile.order_types - bounded
    drafts = [replace(usual, order_type=one) for one in lacking]
    drafts += [
        replace(usual, time_in_force=one) for one in set(TimeInForce) - profile.times_in_force
    ]
    drafts += [replace(usual, product=one) for one in set(Product) - profile.products]
    drafts += [replace(usual, plain_market=True)] if not profile.plain_market else []
    for draft in drafts:
        with pytest.raises(UserError):
            check_broker(draft, profile)


def the_client_order_id_fits_the_wire_and_comes_back(case: Case) -> None:
    intent, order_id, _ = _resting(case)
    shown = _report(case, order_id).client_order_id
    if case.profile.tag_length:
        assert len(case.floor.referring(intent.wire_id)) == 1
        assert shown == intent.wire_id
    else:
        assert (shown, case.profile.identity) == ("", Identity.NONE)


def a_second_order_with_the_same_id_is_what_the_profile_says(case: Case) -> None:
    case.floor.rests = True
    intent, *_ = _resting(case)
    case.clock.pass_(1.0)
    if case.profile.identity in (Identity.DEDUPES, Identity.LOOKUP):
        # It "is there already" says nothing of what became of it: that is looked up.
        with pytest.raises((Refused, OutcomeUnknown)):
            case.place(intent)
        assert len(case.entries(intent)) == 1
    else:
        case.place(intent)
        assert len(case.entries(intent)) == 2


def every_refusal_of_the_table_is_final_and_means_what_it_says(case: Case) -> None:
    rows = case.refusals()
    assert case.table() <= {row.key for row in rows}, "a row of the adapter's table is not tried"
    for row in rows:
        intent = case.intent()
        case.refuse(row)
        with pytest.raises(Refused) as caught:
            case.place(intent)
        assert (type(caught.value), code_of(caught.value)) == (row.kind, row.code), row.key
        assert case.entries(intent) == []
        case.clock.pass_(1.0)


def words_of_a_refusal_under_a_gateways_status_prove_nothing(case: Case) -> None:
    for row in case.refusals():
        case.refuse(replace(row, answer=replace(row.answer, status=502)))
        with pytest.raises(OutcomeUnknown):
            case.place(case.intent())
        case.clock.pass_(1.0)


def an_error_in_unknown_words_proves_nothing(case: Case) -> None:
    case.strange_error()
    with pytest.raises(OutcomeUnknown):
        case.place(case.intent())


def a_status_in_unknown_words_is_set_aside_and_hides_no_other_order(case: Case) -> None:
    _, strange, entry = _resting(case)
    case.clock.pass_(1.0)
    _, known, _ = _resting(case)
    case.strange_status(entry)
    book = case.book()
    assert [row.broker_order_id for row in book.reports] == [known]
    assert len(book.unreadable) == 1
    assert strange in book.unreadable[0]


def the_book_has_the_whole_day_with_orders_that_ended(case: Case) -> None:
    wanted: dict[str, ReportStatus] = {}
    for standing, status in (
        (Standing.OPEN, ReportStatus.NEW),
        (Standing.FILLED, ReportStatus.FILLED),
        (Standing.CANCELLED, ReportStatus.CANCELLED),
        (Standing.REJECTED, ReportStatus.REJECTED),
    ):
        _, order_id, entry = _resting(case)
        wanted[order_id] = status
        if standing is Standing.FILLED:
            case.floor.fill(entry, entry.quantity, case.below)
        elif standing is not Standing.OPEN:
            case.floor.end(entry, standing, "the exchange says why")
        case.clock.pass_(1.0)
    book: Book = case.book()
    assert list(book.unreadable) == []
    assert {row.broker_order_id: row.status for row in book.reports} == wanted


def the_book_says_whose_what_and_at_which_terms(case: Case) -> None:
    intent, order_id, _ = _resting(case)
    row = _report(case, order_id)
    assert row.terms == Terms(intent.quantity, intent.price)
    assert (row.instrument, row.side) == (intent.instrument.key, "BUY")
    assert abs(row.reported_at - case.clock.now()) < 60


def a_stop_is_in_the_book_with_both_its_prices(case: Case) -> None:
    case.floor.rests = True
    intent = _with_prices(case, OrderType.STOP_LIMIT)
    order_id = case.place(intent)
    row = _report(case, order_id)
    assert row.terms == Terms(intent.quantity, intent.price, intent.trigger)
    assert row.status is ReportStatus.NEW


def a_part_that_filled_is_counted_with_its_price(case: Case) -> None:
    _, order_id, entry = _resting(case)
    lot, tick = case.instrument.lot_size, case.instrument.tick_size
    first, second = case.quantity / 4 // lot * lot, case.quantity / 2 // lot * lot
    better, best = case.below - 40 * tick, case.below - 80 * tick
    case.floor.fill(entry, first, better)
    case.floor.fill(entry, second, best)
    row = _report(case, order_id)
    average = (first * better + second * best) / (first + second)
    assert row.status is ReportStatus.NEW
    assert (row.quantity, row.cum_quantity) == (case.quantity, first + second)
    assert abs(row.average_price - average) < tick


def a_replace_changes_what_it_says_and_nothing_else(case: Case) -> None:
    intent, order_id, entry = _resting(case)
    wanted = case.changed()
    case.broker().replace(intent, order_id, wanted)
    now = _working(case, entry)
    assert (now.quantity, now.price, now.trigger) == (wanted.quantity, wanted.price, None)
    assert now.order_type is OrderType.LIMIT
    assert _working_report(case).terms == wanted


def a_replace_of_what_filled_meanwhile_is_refused_or_unknown(case: Case) -> None:
    intent, order_id, entry = _resting(case)
    case.floor.fill(entry, entry.quantity, case.below)
    wanted = Terms(case.quantity, case.below - case.instrument.tick_size)
    with pytest.raises((Refused, OutcomeUnknown)):
        case.broker().replace(intent, order_id, wanted)
    assert _report(case, order_id).status is ReportStatus.FILLED
    assert len(case.floor.entries) == 1


def a_cancel_ends_the_order(case: Case) -> None:
    intent, order_id, entry = _resting(case)
    case.broker().cancel(intent, order_id)
    assert entry.standing is Standing.CANCELLED
    assert _report(case, order_id).status is ReportStatus.CANCELLED


def a_cancel_of_what_filled_meanwhile_is_refused_or_unknown(case: Case) -> None:
    intent, order_id, entry = _resting(case)
    case.floor.fill(entry, entry.quantity, case.below)
    with pytest.raises((Refused, OutcomeUnknown)):
        case.broker().cancel(intent, order_id)
    assert _report(case, order_id).status is ReportStatus.FILLED


def a_part_filled_before_a_cancel_stays_counted(case: Case) -> None:
    intent, order_id, entry = _resting(case)
    part = case.quantity / 4 // case.instrument.lot_size * case.instrument.lot_size
    case.floor.fill(entry, part, case.below)
    case.broker().cancel(intent, order_id)
    row = _report(case, order_id)
    assert (row.status, row.cum_quantity) == (ReportStatus.CANCELLED, part)


def numbers_are_exact_on_the_wire(case: Case) -> None:
    tick, lot = case.instrument.tick_size, case.instrument.lot_size
    round_ = (Decimal(10) ** case.below.adjusted()).normalize()  # 1E+3
    for price in (case.below, case.below - tick, tick * 3, round_):
        intent = case.intent(price=price, quantity=(lot * 100).normalize())
        case.place(intent)
        [entry] = case.entries(intent)
        assert (entry.price, entry.quantity) == (price, lot * 100)
        assert not re.search(r"\d[eE][+-]?\d", _numbers(case.last_order()))
        assert not re.search(r"\d\.\d{9,}", case.last_order())
        case.clock.pass_(1.0)


def what_the_lease_no_longer_covers_does_not_leave(case: Case) -> None:
    broker, before = case.broker(), case.asked()
    with pytest.raises(NotSent):
        broker.place(case.intent(), not_after=case.clock.monotonic() - 1)
    assert (case.asked(), case.floor.entries) == (before, {})


def an_error_is_always_one_of_the_contracts(case: Case) -> None:
    intent = case.intent()
    with pytest.raises(BrokerError):
        case.broker().cancel(intent, "000000000000")
    with pytest.raises(BrokerError):
        case.broker().replace(intent, "000000000000", Terms(case.quantity, case.below))
    assert case.floor.entries == {}


def _numbers(written: str) -> str:
    """Without the values that are words: ids and signatures may look like anything."""
    return " ".join(re.findall(r"(?<![A-Za-z0-9])[-+.\deE]+(?![A-Za-z0-9])", written))


def _working(case: Case, entry: Entry) -> Entry:
    """A replaced order is another one at some brokers."""
    live = [one for one in case.floor.entries.values() if one.standing.is_live]
    assert len(live) == 1
    return live[0]


def _working_report(case: Case) -> ExecutionReport:
    [row] = [row for row in case.book().reports if row.status is ReportStatus.NEW]
    return row
