"""Tell a person what no code here can decide."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from tradegram.chat.people import CONSOLE
from tradegram.errors import Conflict, StoreError, StoreFull
from tradegram.ports import Change, Clock, Document, Event, Notice, Store

QUIET = 3600.0  # seconds in which the same alert is not repeated

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StorePager:
    """Implements ports.Pager: owes the alert to every user, and keeps it in the audit chain."""

    store: Store
    clock: Clock
    allowed_users: frozenset[int] = frozenset()

    def alert(self, account_id: str, text: str) -> None:
        logger.error("alert", extra={"account_id": account_id})
        digest = hashlib.sha256(f"{account_id}|{text}".encode()).hexdigest()[:32]
        said = Document("alert", digest, {}, expires_at=self.clock.now() + QUIET)
        event = Event(account_id, {"event": "alert", "text": text})
        try:
            self.store.commit(Change((said,), (event,), self.owed(account_id, "alert", text)))
        except (Conflict, StoreFull):
            return  # said within the hour; or to be said when there is room and it still holds
        except StoreError:
            logger.exception("alert could not be written", extra={"account_id": account_id})

    def owed(self, account_id: str, kind: str, text: str) -> Sequence[Notice]:
        """The same message for every user, to be written with its cause. Raises StoreError."""
        paired = {int(user.key) for user in self.store.documents("user")}
        everybody = sorted({CONSOLE} | self.allowed_users | paired)
        return [Notice(account_id, "", kind, text, user) for user in everybody]
