"""The page's own files: a fixed list, each with its type."""

from __future__ import annotations

from pathlib import Path

from tradegram.api.call import Answer
from tradegram.api.faults import ApiCode, Fault

FILES = Path(__file__).parent / "page"
INDEX = "index.html"
HTML = "text/html; charset=utf-8"
SCRIPT, STYLE, TEXT = (f"text/{kind}; charset=utf-8" for kind in ("javascript", "css", "plain"))
KINDS = {".html": HTML, ".css": STYLE, ".js": SCRIPT, ".mjs": SCRIPT, ".txt": TEXT,
         ".svg": "image/svg+xml"}  # fmt: skip
MAY_BE_KEPT = {"Cache-Control": "no-cache"}


def file(name: str) -> Answer:
    """Raises Fault. name: one of the folder's own; nothing of it is used as a path."""
    path = {one.name: one for one in FILES.iterdir()}.get(name)
    if path is None:
        raise Fault(ApiCode.NOT_FOUND, "There is no such page here.")
    return Answer(200, path.read_bytes(), MAY_BE_KEPT, media_type=KINDS[path.suffix])
