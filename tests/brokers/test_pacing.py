from __future__ import annotations

from dataclasses import replace

import pytest
from clocks import StillClock

from tradegram.brokers.pacing import EXCHANGE_LIMIT, Pace, seconds_for
from tradegram.brokers.zerodha import Zerodha

PROFILE = Zerodha.profile


def leaving(pace: Pace, clock: StillClock, seconds: float, *, cancel: bool = False) -> list[float]:
    """When requests leave that are asked for as often as they may be."""
    end, times = clock.now() + seconds, []
    while clock.now() < end:
        wait = pace.take(cancel=cancel)
        if wait:
            clock.pass_(wait)
        else:
            times.append(clock.now())
    return times


def most_in_a_second(times: list[float]) -> int:
    return max(sum(1 for other in times if at <= other < at + 1.0) for at in times)


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 9, 10, 25])
@pytest.mark.parametrize("cancel", [False, True])
def test_no_second_sees_more_orders_than_the_broker_and_the_exchanges_allow(
    limit: int, cancel: bool
) -> None:
    clock = StillClock(0.0)
    pace = Pace(clock, replace(PROFILE, orders_per_second=limit))

    times = leaving(pace, clock, 20.0, cancel=cancel)

    assert most_in_a_second(times) <= min(limit, EXCHANGE_LIMIT)
    assert len(times) >= 9 * min(limit, EXCHANGE_LIMIT)  # nor does it dawdle


def test_a_cancel_does_not_wait_behind_new_orders() -> None:
    clock = StillClock(0.0)
    pace = Pace(clock, PROFILE)
    leaving(pace, clock, 3.0)
    pace.take()

    assert pace.take() > 0
    assert pace.take(cancel=True) == 0


def test_while_cancels_leave_new_orders_wait() -> None:
    clock = StillClock(0.0)
    pace = Pace(clock, PROFILE)
    assert pace.take(cancel=True) == pace.take(cancel=True) == 0

    wait = pace.take(cancel=True)
    clock.pass_(wait)

    assert pace.wait() > 0
    assert pace.take(cancel=True) == 0


def test_on_paper_nobody_waits() -> None:
    profile = replace(PROFILE, book_is_local=True)
    pace = Pace(StillClock(0.0), profile)

    assert [pace.take() for _ in range(100)] == [0.0] * 100
    assert seconds_for(profile, 100) == 0


def test_asking_how_long_to_wait_counts_nothing() -> None:
    pace = Pace(StillClock(0.0), PROFILE)

    assert [pace.wait() for _ in range(20)] == [0.0] * 20
    assert pace.take() == 0


def test_many_orders_say_how_long_they_take() -> None:
    clock = StillClock(0.0)
    pace = Pace(clock, PROFILE)
    times: list[float] = []
    while len(times) < 25:
        wait = pace.take()
        clock.pass_(wait)
        times += [] if wait else [clock.now()]

    assert seconds_for(PROFILE, 1) == 0
    assert seconds_for(PROFILE, 25) == pytest.approx(times[-1] - times[0], rel=0.01)
