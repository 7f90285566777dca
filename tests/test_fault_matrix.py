"""
What can go wrong, point by point, and which test holds each home to its promise.

`SIM` is the simulator: it draws the faults of a day from a seed, over the memory of a perfect store
and over the real record, and plants bugs to see that each is found.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache

import cloud
import pytest

TESTS = cloud.ROOT / "tests"
SIM = "simulation/test_days.py::test_no_promise_is_broken_in_a_thousand_days"
DISK = "simulation/test_days.py::test_the_same_days_hold_over_the_real_record_on_disk"
LIE = "simulation/test_days.py::test_a_broker_that_refuses_and_then_places_is_found_out"
BUGS = "simulation/test_mutants.py::test_a_planted_bug_is_seen"
MORE_BUGS = "simulation/test_mutants_more.py::test_a_planted_bug_is_seen"
WRITES = (
    "orders/test_every_write.py::"
    "test_whatever_happens_at_any_write_one_order_ends_known_and_is_placed_at_most_once"
)
CONTRACT = "store/test_contract.py::"
DYNAMO = "store/test_dynamodb.py::"
SEND = "orders/test_send.py::"
BOOK = "orders/test_reconcile.py::"
STACK = "aws_e2e/test_orders.py::"
KITE = "aws_e2e/test_zerodha.py::"
KILLED = "e2e/test_kill.py::test_no_confirmed_order_was_lost_or_doubled_in_any_round"
TWICE = f"{STACK}test_repeated_updates_taps_and_messages_in_any_order_make_one_order"
AFTER = (
    f"{STACK}test_a_worker_that_dies_after_the_broker_took_the_order_leaves_one_order_that_is_found"
)
BEFORE = f"{STACK}test_a_worker_that_dies_before_the_broker_took_the_order_leaves_none_and_says_so"
ON_ITS_WAY = (
    f"{KITE}test_a_worker_that_dies_while_the_brokers_answer_is_on_its_way_leaves_one_order"
)
LOST = f"{KITE}test_an_order_whose_answer_is_lost_is_found_and_not_sent_again"
GATEWAY = f"{KITE}test_a_gateways_page_proves_nothing_and_the_book_does"
SAME = "the code is the same in both homes, and asks neither store nor queue"


@dataclass(frozen=True, slots=True)
class Row:
    """one: proof on one machine. aws: proof over DynamoDB, queues or functions, or why not."""

    fault: str
    one: tuple[str, ...]
    aws: tuple[str, ...] | str


MATRIX = (
    # -- what people and Telegram do ---------------------------------------------------------------
    Row("an update comes twice",
        ("e2e/test_telegram.py::test_a_button_update_that_comes_twice_makes_one_order",), (TWICE,)),
    Row("an update comes late",
        ("e2e/test_telegram.py::test_a_command_that_comes_late_is_told_so_and_does_nothing",),
        SAME),
    Row("Confirm is tapped twice, or on two devices at once",
        ("e2e/test_telegram.py::test_a_triple_tap_makes_one_order",
         "tickets/test_confirm.py::"
         "test_twelve_taps_at_once_make_one_order_and_everybody_is_told_the_truth"), (TWICE,)),
    Row("Telegram does not take a message",
        ("chat/test_outbox.py::test_an_outage_keeps_everything_owed_in_order",),
        (f"{STACK}test_a_message_that_telegram_did_not_take_is_not_forgotten",)),
    Row("a message is sent twice or out of order",
        ("chat/test_outbox.py::test_delivering_again_says_nothing_again",
         "chat/test_outbox.py::test_later_news_does_not_overtake_what_its_chat_is_still_owed"),
        SAME),
    Row("somebody else calls the webhook",
        ("e2e/test_telegram.py::test_a_stranger_is_met_with_silence",),
        (f"{STACK}test_only_telegram_gets_past_the_webhook",)),
    Row("a Telegram session is stolen",
        ("risk/test_stepup.py::test_five_wrong_tries_lock_for_fifteen_minutes_and_tell",), SAME),
    # -- processes, queues, locks ------------------------------------------------------------------
    Row("the process dies before an order is written", (WRITES, KILLED), (WRITES,)),
    Row("the process dies between writing and ringing",
        (f"{BOOK}test_a_forgotten_order_is_rung_for_again_and_denied_when_its_time_is_over",),
        (f"{STACK}test_a_bell_that_was_never_rung_costs_time_and_not_the_order",)),
    Row("the queue delivers twice or out of order",
        (f"{SEND}test_a_second_delivery_does_not_send_again",), (TWICE,)),
    Row("the queue delivers hours late, or from the dead letters",
        (f"{SEND}test_an_order_older_than_its_time_is_denied", SIM), SAME),
    Row("two workers have one order",
        (f"{SEND}test_twelve_workers_at_once_send_one_order",
         f"{CONTRACT}test_of_twelve_racing_writers_exactly_one_wins"),
        (f"{CONTRACT}test_of_twelve_racing_writers_exactly_one_wins",)),
    Row("a claim is written and its answer lost",
        (f"{SEND}test_a_claim_whose_answer_was_lost_is_recognised_by_its_owner", WRITES),
        (f"{STACK}test_a_claim_whose_answer_is_lost_is_sent_once", WRITES)),
    Row("the client repeats a conditional write by itself", (DISK,),
        (f"{DYNAMO}test_a_lost_answer_is_asked_for_again_and_nothing_is_written_twice",)),
    Row("the worker dies after its claim and before the request",
        (f"{SEND}test_a_worker_that_dies_after_its_claim_leaves_an_order_that_nobody_sends",),
        (BEFORE,)),
    Row("the worker freezes after its claim and thaws much later",
        (f"{SEND}test_a_worker_that_froze_past_its_window_does_not_send", SIM), SAME),
    Row("the worker dies after the broker took the order",
        (f"{SEND}test_a_lost_reply_is_unknown_never_sent_again_and_found_in_the_book", KILLED),
        (AFTER, ON_ITS_WAY)),
    Row("the outcome cannot be written", (WRITES,), (WRITES,)),
    Row("a poisoned message",
        ("local/test_workers.py::"
         "test_a_fault_that_nobody_thought_of_does_not_stop_an_accounts_workers",),
        (f"{STACK}test_a_message_that_nobody_can_read_ends_with_the_dead_and_holds_up_nobody",)),
    Row("time limits overlap",
        (f"{SEND}test_a_worker_that_froze_past_its_window_does_not_send",),
        ("template/test_template.py::test_the_template",)),
    Row("a deployment in the middle of a send", (KILLED,), (AFTER,)),
    # -- the broker --------------------------------------------------------------------------------
    Row("nothing leaves: no name, no connection, no pool",
        (f"{SEND}test_what_never_left_may_be_sent_later",), SAME),
    Row("the request or its answer is lost",
        (f"{SEND}test_a_lost_reply_is_unknown_never_sent_again_and_found_in_the_book", SIM),
        (LOST,)),
    Row("an order appears long after its request", (SIM, BUGS), SAME),
    Row("accepted, and a gateway's page or broken JSON is the answer",
        (f"{SEND}test_an_answer_that_cannot_be_read_is_unknown",
         f"{SEND}test_an_answer_that_cannot_be_unpacked_is_unknown"), (GATEWAY,)),
    Row("400 with a time-out in its words, placed all the same",
        (f"{SEND}test_only_a_named_refusal_proves_that_there_is_no_order", MORE_BUGS), SAME),
    Row("a clean refusal of an order that is placed all the same",
        (LIE, f"{BOOK}test_an_order_that_comes_alive_after_it_was_written_off_is_corrected_loudly"),
        SAME),
    Row("the book does not list an accepted order yet",
        (f"{BOOK}test_absence_from_a_live_book_proves_nothing_but_the_holder_is_told", SIM), SAME),
    Row("an old book arrives after a newer one",
        ("orders/test_state.py::test_reports_may_arrive_twice_and_in_any_order", SIM), SAME),
    Row("news of orders come twice, late, never, or forged",
        ("orders/test_state.py::test_reports_may_arrive_twice_and_in_any_order",
         "sessions/test_postback.py::test_what_is_not_genuine_rings_nothing"), SAME),
    Row("a fill crosses a cancel",
        (f"{BOOK}test_a_fill_that_crosses_the_cancel_is_told_as_a_correction", WRITES), (WRITES,)),
    Row("a cancel's answer is lost",
        (f"{BOOK}test_a_cancel_is_asked_for_until_the_book_shows_the_end",), SAME),
    Row("a change's answer is lost",
        (f"{BOOK}test_a_change_whose_reply_was_lost_is_found_in_the_book",), SAME),
    Row("a status word that nobody knows, a row that cannot be read",
        (f"{BOOK}test_an_unknown_status_word_never_becomes_a_known_one",
         f"{BOOK}test_a_row_that_cannot_be_read_is_set_aside_and_hides_no_other"), SAME),
    Row("the session ends",
        (f"{SEND}test_an_account_that_is_not_logged_in_is_denied_aloud",
         "sessions/test_rounds.py::test_who_is_not_logged_in_at_half_past_eight_is_reminded_once"),
        SAME),
    Row("the registered address is not ours",
        ("sessions/test_rounds.py::"
         "test_an_address_that_is_not_the_registered_one_is_said_before_the_open",), SAME),
    Row("too many requests",
        (f"{SEND}test_being_refused_for_rate_keeps_the_order_staged",
         "brokers/test_guarded.py::"
         "test_an_order_that_does_not_fit_the_pace_waits_without_being_claimed"), SAME),
    Row("an order placed or squared off elsewhere",
        ("history/test_look.py::"
         "test_an_order_placed_elsewhere_is_noted_shown_and_left_alone",),
        ("history/test_look.py::test_the_same_look_over_dynamodb",)),
    Row("positions differ from fills",
        ("history/test_drift.py::"
         "test_a_difference_is_told_once_when_it_was_seen_twice_and_again_when_it_changes",), SAME),
    Row("square-off pressed twice",
        ("tickets/test_confirm.py::test_two_exits_confirmed_at_once_do_not_sell_twice",), SAME),
    Row("a leg of a basket is refused",
        (f"{SEND}test_a_leg_whose_first_did_not_get_to_the_market_is_not_sent",), SAME),
    Row("the broker keeps no id of ours",
        ("orders/test_nameless.py::test_of_several_rows_none_is_taken_and_the_holder_is_asked",),
        SAME),
    # -- the record --------------------------------------------------------------------------------
    Row("the store takes nothing for a while",
        (WRITES, "e2e/test_disk.py::"
         "test_a_disk_that_fills_up_while_an_order_is_made_leaves_no_order_unrecorded_or_doubled"),
        (f"{STACK}test_a_throttled_table_delays_an_order_and_no_more",
         f"{DYNAMO}test_a_throttled_transaction_is_tried_again_and_then_given_up")),
    Row("an index lags behind",
        (f"{CONTRACT}"
         "test_unsettled_orders_are_listed_until_they_are_settled_oldest_first",),
        (f"{CONTRACT}test_unsettled_orders_are_listed_until_they_are_settled_oldest_first",)),
    Row("two writers to one chain",
        (f"{CONTRACT}test_writers_to_different_orders_do_not_lose_audit_links",),
        (f"{CONTRACT}test_writers_to_different_orders_do_not_lose_audit_links",
         f"{DYNAMO}test_two_processes_that_take_turns_keep_one_chain")),
    Row("the power is cut",
        (KILLED, "e2e/test_telegram.py::test_an_order_survives_kill_9_right_after_confirm"),
        "AWS keeps what it answered for; a killed function is above"),
    Row("the record is lost or damaged",
        ("tools/test_restore_drill.py::"
         "test_a_record_in_use_is_restored_beside_itself_and_is_whole",),
        ("aws_e2e/test_homes.py::test_the_table_is_restored_beside_itself_and_is_whole",)),
    Row("a move is broken off half way",
        ("moving/test_home.py::"
         "test_an_import_that_is_killed_leaves_one_machine_as_it_was",),
        ("moving/test_home.py::test_an_import_that_is_killed_is_finished_by_the_same_file_and_"
         "taken_by_no_other",
         "aws_e2e/test_homes.py::test_a_stack_stays_stopped_only_while_it_is_half_filled")),
    # -- stopping, time, data ----------------------------------------------------------------------
    Row("the kill switch is pressed while orders are on their way",
        ("risk/test_kill.py::"
         "test_nothing_is_sent_on_twelve_accounts_after_the_kill_is_acknowledged",
         f"{SEND}test_the_kill_switch_counts_up_to_the_request_itself"), SAME),
    Row("clocks differ, or step back", (SIM, BUGS), SAME),
    Row("the day's instruments are old or damaged",
        ("instruments/test_refresh.py::"
         "test_a_list_is_too_old_for_derivatives_from_the_second_weekday_on",
         "instruments/test_refresh.py::"
         "test_a_damaged_master_on_the_shelf_leaves_the_one_in_use"),
        ("functions/test_refresh_instruments.py::"
         "test_a_list_is_fetched_once_it_can_be_and_found_by_the_others",)),
    Row("a role may do less, or more, than its function does",
        ("functions/test_roles.py::test_what_a_role_allows_and_nobody_does_has_a_reason",),
        (f"{STACK}test_a_function_may_do_what_its_role_says_and_nothing_else",
         f"{STACK}test_no_function_was_ever_refused_what_it_asked_for")),
    Row("an alarm comes, and nobody reads mail",
        ("chat/test_outbox.py::test_an_alert_that_was_not_heard_stays_owed_to_that_person_alone",),
        (f"{STACK}test_an_alarm_is_said_in_the_chat",)),
    Row("a minute's work is not done in its minute",
        (f"{BOOK}test_an_order_that_cannot_be_compared_does_not_keep_the_others_from_it",),
        (f"{STACK}test_what_is_done_by_schedule_is_done",)),
    Row("a secret comes into a log, a message or an audit event",
        (f"{SEND}test_no_secret_is_in_logs_errors_or_messages",),
        ("functions/test_telegram_webhook.py::"
         "test_the_bot_s_secrets_are_in_no_line_of_the_log",)),
    # -- what a broker keeps for a price -----------------------------------------------------------
    Row("the answer to a trigger is lost, or says nothing",
        ("triggers/test_send.py::"
         "test_one_whose_answer_was_lost_is_found_in_the_list_and_not_sent_again",
         "simulation/test_trigger_days.py::test_a_day_of_what_the_broker_keeps_keeps_its_promises"),
        SAME),
    Row("a worker dies while it hands a trigger over",
        ("triggers/test_send.py::test_a_worker_may_die_between_claim_and_answer",), SAME),
    Row("a trigger fires while the desk is off",
        ("triggers/test_look.py::"
         "test_what_triggers_while_the_desk_is_off_is_ours_when_it_comes_back",), SAME),
    Row("a trigger and an exit are confirmed for the same units",
        ("triggers/test_protect.py::test_an_exit_that_was_asked_for_before_is_not_sent_after",),
        SAME),
    Row("a trigger is wished for where nothing may be sent from",
        ("triggers/test_homes.py::test_on_one_machine_the_accounts_worker_hears_the_bell",),
        ("triggers/test_homes.py::"
         "test_on_aws_the_function_that_looks_only_rings_for_the_worker",)),
)  # fmt: skip


@cache
def names_in(path: str) -> frozenset[str]:
    """The tests of a file; nothing is run."""
    tree = ast.parse((TESTS / path).read_text())
    return frozenset(each.name for each in tree.body if isinstance(each, ast.FunctionDef))


@pytest.mark.parametrize("row", MATRIX, ids=lambda row: row.fault.replace(" ", "-"))
def test_each_fault_has_its_test_in_both_homes_or_a_reason(row: Row) -> None:
    assert row.one
    proofs = [*row.one, *(row.aws if isinstance(row.aws, tuple) else ())]

    for proof in proofs:
        path, _, name = proof.partition("::")
        assert (TESTS / path).is_file(), proof
        assert name in names_in(path), proof


def test_no_fault_stands_there_twice() -> None:
    faults = [row.fault for row in MATRIX]

    assert len(set(faults)) == len(faults)


def test_every_story_of_the_emulator_is_for_some_fault() -> None:
    named = {
        proof.partition("::")[2]
        for row in MATRIX
        for proof in (*row.one, *(row.aws if isinstance(row.aws, tuple) else ()))
    }
    plain = {
        "test_words_become_a_ticket_an_order_and_a_fill_and_the_chat_says_so",
        "test_an_order_is_sent_once_and_its_fill_is_told",
    }
    for path in ("aws_e2e/test_orders.py", "aws_e2e/test_zerodha.py"):
        tests = {name for name in names_in(path) if name.startswith("test_")}
        assert tests - plain <= named
