from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
import samples

from tradegram.chat.cards.lists import (
    Part,
    audit_line,
    fill_line,
    funds_line,
    holding_line,
    list_card,
    position_line,
    quote_text,
    result_lines,
)
from tradegram.chat.cards.order import (
    cancel_question,
    change_card,
    is_loud,
    notice_text,
    order_card,
)
from tradegram.chat.cards.ticket import ticket_card
from tradegram.chat.reply import Button, Reply, Style
from tradegram.chat.states import STATES
from tradegram.model import (
    Account,
    Fill,
    Funds,
    Holding,
    Instrument,
    Kind,
    Mode,
    OrderType,
    Position,
    Product,
    Quote,
    Side,
    Terms,
)
from tradegram.orders.state import TERMINAL, Order, State
from tradegram.ports import Notice
from tradegram.tickets.ticket import Ticket, TicketState

D = Decimal
NOW = 1002.0
EVIL = '<b>"M&M"</b><script>'
TAGS = re.compile(r"</?(?:b|i|u|s|code|pre|tg-spoiler|blockquote)>|<tg-time [^<>]*>|</tg-time>")


def order(state: State, **changes: object) -> Order:
    return replace(samples.STAGED, state=state, **changes)  # type: ignore[arg-type]


def shown(one: Order, ticket: Ticket | None = samples.TICKET) -> Reply:
    return order_card(one, ticket, samples.ACCOUNT)


def buttons(reply: Reply) -> list[Button]:
    return [each for row in reply.buttons for each in row]


def labels(reply: Reply) -> list[str]:
    return [each.label for each in buttons(reply)]


# -- the ticket ----------------------------------------------------------------------------------


def test_confirm_repeats_side_quantity_and_price() -> None:
    confirm = ticket_card(samples.TICKET, samples.ACCOUNT, NOW).buttons[0][0]
    assert confirm.label == "✅ Confirm BUY 100 @ 1,500.05"
    assert confirm.style is Style.SUCCESS
    assert confirm.data == f"t:{'T' * 16}:c:0"


def test_confirm_of_a_sell_is_red_and_cancel_is_not() -> None:
    selling = replace(samples.TICKET, draft=replace(samples.DRAFT, side=Side.SELL))
    card = ticket_card(selling, samples.ACCOUNT, NOW)
    assert card.buttons[0][0].style is Style.DANGER
    assert buttons(card)[-1].label == "✖ Cancel"
    assert buttons(card)[-1].style is Style.PLAIN


def test_cancel_never_stands_where_confirm_stood() -> None:
    market = replace(samples.DRAFT, order_type=OrderType.MARKET, price=None)
    for draft in (samples.DRAFT, market):
        rows = ticket_card(replace(samples.TICKET, draft=draft), samples.ACCOUNT, NOW).buttons
        assert len(rows) == 4
        assert [len(rows[0]), rows[-1][-1].label] == [1, "✖ Cancel"]


def test_the_ticket_shows_price_source_cost_and_the_account() -> None:
    text = ticket_card(samples.TICKET, samples.ACCOUNT, NOW).text
    assert "LTP ₹1,499.90 (simulated, 2 s ago)" in text
    assert "Value ₹1,50,005.00 · Margin ₹30,001.00 of ₹10,00,000.00 free" in text
    assert "Charges ₹20.10 est. (brokerage ₹20.00 · STT ₹0.10)" in text
    assert "[PAPER]" in text
    assert "#main (paper)" in text


def test_the_ticket_counts_down_without_edits() -> None:
    text = ticket_card(samples.TICKET, samples.ACCOUNT, NOW).text
    assert re.search(r'<tg-time unix="1060" format="r">\d\d:\d\d:\d\d IST</tg-time>', text)


