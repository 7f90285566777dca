"""Whose token is this? One question to the Bot API server, for people who set the desk up."""

from __future__ import annotations

from contextlib import closing

from tradegram.chat.telegram.wire import NotAccepted, Wire
from tradegram.errors import MessengerError, Unreachable


def bot_of(token: str, base_url: str) -> str | None:
    """
    The bot's username, such as `my_desk_bot`; None when the server does not accept the token.

    Raises Unreachable when it cannot be asked. No error repeats the token.
    """
    with closing(Wire(token, base_url, keep_alive=False)) as wire:
        try:
            return wire.username()
        except NotAccepted:
            return None
        except MessengerError as error:
            raise Unreachable(str(error)) from None
