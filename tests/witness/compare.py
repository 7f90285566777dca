"""Two requests side by side, part by part: ours and that of a broker's own client."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tradegram.sims.wire import Asked

# What any client of HTTP adds in its own way, and no broker reads.
NOISE = frozenset(
    {"host", "user-agent", "accept", "accept-encoding", "connection", "content-length",
     "content-type"}
)  # fmt: skip


def differences(
    ours: Asked, theirs: Asked, alike: Mapping[str, str] | None = None
) -> Mapping[str, tuple[str, str]]:
    """
    By part, such as `body quantity`: what we send and what they send; "" where it is absent.

    alike: what is called differently in both and means the same, such as the order's id; ours
    first.
    """
    mine, other = parts(ours), parts(theirs)
    for own, other_ in (alike or {}).items():
        mine = {part: value.replace(own, other_) for part, value in mine.items()}
    return {
        part: (mine.get(part, ""), other.get(part, ""))
        for part in sorted({*mine, *other})
        if mine.get(part) != other.get(part)
    }


def parts(asked: Asked) -> Mapping[str, str]:
    """By kind and name, in small letters where case does not count."""
    found = {"method": asked.method, "path": asked.path}
    found |= {f"query {name}": value for name, value in asked.query.items()}
    found |= {f"header {name}": value for name, value in asked.headers.items() if name not in NOISE}
    return found | dict(_body(asked))


def _body(asked: Asked) -> Iterator[tuple[str, str]]:
    if not asked.content:
        return
    try:
        yield from _flat("body", asked.json)
    except ValueError:
        for name, value in asked.form.items():
            yield f"body {name}", value


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """The leaves of a JSON text; a number and a text of the same digits are different."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{name} {key}", inner)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _flat(f"{name} {place}", inner)
    else:
        yield name, json.dumps(value)
