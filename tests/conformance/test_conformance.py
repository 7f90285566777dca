from __future__ import annotations

import pytest
from conformance.promises import PROMISES
from conformance.table import cases, kept

CASES = cases()


@pytest.mark.parametrize("promise", PROMISES)
@pytest.mark.parametrize("broker", CASES)
def test_the_broker_keeps_the_promise(broker: str, promise: str) -> None:
    kept(CASES[broker], promise)


@pytest.mark.parametrize("broker", CASES)
def test_no_promise_is_excused_that_does_not_exist_or_without_a_reason(broker: str) -> None:
    excused = CASES[broker].exempt
    assert set(excused) <= set(PROMISES)
    assert all(len(why) > 20 for why in excused.values())
