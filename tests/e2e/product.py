"""
The real process, started and stopped as a person would, and asked what it did.

    with BotApi() as api, Product(tmp_path, telegram(api)) as desk:
        asha = api.user(42)
        ...
        desk.kill9()
        desk.start()
        assert desk.count() == 1        # of the broker's own book, by the command line
"""

from __future__ import annotations

import io
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import pytest
from loopback.bot_api import BotApi

from tradegram.cli.main import main

OURS = ("TRADEGRAM_", "TELEGRAM_")  # settings of whoever runs the tests are not the tests'
QUICK = {
    "TRADEGRAM_HTTP_PORT": "0",
    "TRADEGRAM_PAPER_ALWAYS_OPEN": "1",
    "TRADEGRAM_PAPER_DELAY_S": "0",
    "TRADEGRAM_TICKET_TTL_S": "600",
}
READY = "Console:"
START_WITHIN = 60.0  # seconds; a machine that does much else is slow to import
STOP_WITHIN = 20.0


def telegram(api: BotApi, *users: int, **more: str) -> dict[str, str]:
    """Settings that make the loopback server its Telegram, and let these people in."""
    return {
        "TELEGRAM_BOT_TOKEN": api.token,
        "TELEGRAM_API_BASE_URL": api.base_url,
        "TRADEGRAM_ALLOWED_USERS": ",".join(map(str, users)),
        **more,
    }


def environment(folder: Path, settings: Mapping[str, str]) -> dict[str, str]:
    clean = {name: each for name, each in os.environ.items() if not name.startswith(OURS)}
    return {**clean, **QUICK, "TRADEGRAM_DATA_DIR": str(folder), **settings}


@dataclass
class Product:
    """One data directory, and at most one process on it. Started by `with`, or by start()."""

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    lines: list[str] = field(default_factory=list[str])
    process: subprocess.Popen[str] | None = None
    _readers: list[threading.Thread] = field(default_factory=list[threading.Thread])
    _heard: threading.Condition = field(default_factory=threading.Condition)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            self.kill9()

    # -- the process -----------------------------------------------------------------------------

    def start(self) -> None:
        """Until it has greeted. Raises AssertionError with all that it said instead."""
        assert self.process is None, "it is running"
        before = len(self.lines)
        self.process = self.launch()
        self.wait_for(READY, since=before)

    def launch(self) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            self._words("run"),
            env=environment(self.folder, self.settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.stdout
        reader = threading.Thread(target=self._read, args=(process.stdout,))
        reader.start()
        self._readers.append(reader)
        return process

    def kill9(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> float:
        """As a service manager does. Answers with the seconds it took."""
        began = time.monotonic()
        code = self._end(signal.SIGTERM)
        assert code == 0, f"exit code {code}: {self.said}"
        return time.monotonic() - began

    def restart(self) -> None:
        self.kill9()
        self.start()

    def limit_files(self, size: int | None) -> None:
        """Writes beyond so many bytes fail from now on, as on a full disk; None: no more."""
        assert self.process is not None, "it is not running"
        soft = resource.RLIM_INFINITY if size is None else size
        hard = resource.RLIM_INFINITY
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (soft, hard))

    @property
    def said(self) -> str:
        """All that was printed and logged, in all its lives."""
        with self._heard:
            return "".join(self.lines)

    def wait_for(self, words: str, *, since: int = 0, seconds: float = START_WITHIN) -> str:
        """The line that holds the words, among those said since the line of this number."""
        deadline = time.monotonic() + seconds
        with self._heard:
            while True:
                for line in self.lines[since:]:
                    if words in line:
                        return line
                left = deadline - time.monotonic()
                over = self.process is not None and self.process.poll() is not None
                if left <= 0 or (over and not self._readers[-1].is_alive()):
                    raise AssertionError(f"never said {words!r}, only: {''.join(self.lines)}")
                self._heard.wait(min(left, 0.1))

    def _end(self, how: signal.Signals) -> int:
        assert self.process is not None, "it is not running"
        self.process.send_signal(how)
        code = self.process.wait(STOP_WITHIN)
        self._readers[-1].join(STOP_WITHIN)
        self.process.stdout.close()  # type: ignore[union-attr] # it was opened above
        self.process = None
        return code

    def _read(self, stream: Any) -> None:
        for line in stream:
            with self._heard:
                self.lines.append(line)
                self._heard.notify_all()

    # -- its command line ------------------------------------------------------------------------

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`tradegram WORDS` as a process; the desk may run or not."""
        return subprocess.run(
            self._words(*words),
            env=environment(self.folder, self.settings),
            capture_output=True,
            text=True,
            timeout=60,
        )

    def answer(self, *words: str) -> str:
        """What `tradegram WORDS` says: in this process, because a start takes a second each."""
        said, wanted = io.StringIO(), environment(self.folder, self.settings)
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(said):
            for name in os.environ.keys() - wanted.keys():
                patch.delenv(name)
            for name, value in wanted.items():
                patch.setenv(name, value)
            code = main(words)
        assert code == 0, f"tradegram {words}: {said.getvalue()}"
        return said.getvalue()

    def count(self) -> int:
        return int(self.answer("orders", "--count"))

    def orders(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = json.loads(self.answer("orders", "--json"))
        return found

    def _words(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "tradegram", *words]
