"""
Our adapters beside the brokers' own clients: one order, placed at the same simulator by turns.

The clients live in .venv-witness (`make witness`); without it only imports are measured. Wall time
has the simulator's own time in it, twice the same; the time of the processor is the caller's alone.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path

from bench.figures import show
from tradegram.brokers.catalog import ADAPTERS, GATEWAYS
from tradegram.instruments import sample
from tradegram.model import Instrument
from tradegram.sessions.one_time import code
from tradegram.sims.angelone import AngelOneSim
from tradegram.sims.binance import BinanceSim
from tradegram.sims.floor import Floor
from tradegram.sims.stock import Stock
from tradegram.sims.wire import Asked, Dialect, Wire, served
from tradegram.sims.zerodha import ZerodhaSim

ROOT = Path(__file__).resolve().parents[1]
PYTHON = ROOT / ".venv-witness/bin/python"
ORDERS = 300
IMPORTS = 10  # of each, of which the quickest counts

Told = dict[str, str]


def zerodha(floor: Floor) -> tuple[Dialect, Told]:
    sim = ZerodhaSim(floor, Stock(floor, [listed("NSE:INFY")]), limits={})
    asked = {"v": "3", "api_key": sim.api_key}
    back = sim.answer(Asked("GET", "/connect/login", asked, {}, b"")).headers["location"]
    once = back.partition("request_token=")[2]
    keys = {"api_key": sim.api_key, "api_secret": sim.api_secret}
    return sim, {**keys, "request_token": once, "client": sim.user}


def angelone(floor: Floor) -> tuple[Dialect, Told]:
    sim = AngelOneSim(floor, Stock(floor, [listed("NSE:INFY")]), limits={})
    totp = code(sim.totp_secret, time.time())
    return sim, {"api_key": sim.api_key, "client": sim.client, "pin": sim.pin, "totp": totp}


def binance(floor: Floor) -> tuple[Dialect, Told]:
    sim = BinanceSim(floor, Stock(floor, [listed("BINANCE:BTCUSDT")]), limits={})
    return sim, {"api_key": sim.api_key, "api_secret": sim.api_secret}


SIMS: Mapping[str, Callable[[Floor], tuple[Dialect, Told]]] = {
    "zerodha": zerodha,
    "angelone": angelone,
    "binance": binance,
}


class Free(Floor):
    """Where money is not counted: that takes longer with every order."""

    def used(self) -> Decimal:
        return Decimal(0)


def listed(key: str) -> Instrument:
    found = sample.load().find(key)
    assert found is not None
    return found


def main() -> None:
    imports()
    for broker in SIMS:
        if PYTHON.exists():
            placing(broker)
        else:
            print(f"{broker}'s own client is not set up: make witness", flush=True)


def placing(broker: str) -> None:
    floor = Free(time.time, rests=True)
    sim, told = SIMS[broker](floor)
    with served(Wire(sim)) as url:
        seen = _child({**told, "broker": broker, "url": url, "orders": str(ORDERS)})
    placed = len(floor.entries)
    assert placed == 2 * ORDERS, f"{placed} orders came instead of {2 * ORDERS}"
    for kind in ("wall", "processor"):
        ours, theirs = (statistics.median(seen[f"{who} {kind}"]) for who in ("ours", "theirs"))
        show(f"{broker} place, {kind}: ours", ours * 1000, "ms")
        show(f"{broker} place, {kind}: its client's", theirs * 1000, "ms")
        show(f"{broker} place, {kind}: ratio", ours / theirs, "x")


def _child(told: Told) -> dict[str, list[float]]:
    paths = (ROOT, ROOT / "layers/core/python", ROOT / "tests")
    done = subprocess.run(
        [PYTHON, "-W", "ignore", "-m", "bench.adapter_calls"],
        input=json.dumps(told),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PATH": os.defpath, "PYTHONPATH": os.pathsep.join(map(str, paths))},
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    seen: dict[str, list[float]] = json.loads(done.stdout.splitlines()[-1])
    return seen


def imports() -> None:
    """What an adapter adds to a desk that has its client, as a share of boto3."""
    bare, desk = seconds(""), seconds("import tradegram.brokers.client")
    whole = seconds("import boto3") - bare
    show("import boto3", whole * 1000, "ms")
    for name, place in {**ADAPTERS, **GATEWAYS}.items():
        module = place.partition(":")[0]
        added = seconds(f"import tradegram.brokers.client, {module}") - desk
        show(f"import {name}'s adapter, share of boto3", max(added, 0.0) / whole, "x")


def seconds(program: str) -> float:
    """Of the processor, for an interpreter that runs it."""
    return min(_once(program) for _ in range(IMPORTS))


def _once(program: str) -> float:
    process = subprocess.Popen([sys.executable, "-c", program])
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
