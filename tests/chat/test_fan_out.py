"""A family's orders in the chat: one ticket, one message, every account for itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

import pytest
from chat.trading_floor import ANU, Floor, button, floor, labels, sample
from clocks import CountingIds

from tradegram.brokers.paper.broker import PaperBroker
from tradegram.brokers.paper.profile import PROFILE, PaperOptions
from tradegram.brokers.registry import Maker, Registry
from tradegram.chat.outbox import deliver
from tradegram.chat.outcome import account_name, outcome_card
from tradegram.chat.reply import Reply
from tradegram.chat.writing import LABEL_LIMIT, TEXT_LIMIT, utf16
from tradegram.errors import BrokerError, NotSent, OutcomeUnknown, Refused
from tradegram.market.calendar import TradingCalendar
from tradegram.market.feed import SimulatedQuotes
from tradegram.model import Account, Mode, OrderIntent
from tradegram.orders.attend import attend
from tradegram.orders.reconcile import reconcile
from tradegram.orders.send import TryLater
from tradegram.orders.state import Order, State

D = Decimal
NAMES = ("main", "wife", "kid")


def paper(name: str) -> Account:
    return Account(f"paper:{name}", "paper", name, Mode.PAPER)


@dataclass
class Wall:
    """What a person sees: messages by name, and what was said under them."""

    shown: dict[str, Reply] = field(default_factory=dict)
    edits: int = 0

    def send(self, chat: str, reply: Reply, *, reply_to: str = "") -> str:
        name = f"{chat}:s{len(self.shown)}"
        self.shown[name] = reply
        return name

    def edit(self, message: str, reply: Reply) -> None:
        self.edits += 1
        self.shown[message] = reply

    @property
    def said(self) -> list[str]:
        return [reply.text for name, reply in self.shown.items() if ":s" in name]


class Troubled(PaperBroker):
    """A paper broker whose door answers with this error, before or after it took the order."""

    trouble: BrokerError | None = None
    takes_it = False

    def place(self, intent: OrderIntent, *, not_after: float) -> str:
        if self.trouble is None:
            return super().place(intent, not_after=not_after)
        if self.takes_it:
            super().place(intent, not_after=not_after)
        raise self.trouble


@dataclass
class Family:
    floor: Floor
    wall: Wall
    wife: Troubled

    def confirmed(self, text: str) -> Reply:
        answer = self.floor.press(self.floor.one(text), "Confirm")
        assert answer.edit is not None, answer
        again = "Yes, really" in labels(answer.edit)[0]
        card = self.floor.press(answer.edit, "Yes, really").edit if again else answer.edit
        assert card is not None
        return card

    def message(self) -> Reply:
        """The ticket's message after everything owed was said."""
        deliver(self.floor.desk, self.wall)
        return self.wall.shown[f"tg:{ANU}:m1"]

    def orders(self) -> dict[str, Order]:
        return {
            name: self.floor.store.orders(f"paper:{name}").orders[0]
            for name in NAMES
            if self.floor.store.orders(f"paper:{name}").orders
        }

    def work(self) -> None:
        """As the workers do: whoever is asked to be patient comes later."""
        for key in self.floor.bell.rung:
            try:
                attend(self.floor.desk, key)
            except TryLater:
                continue
        self.floor.bell.rung.clear()
        self.floor.clock.pass_(2)
        for name in NAMES:
            reconcile(self.floor.desk, f"paper:{name}")


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    with floor(tmp_path, *map(paper, NAMES)) as made:
        made.say("/settings account main")
        master, calendar, options = sample(), TradingCalendar(), PaperOptions()
        feed = SimulatedQuotes(made.clock, 1, master)

        def broker(account: Account) -> Troubled:
            ids = CountingIds()
            return Troubled(account, made.store, made.clock, ids, feed, calendar, master, options)

        brokers = Registry(made.store, {"paper": Maker(PROFILE, broker)})
        made.desk = replace(made.desk, brokers=brokers)
        wife = brokers.broker("paper:wife")
        assert isinstance(wife, Troubled)
        yield Family(made, Wall(), wife)


