"""What happens to orders, at once: spot over the socket API, futures under a listen key."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from tradegram.brokers.adapter import Call, Steps, known
from tradegram.brokers.binance.dialect import (
    ENVIRONMENTS,
    RECEIVE_WINDOW,
    Dialect,
    signature,
)
from tradegram.brokers.heard import Dial, Frame, Heard
from tradegram.model import Session

KEEP_EVERY = 1500.0  # seconds; a listen key ends an hour after it was last asked for
GOOD = 200


class SpotStream(Dialect):
    def dial(self, session: Session, at: float) -> Steps[Dial]:
        asked = {
            "apiKey": session.secrets["api_key"],
            "recvWindow": str(RECEIVE_WINDOW),
            "timestamp": str(int(at * 1000)),
        }  # in the order of the alphabet, in which they are signed there
        signed = signature(self.profile.name, urlencode(asked), session.secrets)
        words = {**asked, "signature": signed}
        method = "userDataStream.subscribe.signature"
        first = json.dumps({"id": "stream", "method": method, "params": words})
        return Dial(_stream_of(session), first=[first])
        yield  # a generator that asks nothing

    def heard(self, frame: Frame, session: Session) -> Heard:
        told = json.loads(frame)
        if "status" in told:
            return Heard(over=told["status"] != GOOD)
        kind = told["event"]["e"]
        ended = kind in ("eventStreamTerminated", "serverShutdown")
        return Heard(rings=kind in ("executionReport", "listStatus"), over=ended)

    def keep(self) -> Steps[None]:
        """It lasts as long as its connection."""
        return known(None)


class FuturesStream(Dialect):
    def dial(self, session: Session, at: float) -> Steps[Dial]:
        key = yield Call(self.request("POST", "listenKey"), lambda row: str(row["listenKey"]))
        return Dial(_stream_of(session), f"/ws/{key}", keep_every=KEEP_EVERY)

    def heard(self, frame: Frame, session: Session) -> Heard:
        told = json.loads(frame)
        kind = told.get("data", told)["e"]
        rings = kind in ("ORDER_TRADE_UPDATE", "ALGO_UPDATE", "CONDITIONAL_ORDER_TRIGGER_REJECT")
        return Heard(rings=rings, over=kind == "listenKeyExpired")

    def keep(self) -> Steps[None]:
        yield Call(self.request("PUT", "listenKey"), _nothing)


def _stream_of(session: Session) -> str:
    """Our name of the host; what the environment is was checked when something was signed."""
    said = session.secrets.get("environment") or "live"
    return "stream" if said == "live" or said not in ENVIRONMENTS else f"{said}_stream"


def _nothing(row: Any) -> None:
    """Whatever it says, the key is good for another hour."""
