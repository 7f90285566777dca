"""What Kite posts to the app when an order moves."""

from __future__ import annotations

import hashlib
import json

from tradegram.sims.floor import Entry
from tradegram.sims.zerodha.rows import STATUSES, order_row
from tradegram.sims.zerodha.state import Kite

POSTED = {
    "COMPLETE": "COMPLETE",
    "CANCELLED": "CANCELLED",
    "REJECTED": "REJECTED",
    "OPEN": "UPDATE",
}


def post(kite: Kite, entry: Entry) -> None:
    status = STATUSES[entry.standing]
    if kite.tell is None or status not in POSTED:
        return
    row = order_row(kite, entry) | {"status": POSTED[status]}
    covered = f"{row['order_id']}{row['order_timestamp']}{kite.api_secret}"
    row |= {"user_id": kite.user, "unfilled_quantity": row["pending_quantity"]}
    row["checksum"] = hashlib.sha256(covered.encode()).hexdigest()
    kite.tell(json.dumps(row).encode())
