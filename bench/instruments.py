"""
What the instrument master costs with 250,000 rows: loading, searching, memory.

Prints `name value unit` lines. Loading and searching happen in a process of their own, so that the
memory is the master's and not that of whoever made the rows. The rows are invented and seeded.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from tradegram.instruments import sources
from tradegram.instruments.master import Master
from tradegram.instruments.table import build
from tradegram.model import Instrument, Kind

ROWS = 250_000
LISTED = 40_000
UNDERLYINGS = 200
EXPIRIES = 6
SEARCHES = 3_000
TODAY = date(2026, 11, 21)
TRADES = ("Steel", "Cement", "Finance", "Power", "Industries", "Pharma", "Motors", "Textiles")


def listed(chance: random.Random) -> list[Instrument]:
    """Shares of four exchanges and coins; two exchanges list many of the same."""
    shares: dict[str, Instrument] = {}
    while len(shares) < LISTED:
        word = "".join(chance.choice("BDGKLMNPRSTV") + chance.choice("AEIOU") for _ in range(4))
        symbol = word[: chance.randint(3, 8)] + chance.choice(["", "", "X", "IND", "-BE"])
        name = f"{word.title()} {chance.choice(TRADES)} Limited"
        for exchange in chance.choice([["NSE", "BSE"], ["BSE"], ["NASDAQ"], ["NYSE"]]):
            share = Instrument(exchange, symbol, Kind.SHARE, name, Decimal(1), Decimal("0.05"))
            shares[share.key] = share
    return list(shares.values())


def derivatives(underlyings: Sequence[str], count: int) -> Iterator[Instrument]:
    """Futures and options, as many strikes as it takes."""
    strikes = count // (len(underlyings) * EXPIRIES * 2) + 1
    made = 0
    for month in range(EXPIRIES):
        expiry = TODAY + timedelta(days=10 + 30 * month)
        for underlying in underlyings:
            stem = f"{underlying}{expiry:%y%b%d}".upper()
            for strike in range(1000, 1000 + 10 * strikes, 10):
                for kind in (Kind.CALL, Kind.PUT):
                    if made == count:
                        return
                    made += 1
                    yield Instrument(
                        exchange="NFO",
                        symbol=f"{stem}{strike}{kind.value}",
                        kind=kind,
                        name=f"{underlying} {strike} {kind.value} {expiry:%d %b %Y}",
                        lot_size=Decimal(75),
                        tick_size=Decimal("0.05"),
                        underlying=underlying,
                        expiry=expiry,
                        strike=Decimal(strike),
                    )


def write(path: Path) -> None:
    chance = random.Random(1)
    shares = listed(chance)
    words = sorted({share.symbol for share in shares if share.exchange == "NSE"})
    underlyings = chance.sample(words, UNDERLYINGS)
    options = derivatives(underlyings, ROWS - len(shares))
    aliases = {share.key: [f"INE{number:09d}"] for number, share in enumerate(shares)}
    began = time.perf_counter()
    table = build([*shares, *options], aliases, TODAY)
    say("instruments_build", time.perf_counter() - began, "s")
    sources.save(table, path)
    say("instruments_file", path.stat().st_size / 1e6, "MB")


def measure(path: Path) -> None:
    before = memory("VmRSS")
    began = time.perf_counter()
    master = sources.load(path, TODAY)
    say("instruments_load", time.perf_counter() - began, "s")
    say("instruments_rows", len(master), "rows")
    say("instruments_memory", memory("VmRSS") - before, "MB")
    say("instruments_memory_peak", memory("VmHWM") - before, "MB")
    for kind, query in (("exact", exact), ("prefix", start), ("misspelt", mistyped)):
        report(f"search_{kind}", timed(master, query))
    report("search", timed(master, lambda word, chance: chance.choice(KINDS)(word, chance)))


def timed(master: Master, query: Callable[[str, random.Random], str]) -> list[float]:
    chance, taken = random.Random(2), []
    rows = [line.split("\t") for line in chance.sample(master.lines(), 10 * SEARCHES)]
    shares = [row[1] for row in rows if not row[7]][: SEARCHES // 2]
    contracts = [row[1] for row in rows if row[7]][: SEARCHES // 2]
    for symbol in chance.sample([*shares, *contracts], SEARCHES):
        words = query(symbol, chance)
        began = time.perf_counter()
        master.search(words)
        taken.append(time.perf_counter() - began)
    return sorted(taken)


def exact(word: str, chance: random.Random) -> str:
    return word.lower() if chance.random() < 0.5 else word


def start(word: str, chance: random.Random) -> str:
    return word[: chance.randint(1, max(1, len(word) - 1))]


def mistyped(word: str, chance: random.Random) -> str:
    at, letter = chance.randrange(len(word)), chance.choice("AEIOUNRST")
    return word[:at] + letter + word[at + chance.choice([0, 1]) :]


KINDS = (exact, start, mistyped)


def report(name: str, taken: Sequence[float]) -> None:
    for percent in (50, 95, 99):
        say(f"{name}_p{percent}", 1000 * taken[len(taken) * percent // 100], "ms")


def memory(field: str) -> float:
    """MB of this process: VmRSS now, VmHWM at most. Linux only."""
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith(field))
    return int(line.split()[1]) / 1000


def say(name: str, value: float, unit: str) -> None:
    print(f"{name} {value:.3f} {unit}", flush=True)


def main() -> None:
    if len(sys.argv) == 2:
        measure(Path(sys.argv[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "instruments.gz"
        write(path)
        subprocess.run([sys.executable, __file__, str(path)], check=True)


if __name__ == "__main__":
    main()
