"""The API for the local server: one ASGI application over the same routes as on Lambda."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Protocol

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tradegram.api.call import Answer, Asking
from tradegram.api.json_in import LARGEST_BODY


class Answering(Protocol):
    def answer(self, asking: Asking) -> Answer:
        """Never raises."""
        ...


@dataclass(frozen=True, slots=True)
class ApiApp:
    """Each request runs on a thread of its own: it may wait for the disk or for a broker."""

    api: Answering

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        answer = await run_in_threadpool(self.api.answer, await asking_of(request))
        await shown(answer)(scope, receive, send)


async def asking_of(request: Request) -> Asking:
    host = request.client.host if request.client else ""
    secure = request.url.scheme == "https"
    return Asking(
        method=request.method,
        path=request.scope["path"],
        query=request.scope["query_string"].decode("latin-1"),
        headers={name.casefold(): value for name, value in request.headers.items()},
        body=await body_of(request, LARGEST_BODY),
        sent_by=host,
        private=secure or is_loopback(host),
        secure=secure,
    )


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


async def body_of(request: Request, most: int) -> bytes:
    """At most one byte more, which shows that it is too long: a chunk announces no length."""
    read = bytearray()
    async for chunk in request.stream():
        read += chunk[: most + 1 - len(read)]
        if len(read) > most:
            break
    return bytes(read)


def shown(answer: Answer) -> Response:
    return Response(answer.content, answer.status, dict(answer.headers), answer.media_type)
