"""What commands that show a market have in common: whose market, and of what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from tradegram.brokers.contract import Ability
from tradegram.chat.commands.command import Holder
from tradegram.chat.ordering import offers_reply
from tradegram.chat.preferences import usual_account
from tradegram.chat.reply import Reply
from tradegram.chat.writing import safe
from tradegram.errors import UserError
from tradegram.market.asking import Told, found_elsewhere, who_knows
from tradegram.model import Account, Instrument, Mode
from tradegram.ports import Desk

T = TypeVar("T")

MOST_OFFERS = 5


def named(desk: Desk, who: Holder, words: str, name: str) -> Instrument | Reply:
    """What is called so, or offers. Raises UserError."""
    found = list(desk.instruments.named(words))
    if not found and ":" in words:
        one = desk.instruments.find(words.upper())
        found = [one] if one else []
    if found:
        return found[0]
    if elsewhere := found_elsewhere(desk, words):
        return elsewhere
    near = desk.instruments.search(words, MOST_OFFERS)
    if not near:
        raise UserError(f"I know nothing called “{words[:60]}”. Try its symbol, e.g. {name} INFY.")
    offers = [(f"{one.symbol} · {one.exchange} · {one.name}", f"{name} {one.key}") for one in near]
    return offers_reply(desk, who, f"“{words[:60]}” is no name I know. Did you mean:", offers)


def failures(desk: Desk, told: Told[T], instrument: Instrument, ability: Ability) -> list[str]:
    """Why it is not from whom somebody might think it is from."""
    reasons = list(told.failed)
    if told.account.mode is Mode.PAPER:
        for one in desk.brokers.accounts():
            profile = desk.brokers.profile(one.account_id)
            is_its_own = one.mode is Mode.LIVE and one.currency == instrument.currency
            if is_its_own and ability not in profile.can:
                reasons.append(f"#{one.name}: {profile.title} does not say that to a desk")
    return [f"⚠ {safe(why, 200)}" for why in reasons]


def whom(
    desk: Desk, who: Holder, instrument: Instrument, ability: Ability, account: Account | None
) -> Sequence[Account]:
    """Raises UserError."""
    if account is None:
        return who_knows(desk, instrument, ability, usual_account(desk, who.user_id))
    profile = desk.brokers.profile(account.account_id)
    if ability not in profile.can:
        raise UserError(f"{profile.title} does not say that to a desk. Leave #account out.")
    return [account]
