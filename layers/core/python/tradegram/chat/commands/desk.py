"""Commands about the desk itself: what it is doing, what stops it, what a person prefers."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from tradegram.audit import Link, verify
from tradegram.brackets.start import active
from tradegram.chat.buttons import say_button
from tradegram.chat.cards.health import health_line
from tradegram.chat.cards.instruments import instruments_line
from tradegram.chat.cards.lists import audit_line
from tradegram.chat.cards.ticket import account_label
from tradegram.chat.commands.command import Holder, command
from tradegram.chat.commands.session import standing_words
from tradegram.chat.finding import working_orders
from tradegram.chat.granted import RESUME
from tradegram.chat.groups import group_lines, set_group
from tradegram.chat.keypad import ask_proof
from tradegram.chat.mode import LIVE, go_paper, live_account, mode_card, what_live_means
from tradegram.chat.money import ago, day_time
from tradegram.chat.ordering import offers_reply
from tradegram.chat.preferences import (
    Preferences,
    account_named,
    prefer,
    preferences,
    usual_account,
)
from tradegram.chat.reply import Reply
from tradegram.chat.writing import pages, safe
from tradegram.errors import SessionExpired, UserError
from tradegram.model import Account, Mode
from tradegram.ports import Desk
from tradegram.risk.kill import is_killed, kill
from tradegram.risk.stepup import method_of
from tradegram.triggers.kept import live_kept
from tradegram.triggers.stored import orders_waiting

TERMINAL_ONLY = (
    "That works from the terminal only, until this chat can check that it is really you: "
)
FEED_WITNESSES = ("RELIANCE", "NIFTY 50", "BTCUSDT")
LAST_EVENTS = 10
DESK_CHAIN = "desk"


@command(
    "/status",
    usage="/status",
    about="Mode, kill switch, sessions, prices, market, instruments, orders under way.",
    example="/status",
    reads_only=True,
)
def status(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    killed = is_killed(desk.store)
    stopped = "🛑 Kill switch: <b>ON</b>, no new order leaves this desk"
    lines = [
        "<b>Status</b>",
        stopped if killed else "Kill switch: off",
        *(_account_status(desk, account) for account in desk.brokers.accounts()),
        *_feed_status(desk),
        instruments_line(desk),
    ]
    if soon := desk.calendar.expires_soon(desk.clock.now()):
        lines.append(f"⚠ {safe(soon)}")
    buttons = ((say_button("Orders", "/orders"), say_button("Positions", "/pos")),)
    return [Reply(text, buttons) for text in pages(lines)]


def _account_status(desk: Desk, account: Account) -> str:
    unsettled = desk.store.unsettled(account.account_id)
    live = sum(1 for order in unsettled if order.leaves_quantity)
    return (
        f"a/c {account_label(account)}  [{account.mode}] · {_session(desk, account)} · "
        f"{_can_fill(live)}{_ended(len(unsettled) - live)}"
        f"{_wait(orders_waiting(desk, account.account_id))}"
    ) + (f"\n{line}" if (line := health_line(desk, account)) else "")


def _can_fill(live: int) -> str:
    if not live:
        return "no order can still fill"
    return f"{live} {'order' if live == 1 else 'orders'} can still fill"


def _wait(count: int) -> str:
    """Orders of no book: they can become orders while nobody looks."""
    return f", {count} stored for a price (/gtt)" if count else ""


def _ended(count: int) -> str:
    """A fill can cross a cancel, so the book is asked about ended orders for a while."""
    if not count:
        return ""
    return f", {count} that ended {'is' if count == 1 else 'are'} still watched"


def _session(desk: Desk, account: Account) -> str:
    if account.mode is Mode.LIVE and desk.sessions is not None:
        return standing_words(desk.sessions.standing(account))
    try:
        desk.brokers.broker(account.account_id)
    except SessionExpired:
        return "⚠ not logged in"
    except UserError as error:
        return f"⚠ {safe(error)}"
    return "session good"


def _feed_status(desk: Desk) -> Iterable[str]:
    """The first instrument of ours that has a price speaks for the feed."""
    now = desk.clock.now()
    for name in FEED_WITNESSES:
        for one in desk.instruments.named(name)[:1]:
            seen = desk.quotes.quote(one)
            price = "no price" if seen is None else f"{safe(seen.source)}, {ago(now - seen.at)}"
            yield f"Prices of {safe(one.symbol)}: {price} · market {_market(desk, name)}"


def _market(desk: Desk, name: str) -> str:
    one, now = desk.instruments.named(name)[0], desk.clock.now()
    if desk.calendar.is_open(one, now):
        return "open"
    opens = desk.calendar.next_open(one, now)
    return f"closed, opens {day_time(opens)}" if opens else "closed"


@command(
    "/accounts",
    usage="/accounts",
    about="The accounts of this desk and which one is yours by default.",
    example="/accounts",
    reads_only=True,
)
def accounts(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    usual = usual_account(desk, who.user_id)
    lines = ["<b>Accounts</b>"]
    for account in desk.brokers.accounts():
        mark = " · default" if account == usual else ""
        session = _session(desk, account)
        lines.append(f"{account_label(account)}  [{account.mode}] · {session}{mark}")
    lines.append("An order goes elsewhere with #name at its end, e.g. buy INFY 1 #main")
    lines.append("To several: #all, #main #wife, #main:2 #wife:1; see /help accounts")
    return [Reply(text) for text in pages(lines)]


@command(
    "/mode",
    usage="/mode [paper | live [account]]",
    about="Paper or live, where an order names no account; live takes your PIN.",
    example="/mode",
    reads_only=True,
)
def mode(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    word, _, name = words.partition(" ")
    match word.casefold():
        case "":
            return [mode_card(desk, who.user_id)]
        case "paper":
            go_paper(desk, who.user_id)
            return [mode_card(desk, who.user_id)]
        case "live":
            return [_ask_for_live(desk, who, live_account(desk, who.user_id, name.strip()))]
    raise UserError(f"There is no mode “{word[:30]}”. An account is paper or live; see /mode.")


def _ask_for_live(desk: Desk, who: Holder, account: Account) -> Reply:
    mine = preferences(desk, who.user_id)
    if mine.live and mine.account == account.account_id:
        return mode_card(desk, who.user_id)
    return ask_proof(desk, who, [LIVE, account.account_id], what_live_means(account))


@command(
    "/kill",
    usage="/kill",
    about="Stops all new orders at once; cancels still pass.",
    example="/kill",
)
def kill_(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    kill(desk, who.user_id)
    live = len(working_orders(desk))
    text = (
        "🛑 <b>Kill switch is on.</b> No new order leaves this desk. "
        f"{_can_fill(live).capitalize()}. Cancels still pass.\nIt is released by /resume with your "
        "code or PIN, or in the terminal: <code>tradegram resume</code>"
    )
    if count := sum(len(active(desk.store, one.account_id)) for one in desk.brokers.accounts()):
        text += (
            f"\n⚠ {count} bracket{'s' * (count > 1)} (/brackets): <b>stops do not fire</b> until "
            "then; what works at the broker stays."
        )
    if there := sum(len(live_kept(desk.store, one.account_id)) for one in desk.brokers.accounts()):
        text += (
            f"\n⚠ {there} order{'s' * (there > 1)} that a broker keeps for a price (/gtt): being "
            "taken back; those that cannot be are named. /resume does not bring them back."
        )
    words = "Cancel it…" if live == 1 else f"Cancel all {live}…"
    buttons = ((say_button(words, "/cancel all"),),) if live else ()
    return [Reply(text, buttons)]


@command(
    "/resume",
    usage="/resume",
    about="Releases the kill switch, with your code or PIN.",
    example="/resume",
)
def resume(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    if not is_killed(desk.store):
        return [Reply("The kill switch is off; orders pass.")]
    if method_of(desk.store, who.user_id) is None:
        return [
            Reply(
                f"The kill switch is on. {TERMINAL_ONLY}<code>tradegram resume</code>. "
                "Cancels pass all the while. A code or PIN for this chat is set up there too: "
                f"<code>tradegram stepup --user {who.user_id}</code>"
            )
        ]
    return [ask_proof(desk, who, RESUME, "Release the kill switch.")]


# -- settings ------------------------------------------------------------------------------------


@command(
    "/settings",
    usage="/settings [account NAME | group NAME ACCOUNT:WEIGHT... | group NAME off | "
    "privacy on|off | forget N]",
    about="Your default account, groups of accounts, remembered readings, hidden amounts.",
    example="/settings",
    reads_only=True,
)
def settings(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    verb, _, rest = words.partition(" ")
    if not verb:
        return [_settings_card(desk, who)]
    if verb not in SETTERS:
        raise UserError(f"There is no setting “{verb[:30]}”. /settings shows those there are.")
    asked = SETTERS[verb](desk, who, rest.strip())
    return [asked or _settings_card(desk, who)]


def _set_account(desk: Desk, who: Holder, name: str) -> Reply | None:
    if not name:
        raise UserError("Which account? Example: /settings account main")
    account = account_named(desk, name)
    if account.mode is Mode.LIVE:
        return _ask_for_live(desk, who, account)
    go_paper(desk, who.user_id, account)
    return None


def _set_privacy(desk: Desk, who: Holder, word: str) -> None:
    if word not in ("on", "off"):
        raise UserError("Privacy is on or off. Example: /settings privacy on")
    prefer(desk, who.user_id, lambda mine: replace(mine, private=word == "on"))


def _forget(desk: Desk, who: Holder, word: str) -> None:
    def without(mine: Preferences) -> Preferences:
        names = sorted(mine.remembered)
        if not word.isdecimal() or not 1 <= int(word[:4]) <= len(names):
            raise UserError(f"Number “{word[:10]}” is not in the list. /settings shows it.")
        gone = names[int(word) - 1]
        return replace(
            mine, remembered={name: mine.remembered[name] for name in names if name != gone}
        )

    prefer(desk, who.user_id, without)


# Each answers with what must be asked first, or None when it is done.
SETTERS: dict[str, Callable[[Desk, Holder, str], Reply | None]] = {
    "account": _set_account,
    "group": set_group,
    "privacy": _set_privacy,
    "forget": _forget,
}


def _settings_card(desk: Desk, who: Holder) -> Reply:
    mine, usual = preferences(desk, who.user_id), usual_account(desk, who.user_id)
    hidden = "on, amounts are behind a tap" if mine.private else "off"
    lines = [
        "<b>Settings</b>",
        f"Default account: {account_label(usual)}",
        f"Privacy: {hidden}",
        "Limits: /risk",
        *(safe(line, 300) for line in group_lines(desk, mine.groups)),
        "Remembered readings:" if mine.remembered else "No remembered readings.",
    ]
    offers = [("Privacy off" if mine.private else "Privacy on", _privacy_text(mine))]
    for number, words in enumerate(sorted(mine.remembered), start=1):
        lines.append(f"{number}. “{safe(words)}” → {safe(mine.remembered[words])}")
        offers.append((f"Forget “{words}”", f"/settings forget {number}"))
    offers += [(f"Forget #{name}", f"/settings group {name} off") for name in sorted(mine.groups)]
    for account in desk.brokers.accounts():
        if account != usual:
            dots = "…" if account.mode is Mode.LIVE else ""
            words = f"Default: #{account.name}{dots}"
            offers.append((words, f"/settings account {account.account_id}"))
    return offers_reply(desk, who, "", offers, html="\n".join(lines))


def _privacy_text(mine: Preferences) -> str:
    return f"/settings privacy {'off' if mine.private else 'on'}"


# -- audit ---------------------------------------------------------------------------------------


@command(
    "/audit",
    usage="/audit [#account | desk]",
    about="The last events of an account's chain, and whether the whole chain verifies.",
    example="/audit",
    reads_only=True,
)
def audit(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    if words.casefold() == DESK_CHAIN:
        chain, title = DESK_CHAIN, "the desk"
    else:
        found = account_named(desk, words) if words else usual_account(desk, who.user_id)
        chain, title = found.account_id, f"a/c {account_label(found)}"
    last: deque[Link] = deque(maxlen=LAST_EVENTS)
    try:
        verify(_kept(desk.store.chain(chain), last))
    except ValueError as error:
        verdict = f"⛔ <b>{safe(error)}</b>. The record was changed from outside."
    else:
        verdict = "✅ The whole chain verifies." if last else "The chain is empty."
    events = [audit_line(link.sequence, json.loads(link.body)) for link in last]
    lines = [f"<b>Audit</b> · {title}", verdict, *events]
    return [Reply(text) for text in pages(lines)]


def _kept(chain: Iterable[Link], last: deque[Link]) -> Iterator[Link]:
    for link in chain:
        last.append(link)
        yield link
