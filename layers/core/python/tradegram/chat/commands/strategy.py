"""/strategy: what a strategy's signals may do, and what they came to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from tradegram.chat.commands.command import Holder, command
from tradegram.chat.keypad import ask_proof
from tradegram.chat.money import day_time, money
from tradegram.chat.ordering import offers_reply
from tradegram.chat.outcome import account_name
from tradegram.chat.preferences import account_named
from tradegram.chat.reply import Reply
from tradegram.chat.writing import pages, safe
from tradegram.errors import UserError
from tradegram.model import Side
from tradegram.ports import Desk
from tradegram.signals.ledger import Ledger, ledger, signals
from tradegram.signals.signal import NAME
from tradegram.signals.strategy import AUTO, Rule, Strategy, Way, set_up, strategies, strategy

ZONE = ZoneInfo("Asia/Kolkata")
LAST = 5  # signals shown
WORDS = {
    Way.OFF: "off, its signals are turned down",
    Way.PAPER: "on paper",
    Way.ASK: "asks here before each order",
    Way.AUTO: "⚡ trades by itself within your limits",
}
NONE_YET = "No strategy has sent a signal yet. A program posts them with an API key: /help strategy"


@command(
    "/strategy",
    usage="/strategy [NAME [off | paper | ask | auto | account NAME | size 2 lots | side buy]]",
    about="What your strategies' signals may do, and what they came to.",
    example="/strategy breakout paper",
)
def strategy_(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    name, _, rest = words.partition(" ")
    if not name:
        return _list(desk, who)
    if not NAME.fullmatch(name.casefold()):
        raise UserError("A strategy's name is 1 to 32 small letters, digits or dashes.")
    mine = strategy(desk, name.casefold(), who.user_id)
    verb, _, value = rest.strip().casefold().partition(" ")
    if not verb:
        return [_card(desk, who, mine)]
    if verb == Way.AUTO:
        about = f"{mine.name} sends orders without asking, {_where(desk, mine)}, {_how_much(mine)}."
        return [ask_proof(desk, who, [AUTO, mine.name], about)]
    if verb in (Way.OFF, Way.PAPER, Way.ASK):
        wanted = replace(mine, way=Way(verb))
    elif verb in CHANGES:
        # What trades by itself was proven for as it was: changed, it asks again.
        kept = Way.ASK if mine.way is Way.AUTO else mine.way
        wanted = replace(CHANGES[verb](desk, mine, value.strip()), way=kept)
    else:
        raise UserError(
            f"“{verb[:20]}” is nothing a strategy can be. It is off, paper, ask or auto; or set "
            "its account, size or side."
        )
    set_up(desk, wanted, f"user {who.user_id}")
    return [_card(desk, who, wanted)]


def _account(desk: Desk, mine: Strategy, value: str) -> Strategy:
    if value in ("", "auto", "any"):
        return replace(mine, account="")
    return replace(mine, account=account_named(desk, value).account_id)


def _side(desk: Desk, mine: Strategy, value: str) -> Strategy:
    if value not in ("buy", "sell", "none"):
        raise UserError("The side is buy, sell or none. Example: /strategy breakout side buy")
    return replace(mine, side="" if value == "none" else Side(value.upper()))


def _size(desk: Desk, mine: Strategy, value: str) -> Strategy:
    """`signal`, `10`, `2 lots`, `₹50000`, `5%`."""
    if value == Rule.SIGNAL:
        return replace(mine, rule=Rule.SIGNAL, size=Decimal(0))
    number, rule = value.replace(",", ""), Rule.QUANTITY
    for mark, meant in (("lots", Rule.LOTS), ("lot", Rule.LOTS), ("%", Rule.PERCENT)):
        if number.endswith(mark):
            number, rule = number.removesuffix(mark), meant
            break
    if number[:1] in ("₹", "$"):
        number, rule = number[1:], Rule.MONEY
    try:
        size = Decimal(number.strip())
    except InvalidOperation:
        raise UserError(
            "How much? Say 10, 2 lots, ₹50000, 5% or signal. Example: "
            "/strategy breakout size 2 lots"
        ) from None
    if not size.is_finite() or size <= 0:
        raise UserError("A size is a number above 0. Example: /strategy breakout size 2 lots")
    return replace(mine, rule=rule, size=size)


CHANGES: Mapping[str, Callable[[Desk, Strategy, str], Strategy]] = {
    "account": _account,
    "size": _size,
    "side": _side,
}


def _list(desk: Desk, who: Holder) -> Sequence[Reply]:
    names = {one.name for one in strategies(desk, who.user_id)}
    if not names:
        return [Reply(NONE_YET)]
    found = [strategy(desk, name, who.user_id) for name in sorted(names)]
    lines = ["<b>Strategies</b>"]
    for one in found:
        lines.append(f"<b>{safe(one.name)}</b> · {WORDS[one.way]}")
    offers = [(one.name, f"/strategy {one.name}") for one in found[:8]]
    texts = pages(lines)
    return [
        *(Reply(text) for text in texts[:-1]),
        offers_reply(desk, who, "", offers, html=texts[-1]),
    ]


def _card(desk: Desk, who: Holder, one: Strategy) -> Reply:
    today = datetime.fromtimestamp(desk.clock.now(), ZONE).date()
    lines = [
        f"<b>{safe(one.name)}</b> · {WORDS[one.way]}",
        f"Trades {safe(_where(desk, one))}, {safe(_how_much(one))}{_side_words(one)}",
        *_results(ledger(desk, one.name, today)),
    ]
    for each in signals(desk, one.name)[:LAST]:
        body = each.body
        why = f": {safe(body['words'], 120)}" if body["words"] else ""
        lines.append(
            f"{day_time(body['at'])} {safe(body['side'])} {safe(body['symbol'])} "
            f"{body['outcome'].lower()}{why}"
        )
    offers = [
        (word.capitalize(), f"/strategy {one.name} {word}")
        for word in (Way.OFF, Way.PAPER, Way.ASK, Way.AUTO)
        if word is not one.way
    ]
    return offers_reply(desk, who, "", offers, html="\n".join(lines))


def _results(made: Ledger) -> Sequence[str]:
    lines = [f"Signals: {made.sent} sent, {made.asked} asked about, {made.denied} turned down"]
    for one in made.results:
        lines.append(f"Made {money(one.net, one.currency)} after charges, {len(one.trades)} trades")
    return lines


def _where(desk: Desk, one: Strategy) -> str:
    if not one.account:
        return "in the account of the instrument's region"
    return f"in #{account_name(desk, one.account)}"


def _how_much(one: Strategy) -> str:
    return {
        Rule.SIGNAL: "as much as each signal says",
        Rule.QUANTITY: f"{one.size:f} units a signal",
        Rule.LOTS: f"{one.size:f} lots a signal",
        Rule.MONEY: f"for {one.size:f} of money a signal",
        Rule.PERCENT: f"{one.size:f} % of what is free",
    }[one.rule]


def _side_words(one: Strategy) -> str:
    return f", {one.side} where a signal says no side" if one.side else ""
