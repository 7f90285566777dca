"""The page for eyes on this machine's port, and the events that tell it to look again."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route

from tradegram.api.asgi import ApiApp, asking_of, shown
from tradegram.api.faults import ApiCode, Fault
from tradegram.api.serve import HEADERS, failed, too_many
from tradegram.dashboard.site import DASHBOARD, Site
from tradegram.dashboard.visits import SIGN_IN, cookie_of, visit_of
from tradegram.local.console_streams import Latest, Streams
from tradegram.ports import Desk

PULSE = 0.5  # seconds between looks
PULSES = 7200  # then the page connects anew
HEARTBEAT = 30  # pulses between signs of life; who is signed in is looked at then too


def dashboard_routes(site: Site, streams: Streams) -> Sequence[BaseRoute]:
    """streams: those of the console, so that one limit holds and all end with the server."""
    page, events = ApiApp(site), Events(site, streams)
    return (
        Route(DASHBOARD, page),
        Route(f"{DASHBOARD}/events", events.answer),
        Mount(DASHBOARD, page),
    )


@dataclass(slots=True)
class Events:
    """What changed, and no more: the page asks the API for what it shows."""

    site: Site
    streams: Streams
    _heads: Latest = field(init=False)

    def __post_init__(self) -> None:
        self._heads = Latest(lambda: heads(self.site.api.desk))

    async def answer(self, request: Request) -> Response:
        secret = cookie_of((await asking_of(request)).headers)
        if not await run_in_threadpool(self._is_good, secret):
            fault = Fault(ApiCode.NOT_SIGNED_IN, "You are not signed in here.", SIGN_IN)
            return shown(failed(fault))
        if self.streams.full():
            return shown(failed(too_many("Too many pages of this desk are open.", 60.0)))
        return StreamingResponse(
            self._events(secret), media_type="text/event-stream", headers=HEADERS
        )

    def _is_good(self, secret: str) -> bool:
        return visit_of(self.site.api.desk, secret) is not None

    async def _events(self, secret: str) -> AsyncIterator[str]:
        stream, before = self.streams.open(), ""
        try:
            for pulse in range(PULSES):
                if stream.closed:
                    return
                if pulse % HEARTBEAT == HEARTBEAT - 1:
                    if not await run_in_threadpool(self._is_good, secret):
                        yield "event: left\ndata: {}\n\n"
                        return
                    yield ": alive\n\n"
                latest = json.dumps(await self._heads.look())
                if latest != before:
                    before = latest
                    yield f"event: change\ndata: {latest}\n\n"
                await stream.wait(PULSE)
        finally:
            self.streams.leave(stream)


def heads(desk: Desk) -> dict[str, Any]:
    """By account, how far its audit chain goes: every change of an order is a link of it."""
    found = {one.account_id: desk.store.head(one.account_id) for one in desk.brokers.accounts()}
    return {"accounts": {name: head.sequence if head else -1 for name, head in found.items()}}
