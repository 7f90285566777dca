"""What people are told on a simulated day: the truth, all of it, and in its order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from simulation.rules_nameless import rows_of

from tradegram.chat.buttons import short
from tradegram.chat.cards.order import filled_words, is_loud
from tradegram.chat.outbox import FILLS
from tradegram.chat.outcome import is_several, outcome_card
from tradegram.chat.states import words_of
from tradegram.orders.stage import order_ids
from tradegram.orders.state import Order

if TYPE_CHECKING:
    from simulation.history import Day

NO_ORDER = {"refused", "void", "denied"}

Orders = dict[str, Order]


def told_the_truth(day: Day, orders: Orders) -> object:
    if day.world.faults.liar:
        return None
    placed = {row.tag for row in day.rows}
    for notice in day.store.told:
        if notice.kind in NO_ORDER and notice.client_order_id in placed:
            return f"said 'no order', but there is one: {notice}"
    return None


def told_of_changes_that_were_made(day: Day, orders: Orders) -> object:
    changed = {key for key, row in rows_of(day, orders).items() if row.changes}
    for notice in day.store.told:
        if notice.kind == "replaced" and notice.client_order_id not in changed:
            return f"said 'changed', but it is not: {notice}"
    return None


def nothing_is_owed(day: Day, orders: Orders) -> object:
    """Telegram has answered for a quarter of an hour: everything was said."""
    return list(day.inner.notices(5)) or None


def every_loud_notice_was_said(day: Day, orders: Orders) -> object:
    """Each at least once; of several fills the last may speak for all. One message may say many."""
    for key in orders:
        said = sum(one.text.count(short(key)) for one in day.telegram.shown if not one.edited)
        loud = [each for each in day.store.told if each.client_order_id == key and is_loud(each)]
        fills = [each for each in loud if each.kind in FILLS]
        if said < len(loud) - len(fills) + bool(fills):
            return f"{key}: {len(loud)} to say, said {said}: {[each.kind for each in loud]}"
    return None


def cards_never_go_back(day: Day, orders: Orders) -> object:
    """What a message shows of an order is never older than what it showed before."""
    for key, states in day.store.history.items():
        seen, at = [_words(order) for _, order in states], 0
        for one in day.telegram.shown:
            if one.reply_to or short(key) not in one.text:
                continue
            now = next((n for n in range(at, len(seen)) if _shows(one.text, seen[n])), None)
            if now is None:
                return f"{key}: a card of the past at {one.at}: {one.text}"
            at = now
    return None


def last_card_shows_the_end(day: Day, orders: Orders) -> object:
    desk = replace(day.desk(), store=day.inner)
    for ticket_id in sorted({order.ticket_id for order in orders.values()}):
        ticket = day.inner.ticket(ticket_id)
        mine = [orders[key] for key in order_ids(ticket)]
        if not any(each.client_order_id in order_ids(ticket) for each in day.store.told):
            continue
        text = day.telegram.screen(ticket.message)
        wanted: list[Sequence[str]] = [_words(order) for order in mine]
        if is_several(ticket):
            lines = outcome_card(desk, ticket, mine).text.splitlines()
            # A bracket goes on after its entry has ended, and says so in messages of its own.
            wanted = [tuple(_settled(line) for line in lines if "🛡" not in line)]
        if not all(_shows(text, each) for each in wanted):
            return f"{ticket_id} is {wanted}, and the card says: {text}"
    return None


def _settled(line: str) -> str:
    """Without the wish at its end: a bracket's own wish is no news."""
    return line.removesuffix(" · cancel asked for")


def _words(order: Order) -> tuple[str, str]:
    return words_of(order).words, filled_words(order)


def _shows(text: str, words: Sequence[str]) -> bool:
    return all(each in text for each in words)


PEOPLE = (
    told_the_truth,
    told_of_changes_that_were_made,
    nothing_is_owed,
    every_loud_notice_was_said,
    cards_never_go_back,
    last_card_shows_the_end,
)
