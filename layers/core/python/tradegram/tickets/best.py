"""`#best`: the account with the most money left after the order, among those that can take it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from tradegram.chat.asked import Asked
from tradegram.chat.money import money
from tradegram.chat.preferences import BEST, account_called
from tradegram.errors import UserError
from tradegram.model import Account, Quote
from tradegram.ports import Desk
from tradegram.tickets.at_once import at_once
from tradegram.tickets.drafting import drafted
from tradegram.tickets.fan_out import like_the_usual
from tradegram.tickets.legs import whole_leg

MOST_NAMED = 3  # of those that were not chosen


@dataclass(frozen=True, slots=True)
class Bid:
    """left: money free after the order; None when it cannot take it, which why says."""

    account: Account
    left: Decimal | None
    why: str = ""


def is_best(desk: Desk, asked: Asked) -> bool:
    return asked.account.casefold() == BEST and not account_called(desk, asked.account)


def best_account(desk: Desk, user_id: int, asked: Asked, quote: Quote) -> tuple[Account, str]:
    """The account, and why it, in words. Raises UserError when none can take the order."""
    accounts = like_the_usual(desk, user_id, asked.instrument)
    bids = at_once(lambda account: _bid(desk, user_id, account, asked, quote), accounts)
    able = sorted(
        (bid for bid in bids if bid.left is not None), key=lambda bid: -(bid.left or Decimal(0))
    )
    unable = [bid for bid in bids if bid.left is None]
    if not able:
        raise UserError("\n".join(f"#{bid.account.name}: {bid.why}" for bid in unable))
    return able[0].account, _why(able, len(unable), asked.instrument.currency)


def _bid(desk: Desk, user_id: int, account: Account, asked: Asked, quote: Quote) -> Bid:
    try:
        draft = drafted(desk, account, replace(asked, account=account.account_id), quote, "")
        pricing = whole_leg(desk, user_id, account.account_id, draft, quote).pricing
    except UserError as error:
        return Bid(account, None, str(error))
    if not pricing.available:
        return Bid(account, None, "its broker does not say what is free")
    return Bid(account, pricing.available - pricing.margin)


def _why(able: Sequence[Bid], unable: int, currency: str) -> str:
    first, *others = [
        f"#{bid.account.name} {money(bid.left or Decimal(0), currency, 0)}" for bid in able
    ]
    words = f"#best is {first} left after it"
    if others:
        words += f"; then {', '.join(others[:MOST_NAMED])}"
    return f"{words}; {unable} cannot take it" if unable else words
