from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from chat.trading_floor import ANU, RAVI, Floor, button, floor, labels

from tradegram.brokers.registry import PAPER
from tradegram.chat.buttons import OrderPress, TicketPress, read_press
from tradegram.chat.commands.command import Command
from tradegram.chat.commands.table import COMMANDS, EXAMPLES, TABLE
from tradegram.chat.writing import DATA_LIMIT, TEXT_LIMIT, utf16
from tradegram.model import Account, Mode
from tradegram.ports import Change, Event
from tradegram.risk.kill import is_killed, resume

EXPECTED = [
    "/start",
    "/help",
    "/buy",
    "/sell",
    "/straddle",
    "/strangle",
    "/spread",
    "/condor",
    "/butterfly",
    "/calendar",
    "/basket",
    "/q",
    "/chart",
    "/chain",
    "/orders",
    "/order",
    "/trades",
    "/pos",
    "/hold",
    "/funds",
    "/pnl",
    "/modify",
    "/cancel",
    "/decide",
    "/exit",
    "/brackets",
    "/protect",
    "/gtt",
    "/repeat",
    "/status",
    "/dashboard",
    "/login",
    "/logout",
    "/link",
    "/accounts",
    "/mode",
    "/kill",
    "/resume",
    "/risk",
    "/strategy",
    "/settings",
    "/apikey",
    "/audit",
]
SPARE = Account("paper:spare", "paper", "spare", Mode.PAPER)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Floor]:
    with floor(tmp_path) as made:
        yield made


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Floor]:
    with floor(tmp_path, PAPER, SPARE) as made:
        yield made


def test_every_promised_command_is_in_the_table() -> None:
    assert list(COMMANDS) == EXPECTED


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_every_command_explains_itself(row: Command) -> None:
    assert row.usage.split()[0] == row.name
    assert row.about.endswith(".")
    assert 1 <= len(row.about) <= 256
    assert row.example.split()[0] == row.name
    assert row.name[1:].isalpha()


def test_no_command_that_leads_to_an_order_stands_on_a_button(desk: Floor) -> None:
    for name in ("/buy", "/sell", "/exit", "/repeat", "/modify", "/kill"):
        assert not COMMANDS[name].reads_only
        answer = desk.tap(f"s:{name} RELIANCE 10")
        assert answer.alert
        assert not answer.replies


def test_help_lists_every_command(desk: Floor) -> None:
    text = desk.one("/help").text
    assert all(row.name in text for row in TABLE)


@pytest.mark.parametrize("topic", [*EXPECTED, "orders", "tickets", "states"])
def test_help_answers_about_every_command_and_topic(desk: Floor, topic: str) -> None:
    assert topic.removeprefix("/") in desk.one(f"/help {topic}").text


def test_help_about_nothing_known_names_the_topics(desk: Floor) -> None:
    assert "orders, states, tickets" in desk.one("/help <b>").text


@pytest.mark.parametrize("name", EXPECTED)
def test_every_command_answers_without_and_with_nonsense(desk: Floor, name: str) -> None:
    for text in (name, f"{name} <b>&", f"{name} {'x' * 300}", f"{name.upper()}@the_bot"):
        replies = desk.say(text)
        assert replies
        for reply in replies:
            assert reply.text
            assert utf16(reply.text) <= TEXT_LIMIT
            assert "<b>&" not in reply.text


def test_all_buttons_fit_into_telegrams_64_bytes(two: Floor) -> None:
    two.bought()
    two.press(two.one("buy INFY 10 @ 1400"), "Confirm")
    texts = [*EXPECTED, "/buy NIFTY 50", "buy INFY 1 @ 1400", "buy RELIAANCE 1", "/orders #spare"]
    for text in texts:
        for reply in two.say(text):
            for row in reply.buttons:
                assert 1 <= len(row) <= 8
                for each in row:
                    assert each.copy or 1 <= len(each.data.encode()) <= DATA_LIMIT
                    assert each.copy or read_press(each.data) is not None


def test_a_new_line_ends_a_command_like_a_space(desk: Floor) -> None:
    assert desk.one("/help\nbuy").text == desk.one("/help buy").text


def test_an_unknown_command_gets_the_nearest_spelling(desk: Floor) -> None:
    reply = desk.one("/oders")
    assert "I do not know /oders" in reply.text
    answer = desk.press(reply, "/orders")
    assert answer.edit is not None
    assert "No orders yet" in answer.edit.text


def test_start_offers_three_examples_that_work(desk: Floor) -> None:
    start = desk.one("/start")
    assert "paper" in start.text
    for text in EXAMPLES:
        answer = desk.press(start, text)
        assert answer.replies
        assert not answer.alert


# -- looking -------------------------------------------------------------------------------------


def test_a_quote_says_who_says_so_and_how_old_it_is(desk: Floor) -> None:
    text = desk.one("/q reliance").text
    assert "LTP <b>₹" in text
    assert "simulated, just now" in text


