"""What happens to orders, at once. Frames are binary, and JSON all the same."""

from __future__ import annotations

import json

from tradegram.brokers.adapter import Steps, known
from tradegram.brokers.alpaca.dialect import Dialect, environment
from tradegram.brokers.heard import Dial, Frame, Heard
from tradegram.model import Session

LISTEN = json.dumps({"action": "listen", "data": {"streams": ["trade_updates"]}})


class Updates(Dialect):
    def dial(self, session: Session, at: float) -> Steps[Dial]:
        keys = {
            "key_id": session.secrets["api_key"],
            "secret_key": session.secrets["api_secret"],
        }
        first = json.dumps({"action": "authenticate", "data": keys})
        host = "live_stream" if environment(session.secrets) == "live" else "stream"
        return Dial(host, first=[first])
        yield  # a generator that asks nothing

    def heard(self, frame: Frame, session: Session) -> Heard:
        told = json.loads(frame)
        if told["stream"] == "authorization":
            granted = told["data"]["status"] == "authorized"
            return Heard(say=[LISTEN] if granted else (), over=not granted)
        return Heard(rings=told["stream"] == "trade_updates")

    def keep(self) -> Steps[None]:
        """It lasts as long as its connection."""
        return known(None)
