"""How long the order language takes over the shipped sample. Prints `name value unit` lines."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from bench.figures import show_times
from tradegram.chat.grammar.read import read_order
from tradegram.instruments import sample
from tradegram.instruments.master import Master

NOW = datetime(2026, 11, 21, 6, tzinfo=UTC).timestamp()
ROUNDS = 40

UNDERSTOOD = (
    "/buy NIFTY 50",
    "/buy NIFTY 65",
    "/buy 2 lots BANKNIFTY 52000 CE 23 NOV @ 120 sl 100 tgt 160",
    "/buy NIFTY 24000 CE",
    "/sell RELIANCE 10 limit 2950 mis",
    "/buy M&M 5",
    "/buy BAJAJ-AUTO 1",
    "/buy TATA MOTORS 10",
    "/buy BTC/USDT 0.01",
    "/buy AAPL 10",
    "buy ₹50k of RELIANCE",
    "b 5 INFY",
    "buy BANKNIFTY26NOVFUT 30",
    "buy NIFTY FUT next month 2x @ 24,010 sl 1% tgt +200 nrml ioc #main",
)
MENDED = (
    "/buy 2 lots BANKNIFTY 52000 CE 27 NOV @ 120 sl 100 tgt 160",
    "/buy RELIANCE 10 @ 2950.03",
    "/buy RELIAANCE 10",
    "buy RELIANCE 10 lmit 2950",
    "buy NIFTY24NOV26000CE 1 lot",
    "buy NIFTY 50 FUT",
    "buy RELIANCE",
)


def measure(texts: tuple[str, ...], master: Master) -> list[float]:
    """Seconds per text, every text ROUNDS times."""
    times = []
    for text in texts * ROUNDS:
        start = time.perf_counter()
        read_order(text, master, NOW, spot=sample.start_price)
        times.append(time.perf_counter() - start)
    return times


def main() -> None:
    master = sample.load()
    measure(UNDERSTOOD + MENDED, master)
    show_times("parse of an order that is understood", measure(UNDERSTOOD, master))
    show_times("parse of an order that is mended", measure(MENDED, master))


if __name__ == "__main__":
    main()