def test_a_misspelt_quote_offers_what_is_near(desk: Floor) -> None:
    answer = desk.press(desk.one("/q RELIAANCE"), "RELIANCE · NSE")
    assert answer.edit is not None
    assert "LTP" in answer.edit.text


def test_positions_funds_fills_and_results_follow_a_trade(desk: Floor) -> None:
    desk.bought()
    assert "long 10 @ 2,9" in desk.one("/pos").text
    assert "BUY <b>RELIANCE</b> 10 @" in desk.one("/trades").text
    assert "net −₹35.12" in desk.one("/pnl").text
    assert "balance ₹9,99,964.88" in desk.one("/funds").text


def test_nothing_open_is_said_with_an_example(desk: Floor) -> None:
    assert "No open positions" in desk.one("/pos").text
    assert "No holdings" in desk.one("/hold").text
    assert "No fills" in desk.one("/trades").text


def test_every_account_is_listed_with_its_own(two: Floor) -> None:
    text = two.one("/funds").text
    assert "#main" in text
    assert "#spare" in text


def test_an_intraday_paper_position_says_that_nobody_squares_it_off(desk: Floor) -> None:
    ticket = desk.one("buy INFY 10 mis")
    assert "MIS is not squared off here at the close" in ticket.text
    desk.press(ticket, "Confirm")
    desk.work()
    assert "not squared off at the close: exit it yourself" in desk.one("/pos").text
    desk.bought()
    assert desk.one("/pos").text.count("squared off") == 1


def test_words_without_a_slash_reach_the_lists(desk: Floor) -> None:
    assert "Positions" in desk.one("Positions").text
    assert "Result today" in desk.one("P&L").text


# -- the desk itself -----------------------------------------------------------------------------


def test_status_warns_before_the_calendar_ends(desk: Floor) -> None:
    assert "holiday table" not in desk.one("/status").text
    desk.clock.pass_(35 * 86_400)
    assert (
        "⚠ The holiday table of NSE, BSE, NFO, BFO ends on 2026-12-31" in desk.one("/status").text
    )


def test_status_tells_mode_switch_session_prices_market_and_orders(desk: Floor) -> None:
    desk.press(desk.one("buy INFY 10 @ 1400"), "Confirm")
    text = desk.one("/status").text
    for words in ("Kill switch: off", "[PAPER]", "session good", "simulated", "market open"):
        assert words in text
    assert "1 order can still fill" in text
    assert "settled" not in text


def test_status_tells_ended_orders_from_those_that_can_still_fill(desk: Floor) -> None:
    desk.bought()
    text = desk.one("/status").text
    assert "no order can still fill, 1 that ended is still watched" in text


def test_a_ticket_says_at_once_that_the_kill_switch_is_on(desk: Floor) -> None:
    desk.say("/kill")
    card = desk.one("buy RELIANCE 10")
    assert "kill switch is on" in card.text.splitlines()[0]
    assert "tradegram resume" in card.text.splitlines()[0]


def test_one_order_is_not_called_orders(desk: Floor) -> None:
    desk.press(desk.one("buy RELIANCE 10 @ 2900"), "Confirm")
    desk.work()
    reply = desk.one("/kill")
    assert "1 order can still fill" in reply.text
    assert "Cancel it…" in labels(reply)


def test_an_audit_line_names_the_order_as_the_cards_do(desk: Floor) -> None:
    desk.bought()
    key = desk.store.orders(PAPER.account_id).orders[0].key
    lines = desk.one("/audit").text.splitlines()
    [filled] = [line for line in lines if "Filled" in line]
    assert f"#{key[:4]}" in filled
    assert "10 filled @ 2" in filled
    assert not any(len(line) > 160 for line in lines)
    assert key not in "".join(lines)


def test_kill_works_at_once_blocks_sends_and_lets_cancels_pass(desk: Floor) -> None:
    working = desk.one("buy INFY 10 @ 1400")
    desk.press(working, "Confirm")
    desk.work()
    ticket = desk.one("buy RELIANCE 10")
    reply = desk.one("/kill")
    assert is_killed(desk.store)
    assert "Cancels still pass" in reply.text
    refused = desk.press(ticket, "Confirm")
    assert refused.alert
    assert "kill switch" in refused.toast
    question = desk.press(reply, "Cancel it").replies[0]
    desk.press(question, "Yes, cancel 1")
    desk.work()
    desk.work()
    assert desk.store.orders(PAPER.account_id).orders[0].state == "CANCELLED"


def test_resume_without_a_pin_and_linking_work_from_the_terminal(desk: Floor) -> None:
    desk.say("/kill")
    assert "terminal only" in desk.one("/resume").text
    assert "tradegram stepup --user 7" in desk.one("/resume").text
    assert "tradegram resume" in desk.one("/resume").text
    assert is_killed(desk.store)
    assert "tradegram link" in desk.one("/mode live").text
    resume(desk.desk, "test")
    assert "off" in desk.one("/resume").text


