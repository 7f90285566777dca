"""What becomes of an order after Confirm: shown, changed, cancelled, closed, repeated."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from chat.trading_floor import ANU, RAVI, Floor, button, floor, labels

from tradegram.brokers.paper.profile import PaperOptions
from tradegram.brokers.registry import PAPER
from tradegram.chat.reply import Answer, Reply
from tradegram.model import Account, Mode
from tradegram.orders.attend import attend
from tradegram.orders.cancel import want_cancel
from tradegram.orders.state import Order, State
from tradegram.risk.kill import kill

SPARE = Account("paper:spare", "paper", "spare", Mode.PAPER)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Floor]:
    with floor(tmp_path) as made:
        yield made


def newest(desk: Floor) -> Order:
    return desk.store.orders(PAPER.account_id).orders[0]


def newest_or_none(desk: Floor) -> Order | None:
    return next(iter(desk.store.orders(PAPER.account_id).orders), None)


def edited(answer: Answer) -> Reply:
    assert answer.edit is not None, answer
    return answer.edit


def working(desk: Floor, text: str = "buy INFY 10 @ 1400") -> Reply:
    """An order far from the market, at the exchange."""
    desk.press(desk.one(text), "Confirm")
    desk.work()
    return desk.one(f"/order {newest(desk).key}")


# -- naming --------------------------------------------------------------------------------------


def test_an_order_is_found_by_four_characters_in_any_case(desk: Floor) -> None:
    card = working(desk)
    key = newest(desk).key
    for called in (key[:4], f"#{key[:4].lower()}", key, newest(desk).broker_order_id):
        assert desk.one(f"/order {called}") == card


def test_an_ambiguous_name_lists_longer_ones(desk: Floor) -> None:
    working(desk)
    working(desk, "buy INFY 10 @ 1401")
    # Tickets of this desk count upwards, so their ids begin alike.
    text = desk.one(f"/order {newest(desk).ticket_id[:4]}").text
    assert "stands for 2 orders" in text
    assert f"#{newest(desk).key[:8]}" in text


# -- cancel --------------------------------------------------------------------------------------


def test_cancel_asks_first_and_then_says_only_that_it_was_asked_for(desk: Floor) -> None:
    question = edited(desk.press(working(desk), "Cancel"))
    assert "Cancel what is left of it (10)?" in question.text
    assert not newest(desk).cancel_wanted
    answer = desk.press(question, "Yes, cancel")
    assert "asked for" in answer.toast
    assert "Cancel asked for; not confirmed" in edited(answer).text
    desk.work()
    desk.work()
    assert "✖ <b>Cancelled</b>" in desk.one(f"/order {newest(desk).key}").text


def test_keeping_the_order_brings_its_card_back(desk: Floor) -> None:
    card = working(desk)
    question = edited(desk.press(card, "Cancel"))
    assert edited(desk.press(question, "No, keep it")) == card


def test_a_yes_for_an_older_state_asks_again(desk: Floor) -> None:
    question = edited(desk.press(working(desk), "Cancel"))
    change = desk.one(f"/modify {newest(desk).key[:6]} 1405")
    desk.press(change, "Change to")
    answer = desk.press(question, "Yes, cancel")
    assert "moved on meanwhile" in edited(answer).text
    assert not newest(desk).cancel_wanted
    desk.press(edited(answer), "Yes, cancel")
    assert newest(desk).cancel_wanted


def test_cancel_by_name_and_without_a_name(desk: Floor) -> None:
    working(desk)
    assert "Cancel what is left" in desk.one(f"/cancel {newest(desk).key[:4]}").text
    listed = desk.one("/cancel")
    assert "Cancel what is left" in edited(desk.press(listed, "BUY 10 INFY")).text


def test_cancel_all_lists_asks_once_and_reports_each(desk: Floor) -> None:
    working(desk)
    working(desk, "buy TCS 5 @ 2900")
    question = desk.one("/cancel all")
    assert "Cancel 2 orders?" in question.text
    ended = newest(desk).key
    want_cancel(desk.desk, ended, user_id=0, why="test")
    desk.work()
    desk.work()
    text = edited(desk.press(question, "Yes, cancel 2")).text
    assert f"{newest(desk).key[:4]}</code> Nothing to cancel" in text
    assert text.count("asked for") >= 2
    assert "too old" in desk.press(question, "Yes, cancel 2").toast


def test_cancel_all_can_be_left(desk: Floor) -> None:
    working(desk)
    assert "Nothing was cancelled" in edited(desk.press(desk.one("/cancel all"), "No")).text
    assert not newest(desk).cancel_wanted


def test_an_ended_order_is_not_cancelled(desk: Floor) -> None:
    desk.bought()
    assert "already ended: filled" in desk.one(f"/cancel {newest(desk).key}").text
    answer = desk.tap(f"k:{newest(desk).key}:y:1")
    assert "already ended" in answer.toast


# -- modify --------------------------------------------------------------------------------------


def test_a_change_is_shown_before_and_after_and_made_on_confirm(desk: Floor) -> None:
    working(desk)
    question = desk.one(f"/modify {newest(desk).key[:4]} 1405")
    assert "LIMIT ₹1,400.00" in question.text
    assert "After: 10 × LIMIT ₹1,405.00" in question.text
    assert newest(desk).replace_wanted is None
    answer = desk.press(question, "Change to BUY 10 @ 1,405")
    said = edited(answer)
    assert "Change asked for" in said.text
    assert "10 × LIMIT ₹1,405.00" in said.text
    assert "not confirmed" not in said.text, "nobody edits this message when it is"
    assert "Modify" not in labels(said)
    desk.work()
    desk.work()
    assert "<b>10 × LIMIT ₹1,405.00" in desk.one(f"/order {newest(desk).key}").text


def test_the_modify_button_asks_for_the_terms(desk: Floor) -> None:
    answer = desk.press(working(desk), "Modify")
    assert "Type the new terms" in answer.replies[0].text
    assert "After: 12 × LIMIT ₹1,400.00" in desk.one("qty 12").text


def test_a_change_can_be_left(desk: Floor) -> None:
    card = working(desk)
    question = desk.one(f"/modify {newest(desk).key[:4]} 1405")
    assert edited(desk.press(question, "Leave it")) == card


def test_another_person_cannot_confirm_a_change(desk: Floor) -> None:
    working(desk)
    question = desk.one(f"/modify {newest(desk).key[:4]} 1405")
    assert "somebody else's" in desk.press(question, "Change to", RAVI).toast
    assert newest(desk).replace_wanted is None


@pytest.mark.parametrize("terms", ["1405.03", "1405 qty 12", "hello", "", "qty 0"])
def test_a_change_that_cannot_be_understood_changes_nothing(desk: Floor, terms: str) -> None:
    working(desk)
    reply = desk.one(f"/modify {newest(desk).key[:4]} {terms}")
    assert not labels(reply)
    assert newest(desk).replace_wanted is None


def test_an_ended_order_is_not_changed(desk: Floor) -> None:
    desk.bought()
    assert "no longer be changed" in desk.one(f"/modify {newest(desk).key[:4]} 1405").text


# -- exits ---------------------------------------------------------------------------------------


def test_an_exit_is_a_ticket_for_the_whole_position(desk: Floor) -> None:
    desk.bought()
    ticket = desk.one("/exit reliance")
    assert "SELL RELIANCE" in ticket.text
    assert labels(ticket)[0].startswith("✅ Confirm SELL 10 @ market, worst")
    assert len(desk.store.orders(PAPER.account_id).orders) == 1


@pytest.mark.parametrize(("share", "units"), [("50%", 3), ("100%", 7), ("20%", 1)])
def test_a_share_of_a_position_is_floored_to_the_lot(desk: Floor, share: str, units: int) -> None:
    desk.bought("buy RELIANCE 7")
    assert f"Confirm SELL {units} @" in labels(desk.one(f"/exit RELIANCE {share}"))[0]


def test_a_share_below_one_lot_is_refused(desk: Floor) -> None:
    desk.bought("buy RELIANCE 7")
    assert "less than the smallest lot" in desk.one("/exit RELIANCE 5%").text


def test_half_a_derivative_position_is_whole_lots(desk: Floor) -> None:
    card = edited(desk.press(desk.one("buy 3 lots NIFTY FUT mis"), "23 NOV"))
    second = edited(desk.press(card, "Confirm"))
    assert newest_or_none(desk) is None
    desk.press(second, "really")
    desk.work()
    assert newest(desk).state is State.FILLED
    assert "Confirm SELL 65 @" in labels(desk.one("/exit NIFTY 50%"))[0]


def test_what_is_being_closed_already_is_not_closed_twice(desk: Floor) -> None:
    desk.bought()
    working(desk, "sell RELIANCE 4 @ 3200 cnc")
    assert "Confirm SELL 6 @" in labels(desk.one("/exit RELIANCE"))[0]
    working(desk, "sell RELIANCE 6 @ 3200 cnc")
    text = desk.one("/exit RELIANCE").text
    assert "being closed already" in text
    assert "Cancel first (/cancel #" in text


def test_exit_all_asks_once_and_closes_each_position_once(desk: Floor) -> None:
    desk.bought()
    desk.bought("buy INFY 5")
    working(desk, "sell RELIANCE 4 @ 3200 cnc")
    question = desk.one("/exit all")
    assert "RELIANCE · CNC · long 10" in question.text
    assert "INFY · CNC · long 5" in question.text
    assert len(desk.store.orders(PAPER.account_id).orders) == 3  # nothing is sent yet

    done = edited(desk.press(question, "Yes, exit 2")).text
    again = desk.press(question, "Yes, exit 2")

    assert "SELL 6" in done
    assert "SELL 5" in done
    assert "too old" in again.toast
    desk.work()
    broker = desk.desk.brokers.broker(PAPER.account_id)
    assert sorted(one.quantity for one in broker.positions()) == [0, 4]


def test_what_was_closed_before_the_answer_is_not_closed_again(desk: Floor) -> None:
    desk.bought()
    desk.bought("buy INFY 5")
    first, second = desk.one("/exit all"), desk.one("/exit all")
    desk.press(first, "Yes, exit 2")

    text = edited(desk.press(second, "Yes, exit 2")).text

    assert text.count("being closed already") == 2
    assert len(desk.store.orders(PAPER.account_id).orders) == 4


def test_the_kill_switch_stops_an_exit_of_all_and_says_so(desk: Floor) -> None:
    desk.bought()
    desk.bought("buy INFY 5")
    question = desk.one("/exit all 50%")
    kill(desk.desk, ANU)

    assert edited(desk.press(question, "Yes")).text.count("kill switch") == 2


def test_several_positions_of_a_name_are_asked_about(tmp_path: Path) -> None:
    with floor(tmp_path, PAPER, SPARE) as desk:
        desk.bought()
        desk.press(desk.one("buy RELIANCE 4 #spare"), "Confirm")
        desk.work()
        question = desk.one("/exit RELIANCE 50%")
        assert "Exit which position?" in question.text
        card = edited(desk.press(question, "#spare"))
        assert "Confirm SELL 2 @" in labels(card)[0]
        assert "a/c #spare" in card.text


def test_the_filled_card_opens_exits_as_tickets(desk: Floor) -> None:
    card = desk.bought()
    expected = {
        "Exit 50 %": "Confirm SELL 5 @ market",
        "Exit all": "Confirm SELL 10 @ market",
    }
    for press, words in expected.items():
        answer = desk.press(card, press)
        assert answer.edit is None
        assert words in labels(answer.replies[0])[0]
    assert len(desk.store.orders(PAPER.account_id).orders) == 1


def test_a_stop_that_was_not_on_the_ticket_is_asked_for(desk: Floor) -> None:
    answer = desk.press(desk.bought(), "Set SL")
    assert "Type the stop for" in answer.replies[0].text
    assert "SL 2,890" in desk.one("2890").text


def test_a_position_that_is_gone_cannot_be_exited_from_an_old_card(desk: Floor) -> None:
    card = desk.bought()
    desk.press(desk.one("/exit RELIANCE"), "Confirm")
    desk.work()
    assert "No open position" in desk.press(card, "Exit all").toast


# -- again ---------------------------------------------------------------------------------------


def test_repeat_opens_a_new_ticket_like_the_last_confirmed(desk: Floor) -> None:
    working(desk, "buy INFY 10 @ 1400")
    desk.clock.pass_(5)
    working(desk, "buy TCS 5 @ 2900 sl 2800")
    ticket = desk.one("/repeat")
    assert "5 × LIMIT ₹2,900.00" in ticket.text
    assert "SL 2,800" in ticket.text
    assert len(desk.store.orders(PAPER.account_id).orders) == 2


def test_repeat_after_an_exit_says_that_nothing_is_left_to_close(desk: Floor) -> None:
    desk.bought()
    desk.press(desk.one("/exit RELIANCE 50%"), "Confirm")
    desk.work()
    assert "Confirm SELL 5" in "".join(labels(desk.one("/repeat")))
    desk.press(desk.one("/exit RELIANCE"), "Confirm")
    desk.work()

    assert "Nothing of RELIANCE is left to close" in desk.one("/repeat").text


def test_repeat_repeats_only_ones_own(desk: Floor) -> None:
    working(desk)
    assert "You confirmed no ticket" in desk.one("/repeat", RAVI).text


def test_a_rejected_order_says_why_and_offers_a_new_ticket(tmp_path: Path) -> None:
    with floor(tmp_path, options=PaperOptions(rejection_rate=1.0)) as desk:
        card = desk.bought()
        assert newest(desk).state is State.REJECTED
        assert "⛔ <b>Rejected</b>" in card.text
        assert "The broker: “" in card.text
        ticket = desk.press(card, "New ticket").replies[0]
        assert "Confirm BUY 10" in labels(ticket)[0]


def test_check_now_compares_with_the_brokers_book(desk: Floor) -> None:
    desk.press(desk.one("buy RELIANCE 10"), "Confirm")
    card = desk.one(f"/order {newest(desk).key}")
    for key in desk.bell.rung:
        attend(desk.desk, key)
    desk.clock.pass_(5)
    answer = desk.press(card, "Check now")
    assert "✅ <b>Filled</b>" in edited(answer).text
    assert "order book" in answer.toast


def test_the_button_of_the_card_carries_the_whole_id(desk: Floor) -> None:
    card = working(desk)
    assert button(card, "Cancel").data == f"k:{newest(desk).key}:x:{newest(desk).version}"
