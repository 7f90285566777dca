"""
A message that was forwarded here: a signal to be looked at, or nothing.

It never acts: not as a command, not as an answer to a question, and what its card offers is a
ticket that waits for Confirm like any other, whatever the strategy of that name may do.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from tradegram.chat.asked import Asked, Readings
from tradegram.chat.buttons import Press, pending_button
from tradegram.chat.commands.command import Holder
from tradegram.chat.grammar.read import read_order
from tradegram.chat.ordering import numbered, shown_ticket, spot_of
from tradegram.chat.pending import CHOICE_TTL, keep, kept
from tradegram.chat.reply import Answer, Button, Reply
from tradegram.chat.roles import check_words
from tradegram.chat.writing import label, safe
from tradegram.errors import UserError
from tradegram.ports import Desk
from tradegram.signals.follow import propose
from tradegram.signals.signal import Signal
from tradegram.signals.strategy import free_name
from tradegram.signals.tip import order_text

KIND, EDIT, SKIP = "forwarded", "e", "x"
UNNAMED = "forwarded"  # the strategy of what came from no channel
LONGEST_NAME = 15  # of a channel; a person's id may stand behind it, and a name has 32
MOST_READINGS = 6
SIZES = ("", " 1 lot", " qty 1")  # what is proposed where the message says no quantity


def forwarded(desk: Desk, who: Holder, text: str, source: str) -> Sequence[Reply]:
    """source: the channel it came from, as it calls itself; "" for none. Raises UserError."""
    check_words(desk, who.user_id, "a forwarded message")
    words, readings = _read(desk, who, order_text(text))
    name = free_name(desk, named(source), who.user_id)
    found = readings.readings[:MOST_READINGS]
    keys = [one.instrument.key for one in found]
    digest = hashlib.sha256(words.encode()).hexdigest()[:32]
    body = {"text": words, "keys": keys, "strategy": name, "id": digest}
    return [_card(keep(desk, who.user_id, KIND, body, CHOICE_TTL), source, name, words, found)]


def named(source: str) -> str:
    """The name of a channel's strategy."""
    plain = re.sub("[^a-z0-9]+", "-", source.casefold())[:LONGEST_NAME].strip("-")
    return plain or UNNAMED


def _read(desk: Desk, who: Holder, words: str) -> tuple[str, Readings]:
    """The order text and every legal reading of it. Raises UserError when there is none."""
    now, spot = desk.clock.now(), spot_of(desk, who, words)
    tried = [(words + size, read_order(words + size, desk.instruments, now, spot=spot))
             for size in SIZES]  # fmt: skip
    for text, readings in tried:
        if readings.readings:
            return text, readings
    raise UserError(f"That reads as “{words}”, and cannot be followed. {tried[0][1].question}")


def _card(key: str, source: str, name: str, words: str, found: Sequence[Asked]) -> Reply:
    where = f" from <b>{safe(source, 60)}</b>" if source else ""
    several = len(found) > 1
    rows: list[tuple[Button, ...]] = [
        (pending_button("f", key, str(at), label(f"Follow {one.label}" if several else "Follow")),)
        for at, one in enumerate(found)
    ]
    last = (pending_button("f", key, EDIT, "Edit"), pending_button("f", key, SKIP, "Skip"))
    rows = [*rows, last] if several else [(*rows[0], *last)]
    which = "\nIt may mean several things; choose one." if several else ""
    text = (
        f"📨 <b>A signal{where}</b>, forwarded. Nothing is prepared.\n"
        f"<code>{safe(words)}</code>\nStrategy {safe(name)}. Follow opens a ticket.{which}"
    )
    return Reply(text, tuple(rows))


def forwarded_pressed(desk: Desk, who: Holder, press: Press) -> Answer:
    """Raises UserError."""
    document = kept(desk, who.user_id, press.key, KIND)
    words = str(document.body["text"])
    if press.action == EDIT:
        text = f"Change it and send it:\n<code>{safe(words)}</code>"
        return Answer(replies=(Reply(text, ((Button("Copy", copy=words),),)),))
    if press.action == SKIP:
        desk.store.remove(document)
        return Answer(edit=Reply(f"✖ Skipped: <code>{safe(words)}</code>"))
    key = numbered(list(document.body["keys"]), press.action)
    asked = _again(desk, who, words, str(key))
    signal = Signal(
        str(document.body["strategy"]), str(document.body["id"]), str(key), asked.side,
        is_named=False,
    )  # fmt: skip
    ticket = propose(desk, signal, asked, who.user_id, words)
    desk.store.remove(document)
    return Answer(edit=shown_ticket(desk, ticket))


def _again(desk: Desk, who: Holder, words: str, key: str) -> Asked:
    """The reading that the button was for. Raises UserError when the words mean it no more."""
    # They have their quantity by now, so that no other is tried.
    _, readings = _read(desk, who, words)
    for one in readings.readings:
        if one.instrument.key == key:
            return one
    raise UserError("These words mean something else by now. Forward the message again.")
