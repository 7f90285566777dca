"""Commands about logins: in, out, and the page on which credentials are entered."""

from __future__ import annotations

from collections.abc import Sequence

from tradegram.chat.buttons import say_button
from tradegram.chat.cards.ticket import account_label
from tradegram.chat.commands.command import Holder, command
from tradegram.chat.people import is_owner
from tradegram.chat.preferences import account_named
from tradegram.chat.reply import Button, Reply
from tradegram.chat.writing import pages, safe
from tradegram.errors import UserError
from tradegram.model import Account, Mode
from tradegram.ports import Desk
from tradegram.sessions.standing import Offer, Phase, Sessions, Standing
from tradegram.sessions.words import until_words

PHASES = {
    Phase.OUT: "⚠ not logged in",
    Phase.ENTERING: "⏳ being logged in",
    Phase.FAILED: "⚠ login failed",
    Phase.ENDED: "⚠ logged out",
}
NOTHING_TO_DO = "Nothing here needs a login: paper accounts are open at once. /link adds a broker."


@command(
    "/login",
    usage="/login [account]",
    about="Who is logged in at which broker, and the way in.",
    example="/login",
    reads_only=True,
)
def login(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    if words:
        account = _live(desk, words)
        return [_offered(_sessions(desk).begin(account, who.user_id))]
    live = [each for each in desk.brokers.accounts() if each.mode is Mode.LIVE]
    if not live:
        return [Reply(NOTHING_TO_DO)]
    standings = [(each, _sessions(desk).standing(each)) for each in live]
    lines = ["<b>Sessions</b>"]
    lines += [f"{account_label(each)} · {standing_words(found)}" for each, found in standings]
    out = [each for each, found in standings if not found.is_in]
    rows = tuple((say_button(f"Log in #{one.name}", f"/login {one.account_id}"),) for one in out)
    texts = pages(lines)
    return [*(Reply(text) for text in texts[:-1]), Reply(texts[-1], rows)]


@command(
    "/logout",
    usage="/logout ACCOUNT",
    about="Ends a session, here and at the broker.",
    example="/logout main",
)
def logout(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    if not words:
        raise UserError("Which account? Example: /logout main. /login lists who is in.")
    return [_offered(_sessions(desk).leave(_live(desk, words), who.user_id))]


@command(
    "/link",
    usage="/link",
    about="A page of this desk on which a broker's credentials are entered, never in the chat.",
    example="/link",
)
def link(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    if words:
        raise UserError("Never write credentials here: say /link alone and enter them on the page.")
    if not is_owner(desk, who.user_id):
        raise UserError("Only the desk's owner links accounts. Ask the owner for /link.")
    return [_offered(_sessions(desk).link(who.user_id))]


ROWS = (login, logout, link)


def standing_words(found: Standing) -> str:
    """One part of a line (HTML)."""
    if found.is_in:
        return f"session good{until_words(found.until)}"
    why = f": “{safe(found.words)}”" if found.words else ""
    return f"{PHASES[found.phase]}{why}"


def _offered(offer: Offer) -> Reply:
    if not offer.url:
        return Reply(safe(offer.words))
    text = f"{safe(offer.words)}\n<code>{safe(offer.url)}</code>"
    return Reply(text, ((Button("Open", url=offer.url), Button("Copy", copy=offer.url)),))


def _live(desk: Desk, words: str) -> Account:
    account = account_named(desk, words)
    if account.mode is not Mode.LIVE:
        raise UserError(f"#{account.name} is a paper account; it has nothing to log in to.")
    return account


def _sessions(desk: Desk) -> Sessions:
    if desk.sessions is None:
        raise UserError("This desk has no brokers to log in to.")
    return desk.sessions
