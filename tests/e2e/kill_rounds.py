"""
Kill the desk while twenty orders are being confirmed, start it again, and ask both ledgers.

A round is played from its seed: who taps twice, in which order, and at which share of the time
that the tickets took the process is killed. What a round leaves behind is judged by `faults`.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from e2e.product import Product
from e2e.trader import Trader, until
from loopback.bot_api import BotApi, Message

from tradegram.orders.stage import client_order_id

ORDERS = 20
FIRST_USER = 5001
USERS = range(FIRST_USER, FIRST_USER + ORDERS)
TAPPED_TWICE = 0.3  # share of the tickets
KILLED_TWICE = 0.25  # share of the rounds: the second time while it recovers
RECOVERY = 1.2  # seconds of a start within which the second kill falls
SETTLED = ("Filled", "Not sent", "Refused", "Rejected", "Never taken", "Unknown result")


@dataclass(frozen=True, slots=True)
class Tapped:
    """One confirmed ticket. seed: of its round."""

    seed: int
    message: Message
    order_key: str


def let_orders_repeat(desk: Product) -> None:
    """Twenty people send the same order to one account, and would be asked about it twice."""
    desk.answer("risk", "--account", "main", "duplicate_window", "0")


def play_round(desk: Product, api: BotApi, seed: int) -> Sequence[Tapped]:
    """Twenty tickets, twenty confirms, one or two kills, and everything that was owed is told."""
    chance = random.Random(seed)
    traders = [Trader(desk, api, api.user(user, f"Trader {user}"), 1) for user in USERS]
    began = time.monotonic()
    tapped = [_ticket(trader, seed) for trader in _asking(traders)]
    took = time.monotonic() - began

    _tap(traders, tapped, chance)
    time.sleep(chance.uniform(0, took))
    desk.kill9()
    if chance.random() < KILLED_TWICE:
        desk.process = desk.launch()
        time.sleep(chance.uniform(0, RECOVERY))
        desk.kill9()
    desk.start()

    what = f"seed {seed}: every order told"
    until(lambda: all(_settled(each.message) for each in tapped), what)
    until(lambda: not api.pending(), f"seed {seed}: every update acknowledged")
    until(
        lambda: all(_said(trader, each) for trader, each in zip(traders, tapped, strict=True)), what
    )
    return tapped


def faults(desk: Product, tapped: Iterable[Tapped]) -> list[str]:
    """One sentence for each order that is lost or doubled, or whose message lies."""
    book = Counter(order["client_order_id"] for order in desk.orders())
    found = [_fault(book[each.order_key], each) for each in tapped]
    found += [] if desk.command("audit", "verify").returncode == 0 else ["the audit chain broke"]
    return [each for each in found if each]


def told(one: Tapped) -> str:
    """The word of SETTLED that the order's message shows."""
    return next(word for word in SETTLED if word in one.message.text)


def _fault(count: int, one: Tapped) -> str:
    word = told(one)
    wanted = {"Filled": (1,), "Rejected": (1,), "Unknown result": (0, 1)}.get(word, (0,))
    if count in wanted:
        return ""
    return f"seed {one.seed}: {one.order_key} stands {count} times at the broker and reads {word}"


def _asking(traders: Sequence[Trader]) -> Sequence[Trader]:
    for trader in traders:
        trader.person.says("/buy NIFTYBEES 1")
    return traders


def _ticket(trader: Trader, seed: int) -> Tapped:
    message = trader.card("Confirm")
    ticket_id = message.button("Confirm")["callback_data"].split(":")[1]
    return Tapped(seed, message, client_order_id(ticket_id, 0))


def _tap(traders: Sequence[Trader], tapped: Sequence[Tapped], chance: random.Random) -> None:
    taps = [
        (trader, one.message, one.message.button("Confirm")["callback_data"])
        for trader, one in zip(traders, tapped, strict=True)
        for _ in range(1 + (chance.random() < TAPPED_TWICE))
    ]
    chance.shuffle(taps)
    for trader, message, data in taps:
        trader.person.press_data(message, data)


def _settled(message: Message) -> bool:
    return any(word in message.text for word in SETTLED)


def _said(trader: Trader, one: Tapped) -> bool:
    """The fill was said in a message of its own, which replies to the order's."""
    if "Filled" not in one.message.text:
        return True
    return any(each.reply_to == one.message.message_id for each in trader.person.shown())