def test_a_market_ticket_shows_the_worst_price_in_text_and_button() -> None:
    draft = replace(samples.DRAFT, order_type=OrderType.MARKET, price=None)
    pricing = replace(samples.PRICING, worst_price=D(1510))
    card = ticket_card(replace(samples.TICKET, draft=draft, pricing=pricing), samples.ACCOUNT, NOW)
    assert "worst ₹1,510.00" in card.text
    assert "@ market, worst 1,510" in card.buttons[0][0].label


def test_an_unprotected_market_order_says_so() -> None:
    draft = replace(samples.DRAFT, order_type=OrderType.MARKET, price=None, plain_market=True)
    assert (
        "No price protection"
        in ticket_card(replace(samples.TICKET, draft=draft), samples.ACCOUNT, NOW).text
    )


def test_stop_and_target_show_their_risk_and_who_keeps_them() -> None:
    draft = replace(samples.DRAFT, stop_loss=D(1450), target=D(1600))
    text = ticket_card(replace(samples.TICKET, draft=draft), samples.ACCOUNT, NOW).text
    assert "SL 1,450 (−₹5,025.10 at risk, 0.50 % of free)" in text
    assert "TGT 1,600 · R:R 1 : 2.0" in text
    assert "Kept by this desk" in text


def test_an_order_that_needs_two_confirms_says_which_one_this_is() -> None:
    twice = replace(samples.TICKET, pricing=replace(samples.PRICING, needs_second_confirm=True))
    first = ticket_card(twice, samples.ACCOUNT, NOW).buttons[0][0].label
    second = ticket_card(replace(twice, armed=True), samples.ACCOUNT, NOW).buttons[0][0].label
    assert "(1 of 2)" in first
    assert "really" in second


@pytest.mark.parametrize(
    ("state", "now", "words"),
    [
        (TicketState.OPEN, 1072.0, "expired 12 s ago"),
        (TicketState.CANCELLED, NOW, "cancelled"),
        (TicketState.CONFIRMED, NOW, "Confirmed"),
    ],
)
def test_a_closed_ticket_has_no_confirm(state: TicketState, now: float, words: str) -> None:
    card = ticket_card(replace(samples.TICKET, state=state), samples.ACCOUNT, now)
    assert words in card.text
    assert not any("Confirm" in name for name in labels(card))
    assert ("New ticket" in labels(card)) is (state is not TicketState.CONFIRMED)


def test_coins_have_no_product_button() -> None:
    coin = replace(samples.INFY, kind=Kind.COIN, currency="USDT")
    draft = replace(samples.DRAFT, instrument=coin)
    card = ticket_card(replace(samples.TICKET, draft=draft), samples.ACCOUNT, NOW)
    assert not any("MIS" in name for name in labels(card))


# -- the order -----------------------------------------------------------------------------------


@pytest.mark.parametrize("state", list(State))
def test_every_state_has_a_card_with_its_words(state: State) -> None:
    assert STATES[state].words in shown(order(state)).text


@pytest.mark.parametrize("state", sorted(set(State) - {State.FILLED}))
def test_only_a_fill_is_called_filled(state: State) -> None:
    assert "✅" not in shown(order(state)).text


def test_an_unknown_result_forbids_a_second_order_and_offers_none() -> None:
    card = shown(order(State.UNKNOWN))
    assert "do not send again" in card.text
    assert "Check now" in labels(card)
    assert "New ticket" not in labels(card)


def test_a_part_fill_shows_how_much_of_how_much() -> None:
    card = shown(order(State.WORKING, cum_quantity=D(40), average_price=D("1499.9")))
    assert "◐ <b>Partly filled</b> 40/100 @ 1,499.90" in card.text
    assert {"Modify", "Cancel"} <= set(labels(card))


def test_a_fill_shows_its_average_and_how_it_compares_with_the_ticket() -> None:
    filled = order(State.FILLED, cum_quantity=D(100), average_price=D("1499.85"))
    assert "average 1,499.85" in shown(filled).text
    assert "₹0.20 a unit better than the ticket" in shown(filled).text
    worse = replace(filled, intent=replace(filled.intent, side=Side.SELL))
    assert "worse than the ticket" in shown(worse).text