def test_the_default_account_is_used_for_orders_that_name_none(two: Floor) -> None:
    assert "a/c #main" in two.one("buy INFY 1 @ 1400").text
    two.say("/settings account spare")
    assert "a/c #spare" in two.one("buy INFY 1 @ 1400").text
    assert "a/c #main" in two.one("buy INFY 1 @ 1400", RAVI).text
    assert "#spare (paper)  [PAPER] · session good · default" in two.one("/accounts").text


def test_a_wrong_setting_is_refused_with_what_there_is(two: Floor) -> None:
    assert "#main (paper:main)" in two.one("/settings account nobody").text
    assert "on or off" in two.one("/settings privacy maybe").text
    assert "not in the list" in two.one("/settings forget 1").text


def test_privacy_hides_amounts_until_they_are_tapped(desk: Floor) -> None:
    desk.bought()
    assert "tg-spoiler" not in desk.one("/funds").text
    answer = desk.press(desk.one("/settings"), "Privacy on")
    assert answer.edit is not None
    assert "Privacy: on" in answer.edit.text
    for text in ("/funds", "/pos", "/pnl", "/trades"):
        assert "<tg-spoiler>" in desk.one(text).text


def test_audit_shows_the_last_events_and_that_the_chain_verifies(desk: Floor) -> None:
    desk.bought()
    text = desk.one("/audit").text
    assert "✅ The whole chain verifies" in text
    assert "<b>confirmed</b>" in text
    assert "<b>Filled</b>" in text


def test_audit_says_aloud_when_the_chain_was_changed(desk: Floor) -> None:
    desk.bought()
    with closing(sqlite3.connect(desk.folder / "desk.sqlite")) as db, db:
        db.execute("UPDATE audit SET body = replace(body, '\"10\"', '\"11\"') WHERE sequence = 1")
    assert "⛔ <b>audit chain broken at 1" in desk.one("/audit").text


def test_the_desks_own_chain_can_be_read(desk: Floor) -> None:
    desk.say("/kill")
    assert "kill switch" in desk.one("/audit desk").text


def test_a_hundred_long_events_still_fit_into_messages(desk: Floor) -> None:
    for _ in range(12):
        event = Event(PAPER.account_id, {"event": "x" * 999, "note": "<b>" * 400})
        desk.store.commit(Change((), (event,)))
    for reply in desk.say("/audit"):
        assert utf16(reply.text) <= TEXT_LIMIT


# -- what a button may be ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    ["", "x", "t:", "t:a:b", "t:a:c:x", "t:a:c:-1", "k:a:k:1:2", "r:a", "s:", "😀", "t" * 64],
)
def test_data_of_no_known_form_does_nothing(desk: Floor, data: str) -> None:
    answer = desk.tap(data)
    assert answer.alert
    assert "not known" in answer.toast


@pytest.mark.parametrize("kind", "tkrompaes")
def test_forged_data_is_answered_and_does_nothing(desk: Floor, kind: str) -> None:
    presses = [*TicketPress, *OrderPress, "0", "y", "zz"]
    for data in [f"{kind}:{'Z' * 16}:{press}:1" for press in presses] + [
        f"{kind}:input:{ANU}",
        f"{kind}:{'Z' * 16}:0",
        f"{kind}:99",
    ]:
        answer = desk.tap(data)
        assert answer.toast
        assert not answer.edit
    assert not desk.store.orders(PAPER.account_id).orders


def test_another_persons_choice_cannot_be_pressed(desk: Floor) -> None:
    chooser = desk.one("/buy NIFTY 50")
    answer = desk.press(chooser, "NIFTYBEES", RAVI)
    assert answer.alert
    assert "somebody else's" in answer.toast
    mine = desk.press(chooser, "NIFTYBEES")
    assert mine.edit is not None
    assert "Confirm BUY 50" in labels(mine.edit)[0]


def test_a_choice_answers_only_the_kind_of_button_it_was_made_for(desk: Floor) -> None:
    chooser = button(desk.one("/buy NIFTY 50"), "NIFTYBEES").data
    key = chooser.split(":")[1]
    for data in (f"o:{key}:0", f"m:{key}:y", f"a:{key}:y", f"p:{key}"):
        assert "too old" in desk.tap(data).toast


def test_choices_expire_after_ten_minutes(desk: Floor) -> None:
    chooser = desk.one("/buy NIFTY 50")
    desk.clock.pass_(601)
    assert "too old" in desk.press(chooser, "NIFTYBEES").toast


def test_orders_are_paged_by_eight(desk: Floor) -> None:
    for number in range(10):
        desk.press(desk.one(f"buy INFY 1 @ {1400 + number}"), "Confirm")
        desk.clock.pass_(1)
    first = desk.one("/orders")
    assert first.text.count("BUY INFY") == 8
    older = desk.press(first, "Older").edit
    assert older is not None
    assert older.text.count("BUY INFY") == 2
    newest = desk.press(older, "Newest").replies[0]
    assert newest.text == first.text


def test_an_order_in_a_list_opens_below_it(desk: Floor) -> None:
    desk.bought()
    listed = desk.one("/orders")
    answer = desk.tap(button(listed, "BUY RELIANCE").data)
    assert answer.edit is None
    assert "Filled" in answer.replies[0].text
