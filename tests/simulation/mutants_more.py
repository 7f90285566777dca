"""Planted bugs of legs, the kill switch, the outbox, pacing, the breaker and brackets."""

from __future__ import annotations

from simulation.planted import (
    BRACKETS,
    CONFIRM,
    GUARDED,
    HEDGES,
    OUTBOX,
    PLACED,
    RECONCILE,
    SEND,
    VERSIONS,
    Edit,
    Mutant,
    one,
)

SLICED, SLICES = "legs=1 brackets=0", "tickets/slices.py"

# Legs: all or none of them, each as it was confirmed, and the hedge first.
LEGS = (
    one("remainder_dropped", "tickets/shares.py", "(whole + (at in favoured))", "whole"),
    one(
        "leg_forgotten",
        CONFIRM,
        "records = (confirmed, *orders, *more.records)",
        "records = (confirmed, *orders[:2], *more.records)",
    ),
    one(
        "legs_of_the_whole",
        CONFIRM,
        "return intended(leg.draft, leg",
        "return intended(replace(leg.draft, quantity=leg.draft.quantity * 2), leg",
    ),
    one(
        "leg_in_the_wrong_account",
        CONFIRM,
        "intent=_intent(leg))\n",
        "intent=replace(_intent(leg), account_id=confirmed.account_id))\n",
    ),
    one(
        "legs_written_one_by_one",
        CONFIRM,
        '    done = _commit(desk, confirmed, orders, notes, by or f"user {ticket.user_id}")\n',
        "    done = _commit(desk, confirmed, orders[:1], notes, 'me')\n"
        "    for each in orders[1:]:\n"
        "        desk.store.commit(Change((each,), (_event(confirmed, each, 'me'),)))\n",
    ),
    Mutant(
        "expired_ticket_confirms",
        (
            Edit(VERSIONS, "now > ticket.expires_at:", "False:"),
            Edit(CONFIRM, "if orders[0].staged_at > ticket.expires_at:", "if False:"),
        ),
    ),
    one("hedge_not_awaited", HEDGES, PLACED, "    placed = True\n"),
    one(
        "hedge_accepted_is_enough",
        HEDGES,
        "return placed and hedges_stand(desk, order)",
        "return placed",
    ),
    one(
        "hedge_in_doubt_counts",
        HEDGES,
        "frozenset({State.SUBMITTED,",
        "frozenset({State.UNKNOWN, State.SUBMITTED,",
    ),
    one(
        "hedge_refused_is_forgotten",
        HEDGES,
        PLACED,
        "    placed = desk.store.order(order.after).state is not State.STAGED\n",
    ),
    one(
        "only_the_last_slice_protects",
        HEDGES,
        "        after = before.after\n",
        "        break\n",
        mix=SLICED,
    ),
    one(
        "leg_above_the_freeze",
        SLICES,
        "    if most is None or quantity <= most:\n",
        "    if True:\n",
    ),
)

SWITCH = (
    one(
        "switch_unread",
        "risk/kill.py",
        'return switch is not None and bool(switch.body["on"])',
        "return False",
    ),
    one(
        "switch_read_once",
        SEND,
        "    try:\n        return is_killed(desk.store)\n",
        "    try:\n        return False\n",
        mix="kill=1 freeze=0.5 crash=0 outage=0 throttle=0",
    ),
    one(
        "time_is_up_unseen",
        SEND,
        "    if now > order.send_by:  # the machine",
        "    if False:  # the machine",
        mix="freeze=0.9 nameless=1 legs=1 kill=0 crash=0 outage=0 throttle=0.5",
    ),
    one(
        "switch_stops_cancels",
        "orders/cancel.py",
        "        broker = desk.brokers.broker(order.account_id)\n",
        "        from tradegram.risk.kill import is_killed\n"
        "        if is_killed(desk.store):\n            return\n"
        "        broker = desk.brokers.broker(order.account_id)\n",
        mix="kill=1 resume=0 cancel=1 never_closes=1",
    ),
)

