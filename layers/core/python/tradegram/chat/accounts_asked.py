"""Ask the brokers of all accounts the same question; one that fails does not hide the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tradegram.brokers.contract import Broker
from tradegram.chat.cards.lists import Part
from tradegram.errors import BrokerError, SessionExpired, UserError
from tradegram.model import Account
from tradegram.ports import Desk
from tradegram.tickets.at_once import at_once


def each_account(desk: Desk, lines: Callable[[Broker], Sequence[str]]) -> Sequence[Part]:
    """
    What every account answers, as lines of HTML, or why it does not.

    They are asked at the same time, so that a slow broker costs its own time only.
    """
    return at_once(lambda account: _part(desk, account, lines), desk.brokers.accounts())


def _part(desk: Desk, account: Account, lines: Callable[[Broker], Sequence[str]]) -> Part:
    try:
        return Part(account, lines(desk.brokers.broker(account.account_id)))
    except (BrokerError, UserError) as error:
        return Part(account, failed=why_not(error))


def why_not(error: BrokerError | UserError) -> str:
    """One sentence: what failed and what to do."""
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, SessionExpired):
        return f"Not logged in at {error.broker}. /login shows the way in."
    return f"{error.broker} did not answer ({error.words}). Nothing was changed; ask again."
