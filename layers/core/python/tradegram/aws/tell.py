"""What functions say to people in the time they have."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tradegram.aws.limits import SecondsLeft
from tradegram.chat.outbox import deliver

if TYPE_CHECKING:
    from tradegram.ports import Desk, Messenger

SAY = 8.0  # seconds that one round of messages may take


def deliver_in_time(
    desk: Desk,
    messenger: Messenger,
    seconds_left: SecondsLeft,
    pause: Callable[[float], None] = time.sleep,
) -> int:
    """Say what is owed, and what Telegram asks us to wait with when it may be said. How many."""
    count = 0
    while True:  # ends with the time, or when nothing waits
        round_ = deliver(desk, messenger)
        count += round_.count
        if not round_.wait or round_.wait + SAY > seconds_left():
            return count
        pause(round_.wait)


def alarms_of(event: Mapping[str, Any]) -> Iterator[str]:
    """What CloudWatch says through SNS, in words; of a stream's records nothing."""
    for record in event["Records"]:
        if "Sns" not in record:
            continue
        said = json.loads(record["Sns"]["Message"])
        yield f"Alarm {said['AlarmName']}: {said['AlarmDescription']}"
