"""
The life of an order, as a pure function of what we did and what the broker said.

States we reach by our own acts are *local*; states a broker's record proves are *evidenced*.
Evidence outranks every local belief, so an order we wrote off comes back when it is found.

Every legal move raises `progress(order)`. So there are no cycles, and reports may arrive twice,
late, or out of order: `fold` takes a maximum, and a maximum does not care.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from tradegram.codes import Code
from tradegram.copies import replace
from tradegram.model import ExecutionReport, OrderIntent, ReportStatus, Terms


class State(StrEnum):
    # Local, in rising rank.
    STAGED = "STAGED"  # written, not sent
    SENDING = "SENDING"  # one worker holds the right to send it, until lease_until
    UNKNOWN = "UNKNOWN"  # it may be live; never sent again
    REFUSED = "REFUSED"  # the broker said no at the door; there is no order row
    VOID = "VOID"  # proven never taken
    DENIED = "DENIED"  # we refused it ourselves; it never left
    # Evidenced, in rising rank (FIX OrdStatus precedence: Filled > Canceled > New).
    SUBMITTED = "SUBMITTED"  # the broker gave it an order id; not yet at the exchange
    WORKING = "WORKING"  # live at the exchange, with or without fills
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"
    FILLED = "FILLED"


LOCAL = (State.STAGED, State.SENDING, State.UNKNOWN, State.REFUSED, State.VOID, State.DENIED)
WRITTEN_OFF = frozenset({State.REFUSED, State.VOID, State.DENIED})
RANK = {state: rank for rank, state in enumerate(State)}
TERMINAL = frozenset(State) - {
    State.STAGED,
    State.SENDING,
    State.UNKNOWN,
    State.SUBMITTED,
    State.WORKING,
}

FROM_REPORT = {
    ReportStatus.PENDING_NEW: State.SUBMITTED,
    ReportStatus.NEW: State.WORKING,
    ReportStatus.REJECTED: State.REJECTED,
    ReportStatus.EXPIRED: State.EXPIRED,
    ReportStatus.CANCELLED: State.CANCELLED,
    ReportStatus.FILLED: State.FILLED,
}

LEGAL: dict[State, frozenset[State]] = {
    State.STAGED: frozenset({State.SENDING, State.DENIED}),
    State.SENDING: frozenset({State.STAGED, State.UNKNOWN, State.REFUSED}),
    State.UNKNOWN: frozenset({State.VOID}),
    **{state: frozenset[State]() for state in State if RANK[state] >= RANK[State.REFUSED]},
}


@dataclass(frozen=True, slots=True)
class Order:
    """
    An intent and what became of it.

    staged_at, send_by, lease_until, sent_at: seconds since the epoch, by the writing worker's
    clock. absences: whole books, fetched late enough to list it, that did not. settled: the
    trading day is over and the book was compared; nothing more is asked about it.
    after: the client order id of the leg that must be at the broker first; "" for none.
    replaces: how many changes of terms the broker's book has confirmed; terms: the last of them.
    modifications: how many changes were asked of the broker, heard or not; it counts them too.
    by_terms: the broker keeps no name of ours, and this row was the only one that could be it.
    code: of `codes.Code`, why it did not go through; "" while it did.
    """

    intent: OrderIntent
    send_by: float
    user_id: int = 0
    ticket_id: str = ""
    staged_at: float = 0.0
    state: State = State.STAGED
    version: int = 0
    attempt: int = 0
    owner: str = ""
    lease_until: float = 0.0
    sent_at: float = 0.0
    broker_order_id: str = ""
    cum_quantity: Decimal = Decimal(0)
    average_price: Decimal = Decimal(0)
    terms: Terms | None = None
    replace_wanted: Terms | None = None
    replaces: int = 0
    replace_tries: int = 0
    modifications: int = 0
    cancel_wanted: bool = False
    absences: int = 0
    alerted: bool = False
    settled: bool = False
    after: str = ""
    by_terms: bool = False
    text: str = field(default="", compare=False)  # for people; no rule reads it
    code: str = field(default="", compare=False)  # nor this

    @property
    def key(self) -> str:
        return self.intent.client_order_id

    @property
    def account_id(self) -> str:
        return self.intent.account_id

    @property
    def quantity(self) -> Decimal:
        """Units asked for now: the intent's, or those of the last confirmed replace."""
        return self.terms.quantity if self.terms else self.intent.quantity

    @property
    def price(self) -> Decimal | None:
        return self.terms.price if self.terms else self.intent.price

    @property
    def trigger(self) -> Decimal | None:
        return self.terms.trigger if self.terms else self.intent.trigger

    @property
    def leaves_quantity(self) -> Decimal:
        """Units that may still fill; zero once the order is terminal."""
        if self.state in TERMINAL:
            return Decimal(0)
        return max(self.quantity - self.cum_quantity, Decimal(0))

    @property
    def may_fill(self) -> Decimal:
        """The same, with what a change that was wished for would add: it may be made already."""
        if self.replace_wanted is None or not self.leaves_quantity:
            return self.leaves_quantity
        return max(self.quantity, self.replace_wanted.quantity) - self.cum_quantity


