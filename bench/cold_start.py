"""
How long a function takes to be ready, by Lambda's own runtime client against a small runtime API
on loopback, as ratios to `python -c 'import boto3'` in the same run; and what a warm call adds.

    python -m bench.cold_start          prints the figures; exit code 1 above a limit

Real Lambda adds the sandbox and fetching the code. Functions get what the layers hold and nothing
else, and the table they load from is one that an emulator keeps in a thread of this process.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tools.package import ROOT, link_here

from bench.figures import show

ROUNDS = 7
WARM = 200  # calls
LIMITS = {"submit_order": 2.4, "telegram_webhook": 2.7, "notify": 2.2}  # to `import boto3`
OVERHEAD = 0.002  # seconds of a warm call beside the handler's own
RUNTIME_CLIENT = ("awslambdaric", "simplejson", "snapshot-restore-py")
BARE = "def handler(event, context):\n    return None\n"


class _Answering(ThreadingHTTPServer):
    daemon_threads = True


@dataclass(slots=True)
class RuntimeApi:
    """
    What Lambda's runtime client talks to. ready: when it first asked for work. calls: when each
    event was given out and when its answer came, in seconds.
    """

    events: int = 0
    ready: threading.Event = field(default_factory=threading.Event)
    calls: list[tuple[float, float]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    failed: str = ""
    ready_at: float = 0.0
    _given: float = 0.0

    def next(self, door: BaseHTTPRequestHandler) -> None:
        if not self.ready.is_set():
            self.ready_at = time.perf_counter()
            self.ready.set()
        if len(self.calls) >= self.events:
            self.over.wait(60)  # frozen, until it is ended
            door.close_connection = True
            return
        until = str(int(time.time() * 1000) + 60_000)
        self._given = time.perf_counter()
        _answer(door, 200, b'{"Records": []}', {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": f"{len(self.calls)}",
            "Lambda-Runtime-Deadline-Ms": until,
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:ap-south-1:1:function:desk",
            "Lambda-Runtime-Trace-Id": "Root=1-5759e988-bd862e3fe1be46a994272793",
        })  # fmt: skip

    def answered(self) -> None:
        self.calls.append((self._given, time.perf_counter()))


@contextmanager
def runtime_api(events: int = 0) -> Iterator[tuple[RuntimeApi, str]]:
    api = RuntimeApi(events)

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else every answer waits 40 ms for an acknowledgement

        def do_GET(self) -> None:
            api.next(self)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if "error" in self.path:
                api.failed = body.decode()
                api.ready.set()
            elif self.path.endswith("/response"):
                api.answered()
            _answer(self, 202, b"{}", {})

        def log_message(self, *_: Any) -> None: ...

    server = _Answering(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield api, f"127.0.0.1:{server.server_port}"
    finally:
        api.over.set()
        server.shutdown()
        server.server_close()


def _answer(
    door: BaseHTTPRequestHandler, status: int, body: bytes, headers: Mapping[str, str]
) -> None:
    door.send_response(status)
    for name, value in {**headers, "Content-Length": str(len(body))}.items():
        door.send_header(name, value)
    door.end_headers()
    door.wfile.write(body)


@contextmanager
def table() -> Iterator[str]:
    """A table that is always empty and takes everything: loading a function asks little of it."""

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            said: dict[str, Any] = {"Items": [], "Count": 0}
            if self.headers["X-Amz-Target"].endswith("GetParameters"):
                names = {"TELEGRAM_BOT_TOKEN": "123:abc", "TELEGRAM_WEBHOOK_SECRET": "s" * 32}
                said = {"Parameters": [
                    {"Name": f"/desk/{name}", "Value": value} for name, value in names.items()
                ]}  # fmt: skip
            body = json.dumps(said).encode()
            _answer(self, 200, body, {"Content-Type": "application/x-amz-json-1.0"})

        def log_message(self, *_: Any) -> None: ...

    server = _Answering(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds: by the clock, and of a processor."""

    clock: float
    cpu: float


def _cpu(pid: int) -> float:
    """Seconds that all threads of a process have had a processor."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(each.read_text().split()[0]) for each in tasks) / 1e9


def _children() -> float:
    """Seconds that ended child processes have had a processor."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@dataclass(frozen=True, slots=True)
