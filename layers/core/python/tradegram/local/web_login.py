"""The login pages beside the console, on the same port. A link's own secret lets people in."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from tradegram.sessions.pages import COOKIE, LONGEST, Asked, Pages


def login_routes(pages: Pages) -> Mount:
    """Below /login."""

    async def answer(request: Request) -> Response:
        content = bytearray()
        async for chunk in request.stream():
            content += chunk
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
