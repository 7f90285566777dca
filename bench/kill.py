"""
Kill -9 while twenty orders are confirmed, many times over, and count what became of them.

    python -m bench.kill [rounds] [first seed]

A round is that of the end-to-end test, played from its seed. Every BATCH rounds share one record;
then its book and its audit chain are read. Exits with 1 when anything is not as it should be.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from e2e.kill_rounds import (  # noqa: E402 - after the path
    USERS,
    Tapped,
    faults,
    let_orders_repeat,
    play_round,
    told,
)
from e2e.product import Product, telegram  # noqa: E402
from loopback.bot_api import BotApi  # noqa: E402

from bench.figures import show  # noqa: E402

ROUNDS = 200
BATCH = 20


@dataclass(slots=True)
class Tally:
    """untold: rounds after which somebody was not told. chains: verified and broken ones."""

    rounds: int = 0
    confirmed: int = 0
    lost: int = 0
    doubled: int = 0
    unasked: int = 0
    untold: list[str] = field(default_factory=list[str])
    wrong: list[str] = field(default_factory=list[str])
    chains: Counter[bool] = field(default_factory=Counter[bool])
    read: Counter[str] = field(default_factory=Counter[str])

    @property
    def good(self) -> bool:
        return not (self.lost or self.doubled or self.unasked or self.untold or self.wrong)


def batch(seeds: Sequence[int], tally: Tally) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        BotApi() as api,
        Product(Path(folder), telegram(api, *USERS)) as desk,
    ):
        let_orders_repeat(desk)
        tapped: list[Tapped] = []
        for seed in seeds:
            try:
                tapped += play_round(desk, api, seed)
            except AssertionError as error:
                tally.untold.append(f"seed {seed}: {error}")
                break  # what this round left would be counted as the next one's
            tally.rounds += 1
        judge(desk, tapped, tally)
        if api.token in desk.said or "Traceback" in desk.said:
            tally.wrong.append(f"seeds {seeds[0]} to {seeds[-1]}: the log holds what it must not")


def judge(desk: Product, tapped: Sequence[Tapped], tally: Tally) -> None:
    book = Counter(order["client_order_id"] for order in desk.orders())
    tally.confirmed += len(tapped)
    tally.lost += sum(1 for one in tapped if told(one) == "Filled" and not book[one.order_key])
    tally.doubled += sum(1 for count in book.values() if count > 1)
    if not tally.untold:
        tally.unasked += len(book.keys() - {one.order_key for one in tapped})
    tally.read.update(told(one) for one in tapped)
    found = faults(desk, tapped)
    tally.chains[not any("chain" in each for each in found)] += 1
    tally.wrong += found


def main() -> int:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    tally, began = Tally(), time.monotonic()
    for start in range(first, first + rounds, BATCH):
        batch(range(start, min(start + BATCH, first + rounds)), tally)
        print(f"... {tally.rounds} rounds, {tally.confirmed} confirmed", flush=True)
    report(tally)
    show("kill -9: time", time.monotonic() - began, "s")
    return 0 if tally.good else 1


def report(tally: Tally) -> None:
    count("rounds", tally.rounds)
    count("orders confirmed", tally.confirmed)
    for words, number in tally.read.most_common():
        count(f"  of these read {words!r}", number)
    count("lost", tally.lost)
    count("doubled", tally.doubled)
    count("at the broker, confirmed by nobody", tally.unasked)
    count("audit chains verified", tally.chains[True])
    count("audit chains broken", tally.chains[False])
    for each in [*tally.untold, *tally.wrong]:
        print(each)


def count(words: str, number: int) -> None:
    print(f"{'kill -9: ' + words:<46} {number:>12}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
