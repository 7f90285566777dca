"""
What happens to orders, at once: the order feed, a WebSocket of JSON at the client's own address.

Source: Kotak's API documents 12 and 13 of 2026, its own clients of version 2, and public clients
whose authors saw it live. They agree on the address, the first message's parts and the answer to
it, but not on how that message is written: as JSON, or as JSON without its quotes. So one is tried
after the other until it is granted.
Unverified: which of the two a host wants; whether a heartbeat in JSON is wanted (some clients send
one, others rely on the ping of the WebSocket, as is done here); how a token that ended is refused
(taken: `ak` that is not `ok`, or an end of the connection, or silence). Prices come over another
host in frames of its own binary form, which is not listened to.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tradegram.brokers.adapter import Steps, known
from tradegram.brokers.heard import Dial, Frame, Heard
from tradegram.brokers.kotakneo.dialect import Dialect
from tradegram.model import Session

PATH = "/realtime"
GRANTED_WITHIN = 10.0  # seconds
JOIN = "cn"
RINGS = frozenset({"order"})
OTHERS = frozenset({"position", "hb"})


class Updates(Dialect):
    _is_quoted = True  # turned at every try, and turned back when that one was granted

    def dial(self, session: Session, at: float) -> Steps[Dial]:
        self._is_quoted = not self._is_quoted
        who = {
            "type": JOIN,
            "Authorization": session.secrets["session_token"],
            "Sid": session.secrets["session_id"],
            "src": "WEB",
        }
        written = json.dumps(who, separators=(",", ":"))
        first = written if self._is_quoted else written.replace('"', "")
        return known(Dial("stream", PATH, first=[first], granted_within=GRANTED_WITHIN))

    def heard(self, frame: Frame, session: Session) -> Heard:
        try:
            told = json.loads(frame)
        except ValueError:
            return Heard(strange=True)
        rows = told if isinstance(told, list) else [told]
        if not all(isinstance(row, Mapping) for row in rows):
            return Heard(strange=True)
        for row in rows:
            if "ak" in row:
                return self._answered(row)
        kinds = {str(row.get("type")).lower() for row in rows}
        return Heard(rings=bool(kinds & RINGS), strange=not kinds <= RINGS | OTHERS)

    def keep(self) -> Steps[None]:
        """It lasts as long as its connection."""
        return known(None)

    def _answered(self, row: Mapping[str, Any]) -> Heard:
        if row.get("ak") != "ok":
            return Heard(over=True)
        self._is_quoted = not self._is_quoted
        return Heard(granted=True)
