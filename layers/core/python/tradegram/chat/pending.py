"""What waits for an answer: a choice between buttons, or words that were asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tradegram.errors import Conflict, StoreUnavailable, UserError
from tradegram.ports import Change, Desk, Document

CHOICE_TTL = 600.0  # seconds
INPUT_TTL = 120.0
PAGE_TTL = 3600.0
ATTEMPTS = 3

GONE = "These buttons are too old. Send the text again."
NOT_YOURS = "These buttons are somebody else's; only who asked can press them."


def keep(desk: Desk, user_id: int, what: str, body: Mapping[str, Any], ttl: float) -> str:
    """Store it under a random name, which is what a button carries. Answers with the name."""
    document = to_keep(desk, user_id, what, body, ttl)
    desk.store.commit(Change((document,)))
    return document.key


def to_keep(desk: Desk, user_id: int, what: str, body: Mapping[str, Any], ttl: float) -> Document:
    """The same, not stored: for whoever writes more in the transaction that stores it."""
    whole = {"user_id": user_id, "what": what, **body}
    return Document("pending", desk.ids.nonce(), whole, expires_at=desk.clock.now() + ttl)


def kept(desk: Desk, user_id: int, key: str, what: str) -> Document:
    """Raises UserError when it is gone, of another kind, or somebody else's."""
    # Inputs are documents of the same kind under another form of name; no button may name one.
    document = None if key.startswith("input:") else desk.store.document("pending", key)
    if document is None or document.body["what"] != what:
        raise UserError(GONE)
    if document.body["user_id"] != user_id:
        raise UserError(NOT_YOURS)
    return document


def change(desk: Desk, document: Document, body: Mapping[str, Any]) -> None:
    desk.store.commit(Change((replace(document, body={**document.body, **body}),)))


def await_input(desk: Desk, user_id: int, what: str, body: Mapping[str, Any]) -> None:
    """The next plain message of this person answers it; a new question replaces the old one."""
    key = f"input:{user_id}"
    until = desk.clock.now() + INPUT_TTL
    for _ in range(ATTEMPTS):
        found = desk.store.document("pending", key) or Document("pending", key, {})
        whole = {"user_id": user_id, "what": what, **body}
        try:
            desk.store.commit(Change((replace(found, body=whole, expires_at=until),)))
        except Conflict:
            continue
        return
    raise StoreUnavailable("the question could not be written")


def awaited(desk: Desk, user_id: int) -> Document | None:
    return desk.store.document("pending", f"input:{user_id}")


def forget_input(desk: Desk, user_id: int) -> None:
    waiting = awaited(desk, user_id)
    if waiting is not None:
        desk.store.remove(waiting)
