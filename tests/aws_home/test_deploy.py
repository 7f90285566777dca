"""`make deploy`, with a SAM that deploys nothing and keeps what it was asked."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from aws_home.stacks import Stack, small_stack
from scripts import script


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    with small_stack(monkeypatch) as made:
        monkeypatch.setenv("STACK", made.name)
        monkeypatch.setenv("TELEGRAM_API_BASE_URL", made.api.base_url)
        yield made


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where SAM writes what it was asked."""
    kept, sam = tmp_path / "asked", tmp_path / "sam"
    sam.write_text(f'#!/bin/sh\necho "$@" > {kept}\n')
    sam.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return kept


@pytest.fixture
def deploy() -> ModuleType:
    return script("tools/deploy.py")


def answers(monkeypatch: pytest.MonkeyPatch, path: str, token: str) -> None:
    """What the person at the terminal types."""
    typed = iter(["", path])
    monkeypatch.setattr("builtins.input", lambda words: next(typed))
    monkeypatch.setattr(getpass, "getpass", lambda words: token)


def test_the_token_is_asked_for_once_and_the_webhook_set_with_its_secret(
    deploy: ModuleType,
    stack: Stack,
    asked: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ssm = stack.client("ssm")
    for name in ("TELEGRAM_BOT_TOKEN", "TELEGRAM_WEBHOOK_SECRET"):
        ssm.delete_parameter(Name=f"{stack.path}/{name}")
    wanted, stack.api.webhook = stack.api.webhook, ""
    answers(monkeypatch, stack.path, stack.api.token)

    deploy.main()

    said = capsys.readouterr().out
    names = [f"{stack.path}/TELEGRAM_BOT_TOKEN", f"{stack.path}/TELEGRAM_WEBHOOK_SECRET"]
    kept = ssm.get_parameters(Names=names, WithDecryption=True)["Parameters"]
    secret = {each["Name"]: each["Value"] for each in kept}[names[1]]
    assert [each["Type"] for each in kept] == ["SecureString"] * 2
    assert len(secret) >= 32
    assert f"SecretsPath={stack.path}" in asked.read_text()
    assert stack.api.webhook == wanted
    assert "orders leave from:         192.0.2.7" in said
    assert "/login/BROKER/callback" in said
    assert stack.api.token not in said + asked.read_text()
    assert secret not in said + asked.read_text()


def test_a_token_that_is_not_accepted_is_not_kept(
    deploy: ModuleType,
    stack: Stack,
    asked: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = f"{stack.path}/TELEGRAM_BOT_TOKEN"
    stack.client("ssm").delete_parameter(Name=name)
    answers(monkeypatch, stack.path, "123:wrong")

    assert deploy.main() == 1

    assert "not accepted" in capsys.readouterr().err
    assert not asked.exists()
    assert stack.client("ssm").get_parameters(Names=[name])["Parameters"] == []
