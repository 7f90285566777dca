"""A reply as Telegram wants it: HTML in parts, keyboards, and plain text when all else fails."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tradegram.chat.reply import Button, Reply

TEXT_LIMIT = 4096  # UTF-16 units, of what people read
CAPTION_LIMIT = 1024
MOST_PARTS = 10
CUT = "\n… (cut)"

TAG = re.compile(
    r"</?(?:b|i|u|s|code|pre|blockquote|tg-spoiler|tg-time|a)(?:\s[^<>]*)?>", re.IGNORECASE
)
ATOM = re.compile(rf"{TAG.pattern}|&(?:[a-z]+|#\w+);|.", re.IGNORECASE | re.DOTALL)


def units(text: str) -> int:
    """Length as Telegram counts it: UTF-16 units after tags and entities are read."""
    return len(plain(text).encode("utf-16-le")) // 2


def plain(text: str) -> str:
    """The words without markup."""
    return html.unescape(TAG.sub("", text))


def keyboard(reply: Reply) -> Mapping[str, Any]:
    """Empty when the reply has no buttons: an edit with it takes the old ones away."""
    rows = [[_button(each) for each in row if _fits(each)] for row in reply.buttons]
    return {"inline_keyboard": [row for row in rows if row]}


def _fits(button: Button) -> bool:
    """Telegram takes no button to this machine; the text has the address then."""
    return not button.url or button.url.startswith("https://")


def _button(button: Button) -> Mapping[str, Any]:
    style = {"style": button.style.value} if button.style.value else {}
    return {"text": button.label, **_what_it_does(button), **style}


def _what_it_does(button: Button) -> Mapping[str, Any]:
    if button.copy:
        return {"copy_text": {"text": button.copy}}
    return {"url": button.url} if button.url else {"callback_data": button.data}


def parts(text: str, limit: int = TEXT_LIMIT) -> Sequence[str]:
    """
    The text in messages of at most `limit` units, divided between lines where that is possible.

    Tags open at a division are closed and opened again. More than ten parts are cut, visibly.
    """
    if units(text) <= limit:
        return [text]
    room = limit - units(CUT)
    done: list[str] = []
    current, size, still_open = "", 0, list[str]()
    for piece in _pieces(text, room):
        length = units(piece)
        if size and size + length > room:
            done.append(_closed(current, still_open))
            current, size = "".join(still_open), 0
            if len(done) == MOST_PARTS:
                return [*done[:-1], done[-1] + CUT]
        current, size = current + piece, size + length
        still_open = _open_after(still_open, piece)
    return [*done, _closed(current, still_open)]


def _pieces(text: str, room: int) -> Iterator[str]:
    """Lines; and of a line that is too long, its atoms: tags, entities, characters."""
    for line in text.splitlines(keepends=True):
        if units(line) <= room:
            yield line
        else:
            yield from ATOM.findall(line)


def _open_after(before: Sequence[str], piece: str) -> list[str]:
    still_open = list(before)
    for tag in TAG.findall(piece):
        if not tag.startswith("</"):
            still_open.append(tag)
        elif still_open:
            still_open.pop()
    return still_open


def _closed(text: str, still_open: Sequence[str]) -> str:
    names = [re.split(r"[\s>]", tag[1:], maxsplit=1)[0] for tag in reversed(still_open)]
    return text.rstrip("\n") + "".join(f"</{name}>" for name in names)
