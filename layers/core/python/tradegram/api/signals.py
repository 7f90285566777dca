"""Endpoints for signals: ours, TradingView's, ChartInk's and Amibroker's, by key or signature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from tradegram.api.call import Answer, Asking, Call, Caller, Scope, Shape, Way
from tradegram.api.faults import ApiCode, Fault
from tradegram.api.json_in import read_json
from tradegram.api.keys import by_key
from tradegram.api.route import Example, Route
from tradegram.api.shapes import Done
from tradegram.chat.people import may_use
from tradegram.errors import UserError
from tradegram.ports import Desk
from tradegram.signals.follow import Followed, Outcome, follow
from tradegram.signals.signal import KEY, NAME, Signal, read
from tradegram.signals.signing import Signing

SIGNALS = "/api/signals"
SIGNED_A_MINUTE = 1_200


class AnySignal(Shape):
    """
    strategy, symbol, side, quantity, price, stop, target, confidence, id; or the fields that
    TradingView (`ticker`, `action`, `contracts`), ChartInk (`stocks`, `scan_name`) or Amibroker
    (`scrip`, `transtype`, `qty`) send. `key`: an API key, where no header can be set.
    """

    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, extra="allow", frozen=True
    )


class SignalShape(Shape):
    """outcome: SENT, ASKED (in the chat) or DENIED; again: it had come before."""

    id: str
    symbol: str
    outcome: Outcome
    message: str
    again: bool
    ticket_id: str | None = None
    order_ids: Sequence[str] = Field(default_factory=tuple)


class SignalsAnswer(Done):
    strategy: str
    signals: Sequence[SignalShape]


def post(call: Call) -> Answer:
    """200 with what became of each. Raises Fault, StoreError."""
    try:
        found = read(call.body.model_dump(), call.place.get("strategy", ""))
    except UserError as error:
        raise Fault(ApiCode.INVALID_REQUEST, str(error)) from error
    caller = call.caller
    done = [
        (one, follow(call.desk, one, caller.user_id, caller.by, caller.accounts)) for one in found
    ]
    shown = [_shape(one, what) for one, what in done]
    return Answer(200, SignalsAnswer(strategy=found[0].strategy, signals=shown))


def _shape(one: Signal, what: Followed) -> SignalShape:
    return SignalShape(
        id=one.signal_id, symbol=one.symbol, outcome=what.outcome, message=what.words,
        again=what.again, ticket_id=what.ticket_id or None, order_ids=list(what.orders),
    )  # fmt: skip


# -- who sends -----------------------------------------------------------------------------------


def by_signature(signing: Signing) -> Way:
    """A strategy that signs what it posts to its own address."""

    def way(desk: Desk, asking: Asking) -> Caller | None:
        signature = asking.headers.get("x-signature", "")
        name = asking.path.removeprefix(f"{SIGNALS}/")
        if not signature or asking.method != "POST" or not NAME.fullmatch(name):
            return None
        stamp = asking.headers.get("x-timestamp", "")
        user_id = signing.holder(desk, name, stamp, signature, asking.body)
        if user_id is None or not may_use(desk, user_id):
            return None  # a secret outlives its holder's leave to use the desk
        return Caller(
            user_id, f"strategy {name}", frozenset({Scope.SIGNAL}),
            key_id=f"strategy {name}", per_minute=SIGNED_A_MINUTE,
        )  # fmt: skip

    return way


def by_posted_key(desk: Desk, asking: Asking) -> Caller | None:
    """An API key inside the message: charting sites set no headers. For signals only."""
    if asking.method != "POST" or not f"{asking.path}/".startswith(f"{SIGNALS}/"):
        return None
    try:
        posted = read_json(asking.body)
    except Fault:
        return None  # and the same is said of it once somebody is known to ask
    key = posted.get(KEY) if isinstance(posted, dict) else None
    if not isinstance(key, str):
        return None
    found = by_key(desk, replace(asking, headers={"x-api-key": key}))
    return None if found is None else replace(found, scopes=found.scopes & {Scope.SIGNAL})


ROWS = (
    Route(
        "POST", SIGNALS, "postSignal", "Post a signal of one of your strategies.", post,
        {200: SignalsAnswer}, scope=Scope.SIGNAL, body=AnySignal, tag="signals",
        details="The same signal (same id, or same content) is followed once. What becomes of it "
        "is what /strategy says in chat: nothing, paper, a question, or an order within limits.",
        example=Example(200, body={
            "strategy": "breakout", "symbol": "NSE:RELIANCE", "side": "BUY", "quantity": 1,
            "confidence": 0.8, "id": "breakout-1",
        }),
    ),
    Route(
        "POST", f"{SIGNALS}/{{strategy}}", "postSignalOf", "Post a signal of this strategy.", post,
        {200: SignalsAnswer}, scope=Scope.SIGNAL, body=AnySignal, tag="signals",
        details="As above; here it may also be signed instead of bearing a key: X-Timestamp, and "
        "X-Signature: sha256=HMAC-SHA256(secret, timestamp + \".\" + body) in hex.",
        example=Example(200, {"strategy": "scanner"}, body={
            "stocks": "INFY,TCS", "trigger_prices": "1500,3900", "scan_name": "x",
        }),
    ),
)  # fmt: skip
