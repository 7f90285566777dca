"""
An AWS on loopback that keeps DynamoDB's promises under threads: ministack, in an environment of
its own, because it pins its own libraries.

    python3 -m venv .venv-ministack
    .venv-ministack/bin/pip install --require-hashes -r requirements/ministack.txt
"""

from __future__ import annotations

import atexit
import http.client
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

PYTHON = Path(__file__).resolve().parents[1] / ".venv-ministack/bin/python"
STARTS_WITHIN = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class Server:
    """One AWS of its own. pid: its functions run below this process."""

    url: str
    pid: int
    stop: Callable[[], None] = field(repr=False)


@cache
def endpoint() -> str:
    """The address of one server, started on first use; skips the test where it is not set up."""
    return start().url


def start(**more: str) -> Server:
    """One more server, which ends with this process. more: of its environment."""
    if not PYTHON.exists():
        why = "ministack is not set up in .venv-ministack; races on DynamoDB are not tested"
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)
    port = _free_port()
    folder = tempfile.mkdtemp(prefix="ministack-")
    server = subprocess.Popen(
        [PYTHON, "-m", "hypercorn", "ministack.app:app", "--bind", f"127.0.0.1:{port}"],
        env=_environment(port, folder) | more,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # so that it can be ended with all that it started
    )

    def stop() -> None:
        _stop(server, folder)

    atexit.register(stop)
    _wait(server, port)
    return Server(f"http://127.0.0.1:{port}", server.pid, stop)


def _environment(port: int, folder: str) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": folder,
        "TMPDIR": folder,
        "STATE_DIR": f"{folder}/state",
        "S3_DATA_DIR": f"{folder}/s3",
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "127.0.0.1",
        "LOG_LEVEL": "ERROR",
    }


def _wait(server: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until:
        assert server.poll() is None, f"ministack ended with {server.returncode}"
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                break
        except OSError:
            time.sleep(0.1)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=STARTS_WITHIN)
    connection.request("GET", "/_ministack/health")
    assert connection.getresponse().status == 200
    connection.close()


def _stop(server: subprocess.Popen[bytes], folder: str) -> None:
    """At once: nothing in it is worth an orderly end. Harmless to repeat."""
    if server.poll() is None:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
    # Every function has its own copy of the layers: nobody waits until those are gone.
    subprocess.run(["sh", "-c", 'rm -rf "$0" &', folder], check=False)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
