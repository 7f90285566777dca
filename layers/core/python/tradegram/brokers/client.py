"""
The only code that talks to HTTP brokers. It sends once, and says truthfully what it knows.

It never retries. A read may be repeated by its caller; a write only after `NotSent`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar

import httpx

from tradegram.brokers.contract import Adapter, Book, Call, Profile, Reply
from tradegram.errors import NotSent, OutcomeUnknown, Unreached
from tradegram.model import Fill, Funds, Holding, OrderIntent, Position, Session, Terms
from tradegram.ports import Clock

T = TypeVar("T")

ALGO_ID = "algo_id"  # among what a session holds; its word at every broker

# Raised before the first byte of the request is written. Everything else that httpx raises can
# follow a request that the broker has already accepted.
BEFORE_SENDING = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)

TIMEOUT = httpx.Timeout(connect=2.0, read=8.0, write=2.0, pool=1.0)


class Answer(Protocol):
    @property
    def status_code(self) -> int: ...
    def json(self) -> Any: ...


class Http(Protocol):
    """The part of `httpx.Client` we use; the simulator provides the same part."""

    def request(
        self,
        method: str,
        url: str,
        *,
        data: Mapping[str, str],
        headers: Mapping[str, str],
        timeout: httpx.Timeout,
    ) -> Answer: ...


def connection() -> httpx.Client:
    """One per process: kept-alive connections, no redirects, no retries, checked certificates."""
    return httpx.Client(follow_redirects=False, transport=httpx.HTTPTransport(retries=0))


class HttpBroker:
    """One account at one HTTP broker. Implements contract.Broker around an adapter."""

    def __init__(
        self, adapter: Adapter, http: Http, clock: Clock, session: Session, base_url: str = ""
    ) -> None:
        self._adapter = adapter
        self._http = http
        self._clock = clock
        self._session = session
        self._base_url = base_url or adapter.profile.base_url

    @property
    def profile(self) -> Profile:
        return self._adapter.profile

    def place(self, intent: OrderIntent, *, not_after: float) -> str:
        return self._run(self._named(self._adapter.place(intent)), not_after=not_after)

    def replace(self, intent: OrderIntent, broker_order_id: str, wanted: Terms) -> None:
        self._run(self._named(self._adapter.replace(intent, broker_order_id, wanted)))

    def cancel(self, intent: OrderIntent, broker_order_id: str) -> None:
        self._run(self._named(self._adapter.cancel(intent, broker_order_id)))

    def order_book(self) -> Book:
        return self._run(self._adapter.order_book())

    def trades(self) -> Sequence[Fill]:
        raise NotSent(self.profile.name, "trades are not read from this broker yet")

    def positions(self) -> Sequence[Position]:
        raise NotSent(self.profile.name, "positions are not read from this broker yet")

    def holdings(self) -> Sequence[Holding]:
        raise NotSent(self.profile.name, "holdings are not read from this broker yet")

    def funds(self) -> Sequence[Funds]:
        raise NotSent(self.profile.name, "funds are not read from this broker yet")

    def margin_for(self, intent: OrderIntent) -> Funds:
        raise NotSent(self.profile.name, "margin is not read from this broker yet")

    def _named(self, call: Call[T]) -> Call[T]:
        """With the algo id of the account, where the broker wants it and the holder has one."""
        tag, secrets = self.profile.algo, self._session.secrets
        if tag is None or ALGO_ID not in secrets:
            return call
        request, named = call.request, secrets[ALGO_ID][: tag.length]
        if tag.header:
            request = replace(request, headers={**request.headers, tag.header: named})
        else:
            request = replace(request, form={**request.form, tag.field: named})
        return replace(call, request=request)

    def _run(self, call: Call[T], *, not_after: float | None = None) -> T:
        name = self.profile.name
        request = self._adapter.sign(call.request, self._session)
        if not_after is not None and self._clock.monotonic() >= not_after:
            raise NotSent(name, "lease ended before the request left")
        try:
            answer = self._http.request(
                request.method,
                self._base_url + request.path,
                data=request.form,
                headers=request.headers,
                timeout=TIMEOUT,
            )
        except BEFORE_SENDING as error:
            raise Unreached(name, type(error).__name__) from error
        except httpx.RequestError as error:  # also of an answer that cannot be unpacked
            raise OutcomeUnknown(name, type(error).__name__) from error
        return self._read(call, name, answer)

    def _read(self, call: Call[T], name: str, answer: Answer) -> T:
        try:
            reply = Reply(answer.status_code, answer.json())
            if 200 <= reply.status < 300:
                return call.read(self._adapter.unwrap(reply))
            refusal = self._adapter.refusal(reply)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            # The broker did answer, but not in a form we know; the order may well be live.
            raise OutcomeUnknown(name, f"unreadable {answer.status_code} reply") from error
        if refusal is not None:
            raise refusal
        raise OutcomeUnknown(name, f"status {reply.status} proves nothing")