def progress(order: Order) -> tuple[bool, int, int, Decimal]:
    """A measure that every legal move raises."""
    evidenced = order.state not in LOCAL
    attempt = 0 if evidenced else order.attempt
    return evidenced, attempt, RANK[order.state], order.cum_quantity


def move(order: Order, state: State, **changes: Any) -> Order:
    """Move to a local state. Raises ValueError when the move is not legal."""
    if state not in LEGAL[order.state]:
        raise ValueError(f"{order.state} -> {state} is not legal")
    attempt = order.attempt + (state is State.STAGED)
    return replace(order, state=state, attempt=attempt, **changes)


def fold(order: Order, report: ExecutionReport) -> Order:
    """
    What we know after hearing `report`. Idempotent, and the same in any order of hearing.

    A fill that arrives after CANCELLED still counts: at an exchange the two can cross. Terms are
    not folded here: which of two replaces came last is our knowledge, not the report's.
    """
    heard = FROM_REPORT[report.status]
    if report.quantity > 0 and report.cum_quantity >= report.quantity:
        heard = State.FILLED
    if _repeats(order, report, heard):
        return order
    cum = max(order.cum_quantity, report.cum_quantity)
    state = max(order.state, heard, key=RANK.__getitem__)
    price = max(
        (order.cum_quantity, order.average_price),
        (report.cum_quantity, report.average_price),
    )[1]
    broker_order_id = max(order.broker_order_id, report.broker_order_id)
    text = report.text or order.text
    known = (
        order.state,
        order.broker_order_id,
        order.cum_quantity,
        order.average_price,
        order.text,
    )
    if (state, broker_order_id, cum, price, text) == known:
        return order  # an older report
    return replace(
        order,
        state=state,
        broker_order_id=broker_order_id,
        cum_quantity=cum,
        average_price=price,
        text=text,
        code=_code(order, report, state),
    )


def _repeats(order: Order, report: ExecutionReport, heard: State) -> bool:
    """Most rows of a book say exactly what is known, and are asked for this alone."""
    return (
        heard is order.state
        and report.cum_quantity == order.cum_quantity
        and report.average_price == order.average_price
        and report.broker_order_id == order.broker_order_id
        and report.text in ("", order.text)
    )


def _code(order: Order, report: ExecutionReport, state: State) -> str:
    """Of an order that the broker took, only a rejection has one."""
    if state is not State.REJECTED:
        return ""
    return report.code or (order.code if order.state is state else "") or Code.ORDER_REJECTED


def confirm_terms(order: Order, report: ExecutionReport) -> Order:
    """Clear the wish to replace once the broker's book shows the terms that were wished for."""
    wanted = order.replace_wanted
    if not order.replace_tries:
        return order  # the book was asked before the change was
    if wanted is None or report.terms != wanted:
        return order
    return replace(order, terms=wanted, replace_wanted=None, replaces=order.replaces + 1)


def adopt_terms(order: Order, report: ExecutionReport) -> Order:
    """
    Take over the terms of a row of the broker's book that nobody here wishes to change.

    Of two changes the earlier may arrive last, and people change orders in the broker's own app.
    Only for rows of a book that was just fetched: an older message would bring older terms.
    """
    said = report.terms
    if said is None or order.replace_wanted is not None or order.state in TERMINAL:
        return order
    known = order.terms or order.intent
    # Prices that the order type does not have are the broker's own business.
    price = None if known.price is None else said.price
    trigger = None if known.trigger is None else said.trigger
    if (said.quantity, price, trigger) == (known.quantity, known.price, known.trigger):
        return order
    terms = Terms(said.quantity, price, trigger)
    return replace(order, terms=terms, replaces=order.replaces + 1)


# What an audit event says of a change; leases and attempts are our own affair.
TOLD = (
    "state", "broker_order_id", "cum_quantity", "average_price", "terms", "replace_wanted",
    "cancel_wanted", "settled",
)  # fmt: skip


def told_apart(before: Order, after: Order) -> tuple[dict[str, str], dict[str, str]]:
    """What of the change an audit event names: the fields that differ, before and after."""
    changed = [name for name in TOLD if getattr(before, name) != getattr(after, name)]
    return (
        {name: _in_words(getattr(before, name)) for name in changed},
        {name: _in_words(getattr(after, name)) for name in changed},
    )


def _in_words(value: object) -> str:
    if not isinstance(value, Terms):
        return "" if value is None else str(value)
    parts = (("quantity", value.quantity), ("price", value.price), ("trigger", value.trigger))
    return ", ".join(f"{name} {part}" for name, part in parts if part is not None)
