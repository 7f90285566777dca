"""`tradegram sim zerodha`: a broker of this machine's own, to try the whole desk against."""

from __future__ import annotations

import argparse
import threading
from collections.abc import Callable

from tradegram.cli.terminal import Add
from tradegram.clock import SystemClock
from tradegram.errors import SettingError
from tradegram.settings import Settings
from tradegram.sims.started import SIMS, Started, line, start_of


def add_commands(add: Add) -> None:
    sim = add("sim", _sim, "Run a simulated broker here; no money, no account, no internet.")
    sim.add_argument("broker", choices=sorted(SIMS), metavar="BROKER", help=", ".join(SIMS))
    sim.add_argument("--port", type=int, default=0, help="on 127.0.0.1; any free one by default")
    sim.add_argument("--redirect", metavar="URL", help="where its login page sends the browser")
    sim.add_argument("--postback", metavar="URL", help="where it posts what happens to orders")
    sim.add_argument("--seconds", type=float, help="stop by itself after so long")


def _sim(settings: Settings, asked: argparse.Namespace) -> int:
    try:
        with start_of(asked.broker)(SystemClock(), asked.port) as started:
            _point(started.redirect, asked.redirect, "--redirect")
            _point(started.post_to, asked.postback, "--postback")
            started.floor.watchers.append(lambda entry: print(line(entry), flush=True))
            print(words(asked.broker, started), flush=True)
            threading.Event().wait(asked.seconds)
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        raise SettingError(
            f"Port {asked.port} cannot be used: {error.strerror}. Name another, or none."
        ) from error
    return 0


def _point(towards: Callable[[str], None] | None, address: str | None, option: str) -> None:
    if address is None:
        return
    if towards is None:
        raise SettingError(f"This broker has nothing that {option} could name. Leave it out.")
    if not address.startswith(("http://", "https://")):
        raise SettingError(f"{option} must begin with http:// or https://.")
    towards(address)


def words(broker: str, started: Started) -> str:
    """What to type in another terminal."""
    urls = " ".join(f"{broker}.{name}={address}" for name, address in started.urls.items())
    fields = "\n".join(f"    {name}: {value}" for name, value in started.credentials.items())
    lines = [
        f"A simulated {broker} is up. Every order is listed below; Ctrl-C ends it.",
        "In the terminal of the desk:",
        f'  export TRADEGRAM_BROKER_URLS="{urls}"' if urls else "",
        f"  tradegram link {broker} --client {started.client}, and as it asks:"
        if started.client
        else f"  tradegram link {broker}, and as it asks:",
        fields,
        "  tradegram run",
        started.advice,
    ]
    return "\n".join(one for one in lines if one)
