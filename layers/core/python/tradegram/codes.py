"""
One word for why an order did not go through, the same for every broker: for people and programs.

A broker's own words stay beside the code, verbatim. Words that no table knows are BROKER_ERROR:
nothing is guessed from them.
"""

from __future__ import annotations

from enum import StrEnum

from tradegram.errors import (
    BrokerError,
    NotSent,
    OutcomeUnknown,
    SessionExpired,
    Throttled,
)


class Code(StrEnum):
    BROKER_SESSION_EXPIRED = "BROKER_SESSION_EXPIRED"
    INVALID_CREDENTIALS = "INVALID_CREDENTIALS"
    ORDER_REJECTED = "ORDER_REJECTED"
    INSUFFICIENT_FUNDS = "INSUFFICIENT_FUNDS"
    INVALID_SYMBOL = "INVALID_SYMBOL"
    INVALID_ORDER = "INVALID_ORDER"
    RATE_LIMITED = "RATE_LIMITED"
    BROKER_TIMEOUT = "BROKER_TIMEOUT"
    BROKER_UNAVAILABLE = "BROKER_UNAVAILABLE"
    IP_NOT_REGISTERED = "IP_NOT_REGISTERED"
    RISK_DENIED = "RISK_DENIED"
    MARKET_CLOSED = "MARKET_CLOSED"
    BROKER_ERROR = "BROKER_ERROR"
    OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN"


# What a person can do about it. One or two sentences; they stand below the broker's own words.
NEXT_STEP: dict[Code, str] = {
    Code.BROKER_SESSION_EXPIRED: "Log in to the broker again, then send the order anew.",
    Code.INVALID_CREDENTIALS: "Check the keys of this account, log in again, then send anew.",
    Code.ORDER_REJECTED: "It is not in the market. Change what was objected to, and send it anew.",
    Code.INSUFFICIENT_FUNDS: "Add money, free some, or ask for less; then send it anew.",
    Code.INVALID_SYMBOL: "The broker does not trade that here. Look it up with /q and send anew.",
    Code.INVALID_ORDER: "Change what is objected to (price, size, type, product), and send anew.",
    Code.RATE_LIMITED: "The broker takes no more orders for now. Wait a minute, then send anew.",
    Code.BROKER_TIMEOUT: "The broker never had it: nothing is in the market. You may send it anew.",
    Code.BROKER_UNAVAILABLE: "Nothing left this desk. /status says when the broker answers again.",
    Code.IP_NOT_REGISTERED: "Register this desk's fixed address with the broker, then send anew.",
    Code.RISK_DENIED: "It never left this desk. Mend what stopped it, then send it anew.",
    Code.MARKET_CLOSED: "Send it anew when the market is open; /status says when that is.",
    Code.BROKER_ERROR: "It is not in the market. Ask the broker what its words mean.",
    Code.OUTCOME_UNKNOWN: "Do not send it again: it may be live. I go on looking for it.",
}

_BY_KIND: tuple[tuple[type[BrokerError], Code], ...] = (
    (SessionExpired, Code.BROKER_SESSION_EXPIRED),
    (Throttled, Code.RATE_LIMITED),
    (NotSent, Code.BROKER_UNAVAILABLE),
    (OutcomeUnknown, Code.OUTCOME_UNKNOWN),
)


def code_of(error: BrokerError) -> Code:
    """The adapter's own judgement where it has one, else what the kind of error says."""
    if error.means:
        return Code(error.means)
    for kind, code in _BY_KIND:
        if isinstance(error, kind):
            return code
    return Code.BROKER_ERROR


_NAMES = frozenset(code.value for code in Code)


def next_step(code: str) -> str:
    """Empty where there is no code, or one of a later version."""
    return NEXT_STEP[Code(code)] if code in _NAMES else ""
