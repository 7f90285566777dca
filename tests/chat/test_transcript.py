"""
Every command and every kind of button in conversations, as they stand on a phone.

What is seen is kept in transcript.txt. `TRANSCRIPT=write pytest tests/chat/test_transcript.py`
writes it anew; read the difference as a person would before it is committed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from chat.trading_floor import ANU
from chat.transcript import WIDTH, Doorman, Phone, Used, cells, phone, plain
from triggers.house import House, floor_of, house

from tradegram.brokers.registry import PAPER
from tradegram.chat import buttons
from tradegram.chat.buttons import BracketPress, OrderPress, TicketPress, read_press
from tradegram.chat.commands.table import COMMANDS, TOPICS
from tradegram.chat.telegram.render import TEXT_LIMIT, units
from tradegram.chat.writing import DATA_LIMIT, LABEL_LIMIT, TOAST_LIMIT
from tradegram.history.importing import import_tradebook
from tradegram.model import Account, Mode, Side
from tradegram.risk.stepup import set_up_pin

GOLDEN = Path(__file__).with_name("transcript.txt")
PIN = "482915"
WIFE = Account("paper:wife", "paper", "wife", Mode.PAPER)
TRADES = b"""instrument,side,quantity,price,trade_id,time
NSE:INFY,BUY,10,1500,1,2026-05-04T09:20:01
NSE:INFY,SELL,4,1600,2,2026-11-16T09:20:01
NSE:INFY,SELL,4,1400,3,2026-11-17T09:20:01
"""
# Of a label in a row of so many buttons, this much can be read.
ROOM = {1: 64, 2: 18, 3: 12, 4: 8, 5: 6, 6: 5}


# -- the conversations ---------------------------------------------------------------------------


def first_use(chat: Phone) -> None:
    chat.say("/start")
    chat.tap("/buy NIFTY 50", "Status", "Help")
    for topic in TOPICS:
        chat.tap(topic.capitalize())
    chat.say("/help buy", "/oders")
    chat.tap("/orders")
    chat.say("hello", "/nonsense")


def a_choice(chat: Phone) -> None:
    chat.say("/buy NIFTY 50")
    chat.tap("remember", "NIFTYBEES", "✖ Cancel")
    chat.say("/settings")
    chat.tap("Forget", "Privacy on", "Privacy off")
    chat.say("/buy NIFTY 50")
    chat.tap("✖ Cancel")
    chat.say("buy RELIAANCE 10", "buy INFY", "5")


def a_ticket(chat: Phone) -> None:
    chat.say("buy RELIANCE 10 @ 2950")
    chat.tap("−1", "+1", "Qty")
    chat.say("20")
    chat.tap("Price")
    chat.say("2940")
    chat.tap("SL/TGT")
    chat.say("sl 2900 tgt 3050")
    chat.tap("LIMIT ▾", "MARKET ▾", "MKT", "CNC ▾", "↻ Requote")
    chat.wait(5)
    chat.tap("↻ Requote")
    chat.wait(600)
    chat.tap("Confirm", "New ticket", "✖ Cancel", "New ticket", "Confirm")
    chat.work()
    chat.say("sell RELIANCE 5 @ 3100 mis", "/sell M&M 2 @ 3000")


def a_filled_order(chat: Phone) -> None:
    chat.say("buy RELIANCE 10 mis")
    chat.tap("Confirm", "Check now")
    chat.work()
    chat.tap("Set SL")
    chat.say("2%")
    chat.say(f"/order {_newest(chat)}")
    chat.tap("SL/TGT/Trail")
    chat.say("tgt 5%")
    chat.work()
    chat.say("buy TCS 4")
    chat.tap("Confirm")
    chat.work()
    chat.tap("Exit 50 %", "✖ Cancel", "Set target")
    chat.say("5%")
    chat.say("buy INFY 10")
    chat.tap("Confirm")
    chat.work()
    chat.tap("Trail")
    chat.say("1%")
    chat.say("buy INFY 2 mis")
    chat.tap("Confirm")
    chat.work()
    chat.tap("Exit all", "Confirm")
    chat.work()
    chat.say("/repeat")


def a_working_order(chat: Phone) -> None:
    chat.say("buy INFY 10 @ 1400")
    chat.tap("Confirm", "Check now")
    chat.work()
    chat.tap("Modify")
    chat.say("1405")
    chat.tap("Change to", "Show")
    chat.work()
    chat.say(f"/modify {_newest(chat)} qty 5")
    chat.tap("Leave it as it is", "Cancel", "No, keep it", "Cancel", "Yes, cancel")
    chat.work()
    chat.tap("New ticket", "✖ Cancel")
    chat.say("/modify", "/cancel")
    with chat.unseen("nine orders later"):
        for price in range(1400, 1409):
            chat.say(f"buy INFY 1 @ {price}")
            chat.tap("Confirm")
            chat.wait(1)
        chat.work()
    chat.say("/orders")
    chat.tap("Older", "Newest", "BUY INFY")
    chat.say("/cancel")
    chat.tap("All 9", "No, keep them")
    chat.say("/cancel INFY changed my mind")
    chat.tap("Yes, cancel 9")
    with chat.unseen("nine cancels later"):
        chat.work()
    chat.say("/orders")
    chat.say(f"/decide {_newest(chat)}")


def brackets(chat: Phone) -> None:
    chat.say("/brackets", "buy RELIANCE 10 mis sl 2900 tgt 3050")
    chat.tap("Confirm")
    chat.work()
    chat.say("/brackets")
    chat.tap("SL/TGT/Trail")
    chat.say("tgt 3100 trail 1%")
    chat.work()
    chat.say("/brackets")
    chat.tap("Exit now", "No, keep it", "End bracket", "Yes, end")
    chat.work()
    chat.say("/protect RELIANCE sl 2% tgt 4%")
    chat.tap("Exit now", "Yes, exit at market")
    chat.work(4)
    chat.say("/brackets")


def stored_orders(chat: Phone) -> None:
    chat.say("/gtt", "/gtt buy RELIANCE 5 @ 2800 sl 2700 when 2805")
    chat.tap("Leave it")
    chat.say("/gtt buy RELIANCE 5 @ 2800 sl 2700 when 2805")
    chat.tap("Store BUY 5")
    chat.say("/gtt")
    chat.tap("Forget it")


def kept_by_the_broker(chat: Phone, home: House) -> None:
    """At a simulated Zerodha, which keeps triggers; 10 INFY were bought in its own app."""
    chat.say("/gtt buy INFY 10 @ 1449 sl 1400 when 1450 desk")
    chat.tap("Leave it")
    chat.say("/gtt buy INFY 10 @ 1449 sl 1400 when 1450")
    chat.tap("Store BUY 10")
    chat.work()
    chat.say("/gtt")
    chat.tap("Take it back")
    chat.work(3)
    home.bought(10)
    chat.say("/protect INFY sl 1450 tgt 1550", "/exit INFY", "/protect INFY sl 1440")
    chat.work()
    home.price("1552")
    chat.work(3)
    chat.say("/gtt", "/pos", "/gtt buy INFY 10 when 1500")
    chat.tap("Store BUY 10")
    chat.work()
    chat.say("/kill")
    chat.work(3)


def exits(chat: Phone) -> None:
    for text in ("buy RELIANCE 10", "buy INFY 10 mis"):
        chat.say(text)
        chat.tap("Confirm")
        with chat.unseen("filled"):
            chat.work()
    chat.say("/exit RELIANCE 50%")
    chat.tap("✖ Cancel")
    chat.say("/exit all")
    chat.tap("No, keep them")
    chat.say("/exit all")
    chat.tap("Yes, exit 2")
    chat.work()
    chat.say("/exit all")


def money(chat: Phone) -> None:
    chat.say("/pos", "/trades", "/hold", "/funds", "/pnl", "/q RELIANCE", "/q NIFTY 50")
    chat.say("/chart RELIANCE 15m 5d", "/chain NIFTY", "/chain RELIANCE #main")
    import_tradebook(chat.floor.desk, PAPER.account_id, TRADES, "t.csv")
    chat.say("buy RELIANCE 10")
    chat.tap("Confirm")
    chat.work()
    chat.say("/pos", "/trades", "/funds", "/pnl")
    chat.tap("Week", "Month", "CSV", "Chart")
    chat.say("/settings privacy on", "/pos", "/funds", "/pnl month")
    chat.say("/q BTCUSDT", "buy BTCUSDT 0.01")


def the_desk(chat: Phone) -> None:
    chat.say("buy INFY 10 @ 1400")
    chat.tap("Confirm")
    chat.work()
    chat.say(
        "/status",
        "/dashboard",
        "/accounts",
        "/login",
        "/logout main",
        "/link",
        "/mode",
        "/mode live",
    )
    chat.say("/settings group family main:2 wife:1", "/risk", "/risk order_value 6000000")
    chat.tap("One order at most")
    chat.say("/risk daily_loss", "/risk trades_per_day 20")
    set_up_pin(chat.floor.desk, ANU, PIN)
    chat.say("/risk order_value 6000000")
    chat.tap(*PIN[:2], "⌫", "✖")
    chat.say("/kill", "buy RELIANCE 10", "/resume")
    chat.tap(*"111111")
    chat.tap(*PIN)
    chat.say("/resume", "/audit", "/audit desk", "/kill")
    chat.tap("Cancel it")
    chat.say("/apikey", "/apikey new bot read trade #main")
    chat.tap("✖")
    chat.say("/apikey revoke bot")
    chat.say("/strategy", "/strategy breakout paper", "/strategy breakout size 2 lots")
    chat.say("/strategy breakout auto")


def forwarded_signals(chat: Phone) -> None:
    chat.forward("🔥 BUY RELIANCE ABOVE 3000 SL 2950 TGT 3100/3200", "Best Tips")
    chat.tap("Edit", "Follow")
    chat.tap("Confirm")
    chat.forward("BUY NIFTY 24000 CE CMP SL 100 TGT 400")
    chat.tap("Follow NIFTY")
    chat.forward("SELL INFY BELOW 1400 SL 1420", "Best Tips")
    chat.tap("Skip")
    chat.forward("/buy RELIANCE 10")
    chat.forward("What a day!", "Best Tips")
    chat.forward("buy infy above 1500, sell tcs below 3000", "Best Tips")
    chat.forward("buy nothingatall above 10", "Best Tips")
    chat.say("/strategy best-tips off")
    chat.forward("BUY TCS ABOVE 4000 SL 3900", "Best Tips")
    chat.tap("Follow")


def baskets(chat: Phone) -> None:
    chat.say("/straddle NIFTY weekly 1 lot")
    chat.tap("−1", "+1", "NRML", "↻ Requote", "✖ Cancel", "New ticket", "✖ Cancel")
    chat.say("/condor NIFTY")
    chat.tap("1 DEC", "200 points", "2 lots")
    chat.say("/strangle NIFTY 23800 24200 1 DEC 1 lot")
    chat.say("/butterfly NIFTY 23900 24000 24100 PE 1 DEC 1 lot")
    chat.say("/calendar NIFTY 24000 CE 1 DEC 1 lot")
    chat.tap("8 DEC")
    legs = "BUY NIFTY 24000 CE weekly 1 lot; SELL NIFTY 24200 CE weekly 1 lot"
    chat.say(f"/basket save hedge {legs}", "/basket")
    chat.tap("Open hedge")
    chat.say("/spread NIFTY 24000 24200 CE 1 DEC 1 lot")
    _confirmed(chat)
    chat.work(3)


def a_broken_basket(chat: Phone) -> None:
    broker = chat.floor.desk.brokers.broker(PAPER.account_id)
    assert isinstance(broker, Doorman)
    broker.refuses = frozenset({Side.SELL})
    chat.say("/spread NIFTY 24000 24200 CE 1 DEC 1 lot")
    _confirmed(chat)
    chat.work(3)
    broker.refuses = frozenset()
    chat.tap("Exit what filled")


def trouble(chat: Phone) -> None:
    broker = chat.floor.desk.brokers.broker(PAPER.account_id)
    assert isinstance(broker, Doorman)
    broker.refuses = frozenset({Side.BUY})
    chat.say("buy RELIANCE 10")
    chat.tap("Confirm")
    chat.work()
    broker.refuses = frozenset()
    chat.tap("New ticket", "Confirm")
    chat.say("/kill")
    chat.work()
    chat.say("buy RELIANCE 1000000", "buy INFY 5 @ 1500.03", "buy NIFTY 24010 CE 1 DEC 1 lot")
    chat.wait(9 * 3600)
    chat.say("buy INFY 5 mis", "/status")


def several_accounts(chat: Phone) -> None:
    chat.say("/settings account main", "buy RELIANCE 11 @ 2900 #all")
    chat.tap("Confirm")
    chat.work()
    chat.tap("#wife")
    chat.tap("Cancel all…", "Yes, cancel 2")
    chat.work()
    chat.say("buy INFY 30 #main:2 #wife:1")
    chat.tap("Confirm")
    chat.work()
    chat.say("/orders", "/pos", "/exit INFY #all")


def _confirmed(chat: Phone) -> None:
    chat.tap("Confirm")
    card = next(reversed(chat.screen.values()))
    if any("really" in each.label for row in card.buttons for each in row):
        chat.tap("Yes, really")


def _newest(chat: Phone) -> str:
    return chat.floor.store.orders(PAPER.account_id).orders[0].key[:6]


SCENES: tuple[tuple[Callable[[Phone], None], tuple[Account, ...]], ...] = (
    (first_use, ()),
    (a_choice, ()),
    (a_ticket, ()),
    (a_filled_order, ()),
    (a_working_order, ()),
    (brackets, ()),
    (stored_orders, ()),
    (exits, ()),
    (money, ()),
    (the_desk, (PAPER, WIFE)),
    (forwarded_signals, ()),
    (baskets, ()),
    (a_broken_basket, ()),
    (trouble, ()),
    (several_accounts, (PAPER, WIFE)),
)


@dataclass
class Transcript:
    text: str
    used: Used


@pytest.fixture(scope="module")
def transcript(tmp_path_factory: pytest.TempPathFactory) -> Transcript:
    folder, used, lines = tmp_path_factory.mktemp("transcript"), Used(), list[str]()
    for scene, accounts in SCENES:
        title = scene.__name__.replace("_", " ").capitalize()
        with phone(folder / scene.__name__, used, title, *accounts) as chat:
            scene(chat)
            lines += [*chat.lines, ""]
    with house("zerodha", folder) as home:
        chat = Phone(floor_of(home), used, ["=" * WIDTH, "Kept by the broker", "=" * WIDTH])
        kept_by_the_broker(chat, home)
        lines += [*chat.lines, ""]
    return Transcript("\n".join(lines) + "\n", used)


# -- what they promise ---------------------------------------------------------------------------


def test_the_conversations_look_as_they_did(transcript: Transcript) -> None:
    if os.environ.get("TRANSCRIPT") == "write":
        GOLDEN.write_text(transcript.text, encoding="utf-8")
    assert transcript.text.splitlines() == GOLDEN.read_text(encoding="utf-8").splitlines()


def test_every_command_was_used(transcript: Transcript) -> None:
    assert set(COMMANDS) - transcript.used.commands == set()


def test_every_kind_of_button_was_pressed(transcript: Transcript) -> None:
    pressed = {(kind, _action(kind, action)) for kind, action in transcript.used.presses}

    assert _promised() - pressed == set()


def test_the_list_of_button_kinds_is_the_whole_one() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    forms = ("{}:K", "{}:K:1", "{}:K:1:1")
    readable = {
        letter
        for letter in letters
        if any(read_press(form.format(letter)) is not None for form in forms)
    }
    assert {kind for kind, _ in _promised()} == readable


def _promised() -> set[tuple[str, str]]:
    """Kind and action of every button, as `buttons` lists its forms."""
    assert buttons.__doc__ is not None
    named: dict[str, Sequence[str]] = {
        "TicketPress": list(TicketPress),
        "OrderPress": list(OrderPress),
        "BracketPress": list(BracketPress),
        "order of the keys": ["n", "b", "x"],
    }
    promised = set()
    for kind, rest in re.findall(r"^(\w):(\S.*?)(?:\s{2,}.*)?$", buttons.__doc__, re.MULTILINE):
        second = re.match(r"<[^>]+>:(?:<([^>]+)>|(\w))", rest)
        words = (second.group(1) or second.group(2)) if second else ""
        actions = named.get(words) or [each.strip() for each in words.split("|")]
        promised |= {(kind, str(action)) for action in actions}
    return promised


def _action(kind: str, action: str) -> str:
    """The kind of action: any number is `n`; a key of the keypad is what it does."""
    last = action.rpartition(":")[2] if kind == "n" else action
    return "n" if last.isdecimal() else last


def test_every_message_fits_telegram_and_has_no_html_left(transcript: Transcript) -> None:
    for reply in transcript.used.shown:
        assert 0 < units(reply.text) <= TEXT_LIMIT
        read = plain(reply.text)
        assert not re.search(r"</?[a-z][^>]*>|&(?:amp|lt|gt|quot|#\d+);", read), read
    assert all(len(toast) <= TOAST_LIMIT for toast in transcript.used.toasts)


def test_no_word_is_wider_than_the_screen(transcript: Transcript) -> None:
    for reply in transcript.used.shown:
        for word in plain(reply.text).split():
            assert cells(word) <= WIDTH, word


def test_every_label_can_be_read_and_every_press_sent(transcript: Transcript) -> None:
    for reply in transcript.used.shown:
        for row in reply.buttons:
            for button in row:
                assert cells(button.label) <= ROOM[len(row)], [each.label for each in row]
                assert button.label.count(" (1 of 2)") or len(button.label) <= LABEL_LIMIT + 20
                assert button.copy or 1 <= len(button.data.encode()) <= DATA_LIMIT


@pytest.mark.parametrize(
    "ugly",
    [
        r"\b1 (?:orders|positions|trades|legs|lots|brackets|fills|tries|times)\b",
        r"\b(\w+) \1\b",
        r"\b(?:State|Side|Mode|Product|OrderType|TicketState)\.",
        r"\b(?:None|True|False|Decimal|NaN|nan|E\+\d+)\b",
        r"[₹$][₹$]|[₹$] |--\d|\(\)|  ?,|“”",
        r"paper:\w+",
    ],
)
def test_nothing_raw_or_doubled_is_shown(transcript: Transcript, ugly: str) -> None:
    for reply in transcript.used.shown:
        found = re.search(ugly, plain(reply.text))
        assert found is None, (found and found.group(), plain(reply.text))
