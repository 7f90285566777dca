"""
Keep secrets out of the logs, whoever writes them there.

The HTTP client logs every address it calls, and Telegram's addresses hold the bot token; errors
quote it too. So the text is cleaned last, where the line is made: in the formatter.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from urllib.parse import quote

BOT_TOKEN = r"\d{6,}(?::|%3A)[A-Za-z0-9_-]{30,}"  # noqa: S105 - its shape, not one
API_KEY = r"tg_[A-Z2-7]{16}_[A-Z2-7]{64}"
SHORTEST = 6  # a shorter secret would blacken half of every line
HIDDEN = "***"


class Redacting(logging.Formatter):
    """Formats like `inner`, then hides bot tokens, API keys and the given secrets in the line."""

    def __init__(self, inner: logging.Formatter, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self.inner = inner
        known = {each for each in secrets if len(each) >= SHORTEST}
        spelled = sorted(known | {quote(each, safe="") for each in known}, key=len, reverse=True)
        shapes = [*map(re.escape, spelled), BOT_TOKEN, API_KEY]
        self._pattern = re.compile("|".join(shapes), re.IGNORECASE)

    def format(self, record: logging.LogRecord) -> str:
        return self.redacted(self.inner.format(record))

    def redacted(self, text: str) -> str:
        return self._pattern.sub(HIDDEN, text)


def install(handlers: Iterable[logging.Handler], secrets: Iterable[str] = ()) -> None:
    """
    Wrap the formatter of each handler. Harmless to repeat: then the newer secrets count.

    Set a handler's own formatter before this, not after.
    """
    known = tuple(secrets)
    for handler in handlers:
        inner = handler.formatter or logging.Formatter(logging.BASIC_FORMAT)
        if isinstance(inner, Redacting):
            inner = inner.inner
        handler.setFormatter(Redacting(inner, known))
