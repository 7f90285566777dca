"""Planted bugs of orders at a broker that keeps no name of ours."""

from __future__ import annotations

from simulation.planted import RECONCILE, REPORT, SEND, Edit, Mutant, one

NAMELESS_PY = "orders/nameless.py"
ALONE = "nameless=1 brackets=0 kill=0 lost_reply=0.3"
BY_HAND = ALONE + " by_hand=1 legs=0"
SLICES = ALONE + " legs=1 gateway_error=0.3"

NAMELESS = (
    one(
        "nobody_waits_for_the_like",
        SEND,
        "    if turn is None:\n        raise Held\n",
        "    if turn is None:\n        return ()\n",
        mix=SLICES,
    ),
    one(
        "waits_without_a_note",
        SEND,
        "    return (turn,)\n",
        "    return ()\n",
        mix=SLICES,
    ),
    Mutant(
        "turn_taken_after_the_gate",
        (
            Edit(SEND, "    turn = _turn(desk, order)\n    # From", "    # From"),
            Edit(
                SEND,
                "    not_after = desk.clock.monotonic() + SEND_WINDOW\n",
                "    turn = _turn(desk, order)\n"
                "    not_after = desk.clock.monotonic() + SEND_WINDOW\n",
            ),
        ),
        mix="nameless=1 brackets=0 kill=0 cancel=0 legs=1 freeze=0.9 gateway_error=0.5 outage=0 "
        "crash=0 near_close=0 connect_error=0.3",
    ),
    one(
        "only_a_claim_holds_the_turn",
        NAMELESS_PY,
        "UNRESOLVED = frozenset({State.SENDING, State.UNKNOWN})",
        "UNRESOLVED = frozenset({State.SENDING})",
        mix=SLICES,
    ),
    one(
        "takes_what_is_another_orders",
        NAMELESS_PY,
        '    return {one.broker_order_id for one in others if one.key != order.key} - {""}\n',
        "    return {one.broker_order_id for one in others if one is None}\n",
        mix=SLICES,
    ),
    one(
        "takes_the_first_of_several",
        NAMELESS_PY,
        "if unresolved and len(free) == 1:",
        "if unresolved and free:",
        mix=BY_HAND + " freeze=0",
    ),
    one(
        "takes_a_row_of_any_time",
        NAMELESS_PY,
        "        and order.sent_at - SKEW <= row.reported_at <= latest\n",
        "        and latest\n",
        mix=BY_HAND,
    ),
    one(
        "takes_a_row_of_any_price_and_size",
        NAMELESS_PY,
        "        and row.terms == Terms(intent.quantity, intent.price, intent.trigger)\n",
        "",
        mix=ALONE + " legs=1 by_hand=1",
    ),
    one(
        "absent_by_its_terms_is_void",
        RECONCILE,
        " and those_that_may_be(desk, order, listing.rows):\n",
        " and False:\n",
        mix=BY_HAND + " never_closes=0",
    ),
    one(
        "never_looked_for",
        RECONCILE,
        "        order = look_for(desk, order, listing.rows, profile)\n",
        "        pass\n",
        mix=ALONE + " never_closes=0",
    ),
    Mutant(
        "two_rows_mixed_into_one",
        (
            Edit(
                REPORT,
                "        if order.by_terms and report.broker_order_id != order.broker_order_id:\n",
                "        if False:\n",
            ),
        ),
        mix="nameless=1 brackets=0 by_hand=1 legs=0 kill=0 crash=0 outage=0 throttle=0 "
        "lost_bell=0 freeze=0.7 listing_lag=0.9 slow_reply=0.9 near_close=0",
    ),
)
