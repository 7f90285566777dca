"""From words to tickets, and from taps to orders, at a desk of real pieces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from chat.trading_floor import ANU, RAVI, Floor, button, floor, labels

from tradegram.brokers.registry import PAPER
from tradegram.chat.reply import Answer, Reply
from tradegram.orders.state import Order


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Floor]:
    with floor(tmp_path) as made:
        yield made


def orders(desk: Floor) -> list[Order]:
    return list(desk.store.orders(PAPER.account_id).orders)


def edited(answer: Answer) -> Reply:
    assert answer.edit is not None, answer
    return answer.edit


# -- words ---------------------------------------------------------------------------------------


def test_nifty_50_is_never_a_ticket_and_the_choice_opens_one(desk: Floor) -> None:
    chooser = desk.one("/buy NIFTY 50")
    assert "cannot be bought directly" in chooser.text
    assert not any("Confirm" in name for name in labels(chooser))
    for words in ("NIFTY FUT 23 NOV · 1 lot", "CE", "PE", "NIFTYBEES", "needs 2nd confirm"):
        assert button(chooser, words)
    card = edited(desk.press(chooser, "NIFTYBEES"))
    assert "BUY NIFTYBEES" in card.text
    assert labels(card)[0].startswith("✅ Confirm BUY 50 @")


def test_a_choice_can_be_remembered_is_shown_and_can_be_revoked(desk: Floor) -> None:
    chooser = edited(desk.press(desk.one("/buy NIFTY 50"), "☐ remember"))
    answer = desk.press(chooser, "NIFTYBEES")
    assert "Remembered" in answer.toast
    again = desk.one("/buy NIFTY 50")
    assert "BUY NIFTYBEES" in again.text
    assert "/settings to change" in again.text
    settings = desk.one("/settings")
    assert "“NIFTY 50” → NSE:NIFTYBEES" in settings.text
    assert "No remembered" in edited(desk.press(settings, "Forget")).text
    assert "What did you mean" in desk.one("/buy NIFTY 50").text


def test_the_remember_button_shows_what_it_is_set_to(desk: Floor) -> None:
    chooser = desk.one("/buy NIFTY 50")
    on = edited(desk.press(chooser, "☐ remember"))
    assert edited(desk.press(on, "☑ remember")) == chooser


def test_a_derivative_is_never_remembered(desk: Floor) -> None:
    chooser = edited(desk.press(desk.one("/buy NIFTY 50"), "☐ remember"))
    answer = desk.press(chooser, "NIFTY FUT 23 NOV · 1 lot")
    assert "Not remembered" in answer.toast
    assert "What did you mean" in desk.one("/buy NIFTY 50").text


def test_what_one_person_remembers_is_not_anothers(desk: Floor) -> None:
    desk.press(edited(desk.press(desk.one("/buy NIFTY 50"), "☐ remember")), "NIFTYBEES")
    assert "What did you mean" in desk.one("/buy NIFTY 50", RAVI).text


def test_choosing_nothing_does_nothing(desk: Floor) -> None:
    chooser = desk.one("/buy NIFTY 50")
    assert "nothing sent" in edited(desk.press(chooser, "Cancel")).text
    assert "too old" in desk.press(chooser, "NIFTYBEES").toast


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("/buy RELIAANCE 10", "Did you mean RELIANCE"),
        ("/buy RELIANCE 10 @ 2950.03", "nearest 2,950.00 or 2,950.05"),
        ("/buy RELIANCE 10 lmit 2950", "lmit"),
        ("/buy NIFTY 24000 CE", "Which expiry"),
        ("/buy BANKNIFTY FUT 31", "30"),
        ("/buy RELIANCE", "How many"),
        ("/buy", "buy"),
        ("buy", "buy"),
        ("/buy RELIANCE 0", "above zero"),
        ("/buy RELIANCE -5", "5"),
        ("/buy RELIANCE 10 @ 2950 #nobody", "#nobody"),
        ("/buy RELIANCE 999999999", "₹"),
        ("/buy BTCUSDT 0.00001", "5"),
        ("/sell RELIANCE 10 cnc @ 9999999", "above the market"),
        ("hello", "/help"),
        ("", "/help"),
        ("x" * 2000, "too long"),
        ("buy " + "RELIANCE " * 100, "at most"),
        ("/order", "4 characters"),
        ("/order ZZZZ", "No order begins with #ZZZZ"),
        ("/modify", "/modify K7Q2 2955"),
        ("/modify ZZZZ 10", "No order"),
        ("/cancel", "Nothing to cancel"),
        ("/cancel all", "Nothing to cancel"),
        ("/exit", "/exit all"),
        ("/exit RELIANCE", "No open position"),
        ("/exit all", "No open position"),
        ("/exit RELIANCE 0%", "1% to 100%"),
        ("/exit RELIANCE 101%", "1% to 100%"),
        ("/repeat", "You confirmed no ticket"),
        ("/q", "/q RELIANCE"),
        ("/q \u202e😀", "I know nothing"),
    ],
)
def test_bad_input_is_answered_in_one_message_without_a_confirm(
    desk: Floor, text: str, words: str
) -> None:
    reply = desk.one(text)
    assert words in reply.text
    assert not any("Confirm" in name for name in labels(reply))
    assert not orders(desk)


def test_an_offer_says_its_text(desk: Floor) -> None:
    card = edited(desk.press(desk.one("/buy RELIANCE 10 @ 2950.03"), "2,950.05"))
    assert "10 × LIMIT ₹2,950.05" in card.text


def test_m_and_m_is_a_symbol_not_markup(desk: Floor) -> None:
    card = desk.one("/buy M&M 5")
    assert "BUY M&amp;M" in card.text
    assert "M&M" not in card.text


# -- the ticket ----------------------------------------------------------------------------------


def test_edits_make_new_versions_and_keep_the_message(desk: Floor) -> None:
    card = desk.one("buy INFY 10 @ 1400")
    for press, words in [
        ("+1", "11 × LIMIT"),
        ("−1", "10 × LIMIT"),
        ("CNC", "MIS"),
        ("MKT", "10 × MARKET"),
        ("MARKET", "10 × LIMIT"),
        ("Requote", "10 × LIMIT"),
    ]:
        card = edited(desk.press(card, press))
        assert words in card.text
    assert button(card, "Confirm").data.endswith(":7")


@pytest.mark.parametrize(
    ("press", "typed", "words"),
    [
        ("Qty", "20", "20 × LIMIT"),
        ("Price", "1405", "10 × LIMIT ₹1,405.00"),
        ("Price", "trg 1510", "trigger ₹1,510.00"),
        ("SL/TGT", "sl 1380 tgt 1450", "SL 1,380"),
    ],
)
def test_typed_answers_change_the_ticket(desk: Floor, press: str, typed: str, words: str) -> None:
    order = "buy INFY 10 @ 1510" if "trg" in typed else "buy INFY 10 @ 1400"
    answer = desk.press(desk.one(order), press)
    assert answer.edit is None
    assert "Type" in answer.replies[0].text
    card = desk.one(typed)
    assert words in card.text
    assert any("Confirm BUY" in name for name in labels(card))


def test_a_wrong_answer_can_be_typed_again(desk: Floor) -> None:
    desk.press(desk.one("buy INFY 10 @ 1400"), "Qty")
    assert "no quantity" in desk.one("many").text
    assert "20 × LIMIT" in desk.one("20").text
    assert "/help" in desk.one("30").text


def test_an_order_or_a_command_replaces_the_question(desk: Floor) -> None:
    for text in ("buy INFY 5 @ 1400", "/status"):
        desk.press(desk.one("buy INFY 10 @ 1400"), "Qty")
        desk.say(text)
        assert "/help" in desk.one("20").text


def test_the_question_is_forgotten_after_two_minutes(desk: Floor) -> None:
    desk.press(desk.one("buy INFY 10 @ 1400"), "Qty")
    desk.clock.pass_(121)
    assert "/help" in desk.one("20").text


def test_an_answer_for_an_expired_ticket_offers_a_new_one(desk: Floor) -> None:
    desk.press(desk.one("buy INFY 10 @ 1400"), "Qty")
    desk.clock.pass_(61)
    said, card = desk.say("20")
    assert "expired" in said.text
    assert "10 × LIMIT" in edited(desk.press(card, "New ticket")).text


def test_one_persons_answer_is_not_anothers(desk: Floor) -> None:
    desk.press(desk.one("buy INFY 10 @ 1400"), "Qty")
    assert "/help" in desk.one("20", RAVI).text


# -- confirm -------------------------------------------------------------------------------------


def test_confirm_shows_submitting_and_then_the_fill(desk: Floor) -> None:
    card = desk.one("buy RELIANCE 10")
    assert "Submitting" in edited(desk.press(card, "Confirm")).text
    desk.work()
    assert "✅ <b>Filled</b> 10, average 2,9" in desk.one(f"/order {orders(desk)[0].key[:4]}").text


def test_tapping_confirm_three_times_makes_one_order(desk: Floor) -> None:
    card = desk.one("buy RELIANCE 10")
    desk.press(card, "Confirm")
    for _ in range(2):
        answer = desk.press(card, "Confirm")
        assert answer.alert
        assert "no second order" in answer.toast
        assert "Submitting" in edited(answer).text
    assert len(orders(desk)) == 1


def test_another_persons_tap_does_nothing_and_leaves_the_ticket(desk: Floor) -> None:
    card = desk.one("buy RELIANCE 10")
    for name in ("Confirm", "+1", "Qty", "Cancel", "Requote", "MARKET"):
        answer = desk.press(card, name, RAVI)
        assert answer.alert
        assert "somebody else's" in answer.toast
        assert answer.edit is None
    assert "Submitting" in edited(desk.press(card, "Confirm")).text


def test_an_older_version_of_the_button_confirms_nothing(desk: Floor) -> None:
    old = desk.one("buy RELIANCE 10")
    newer = edited(desk.press(old, "+1"))
    answer = desk.press(old, "Confirm")
    assert answer.alert
    assert edited(answer) == newer
    assert not orders(desk)


def test_an_expired_ticket_confirms_nothing_and_offers_a_new_one(desk: Floor) -> None:
    card = desk.one("buy RELIANCE 10 @ 2900")
    desk.clock.pass_(61)
    answer = desk.press(card, "Confirm")
    assert answer.alert
    assert "expired" in answer.toast
    fresh = edited(desk.press(edited(answer), "New ticket"))
    assert button(fresh, "Confirm").data != button(card, "Confirm").data
    assert "10 × LIMIT ₹2,900.00" in fresh.text
    assert not orders(desk)


def test_another_person_cannot_reopen_an_expired_ticket(desk: Floor) -> None:
    card = desk.one("buy RELIANCE 10 @ 2900")
    desk.clock.pass_(61)
    expired = edited(desk.press(card, "Confirm"))
    answer = desk.press(expired, "New ticket", RAVI)
    assert "somebody else's" in answer.toast
    assert answer.edit is None


def test_a_cancelled_ticket_confirms_nothing(desk: Floor) -> None:
    card = desk.one("buy RELIANCE 10")
    assert "Nothing was sent" in edited(desk.press(card, "Cancel")).text
    assert "cancelled" in desk.press(card, "Confirm").toast
    assert not orders(desk)


def test_a_moved_price_asks_again_with_both_prices(desk: Floor) -> None:
    card = desk.one("buy RELIANCE 10")
    limits = replace(desk.desk.limits, price_moved=desk.desk.limits.price_moved * 0, ticket_ttl=9e9)
    desk.desk = replace(desk.desk, limits=limits)
    card = desk.one("buy RELIANCE 10")
    desk.clock.pass_(600)
    answer = desk.press(card, "Confirm")
    assert "Price moved" in answer.toast
    assert "⚠ <b>Price moved" in edited(answer).text
    assert not orders(desk)


def test_a_limit_whose_market_moved_is_said_to_be_confirmed_all_the_same(desk: Floor) -> None:
    limits = replace(desk.desk.limits, price_moved=desk.desk.limits.price_moved * 0, ticket_ttl=9e9)
    desk.desk = replace(desk.desk, limits=limits)
    card = desk.one("buy RELIANCE 10 @ 2900")
    desk.clock.pass_(600)
    assert desk.press(card, "Confirm").toast.startswith("Confirmed; price moved 2,956.75 → 2,9")
    assert len(orders(desk)) == 1


def test_an_order_that_needs_it_is_confirmed_twice(desk: Floor) -> None:
    card = edited(desk.press(desk.one("/buy NIFTY 50"), "NIFTY FUT 23 NOV · 1 lot"))
    assert "(1 of 2)" in labels(card)[0]
    second = edited(desk.press(card, "Confirm"))
    assert not orders(desk)
    assert "really" in labels(second)[0]
    assert "Submitting" in edited(desk.press(second, "really")).text
    assert len(orders(desk)) == 1


# -- when the record does not answer -------------------------------------------------------------


def test_a_lost_confirmation_is_told_as_unsure_and_can_be_pressed_again(desk: Floor) -> None:
    card = desk.one("buy RELIANCE 10")
    desk.store.down = True
    answer = desk.press(card, "Confirm")
    assert answer.alert
    assert "never sent twice" in answer.toast
    desk.store.down = False
    assert "Submitting" in edited(desk.press(card, "Confirm")).text
    assert len(orders(desk)) == 1


def test_a_confirmation_whose_answer_was_lost_is_one_order(desk: Floor) -> None:
    card = desk.one("buy RELIANCE 10")
    desk.store.lose_answers = 1
    assert "Submitting" in edited(desk.press(card, "Confirm")).text
    assert len(orders(desk)) == 1


def test_a_silent_record_is_one_sentence_with_a_reference(desk: Floor) -> None:
    desk.store.down = True
    for text in ("buy RELIANCE 10", "/kill", "/settings privacy on"):
        reply = desk.one(text)
        assert reply.text.startswith("Nothing was sent. Try again; ref ")
        assert "no answer" not in reply.text


def test_presses_do_not_raise_when_the_record_is_silent(desk: Floor) -> None:
    desk.bought()
    listed, ticket = desk.one("/orders"), desk.one("buy INFY 1 @ 1400")
    working = desk.one("buy INFY 1 @ 1400")
    desk.press(working, "Confirm")
    order = desk.one(f"/order {orders(desk)[0].key}")
    question = edited(desk.press(order, "Cancel"))
    desk.store.down = True
    for reply in (listed, ticket, order, question):
        for row in reply.buttons:
            for each in row:
                answer = desk.tap(each.data) if each.data else Answer("copied")
                assert answer.toast or answer.replies or answer.edit


def test_every_person_is_heard_by_number_only(desk: Floor) -> None:
    desk.press(desk.one("buy RELIANCE 10", ANU), "Confirm", ANU)
    assert orders(desk)[0].user_id == ANU
