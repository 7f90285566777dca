"""How the AWS home is put together, and what it refuses to start without."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tradegram import aws
from tradegram.errors import SettingError

GIVEN = {"TRADEGRAM_TABLE": "desk", "TRADEGRAM_QUEUE_PREFIX": "https://127.0.0.1/desk-"}

# Slow to load, and needed by none of the functions.
BANNED = {
    "telegram",
    "asyncio",
    "aws_lambda_powertools.utilities.idempotency",
    "aws_xray_sdk",
    "requests",
    "pandas",
    "numpy",
    "aiohttp",
    "starlette",
    "uvicorn",
    "kiteconnect",
    "twisted",
}
ALL = """
import sys
from tradegram import aws
from tradegram.aws import bells, log, tell, watch
from tradegram.chat import desk, outbox
from tradegram.chat.telegram import inbound, messenger, pace, wire
from aws_lambda_powertools import Metrics
print(*sys.modules)
"""
NOTIFIER = """
import sys
from tradegram.aws import tell
print(*sys.modules)
"""


def loaded(code: str) -> set[str]:
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(asked.stdout.split())


def test_nothing_slow_and_needless_is_loaded() -> None:
    modules = loaded(ALL)

    assert "tradegram.chat.desk" in modules
    assert modules & BANNED == set()


def test_the_notifier_loads_nothing_that_reads_commands_or_makes_tickets() -> None:
    modules = loaded(NOTIFIER)

    assert "tradegram.chat.outbox" in modules
    assert {each for each in modules if each.startswith("tradegram.chat.grammar")} == set()
    assert modules & {"tradegram.chat.commands.command", "tradegram.tickets.desk"} == set()


@pytest.mark.parametrize("missing", sorted(GIVEN))
def test_without_a_table_or_queues_it_does_not_start(missing: str) -> None:
    with pytest.raises(SettingError, match=missing):
        aws.settings({name: value for name, value in GIVEN.items() if name != missing})


def test_without_the_bot_s_secrets_nobody_speaks_to_telegram() -> None:
    wanted = aws.settings(GIVEN, secrets=True)

    with pytest.raises(SettingError, match="TELEGRAM_BOT_TOKEN"):
        aws.telegram(wanted)
    with pytest.raises(SettingError, match="TELEGRAM_WEBHOOK_SECRET"):
        aws.webhook_secret(wanted)
    assert list(aws.secrets_of(wanted)) == []
