"""
One-time links: whoever opens one in time may do the one thing it was made for.

The link's secret is in the address only; the record keeps its digest. It is used up by one
conditional write, so that two tabs do not log in twice.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from tradegram.errors import Conflict, UserError
from tradegram.ports import Change, Clock, Document, Ids, Store

KIND = "door"
LASTS = 600.0  # seconds
SHUT = "This link was used already, or is older than 10 minutes. Ask for a new one with {}."


@dataclass(frozen=True, slots=True)
class Door:
    """way: start, code, link or dashboard. account_id: "" where the account is not known yet."""

    way: str
    account_id: str
    user_id: int
    version: int
    expires_at: float


@dataclass(frozen=True, slots=True)
class Doors:
    store: Store
    clock: Clock
    ids: Ids

    def make(self, way: str, account_id: str, user_id: int) -> str:
        """The secret of a new door: 160 random bits."""
        secret = self.ids.nonce() + self.ids.nonce()
        body = {"way": way, "account_id": account_id, "user_id": user_id}
        ends = self.clock.now() + LASTS
        self.store.commit(Change((Document(KIND, _digest(secret), body, expires_at=ends),)))
        return secret

    def look(self, secret: str, way: str) -> Door:
        """Uses nothing up: a preview of a link opens it too. Raises UserError."""
        found = self.store.document(KIND, _digest(secret)) if secret else None
        if found is None or found.body["way"] != way:
            raise UserError(_shut(way))
        body = found.body
        return Door(way, body["account_id"], body["user_id"], found.version, found.expires_at or 0)

    def use(self, secret: str, way: str) -> Door:
        """Raises UserError, also for the second of two who come at once."""
        door = self.look(secret, way)
        found = self.store.document(KIND, _digest(secret))
        if found is None:
            raise UserError(_shut(way))
        try:
            self.store.commit(Change((replace(found, expires_at=self.clock.now()),)))
        except Conflict:
            raise UserError(_shut(way)) from None
        return door


def _shut(way: str) -> str:
    return SHUT.format("/dashboard" if way == "dashboard" else "/login")


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
