"""
A broker calls us when an order moved. It only rings the bell: the book is read and believed.

The path holds a secret of this desk's, because few brokers sign what they post; what is signed is
checked too.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tradegram.brokers.registry import known_accounts
from tradegram.errors import Conflict, TradegramError
from tradegram.model import Account, Mode
from tradegram.ports import Change, Document, Ids, Store
from tradegram.sessions.keeper import Keeper

KIND, KEY = "setting", "postback"
LARGEST = 64 * 1024  # bytes
SECRET = "api_secret"  # noqa: S105 - its name among the credentials

# Raises ValueError for what did not come from the broker.
Told = Callable[[bytes, str], str]


def brokers() -> Mapping[str, Told]:
    """Who posts, and how it proves that."""
    from tradegram.brokers.zerodha.postback import order_told_of

    return {"zerodha": order_told_of}


def path_secret(store: Store, ids: Ids) -> str:
    """The desk's own, made at the first question. Raises StoreError."""
    found = store.document(KIND, KEY)
    if found is None:
        made = Document(KIND, KEY, {"secret": ids.nonce() + ids.nonce()})
        try:
            store.commit(Change((made,)))
        except Conflict:
            return path_secret(store, ids)
        return str(made.body["secret"])
    return str(found.body["secret"])


@dataclass(slots=True)
class Postbacks:
    """What was posted, and whom it is about."""

    keeper: Keeper
    _secrets: dict[str, tuple[object, str]] = field(default_factory=dict)

    def accounts(self, broker: str, secret: str, content: bytes) -> Sequence[Account]:
        """Whose book should be read now; none for what is not genuine."""
        told, ours = brokers().get(broker), path_secret(self.keeper.store, self.keeper.ids)
        if told is None or len(content) > LARGEST:
            return []
        if not hmac.compare_digest(secret.encode(), ours.encode()):
            return []
        linked = [
            each
            for each in known_accounts(self.keeper.store)
            if each.broker == broker and each.mode is Mode.LIVE
        ]
        return [each for each in linked if self._is_genuine(each, told, content)]

    def _is_genuine(self, account: Account, told: Told, content: bytes) -> bool:
        try:
            told(content, self._secret(account))
        except (ValueError, TradegramError):
            return False
        return True

    def _secret(self, account: Account) -> str:
        """Opened once, not at every call from outside."""
        mark = self.keeper.linked(account)
        if self._secrets.get(account.account_id, (None, ""))[0] != mark:
            values = self.keeper.vault.opened(account.account_id, "desk", "postback")
            self._secrets[account.account_id] = (mark, values[SECRET])
        return self._secrets[account.account_id][1]
