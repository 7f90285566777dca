"""
Who may use the desk: the setting's numeric ids and those who paired with a one-time code.

Nobody else. Names are for showing; they change hands and grant nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tradegram.errors import Conflict, UserError
from tradegram.ports import Change, Desk, Document, Event

CONSOLE = 0  # the local owner, who sits at the machine
CODE_LASTS = 600.0  # seconds
CODE_LENGTH = 8  # base32 characters: 40 bits
WRONG_TRIES = 5  # by anybody; then the code is worth nothing
NAME_LIMIT = 64

OWNER, TRADER, VIEWER = ROLES = ("owner", "trader", "viewer")
CODE_SHAPE = re.compile(r"[A-Za-z0-9]{4}[- ]?[A-Za-z0-9]{4}")
LOOKS_LIKE = str.maketrans("018", "OIB")  # digits that base32 does not have
COST = {"n": 2**12, "r": 8, "p": 1}  # of one try: a few milliseconds and 4 MB

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class User:
    """
    role: owner, trader or viewer. The console is an owner; so are the ids of the setting, unless
    they were given another role.
    """

    user_id: int
    name: str
    role: str


def may_use(desk: Desk, user_id: int) -> bool:
    if user_id == CONSOLE or user_id in desk.allowed_users:
        return True
    known = desk.store.document("user", str(user_id)) if user_id > 0 else None
    return known is not None and known.body["paired_at"] is not None


def may_trade(desk: Desk, user_id: int) -> bool:
    """Whether orders of theirs are taken, confirmed, changed and cancelled; viewers only look."""
    if user_id == CONSOLE:
        return True
    known = desk.store.document("user", str(user_id))
    return known is None or known.body["role"] != VIEWER


def is_owner(desk: Desk, user_id: int) -> bool:
    return user_id == CONSOLE or any(
        each.user_id == user_id and each.role == OWNER for each in users(desk)
    )


def give_role(desk: Desk, user_id: int, role: str, by: str) -> None:
    """Raises UserError when nobody of that id uses the desk, or no owner would be left."""
    if not may_use(desk, user_id) or user_id == CONSOLE:
        raise UserError(f"Nobody with the id {user_id} uses this desk. `tradegram pair` pairs one.")
    before = desk.store.document("user", str(user_id))
    others = [each for each in users(desk) if each.user_id != user_id and each.role == OWNER]
    if role != OWNER and not others and before is not None and before.body["role"] == OWNER:
        raise UserError("The desk needs an owner. Make somebody else the owner first.")
    named = (
        dict(before.body) if before else {"name": "", "paired_at": None}
    )  # the setting let them in
    after = Document("user", str(user_id), {**named, "role": role}, before.version if before else 0)
    event = Event("desk", {"event": "role given", "user": user_id, "role": role, "by": by})
    desk.store.commit(Change((after,), (event,)))


def users(desk: Desk) -> Sequence[User]:
    """Everybody who may use the desk from outside, by id."""
    listed = {user_id: User(user_id, "", OWNER) for user_id in desk.allowed_users}
    paired = {int(each.key): _user(each) for each in desk.store.documents("user")}
    return [each for _, each in sorted({**listed, **paired}.items())]


def new_code(desk: Desk) -> str:
    """A fresh code, such as K7Q2-M9XW, to be typed to the bot. The code before it is void."""
    code, salt = desk.ids.nonce()[-CODE_LENGTH:], desk.ids.nonce()
    body = {"digest": _digest(code, salt), "salt": salt, "wrong": 0, "used": False}
    before = desk.store.document("pairing", "code")
    document = Document(
        "pairing",
        "code",
        body,
        before.version if before else 0,
        expires_at=desk.clock.now() + CODE_LASTS,
    )
    desk.store.commit(Change((document,)))
    return f"{code[:4]}-{code[4:]}"


def looks_like_code(text: str) -> bool:
    return CODE_SHAPE.fullmatch(text.strip()) is not None


def pair(desk: Desk, user_id: int, name: str, code: str) -> bool:
    """
    Let a person in who knows the code. The first becomes the owner, later ones trade.

    False when the code is wrong, used, expired or locked; which of these, nobody is told.
    """
    offered = desk.store.document("pairing", "code")
    if offered is None or offered.body["used"] or offered.body["wrong"] >= WRONG_TRIES:
        return False
    given = "".join(code.split()).replace("-", "").upper().translate(LOOKS_LIKE)
    if not hmac.compare_digest(_digest(given, offered.body["salt"]), offered.body["digest"]):
        _count_wrong(desk, offered)
        return False
    return _let_in(desk, offered, user_id, name)


def unpair(desk: Desk, user_id: int, by: str) -> bool:
    """False when the person was not paired. The setting's ids are taken out of the setting."""
    user = desk.store.document("user", str(user_id))
    if user is None:
        return False
    event = Event("desk", {"event": "unpaired", "user": user_id, "by": by})
    gone = replace(user, expires_at=desk.clock.now())  # expired is gone, in the same write
    desk.store.commit(Change((gone,), (event,)))
    return True


def _let_in(desk: Desk, offered: Document, user_id: int, name: str) -> bool:
    role = TRADER if any(each.body["role"] == OWNER for each in _paired(desk)) else OWNER
    before = desk.store.document("user", str(user_id))
    body = {"name": name[:NAME_LIMIT], "role": role, "paired_at": desk.clock.now()}
    if before:  # pairing again changes nothing but the name
        body["role"] = before.body["role"]
    user = Document("user", str(user_id), body, before.version if before else 0)
    used = replace(offered, body={**offered.body, "used": True})
    event = Event("desk", {"event": "paired", "user": user_id, "role": body["role"]})
    try:
        desk.store.commit(Change((used, user), (event,)))
    except Conflict:
        return False  # somebody else was first with this code
    logger.info("paired", extra={"user_id": user_id})
    return True


def _count_wrong(desk: Desk, offered: Document | None) -> None:
    """Every try counts, also when several come at once."""
    for _ in range(WRONG_TRIES):
        if offered is None:
            return
        wrong = int(offered.body["wrong"]) + 1
        logger.warning("wrong pairing code", extra={"tries": wrong})
        try:
            desk.store.commit(Change((replace(offered, body={**offered.body, "wrong": wrong}),)))
        except Conflict:
            offered = desk.store.document("pairing", "code")
        else:
            return


def _paired(desk: Desk) -> Sequence[Document]:
    return desk.store.documents("user")


def _user(document: Document) -> User:
    return User(int(document.key), str(document.body["name"]), str(document.body["role"]))


def _digest(code: str, salt: str) -> str:
    return hashlib.scrypt(code.encode(), salt=salt.encode(), **COST, dklen=32).hex()
