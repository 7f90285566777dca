"""Limits and step-up in the chat, as a person meets them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from chat.trading_floor import ANU, RAVI, Floor, floor, labels

from tradegram.brokers.registry import PAPER
from tradegram.chat.keypad import order_of_keys
from tradegram.chat.reply import Answer, Reply
from tradegram.chat.writing import DATA_LIMIT
from tradegram.model import Account, Mode
from tradegram.risk import totp
from tradegram.risk.kill import is_killed
from tradegram.risk.limits import limits_of
from tradegram.risk.stepup import set_up_pin, set_up_totp

PIN = "482915"
SPARE = Account("paper:spare", "paper", "spare", Mode.PAPER)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Floor]:
    with floor(tmp_path, PAPER, SPARE) as made:
        yield made


def tapped(desk: Floor, keypad: Reply, digits: str, user_id: int = ANU) -> Answer:
    """Press the digits on this keypad; what the last press leads to."""
    answer = Answer()
    for digit in digits:
        answer = desk.press(keypad, digit, user_id)
    return answer


def text(answer: Answer) -> str:
    assert answer.edit is not None
    return answer.edit.text


def order_value(desk: Floor, user_id: int = ANU) -> int:
    return int(limits_of(desk.desk, user_id, PAPER).order_value)


# -- limits --------------------------------------------------------------------------------------


def test_risk_shows_every_limit_with_todays_use(desk: Floor) -> None:
    for words in ("trades_per_day 20", "daily_loss 10000", "open_positions 5"):
        assert "counts at once" in desk.one(f"/risk {words}").text
    desk.bought()

    card = desk.one("/risk").text
    assert "One order at most: <b>₹50,00,000</b>" in card
    assert "Orders in a day: <b>20</b> (yours) · today 1 of 20 yours on all accounts" in card
    assert "Open positions: <b>5</b> (yours) · today 1" in card
    assert re.search(r"Loss in a day: <b>₹10,000</b> \(yours\) · today ₹\d", card)
    assert "tradegram stepup" in card


def test_lowering_is_one_line_or_one_tap_and_counts_at_once(desk: Floor) -> None:
    assert "It counts at once" in desk.one("/risk order_value 20000").text
    denied = desk.one("buy RELIANCE 10").text
    assert "above your limit of ₹20,000.00" in denied
    assert "/risk order_value" in denied

    events = desk.one("/audit desk").text
    assert "One order at most: default → ₹20,000" in events
    assert "order_value" not in events

    card = desk.one("/risk")
    desk.press(card, "One order at most ₹10,000")
    assert order_value(desk) == 10_000
    assert order_value(desk, RAVI) == 5_000_000


def test_an_accounts_limit_counts_for_everybody_on_it(desk: Floor) -> None:
    desk.say("/risk #spare order_value 20000")

    assert "/risk #spare order_value" in desk.one("buy RELIANCE 10 #spare", RAVI).text
    assert "Confirm" in "".join(labels(desk.one("buy RELIANCE 10", RAVI)))
    assert "(account's)" in desk.one("/risk #spare").text


def test_one_limit_explains_itself_and_a_wrong_one_lists_them(desk: Floor) -> None:
    one = desk.one("/risk daily_loss").text
    assert "no limit" in one
    assert "/risk daily_loss 10000" in one
    assert "trades_per_day" in desk.one("/risk nonsense 5").text
    assert "is no amount" in desk.one("/risk order_value lots").text


# -- step-up -------------------------------------------------------------------------------------


def test_without_a_code_or_pin_raising_says_where_to_set_one_up(desk: Floor) -> None:
    said = desk.one("/risk order_value 6000000").text

    assert "tradegram stepup --user 7" in said
    assert order_value(desk) == 5_000_000


def test_a_pin_on_the_keypad_raises_a_limit(desk: Floor) -> None:
    set_up_pin(desk.desk, ANU, PIN)
    keypad = desk.one("/risk order_value 6000000")
    assert "One order at most: ₹60,00,000" in keypad.text
    assert order_value(desk) == 5_000_000

    assert tapped(desk, keypad, PIN[:2]).toast == "●●○○○○"
    done = tapped(desk, desk.one("/risk order_value 6000000"), PIN)
    assert "₹60,00,000" in text(done)
    assert order_value(desk) == 6_000_000


def test_a_wrong_pin_changes_nothing_and_shows_other_keys(desk: Floor) -> None:
    set_up_pin(desk.desk, ANU, PIN)
    keypad = desk.one("/risk order_value 6000000")
    wrong = tapped(desk, keypad, "111111")

    assert wrong.alert
    assert "4 tries are left" in wrong.toast
    assert order_value(desk) == 5_000_000
    assert wrong.edit is not None
    assert labels(wrong.edit) != labels(keypad)
    assert "₹60,00,000" in text(tapped(desk, wrong.edit, PIN))


def test_five_wrong_pins_lock_and_then_the_right_one_is_no_use(desk: Floor) -> None:
    set_up_pin(desk.desk, ANU, PIN)
    answer = Answer(edit=desk.one("/risk order_value 6000000"))
    for _ in range(5):
        assert answer.edit is not None
        answer = tapped(desk, answer.edit, "111111")
    assert "Locked for 15 minutes" in text(answer)

    assert "locked until" in text(tapped(desk, desk.one("/risk order_value 6000000"), PIN))
    assert order_value(desk) == 5_000_000


def test_the_keys_are_mixed_anew_and_say_nothing_in_their_data(desk: Floor) -> None:
    set_up_pin(desk.desk, ANU, PIN)
    orders = set()
    for _ in range(6):
        keypad = desk.one("/risk order_value 6000000")
        keys = [each for row in keypad.buttons for each in row if each.label.isdecimal()]
        assert sorted(each.label for each in keys) == list("0123456789")
        assert all(len(each.data.encode()) <= DATA_LIMIT for each in keys)
        orders.add("".join(each.label for each in keys))
        assert [each.data[-1] for each in keys] == list("0123456789")  # places, not digits
    assert len(orders) == 6


def test_the_record_never_holds_the_digits(desk: Floor) -> None:
    set_up_pin(desk.desk, ANU, PIN)
    keypad = desk.one("/risk order_value 6000000")
    seed = keypad.buttons[0][0].data.split(":")[2]
    tapped(desk, keypad, PIN[:5])

    [asked] = [each for each in desk.store.documents("pending") if "places" in each.body]
    places = [order_of_keys(seed).index(digit) for digit in PIN[:5]]
    assert asked.body["places"] == places
    assert seed not in str(dict(asked.body))


def test_a_step_back_and_leaving_work(desk: Floor) -> None:
    set_up_pin(desk.desk, ANU, PIN)
    keypad = desk.one("/risk order_value 6000000")
    tapped(desk, keypad, "49")
    assert desk.press(keypad, "⌫").toast == "●○○○○○"
    assert "₹60,00,000" in text(tapped(desk, keypad, PIN[1:]))

    keypad = desk.one("/risk order_value 7000000")
    assert "Left as it was" in text(desk.press(keypad, "✖"))
    assert desk.press(keypad, "1").alert


def test_somebody_elses_keypad_and_an_old_one_are_no_use(desk: Floor) -> None:
    set_up_pin(desk.desk, ANU, PIN)
    keypad = desk.one("/risk order_value 6000000")
    assert "somebody else's" in desk.press(keypad, "1", RAVI).toast

    desk.clock.pass_(121)
    assert "too old" in desk.press(keypad, "1").toast


def test_a_typed_pin_is_not_taken_and_the_person_is_told_to_delete_it(desk: Floor) -> None:
    set_up_pin(desk.desk, ANU, PIN)
    desk.say("/risk order_value 6000000")

    said = desk.one(PIN).text
    assert "never typed" in said
    assert "Delete that message" in said
    assert order_value(desk) == 5_000_000


def test_a_code_of_an_authenticator_may_be_typed_or_tapped_and_only_once(desk: Floor) -> None:
    secret = set_up_totp(desk.desk, ANU)
    code = totp.code(secret, int(desk.clock.now() // totp.PERIOD))
    desk.say("/risk order_value 6000000")
    assert "₹60,00,000" in desk.one(code).text
    assert order_value(desk) == 6_000_000

    again = tapped(desk, desk.one("/risk order_value 7000000"), code)
    assert "used before" in again.toast
    desk.clock.pass_(30)
    code = totp.code(secret, int(desk.clock.now() // totp.PERIOD))
    assert again.edit is not None
    assert "₹70,00,000" in text(tapped(desk, again.edit, code))


def test_only_an_owner_loosens_an_accounts_limit_and_anybody_tightens_it(desk: Floor) -> None:
    for user_id in (0, ANU):
        set_up_pin(desk.desk, user_id, PIN)

    assert "counts at once" in desk.one("/risk #main order_value 20000").text
    assert "Only an owner" in desk.one("/risk #main order_value 6000000").text
    keypad = desk.one("/risk #main order_value 6000000", 0)
    assert "₹60,00,000" in text(tapped(desk, keypad, PIN, 0))


# -- the kill switch -----------------------------------------------------------------------------


def test_the_kill_switch_is_released_by_the_pin_only(desk: Floor) -> None:
    set_up_pin(desk.desk, ANU, PIN)
    desk.say("/kill")
    keypad = desk.one("/resume")

    tapped(desk, keypad, "111222")
    assert is_killed(desk.store)
    assert "kill switch is off" in text(tapped(desk, desk.one("/resume"), PIN))
    assert not is_killed(desk.store)
    assert "orders pass" in desk.one("/resume").text


def test_who_has_no_pin_releases_nothing_with_anothers_keypad(desk: Floor) -> None:
    set_up_pin(desk.desk, ANU, PIN)
    desk.say("/kill")

    assert "terminal" in desk.one("/resume", RAVI).text
    desk.press(desk.one("/resume"), "1", RAVI)
    assert is_killed(desk.store)


def test_no_button_releases_or_raises_by_itself(desk: Floor) -> None:
    desk.say("/kill")
    for data in ("s:/resume", "s:/risk order_value 9000000", "n:AAAA:BBBB:1", "n:A:B:c", "n::"):
        assert desk.tap(data).alert
    assert is_killed(desk.store)


# -- changes -------------------------------------------------------------------------------------


def changed(desk: Floor, words: str) -> Answer:
    key = desk.store.orders(PAPER.account_id).orders[0].key
    return desk.press(desk.one(f"/modify {key} {words}"), "Change to")


def words_of(answer: Answer) -> str:
    return answer.toast + "".join(each.text for each in answer.replies)


def test_a_change_passes_no_limit_that_the_order_could_not(desk: Floor) -> None:
    desk.press(desk.one("buy INFY 10 @ 1400"), "Confirm")
    desk.work()
    desk.say("/risk order_value 20000")

    more = changed(desk, "qty 20")
    assert "above your limit of ₹20,000.00" in words_of(more)
    assert "Nothing was changed" in words_of(more)
    assert desk.store.orders(PAPER.account_id).orders[0].replace_wanted is None
    assert "asked for" in changed(desk, "qty 14").toast


def test_a_changed_price_may_come_nearer_and_not_go_wild(desk: Floor) -> None:
    desk.press(desk.one("buy INFY 10 @ 1400"), "Confirm")
    desk.work()

    wild = changed(desk, "900")
    assert "further than your limit of 20 %" in words_of(wild)
    assert "asked for" in changed(desk, "1401").toast


def test_while_the_kill_switch_is_on_an_order_may_shrink_and_not_grow(desk: Floor) -> None:
    desk.press(desk.one("buy INFY 10 @ 1400"), "Confirm")
    desk.work()
    desk.say("/kill")

    assert "no order grows" in changed(desk, "qty 11").toast
    assert "asked for" in changed(desk, "qty 5").toast
