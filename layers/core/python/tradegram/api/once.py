"""
The same write twice is done once: by the Idempotency-Key that its sender chose.

The answer is kept for five days, written in the very transaction that does what it says (ADR 16
names what need not be). So a process may be killed at any moment: what was written has its answer,
what was not was not done. Two at once in one process: the second is told that the first is under
way. Two at once in two processes: one of them is written, and both are given its answer.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from tradegram.api.call import Answer, Asking, Caller, Claim, text_of
from tradegram.api.faults import ApiCode, Fault
from tradegram.errors import Conflict, TradegramError
from tradegram.ports import Change, Desk, Document, Event

KIND = "api answer"
KEPT = 5 * 86_400.0  # seconds
LONGEST = 255  # characters of a key
REPLAYED = ("Idempotency-Replayed", "true")


class Taken(Exception):
    """Another request with this key was done first; `found` has its answer."""

    def __init__(self, found: Document) -> None:
        super().__init__(found.key)
        self.found = found


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptClaim(Claim):
    """place: caller and key. digest: of the parameters."""

    desk: Desk
    place: str
    digest: str

    def kept(self, answer: Answer) -> tuple[Document, ...]:
        """Raises Taken."""
        if (found := self.desk.store.document(KIND, self.place)) is not None:
            raise Taken(found)
        assert not isinstance(answer.body, bytes)  # noqa: S101 - writes answer with shapes
        body = {"digest": self.digest, "status": answer.status, "text": text_of(answer.body)}
        until = self.desk.clock.now() + KEPT
        return (Document(KIND, self.place, body, expires_at=until),)


@dataclass(slots=True)
class Flights:
    """The writes that are under way in this process."""

    _places: set[str] = field(default_factory=set[str])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def alone(self, place: str) -> Iterator[None]:
        """Raises Fault when another has it."""
        with self._lock:
            if place in self._places:
                raise Fault(ApiCode.UNDER_WAY, "A request with this Idempotency-Key is under way.")
            self._places.add(place)
        try:
            yield
        finally:
            with self._lock:
                self._places.discard(place)


def once(
    desk: Desk,
    flights: Flights,
    caller: Caller,
    asking: Asking,
    parameters: Any,
    run: Callable[[Claim], Answer],
) -> Answer:
    """
    What `run` answers, or what it answered the first time.

    parameters: the body as JSON was read. Raises Fault, and what `run` raises: nothing is kept of
    that, so the same key may be tried again.
    """
    event = Event("desk", {"event": "api", "by": caller.by, "asked": f"{asking.method} "
                           f"{asking.path}"})  # fmt: skip
    key = asking.headers.get("idempotency-key")
    if key is None:
        answer = run(Claim((event,)))
        if not answer.kept:
            desk.store.commit(Change((), (event,)))
        return answer
    claim = replace(_claim(desk, caller, asking, key, parameters), events=(event,))
    with flights.alone(claim.place):
        before = desk.store.document(KIND, claim.place)
        if before is not None:
            return _again(before, claim)
        try:
            return _run(desk, claim, run)
        except Taken as taken:
            return _again(taken.found, claim)


def _run(desk: Desk, claim: KeptClaim, run: Callable[[Claim], Answer]) -> Answer:
    """Raises Taken, and what `run` raises."""
    try:
        answer = run(claim)
    except (Fault, TradegramError) as error:
        # What stands in the way may be the very thing that the other one did.
        if (found := desk.store.document(KIND, claim.place)) is not None:
            raise Taken(found) from error
        raise
    if not answer.kept:
        _keep(desk, claim, answer)
    return answer


def _keep(desk: Desk, claim: KeptClaim, answer: Answer) -> None:
    """Raises Taken."""
    try:
        desk.store.commit(claim.along(answer))
    except Conflict:
        claim.kept(answer)
        raise


def _claim(desk: Desk, caller: Caller, asking: Asking, key: str, parameters: Any) -> KeptClaim:
    if not 1 <= len(key) <= LONGEST or not key.isascii() or not key.isprintable():
        raise Fault(
            ApiCode.INVALID_REQUEST, f"An Idempotency-Key is 1 to {LONGEST} printable characters."
        )
    place = f"{caller.called}|{hashlib.sha256(key.encode()).hexdigest()[:32]}"
    whole = json.dumps(
        [asking.method, asking.path, asking.query, parameters], sort_keys=True, default=str
    )
    # Keyed with what only the caller knows: parameters may hold secrets that could be guessed.
    secret = (caller.secret or caller.called).encode()
    digest = hmac.new(secret, whole.encode(), hashlib.sha256).hexdigest()
    return KeptClaim(desk=desk, place=place, digest=digest)


def _again(found: Document, claim: KeptClaim) -> Answer:
    if not hmac.compare_digest(str(found.body["digest"]), claim.digest):
        raise Fault(
            ApiCode.KEY_REUSED, "This Idempotency-Key was used for a request that said otherwise."
        )
    headers = dict([REPLAYED])
    return Answer(int(found.body["status"]), str(found.body["text"]), headers, kept=True)
