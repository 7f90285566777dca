"""/dashboard: a link to the page that shows the desk, good once."""

from __future__ import annotations

from collections.abc import Sequence

from tradegram.chat.commands.command import Holder, command
from tradegram.chat.reply import Button, Reply
from tradegram.chat.writing import safe
from tradegram.errors import UserError
from tradegram.ports import Desk


@command(
    "/dashboard",
    usage="/dashboard",
    about="A page with everything on it: accounts, orders, positions, results.",
    example="/dashboard",
)
def dashboard(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    if words:
        raise UserError("Say /dashboard alone; it answers with a link.")
    if desk.sessions is None:
        raise UserError("This desk has no page.")
    offer = desk.sessions.dashboard(who.user_id)
    # The address ends in what lets in; it is not for passing on.
    text = f"{safe(offer.words)}\n<code>{safe(offer.url)}</code>"
    return [Reply(text, ((Button("Open", url=offer.url), Button("Copy", copy=offer.url)),))]