# The outbox: everything is said, at least once, and a card shows the end.
POST = (
    one("owed_for_ever", OUTBOX, "            self._done([each])\n", "            pass\n"),
    one(
        "marked_before_it_is_said",
        OUTBOX,
        "        message = self._card(order, ticket, chat)\n",
        "        self._done(notices)\n        message = self._card(order, ticket, chat)\n",
    ),
    one(
        "unreachable_is_delivered",
        OUTBOX,
        "            self.held[_kind(chat)] = AGAIN_AFTER\n",
        "            self._done(each for notices, _ in letter.parts for each in notices)\n",
    ),
    one(
        "busy_is_delivered",
        OUTBOX,
        "            self.held[chat] = max(busy.retry_after, 0.1)\n",
        "            self._done(each for notices, _ in letter.parts for each in notices)\n",
    ),
    one(
        "only_the_last_is_said",
        OUTBOX,
        "yield each, each.kind not in FILLS or at == latest",
        "yield each, at == len(loud) - 1",
    ),
    one(
        "new_card_forgotten",
        OUTBOX,
        "        if ticket is not None and message:\n",
        "        if False:\n",
        mix="message_deleted=0.3",
    ),
    one(
        "loud_without_a_card",
        OUTBOX,
        "        message = self._card(order, ticket, chat)\n",
        "        if all(is_loud(each) for each in notices):\n            message = ''\n"
        "        else:\n            message = self._card(order, ticket, chat)\n",
    ),
    one(
        "a_card_for_each_notice",
        OUTBOX,
        "        message = self._card(order, ticket, chat)\n",
        "        from tradegram.orders.state import State\n"
        "        for each in reversed(notices):\n"
        "            state = State.__members__.get(each.kind.upper(), order.state)\n"
        "            message = self._card(replace(order, state=state), ticket, chat)\n",
    ),
)

WATCH = (
    one(
        "never_settled",
        RECONCILE,
        "closed_after:\n        return _commit(desk, order, replace(order, settled",
        "closed_after + 9e9:\n        return _commit(desk, order, replace(order, settled",
    ),
    one(
        "one_poisoned_order_stops_all",
        "orders/apart.py",
        "if not isinstance(fault, Exception)",
        "if not isinstance(fault, ZeroDivisionError)",
        mix="poison=0.5",
    ),
    one(
        "wishes_wait_for_a_bell",
        RECONCILE,
        "                do(desk, order)\n",
        "                pass\n",
        mix="lost_bell=0.5",
    ),
    Mutant(
        "match_by_terms",
        (
            Edit(RECONCILE, "_by_tag[report.client_order_id]", "_by_tag[str(report.quantity)]"),
            Edit(RECONCILE, "get(order.intent.wire_id, [])", "get(str(order.quantity), [])"),
        ),
    ),
)

# How fast a broker is asked, and when it is left alone.
BROKERS = (
    one(
        "pace_ignored",
        GUARDED,
        "self._watch.pace.take(cancel=cancel)",
        "0.0",
        mix="legs=1 brackets=0",
    ),
    Mutant(
        "burst_of_twenty",
        (
            Edit("brokers/pacing.py", "burst, limit - burst", "20.0, 8.0"),
            Edit(
                "brokers/pacing.py", "self._kept_free = self._burst - 1.0", "self._kept_free = 0.0"
            ),
        ),
        mix="legs=1 brackets=0",
    ),
    one(
        "breaker_ignored",
        GUARDED,
        "        if not standing.is_open:\n            return self._watch.pace.wait()\n",
        "        if standing is not None:\n            return self._watch.pace.wait()\n",
        mix="gateway_error=0.5 connect_error=0.3",
    ),
    one(
        "breaker_known_for_ever",
        GUARDED,
        "        standing = self._watch.breaker.standing()\n        if not standing.is_open:\n",
        "        standing = self._watch.breaker.standing(9e9)\n        if not standing.is_open:\n",
        mix="gateway_error=0.5 connect_error=0.3",
    ),
    one(
        "breaker_tells_each_time",
        "brokers/breaker.py",
        "            if before.is_open is is_open:\n",
        "            if False:\n",
        mix="gateway_error=0.5 connect_error=0.3",
    ),
)

