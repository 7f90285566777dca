"""Commands about brackets: protect a position, list what is kept, change and end it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from tradegram.brackets.keep import closing_of
from tradegram.brackets.plan import Bracket, Phase
from tradegram.brackets.start import (
    Levels,
    active,
    bracket_with,
    brackets,
    change,
    protect_order,
    protect_position,
)
from tradegram.chat.cards.bracket import bracket_card
from tradegram.chat.cards.kept import kept_card
from tradegram.chat.commands.command import Holder, command
from tradegram.chat.exits import check_not_kept, held_positions, open_positions, read_exit
from tradegram.chat.ordering import offers_reply
from tradegram.chat.preferences import account_named
from tradegram.chat.reply import Reply
from tradegram.chat.typed import kept_here, read_levels
from tradegram.chat.writing import safe
from tradegram.errors import BrokerError, UserError
from tradegram.model import Instrument, Position, Side
from tradegram.orders.state import Order
from tradegram.ports import Desk
from tradegram.tickets.closing import open_units
from tradegram.tickets.edit import Edit
from tradegram.tickets.levels import resolved
from tradegram.triggers.asking import protecting, store_kept
from tradegram.triggers.kept import Kept

MOST_SHOWN = 10
FIRST_LEVEL = re.compile(r"(?:^|\s)(?=(?:sl|s/l|stop|tgt|target|tp|trail|trailing|tsl)\b)", re.I)


@command(
    "/brackets",
    usage="/brackets [#account]",
    about="Stops and targets that this desk keeps.",
    example="/brackets",
    reads_only=True,
)
def brackets_(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    accounts = [account_named(desk, words)] if words else desk.brokers.accounts()
    found = [one for account in accounts for one in active(desk.store, account.account_id)]
    if not found:
        ended = [one for each in accounts for one in brackets(desk.store, each.account_id)]
        last = f" {len(ended)} ended in the last days." if ended else ""
        return [Reply(f"No brackets.{last} Example: <code>/protect INFY sl 2% tgt 4%</code>")]
    return [shown_bracket(desk, one) for one in found[:MOST_SHOWN]]


@command(
    "/protect",
    usage="/protect SYMBOL [sl PRICE] [tgt PRICE] [trail POINTS] [#account] [desk]",
    about="Keeps a stop and a target for an open position.",
    example="/protect INFY sl 2% tgt 4%",
)
def protect(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    cut = FIRST_LEVEL.search(words)
    if cut is None or not words[: cut.start()].strip():
        raise UserError("Protect what, and how? Example: /protect INFY sl 1480 tgt 1550 trail 10")
    meant = read_exit(desk, words[: cut.start()])
    levels_said, here = kept_here(words[cut.start() :])
    wanted = read_levels(levels_said)
    found = open_positions(desk, meant) or held_positions(desk, meant)
    if not found:
        raise UserError(f"No open position in {meant.name[:60]}. /pos shows what is open.")
    if len(found) > 1:
        said = words[cut.start() :].strip()
        offers = [_offer(desk, one, said) for one in found]
        return [offers_reply(desk, who, "Protect which position?", offers)]
    [position] = found
    side = Side.BUY if position.quantity > 0 else Side.SELL
    levels = levels_from(wanted, position.average_price, position.instrument, side)
    return [_protected(desk, who, position, levels, here=here)]


def _protected(desk: Desk, who: Holder, position: Position, levels: Levels, *, here: bool) -> Reply:
    """By the broker where it keeps such triggers, else by this desk, which says why."""
    check_not_kept(desk, position)
    kept = "" if here else protecting(desk, who.user_id, position, levels)
    if isinstance(kept, Kept):
        stored = store_kept(desk, kept)
        title = desk.brokers.profile(stored.account_id).title
        return kept_card(stored, desk.brokers.account(stored.account_id), title)
    card = shown_bracket(desk, protect_position(desk, who.user_id, position, levels))
    why = f"\n<i>Kept by this desk: {safe(kept)}.</i>" if kept else ""
    return replace(card, text=f"{card.text}{why}")


def _offer(desk: Desk, position: Position, said: str) -> tuple[str, str]:
    one, account = position.instrument, desk.brokers.account(position.account_id)
    side = "long" if position.quantity > 0 else "short"
    name = f"{one.symbol} · {position.product} · {side} · #{account.name}"
    return name, f"/protect {one.key} {position.product} #{position.account_id} {said}"


def levels_from(said: Edit, entry: Decimal, one: Instrument, side: Side) -> Levels:
    """
    What was said, as prices. entry: what percents and points are reckoned from. side: BUY for
    what is long.
    """
    up = 1 if side is Side.BUY else -1
    return Levels(
        stop=resolved(said.stop_loss, entry, -up, one) if said.stop_loss else None,
        target=resolved(said.target, entry, up, one) if said.target else None,
        trail=said.trail,
        no_stop=said.no_stop_loss,
        no_target=said.no_target,
        no_trail=said.no_trail,
    )


def change_levels(desk: Desk, who: Holder, bracket: Bracket, text: str) -> Reply:
    """`sl 1480 tgt 1550`, `trail off`. Percents are of the last price. Raises UserError."""
    quote = desk.quotes.quote(bracket.instrument, bracket.account_id)
    if quote is None:
        raise UserError(f"There is no price for {bracket.instrument.symbol} now. Try again soon.")
    said, side = read_levels(text), bracket.side.opposite
    levels = levels_from(said, quote.last, bracket.instrument, side)
    return shown_bracket(desk, change(desk, bracket.key, who.user_id, levels))


def protect_filled(desk: Desk, who: Holder, order: Order, text: str) -> Reply:
    """A stop, a target or a trail after the fill: `sl 2900`, `trail 1%`. Raises UserError."""
    found = bracket_with(desk.store, order)
    if found is not None and found.phase is not Phase.ENDED:
        return change_levels(desk, who, found, text)
    entry = order.average_price or order.price
    if not entry:
        raise UserError("Nothing of it is filled yet, so there is nothing to protect.")
    side = order.intent.side
    levels = levels_from(read_levels(text), entry, order.intent.instrument, side)
    return shown_bracket(desk, protect_order(desk, who.user_id, order, levels))


def shown_bracket(desk: Desk, bracket: Bracket) -> Reply:
    account = desk.brokers.account(bracket.account_id)
    return bracket_card(bracket, account, open_now(desk, bracket))


def open_now(desk: Desk, bracket: Bracket) -> Decimal | None:
    """Units of the position it keeps; None when the broker does not say, or it has ended."""
    if bracket.phase is Phase.ENDED:
        return None
    try:
        return open_units(desk.brokers.broker(bracket.account_id), closing_of(bracket))
    except BrokerError:
        return None


def bracket_over(desk: Desk, position: Position) -> Bracket | None:
    """The active bracket that keeps this position."""
    for one in active(desk.store, position.account_id):
        is_long = position.quantity > 0
        if (one.instrument.key, one.product, one.up > 0) == (
            position.instrument.key,
            position.product,
            is_long,
        ):
            return one
    return None


def has_working_exit(desk: Desk, bracket: Bracket) -> bool:
    exits = (desk.store.order(one.client_order_id) for one in bracket.exits)
    return any(order.leaves_quantity for order in exits)


ROWS = (brackets_, protect)
