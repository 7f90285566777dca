"""
What happens to orders, at once: Socket.IO over one WebSocket, whose frames are all text.

A frame begins with a figure for what it is; behind a message's figure stands that of Socket.IO.
That is read here by hand: a client of that protocol would open, keep and reopen connections of its
own, and this desk's ear does that for every broker alike.

Source: breeze-connect 1.0.69, and public clients of this host that name protocol 4.
Unverified, as nobody here has seen the host itself: what it says to a token that ended (taken: the
protocol's own refusal, or silence); whether it insists on a User-Agent, as the broker's client
sends one of its library; whether several connections of one customer are told the same; how many
are allowed. Prices come over another host, which is not listened to.
"""

from __future__ import annotations

import json
from base64 import b64decode

from tradegram.brokers.adapter import Steps, known
from tradegram.brokers.heard import Dial, Frame, Heard
from tradegram.brokers.icicidirect.dialect import Dialect
from tradegram.model import Session

PATH = "/socket.io/?EIO=4&transport=websocket"
GRANTED_WITHIN = 10.0  # seconds
# Of the connection.
OPEN, CLOSE, PING, PONG, NOTHING = "0", "1", "2", "3", "6"
# Of Socket.IO, within a message.
JOIN, LEFT, EVENT, REFUSED = "40", "41", "42", "44"
ORDER = "order"


class Updates(Dialect):
    def dial(self, session: Session, at: float) -> Steps[Dial]:
        return known(Dial("stream", PATH, granted_within=GRANTED_WITHIN))

    def heard(self, frame: Frame, session: Session) -> Heard:
        if isinstance(frame, bytes):
            return Heard(strange=True)
        if frame == PING:
            return Heard(say=[PONG])
        if frame == NOTHING:
            return Heard()
        if frame.startswith(OPEN):
            return Heard(say=[_who(session)])
        if frame == CLOSE or frame.startswith((LEFT, REFUSED)):
            return Heard(over=True)
        if frame.startswith(JOIN):
            return Heard(granted=True)
        return _event(frame)

    def keep(self) -> Steps[None]:
        """It lasts as long as its connection."""
        return known(None)


def _event(frame: str) -> Heard:
    """Its rows are lists without names: that it is of an order is all that is taken from them."""
    try:
        told = json.loads(frame.removeprefix(EVENT)) if frame.startswith(EVENT) else None
    except ValueError:
        told = None
    match told:
        case [str(name), *_]:
            return Heard(rings=name == ORDER)
    return Heard(strange=True)


def _who(session: Session) -> str:
    """The session token holds both: the customer, and the day's key."""
    user, _, key = b64decode(session.secrets["session_token"]).decode().partition(":")
    return JOIN + json.dumps({"user": user, "token": key})
