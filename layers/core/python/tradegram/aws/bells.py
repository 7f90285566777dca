"""What functions do with messages of queues: one message is one client order id."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tradegram.aws.limits import SecondsLeft
from tradegram.brokers.guarded import GuardedBroker
from tradegram.errors import BrokerError, UserError
from tradegram.orders.hedges import waits_for_hedge
from tradegram.orders.reconcile import reconcile
from tradegram.orders.send import TryLater
from tradegram.orders.unattended import tell_unattended
from tradegram.triggers.send import BELL, attend_any

if TYPE_CHECKING:
    from tradegram.brokers.health import Sample
    from tradegram.orders.state import Order
    from tradegram.ports import Desk

CLAIMS = 3  # tries to send within one delivery of a message
LONGEST_SEND = 15.0  # seconds: the broker's slowest answer and the writes around it

logger = logging.getLogger(__name__)


def each_message(
    event: Mapping[str, Any], work: Callable[[Mapping[str, Any]], object]
) -> Mapping[str, Any]:
    """
    Work on the messages of an event; the answer names those to be delivered again.

    In a FIFO queue what comes after one that failed waits for it, unless it is of another group.
    """
    failed: dict[str, str] = {}
    for record in event["Records"]:
        group = record["attributes"]["MessageGroupId"]
        if group in failed.values():
            failed[record["messageId"]] = group
            continue
        try:
            work(record)
        except Exception as error:
            logger.warning("message failed: %s", type(error).__name__, exc_info=error)
            failed[record["messageId"]] = group
    return {"batchItemFailures": [{"itemIdentifier": name} for name in failed]}


def queue_url(prefix: str, arn: str) -> str:
    """Where a queue of this stack answers. prefix: TRADEGRAM_QUEUE_PREFIX."""
    return f"{prefix.rpartition('/')[0]}/{arn.rpartition(':')[2]}"


def send_in_time(
    desk: Desk,
    client_order_id: str,
    seconds_left: SecondsLeft,
    pause: Callable[[float], None] = time.sleep,
) -> Order | None:
    """
    Attend to an order, again when the broker asks for patience and there is time for it. None of
    one that the broker keeps until a price.

    Raises TryLater and StoreError: the message must then be delivered again.
    """
    for claims_left in reversed(range(CLAIMS)):
        try:
            return attend_any(desk, client_order_id)
        except TryLater as later:
            if not claims_left or later.seconds + LONGEST_SEND > seconds_left():
                raise
            pause(later.seconds)
            _look_for_hedge(desk, client_order_id)
    raise AssertionError("the last claim returns or raises")


def _look_for_hedge(desk: Desk, client_order_id: str) -> None:
    """Nobody else may look at the book before the next minute, and only it says what works."""
    if client_order_id.startswith(BELL):
        return
    waiting = waits_for_hedge(desk, client_order_id)
    if waiting is not None:
        with suppress(BrokerError):
            reconcile(desk, waiting.account_id)


def tell_dead(desk: Desk, body: str) -> None:
    """body: of a message that nobody could work on, whatever it holds. Raises StoreError."""
    try:
        key = str(json.loads(body)["client_order_id"])
    except (ValueError, KeyError, TypeError):
        key = ""  # nobody here wrote it; that it came is worth an alert all the same
    tell_unattended(desk, key)


def broker_samples(desk: Desk, account_id: str) -> Sequence[Sample]:
    """The calls to its broker since the last time, for the function's metrics."""
    try:
        broker = desk.brokers.broker(account_id)
    except (BrokerError, UserError):
        return ()
    return broker.take_samples() if isinstance(broker, GuardedBroker) else ()
