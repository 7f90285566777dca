"""The API beside the console, on the same port."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route

from tradegram.api.asgi import ApiApp
from tradegram.api.serve import Api


def with_api(console: Starlette, api: Api, *more: BaseRoute) -> Starlette:
    """
    The console with the API below /api. The console's guard is not the API's: that wants a key
    with every request, and so needs no cookie, no token and no header against other sites.

    more: what else lies beside the console and lets people in by itself.
    """
    app = ApiApp(api)
    ours = (Route("/api", app), Mount("/api", app))  # without a slash behind it, too
    whole = Starlette(routes=[*ours, *more, Mount("/", console)])
    whole.state.streams = console.state.streams
    return whole