# Brackets: never more for sale than was bought, and never less than a stop demands.
# Two guards stand before an exit: what is committed, and the broker's position. Each alone hides
# that the other is gone.
NO_LOOK = Edit("brackets/keep.py", "max(min(wanted, left), Decimal(0))", "max(wanted, left - left)")
STOPS = (
    Mutant(
        "exit_beside_the_target",
        (
            NO_LOOK,
            Edit(
                "brackets/rules.py",
                "    free = opened(bracket, entries) - committed(exits.values())\n    if free",
                "    free = opened(bracket, entries) - closed(exits.values())\n    if free",
            ),
        ),
        mix=BRACKETS + " exit=1",
    ),
    Mutant(
        "target_for_what_may_fill",
        (
            NO_LOOK,
            Edit(
                "brackets/plan.py",
                "sum((order.cum_quantity for order in entries), Decimal(0))",
                "sum((order.quantity for order in entries), Decimal(0))",
            ),
        ),
        mix=BRACKETS,
    ),
    Mutant(
        "unknown_exit_sent_anew",
        (
            NO_LOOK,
            Edit(
                "brackets/plan.py",
                "    if order.state in TERMINAL:\n        return order.cum",
                "    if order.state in TERMINAL or order.state.value == 'UNKNOWN':\n"
                "        return order.cum",
            ),
        ),
        mix=BRACKETS + " lost_reply=0.3 gateway_error=0.3",
    ),
    one(
        "exit_written_before_its_bracket",
        "brackets/keep.py",
        "    try:\n        stored = desk.store.commit(",
        "    try:\n        if records:\n"
        "            desk.store.commit(Change(records, events))\n"
        "            records, events = [], []\n"
        "        stored = desk.store.commit(",
        mix=BRACKETS + " crash=0.08",
    ),
    one(
        "entry_without_a_bracket",
        CONFIRM,
        "*entries(desk, ticket), *brackets]",
        "*entries(desk, ticket)]",
        mix=BRACKETS,
    ),
    one(
        "exit_without_a_look_at_the_position",
        "brackets/keep.py",
        "max(min(wanted, left), Decimal(0))",
        "max(wanted, left - left)",
        mix=BRACKETS + " elsewhere=1 exit=0",
    ),
    one(
        "closed_elsewhere_unseen",
        "brackets/rules.py",
        "    if seen.position is None:\n        return bracket\n",
        "    if seen is not None:\n        return bracket\n",
        mix=BRACKETS + " elsewhere=1 exit=0 cancel=0 never_closes=1",
    ),
    one(
        "too_much_is_not_told",
        "brackets/plan.py",
        'told_once(bracket, "too much", more > 0, words)',
        'told_once(bracket, "too much", False, words)',
        liar=True,
        mix=BRACKETS + " exit=1 nameless=0 elsewhere=0 crash=0 outage=0 throttle=0",
    ),
    one(
        "stop_never_looks",
        "brackets/rules.py",
        "    if reached and not seen.killed:\n",
        "    if False:\n",
        mix=BRACKETS + " never_closes=1",
    ),
    one(
        "stop_forgotten_after_fills",
        "brackets/rules.py",
        "    if free <= 0:\n        return Step(bracket, cancels=cancels)\n",
        "    if free <= 0 or bracket.exits:\n        return Step(bracket, cancels=cancels)\n",
        mix=BRACKETS + " never_closes=1",
    ),
)

MORE = (*LEGS, *SWITCH, *POST, *WATCH, *BROKERS, *STOPS)
