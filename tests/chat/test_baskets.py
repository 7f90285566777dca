"""Several legs in one ticket, as a person meets them in the chat on a phone."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

import pytest
from chat.trading_floor import ANU, RAVI, Floor, floor, labels, sample
from clocks import CountingIds

from tradegram.brokers.paper.broker import PaperBroker
from tradegram.brokers.paper.profile import PROFILE, PaperOptions
from tradegram.brokers.registry import PAPER, Maker, Registry
from tradegram.chat.commands.basket import STRATEGIES
from tradegram.chat.outbox import deliver
from tradegram.chat.reply import Reply
from tradegram.chat.writing import DATA_LIMIT, LABEL_LIMIT, TEXT_LIMIT, utf16
from tradegram.errors import NotSent, Refused
from tradegram.local.console_panel import Panel
from tradegram.market.calendar import TradingCalendar
from tradegram.market.feed import SimulatedQuotes
from tradegram.model import Account, Instrument, Mode, OrderIntent, Position, Quote, Side
from tradegram.orders.attend import attend
from tradegram.orders.reconcile import reconcile
from tradegram.orders.send import TryLater
from tradegram.orders.state import Order, State
from tradegram.ports import Change, Document, Quotes

PHONE = 38  # letters that fit beside each other
SPREAD = "/spread NIFTY 24000 24200 CE 1 DEC 1 lot"
CONDOR = "/condor NIFTY 1 DEC width 200 1 lot"


@dataclass
class Wall:
    """What a person sees: messages by name."""

    shown: dict[str, Reply] = field(default_factory=dict)

    def send(self, chat: str, reply: Reply, *, reply_to: str = "") -> str:
        name = f"{chat}:s{len(self.shown)}"
        self.shown[name] = reply
        return name

    def edit(self, message: str, reply: Reply) -> None:
        self.shown[message] = reply

    @property
    def said(self) -> Sequence[Reply]:
        return [reply for name, reply in self.shown.items() if ":s" in name]


class Doorman(PaperBroker):
    """A paper broker that refuses these sides at its door."""

    refuses: frozenset[Side] = frozenset()

    def place(self, intent: OrderIntent, *, not_after: float) -> str:
        if intent.side in self.refuses:
            raise Refused("paper", "margin exceeds", code="RMS")
        return super().place(intent, not_after=not_after)


@dataclass
class Pit:
    floor: Floor
    broker: Doorman
    wall: Wall = field(default_factory=Wall)

    def one(self, text: str) -> Reply:
        return self.floor.one(text)

    def tapped(self, reply: Reply, *names: str) -> Reply:
        """The card after these buttons were pressed, one after the other."""
        for name in names:
            edit = self.floor.press(reply, name).edit
            assert edit is not None
            reply = edit
        return reply

    def confirmed(self, text: str) -> Reply:
        card = self.tapped(self.one(text), "Confirm")
        return self.tapped(card, "Yes, really") if "really" in labels(card)[0] else card

    def work(self, rounds: int = 3) -> None:
        """As the workers do, and the sweeper, which rings for what waits in line."""
        bell = self.floor.bell
        for _ in range(rounds):
            waiting = list(dict.fromkeys(bell.rung))
            for key in waiting:
                with suppress(TryLater):
                    attend(self.floor.desk, key)
            staged = self.floor.store.unsettled(PAPER.account_id)
            bell.rung[:] = [one.key for one in staged if one.state is State.STAGED]
            self.floor.clock.pass_(1)
            reconcile(self.floor.desk, PAPER.account_id)

    def orders(self) -> dict[Side, Order]:
        """The newest ones, by side."""
        page = self.floor.store.orders(PAPER.account_id).orders
        return {order.intent.side: order for order in reversed(page)}

    def message(self) -> Reply:
        deliver(self.floor.desk, self.wall)
        return self.wall.shown[f"tg:{ANU}:m1"]


@pytest.fixture
def pit(tmp_path: Path) -> Iterator[Pit]:
    with pit_of(tmp_path, PaperOptions()) as made:
        yield made


@pytest.fixture
def rich(tmp_path: Path) -> Iterator[Pit]:
    with pit_of(tmp_path, PaperOptions(starting_balance={"INR": Decimal(10**9)})) as made:
        yield made


@contextmanager
def pit_of(folder: Path, options: PaperOptions) -> Iterator[Pit]:
    with floor(folder) as made:
        feed = SimulatedQuotes(made.clock, 1, sample())
        broker = Doorman(
            PAPER, made.store, made.clock, CountingIds(), feed, TradingCalendar(), sample(),
            options,
        )  # fmt: skip
        registry = Registry(made.store, {"paper": Maker(PROFILE, lambda _: broker)})
        desk = replace(made.desk, brokers=registry, quotes=feed)
        yield Pit(replace(made, desk=desk), broker)


def plain(reply: Reply) -> str:
    return re.sub(r"<[^>]+>", "", reply.text)


def fits_a_phone(reply: Reply, lines: int) -> bool:
    wrapped = sum(len(line) // PHONE + 1 for line in plain(reply).splitlines())
    buttons = [each for row in reply.buttons for each in row]
    return (
        wrapped <= lines
        and utf16(reply.text) <= TEXT_LIMIT
        and all(len(each.label) <= LABEL_LIMIT for each in buttons)
        and all(len(each.data.encode()) <= DATA_LIMIT for each in buttons)
    )


# -- named strategies ----------------------------------------------------------------------------


def test_one_line_opens_a_straddle_and_says_what_was_filled_in(pit: Pit) -> None:
    card = pit.one("/straddle NIFTY weekly 1 lot")

    assert fits_a_phone(card, 30)
    assert plain(card).splitlines()[:9] == [
        "🧺 Long straddle NIFTY 23 NOV · NFO · NRML  [PAPER]",
        "1. 🟢 BUY 1 lot (65) NIFTY26NOV24050CE",
        "     MARKET ≈ 118.75, worst 121.15",
        "2. 🟢 BUY 1 lot (65) NIFTY26NOV24050PE",
        "     MARKET ≈ 98.55, worst 101.55",
        "Net debit ₹14,124.50 (worst debit ₹14,475.50)",
        "At expiry, before charges: max profit unlimited · max loss ₹14,124.50",
        "Breakeven at 23,832.70 and 24,267.30",
        "Margin ₹14,475.50 of ₹10,00,000.00 free",
    ]
    assert "at the money 24,050 · long (say short for the other side)" in plain(card)
    assert labels(card) == [
        "✅ Confirm 2 legs, debit ₹14,124.50", "−1", "+1", "NRML ▾", "↻ Requote", "✖ Cancel",
    ]  # fmt: skip


@dataclass
class AnotherMarket:
    """Of the account the usual prices; elsewhere all is worth twice as much."""

    here: Quotes

    def quote(self, instrument: Instrument, account_id: str = "") -> Quote | None:
        found = self.here.quote(instrument, account_id)
        if found is None or account_id == PAPER.account_id:
            return found
        return replace(found, last=found.last * 2)


@pytest.mark.parametrize("account", ["", " #main"])
def test_strikes_are_chosen_by_the_prices_of_the_account_that_trades(
    pit: Pit, account: str
) -> None:
    pit.floor.desk = replace(pit.floor.desk, quotes=AnotherMarket(pit.floor.desk.quotes))

    card = pit.one(f"/straddle NIFTY weekly 1 lot{account}")

    assert "at the money 24,050" in plain(card)


@pytest.mark.parametrize("row", STRATEGIES.values(), ids=lambda row: row.name)
def test_the_example_of_every_strategy_opens_a_ticket(pit: Pit, row: object) -> None:
    card = pit.one(row.example)  # type: ignore[attr-defined]

    assert card.ticket_id
    assert "Confirm" in labels(card)[0]
    assert fits_a_phone(card, 45)


def test_what_was_not_said_is_asked_with_buttons_one_by_one(pit: Pit) -> None:
    question = pit.one("/condor NIFTY")
    assert (question.text, labels(question)[1]) == ("Which expiry?", "1 DEC (Tue) weekly")
    question = pit.tapped(question, "1 DEC")
    assert "How wide, in points from 24,050?" in question.text
    question = pit.tapped(question, "200 points")
    assert labels(question) == ["1 lot", "2 lots", "5 lots"]

    card = pit.tapped(question, "2 lots")

    sides = [line[3:9].split()[1] for line in plain(card).splitlines() if line[1:3] == ". "]
    assert sides == ["BUY", "BUY", "SELL", "SELL"]
    assert "Short iron condor NIFTY 1 DEC" in card.text
    assert "max loss ₹" in card.text
    assert fits_a_phone(card, 45)


@pytest.mark.parametrize(
    ("text", "legs"),
    [
        ("/spread NIFTY bull width 200 CE 1 DEC 1 lot", ["BUY 24050CE", "SELL 24250CE"]),
        ("/spread NIFTY bear width 200 CE 1 DEC 1 lot", ["BUY 24250CE", "SELL 24050CE"]),
        ("/spread NIFTY bull width 200 PE 1 DEC 1 lot", ["BUY 23850PE", "SELL 24050PE"]),
        ("/spread NIFTY bear width 200 PE 1 DEC 1 lot", ["BUY 24050PE", "SELL 23850PE"]),
        ("/spread NIFTY 24200 24000 CE 1 DEC 1 lot", ["BUY 24200CE", "SELL 24000CE"]),
        ("/straddle NIFTY 24000 1 DEC 1 lot short", ["SELL 24000CE", "SELL 24000PE"]),
        ("/strangle NIFTY 23800 24200 1 DEC 1 lot", ["BUY 23800PE", "BUY 24200CE"]),
        (
            "/butterfly NIFTY iron 24000 width 200 1 DEC 1 lot",
            ["BUY 23800PE", "BUY 24200CE", "SELL 24000PE", "SELL 24000CE"],
        ),
        (
            "/butterfly NIFTY 23900 24000 24100 PE 1 DEC 1 lot",
            ["BUY 23900PE", "BUY 24100PE", "SELL 24000PE"],
        ),
        (
            "/condor NIFTY long 23800 23900 24100 24200 1 DEC 1 lot",
            ["BUY 23900PE", "BUY 24100CE", "SELL 23800PE", "SELL 24200CE"],
        ),
    ],
)
def test_words_become_these_legs(pit: Pit, text: str, legs: list[str]) -> None:
    ticket = pit.floor.store.ticket(pit.one(text).ticket_id)

    assert [
        f"{leg.draft.side} {leg.draft.instrument.symbol.removeprefix('NIFTY26D01')}"
        for leg in ticket.legs
    ] == legs


def test_a_calendar_sells_the_near_one_and_promises_no_figure(pit: Pit) -> None:
    card = pit.tapped(pit.one("/calendar NIFTY 24000 CE 1 DEC 1 lot"), "8 DEC")

    assert "BUY 1 lot (65)</b> NIFTY26D0824000CE" in card.text
    assert "SELL 1 lot (65)</b> NIFTY26D0124000CE" in card.text
    assert "not one figure" in card.text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("/straddle", "On what? Example: /straddle NIFTY"),
        ("/straddle weekly 1 lot", "Which index or share?"),
        ("/straddle NIFTY weekly 1 lot quickly", "do not understand “quickly”"),
        ("/straddle NIFTY 24 NOV 1 lot", "no such expiry. There are 23 NOV, 1 DEC"),
        ("/straddle NIFTY next week 1 lot", "can be 23 NOV or 1 DEC. Say the date"),
        ("/straddle BANKNIFTY weekly 1 lot", "no such expiry"),
        ("/straddle NIFTY 24010 1 DEC 1 lot", "no strike 24,010; the nearest are 24,000"),
        ("/straddle NIFTY 1 DEC 65 qty", "whole lots here"),
        ("/straddle NIFTY 1 DEC 1.5 lots", "whole lots here"),
        ("/straddle NIFTY long short 1 DEC 1 lot", "Two different values"),
        ("/straddle NIFTY 1 DEC 1 lot 2 lots", "Two different values"),
        ("/straddle iron NIFTY 1 DEC 1 lot", "no iron straddle"),
        ("/spread NIFTY CE 1 DEC 1 lot", "Which strikes?"),
        ("/spread NIFTY 24000 CE 24200 PE 1 DEC 1 lot", "say CE or PE"),
        ("/condor NIFTY 24000 24100 24200 1 DEC 1 lot", "has 4 strikes; 3 were said"),
        ("/condor NIFTY 23000 24100 24200 24300 width 5 1 DEC 1 lot", "not both"),
        ("/strangle NIFTY width 37 1 DEC 1 lot", "no strike 24,013"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_ticketed(pit: Pit, text: str, words: str) -> None:
    [reply] = pit.floor.say(text)

    assert words in plain(reply)
    assert not reply.ticket_id


def test_the_account_and_the_product_are_said_as_in_any_order(pit: Pit) -> None:
    card = pit.one("/straddle NIFTY weekly 1 lot #main mis")

    assert "· NFO · MIS" in card.text
    assert "a/c #main" in card.text
    assert "All legs are in one account" in pit.one("/straddle NIFTY weekly 1 lot #all").text
    assert "no account called #wife" in pit.one("/straddle NIFTY weekly 1 lot #wife").text


def test_a_loss_without_limit_is_marked_and_confirmed_twice(pit: Pit) -> None:
    card = pit.one("/straddle NIFTY 1 DEC 1 lot short")

    assert "max loss <b>unlimited</b>" in card.text
    assert "the loss has no limit" in card.text
    assert "(1 of 2)" in labels(card)[0]


def test_the_buttons_of_a_basket_change_all_its_legs(pit: Pit) -> None:
    card = pit.tapped(pit.one(SPREAD), "+1", "NRML")

    assert card.text.count("2 lots (130)</b>") == 2
    assert "· MIS" in card.text
    assert pit.floor.press(card, "−1").edit is not None


# -- legs of one's own ---------------------------------------------------------------------------

TWO = "/basket BUY NIFTY 24000 CE 1 lot; SELL NIFTY 24200 CE 1 lot"


def test_an_expiry_that_all_legs_lack_is_asked_once(pit: Pit) -> None:
    question = pit.one(TWO)
    assert question.text == "Which expiry?"

    card = pit.tapped(question, "1 DEC")

    assert "NIFTY26D0124000CE" in card.text
    assert "NIFTY26D0124200CE" in card.text


def test_every_leg_that_will_not_do_is_named_in_one_message(pit: Pit) -> None:
    [reply] = pit.floor.say(
        "/basket BUY NIFTY 24000 CE 1 DEC 1 lot; SELL FOOBAR 10; SELL NIFTY 24333 CE 1 DEC 1 lot"
    )

    lines = plain(reply).splitlines()
    assert lines[0].startswith("Leg 2 “SELL FOOBAR 10”:")
    assert "no strike 24,333" in lines[1]
    assert lines[2] == "Nothing was ticketed: a basket goes whole or not at all."
    assert not reply.ticket_id


def test_a_leg_of_several_meanings_is_named_with_them(pit: Pit) -> None:
    [reply] = pit.floor.say("/basket BUY RELIANCE 5; SELL NIFTY 1 lot")

    assert "Leg 2" in plain(reply)
    assert "Nothing was ticketed" in reply.text
    assert not reply.ticket_id


def test_one_leg_is_no_basket(pit: Pit) -> None:
    assert "2 to 8 legs" in pit.one("/basket BUY RELIANCE 5").text


def test_a_basket_is_saved_listed_opened_and_forgotten(pit: Pit) -> None:
    legs = "BUY NIFTY 24000 CE weekly 1 lot; SELL NIFTY 24200 CE weekly 1 lot"
    assert "/basket hedge" in pit.one(f"/basket save hedge {legs}").text
    assert "/basket fly" in pit.one("/basket save fly condor NIFTY weekly width 200 1 lot").text

    listed = pit.one("/basket")
    assert labels(listed) == ["Open fly", "Open hedge"]
    assert "NIFTY26NOV24200CE" in pit.tapped(listed, "Open hedge").text
    assert "Short iron condor" in pit.one("/basket FLY").text
    assert "in place of the old" in pit.one(f"/basket save hedge {legs}").text

    assert "forgotten" in pit.one("/basket delete hedge").text
    assert "No basket is saved as “hedge”" in pit.one("/basket hedge").text


def test_saved_baskets_are_ones_own(pit: Pit) -> None:
    pit.one("/basket save fly condor NIFTY weekly width 200 1 lot")

    assert "No basket is saved" in pit.floor.one("/basket fly", RAVI).text
    assert "No basket is saved" in pit.floor.one("/basket", RAVI).text


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("buy BUY RELIANCE 5; SELL INFY 5", "name is a letter"),
        ("Ü BUY RELIANCE 5; SELL INFY 5", "name is a letter"),
        ("hedge", "2 to 8 legs"),
        ("hedge straddle", "On what?"),
        ("hedge BUY RELIANCE 5; SELL FOOBAR 5", "Leg 2"),
    ],
)
def test_what_could_not_be_opened_is_not_saved(pit: Pit, words: str, why: str) -> None:
    assert why in pit.one(f"/basket save {words}").text
    assert "No basket is saved" in pit.one("/basket list").text


def test_no_more_baskets_are_saved_than_can_be_shown(pit: Pit) -> None:
    for number in range(12):
        pit.one(f"/basket save b{number} straddle NIFTY weekly 1 lot")

    assert "12 baskets are saved already" in pit.one("/basket save x straddle NIFTY weekly").text
    assert "Saved in place" in pit.one("/basket save b3 straddle NIFTY weekly 2 lots").text


# -- after Confirm -------------------------------------------------------------------------------


def test_all_legs_live_in_one_message_that_follows_them(pit: Pit) -> None:
    card = pit.confirmed(SPREAD)
    assert card.text.count("Submitting") == 2

    pit.work()
    message = pit.message()

    assert message.text.count("Filled 65, average") == 2
    assert "Net of the fills: debit ₹" in message.text
    assert "Exit what filled" not in str(labels(message))
    assert fits_a_phone(message, 20)
    [said] = pit.wall.said
    assert said.text.count("Filled") == 2


def test_a_short_leg_leaves_only_after_its_hedge_is_at_the_exchange(pit: Pit) -> None:
    pit.confirmed(SPREAD)

    pit.work(rounds=1)
    orders = pit.orders()
    assert orders[Side.SELL].state is State.STAGED

    pit.work()
    orders = pit.orders()
    assert orders[Side.SELL].state is State.FILLED
    assert orders[Side.SELL].sent_at > orders[Side.BUY].sent_at


def test_a_short_leg_is_never_sent_when_its_hedge_is_refused(pit: Pit) -> None:
    pit.broker.refuses = frozenset({Side.BUY})
    pit.confirmed(CONDOR)
    pit.work()

    message = pit.message()

    assert pit.broker.order_book().reports == []
    assert "Nothing of this basket is in the market" in message.text
    assert "“margin exceeds”" in message.text
    assert "Exit what filled" not in str(labels(message))


def test_a_part_that_failed_is_said_aloud_with_a_way_out(pit: Pit) -> None:
    pit.broker.refuses = frozenset({Side.SELL})
    pit.confirmed(SPREAD)
    pit.work()

    message = pit.message()
    assert "Only a part of this basket is in the market" in message.text
    assert "Leg 2: refused by the broker, “margin exceeds”" in message.text
    assert labels(message)[0] == "⚠ Exit what filled"
    warning = pit.wall.said[-1]
    assert "Only a part of this basket is in the market" in warning.text
    assert "stays until you exit it" in warning.text
    assert labels(warning) == ["⚠ Exit what filled"]
    assert fits_a_phone(message, 20)

    [exit_] = pit.floor.press(warning, "Exit").replies
    assert "SELL NIFTY26D0124000CE" in exit_.text
    assert "1 lot (65)" in exit_.text


def test_the_way_out_closes_shorts_first_and_never_more_than_is_open(pit: Pit) -> None:
    pit.confirmed("/condor NIFTY 1 DEC width 200 1 lot")
    pit.work(rounds=5)
    ticket = next(iter(pit.orders().values())).ticket_id
    version = pit.floor.store.ticket(ticket).version

    [exit_] = pit.floor.tap(f"t:{ticket}:e:{version}").replies
    legs = pit.floor.store.ticket(exit_.ticket_id).legs
    assert [leg.draft.side for leg in legs] == [Side.BUY, Side.BUY, Side.SELL, Side.SELL]
    assert all(leg.draft.closes for leg in legs)
    assert "max loss" not in exit_.text
    [twin] = pit.floor.tap(f"t:{ticket}:e:{version}").replies

    first = pit.tapped(exit_, "Confirm")
    first = pit.tapped(first, "really") if "really" in labels(first)[0] else first
    assert "Exit of Short iron condor" in first.text
    second = pit.floor.press(twin, "Confirm")
    if second.edit is not None and "really" in labels(second.edit)[0]:
        second = pit.floor.press(second.edit, "really")
    assert "left to close" in second.toast + "".join(reply.text for reply in second.replies)

    pit.work(rounds=5)
    assert [one.quantity for one in pit.broker.positions() if one.quantity] == []
    [reply] = pit.floor.tap(f"t:{ticket}:e:{version}").replies or [Reply("")]
    assert not reply.ticket_id


def test_the_way_out_is_for_what_was_confirmed_by_its_owner(pit: Pit) -> None:
    ticket = pit.one(SPREAD).ticket_id

    assert "was not confirmed" in pit.floor.tap(f"t:{ticket}:e:1").toast
    assert "somebody else" in pit.floor.tap(f"t:{ticket}:e:1", RAVI).toast


def test_a_basket_is_repeated_whole_and_its_leg_alone(pit: Pit) -> None:
    pit.broker.refuses = frozenset({Side.SELL})
    pit.confirmed(SPREAD)
    pit.work()

    assert "Bull call spread" in pit.one("/repeat").text
    leg = pit.one(f"/order {pit.orders()[Side.SELL].key}")
    [again] = pit.floor.press(leg, "New ticket").replies
    assert "SELL NIFTY26D0124200CE" in again.text
    assert "Bull call spread" not in again.text


def test_an_expired_basket_is_taken_up_again_with_its_legs(pit: Pit) -> None:
    card = pit.one(SPREAD)
    pit.floor.clock.pass_(70)

    gone = pit.floor.press(card, "Confirm")
    assert gone.edit is not None
    assert "expired" in gone.edit.text
    assert labels(gone.edit) == ["New ticket"]

    fresh = pit.tapped(gone.edit, "New ticket")
    assert "Bull call spread" in fresh.text
    assert "Confirm" in labels(fresh)[0]


def test_the_kill_switch_stops_a_basket(pit: Pit) -> None:
    card = pit.one(SPREAD)
    pit.one("/kill now")

    answer = pit.floor.press(card, "Confirm")

    assert "kill switch" in answer.toast
    assert pit.orders() == {}


# -- limits of the whole -------------------------------------------------------------------------


def limited(pit: Pit, **limits: object) -> None:
    pit.floor.store.commit(Change((Document("limits", f"user:{ANU}", limits),)))


def test_legs_that_each_pass_are_held_to_the_limit_together(pit: Pit) -> None:
    limited(pit, open_positions=3)

    assert pit.one(SPREAD).ticket_id
    refused = pit.one(CONDOR)

    assert "0 positions are open or on their way, this basket would add 4, and your limit is 3" in (
        refused.text
    )
    assert not refused.ticket_id


def test_the_share_of_the_balance_is_that_of_the_person(pit: Pit) -> None:
    assert "22 % of capital in one basket" in pit.one(SPREAD).text
    limited(pit, share_of_balance="0.5")

    assert "of capital" not in pit.one(SPREAD).text


# -- all accounts at the same time ---------------------------------------------------------------


class Slow(PaperBroker):
    """Answers only while the others are being asked as well."""

    together: threading.Barrier
    breaks = False

    def positions(self) -> Sequence[Position]:
        self.together.wait(timeout=60)
        if self.breaks:
            raise NotSent("paper", "connection refused")
        return super().positions()


@contextmanager
def two_slow_accounts(folder: Path) -> Iterator[Floor]:
    accounts = [Account(f"paper:{name}", "paper", name, Mode.PAPER) for name in ("main", "wife")]
    with floor(folder, *accounts) as made:
        together = threading.Barrier(2)

        def make(account: Account) -> Slow:
            broker = Slow(
                account, made.store, made.clock, CountingIds(),
                SimulatedQuotes(made.clock, 1, sample()), TradingCalendar(), sample(),
                PaperOptions(),
            )  # fmt: skip
            broker.together, broker.breaks = together, account.name == "wife"
            return broker

        registry = Registry(made.store, {"paper": Maker(PROFILE, make)})
        yield replace(made, desk=replace(made.desk, brokers=registry))


def test_all_accounts_are_asked_at_once_and_one_that_fails_says_so(tmp_path: Path) -> None:
    with two_slow_accounts(tmp_path) as slow:
        [reply] = slow.say("/pos")

    lines = plain(reply).splitlines()
    assert "#main" in lines[1]
    assert "No open positions" in lines[2]
    assert "#wife" in lines[3]
    assert "did not answer (connection refused)" in lines[4]


def test_the_console_asks_them_at_once_as_well(tmp_path: Path) -> None:
    with two_slow_accounts(tmp_path) as slow:
        main, wife = Panel(slow.desk).values()["accounts"]

    assert (main["name"], main["error"]) == ("main", "")
    assert (wife["name"], wife["positions"]) == ("wife", [])
    assert "connection refused" in wife["error"]


def test_legs_of_several_venues_each_say_their_own(pit: Pit) -> None:
    card = pit.one("/basket BUY RELIANCE 5 cnc; SELL RELIANCE 3000 CE monthly 1 lot")

    lines = plain(card).splitlines()
    assert lines[0] == "🧺 Basket of 2  [PAPER]"
    assert lines[1] == "1. 🟢 BUY 5 RELIANCE · NSE · CNC"
    assert lines[3].endswith("RELIANCE26NOV3000CE · NFO · NRML")
    assert "not one figure" in card.text
    assert not any("▾" in each for each in labels(card))


def test_the_largest_basket_fits_into_one_message(pit: Pit) -> None:
    legs = [f"{side} NIFTY {strike} {kind} 1 DEC 1 lot" for side, strike, kind in (
        ("BUY", 23_000, "PE"), ("BUY", 23_200, "PE"), ("SELL", 23_400, "PE"),
        ("SELL", 23_600, "PE"), ("SELL", 24_400, "CE"), ("SELL", 24_600, "CE"),
        ("BUY", 24_800, "CE"), ("BUY", 25_000, "CE"),
    )]  # fmt: skip
    card = pit.one(f"/basket {'; '.join(legs)}")

    assert card.ticket_id
    assert fits_a_phone(card, 60)
    pit.confirmed(f"/basket {'; '.join(legs)}")
    pit.work(rounds=5)
    message = pit.message()
    assert message.text.count("Filled 65") == 8
    assert fits_a_phone(message, 60)


# -- legs that the exchange takes only in slices -------------------------------------------------

BIG = "/spread NIFTY 24000 24200 CE 1 DEC 30 lots"  # 1,950 units, of which one order takes 1,755


def test_a_sliced_basket_says_how_many_orders_each_leg_is(rich: Pit) -> None:
    card = rich.one(BIG)

    assert plain(card).count("in one order of 1,755 and one of 195") == 2
    assert labels(card)[0].startswith("✅ Confirm 2 legs in 4 orders, debit ₹")
    assert fits_a_phone(card, 32)


def test_no_slice_is_sold_before_all_slices_of_its_hedge_are_at_the_exchange(rich: Pit) -> None:
    rich.confirmed(BIG)
    rich.work(rounds=1)
    first = rich.floor.store.orders(PAPER.account_id).orders
    assert {one.state for one in first if one.intent.side is Side.SELL} == {State.STAGED}

    rich.work(rounds=5)
    message = rich.message()

    orders = rich.floor.store.orders(PAPER.account_id).orders
    sent = {side: [one.sent_at for one in orders if one.intent.side is side] for side in Side}
    assert min(sent[Side.SELL]) > max(sent[Side.BUY])
    assert plain(message).count("· 2 of 2 filled") == 2
    assert labels(message) == ["✅ leg 1.1", "✅ leg 1.2", "✅ leg 2.1", "✅ leg 2.2"]
    assert fits_a_phone(message, 20)


def test_slices_that_failed_are_named_and_the_way_out_is_of_the_whole(rich: Pit) -> None:
    rich.broker.refuses = frozenset({Side.SELL})
    rich.confirmed(BIG)
    rich.work(rounds=5)

    message = rich.message()
    assert "Leg 2.1: refused by the broker, “margin exceeds”" in message.text
    assert "Leg 2.2: not sent, “the order it was to follow" in message.text
    assert fits_a_phone(message, 24)

    [exit_] = rich.floor.press(message, "Exit").replies
    assert "30 lots (1,950)" in exit_.text
    assert "In one order of 1,755 and one of 195" in plain(exit_)


def test_a_sliced_basket_is_repeated_and_left_as_a_whole(rich: Pit) -> None:
    rich.confirmed(BIG)
    rich.work(rounds=5)
    card = rich.message()
    ticket = rich.floor.store.ticket(card.ticket_id)

    again = rich.one("/repeat")
    [exit_] = rich.floor.tap(f"t:{ticket.ticket_id}:e:{ticket.version}").replies

    assert again.text.count("30 lots (1,950)</b>") == 2
    assert exit_.text.count("30 lots (1,950)</b>") == 2


def test_the_largest_sliced_basket_fits_into_one_message_even_when_it_fails(rich: Pit) -> None:
    rich.broker.refuses = frozenset({Side.BUY})
    legs = [f"BUY NIFTY {strike} PE 1 DEC 81 lots" for strike in range(23_000, 23_800, 100)]
    card = rich.one(f"/basket {'; '.join(legs)}")
    assert "in 24 orders" in labels(card)[0]
    assert fits_a_phone(card, 60)

    rich.confirmed(f"/basket {'; '.join(legs)}")
    rich.work()

    message = rich.message()
    assert message.text.count("the order it was to follow") == 1  # once, with all it is about
    assert fits_a_phone(message, 80)
