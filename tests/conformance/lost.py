"""Promises about answers that do not come: nothing is sent twice, and nothing is guessed."""

from __future__ import annotations

from contextlib import suppress

import pytest
from conformance.case import Case, HttpCase

from tradegram.brokers.contract import Identity
from tradegram.errors import NotSent, OutcomeUnknown
from tradegram.model import ExecutionReport, OrderIntent, Terms
from tradegram.sims.floor import Standing


def _rows(case: Case, intent: OrderIntent) -> list[ExecutionReport]:
    """What can be ours in the book, by our id, or by terms where none is kept."""
    rows = case.book().reports
    if case.profile.identity is Identity.NONE:
        terms = Terms(intent.quantity, intent.price, intent.trigger)
        return [row for row in rows if (row.terms, row.side) == (terms, intent.side)]
    return [row for row in rows if row.client_order_id == intent.wire_id]


def _unknown_and_once(case: Case) -> None:
    """Placing ends unknown, nothing is sent again, and the order is there once."""
    intent, before = case.intent(), case.asked()
    with pytest.raises(OutcomeUnknown):
        case.place(intent)
    assert case.asked() == before + 1
    assert len(case.entries(intent)) == 1


def a_lost_answer_is_unknown_and_the_order_is_found_in_the_book_once(case: Case) -> None:
    case.broker()
    intent = case.intent()
    case.lose()
    with pytest.raises(OutcomeUnknown):
        case.place(intent)
    [row] = _rows(case, intent)
    [entry] = case.entries(intent)
    assert row.broker_order_id == entry.order_id


def what_never_arrived_is_unknown_too_and_is_not_sent_again(case: Case) -> None:
    case.broker()
    intent = case.intent()
    case.cut()
    with pytest.raises(OutcomeUnknown):
        case.place(intent)
    assert case.entries(intent) == []
    assert _rows(case, intent) == []


def an_answer_that_cannot_be_read_is_unknown(case: Case) -> None:
    case.broker()
    case.garble()
    _unknown_and_once(case)


def no_order_takes_trouble_for_an_answer(case: Case) -> None:
    assert isinstance(case, HttpCase)
    intent = case.intent()
    order_id = case.place(intent)
    broker, wanted = case.broker(), Terms(case.quantity, case.below - case.instrument.tick_size)
    for trouble in case.troubles():
        for attempt in (
            lambda: case.place(case.intent()),
            lambda: broker.replace(intent, order_id, wanted),
        ):
            case.clock.pass_(1.0)
            before = case.asked()
            case.answer_instead(trouble)
            with pytest.raises(OutcomeUnknown):
                attempt()
            assert (case.asked(), case.wire.instead) == (before + 1, [])
        # An empty answer is a broker's way to say that a cancel was taken; the book decides.
        case.clock.pass_(1.0)
        case.answer_instead(trouble)
        with suppress(OutcomeUnknown):
            broker.cancel(intent, order_id)
    assert len(case.floor.entries) == 1


def a_gateway_that_fails_after_acceptance_is_unknown(case: Case) -> None:
    case.broker()
    for status in (502, 504):
        case.gateway(status, done=True)
        _unknown_and_once(case)
        _sweep(case)


def a_gateway_that_fails_before_acceptance_is_unknown_and_nothing_is_resent(case: Case) -> None:
    case.broker()
    for status in (500, 502, 503, 504):
        intent, before = case.intent(), case.asked()
        case.gateway(status, done=False)
        with pytest.raises(OutcomeUnknown):
            case.place(intent)
        assert (case.asked(), case.entries(intent)) == (before + 1, [])
        case.clock.pass_(1.0)


def where_there_is_no_connection_nothing_was_sent(case: Case) -> None:
    case.unreachable()
    with pytest.raises(NotSent):
        case.place(case.intent())
    with pytest.raises(NotSent):
        case.broker().order_book()
    assert case.floor.entries == {}


def a_lost_answer_to_a_cancel_is_unknown_and_the_book_tells(case: Case) -> None:
    intent = case.intent()
    order_id = case.place(intent)
    case.clock.pass_(1.0)
    case.lose()
    with pytest.raises(OutcomeUnknown):
        case.broker().cancel(intent, order_id)
    [entry] = case.entries(intent)
    assert entry.standing is Standing.CANCELLED


def a_lost_answer_to_a_replace_is_unknown_and_the_book_tells(case: Case) -> None:
    intent = case.intent()
    order_id = case.place(intent)
    case.clock.pass_(1.0)
    wanted = case.changed()
    case.lose()
    with pytest.raises(OutcomeUnknown):
        case.broker().replace(intent, order_id, wanted)
    assert wanted in [row.terms for row in case.book().reports]


def _sweep(case: Case) -> None:
    for entry in case.floor.entries.values():
        if entry.standing.is_live:
            case.floor.end(entry, Standing.CANCELLED)
    case.clock.pass_(1.0)
