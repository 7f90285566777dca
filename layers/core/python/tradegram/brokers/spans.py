"""Candles: which lengths a broker has, and long times in the pieces that it answers for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tradegram.errors import UserError

MOST = 40  # requests for one question


def check_length(title: str, minutes: int, known: Iterable[int]) -> None:
    """Raises UserError, which names those of the broker."""
    lengths = list(known)
    if minutes not in lengths:
        have = ", ".join(map(str, lengths))
        raise UserError(f"{title} has no candles of {minutes} minutes. There are: {have}.")


def spans(
    since: float, until: float, most: float, grain: float = 1.0
) -> Iterator[tuple[float, float]]:
    """
    Oldest first, without overlap where both ends of a request count; seconds.

    most: that one request may span. grain: in which the broker counts time. Raises UserError when
    it takes more than 40 requests: a part of what was asked for would pass for the whole.
    """
    if until - since >= MOST * most:
        days = int(MOST * most / 86_400)
        raise UserError(f"That is too long at once: ask for at most {days} days of such candles.")
    for _ in range(MOST):
        if since > until:
            return
        yield since, min(since + most - grain, until)
        since += most
