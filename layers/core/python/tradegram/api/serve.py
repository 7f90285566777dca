"""From a request to its answer: who asks, may he, is it well formed, was it done before."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl

from pydantic import ValidationError

from tradegram.api.call import (
    Answer,
    Asking,
    Call,
    Caller,
    Claim,
    Linker,
    Nothing,
    Scope,
    Shape,
    Way,
)
from tradegram.api.faults import ApiCode, Fault, fault_of
from tradegram.api.json_in import LARGEST_BODY, read_json
from tradegram.api.keys import LastUse, by_key
from tradegram.api.once import Flights, once
from tradegram.api.rates import Left, Rates, Strangers
from tradegram.api.route import Route
from tradegram.api.shapes import ErrorShape, FailedShape
from tradegram.api.table import ROUTES
from tradegram.chat.people import may_trade
from tradegram.errors import TradegramError
from tradegram.ports import Desk

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Api:
    """
    Safe to share between threads.

    ways: how a caller may show who it is, tried in order. linker: what seals credentials, if any.
    """

    desk: Desk
    routes: Sequence[Route] = ROUTES
    ways: Sequence[Way] = (by_key,)
    linker: Linker | None = None
    _used: LastUse = field(default_factory=LastUse)
    _flights: Flights = field(default_factory=Flights)
    _rates: Rates = field(init=False)
    _strangers: Strangers = field(init=False)

    def __post_init__(self) -> None:
        self._rates = Rates(self.desk.store, self.desk.clock)
        self._strangers = Strangers(self.desk.clock)

    def answer(self, asking: Asking) -> Answer:
        """Never raises."""
        try:
            found = self._answer(asking)
        except Exception as error:
            found = failed(logged(error, asking))
        return replace(found, headers={**HEADERS, **found.headers})

    def _answer(self, asking: Asking) -> Answer:
        route, place = found_route(self.routes, asking)
        check_size(asking)  # before anybody looks in it for who sent it
        if route.scope is None:
            return route.run(Call(self.desk, NOBODY, place))
        caller, left = self._admitted(asking, route.scope)
        answer = self._done(asking, route, caller, place)
        rates = {"X-RateLimit-Limit": str(caller.per_minute),
                 "X-RateLimit-Remaining": str(left.left)} if left else {}  # fmt: skip
        return replace(answer, headers={**rates, **answer.headers})

    def _done(
        self, asking: Asking, route: Route, caller: Caller, place: Mapping[str, str]
    ) -> Answer:
        query = validated(route.query, _parameters(asking.query), "query")
        parameters, body = read_body(asking, route)
        call = Call(
            self.desk, caller, place, query, body, linker=self.linker, private=asking.private
        )
        if not route.writes:
            return route.run(call)

        def run(claim: Claim) -> Answer:
            return route.run(replace(call, claim=claim))

        return once(self.desk, self._flights, caller, asking, parameters, run)

    def _admitted(self, asking: Asking, scope: Scope) -> tuple[Caller, Left | None]:
        """Raises Fault."""
        caller = next((one for way in self.ways if (one := way(self.desk, asking))), None)
        if caller is None:
            raise self._stranger(asking)
        left = self._rates.take(caller.called, caller.per_minute) if caller.per_minute else None
        if left is not None and left.left < 0:
            raise too_many(f"{caller.name} has made {caller.per_minute} requests in this minute.",
                           left.wait)  # fmt: skip
        if scope not in caller.scopes:
            raise Fault(ApiCode.NOT_ALLOWED, f"{caller.name} lacks the right “{scope}”.")
        if scope is not Scope.READ and not may_trade(self.desk, caller.user_id):
            raise Fault(ApiCode.NOT_ALLOWED, "The holder of this key is a viewer and trades not.")
        self._used.note(self.desk, caller.key_id)
        return caller, left

    def _stranger(self, asking: Asking) -> Fault:
        if self._strangers.are_too_many(asking.sent_by):
            return too_many("Too many requests without a good key came from there.", 60.0)
        return Fault(
            ApiCode.NOT_SIGNED_IN, "This wants an API key that is good, and none was shown.",
            headers={"WWW-Authenticate": "Bearer"},
        )  # fmt: skip


NOBODY = Caller(0, "nobody", frozenset())


def too_many(message: str, wait: float) -> Fault:
    headers = {"Retry-After": str(math.ceil(wait))}
    return Fault(ApiCode.TOO_MANY_REQUESTS, message, headers=headers)


def failed(fault: Fault) -> Answer:
    error = ErrorShape(code=fault.code, message=fault.message, hint=fault.next_step)
    return Answer(fault.status, FailedShape(error=error), fault.headers)


def logged(error: Exception, asking: Asking) -> Fault:
    """The log gets the method and the path; neither bodies nor headers, which hold secrets."""
    fault = fault_of(error)
    if fault.code is ApiCode.DESK_FAULT:
        logger.error("api_failed %s %s", asking.method, asking.path, exc_info=error)
    elif isinstance(error, TradegramError) and fault.status >= 500:
        logger.warning("api %s %s: %s", asking.method, asking.path, error)
    return fault


def found_route(routes: Sequence[Route], asking: Asking) -> tuple[Route, Mapping[str, str]]:
    """Raises Fault. What is written out goes before what is a {part}."""
    allowed: set[str] = set()
    for route in routes:
        if (match := route.pattern.fullmatch(asking.path)) is not None:
            if route.method == asking.method:
                return route, match.groupdict()
            allowed.add(route.method)
    if not allowed:
        raise Fault(ApiCode.NOT_FOUND, "There is nothing at this address.")
    raise Fault(ApiCode.METHOD_NOT_ALLOWED, f"This address does not take {asking.method[:16]}.",
                headers={"Allow": ", ".join(sorted(allowed))})  # fmt: skip


# -- reading -------------------------------------------------------------------------------------


def check_size(asking: Asking) -> None:
    """Raises Fault."""
    if len(asking.body) > LARGEST_BODY:
        raise Fault(ApiCode.TOO_LARGE, "The request is larger than 64 kB and was not read.")


def read_body(asking: Asking, route: Route) -> tuple[Any, Shape]:
    """The parameters as JSON has them, and checked. Raises Fault."""
    if route.body is None:
        if asking.body.strip():
            raise Fault(ApiCode.INVALID_REQUEST, "This address takes no body.")
        return None, Nothing()
    if not asking.body.strip() and route.optional_body:
        return {}, validated(route.body, {}, "body")
    kind = asking.headers.get("content-type", "").partition(";")[0].strip().casefold()
    if kind != "application/json":
        raise Fault(ApiCode.NOT_JSON, "The body must be application/json.")
    parameters = read_json(asking.body)
    return parameters, validated(route.body, parameters, "body")


def _parameters(query: str) -> Mapping[str, str]:
    """Raises Fault."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=50, errors="strict")
    except ValueError:
        raise Fault(ApiCode.INVALID_REQUEST, "The query cannot be read.") from None
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Fault(ApiCode.INVALID_REQUEST, "A parameter of the query is there twice.")
    return found


def validated(shape: type[Shape], given: Any, where: str) -> Shape:
    """Raises Fault, which names the field and never repeats what was in it."""
    try:
        return shape.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or where
        place = re.sub(r"[^\w.\-]", "?", place)[:60]
        message = f"{place} ({where}): {first['msg'].removeprefix('Value error, ')}."
        raise Fault(ApiCode.INVALID_REQUEST, message) from None
