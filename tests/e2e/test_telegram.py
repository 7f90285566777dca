"""From command to fill in Telegram: exactly one order, whatever is tapped, repeated or lost."""

from __future__ import annotations

import pytest
from e2e.product import Product
from e2e.trader import Trader, until
from loopback.bot_api import BotApi, Cut, Flood, Hang, Message, Status, Update

FORWARDED = {"type": "hidden_user", "date": 1_795_000_000, "sender_user_name": "a tip"}


def test_the_chooser_leads_to_a_ticket_and_confirm_to_a_fill_in_the_same_message(
    trader: Trader,
) -> None:
    trader.person.says("/buy NIFTY 50")
    choice = trader.sees("cannot be bought directly")
    trader.person.press(choice, "NIFTYBEES ETF · 50 units")
    ticket = trader.card("Confirm BUY 50")

    trader.confirm(ticket)

    trader.filled(ticket)
    assert ticket.message_id == choice.message_id
    assert "Filled 50" in ticket.text
    said = trader.sees("Filled")
    until(lambda: trader.sees("Filled").reply_to == ticket.message_id, f"a reply, not {said}")
    assert len([each for each in trader.desk.orders() if each["quantity"] == "50"]) == 1


def test_a_triple_tap_makes_one_order(trader: Trader) -> None:
    ticket = trader.ticket()

    taps = [trader.person.press_data(ticket, _confirm_data(ticket)) for _ in range(3)]

    trader.filled(ticket)
    _all_answered(trader, taps)
    assert len(trader.orders()) == 1


def test_a_button_update_that_comes_twice_makes_one_order(trader: Trader) -> None:
    ticket = trader.ticket()

    trader.twice(trader.person.press(ticket, "Confirm", queue=False))

    trader.filled(ticket)
    trader.settled()
    assert len(trader.orders()) == 1


def test_a_button_update_that_is_read_again_after_a_restart_makes_one_order(
    trader: Trader,
) -> None:
    ticket = trader.ticket()
    trader.settled()
    trader.api.fail("getUpdates", Status(500))  # so that the tap is served and not acknowledged
    trader.confirm(ticket)
    trader.filled(ticket)
    assert trader.api.pending() == 1

    trader.desk.restart()

    trader.settled()
    assert len(trader.orders()) == 1
    assert "Filled" in ticket.text


def test_a_confirm_pressed_again_after_the_fill_says_that_it_was_confirmed(trader: Trader) -> None:
    ticket = trader.ticket()
    data = _confirm_data(ticket)
    trader.confirm(ticket)
    trader.filled(ticket)

    trader.person.press_data(ticket, data)

    trader.told("confirmed already")
    trader.settled()
    assert len(trader.orders()) == 1
    assert "Filled" in ticket.text


@pytest.mark.parametrize("forged", [False, True], ids=["under my message", "forged in their chat"])
def test_the_tap_of_another_user_is_refused_and_leaves_the_ticket_intact(
    trader: Trader, colleague: Trader, forged: bool
) -> None:
    ticket = trader.ticket()
    before = ticket.text, ticket.labels
    own = colleague.answered_to("/status")[0]
    data = _confirm_data(ticket)

    tap = colleague.person.press_data(own if forged else ticket, data)

    _all_answered(colleague, [tap])
    colleague.told("somebody else's" if forged else "not in our chat")
    assert (ticket.text, ticket.labels) == before
    assert trader.orders() == []
    trader.confirm(ticket)
    trader.filled(ticket)
    assert len(trader.orders()) == 1


def test_a_stranger_is_met_with_silence(trader: Trader) -> None:
    stranger = trader.api.user(666, "Stranger")

    stranger.says(trader.order_text)
    stranger.press_under(None, "t:AAAAAAAAAAAAAAAA:c:1")

    trader.settled()
    assert stranger.shown() == []
    assert trader.orders() == []


def test_an_edited_command_opens_no_ticket(trader: Trader) -> None:
    said = trader.person.says("/status")
    trader.sees("Kill switch")

    trader.person.edits(said, trader.order_text)

    assert len(trader.answered_to("/funds")) == 1
    assert not any("Confirm" in label for each in trader.person.shown() for label in each.labels)


def test_a_forwarded_command_opens_no_ticket(trader: Trader) -> None:
    [answer] = trader.answered_to(trader.order_text, forward_origin=FORWARDED)

    assert "Forwarded messages do not trade" in answer.text
    assert answer.labels == []


def test_a_message_that_comes_twice_is_answered_once(trader: Trader) -> None:
    trader.twice(trader.person.says(trader.order_text, queue=False))

    trader.card("Confirm")
    trader.settled()
    assert len(trader.person.shown()) == 1


def test_a_command_that_comes_late_is_told_so_and_does_nothing(trader: Trader) -> None:
    [answer] = trader.answered_to(trader.order_text, age=121)

    assert "I was offline when you sent this" in answer.text
    assert trader.order_text in answer.text
    assert answer.labels == []


