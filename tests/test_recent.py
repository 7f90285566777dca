from __future__ import annotations

from tradegram.recent import Recent


def test_an_answer_is_good_for_its_seconds_and_not_a_moment_longer() -> None:
    recent = Recent[str, int](seconds=5.0, most=10)
    recent.keep("a", 1, now=100.0)

    assert recent.get("a", 104.9) == 1
    assert recent.get("a", 105.0) is None
    assert recent.get("a", 99.0) is None  # a clock that stepped back makes nothing young again
    assert recent.get("b", 101.0) is None


def test_the_oldest_goes_when_there_are_too_many() -> None:
    recent = Recent[int, int](seconds=5.0, most=3)
    for number in range(5):
        recent.keep(number, number, now=1.0)
    recent.keep(2, 22, now=1.0)
    recent.keep(6, 6, now=1.0)

    assert [recent.get(number, 1.0) for number in range(7)] == [None, None, 22, None, 4, None, 6]


def test_what_is_stale_is_forgotten_and_the_rest_stays() -> None:
    recent = Recent[tuple[str, int], int](seconds=5.0, most=9)
    for account, number in (("a", 1), ("a", 2), ("b", 1)):
        recent.keep((account, number), number, now=1.0)

    recent.forget(lambda key: key[0] == "a")

    assert recent.get(("a", 1), 1.0) is None
    assert recent.get(("b", 1), 1.0) == 1
