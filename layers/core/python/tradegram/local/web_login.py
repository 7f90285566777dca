"""
What others than the console's people reach on the same port: login pages, and brokers' postbacks.

A secret in the address lets them in.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from tradegram.api.asgi import body_of
from tradegram.model import Account
from tradegram.sessions.pages import COOKIE, LONGEST, Asked, Pages
from tradegram.sessions.postback import Postbacks


def login_routes(pages: Pages) -> Mount:
    """Below /login."""

    async def answer(request: Request) -> Response:
        content = await body_of(request, LONGEST)
        if len(content) > LONGEST:
            return Response("That form is larger than 64 kB and was not read.", 413)
        asked = Asked(
            request.method,
            request.path_params["path"],
            dict(request.query_params),
            dict(parse_qsl(content.decode(errors="replace"), max_num_fields=50)),
            request.cookies.get(COOKIE, ""),
            secure=request.url.scheme == "https",
        )
        page = await run_in_threadpool(pages.answer, asked)  # it may ask a broker
        return Response(page.html, page.status, dict(page.headers))

    return Mount("/login", routes=[Route("/{path:path}", answer, methods=["GET", "POST"])])


def postback_route(postbacks: Postbacks, look: Callable[[Account], None]) -> Route:
    """look: has the account's book read. The answer is the same whatever was posted."""

    async def answer(request: Request) -> Response:
        content = await body_of(request, LONGEST)
        if len(content) > LONGEST:
            return Response("", 413)
        broker, secret = request.path_params["broker"], request.path_params["secret"]
        for account in await run_in_threadpool(postbacks.accounts, broker, secret, content):
            look(account)
        return Response("", 200)

    return Route("/postback/{broker}/{secret}", answer, methods=["POST"])
