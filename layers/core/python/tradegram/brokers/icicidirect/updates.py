"""
What happens to orders, and prices: Socket.IO over one WebSocket each, whose frames are all text.

A frame begins with a figure for what it is; behind a message's figure stands that of Socket.IO.
That is read here by hand: a client of that protocol would open, keep and reopen connections of its
own, and this desk's ear does that for every broker alike.

Source: breeze-connect 1.0.69, and public clients of this host that name protocol 4.
Unverified, as nobody here has seen the host itself: what it says to a token that ended (taken: the
protocol's own refusal, or silence); whether it insists on a User-Agent, as the broker's client
sends one of its library; whether several connections of one customer are told the same, and how
many are allowed; how many instruments may be watched; what indices are called there, so they are
asked for.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tradegram.brokers.adapter import Steps, known
from tradegram.brokers.digits import money
from tradegram.brokers.heard import Dial, Frame, Heard
from tradegram.brokers.icicidirect.dialect import Dialect
from tradegram.model import Instrument, Kind, Quote, Session

PATH = "/socket.io/?EIO=4&transport=websocket"
GRANTED_WITHIN = 10.0  # seconds
# Of the connection.
OPEN, CLOSE, PING, PONG, NOTHING = "0", "1", "2", "3", "6"
# Of Socket.IO, within a message.
JOIN, LEFT, EVENT, REFUSED = "40", "41", "42", "44"
ORDER, PRICE = "order", "stock"
# What the price stream calls an exchange; behind it a figure for prices without their depth.
EXCHANGES = {"NSE": "4.1!", "NFO": "4.1!", "BSE": "1.1!", "BFO": "8.1!"}
# Places in a row of prices, which has no names; when it was traded and the close are its last two.
OPEN_PRICE, LAST, HIGH, LOW, BID, BID_SIZE, ASK, ASK_SIZE = 1, 2, 3, 4, 6, 7, 8, 9
OF_SHARE, OF_DERIVATIVE = 21, 23  # how long it is


class Updates(Dialect):
    # By what the stream calls it: our key, and how long a row of it is.
    _watched: Mapping[str, tuple[str, int]] = {}

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
        told = _event(frame)
        match told:
            case [name, list(row), *_] if name == PRICE:
                try:
                    return self._price_told(row)
                except (LookupError, TypeError, ValueError, ArithmeticError):
                    return Heard(strange=True)
            case [str(name), *_]:
                return Heard(rings=name == ORDER)
        return Heard(strange=True)

    def price_dial(self, session: Session, at: float) -> Steps[Dial]:
        return known(Dial("prices", PATH, granted_within=GRANTED_WITHIN))

    def watch(self, instruments: Sequence[Instrument]) -> Sequence[str]:
        asked: dict[str, tuple[str, int]] = {}
        for one in instruments:
            listing = self.listed(one)
            if listing.token.isdecimal() and one.kind is not Kind.INDEX:
                length = OF_DERIVATIVE if one.kind.is_derivative else OF_SHARE
                asked[f"{EXCHANGES[listing.segment]}{listing.token}"] = one.key, length
        self._watched = {**self._watched, **asked}
        return [EVENT + json.dumps(["join", list(asked)])] if asked else []

    def _price_told(self, row: Sequence[Any]) -> Heard:
        """Raises what a row of another form raises, and ValueError for a price of nothing."""
        known_as = self._watched.get(str(row[0]))
        if known_as is None:
            return Heard()
        key, length = known_as
        if len(row) != length or money(row[LAST]) <= 0:
            raise ValueError("no price of this")
        made = Quote(
            instrument=key,
            last=money(row[LAST]),
            bid=money(row[BID]),
            ask=money(row[ASK]),
            bid_size=money(row[BID_SIZE]),
            ask_size=money(row[ASK_SIZE]),
            open=money(row[OPEN_PRICE]),
            high=money(row[HIGH]),
            low=money(row[LOW]),
            previous_close=money(row[-1]),
            at=float(row[-2]),
            source=self.profile.name,
        )
        return Heard(quotes=[made])

    def keep(self) -> Steps[None]:
        """It lasts as long as its connection."""
        return known(None)


def _event(frame: str) -> Any:
    """Its name and what comes with it; None: it is none. Of an order that is all that is taken."""
    if not frame.startswith(EVENT):
        return None
    try:
        return json.loads(frame.removeprefix(EVENT), parse_float=Decimal)
    except ValueError:
        return None


def _who(session: Session) -> str:
    """The session token holds both: the customer, and the day's key."""
    user, _, key = b64decode(session.secrets["session_token"]).decode().partition(":")
    return JOIN + json.dumps({"user": user, "token": key})
