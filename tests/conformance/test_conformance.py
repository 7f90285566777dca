from __future__ import annotations

import pytest
from conformance.promises import PROMISES
from conformance.table import brokers, cases, kept, main

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


def test_every_broker_of_the_desk_has_a_case() -> None:
    assert set(CASES) == set(brokers())


def test_the_table_is_in_order_when_every_promise_is_kept(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["zerodha"]) == 0

    said = capsys.readouterr().out
    assert f"{len(PROMISES)} cells, {len(PROMISES)} in order, 0 blank or broken" in said
    assert "lines" in said


def test_a_broker_without_a_case_leaves_blanks_and_that_is_a_failure(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["nobody"]) == 1

    assert "0 in order" in capsys.readouterr().out
