"""Which part of a simulated broker answers a request."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from tradegram.sims.wire import Asked, Said

Route = tuple[str, str, Callable[..., Said]]


class Rates:
    """How often something was asked for within a second of the simulated broker's clock."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._seen: dict[str, list[float]] = {}

    def exceeded(self, what: str, most: int) -> bool:
        """Counts this time too, unless it is one too many. most: in a second; 0: no limit."""
        now = self._now()
        recent = [at for at in self._seen.get(what, []) if now - at < 1.0]
        if most and len(recent) >= most:
            return True
        self._seen[what] = [*recent, now]
        return False


def routed(
    asked: Asked, routes: Sequence[Route]
) -> tuple[Callable[..., Said], tuple[str, ...]] | None:
    """
    The first route of this method whose pattern is the whole path, and the pattern's groups.

    None when there is none.
    """
    for method, pattern, answer in routes:
        if method == asked.method and (match := re.fullmatch(pattern, asked.path)):
            return answer, match.groups()
    return None
