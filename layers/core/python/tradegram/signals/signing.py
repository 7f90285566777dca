"""
Signed signals: an HMAC over the time and the body, with a secret of the strategy's own.

    X-Timestamp: 1795149000
    X-Signature: sha256=<hex of HMAC-SHA256(secret, timestamp + "." + body)>

The secret is shown once and kept sealed like a broker's credentials, because a digest of it could
not check a signature. What is older than five minutes is refused, and what is newer is followed
once, so that nothing is worth replaying.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field

from tradegram.errors import Conflict, StoreUnavailable, UserError
from tradegram.ports import Change, Desk, Document, Event
from tradegram.signals.signal import NAME
from tradegram.signals.strategy import CHAIN, claim, strategy
from tradegram.vault.credentials import SIGNING, Vault

WINDOW = 300.0  # seconds, to both sides: clocks differ
SECRET = "secret"  # noqa: S105 - its field
BROKER = "signals"  # what such a secret is bound to beside the strategy


@dataclass(slots=True)
class Signing:
    """Opened secrets stay for the life of the process; a new one is found by its version."""

    vault: Vault
    _opened: dict[str, tuple[int, bytes]] = field(default_factory=dict, repr=False)

    def new(self, desk: Desk, name: str, user_id: int, by: str) -> str:
        """A new secret, shown once; the one before it is worth nothing. Raises UserError."""
        if not NAME.fullmatch(name):
            raise UserError("A strategy's name is 1 to 32 small letters, digits or dashes.")
        mine = claim(desk, strategy(desk, name, user_id), by)  # or it is somebody else's
        text = "".join(desk.ids.nonce() for _ in range(4))
        sealed = self.vault.sealed(name, BROKER, {SECRET: text}, SIGNING)
        before = desk.store.document(SIGNING, name)
        body = {"broker": BROKER, "fields": sealed, "user_id": user_id}
        made = Document(SIGNING, name, body, before.version if before else 0)
        event = Event(CHAIN, {"event": "signing secret made", "strategy": name, "by": by})
        try:
            desk.store.commit(Change((made, *mine.records), (*mine.events, event)))
        except Conflict as error:
            raise StoreUnavailable("the secret is being written by others") from error
        return text

    def holder(self, desk: Desk, name: str, stamp: str, signature: str, body: bytes) -> int | None:
        """Whose strategy signed this; None for what is forged, stale or unknown."""
        found = desk.store.document(SIGNING, name) if NAME.fullmatch(name) else None
        if not _is_fresh(stamp, desk.clock.now()):
            return None
        # Of a strategy that is not there as much is reckoned, so that nobody learns names by time.
        secret = self._secret(found) if found else b"nobody's"
        wanted = hmac.new(secret, f"{stamp}.".encode() + body, hashlib.sha256)
        right = hmac.compare_digest(f"sha256={wanted.hexdigest()}".encode(), signature.encode())
        return int(found.body["user_id"]) if right and found else None

    def _secret(self, found: Document) -> bytes:
        version, secret = self._opened.get(found.key, (0, b""))
        if version != found.version:
            secret = self.vault.unsealed(found)[SECRET].encode()
            self._opened[found.key] = (found.version, secret)
        return secret


def _is_fresh(stamp: str, now: float) -> bool:
    digits = stamp.strip()
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 11):
        return False
    return abs(now - int(digits)) <= WINDOW
