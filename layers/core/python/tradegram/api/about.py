"""What anybody may read: the OpenAPI document, and a page to look through it and try it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from tradegram.api.call import Answer, Call
from tradegram.api.document import document
from tradegram.api.faults import ApiCode, Fault
from tradegram.api.route import Example, Route

FILES = Path(__file__).parent / "page"
KINDS = {
    "index.html": "text/html; charset=utf-8",
    "docs.css": "text/css; charset=utf-8",
    "docs.js": "text/javascript; charset=utf-8",
}
MAY_BE_KEPT = {"Cache-Control": "no-cache"}


def rows(routes: Callable[[], Sequence[Route]]) -> tuple[Route, ...]:
    """routes: all there are, these too; asked when the document is."""

    def described(call: Call) -> Answer:
        return Answer(200, json.dumps(document(routes())), MAY_BE_KEPT)

    return (
        Route(
            "GET", "/api/openapi.json", "getDocument", "This document.", described, {},
            Example(200), scope=None, hidden=True,
        ),
        Route(
            "GET", "/api/docs", "getPage", "The page.", lambda call: _file("index.html"), {},
            Example(200), scope=None, hidden=True,
        ),
        Route(
            "GET", "/api/docs/{file}", "getPageFile", "A part of the page.",
            lambda call: _file(call.place["file"]), {}, Example(200, {"file": "docs.css"}),
            scope=None, hidden=True,
        ),
    )  # fmt: skip


def _file(name: str) -> Answer:
    """Raises Fault."""
    if name not in KINDS:
        raise Fault(ApiCode.NOT_FOUND, "There is no such page here.")
    return Answer(200, (FILES / name).read_bytes(), MAY_BE_KEPT, media_type=KINDS[name])
