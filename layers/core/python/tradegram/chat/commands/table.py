"""The table of commands, what /help makes of it, and how a command's text finds its row."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from tradegram.chat.buttons import say_button
from tradegram.chat.commands import apikey as commands_apikey
from tradegram.chat.commands import basket as commands_basket
from tradegram.chat.commands import bracket as commands_bracket
from tradegram.chat.commands import chain as commands_chain
from tradegram.chat.commands import change as commands_change
from tradegram.chat.commands import chart as commands_chart
from tradegram.chat.commands import dashboard as commands_dashboard
from tradegram.chat.commands import decide as commands_decide
from tradegram.chat.commands import desk as commands_desk
from tradegram.chat.commands import gtt as commands_gtt
from tradegram.chat.commands import history as commands_history
from tradegram.chat.commands import money as commands_money
from tradegram.chat.commands import orders as commands_orders
from tradegram.chat.commands import risk as commands_risk
from tradegram.chat.commands import session as commands_session
from tradegram.chat.commands import strategy as commands_strategy
from tradegram.chat.commands.command import Command, Holder, command
from tradegram.chat.ordering import offers_reply
from tradegram.chat.reply import Button, Reply
from tradegram.chat.writing import pages, safe
from tradegram.errors import UserError
from tradegram.model import Mode
from tradegram.ports import Desk

# Named in /help and no more: what their own topic, or nothing but a moment, calls for.
SELDOM = frozenset(
    {
        "/strangle",
        "/spread",
        "/condor",
        "/butterfly",
        "/calendar",
        "/decide",
        "/logout",
        "/link",
        "/apikey",
        "/resume",
    }
)
EXAMPLES = ("/buy NIFTY 50", "/buy RELIANCE 10 @ 2950", "/q INFY")

TOPICS = {
    "orders": (
        "Write an order as you would say it, with or without the slash:\n"
        "<code>buy RELIANCE 10 @ 2950 sl 2900 tgt 3050</code>\n"
        "<code>sell INFY 5 limit 1510 mis</code>\n"
        "<code>buy 2 lots BANKNIFTY 52000 CE @ 120</code>\n"
        "<code>buy ₹50k of TCS</code> · <code>buy BTCUSDT 0.01</code>\n"
        "One meaning opens a ticket; several are offered as buttons; nothing is ever guessed."
    ),
    "accounts": (
        "An order for several accounts is one ticket, and each account's part an order of its "
        "own:\n"
        "<code>buy RELIANCE 10 #all</code> 10 in all, divided over your accounts\n"
        "<code>buy RELIANCE 10 each #all</code> 10 in every account\n"
        "<code>buy INFY 30 #main:2 #wife:1</code> 20 and 10\n"
        "<code>buy BANKNIFTY FUT #main=2lots #wife=1lot</code> what each of them takes\n"
        "<code>buy INFY 30 #family</code> a group: /settings group family main:2 wife:1\n"
        "<code>buy INFY 30 #best</code> the one account with the most money left after it\n"
        "Whole lots only; the ticket shows who takes what did not divide, and who cannot take "
        "his part. That part is not given to the others. What is above the freeze quantity goes "
        "out in slices."
    ),
    "baskets": (
        "Several legs, one ticket, one Confirm; what is bought goes first:\n"
        "<code>/straddle NIFTY weekly 1 lot</code>\n"
        "<code>/spread NIFTY 24000 24200 CE weekly 1 lot</code> buys the first, sells the second\n"
        "<code>/condor NIFTY weekly width 200 1 lot</code>\n"
        "<code>/basket BUY NIFTY 24000 CE weekly 1 lot; SELL NIFTY 24200 CE weekly 1 lot</code>\n"
        "/basket save NAME keeps one. What you do not say is asked with buttons. When only a part "
        "gets to the market I say so aloud and offer the way out; I close nothing by myself."
    ),
    "tickets": (
        "A ticket shows what would be sent: price and its source, value, margin, charges, risk. "
        "Only Confirm sends it, once. It expires by itself; Requote renews it. "
        "A market order is sent with a worst price, which the ticket shows."
    ),
    "states": (
        "⏳ being sent · ✔ accepted or working, not filled · ◐ partly filled · ✅ filled · "
        "✖ cancelled · ⛔ rejected, refused or not sent · ⌛ expired · ⚠ unknown: do not send "
        "again, it is being looked up."
    ),
}


@command(
    "/start", usage="/start", about="What this is, and three examples to tap.", example="/start"
)
def start(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    found = desk.brokers.accounts()
    only_paper = all(each.mode is Mode.PAPER for each in found)
    how = "Everything is paper: no order reaches an exchange." if only_paper else "See /mode."
    lines = [
        "<b>tradegram</b>: an order desk in a chat.",
        "Say what you want to trade, look at the ticket, tap Confirm. Nothing is sent before.",
        how,
        "Try one of these, or /help.",
    ]
    rows: list[tuple[Button, ...]] = [
        (Button(text, f"e:{number}"),) for number, text in enumerate(EXAMPLES)
    ]
    rows.append((say_button("Status", "/status"), say_button("Help", "/help")))
    return [Reply("\n".join(lines), tuple(rows))]


@command(
    "/help",
    usage="/help [command or topic]",
    about="This list, or more about one command or topic.",
    example="/help buy",
    reads_only=True,
)
def help_(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    topic = words.casefold().removeprefix("/")
    if not topic:
        return _whole_help()
    if topic in TOPICS:
        return [Reply(f"<b>{safe(topic)}</b>\n{TOPICS[topic]}")]
    row = COMMANDS.get(f"/{topic}")
    if row is None:
        names = ", ".join(sorted(TOPICS))
        raise UserError(f"No help about “{words[:30]}”. Topics: {names}, or any command.")
    extra = f"\n\n{TOPICS['orders']}" if row.name in ("/buy", "/sell") else ""
    return [
        Reply(
            f"<b>{safe(row.name)}</b> {safe(row.about)}\n"
            f"<code>{safe(row.usage)}</code>\nExample: <code>{safe(row.example)}</code>{extra}"
        )
    ]


def _whole_help() -> Sequence[Reply]:
    blocks = ["<b>Commands</b>"]
    blocks += [f"{safe(row.name)} · {safe(row.about)}" for row in TABLE if row.name not in SELDOM]
    blocks.append(f"And {' '.join(row.name for row in TABLE if row.name in SELDOM)}")
    blocks.append("Orders need no slash: <code>buy RELIANCE 10 @ 2950</code>")
    blocks.append("How to say one: e.g. <code>/help cancel</code>")
    texts = pages(blocks)
    topics = [say_button(name.capitalize(), f"/help {name}") for name in TOPICS]
    rows = tuple(tuple(topics[at : at + 3]) for at in range(0, len(topics), 3))
    return [*(Reply(text) for text in texts[:-1]), Reply(texts[-1], rows)]


TABLE: tuple[Command, ...] = (
    start,
    help_,
    commands_orders.buy,
    commands_orders.sell,
    *commands_basket.ROWS,
    commands_money.quote,
    commands_chart.chart,
    commands_chain.chain,
    commands_orders.orders,
    commands_orders.order,
    commands_history.trades,
    commands_money.positions,
    commands_money.holdings,
    commands_money.funds,
    commands_history.pnl,
    commands_change.modify,
    commands_change.cancel,
    commands_decide.decide_,
    commands_orders.exit_,
    *commands_bracket.ROWS,
    commands_gtt.gtt,
    commands_orders.repeat,
    commands_desk.status,
    commands_dashboard.dashboard,
    *commands_session.ROWS,
    commands_desk.accounts,
    commands_desk.mode,
    commands_desk.kill_,
    commands_desk.resume,
    commands_risk.risk,
    commands_strategy.strategy_,
    commands_desk.settings,
    commands_apikey.apikey,
    commands_desk.audit,
)
COMMANDS = {row.name: row for row in TABLE}


def run_command(desk: Desk, who: Holder, text: str) -> Sequence[Reply]:
    """text begins with a slash; `/buy@the_bot` is /buy. Raises UserError."""
    first, *words = text.split()
    name, rest = first.partition("@")[0].casefold(), " ".join(words)
    row = COMMANDS.get(name)
    if row is None:
        return [_unknown(desk, who, name, rest)]
    return row.run(desk, who, rest)


def run_pressed(desk: Desk, who: Holder, text: str) -> Sequence[Reply]:
    """A command that stands on a button by itself: only one that reads. Raises UserError."""
    name = text.strip().partition(" ")[0]
    if name not in COMMANDS or not COMMANDS[name].reads_only:
        raise UserError("That button is not known here. Type the command instead.")
    return run_command(desk, who, text)


def example(number: str) -> str:
    """Raises UserError."""
    if not number.isdecimal() or len(number) > 2 or int(number) >= len(EXAMPLES):
        raise UserError("That button is not known here. /help lists what works.")
    return EXAMPLES[int(number)]


def _unknown(desk: Desk, who: Holder, name: str, rest: str) -> Reply:
    near = difflib.get_close_matches(name, COMMANDS, n=3, cutoff=0.6)
    question = f"I do not know {name[:30]}. " + (
        "Did you mean:" if near else "/help lists the commands."
    )
    offers = [(f"{one} {rest}".strip(), f"{one} {rest}".strip()) for one in near]
    return offers_reply(desk, who, question, offers)
