"""Promises about who is let in, how often and from where, and about what is kept quiet."""

from __future__ import annotations

import io
import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from conformance.case import Case, HttpCase

from tradegram.brokers.contract import LoggedIn, Login
from tradegram.codes import Code, code_of
from tradegram.errors import BrokerError, Refused, SessionExpired, Throttled
from tradegram.model import Session


def a_login_lets_in_whom_it_says_and_ends_within_a_day(case: Case) -> None:
    session: Session = case.log_in()
    if case.profile.login in (Login.REDIRECT, Login.CODES):
        assert 0 < session.expires_at - case.clock.now() <= 25 * 3600
    broker = case.broker()
    assert isinstance(broker, LoggedIn)
    said = broker.check()
    if isinstance(case, HttpCase) and case.profile.login is not Login.KEYS:
        assert said in ("", case.user), "this would be taken for another customer"


def wrong_credentials_are_called_that(case: Case) -> None:
    with pytest.raises(Refused) as caught:
        case.log_in_wrongly()
    assert code_of(caught.value) is Code.INVALID_CREDENTIALS


def a_session_that_ended_is_said_by_reads_and_by_orders(case: Case) -> None:
    broker = case.broker()
    case.expire()
    attempts: tuple[Callable[[], object], ...] = (
        broker.order_book,
        broker.positions,
        broker.funds,
        lambda: case.place(case.intent()),
    )
    for attempt in attempts:
        with pytest.raises(SessionExpired):
            attempt()
        case.clock.pass_(1.0)
    assert case.floor.entries == {}


def after_a_logout_the_session_is_gone(case: Case) -> None:
    broker = case.broker()
    assert isinstance(broker, LoggedIn)
    broker.log_out()
    case.clock.pass_(1.0)
    with pytest.raises(SessionExpired):
        broker.order_book()


def one_call_too_many_is_throttled_and_nothing_is_accepted(case: Case) -> None:
    case.broker()
    case.throttle()
    with pytest.raises(Throttled) as caught:
        case.place(case.intent())
    assert caught.value.retry_after > 0
    assert case.floor.entries == {}


def an_address_that_is_not_registered_is_called_that(case: Case) -> None:
    case.broker()
    case.forget_address()
    with pytest.raises(Refused) as caught:
        case.place(case.intent())
    assert code_of(caught.value) is Code.IP_NOT_REGISTERED
    assert case.floor.entries == {}
    case.clock.pass_(1.0)
    assert case.book().reports == []


def no_secret_is_in_a_log_a_repr_or_an_error(case: Case) -> None:
    with _overheard() as said:
        secrets = case.secrets()
        broker = case.broker()
        said.write(repr((broker, case.log_in(), case)))
        intent = case.intent()
        said.write(repr(case.place(intent)))
        for trouble in (
            case.lose,
            case.garble,
            case.strange_error,
            case.quote_secrets,
            case.expire,
            case.unreachable,
        ):
            trouble()
            case.clock.pass_(1.0)
            try:
                case.place(case.intent())
            except BrokerError as error:
                said.write(repr(error) + repr(vars(error)))
                said.write("".join(traceback.format_exception(error)))
    assert secrets
    assert [secret for secret in secrets if secret in said.getvalue()] == []


@contextmanager
def _overheard() -> Iterator[io.StringIO]:
    """All that is logged at any level, and what the caller writes."""
    text, root = io.StringIO(), logging.getLogger()
    ear, level = logging.StreamHandler(text), root.level
    root.addHandler(ear)
    root.setLevel(logging.DEBUG)
    try:
        yield text
    finally:
        root.setLevel(level)
        root.removeHandler(ear)
