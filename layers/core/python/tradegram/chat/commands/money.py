"""Commands that only look: prices, positions, holdings, funds."""

from __future__ import annotations

from collections.abc import Sequence

from tradegram.chat.accounts_asked import each_account
from tradegram.chat.cards.lists import (
    NOTHING_OPEN,
    funds_line,
    holding_line,
    list_card,
    position_line,
    quote_text,
)
from tradegram.chat.commands.command import Holder, command
from tradegram.chat.ordering import offers_reply
from tradegram.chat.preferences import preferences
from tradegram.chat.reply import Reply
from tradegram.chat.writing import pages
from tradegram.errors import UserError
from tradegram.model import Instrument
from tradegram.ports import Desk

MOST_QUOTES = 5


@command(
    "/q",
    usage="/q SYMBOL",
    about="The price now, who says so and how old it is.",
    example="/q RELIANCE",
)
def quote(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    if not words:
        raise UserError("Which one? Example: /q RELIANCE")
    found = desk.instruments.named(words)
    if not found and ":" in words:
        one = desk.instruments.find(words.upper())
        found = [one] if one else []
    if found:
        now = desk.clock.now()
        blocks = [quote_text(one, desk.quotes.quote(one), now) for one in found[:MOST_QUOTES]]
        return [Reply(text) for text in pages(blocks)]
    near = desk.instruments.search(words, MOST_QUOTES)
    if not near:
        raise UserError(f"I know nothing called “{words[:60]}”. Try its symbol, e.g. /q INFY.")
    offers = [(_offer(one), f"/q {one.key}") for one in near]
    return [offers_reply(desk, who, f"“{words[:60]}” is no name I know. Did you mean:", offers)]


def _offer(one: Instrument) -> str:
    return f"{one.symbol} · {one.exchange} · {one.name}"


@command(
    "/pos",
    usage="/pos",
    about="Open positions with their results.",
    example="/pos",
    reads_only=True,
)
def positions(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    private = preferences(desk, who.user_id).private
    parts = each_account(
        desk,
        lambda broker: [
            position_line(one, private, squares_off=broker.profile.squares_off)
            for one in broker.positions()
        ],
    )
    return list_card("Positions", parts, NOTHING_OPEN)


@command(
    "/hold",
    usage="/hold",
    about="Holdings: what lies in the depository or the wallet.",
    example="/hold",
    reads_only=True,
)
def holdings(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    private = preferences(desk, who.user_id).private
    parts = each_account(
        desk, lambda broker: [holding_line(one, private) for one in broker.holdings()]
    )
    return list_card("Holdings", parts, "No holdings.")


@command(
    "/funds",
    usage="/funds",
    about="Money: free, blocked, balance.",
    example="/funds",
    reads_only=True,
)
def funds(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    private = preferences(desk, who.user_id).private
    parts = each_account(desk, lambda broker: [funds_line(one, private) for one in broker.funds()])
    return list_card("Funds", parts, "The broker lists no money.")
