"""What Telegram checks before it shows a message: HTML, lengths, keyboards."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

TAGS = frozenset(
    {"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "code", "pre", "blockquote"}
    | {"tg-spoiler", "a", "tg-time", "tg-emoji", "span"}
)
ENTITY = re.compile(r"&(?!(?:lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+);)")


class BadRequest(Exception):
    """What the server answers instead of a result."""

    def __init__(self, description: str, code: int = 400) -> None:
        super().__init__(description)
        self.code = code


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            raise BadRequest(f'Bad Request: can\'t parse entities: Unsupported start tag "{tag}"')
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise BadRequest(f"Bad Request: can't parse entities: Unmatched end tag {tag!r}")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def plain(text: str) -> str:
    """HTML as people read it. Raises BadRequest as Telegram does, and for an unescaped &."""
    if ENTITY.search(text) or re.search(r"<(?![a-z/])", text):
        raise BadRequest("Bad Request: can't parse entities: unescaped & or <")
    reader = _Reader()
    reader.feed(text)
    reader.close()
    if reader.open:
        raise BadRequest(f"Bad Request: can't parse entities: can't find end tag {reader.open}")
    return "".join(reader.text)


def units(text: str) -> int:
    """Length in UTF-16 code units, as Telegram counts."""
    return len(text.encode("utf-16-le")) // 2


def check_text(text: str, parse_mode: str | None, most: int) -> str:
    """The text as shown."""
    if parse_mode not in (None, "HTML"):
        raise BadRequest("Bad Request: unsupported parse_mode")
    shown = plain(text) if parse_mode == "HTML" else text
    if not shown.strip():
        raise BadRequest("Bad Request: message text is empty")
    if units(shown) > most:
        raise BadRequest("Bad Request: message is too long")
    return shown


def check_keyboard(markup: Any) -> dict[str, Any]:
    """An inline keyboard that Telegram would take; {} when there is none."""
    if not markup or not markup.get("inline_keyboard"):
        return {}
    rows = markup["inline_keyboard"]
    if sum(len(row) for row in rows) > 100 or any(len(row) > 8 for row in rows):
        raise BadRequest("Bad Request: reply markup is too long")
    for row in rows:
        for button in row:
            _check_button(button)
    return {"inline_keyboard": [row for row in rows if row]}


def _check_button(button: dict[str, Any]) -> None:
    if not button.get("text"):
        raise BadRequest("Bad Request: button text is empty")
    actions = [name for name in ("callback_data", "copy_text", "url") if name in button]
    if len(actions) != 1:
        raise BadRequest("Bad Request: BUTTON_TYPE_INVALID")
    data = button.get("callback_data")
    if data is not None and not 1 <= len(data.encode()) <= 64:
        raise BadRequest("Bad Request: BUTTON_DATA_INVALID")
    copy = button.get("copy_text")
    if copy is not None and not 1 <= len(copy["text"]) <= 256:
        raise BadRequest("Bad Request: BUTTON_COPY_TEXT_INVALID")
    if button.get("style", "success") not in ("success", "danger", "primary"):
        raise BadRequest("Bad Request: BUTTON_STYLE_INVALID")
