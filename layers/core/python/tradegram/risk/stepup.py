"""
Step-up: proof that it is really the holder, asked before anything is made less safe.

What is proven is one action of one person. The grant is a record of its own, good for five minutes
and used up in the transaction that does the action; code that has no grant in the store cannot do
it. Nothing here ends up in a log, an audit event or a message.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from typing import Any

from tradegram.chat.money import clock_time
from tradegram.errors import Conflict, StoreUnavailable, UserError
from tradegram.ports import Change, Desk, Document, Event, Store
from tradegram.risk import totp

KIND, GRANT = "stepup", "grant"
GRANT_LASTS = 300.0  # seconds
WRONG_TRIES = 5
LOCKED = 900.0  # seconds
LENGTH = totp.DIGITS  # a PIN has as many digits as a code, so that one keypad takes both
COST = {"n": 2**14, "r": 8, "p": 1}  # of one try: some tens of milliseconds and 16 MB
ATTEMPTS = 8
DESK = "desk"  # the audit chain of what belongs to no account

HOW = (
    "No code or PIN is set up for you. In the terminal: tradegram stepup --user {user} "
    "(an authenticator app) or tradegram stepup --user {user} --pin."
)


class Method(StrEnum):
    TOTP = "totp"
    PIN = "pin"


class Locked(UserError):
    """Nothing is tried any more, for a while."""


@dataclass(frozen=True, slots=True)
class AtTheTerminal:
    """Who can start the program has the record itself, so nothing more is asked there."""


Proof = str | AtTheTerminal | None  # a grant's key; or nothing was proven


def method_of(store: Store, user_id: int) -> Method | None:
    found = store.document(KIND, str(user_id))
    return None if found is None else Method(found.body["method"])


def set_up_totp(desk: Desk, user_id: int) -> str:
    """The new secret, to be shown once. What was set up before is void."""
    secret = desk.ids.nonce() + desk.ids.nonce()
    _write(desk, user_id, {"method": Method.TOTP, "secret": secret, "last_step": 0})
    return secret


def set_up_pin(desk: Desk, user_id: int, pin: str) -> None:
    """Raises UserError for a PIN that is no PIN, or that is tried first by anybody."""
    if len(pin) != LENGTH or not (pin.isascii() and pin.isdecimal()):
        raise UserError(f"A PIN has {LENGTH} digits.")
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    if len(set(pin)) < 3 or steps <= {1} or steps <= {9}:
        raise UserError("That PIN is guessed at once. Choose digits that do not follow a pattern.")
    salt = desk.ids.nonce()
    _write(desk, user_id, {"method": Method.PIN, "digest": _digest(pin, salt), "salt": salt})


def forget(desk: Desk, user_id: int) -> bool:
    """False when there was none."""
    found = desk.store.document(KIND, str(user_id))
    if found is None:
        return False
    event = Event(DESK, {"event": "step-up removed", "user": user_id, "by": "terminal"})
    desk.store.commit(Change((replace(found, expires_at=desk.clock.now()),), (event,)))
    return True


def _write(desk: Desk, user_id: int, body: Mapping[str, Any]) -> None:
    before = desk.store.document(KIND, str(user_id))
    whole = {**body, "wrong": 0, "locked_until": 0.0}
    event = Event(
        DESK,
        {"event": "step-up set up", "user": user_id, "method": body["method"], "by": "terminal"},
    )
    version = before.version if before else 0
    desk.store.commit(Change((Document(KIND, str(user_id), whole, version),), (event,)))


# -- proving -------------------------------------------------------------------------------------


def prove(desk: Desk, user_id: int, action: str, code: str) -> str:
    """
    The key of a grant for this action.

    Raises UserError when the code is wrong or used, or while the person is locked out. Every try
    counts, also when several come at once.
    """
    for _ in range(ATTEMPTS):
        found = desk.store.document(KIND, str(user_id))
        if found is None:
            raise UserError(HOW.format(user=user_id))
        now = desk.clock.now()
        if found.body["locked_until"] > now:
            until = clock_time(found.body["locked_until"])
            raise Locked(f"Too many wrong tries; locked until {until}.")
        good = _if_right(found.body, code, now)
        try:
            if good is not None:
                return _granted(desk, replace(found, body=good), action)
            left = _wrong(desk, found)
        except Conflict:
            continue
        if left:
            tries = "try is" if left == 1 else "tries are"
            raise UserError(f"That is wrong, or was used before. {left} {tries} left.")
        desk.pager.alert(DESK, _locked_alert(user_id, now))
        raise Locked(f"That is wrong. Locked for {LOCKED / 60:.0f} minutes.")
    raise StoreUnavailable("the step-up could not be written")


def _if_right(body: Mapping[str, Any], given: str, now: float) -> dict[str, Any] | None:
    """What the record becomes when the code is right."""
    fresh = {**body, "wrong": 0}
    if body["method"] == Method.PIN:
        right = hmac.compare_digest(_digest(given, body["salt"]), body["digest"])
        return fresh if right else None
    step = totp.step_of(body["secret"], given, now, body["last_step"])
    return None if step is None else {**fresh, "last_step": step}


def _granted(desk: Desk, proven: Document, action: str) -> str:
    key, user_id = desk.ids.nonce(), int(proven.key)
    until = desk.clock.now() + GRANT_LASTS
    body = {"user_id": user_id, "action": action}
    event = Event(DESK, {"event": "step-up given", "user": user_id, "for": action})
    grant = Document(GRANT, key, body, expires_at=until)
    desk.store.commit(Change((proven, grant), (event,)))
    return key


def _wrong(desk: Desk, found: Document) -> int:
    """Tries that are left; 0 when this one locked."""
    wrong = int(found.body["wrong"]) + 1
    left = WRONG_TRIES - wrong
    body = {**found.body, "wrong": wrong}
    if not left:
        body |= {"wrong": 0, "locked_until": desk.clock.now() + LOCKED}
    event = Event(DESK, {"event": "step-up wrong", "user": int(found.key), "left": left})
    desk.store.commit(Change((replace(found, body=body),), (event,)))
    return left


def _locked_alert(user_id: int, now: float) -> str:
    return (
        f"{WRONG_TRIES} wrong codes or PINs were tried as user {user_id}; locked at "
        f"{clock_time(now)} for {LOCKED / 60:.0f} minutes. If that was not you: /kill, and log "
        "the other devices out of Telegram."
    )


def spent(desk: Desk, grant: str, user_id: int, action: str) -> Document:
    """
    The grant, used up: to be written in the transaction that does the action.

    Raises UserError when it is not there any more, or was given for something else.
    """
    found = desk.store.document(GRANT, grant)
    if found is None or found.body != {"user_id": user_id, "action": action}:
        raise UserError("That was not proven, or too long ago. Ask for it again.")
    return replace(found, expires_at=desk.clock.now())


def _digest(pin: str, salt: str) -> str:
    return hashlib.scrypt(pin.encode(), salt=salt.encode(), **COST, dklen=32).hex()
