"""Measurements, a line each. A shared machine is noisy: read ratios, and the disk beside them."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

from bench import adapters, api, cold_start, fan_out, grammar, instruments, order_path
from bench.figures import show


def start_up() -> None:
    """From the command to the console's address, with a record that exists already."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "TRADEGRAM_DATA_DIR": folder, "TRADEGRAM_HTTP_PORT": "0"}
        environment.pop("TELEGRAM_BOT_TOKEN", None)
        times = [_start(environment) for _ in range(4)][1:]
    show("start-up, median of 3", sorted(times)[1], "s")


def _start(environment: dict[str, str]) -> float:
    began = time.perf_counter()
    command = [sys.executable, "-m", "tradegram", "run"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    while not re.match(r"Console:", process.stdout.readline()):
        assert process.poll() is None, "the desk did not start"
    took = time.perf_counter() - began
    process.terminate()
    process.wait(10)
    return took


FIGURES: dict[str, Callable[[], object]] = {
    "orders": order_path.main,
    "rest": api.main,
    "fan-out": fan_out.main,
    "start": start_up,
    "grammar": grammar.main,
    "instruments": instruments.main,
    "adapters": adapters.main,
    "cold-start": cold_start.main,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("figure", nargs="*", help=f"of {', '.join(FIGURES)}; all without any")
    wanted: list[str] = parser.parse_args().figure
    if unknown := [name for name in wanted if name not in FIGURES]:
        parser.error(f"there is no figure {unknown[0]!r}, but {', '.join(FIGURES)}")
    for name in wanted or FIGURES:
        FIGURES[name]()


if __name__ == "__main__":
    main()
