"""
Order updates on the socket of prices: text frames between binary ones.

No instrument is subscribed to, so that nothing else is sent but a heartbeat.
"""

from __future__ import annotations

import json
from urllib.parse import urlencode

from tradegram.brokers.adapter import Steps, known
from tradegram.brokers.heard import Dial, Frame, Heard
from tradegram.brokers.zerodha.dialect import Dialect
from tradegram.model import Session


class Ticker(Dialect):
    def dial(self, session: Session, at: float) -> Steps[Dial]:
        asked = {name: session.secrets[name] for name in ("api_key", "access_token")}
        return Dial("stream", f"/?{urlencode(asked)}")
        yield  # a generator that asks nothing

    def heard(self, frame: Frame, session: Session) -> Heard:
        if isinstance(frame, bytes):
            return Heard()
        return Heard(rings=json.loads(frame)["type"] == "order")

    def keep(self) -> Steps[None]:
        """It lasts as long as its connection."""
        return known(None)