@pytest.mark.parametrize("method", ["sendMessage", "editMessageText", "answerCallbackQuery"])
@pytest.mark.parametrize(
    "failure", [Flood(1), Status(500), Status(502, "Bad Gateway"), Cut()], ids=str
)
def test_an_order_is_made_once_and_told_though_telegram_fails(
    trader: Trader, method: str, failure: Flood | Status | Cut
) -> None:
    if method == "sendMessage":
        trader.api.fail(method, failure)
    ticket = trader.ticket()
    if method != "sendMessage":
        trader.api.fail(method, failure)

    trader.confirm(ticket)

    trader.filled(ticket)
    trader.settled()
    until(lambda: not any(trader.api._failures.values()), "the planned failure was met")
    assert len(trader.orders()) == 1


@pytest.mark.parametrize("failure", [Flood(1), Status(500), Cut(), Hang(0.2)], ids=str)
def test_a_tap_is_read_once_though_reading_fails(
    trader: Trader, failure: Flood | Status | Cut | Hang
) -> None:
    ticket = trader.ticket()
    trader.settled()
    trader.api.fail("getUpdates", failure, times=2)

    trader.confirm(ticket)

    trader.filled(ticket)
    trader.settled()
    until(lambda: not any(trader.api._failures.values()), "the planned failure was met")
    assert len(trader.orders()) == 1


def test_a_tap_after_a_restart_confirms_the_ticket_that_is_still_alive(trader: Trader) -> None:
    ticket = trader.ticket()
    trader.settled()

    trader.desk.restart()
    trader.confirm(ticket)

    trader.filled(ticket)
    assert len(trader.orders()) == 1


def test_a_tap_while_the_desk_is_down_is_served_when_it_is_back(trader: Trader) -> None:
    ticket = trader.ticket()
    trader.settled()
    trader.desk.kill9()
    trader.twice(trader.person.press(ticket, "Confirm", queue=False))

    trader.desk.start()

    trader.filled(ticket)
    trader.settled()
    assert len(trader.orders()) == 1


def test_an_order_survives_kill_9_right_after_confirm(trader: Trader) -> None:
    ticket = trader.ticket()
    trader.settled()
    answers = len(trader.api.answers)
    trader.confirm(ticket)
    until(lambda: len(trader.api.answers) > answers, "the press was answered")

    trader.desk.restart()

    trader.filled(ticket)
    trader.settled()
    assert len(trader.orders()) == 1
    assert "unbroken" in trader.desk.answer("audit", "verify")


def test_the_kill_switch_stops_a_ticket_until_the_terminal_releases_it(
    trader: Trader, colleague: Trader
) -> None:
    ticket = trader.ticket()
    [answer] = colleague.answered_to("/kill")
    try:
        assert "tradegram resume" in answer.text
        tap = trader.confirm(ticket)
        _all_answered(trader, [tap])
        trader.told("stopped by the kill switch, so nothing was sent")
        assert trader.orders() == []
        [still] = colleague.answered_to("/resume")
        assert "from the terminal only" in still.text
    finally:
        trader.desk.answer("resume")

    trader.confirm(ticket)

    trader.filled(ticket)
    assert len(trader.orders()) == 1


def test_a_group_gets_one_polite_line_and_no_ticket(trader: Trader, desk: Product) -> None:
    group = {"id": -1001234567890, "type": "supergroup", "title": "Tips"}

    for _ in range(3):
        trader.person.says(trader.order_text, chat=group)

    trader.settled()
    [line] = trader.api.messages[-1001234567890]
    assert "private chats only" in line.text
    assert line.labels == []
    assert trader.person.shown() == []


def test_an_order_that_waits_is_cancelled_from_its_own_message(trader: Trader) -> None:
    trader.person.says(f"{trader.order_text} @ 240")
    ticket = trader.card("Confirm")
    trader.confirm(ticket)
    trader.reads(ticket, "Working at the exchange")

    trader.person.press(ticket, "Cancel")
    until(lambda: any("Yes" in label for label in ticket.labels), f"asked: {ticket.labels}")
    trader.person.press(ticket, "Yes")

    trader.reads(ticket, "Cancelled")
    [order] = trader.orders()
    assert order["status"] == "CANCELLED"


def _confirm_data(ticket: Message) -> str:
    data: str = ticket.button("Confirm")["callback_data"]
    return data


def _all_answered(trader: Trader, taps: list[Update]) -> None:
    """Every press stops the little clock on its button, whatever became of it."""
    wanted = {tap["callback_query"]["id"] for tap in taps}

    def answered() -> bool:
        return wanted <= {each["callback_query_id"] for each in trader.api.answers}

    until(answered, "every press was answered")
    trader.settled()


def test_the_ledger_of_the_bot_holds_no_other_method_than_the_desk_needs(
    trader: Trader, api: BotApi
) -> None:
    used = {call.method for call in api.ledger}

    assert used <= {
        "getUpdates", "getMe", "getWebhookInfo", "setMyCommands", "deleteMyCommands",
        "sendMessage", "editMessageText", "answerCallbackQuery", "sendChatAction",
    }  # fmt: skip
