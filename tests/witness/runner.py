"""
A broker's own client, run in an environment and a process of its own.

`make witness` sets it up, which takes minutes; once it is there, `make test` uses it too.

A client is a module of `witness.sdks`: it reads JSON from standard input, drives the SDK, and
prints JSON as its last line. It may connect to this machine alone, see `sdks.fence`.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).resolve().parents[1]
PYTHON = TESTS.parent / ".venv-witness/bin/python"
SECONDS = 60.0


def run(client: str, told: Mapping[str, Any]) -> Any:
    """What the client prints. Skips the test where the environment is not set up."""
    if not PYTHON.exists():
        pytest.skip("the brokers' own clients are not set up: make witness")
    done = subprocess.run(
        [PYTHON, "-s", "-W", "ignore", "-m", f"witness.sdks.{client}"],
        input=json.dumps(told),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        env={"PATH": os.defpath, "PYTHONPATH": str(TESTS), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=TESTS.parent,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])