def test_after_the_fill_the_levels_of_the_ticket_are_offered() -> None:
    ticket = replace(
        samples.TICKET, draft=replace(samples.DRAFT, stop_loss=D(1450), target=D(1600))
    )
    filled = order(State.FILLED, cum_quantity=D(100), average_price=D(1500))
    card = shown(filled, ticket)
    assert {"Exit 50 %", "Exit all", "Set SL 1,450", "Set target 1,600"} <= set(labels(card))
    assert "Trail" in labels(card)


def test_a_cancelled_order_with_fills_shows_them_and_can_be_exited() -> None:
    card = shown(order(State.CANCELLED, cum_quantity=D(40), average_price=D(1500)))
    assert "40/100" in card.text
    assert "Exit all" in labels(card)


@pytest.mark.parametrize("state", [State.REJECTED, State.REFUSED])
def test_a_rejection_shows_the_brokers_words_and_a_next_step(state: State) -> None:
    text = shown(order(state, text="RMS: margin exceeds by 12")).text
    assert "The broker: “RMS: margin exceeds by 12”" in text
    assert "send it anew" in text


def test_our_own_denial_is_not_put_in_the_brokers_mouth() -> None:
    text = shown(order(State.DENIED, text="the kill switch is on")).text
    assert "the kill switch is on" in text
    assert "The broker:" not in text


def test_wishes_are_shown_as_wishes() -> None:
    asked = shown(order(State.WORKING, cancel_wanted=True))
    assert "Cancel asked for; not confirmed" in asked.text
    assert "Modify" not in labels(asked)
    changing = shown(order(State.WORKING, replace_wanted=Terms(D(90), D(1505))))
    assert "Change asked for: 90 × LIMIT ₹1,505.00" in changing.text
    assert "<b>100 × LIMIT ₹1,500.05" in changing.text


def test_an_order_that_ended_shows_no_wish() -> None:
    for state in TERMINAL:
        assert "asked for" not in shown(order(state, cancel_wanted=True)).text


def test_a_protected_market_order_is_shown_as_what_was_asked() -> None:
    intent = replace(samples.INTENT, asked_type=OrderType.MARKET)
    assert "MARKET, worst ₹1,500.05" in shown(order(State.WORKING, intent=intent)).text


def test_the_id_can_be_copied() -> None:
    assert Button("Copy id", copy="A" * 16) in buttons(shown(order(State.STAGED)))
    known = order(State.WORKING, broker_order_id="B77")
    assert Button("Copy id", copy="B77") in buttons(shown(known))


def test_the_cancel_question_keeps_the_card_and_carries_the_version() -> None:
    card = cancel_question(order(State.WORKING, version=3), samples.TICKET, samples.ACCOUNT)
    assert buttons(card)[0].data == f"k:{'A' * 16}:y:3"
    assert "Working" in card.text


def test_a_change_shows_before_and_after() -> None:
    card = change_card(
        order(State.WORKING), Terms(D(90), D(1505)), samples.ACCOUNT, pending="P" * 16
    )
    assert "Now:   100 × LIMIT ₹1,500.05" in card.text
    assert "After: 90 × LIMIT ₹1,505.00" in card.text
    assert card.buttons[0][0].label == "✅ Change to BUY 90 @ 1,505"


# -- notices -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["filled", "partial", "rejected", "unknown", "corrected", "alert"])
def test_what_must_not_be_missed_is_loud(kind: str) -> None:
    assert is_loud(Notice("paper:main", "", kind, ""))


def test_acceptance_is_silent() -> None:
    assert not is_loud(Notice("paper:main", "", "submitted", ""))


