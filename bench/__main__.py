"""All measurements in one run. A shared machine is noisy: read ratios, and the disk beside them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time

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


if __name__ == "__main__":
    order_path.main()
    api.main()
    fan_out.main()
    start_up()
    grammar.main()
    instruments.main()
    adapters.main()
    cold_start.main()
