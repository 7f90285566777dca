"""What a Lambda function does with the time it has: try again, look again, and stop in time."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from tradegram.brackets.round import go_round
from tradegram.brokers.guarded import GuardedBroker
from tradegram.errors import BrokerError, UserError
from tradegram.history.look import try_look_back
from tradegram.model import Mode
from tradegram.orders.attend import attend, ring_for_wish
from tradegram.orders.hedges import waits_for_hedge
from tradegram.orders.reconcile import cadence, reconcile
from tradegram.orders.send import TryLater
from tradegram.orders.sight import Sight
from tradegram.orders.unattended import tell_unattended
from tradegram.sessions.standing import Phase
from tradegram.store.dynamodb_rows import written_at

if TYPE_CHECKING:
    from tradegram.brokers.health import Sample
    from tradegram.orders.state import Order
    from tradegram.ports import Desk, Messenger

CLAIMS = 3  # tries to send within one delivery of a message
LONGEST_SEND = 15.0  # seconds: the broker's slowest answer and the writes around it
OFTEN = 2.0  # seconds between two looks at a book, at least
LOOK = 10.0  # seconds that one look may take
LOOK_BACK = 25.0  # seconds that must be left to read trades and positions as well
SAY = 8.0  # seconds that one round of messages may take
OVERDUE = 30.0  # seconds after which a message that is still owed was missed by the stream

SecondsLeft = Callable[[], float]
logger = logging.getLogger(__name__)


class Context(Protocol):
    """Of what Lambda tells a function, the part that runs out."""

    def get_remaining_time_in_millis(self) -> int: ...


def seconds_left(context: Context) -> SecondsLeft:
    return lambda: context.get_remaining_time_in_millis() / 1000


def send_in_time(
    desk: Desk,
    client_order_id: str,
    seconds_left: SecondsLeft,
    pause: Callable[[float], None] = time.sleep,
) -> Order:
    """
    Attend to an order, again when the broker asks for patience and there is time for it.

    Raises TryLater and StoreError: the message must then be delivered again.
    """
    for claims_left in reversed(range(CLAIMS)):
        try:
            return attend(desk, client_order_id)
        except TryLater as later:
            if not claims_left or later.seconds + LONGEST_SEND > seconds_left():
                raise
            pause(later.seconds)
            _look_for_hedge(desk, client_order_id)
    raise AssertionError("the last claim returns or raises")


def _look_for_hedge(desk: Desk, client_order_id: str) -> None:
    """Nobody else may look at the book before the next minute, and only it says what works."""
    waiting = waits_for_hedge(desk, client_order_id)
    if waiting is not None:
        with suppress(BrokerError):
            reconcile(desk, waiting.account_id)


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


def deliver_in_time(
    desk: Desk,
    messenger: Messenger,
    seconds_left: SecondsLeft,
    pause: Callable[[float], None] = time.sleep,
) -> int:
    """Say what is owed, and what Telegram asks us to wait with when it may be said. How many."""
    from tradegram.chat.outbox import deliver

    count = 0
    while True:  # ends with the time, or when nothing waits
        round_ = deliver(desk, messenger)
        count += round_.count
        if not round_.wait or round_.wait + SAY > seconds_left():
            return count
        pause(round_.wait)


def tell_dead(desk: Desk, body: str) -> None:
    """body: of a message that nobody could work on, whatever it holds. Raises StoreError."""
    try:
        key = str(json.loads(body)["client_order_id"])
    except (ValueError, KeyError, TypeError):
        key = ""  # nobody here wrote it; that it came is worth an alert all the same
    tell_unattended(desk, key)


def alarms_of(event: Mapping[str, Any]) -> Iterator[str]:
    """What CloudWatch says through SNS, in words; of a stream's records nothing."""
    for record in event["Records"]:
        if "Sns" not in record:
            continue
        said = json.loads(record["Sns"]["Message"])
        yield f"Alarm {said['AlarmName']}: {said['AlarmDescription']}"


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


def broker_samples(desk: Desk, account_id: str) -> Sequence[Sample]:
    """The calls to its broker since the last time, for the function's metrics."""
    try:
        broker = desk.brokers.broker(account_id)
    except (BrokerError, UserError):
        return ()
    return broker.take_samples() if isinstance(broker, GuardedBroker) else ()


def _look(desk: Desk, sight: Sight) -> tuple[int, float]:
    """
    How many orders are unsettled, and seconds until the next look.

    Brokers take orders from one registered address only, which is not this function's: what is
    wished for an order is left to the worker, whom the bell wakes.
    """
    account_id = sight.account_id
    try:
        orders = reconcile(desk, account_id, do=ring_for_wish)
    except BrokerError as error:
        logger.warning("book not read: %s", error, extra={"account_id": account_id})
    except Exception:  # whatever it is, it must not end the watch over the other accounts
        logger.exception("not reconciled", extra={"account_id": account_id})
    else:
        sight.seen()
        profile = desk.brokers.profile(account_id)
        wait = cadence(orders, profile, desk.clock.now())
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
