"""The order feed: nothing is told before somebody has said who they are, in the form it wants."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from tradegram.sims.floor import Entry
from tradegram.sims.kotakneo.orders import order_row
from tradegram.sims.kotakneo.state import Neo

UNQUOTED = re.compile(r"\{type:cn,Authorization:([^,\"]+),Sid:([^,\"]+),src:WEB\}")
IN = {"ak": "ok", "type": "cn", "task": "cn", "msg": "connected"}


class FeedTalk:
    """Implements sockets.Talk."""

    def __init__(self, neo: Neo) -> None:
        self._neo, self._is_in = neo, False

    def opened(self, path: str, headers: Mapping[str, str]) -> bool:
        return path == "/realtime"

    def said(self, text: str | bytes) -> Sequence[str]:
        who = self._who(str(text))
        if who is None:
            return [_refusal("session message format incorrect")]
        sid, ends = self._neo.sessions.get(who[0], ("", 0.0))
        self._is_in = bool(sid) and sid == who[1] and ends > self._neo.floor.now()
        return [json.dumps(IN) if self._is_in else _refusal("invalid session")]

    def changed(self, entry: Entry) -> Sequence[str]:
        if not self._is_in:
            return []
        position = {"type": "position", "data": {"actId": self._neo.user}}
        order = {"type": "order", "data": order_row(self._neo, entry)}
        return [json.dumps(position), json.dumps(order)]

    def _who(self, text: str) -> tuple[str, str] | None:
        """Token and session id; None where it is not said in the form of this host."""
        if not self._neo.feed_is_quoted:
            found = UNQUOTED.fullmatch(text)
            return (found[1], found[2]) if found else None
        try:
            given = json.loads(text)
        except ValueError:
            return None
        return given.get("Authorization", ""), given.get("Sid", "")


def _refusal(words: str) -> str:
    return json.dumps({"ak": "nk", "type": "failed to connect", "task": "cn", "msg": words})
