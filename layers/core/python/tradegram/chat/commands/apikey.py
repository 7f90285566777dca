"""/apikey: keys for programs that use the REST API. Made with a code or PIN, revoked at once."""

from __future__ import annotations

from collections.abc import Sequence

from tradegram.api.caller import Scope
from tradegram.api.keys import Key, Wanted, as_done, check, keys, revoke
from tradegram.chat.commands.command import Holder, command
from tradegram.chat.keypad import ask_proof
from tradegram.chat.money import day_time
from tradegram.chat.ordering import offers_reply
from tradegram.chat.preferences import account_named
from tradegram.chat.reply import Reply
from tradegram.chat.writing import safe
from tradegram.errors import UserError
from tradegram.ports import Desk

ALONE = "alone"
RIGHTS = {
    Scope.READ: "look at everything here",
    Scope.TRADE: "ask for orders, cancel them",
    Scope.SIGNAL: "send signals",
}
EXAMPLE = "/apikey new bot read trade #main"


@command(
    "/apikey",
    usage="/apikey [new NAME read|trade|signal... [alone] [#account...] | revoke NAME]",
    about="Keys for your own programs: list, make, revoke.",
    example=EXAMPLE,
)
def apikey(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    verb, _, rest = words.partition(" ")
    if not verb:
        return [_listed(desk, who)]
    if verb == "new":
        return [_new(desk, who, rest)]
    if verb == "revoke" and rest.strip():
        gone = revoke(desk, rest.strip(), f"user {who.user_id}", who.user_id)
        name = safe(gone.wanted.name)
        return [Reply(f"✅ Key <b>{name}</b> is revoked: nothing is served with it any more.")]
    raise UserError(f"Make a key or revoke one. Example: {EXAMPLE}, /apikey revoke bot")


def _new(desk: Desk, who: Holder, words: str) -> Reply:
    wanted = _wanted(desk, words)
    check(desk, wanted)
    return ask_proof(desk, who, as_done(wanted), f"New key {wanted.name}: {_may(desk, wanted)}.")


def _wanted(desk: Desk, words: str) -> Wanted:
    """Raises UserError."""
    name, *rest = words.split() or [""]
    accounts = [account_named(desk, word).account_id for word in rest if word.startswith("#")]
    said = [word.casefold() for word in rest if not word.startswith("#")]
    rights = [word for word in said if word != ALONE]
    if wrong := [word for word in rights if word not in {scope.value for scope in Scope}]:
        raise UserError(f"There is no right “{wrong[0][:20]}”. There are: {', '.join(Scope)}.")
    scopes = tuple(Scope(word) for word in dict.fromkeys(rights))
    return Wanted(name, scopes, alone=ALONE in said, accounts=tuple(dict.fromkeys(accounts)))


def _may(desk: Desk, wanted: Wanted) -> str:
    """In words: what it is for, whether anybody confirms, and where."""
    names = [f"#{desk.brokers.account(one).name}" for one in wanted.accounts]
    where = f"on {', '.join(names)}" if names else "on all accounts"
    rights = ", ".join(RIGHTS[scope] for scope in wanted.scopes)
    if not {Scope.TRADE, Scope.SIGNAL} & set(wanted.scopes):
        return f"{rights}; {where}"
    confirms = (
        "its orders go out WITHOUT your Confirm" if wanted.alone else "you confirm each order"
    )
    return f"{rights}; {confirms}; {where}"


def _listed(desk: Desk, who: Holder) -> Reply:
    mine = [key for key in keys(desk) if key.user_id == who.user_id and not key.revoked_at]
    if not mine:
        return Reply(f"You have no API keys. Example: <code>{safe(EXAMPLE)}</code>")
    lines = ["<b>API keys</b>", *(_line(desk, key) for key in mine)]
    offers = [(f"Revoke {key.wanted.name}", f"/apikey revoke {key.wanted.name}") for key in mine]
    return offers_reply(desk, who, "", offers, html="\n".join(lines))


def _line(desk: Desk, key: Key) -> str:
    used = f"last used {day_time(key.used_at)}" if key.used_at else "never used"
    return f"<b>{safe(key.wanted.name)}</b> · {safe(_may(desk, key.wanted), 200)} · {used}"
