"""
The keypad: digits as buttons, in another order each time, so that a PIN is never a message.

The record keeps which places were pressed, and only the buttons carry the order of the keys, so
that neither alone gives the digits away. The same keypad takes the code of an authenticator app,
which may also be typed: it is worth nothing afterwards.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from tradegram.chat.buttons import Press
from tradegram.chat.commands.command import Holder
from tradegram.chat.granted import act
from tradegram.chat.pending import await_input, change, forget_input, keep, kept
from tradegram.chat.reply import Answer, Button, Reply
from tradegram.chat.writing import safe
from tradegram.errors import Conflict, StoreUnavailable, UserError
from tradegram.ports import Desk, Document
from tradegram.risk.stepup import HOW, LENGTH, Locked, Method, method_of, prove

TTL = 120.0  # seconds
ATTEMPTS = 8
BACK, LEAVE = "b", "x"
ASKS = {
    Method.PIN: "Tap your PIN. Never type it.",
    Method.TOTP: "Tap or type the six digits that your authenticator app shows.",
}
NEVER_TYPE = (
    "A PIN is never typed: a message stays in the chat. Delete that message, set a new PIN in the "
    "terminal (tradegram stepup --pin), and tap it on the keypad."
)


def ask_proof(desk: Desk, who: Holder, do: Sequence[Any], words: str) -> Reply:
    """
    A keypad; when the digits are right, `do` is done.

    do: see `granted.act`. words: what it is, plain. Raises UserError when nothing is set up.
    """
    method = method_of(desk.store, who.user_id)
    if method is None:
        raise UserError(f"{words} {HOW.format(user=who.user_id)}")
    body = {"do": list(do), "words": words, "places": []}
    key = keep(desk, who.user_id, "keypad", body, TTL)
    await_input(desk, who.user_id, "code", {"keypad": key})
    return _card(key, desk.ids.nonce(), words, method)


def order_of_keys(seed: str) -> str:
    """The ten digits as they stand on the keypad, left to right and down."""
    return "".join(
        sorted("0123456789", key=lambda digit: hashlib.sha256(f"{seed}{digit}".encode()).digest())
    )


def _card(key: str, seed: str, words: str, method: Method) -> Reply:
    digits = order_of_keys(seed)

    def button(label: str, what: str) -> Button:
        return Button(label, f"n:{key}:{seed}:{what}")

    keys = [button(digit, str(place)) for place, digit in enumerate(digits)]
    rows = (
        *(tuple(keys[at : at + 3]) for at in (0, 3, 6)),
        (button("⌫", BACK), keys[9], button("✖", LEAVE)),
    )
    return Reply(f"🔐 <b>{safe(words)}</b>\n{ASKS[method]}", rows)


def keypad_pressed(desk: Desk, who: Holder, press: Press) -> Answer:
    """Raises UserError."""
    seed, _, what = press.action.partition(":")
    if what == LEAVE:
        desk.store.remove(kept(desk, who.user_id, press.key, "keypad"))
        forget_input(desk, who.user_id)
        return Answer(edit=Reply("✖ Left as it was."))
    if what != BACK and not (len(what) == 1 and what in "0123456789"):
        raise UserError("That button is not known here.")
    asked, places = _add(desk, who, press.key, what)
    if len(places) < LENGTH:
        # The message stays as it is: a messenger takes a toast sooner than an edit.
        return Answer(toast="●" * len(places) + "○" * (LENGTH - len(places)))
    digits = order_of_keys(seed)
    return _tried(desk, who, asked, "".join(digits[place] for place in places))


def _add(desk: Desk, who: Holder, key: str, what: str) -> tuple[Document, list[int]]:
    """The places pressed so far, this one with them; also when two fingers press at once."""
    for _ in range(ATTEMPTS):
        asked = kept(desk, who.user_id, key, "keypad")
        places = list(asked.body["places"])
        after = places[:-1] if what == BACK else [*places, int(what)][:LENGTH]
        try:
            change(desk, asked, {"places": after})
        except Conflict:
            continue
        return asked, after
    raise StoreUnavailable("the keypad could not be written")


def _tried(desk: Desk, who: Holder, asked: Document, digits: str) -> Answer:
    # First: whatever comes of it, these digits are tried once.
    desk.store.remove(asked)
    forget_input(desk, who.user_id)
    do, words = list(asked.body["do"]), str(asked.body["words"])
    try:
        grant = prove(desk, who.user_id, json.dumps(do), digits)
    except Locked as error:
        why = str(error)
        return Answer(toast=why, alert=True, edit=Reply(f"🔒 {safe(why)}\nNothing was changed."))
    except UserError as error:
        again = ask_proof(desk, who, do, words)
        return Answer(toast=str(error), alert=True, edit=again)
    return Answer(edit=Reply(act(desk, who, do, grant)))


def code_typed(desk: Desk, who: Holder, waiting: Document, text: str) -> Sequence[Reply]:
    """What was typed while a keypad is shown. Raises UserError."""
    digits = "".join(text.split())
    if not (digits.isascii() and digits.isdecimal() and len(digits) == LENGTH):
        raise UserError(f"Tap the {LENGTH} digits on the keypad, or ✖ to leave it.")
    if _method(desk, who) is Method.PIN:
        raise UserError(NEVER_TYPE)
    asked = kept(desk, who.user_id, str(waiting.body["keypad"]), "keypad")
    answer = _tried(desk, who, asked, digits)
    said = (Reply(safe(answer.toast)),) if answer.toast else ()
    return [*said, *([answer.edit] if answer.edit else [])]


def _method(desk: Desk, who: Holder) -> Method:
    method = method_of(desk.store, who.user_id)
    if method is None:
        raise UserError(HOW.format(user=who.user_id))
    return method
