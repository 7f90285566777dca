"""What goes on at a broker while nobody here is logged in."""

from __future__ import annotations

from tradegram.model import Account
from tradegram.ports import Store
from tradegram.triggers.kept import live_kept


def at_risk(store: Store, account: Account, title: str) -> str:
    """In sentences; "" when nothing does. title: the broker's own name."""
    live = sum(1 for each in store.unsettled(account.account_id) if each.leaves_quantity)
    kept = len(live_kept(store, account.account_id))
    words = []
    if live:
        words.append(f"{live} of its orders can still fill, and are not seen until you log in.")
    if kept:
        words.append(
            f"What {title} keeps for a price ({kept}) lives on there and triggers all the same."
        )
    return " ".join(words)
