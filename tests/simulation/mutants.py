"""
Bugs that others ship, planted one at a time in a copy of our source: the simulator must see each.

A mutant whose text is no longer found in the source fails its test: it must follow the code.
"""

from __future__ import annotations

from simulation.planted import (
    CLIENT,
    DIALECT,
    KITE,
    RECONCILE,
    REPORT,
    SEND,
    STATE,
    Edit,
    Mutant,
    one,
)

UNKNOWN_BACK_TO_STAGED = Edit(
    SEND, "except (NotSent, Throttled) as", "except (NotSent, Throttled, OutcomeUnknown) as"
)
LEASE_BACK_TO_STAGED = Edit(
    RECONCILE,
    '_move(desk, order, State.UNKNOWN, "the worker that held it went silent")',
    '_move(desk, order, State.STAGED, "the worker that held it went silent")',
)

MUTANTS = (
    Mutant("retry_post", (UNKNOWN_BACK_TO_STAGED,)),
    Mutant("lease_resend", (LEASE_BACK_TO_STAGED,)),
    Mutant("idempotency_decorator", (UNKNOWN_BACK_TO_STAGED, LEASE_BACK_TO_STAGED)),
    one(
        "unknown_is_refused",
        SEND,
        "return _record(desk, order, error.words, state=State.UNKNOWN)",
        "return _record(desk, order, error.words, state=State.REFUSED)",
    ),
    Mutant(
        "send_before_claim",
        (
            Edit(SEND, "    order = _claim(desk, order, turn)\n", ""),
            Edit(
                SEND,
                "place(order.intent, not_after=not_after)\n",
                "place(order.intent, not_after=not_after)\n"
                "        order = _claim(desk, order, turn)\n",
            ),
        ),
    ),
    one(
        "void_when_absent",
        RECONCILE,
        "    closed_after = _closed_after(desk, order)\n    if closed_after is not None:\n"
        "        if asked_at > closed_after:",
        "    closed_after: float | None = order.sent_at + 20\n    if closed_after is not None:\n"
        "        if asked_at > closed_after:",
    ),
    Mutant(
        "void_after_5_misses",
        (
            Edit(RECONCILE, "ABSENCES = 2", "ABSENCES = 5"),
            Edit(
                RECONCILE,
                "    closed_after = _closed_after(desk, order)\n    if closed_after is not None:",
                "    closed_after: float | None = None\n    if closed_after is not None:",
            ),
            Edit(
                RECONCILE, "elif asked_at > _surely_listed(order, profile):", "elif asked_at > 0:"
            ),
        ),
        mix="listing_lag=0.5 lost_reply=0.3 brackets=0 nameless=0 near_close=0",
    ),
    one(
        "no_receive_window",
        RECONCILE,
        "return order.sent_at + profile.receive_window + profile.listing_lag + SKEW",
        "return order.sent_at + 20",
        mix="slow_request=0.3 false_timeout=0.3 never_closes=1 brackets=0",
    ),
    one(
        "last_write_wins",
        STATE,
        "state = max(order.state, heard, key=RANK.__getitem__)",
        "state = heard",
    ),
    one(
        "clock_order",
        STATE,
        "state = max(order.state, heard, key=RANK.__getitem__)",
        "state = heard if report.cum_quantity >= order.cum_quantity else order.state",
    ),
    one(
        "400_is_refusal",
        DIALECT,
        "if any(words in text.lower() for words in NOT_A_REFUSAL):",
        "if False:",
    ),
    one(
        "5xx_is_refusal",
        CLIENT,
        'raise OutcomeUnknown(name, f"status {reply.status} proves nothing")',
        'from tradegram.errors import Refused\n        raise Refused(name, "5xx")',
    ),
    one(
        "timeout_is_notsent",
        CLIENT,
        "raise OutcomeUnknown(name, str(error)) from error",
        "raise NotSent(name, str(error)) from error",
    ),
    one(
        "secret_in_error",
        CLIENT,
        "raise OutcomeUnknown(name, str(error)) from error",
        'raise OutcomeUnknown(name, f"{error} {request.headers}") from error',
    ),
    one(
        "no_fence",
        CLIENT,
        "if not_after is not None and self._clock.monotonic() >= not_after:",
        "if False:",
    ),
    one(
        "ignore_fill_after_cancel",
        REPORT,
        "        after = fold(order, report)\n",
        "        if order.state in TERMINAL:\n            return order\n"
        "        after = fold(order, report)\n",
    ),
    one(
        "trust_claim_reply",
        SEND,
        "        stored = desk.store.order(order.key)\n"
        "        if stored.state is State.SENDING and stored.owner == owner:\n"
        "            return stored\n        raise\n",
        "        return replace(claimed, version=claimed.version + 1)\n",
    ),
    one(
        "no_cas",
        "ports.py",
        "    if before is not None:\n        body[",
        "    import dataclasses\n"
        "    order = dataclasses.replace(order, version=store.order(order.key).version)\n"
        "    if before is not None:\n        body[",
    ),
    one(
        "random_id",
        "orders/stage.py",
        'hashlib.sha256(f"{ticket_id}|{leg}".encode()).digest()',
        '__import__("os").urandom(32)',
    ),
    one(
        "audit_outside",
        "ports.py",
        "(order, *also), events, notices))[0]\n",
        "(order, *also), (), notices))[0]\n    store.commit(Change((), events))\n",
    ),
    Mutant(
        "no_send_by",
        (
            Edit(SEND, "if desk.clock.now() > order.send_by:", "if False:"),
            Edit(RECONCILE, "order.state is State.STAGED and now > order.send_by:", "False:"),
        ),
    ),
    one(
        "unknown_status_default",
        KITE,
        'status=STATUSES[row["status"]]',
        'status=STATUSES.get(row["status"], ReportStatus.NEW)',
    ),
    one(
        "stop_watching_ended",
        RECONCILE,
        "    reports = listing.find(order)\n",
        "    reports = listing.find(order) if order.state not in TERMINAL else []\n",
    ),
    one(
        "stop_watching_void",
        RECONCILE,
        "    reports = listing.find(order)\n",
        "    reports = listing.find(order) if order.state not in WRITTEN_OFF else []\n",
        liar=True,
    ),
    Mutant(
        "no_sweep",
        (
            Edit(RECONCILE, "order.state is State.STAGED and now > order.send_by:", "False:"),
            Edit(
                RECONCILE,
                "order.state is State.STAGED and now > order.staged_at + RING_AGAIN:",
                "False:",
            ),
        ),
    ),
    one(
        "one_bad_row_hides_all",
        "brokers/adapter.py",
        "unreadable.append(f\"{row.get(name, '?')}: {error!r}\")",
        "raise ValueError(str(row.get(name))) from error",
    ),
    one(
        "void_before_settle",
        RECONCILE,
        "    if closed_after is not None:\n        if asked_at > closed_after:",
        "    if closed_after is not None:\n        if asked_at > closed_after - 180:",
        mix="near_close=1 slow_request=0.3 false_timeout=0.3 never_closes=0 brackets=0",
    ),
    one(
        "notify_only_no_reconcile",
        RECONCILE,
        "    if not orders:\n        return ()\n",
        "    if orders is not None:\n        return ()\n",
    ),
    one(
        "open_only_book",
        RECONCILE,
        "        for report in book.reports:\n",
        '        for report in (r for r in book.reports if r.status in ("NEW", "PENDING_NEW")):\n',
    ),
    one(
        "cancel_sent_once",
        "orders/cancel.py",
        "        broker.cancel(order.intent, order.broker_order_id)\n",
        "        commit_order(desk.store, replace(order, cancel_wanted=False), {'event': 'sent'})\n"
        "        broker.cancel(order.intent, order.broker_order_id)\n",
        mix="cancel=1 never_closes=1 connect_error=0.3",
    ),
    one(
        "replace_taken_as_done",
        STATE,
        "    if wanted is None or report.terms != wanted:\n        return order\n",
        "    if wanted is None:\n        return order\n",
    ),
    one(
        "replace_overtaken",
        REPORT,
        "        if fresh:\n",
        "        if False:\n",
        mix="slow_request=0.3 replace=1 never_closes=1",
    ),
)
