"""
API keys: shown once, kept as a digest, revocable, each with its own rights.

The secret is 320 random bits, so a plain SHA-256 of it is enough: there is nothing to guess, and a
slow hash, which exists to slow down guessing, would only slow down every request.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from tradegram.api.caller import Asking, Caller, Scope
from tradegram.chat import people
from tradegram.errors import Conflict, StoreError, UserError
from tradegram.ports import Change, Desk, Document, Event
from tradegram.risk.stepup import DESK, AtTheTerminal, Proof, spent

KIND, USED = "apikey", "apikey used"
SHAPE = re.compile(r"tg_([A-Z2-7]{16})_([A-Z2-7]{64})")
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
MOST_KEYS = 50  # that are good, of the whole desk
PER_MINUTE, MOST_PER_MINUTE = 600, 60_000
NOTE_USE_EVERY = 60.0  # seconds: last use is shown by the minute, not written by the request


class NeedsProof(UserError):
    """A key is made and nobody has proven yet who wants it. action: what must be proven for."""

    def __init__(self, action: str) -> None:
        super().__init__("A new key wants your code or PIN.")
        self.action = action


@dataclass(frozen=True, slots=True)
class Wanted:
    """
    What a new key shall be. alone: its orders are sent without anybody's Confirm.

    accounts: ids of those it may touch; empty for all. per_minute: requests.
    """

    name: str
    scopes: tuple[Scope, ...]
    alone: bool = False
    accounts: tuple[str, ...] = ()
    per_minute: int = PER_MINUTE


@dataclass(frozen=True, slots=True)
class Key:
    """A key as the record has it. used_at: 0 for never; made_at, revoked_at: epoch seconds."""

    key_id: str
    user_id: int
    wanted: Wanted
    made_at: float
    revoked_at: float = 0.0
    used_at: float = 0.0


def make(desk: Desk, user_id: int, wanted: Wanted, proof: Proof = None) -> tuple[Key, str]:
    """
    A new key and its text, which nobody can show a second time.

    Raises NeedsProof, and UserError for a name, a right or an account that will not do.
    """
    check(desk, wanted)
    if proof is None:
        raise NeedsProof(action_of(wanted))
    used_up = () if isinstance(proof, AtTheTerminal) else (
        spent(desk, proof, user_id, action_of(wanted)),
    )  # fmt: skip
    ids = desk.ids
    key_id, secret = ids.nonce(), "".join(ids.nonce() for _ in range(4))
    text, now = f"tg_{key_id}_{secret}", desk.clock.now()
    body = {
        **asdict(wanted), "scopes": list(wanted.scopes), "accounts": list(wanted.accounts),
        "user_id": user_id, "digest": digest_of(text), "made_at": now, "revoked_at": 0.0,
    }  # fmt: skip
    by = "terminal" if isinstance(proof, AtTheTerminal) else f"user {user_id}"
    event = Event(DESK, {"event": "api key made", "key": key_id, "by": by, "name": wanted.name,
                         "scopes": " ".join(wanted.scopes), "alone": wanted.alone})  # fmt: skip
    desk.store.commit(Change((Document(KIND, key_id, body), *used_up), (event,)))
    return Key(key_id, user_id, wanted, now), text


def action_of(wanted: Wanted) -> str:
    """The same key always has the same name; a grant is bound to it."""
    return json.dumps(as_done(wanted))


def as_done(wanted: Wanted) -> list[Any]:
    """What `chat.granted` is to do."""
    return ["api key", wanted.name, list(wanted.scopes), wanted.alone, list(wanted.accounts),
            wanted.per_minute]  # fmt: skip


def as_wanted(do: Sequence[Any]) -> Wanted:
    """The way back from `as_done`."""
    _, name, scopes, alone, accounts, per_minute = do
    return Wanted(str(name), tuple(Scope(each) for each in scopes), bool(alone),
                  tuple(str(each) for each in accounts), int(per_minute))  # fmt: skip


def check(desk: Desk, wanted: Wanted) -> None:
    """Raises UserError."""
    if not NAME.fullmatch(wanted.name):
        raise UserError("A key's name is 1 to 32 small letters, digits or dashes, e.g. bot-1.")
    if not wanted.scopes:
        raise UserError("What may the key do? Say read, trade or signal, or several of them.")
    if wanted.alone and not {Scope.TRADE, Scope.SIGNAL} & set(wanted.scopes):
        raise UserError("A key that only reads sends nothing, so it cannot do that alone.")
    if not 1 <= wanted.per_minute <= MOST_PER_MINUTE:
        raise UserError(f"A key takes 1 to {MOST_PER_MINUTE} requests a minute.")
    for account_id in wanted.accounts:
        desk.brokers.account(account_id)
    good = [key for key in keys(desk) if not key.revoked_at]
    if any(key.wanted.name == wanted.name for key in good):
        raise UserError(f"There is a key {wanted.name} already. Choose another name or revoke it.")
    if len(good) >= MOST_KEYS:
        raise UserError(f"There are {MOST_KEYS} keys already. Revoke one that is not used.")


def revoke(desk: Desk, called: str, by: str, user_id: int | None = None) -> Key:
    """
    By its name or the beginning of its id. It counts from the next request on.

    user_id: only a key of that person. Raises UserError when there is none.
    """
    word = called.casefold()
    for key in keys(desk):
        mine = user_id is None or key.user_id == user_id
        named = word == key.wanted.name or (len(word) >= 4 and key.key_id.casefold() == word)
        if mine and named and not key.revoked_at:
            return _revoked(desk, key, by)
    raise UserError(f"There is no key {called[:32]} that is good. /apikey lists them.")


def _revoked(desk: Desk, key: Key, by: str) -> Key:
    found = desk.store.document(KIND, key.key_id)
    now = desk.clock.now()
    if found is not None:
        event = Event(DESK, {"event": "api key revoked", "key": key.key_id, "by": by})
        desk.store.commit(
            Change((replace(found, body={**found.body, "revoked_at": now}),), (event,))
        )
    return replace(key, revoked_at=now)


def keys(desk: Desk) -> Sequence[Key]:
    """All of the desk, revoked ones too, oldest first."""
    used = {each.key: float(each.body["at"]) for each in desk.store.documents(USED)}
    found = [replace(_key(each), used_at=used.get(each.key, 0.0))
             for each in desk.store.documents(KIND)]  # fmt: skip
    return sorted(found, key=lambda key: key.made_at)


def _key(document: Document) -> Key:
    body = document.body
    wanted = Wanted(
        body["name"], tuple(Scope(each) for each in body["scopes"]), body["alone"],
        tuple(body["accounts"]), body["per_minute"],
    )  # fmt: skip
    return Key(document.key, body["user_id"], wanted, body["made_at"], body["revoked_at"])


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# -- at a request --------------------------------------------------------------------------------


def by_key(desk: Desk, asking: Asking) -> Caller | None:
    """Who holds the key that the request shows; None when it shows none that is good."""
    scheme, _, text = asking.headers.get("authorization", "").partition(" ")
    given = text.strip() if scheme.casefold() == "bearer" else asking.headers.get("x-api-key", "")
    shaped = SHAPE.fullmatch(given)
    document = desk.store.document(KIND, shaped[1]) if shaped else None
    if document is None:
        return None
    right = hmac.compare_digest(digest_of(given), document.body["digest"])
    key = _key(document)
    if not right or key.revoked_at or not people.may_use(desk, key.user_id):
        return None
    wanted = key.wanted
    return Caller(
        user_id=key.user_id,
        name=f"key {wanted.name}",
        scopes=frozenset(wanted.scopes),
        alone=wanted.alone,
        accounts=frozenset(wanted.accounts),
        key_id=key.key_id,
        per_minute=wanted.per_minute,
        secret=given,
    )


class LastUse:
    """Writes down that a key was used, at most once a minute in each process."""

    def __init__(self) -> None:
        self._noted: dict[str, float] = {}

    def note(self, desk: Desk, key_id: str) -> None:
        now = desk.clock.now()
        if not key_id or now - self._noted.get(key_id, 0.0) < NOTE_USE_EVERY:
            return
        if len(self._noted) > MOST_KEYS * 4:
            self._noted.clear()
        self._noted[key_id] = now
        found = desk.store.document(USED, key_id) or Document(USED, key_id, {})
        try:
            desk.store.commit(Change((replace(found, body={"at": now}),)))
        except (Conflict, StoreError):
            return  # another process noted it, or nobody did: it is for people, and no more
