"""
Each update is acted on once, though Telegram delivers some of them twice.

A row per update_id is begun before and done after. Ids are compared with nothing: they may come
out of order, and start anew after a quiet week.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from enum import Enum

from tradegram.errors import Conflict, StoreError
from tradegram.ports import Change, Desk, Document

KEPT = 48 * 3600.0  # seconds; Telegram keeps an undelivered update for 24 hours
ABANDONED_AFTER = 30.0  # seconds after which whoever began an update must have died

logger = logging.getLogger(__name__)


class Begun(Enum):
    OURS = "act on it"
    DONE = "somebody has acted on it"
    IN_HAND = "somebody is acting on it now"


def begin(desk: Desk, update_id: int, abandoned_after: float) -> Begun:
    """Raises StoreUnavailable: then nobody knows, and it must be delivered again."""
    now = desk.clock.now()
    row = Document("update", str(update_id), {"done": False, "at": now}, expires_at=now + KEPT)
    try:
        desk.store.commit(Change((row,)))
    except Conflict:
        return _take_over(desk, row, abandoned_after)
    return Begun.OURS


def done(desk: Desk, update_id: int) -> None:
    """Never raises: what could not be written is acted on twice at worst, which is harmless."""
    try:
        row = desk.store.document("update", str(update_id))
        if row is not None and not row.body["done"]:
            desk.store.commit(Change((replace(row, body={**row.body, "done": True}),)))
    except StoreError as error:  # a Conflict: another process took it over, and will write it
        logger.warning("an update was not marked done: %s", type(error).__name__)


def _take_over(desk: Desk, row: Document, abandoned_after: float) -> Begun:
    before = desk.store.document(row.kind, row.key)
    if before is None:
        return Begun.IN_HAND
    if before.body["done"]:
        return Begun.DONE
    if desk.clock.now() - before.body["at"] < abandoned_after:
        return Begun.IN_HAND
    try:
        desk.store.commit(Change((replace(row, version=before.version),)))
    except Conflict:
        return Begun.IN_HAND
    return Begun.OURS