def test_an_unknown_result_is_told_with_what_not_to_do() -> None:
    notice = Notice("paper:main", "A" * 16, "unknown", "timeout")
    text = notice_text(notice, order(State.UNKNOWN))
    assert "do not send again" in text
    assert "timeout" in text


def test_an_alert_about_no_order_is_just_its_text() -> None:
    assert notice_text(Notice("paper:main", "", "alert", EVIL), None).count("<b>") == 0


# -- hostile words -------------------------------------------------------------------------------

HOSTILE = Instrument(EVIL, EVIL, Kind.SHARE, EVIL, D(1), D("0.05"), underlying=EVIL, currency="INR")
FOREIGN = replace(HOSTILE, currency=EVIL)
ACCOUNT = Account(EVIL, EVIL, EVIL, Mode.PAPER)
PRICING = replace(
    samples.PRICING, source=EVIL, charges={EVIL: D(1)}, checks=(EVIL,), worst_price=D(1)
)


def hostile_texts() -> Iterator[str]:
    draft = replace(
        samples.DRAFT, instrument=HOSTILE, note=EVIL, source_text=EVIL, read_as=EVIL,
        stop_loss=D(1), target=D(9999),
    )  # fmt: skip
    ticket = replace(samples.TICKET, draft=draft, pricing=PRICING)
    for closed in TicketState:
        yield ticket_card(replace(ticket, state=closed), ACCOUNT, NOW, EVIL).text
    intent = replace(samples.INTENT, instrument=HOSTILE, client_order_id=EVIL, wire_id=EVIL)
    for state in State:
        one = order(
            state, intent=intent, text=EVIL, broker_order_id=EVIL, cum_quantity=D(1),
            replace_wanted=Terms(D(1), D(1)), ticket_id=EVIL,
        )  # fmt: skip
        yield order_card(one, ticket, ACCOUNT).text
        yield cancel_question(one, ticket, ACCOUNT, EVIL).text
        yield change_card(one, Terms(D(1), D(1)), ACCOUNT, "P").text
        yield notice_text(Notice(EVIL, EVIL, "rejected", EVIL), one)
    for instrument in (HOSTILE, FOREIGN):
        yield from _lists(instrument)
    yield audit_line(1, {"event": EVIL, EVIL: EVIL, "terms": {EVIL: EVIL}})
    for reply in list_card(EVIL, [Part(ACCOUNT, failed=EVIL), Part(ACCOUNT)], "nothing"):
        yield reply.text


def _lists(one: Instrument) -> Iterator[str]:
    position = Position(EVIL, one, Product.DELIVERY, D(1), D(1), D(2), D(0), D(1))
    fill = Fill(EVIL, EVIL, EVIL, one, Side.BUY, Product.DELIVERY, D(1), D(1), 0.0)
    quote = Quote(
        EVIL, D(1), D(1), D(1), D(1), D(1), D(1), D(1), D(1), D(1), 0.0, EVIL
    )  # fmt: skip
    yield position_line(position, private=True)
    yield position_line(replace(position, quantity=D(0)), private=False)
    yield holding_line(Holding(EVIL, one, D(1), D(1), D(2)), private=True)
    yield fill_line(fill, private=False)
    yield funds_line(Funds(EVIL, one.currency, D(1), D(1), D(0)), private=True)
    yield from result_lines([position], [fill], private=False)
    yield quote_text(one, quote, 1.0)


@pytest.mark.parametrize("text", list(hostile_texts()))
def test_hostile_words_never_become_tags(text: str) -> None:
    rest = TAGS.sub("", text)
    assert "<" not in rest
    assert ">" not in rest
    assert html.escape(html.unescape(rest), quote=False) == rest


def test_amounts_are_hidden_when_privacy_is_wanted() -> None:
    line = funds_line(Funds("a", "INR", D(10), D(10), D(0)), private=True)
    assert line == (
        "INR: <tg-spoiler>free <b>₹10.00</b> · blocked ₹0.00 · balance ₹10.00</tg-spoiler>"
    )
