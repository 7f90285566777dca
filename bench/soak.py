"""
One machine against a faulty broker on loopback: five orders a second, kill -9 every minute.

    python -m bench.soak [MINUTES] [SEED]

Every press is repeated until it is answered, as Telegram does. Afterwards the record is compared
with the broker's own ledger. Exits with 1 when an order is lost or doubled, when the record says
otherwise than the ledger, or when an audit chain does not verify.
"""

from __future__ import annotations

import queue
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tradegram.audit import verify
from tradegram.bootstrap import RECORD
from tradegram.errors import NotFound
from tradegram.orders.state import LOCAL, Order, State
from tradegram.store.sqlite import SqliteStore

MINUTES = 30.0
PER_SECOND = 5.0
KILL_EVERY = 60.0  # seconds
CANCELLED = 0.2  # share of the orders that are cancelled soon after
ANSWER_WITHIN, READY_WITHIN, QUIET_WITHIN = 30.0, 60.0, 120.0  # seconds
TRUTH = {"OPEN": State.WORKING, "COMPLETE": State.FILLED, "CANCELLED": State.CANCELLED}


@dataclass
class Desk:
    """The killed and restarted process. ask: blocks until it answers, however often it dies."""

    folder: Path
    broker: str
    lives: int = 0
    process: subprocess.Popen[str] | None = None
    answers: queue.Queue[str] = field(default_factory=queue.Queue)
    number: int = 0

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.soak_desk", str(self.folder), self.broker],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.lives += 1
        self.answers = queue.Queue()
        threading.Thread(target=self._hear, args=(self.process, self.answers), daemon=True).start()
        assert self.answers.get(timeout=READY_WITHIN) == "ready", "the desk did not start"

    def kill9(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    def ask(self, what: str, *words: str) -> list[str]:
        """The words of the answer; ["failed", ...] when the desk said no."""
        self.number += 1
        wanted = str(self.number)
        deadline = time.monotonic() + READY_WITHIN + ANSWER_WITHIN
        while time.monotonic() < deadline:
            if self.process is None or self.process.poll() is not None:
                self.start()
            try:
                self._say(f"{what} {wanted} {' '.join(words)}\n")
                return self._answer(wanted)
            except (OSError, queue.Empty):
                continue  # it died meanwhile: pressed again
        raise AssertionError(f"never answered: {what} {words}")

    def _say(self, line: str) -> None:
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def _answer(self, wanted: str) -> list[str]:
        while True:
            word, number, *rest = self.answers.get(timeout=ANSWER_WITHIN).split()
            if number == wanted:
                return [word, *rest]

    @staticmethod
    def _hear(process: subprocess.Popen[str], answers: queue.Queue[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            answers.put(line.strip())
        answers.put("ended 0")


@contextmanager
def faulty_broker(seed: int) -> Iterator[str]:
    with subprocess.Popen(
        [sys.executable, "-m", "bench.soak_broker", str(seed)], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.kill()


def trade(desk: Desk, seconds: float, chance: random.Random) -> tuple[set[str], Counter[str]]:
    """The orders that were confirmed, and what else was answered."""
    confirmed: set[str] = set()
    said: Counter[str] = Counter()
    began = time.monotonic()
    killed, number = began, 0
    while (now := time.monotonic()) < began + seconds:
        if now > killed + KILL_EVERY:
            killer = threading.Timer(chance.uniform(0, 0.5), desk.kill9)
            killer.start()  # in the middle of whatever it does then
            killed = now
        if number > (now - began) * PER_SECOND:
            time.sleep(0.01)
            continue
        number += 1
        key = _order(desk, 1 + number % 97, said)
        if key:
            confirmed.add(key)
            if chance.random() < CANCELLED:
                said[desk.ask("cancel", key)[0]] += 1
    return confirmed, said


def _order(desk: Desk, quantity: int, said: Counter[str]) -> str:
    word, *ticket = desk.ask("open", str(quantity))
    if word == "opened":
        word, *key = desk.ask("confirm", *ticket)
        if word == "confirmed":
            return key[0]
    said[" ".join([word, *ticket][:12])] += 1
    return ""


def settle(desk: Desk) -> None:
    """Until nothing is on its way any more, or for as long as that may take."""
    deadline = time.monotonic() + QUIET_WITHIN
    left, same = -1, 0
    while time.monotonic() < deadline:
        now = int(desk.ask("unsettled")[1])
        same = same + 1 if now == left else 0
        # What merely works is looked for every half minute.
        if not now or (same >= 8 and now < 5):
            return
        left = now
        time.sleep(5.0)


def faults(
    record: Mapping[str, Order], confirmed: set[str], ledger: list[dict[str, Any]]
) -> dict[str, list[str]]:
    """By kind, the orders that are not as they must be."""
    tags = Counter(row["tag"] for row in ledger)
    rows = {row["tag"]: row for row in ledger}
    lost = [key for key in confirmed if key not in record]
    lost += [key for key in tags if key not in record or record[key].state in LOCAL]
    # Sent and never seen: told as unknown. Staged or being sent still: forgotten.
    lost += [key for key, one in record.items() if one.state in (State.STAGED, State.SENDING)]
    lost += [key for key, one in record.items() if one.state not in LOCAL and key not in tags]
    differs = [
        f"{key}: {record[key].state} {record[key].cum_quantity}, but {row['status']}"
        for key, row in rows.items()
        if key in record
        and (record[key].state, record[key].cum_quantity)
        != (TRUTH[row["status"]], row["filled_quantity"])
    ]
    return {
        "lost": sorted(set(lost)),
        "doubled": [key for key, count in tags.items() if count > 1],
        "record differs from ledger": differs,
    }


def read_record(folder: Path, confirmed: set[str], tags: set[str]) -> tuple[dict[str, Order], bool]:
    """The orders, and whether every audit chain verifies."""
    store = SqliteStore(folder / RECORD)
    found = {}
    for key in confirmed | tags:
        try:
            found[key] = store.order(key)
        except NotFound:
            continue
    whole = True
    for account in store.audited():
        try:
            verify(store.chain(account))
        except ValueError as error:
            print(f"{account}: {error}")
            whole = False
    store.close()
    return found, whole


def main() -> int:
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else MINUTES
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    with tempfile.TemporaryDirectory() as folder, faulty_broker(seed) as url:
        desk = Desk(Path(folder), url)
        desk.start()
        confirmed, said = trade(desk, minutes * 60, random.Random(seed))
        settle(desk)
        desk.kill9()
        answer = httpx.get(f"{url}/ledger", timeout=30).json()
        ledger = answer["data"]
        record, whole = read_record(Path(folder), confirmed, {row["tag"] for row in ledger})
    found = faults(record, confirmed, ledger)
    _report(minutes, desk, confirmed, ledger, record, answer["faults"], said)
    for kind, keys in found.items():
        _count(kind, len(keys))
        for key in keys[:10]:
            print(f"    {key}")
    print(f"{'soak: audit chains':<46} {'verified' if whole else 'BROKEN':>12}")
    return 0 if whole and not any(found.values()) else 1


def _report(
    minutes: float,
    desk: Desk,
    confirmed: set[str],
    ledger: list[dict[str, Any]],
    record: Mapping[str, Order],
    struck: Mapping[str, int],
    said: Counter[str],
) -> None:
    _count("minutes", minutes)
    _count("kill -9", desk.lives - 1)
    _count("orders confirmed", len(confirmed))
    _count("orders at the broker", len(ledger))
    for state, number in Counter(one.state for one in record.values()).most_common():
        _count(f"  {state.lower()}", number)
    for name, number in struck.items():
        _count(f"broker: {name}", number)
    for words, number in said.most_common(8):
        _count(f"answered: {words}"[:40], number)


def _count(words: str, number: float) -> None:
    print(f"{'soak: ' + words:<46} {number:>12g}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
