"""The menu of commands beside the text field: everybody sees /start, users see what they may do."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from tradegram.chat import people
from tradegram.chat.commands.table import COMMANDS
from tradegram.chat.telegram.wire import Wire
from tradegram.errors import MessengerError
from tradegram.ports import Desk

MOST = 100
NAME_LIMIT, ABOUT_LIMIT = 32, 256
STRANGERS = [("start", "what this is")]

logger = logging.getLogger(__name__)


def show_to_all(desk: Desk, wire: Wire) -> None:
    """At the start. Nothing here raises: a menu is a comfort."""
    _try(wire, STRANGERS, {"type": "default"})
    for user in people.users(desk):
        show_to(wire, user.user_id)


def show_to(wire: Wire, user_id: int) -> None:
    _try(wire, _listed(), {"type": "chat", "chat_id": user_id})


def _listed() -> Sequence[tuple[str, str]]:
    rows = [(each.name.lstrip("/"), each.about) for each in COMMANDS.values()]
    return [(name[:NAME_LIMIT], about[:ABOUT_LIMIT]) for name, about in rows][:MOST]


def _try(wire: Wire, rows: Sequence[tuple[str, str]], scope: Mapping[str, str | int]) -> None:
    commands = [{"command": name, "description": about} for name, about in rows]
    try:
        wire.ask("setMyCommands", {"commands": commands, "scope": scope})
    except MessengerError as error:
        logger.warning("menu not set: %s", type(error).__name__)
