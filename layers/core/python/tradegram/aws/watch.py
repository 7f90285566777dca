"""What functions do with the time they have for brokers' books: look again, and stop in time."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from tradegram.aws.limits import SecondsLeft
from tradegram.aws.tell import deliver_in_time
from tradegram.brackets.round import go_round
from tradegram.errors import BrokerError
from tradegram.history.look import try_look_back
from tradegram.model import Mode
from tradegram.orders.attend import ring_for_wish
from tradegram.orders.reconcile import next_look, reconcile
from tradegram.orders.sight import Sight
from tradegram.sessions.standing import Phase
from tradegram.store.dynamodb_rows import written_at

if TYPE_CHECKING:
    from tradegram.ports import Desk, Messenger

OFTEN = 2.0  # seconds between two looks at a book, at least
LOOK = 10.0  # seconds that one look may take
LOOK_BACK = 25.0  # seconds that must be left to read trades and positions as well
OVERDUE = 30.0  # seconds after which a message that is still owed was missed by the stream

logger = logging.getLogger(__name__)


def watch(
    desk: Desk,
    messenger: Messenger,
    seconds_left: SecondsLeft,
    pause: Callable[[float], None] = time.sleep,
    ended: Callable[[str], None] = lambda account_id: None,
) -> int:
    """
    Compare every account with its broker's book, as often as its orders ask for, while there is
    time. Answers with how many orders are unsettled. ended: called for each account at the end.
    """
    sights: dict[str, Sight] = {}
    while True:  # ends with the time: every round takes at least OFTEN from it
        for account in desk.brokers.accounts():
            sights.setdefault(account.account_id, Sight(desk, account.account_id))
        looks = [_look(desk, sight) for sight in sights.values()]
        _look_back(desk, sights, seconds_left)
        _deliver_overdue(desk, messenger)
        wait = max(min((wait for _, wait in looks), default=300.0), OFTEN)
        if wait + LOOK > seconds_left():
            for account_id in sights:
                ended(account_id)
            return sum(unsettled for unsettled, _ in looks)
        pause(wait)


def look_now(desk: Desk, account_id: str) -> None:
    """One look at an account's book, because somebody said that it moved. Never raises."""
    _look(desk, Sight(desk, account_id))


def settle(desk: Desk, seconds_left: SecondsLeft) -> int:
    """One look back for every account, as far as the time goes. How many were looked at."""
    looked = 0
    for account in desk.brokers.accounts():
        if seconds_left() < LOOK_BACK:
            logger.warning("no time to settle %s", account.account_id)
            continue
        try_look_back(desk, account.account_id, now=True)
        looked += 1
    return looked


def failed_logins(desk: Desk) -> int:
    """Live accounts whose last login the broker refused."""
    if desk.sessions is None:
        return 0
    live = [each for each in desk.brokers.accounts() if each.mode is Mode.LIVE]
    return [desk.sessions.standing(each).phase for each in live].count(Phase.FAILED)


def _look(desk: Desk, sight: Sight) -> tuple[int, float]:
    """
    How many orders are unsettled, and seconds until the next look.

    Brokers take orders from one registered address only, which is not this function's: what is
    wished for an order is left to the worker, whom the bell wakes.
    """
    account_id = sight.account_id
    try:
        orders = reconcile(desk, account_id, do=ring_for_wish)
        wait = next_look(desk, account_id, orders)
    except BrokerError as error:
        logger.warning("book not read: %s", error, extra={"account_id": account_id})
    except Exception:  # whatever it is, it must not end the watch over the other accounts
        logger.exception("not reconciled", extra={"account_id": account_id})
    else:
        sight.seen()
        return len(orders), min(wait, _keep(desk, account_id))
    sight.unseen()
    return 0, min(5.0, _keep(desk, account_id))


def _keep(desk: Desk, account_id: str) -> float:
    """Seconds until its brackets want to be looked at. A book nobody can read stops no stop."""
    try:
        return go_round(desk, account_id)
    except Exception:
        logger.exception("not looked after", extra={"account_id": account_id})
        return 5.0


def _look_back(desk: Desk, account_ids: Iterable[str], seconds_left: SecondsLeft) -> None:
    """Early in the minute only: what was can wait for the next."""
    for account_id in account_ids:
        if seconds_left() > LOOK_BACK:
            try_look_back(desk, account_id)


def _deliver_overdue(desk: Desk, messenger: Messenger) -> None:
    """The stream wakes the notifier within a second; here we only make up for what it missed."""
    owed = desk.store.notices(1)
    if owed and desk.clock.now() - written_at(owed[0].notice_id) > OVERDUE:
        deliver_in_time(desk, messenger, lambda: 0.0)