# -- the ticket ----------------------------------------------------------------------------------


def test_the_ticket_shows_who_takes_what_and_the_button_how_many_orders(family: Family) -> None:
    card = family.floor.one("buy RELIANCE 10 #all")

    assert "#main <b>4</b> · margin" in card.text
    assert "#wife <b>3</b> · margin" in card.text
    assert "10 does not divide into 3: 1 more for #main." in card.text
    assert "Confirm BUY 10 in 3 orders" in labels(card)[0]


def test_buttons_change_the_whole(family: Family) -> None:
    card = family.floor.one("buy RELIANCE 10 #all")
    more = family.floor.press(card, "+1").edit
    assert more is not None
    assert "<b>11 × MARKET</b>" in more.text
    family.floor.press(more, "Qty")
    [asked_for] = [family.floor.one("30")]
    assert "#kid <b>10</b>" in asked_for.text
    limited = family.floor.press(asked_for, "MARKET ▾").edit
    assert limited is not None
    assert "<b>30 × LIMIT" in limited.text


def test_slices_are_named_on_the_ticket(family: Family) -> None:
    card = family.floor.one("buy 60 lots NIFTY 25500 CE 23 NOV @ 0.10 #main:3 #wife:1")
    assert "#main <b>2,925</b> in one order of 1,755 and one of 1,170" in card.text
    assert "#wife <b>975</b> · margin" in card.text
    assert "Confirm BUY 3,900 in 3 orders" in labels(card)[0]
    alone = family.floor.one("buy 60 lots NIFTY 25500 CE 23 NOV @ 0.10 #main")
    assert "In 2 orders of 1,755 and one of 390: NFO takes no more in one order." in alone.text


def test_a_group_is_kept_used_and_forgotten(family: Family) -> None:
    card = family.floor.one("/settings group family main:2 wife:1")
    assert "#family: #main 2, #wife 1" in card.text
    assert "#main <b>20</b>" in family.floor.one("buy INFY 30 #family").text
    for words in ("group best main", "group main wife", "group f nobody", "group f", "group x off"):
        assert "Example" in (said := family.floor.one(f"/settings {words}").text) or "#" in said
    family.floor.press(card, "Forget #family")
    assert "no account called #family" in family.floor.one("buy INFY 30 #family").text


def test_a_chooser_keeps_the_accounts(family: Family) -> None:
    chooser = family.floor.one("buy BANKNIFTY FUT #main=1lot #wife=1lot")
    card = family.floor.press(chooser, "23 NOV").edit
    assert card is not None
    assert "#wife" in card.text


def test_best_is_named_on_the_ticket(family: Family) -> None:
    family.confirmed("buy RELIANCE 100 #main")
    family.work()
    card = family.floor.one("buy INFY 5 #best")
    assert "#best is #kid" in card.text or "#best is #wife" in card.text
    assert "a/c #main" not in card.text


# -- one message for all -------------------------------------------------------------------------


def test_one_message_reports_all_legs_and_a_loud_word_names_each_account(family: Family) -> None:
    card = family.confirmed("buy RELIANCE 10 #all")
    assert card.text.count("Submitting") == 3
    family.work()

    message = family.message()

    assert "3 of 3 orders filled" in message.text
    assert "10/10" in message.text
    assert (family.wall.edits, len(family.wall.said)) == (1, 1)
    for name in NAMES:
        assert f"#{name} ✅ <b>Filled</b>" in family.wall.said[0]
        assert f"✅ #{name} " in message.text
        assert any(f"#{name} " in label for label in labels(message))
    assert family.message() == message
    assert len(family.wall.said) == 1


