"""`tradegram doctor --aws` sees what is wrong with a stack, and says what to do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from aws_home.stacks import Stack, small_stack

from tradegram.cli.main import main


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    with small_stack(monkeypatch) as made:
        yield made


def said(stack: Stack, capsys: pytest.CaptureFixture[str]) -> list[str]:
    main(["doctor", "--aws", stack.name])
    return capsys.readouterr().out.splitlines()


def test_a_stack_that_is_as_it_should_be(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(stack, capsys)

    assert "ok   the stack is CREATE_COMPLETE" in lines
    assert "ok   Telegram sends to this stack" in lines
    assert "ok   a stranger at the webhook is turned away" in lines
    assert "ok   the table is ACTIVE" in lines
    assert "ok   0 messages that nobody could work on" in lines
    assert "ok   alarms that are on: none; there are 1" in lines
    assert any("orders leave from 192.0.2.7: it must be registered" in line for line in lines)
    assert any("/login with a TOTP secret" in line for line in lines)
    assert not any(stack.api.token in line for line in lines)


def test_what_is_wrong_is_said_with_what_to_do(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.api.webhook = "https://elsewhere.example/webhook"
    stack.status[0] = 500
    stack.client("sqs").send_message(
        QueueUrl=stack.id("DeadOrders"), MessageBody="{", MessageGroupId="a",
        MessageDeduplicationId="a",
    )  # fmt: skip
    stack.client("cloudwatch").set_alarm_state(
        AlarmName=stack.id("DeadOrdersAlarm"), StateValue="ALARM", StateReason="a test"
    )
    stack.client("ssm").delete_parameter(Name=f"{stack.path}/TELEGRAM_WEBHOOK_SECRET")

    lines = said(stack, capsys)

    assert main(["doctor", "--aws", stack.name]) == 1
    assert "BAD  Telegram sends elsewhere: make deploy" in lines
    assert "BAD  a stranger at the webhook is answered with 500: see the function's log" in lines
    assert "BAD  1 messages that nobody could work on" in lines
    assert any(line.startswith("BAD  alarms that are on: ") for line in lines)
    missing = f"BAD  {stack.path}/TELEGRAM_WEBHOOK_SECRET is missing: make deploy puts it there"
    assert missing in lines


def test_a_stack_that_is_not_there_is_one_sentence(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--aws", "nobody"]) == 1

    [line] = capsys.readouterr().err.splitlines()
    assert "AWS refused" in line
