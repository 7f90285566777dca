"""
Send one staged order, at most once.

The write that claims the order comes before the request, so that a worker that dies anywhere in
between leaves SENDING behind, and nobody sends it again. What became of it is then a question
for the broker's own book: see `reconcile`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tradegram.brokers.contract import seconds_to_wait, why_closed
from tradegram.codes import Code, code_of
from tradegram.errors import (
    Conflict,
    NotSent,
    OutcomeUnknown,
    Refused,
    SessionExpired,
    StoreFull,
    StoreUnavailable,
    Throttled,
)
from tradegram.model import ExecutionReport, ReportStatus
from tradegram.orders.hedges import a_hedge_failed, may_leave
from tradegram.orders.late import late
from tradegram.orders.nameless import keeps_no_name, turn_of
from tradegram.orders.report import WRITE_ATTEMPTS, apply_report, notice
from tradegram.orders.state import TERMINAL, Order, State, move
from tradegram.ports import Document, OrderDesk, commit_order
from tradegram.risk.kill import is_killed

# Longer than the client's slowest request (13 s) and shorter than the queue's redelivery (60 s).
LEASE = 30.0
SEND_WINDOW = 10.0


class TryLater(Exception):
    """Nothing was sent, and sending is still right. Come back after `seconds`."""

    def __init__(self, seconds: float = 1.0) -> None:
        super().__init__(f"try again in {seconds} s")
        self.seconds = seconds


class Held(TryLater):
    """
    The broker does not answer, or something else must be known first. Nobody need hold a bell for
    it: the sweeper rings again.
    """


def send_order(desk: OrderDesk, order: Order) -> Order:
    """
    Take a STAGED order to whatever its first attempt proves.

    order: just read; an older one is not claimed, but comes again. Safe to call twice, from two
    workers, at any time. Raises TryLater, StoreError.
    """
    if order.state is not State.STAGED:
        return order
    denial = _denial(desk, order)
    if denial:
        why, code = denial
        return _record(desk, order, why, state=State.DENIED, code=code)
    if not may_leave(desk, order):
        # Behind one that waits itself there is nothing to wait for yet: in a long basket each of
        # its orders would hold up the account's cancels.
        waits = desk.store.order(order.after).state is State.STAGED
        raise Held if waits else TryLater
    try:
        broker = desk.brokers.broker(order.account_id)
    except SessionExpired as error:
        why = f"not logged in: {error.words}"
        return _record(desk, order, why, state=State.DENIED, code=code_of(error))
    turn = _turn(desk, order)
    # From here on every second counts: what was found may be true no more.
    if wait := seconds_to_wait(broker):  # nothing is claimed for an order that only waits
        raise (Held if why_closed(broker) else TryLater)(wait)
    not_after = desk.clock.monotonic() + SEND_WINDOW
    order = _claim(desk, order, turn)
    if stopped_meanwhile(desk):
        _record(desk, order, "stopped before sending", state=State.STAGED)
        raise TryLater

    try:
        broker_order_id = broker.place(order.intent, not_after=not_after)
    except (NotSent, Throttled) as error:
        _record(desk, order, error.words, state=State.STAGED, code=code_of(error))
        raise TryLater(getattr(error, "retry_after", 1.0)) from error
    except Refused as error:
        return _record(desk, order, error.words, state=State.REFUSED, code=code_of(error))
    except OutcomeUnknown as error:
        return _record(desk, order, error.words, state=State.UNKNOWN)
    return _acknowledge(desk, order, broker_order_id)


def _denial(desk: OrderDesk, order: Order) -> tuple[str, str] | None:
    """Why it must not be sent, in words and as a code; None when it may."""
    if order.cancel_wanted:
        return "cancelled before sending", ""
    if desk.clock.now() > order.send_by:
        # A message can sit in a queue, or be redriven from a dead-letter queue, for hours. The
        # holder asked for a trade at a moment, and that moment has passed.
        return late(desk, order)
    if is_killed(desk.store):
        return "the kill switch is on", Code.RISK_DENIED
    if order.after and desk.store.order(order.after).state in TERMINAL - {State.FILLED}:
        return "the order it was to follow is not in the market", Code.RISK_DENIED
    if order.after and a_hedge_failed(desk, order):
        return "the hedge it was to follow is not in the market", Code.RISK_DENIED
    return None


def stopped_meanwhile(desk: OrderDesk) -> bool:
    """The switch counts up to the request itself; a switch nobody can read stops too."""
    try:
        return is_killed(desk.store)
    except StoreUnavailable:
        return True


def _turn(desk: OrderDesk, order: Order) -> Sequence[Document]:
    """What is written with the claim where the broker could not tell two orders apart."""
    if not keeps_no_name(desk, order):
        return ()
    turn = turn_of(desk, order)
    if turn is None:
        raise Held
    return (turn,)


def _claim(desk: OrderDesk, order: Order, turn: Sequence[Document]) -> Order:
    owner, now = desk.ids.nonce(), desk.clock.now()
    if now > order.send_by:  # the machine may have slept since this was looked at
        raise TryLater
    claimed = move(order, State.SENDING, owner=owner, lease_until=now + LEASE, sent_at=now)
    try:
        event = {"event": "claimed", "owner": owner}
        return commit_order(desk.store, claimed, event, before=order, also=turn)
    except Conflict as error:
        raise TryLater from error
    except StoreUnavailable:
        # The write may have landed and its answer been lost. Only the stored owner can tell.
        stored = desk.store.order(order.key)
        if stored.state is State.SENDING and stored.owner == owner:
            return stored
        raise


def _record(desk: OrderDesk, order: Order, why: str, *, state: State, code: str = "") -> Order:
    """Write what the attempt proved, unless the broker's book has meanwhile proved more."""
    for _ in range(WRITE_ATTEMPTS):
        known = Code.OUTCOME_UNKNOWN if state is State.UNKNOWN else code
        after = replace(move(order, state), text=why, code=known)
        owed = () if state is State.STAGED else (notice(after, state.lower(), why),)
        try:
            return commit_order(
                desk.store, after, {"event": state, "why": why}, *owed, before=order
            )
        except StoreFull:
            raise  # trying at once again cannot help
        except (Conflict, StoreUnavailable):
            stored = desk.store.order(order.key)
            if stored.state is not order.state or stored.owner != order.owner:
                return stored
            order = stored
    raise StoreUnavailable(f"{order.key}: gave up writing {state}")


def _acknowledge(desk: OrderDesk, order: Order, broker_order_id: str) -> Order:
    report = ExecutionReport(
        broker_order_id=broker_order_id,
        client_order_id=order.intent.wire_id,
        status=ReportStatus.PENDING_NEW,
        quantity=order.intent.quantity,
        cum_quantity=order.cum_quantity,
        average_price=order.average_price,
        reported_at=desk.clock.now(),
    )
    return apply_report(desk, order, report)