def test_a_part_fill_is_not_a_filled_order(family: Family) -> None:
    family.confirmed("buy INFY 10 #main:2 #wife @ 1400")
    family.work()
    desk = family.floor.desk
    one, two = family.orders()["main"], family.orders()["wife"]
    ticket = desk.store.ticket(one.ticket_id)
    part = replace(one, cum_quantity=D(4), average_price=D("1399.50"))

    card = outcome_card(desk, ticket, [part, two])

    assert "◐ <b>0 of 2 orders filled</b> · 4/10 @ 1,399.50" in card.text
    assert "◐ #main" in card.text
    assert "Partly filled 4/7 @ 1,399.50" in card.text


def test_an_account_that_was_unlinked_is_called_by_its_broker(family: Family) -> None:
    assert account_name(family.floor.desk, "zerodha:AB1234") == "zerodha"
    assert account_name(family.floor.desk, "paper:wife") == "wife"


def test_a_button_opens_each_legs_own_card(family: Family) -> None:
    card = family.confirmed("buy RELIANCE 10 #all")
    family.work()
    [own] = family.floor.press(card, "#wife").replies
    assert "<b>3 × MARKET" in own.text
    assert "a/c #wife" in own.text
    assert button(own, "Exit all")


def test_a_refused_leg_hides_no_other_and_unwinds_nothing(family: Family) -> None:
    family.wife.trouble = Refused("Paper", "account blocked")
    family.confirmed("buy RELIANCE 10 #all")
    family.work()

    message = family.message()

    assert "2 of 3 orders filled" in message.text
    assert "⛔ #wife" in message.text
    assert "account blocked" in message.text
    assert {name: one.state for name, one in family.orders().items()} == {
        "main": State.FILLED, "wife": State.REFUSED, "kid": State.FILLED,
    }  # fmt: skip
    assert all(len(family.floor.store.orders(f"paper:{name}").orders) == 1 for name in NAMES)


def test_a_leg_of_unknown_fate_is_shown_so_and_found_in_its_own_book(family: Family) -> None:
    family.wife.trouble, family.wife.takes_it = OutcomeUnknown("Paper", "no answer"), True
    family.confirmed("buy RELIANCE 10 #all")
    for key in family.floor.bell.rung:
        attend(family.floor.desk, key)
    assert "Do not send again" in family.message().text

    family.work()

    assert "3 of 3 orders filled" in family.message().text


def test_one_broker_that_is_down_holds_up_nobody_else(family: Family) -> None:
    family.wife.trouble = NotSent("Paper", "connection refused")
    family.confirmed("buy RELIANCE 10 #all")
    family.work()
    assert "2 of 3 orders filled" in family.message().text
    assert family.orders()["wife"].state is State.STAGED

    family.floor.clock.pass_(130)
    family.work()

    assert family.orders()["wife"].state is State.DENIED
    assert "⛔ #wife" in family.message().text
    assert "#wife ⛔ <b>Not sent</b>" in family.wall.said[-1]


def test_an_account_that_could_not_take_its_part_stays_on_the_message(family: Family) -> None:
    family.confirmed("buy RELIANCE 300 #wife")
    family.work()
    card = family.confirmed("buy RELIANCE 300 each #all")
    assert "⛔ #wife 300 never sent" in card.text
    assert "0 of 2 orders filled" in card.text


# -- deaths and lost answers ---------------------------------------------------------------------


def test_a_worker_that_dies_between_legs_leaves_the_rest_to_the_sweeper(family: Family) -> None:
    family.confirmed("buy RELIANCE 10 #all")
    first, *_ = family.floor.bell.rung
    attend(family.floor.desk, first)
    family.floor.bell.rung.clear()  # the process died here, and its bells with it

    family.floor.clock.pass_(6)
    for name in NAMES:
        reconcile(family.floor.desk, f"paper:{name}")
    assert len(family.floor.bell.rung) == 2
    family.work()
    family.work()

    assert "3 of 3 orders filled" in family.message().text
    assert all(len(family.floor.store.orders(f"paper:{name}").orders) == 1 for name in NAMES)


