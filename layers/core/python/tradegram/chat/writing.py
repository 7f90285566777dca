"""Putting other people's words into our messages safely, and messages into Telegram's limits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from tradegram.chat.reply import Button

TEXT_LIMIT = 4096  # UTF-16 units after entities are read; we count before, which is stricter
LABEL_LIMIT = 60  # letters on a button
HALF = 18  # letters on one of two buttons beside each other that a phone shows
TOAST_LIMIT = 200
DATA_LIMIT = 64  # bytes


def safe(text: object, limit: int = 200) -> str:
    """What people, brokers and masters wrote: on one line, cut, and escaped for HTML."""
    line = " ".join(str(text).split())
    cut = line if len(line) <= limit else line[: limit - 1] + "…"
    return escape(cut, quote=False)


def safe_lines(text: str, limit: int = 1000) -> str:
    """The same, keeping the line breaks."""
    return "\n".join(safe(line, limit) for line in text.strip().splitlines()[:30])


def label(text: str, limit: int = LABEL_LIMIT) -> str:
    """For a button: plain text on one line."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def in_rows(buttons: Sequence[Button]) -> list[tuple[Button, ...]]:
    """Two beside each other where a phone shows all of both labels."""
    rows: list[tuple[Button, ...]] = []
    for each in buttons:
        if rows and len(rows[-1]) == 1 and max(len(each.label), len(rows[-1][0].label)) <= HALF:
            rows[-1] = (*rows[-1], each)
        else:
            rows.append((each,))
    return rows


def toast(text: str) -> str:
    return label(text, TOAST_LIMIT)


def counted(count: int, name: str) -> str:
    """`1 order`, `2 orders`."""
    return f"{count} {name}{'' if count == 1 else 's'}"


def utf16(text: str) -> int:
    """Length as Telegram counts it."""
    return len(text.encode("utf-16-le")) // 2


def pages(blocks: Iterable[str], limit: int = TEXT_LIMIT) -> Sequence[str]:
    """
    Blocks of text joined by line breaks, in as few messages as hold them.

    A block is never divided, so that no tag is; none of ours is near the limit.
    """
    done: list[str] = []
    current = ""
    for block in blocks:
        joined = f"{current}\n{block}" if current else block
        if current and utf16(joined) > limit:
            done.append(current)
            joined = block
        current = joined
    return [*done, current] if current else done
