"""What a person may do with a proof: the closed list of it, and the words when it is done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tradegram.api.keys import as_wanted, make
from tradegram.chat.commands.command import Holder
from tradegram.chat.mode import LIVE, go_live, what_live_means
from tradegram.chat.people import is_owner
from tradegram.chat.writing import safe
from tradegram.errors import UserError
from tradegram.ports import Desk
from tradegram.risk.change import UNSET, set_limit
from tradegram.risk.kill import release
from tradegram.risk.limits import key_of_user, limit_named
from tradegram.signals.strategy import AUTO, go_auto

RESUME = ("resume",)
KEY_MADE = (
    "🔑 Key <b>{name}</b>, shown this once:\n<code>{key}</code>\nPut it where your program reads "
    "it, then delete this message. Whoever has it can do what it may; "
    "<code>/apikey revoke {name}</code> ends it at once."
)
RESUMED = "✅ <b>The kill switch is off.</b> Orders pass again."


def check_may_loosen(desk: Desk, user_id: int, key: str) -> None:
    """A person's limits are theirs; an account's are the owner's. Raises UserError."""
    if key != key_of_user(user_id) and not is_owner(desk, user_id):
        raise UserError(
            "Only an owner of this desk makes an account's limits less strict; anybody who trades "
            "here may make them stricter."
        )


def act(desk: Desk, who: Holder, do: Sequence[Any], grant: str) -> str:
    """
    Do what was proven for, and say so, as HTML.

    do: ["resume"], ["limit", key, name, value as JSON], ["live", account] or what
    `api.keys.as_done` makes; as JSON text it is the action that the grant was given for. Raises
    UserError.
    """
    if do[0] == "resume":
        release(desk, who.user_id, grant)
        return RESUMED
    if do[0] == "limit":
        key, limit, raw = str(do[1]), limit_named(str(do[2])), do[3]
        check_may_loosen(desk, who.user_id, key)
        value = UNSET if raw == UNSET.value else limit.load(raw)
        set_limit(desk, key, limit.name, value, user_id=who.user_id, proof=grant)
        now = "back to the desk's own value" if raw == UNSET.value else safe(limit.show(value))
        return f"✅ <b>{safe(limit.title)}</b>: {now}."
    if do[0] == LIVE:
        account = go_live(desk, who.user_id, str(do[1]), grant)
        return f"🔴 <b>Mode: LIVE.</b> {safe(what_live_means(account))} Back: /mode paper"
    if do[0] == "api key":
        _, text = make(desk, who.user_id, as_wanted(do), grant)
        return KEY_MADE.format(name=safe(str(do[1])), key=text)
    if do[0] == AUTO:
        found = go_auto(desk, str(do[1]), who.user_id, grant)
        return f"⚡ <b>{safe(found.name)}</b> trades by itself, within your limits (/risk)."
    raise UserError("That cannot be done any more. Ask for it again.")