def test_a_confirmation_whose_answer_was_lost_is_one_order_for_each(family: Family) -> None:
    card = family.floor.one("buy RELIANCE 10 #all")
    family.floor.store.lose_answers = 1

    family.floor.press(card, "Confirm")
    again = family.floor.press(card, "Confirm")

    assert "confirmed already" in again.toast
    assert again.edit is not None
    assert "of 3 orders filled" in again.edit.text
    assert all(len(family.floor.store.orders(f"paper:{name}").orders) == 1 for name in NAMES)


# -- afterwards ----------------------------------------------------------------------------------


def test_all_orders_of_a_ticket_are_cancelled_with_one_question(family: Family) -> None:
    card = family.confirmed("buy INFY 10 #all @ 1400")
    family.work()
    [question] = family.floor.press(card, "Cancel all").replies
    assert "Cancel 3 orders?" in question.text
    family.floor.press(question, "Yes, cancel 3")
    family.work()
    assert family.message().text.count("· Cancelled") == 3
    assert {one.state for one in family.orders().values()} == {State.CANCELLED}


def test_a_ticket_is_named_like_an_order(family: Family) -> None:
    family.confirmed("buy INFY 10 #all @ 1400")
    family.work()
    ticket_id = family.orders()["main"].ticket_id
    assert "0 of 3 orders filled" in family.floor.one(f"/order {ticket_id}").text
    assert "Cancel 3 orders?" in family.floor.one(f"/cancel {ticket_id}").text
    which = family.floor.one(f"/modify {ticket_id} 1390")
    assert len(labels(which)) == 3
    change = family.floor.press(which, "#wife").edit
    assert change is not None
    assert "After: 3 × LIMIT ₹1,390.00" in change.text


def test_an_exit_of_all_accounts_asks_once_and_closes_each_by_itself(family: Family) -> None:
    family.confirmed("buy RELIANCE 10 #all")
    family.work()
    family.floor.say("/settings group pair main:1 kid:1")
    assert len(labels(family.floor.one("/exit RELIANCE"))) == 3
    assert "Exit 2 positions" in family.floor.one("/exit RELIANCE #pair").text
    question = family.floor.one("/exit RELIANCE #all")
    assert "Exit 3 positions at the market?" in question.text
    family.floor.press(question, "Yes, exit 3")
    family.work()
    assert [one.intent.side.value for one in family.orders().values()] == ["SELL"] * 3


def test_repeat_divides_as_before_and_a_legs_new_ticket_is_its_own(family: Family) -> None:
    family.wife.trouble = Refused("Paper", "account blocked")
    card = family.confirmed("buy RELIANCE 10 #main:2 #wife")
    family.work()
    again = family.floor.one("/repeat")
    assert "#main <b>7</b>" in again.text
    assert "#wife <b>3</b>" in again.text
    [own] = family.floor.press(card, "#wife").replies
    [alone] = family.floor.press(own, "New ticket").replies
    assert "<b>3 × MARKET</b>" in alone.text
    assert "a/c #wife" in alone.text


def test_twenty_four_orders_still_fit_into_one_message(tmp_path: Path) -> None:
    names = [f"account-number-{number:02d}" for number in range(24)]
    with floor(tmp_path, *map(paper, names)) as made:
        ticket = made.one("buy RELIANCE 24 #all")
        card = made.press(ticket, "Confirm").edit
        assert card is not None
        made.work()
        order = made.store.orders("paper:account-number-00").orders[0]
        whole = made.one(f"/order {order.ticket_id}")
        for shown in (ticket, card, whole):
            assert utf16(shown.text) <= TEXT_LIMIT
            assert all(len(label) <= LABEL_LIMIT for label in labels(shown))
        assert "24 of 24 orders filled" in whole.text
