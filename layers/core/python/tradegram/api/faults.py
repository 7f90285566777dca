"""What an error is called in the API: one code, one HTTP status, one sentence, one next step."""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import StrEnum

from tradegram.codes import NEXT_STEP, Code, code_of
from tradegram.errors import (
    BrokerError,
    Denied,
    NotFound,
    StoreError,
    StoreFull,
    Throttled,
    UserError,
)


class ApiCode(StrEnum):
    """Why a request was not served, before any broker or limit was asked."""

    INVALID_REQUEST = "INVALID_REQUEST"
    NOT_SIGNED_IN = "NOT_SIGNED_IN"
    NOT_ALLOWED = "NOT_ALLOWED"
    NEEDS_PROOF = "NEEDS_PROOF"
    NOT_FOUND = "NOT_FOUND"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    UNDER_WAY = "UNDER_WAY"
    NOT_OPEN = "NOT_OPEN"
    KEY_REUSED = "KEY_REUSED"
    TOO_LARGE = "TOO_LARGE"
    NOT_JSON = "NOT_JSON"
    TOO_MANY_REQUESTS = "TOO_MANY_REQUESTS"
    NOT_SUPPORTED = "NOT_SUPPORTED"
    CANNOT = "CANNOT"
    DESK_UNAVAILABLE = "DESK_UNAVAILABLE"
    DESK_FAULT = "DESK_FAULT"


AnyCode = Code | ApiCode

STATUS: dict[AnyCode, int] = {
    ApiCode.INVALID_REQUEST: 400,
    ApiCode.NOT_SIGNED_IN: 401,
    ApiCode.NOT_ALLOWED: 403,
    ApiCode.NEEDS_PROOF: 403,
    ApiCode.NOT_FOUND: 404,
    ApiCode.METHOD_NOT_ALLOWED: 405,
    ApiCode.UNDER_WAY: 409,
    ApiCode.NOT_OPEN: 409,
    ApiCode.KEY_REUSED: 422,
    ApiCode.TOO_LARGE: 413,
    ApiCode.NOT_JSON: 415,
    ApiCode.TOO_MANY_REQUESTS: 429,
    ApiCode.NOT_SUPPORTED: 501,
    ApiCode.CANNOT: 422,
    ApiCode.DESK_UNAVAILABLE: 503,
    ApiCode.DESK_FAULT: 500,
    # Not 401: the API key was good, and it is the account that must log in at its broker.
    Code.BROKER_SESSION_EXPIRED: 409,
    Code.INVALID_CREDENTIALS: 409,
    Code.IP_NOT_REGISTERED: 409,
    Code.MARKET_CLOSED: 409,
    Code.ORDER_REJECTED: 422,
    Code.INSUFFICIENT_FUNDS: 422,
    Code.INVALID_SYMBOL: 422,
    Code.INVALID_ORDER: 422,
    Code.RISK_DENIED: 422,
    Code.RATE_LIMITED: 429,
    Code.BROKER_ERROR: 502,
    Code.OUTCOME_UNKNOWN: 502,
    Code.BROKER_UNAVAILABLE: 503,
    Code.BROKER_TIMEOUT: 504,
}

HINTS: dict[ApiCode, str] = {
    ApiCode.INVALID_REQUEST: "Compare the request with /api/openapi.json.",
    ApiCode.NOT_SIGNED_IN: "Send a key that is good: Authorization: Bearer tg_...",
    ApiCode.NOT_ALLOWED: "Make a key with this right: tradegram key new, or /apikey in chat.",
    ApiCode.NEEDS_PROOF: "Send the same again with it.",
    ApiCode.NOT_FOUND: "/api/docs lists the addresses; lists give the ids.",
    ApiCode.METHOD_NOT_ALLOWED: "The header Allow names what this address takes.",
    ApiCode.UNDER_WAY: "Wait a second and repeat it with the same Idempotency-Key.",
    ApiCode.NOT_OPEN: "Look at the ticket again, or open a new one.",
    ApiCode.KEY_REUSED: "A new request wants a new Idempotency-Key.",
    ApiCode.TOO_LARGE: "Send less at a time; a request may have 64 kB.",
    ApiCode.NOT_JSON: "Send JSON, with Content-Type: application/json.",
    ApiCode.TOO_MANY_REQUESTS: "Wait as many seconds as the header Retry-After says.",
    ApiCode.NOT_SUPPORTED: "Ask another account's broker; this one does not give it.",
    ApiCode.CANNOT: "Change what is objected to, and send it anew.",
    ApiCode.DESK_UNAVAILABLE: "Repeat it with the same Idempotency-Key; nothing is done twice.",
    ApiCode.DESK_FAULT: "Look at the orders before you repeat it; the log has the details.",
}
NEXT = {
    **{code.value: words for code, words in NEXT_STEP.items()},
    **{code.value: words for code, words in HINTS.items()},
}


class Fault(Exception):
    """A request that is not served. Texts are for people; neither holds anything secret."""

    def __init__(
        self,
        code: AnyCode,
        message: str,
        hint: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.headers = headers or {}

    @property
    def status(self) -> int:
        return STATUS[self.code]

    @property
    def next_step(self) -> str:
        return self.hint or NEXT[self.code]


UNSURE = "The desk's record did not answer, so nobody can say whether this was done."
FULL = "The desk's disk is full or refuses writes, so nothing was done."
OURS = "The desk failed at that; the fault is its own."


def fault_of(error: Exception, otherwise: AnyCode = ApiCode.CANNOT) -> Fault:
    """otherwise: what a refusal by this desk is called that says nothing more of itself."""
    if isinstance(error, Fault):
        return error
    if isinstance(error, Denied):
        return Fault(Code.RISK_DENIED, str(error))
    if isinstance(error, UserError):
        cause = error.__cause__
        return Fault(code_of(cause) if isinstance(cause, BrokerError) else otherwise, str(error))
    if isinstance(error, Throttled):
        headers = {"Retry-After": str(max(math.ceil(error.retry_after), 1))}
        return Fault(code_of(error), str(error), headers=headers)
    if isinstance(error, BrokerError):
        return Fault(code_of(error), str(error))
    if isinstance(error, NotFound):
        return Fault(ApiCode.NOT_FOUND, "There is nothing of that name here.")
    if isinstance(error, StoreFull):
        return Fault(ApiCode.DESK_UNAVAILABLE, FULL)
    if isinstance(error, StoreError):
        return Fault(ApiCode.DESK_UNAVAILABLE, UNSURE)
    return Fault(ApiCode.DESK_FAULT, OURS)