class Sandbox:
    """layer: where packages are linked. aws: what stands for AWS."""

    layer: Path
    aws: str

    def environment(self, api: str) -> dict[str, str]:
        ours = str(ROOT / "layers/core/python")
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{ours}:{self.layer}",
            "AWS_LAMBDA_RUNTIME_API": api,
            "AWS_LAMBDA_FUNCTION_NAME": "desk",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_DEFAULT_REGION": "ap-south-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL": self.aws,
            "TRADEGRAM_TABLE": "desk",
            "TRADEGRAM_QUEUE_PREFIX": f"{self.aws}/1/desk-orders-",
            "TRADEGRAM_SECRETS_PATH": "/desk",
            "TRADEGRAM_ALLOWED_USERS": "42",
            "TELEGRAM_API_BASE_URL": self.aws,
        }

    def python(self, code: str) -> Took:
        """Of a whole process."""
        before, began = _children(), time.perf_counter()
        subprocess.run([sys.executable, "-S", "-c", code], env=self.environment(""), check=True)
        return Took(time.perf_counter() - began, _children() - before)

    def start(self, folder: Path) -> Took:
        """Until a function asks for its first event."""
        with runtime_api() as (api, address):
            began = time.perf_counter()
            with self._running(folder, address) as pid:
                self._wait(api)
                return Took(api.ready_at - began, _cpu(pid))

    def warm(self, folder: Path) -> float:
        """Seconds of one call that does nothing, the runtime client's part included; the median."""
        with runtime_api(WARM) as (api, address), self._running(folder, address):
            self._wait(api)
            while len(api.calls) < WARM:
                time.sleep(0.01)
            took = [came - given for given, came in api.calls[10:]]
            return statistics.median(took)

    @contextmanager
    def _running(self, folder: Path, address: str) -> Iterator[int]:
        process = subprocess.Popen(
            [sys.executable, "-S", "-m", "awslambdaric", "app.handler"],
            cwd=folder,
            env=self.environment(address) | {"LAMBDA_TASK_ROOT": str(folder)},
            stdout=subprocess.DEVNULL,
        )
        try:
            yield process.pid
        finally:
            process.kill()
            process.wait()

    def _wait(self, api: RuntimeApi) -> None:
        if not api.ready.wait(60) or api.failed:
            raise SystemExit(f"it did not start: {api.failed or 'nothing was said'}")


def main() -> int:
    """Interleaved, and the best of each: a busy machine slows some down, and none speeds up."""
    with tempfile.TemporaryDirectory() as made, table() as aws:
        layer, bare = Path(made) / "layer", Path(made) / "bare"
        link_here(layer, RUNTIME_CLIENT)
        bare.mkdir()
        (bare / "app.py").write_text(BARE)
        sandbox = Sandbox(layer, aws)
        sandbox.python("import boto3")  # compiles whatever was not compiled yet
        times: dict[str, list[Took]] = {"boto3": [], **{name: [] for name in LIMITS}}
        for _ in range(ROUNDS):
            times["boto3"].append(sandbox.python("import boto3"))
            for name in LIMITS:
                times[name].append(sandbox.start(ROOT / "functions" / name))
        overhead = sandbox.warm(bare)
    return _said(times, overhead)


def _said(times: Mapping[str, list[Took]], overhead: float) -> int:
    """The processor's seconds are compared: a busy machine stretches the others."""
    base = min(each.cpu for each in times["boto3"])
    for name, took in times.items():
        what = "python -c 'import boto3'" if name == "boto3" else f"cold start of {name}"
        show(f"{what}, best", min(each.clock for each in took) * 1000, "ms")
        show("  of a processor, best", min(each.cpu for each in took) * 1000, "ms")
    bad = 0
    for name, limit in LIMITS.items():
        ratio = min(each.cpu for each in times[name]) / base
        show(f"{name} to import boto3, at most {limit}", ratio, "x")
        bad += ratio > limit
    show("warm overhead of a call, at most 2", overhead * 1000, "ms")
    return 1 if bad or overhead > OVERHEAD else 0


if __name__ == "__main__":
    sys.exit(main())
