"""What Zerodha posts to us when an order moves. It only says where to look."""

from __future__ import annotations

import hashlib
import hmac
import json


def order_told_of(content: bytes, api_secret: str) -> str:
    """
    The broker's order id, when the checksum is that of the app with this secret.

    The checksum covers the id and the time alone, so nothing else here may be believed: the book
    is read instead. Raises ValueError for anything that did not come from Zerodha.
    """
    try:
        row = json.loads(content)
        order_id, stamp, said = row["order_id"], row["order_timestamp"], row["checksum"]
        covered = f"{order_id}{stamp}{api_secret}".encode()
        genuine = hmac.compare_digest(hashlib.sha256(covered).hexdigest(), said)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError("no postback of Zerodha's") from error
    if not genuine or not isinstance(order_id, str):
        raise ValueError("a postback with a wrong checksum")
    return order_id
