"""`tradegram doctor --aws` sees what is wrong with a stack, and says what to do."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

import cloud
import ministack
import pytest
from loopback.bot_api import BotApi
from template.deployed import Forms

from tradegram.cli.main import main

NUMBERS = count(1)
KEPT = ("Key", "Table", "DeadOrders")


@dataclass
class Stack:
    name: str
    api: BotApi
    path: str
    status: list[int]

    def client(self, service: str) -> Any:
        return cloud.session().client(service, endpoint_url=ministack.endpoint())

    def id(self, name: str) -> str:
        rows = self.client("cloudformation").describe_stack_resources(StackName=self.name)
        ids = {
            row["LogicalResourceId"]: row["PhysicalResourceId"] for row in rows["StackResources"]
        }
        return str(ids[name])


@contextmanager
def door(status: list[int]) -> Iterator[str]:
    """What stands for the API: answers with the status of now."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(status[0])
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    for name, value in {
        "AWS_ENDPOINT_URL": ministack.endpoint(),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": cloud.REGION,
    }.items():
        monkeypatch.setenv(name, value)
    status = [403]
    with BotApi(says_only=True) as api, door(status) as url:
        made = Stack(f"doctor-{next(NUMBERS)}", api, f"/doctor-{next(NUMBERS)}", status)
        secrets = {"TELEGRAM_BOT_TOKEN": api.token, "TELEGRAM_WEBHOOK_SECRET": "s"}
        public = {"TRADEGRAM_PUBLIC_URL": url}
        cloud.put_secrets(ministack.endpoint(), made.path, secrets | public)
        api.webhook = f"{url}/telegram/webhook"
        made.client("cloudformation").create_stack(
            StackName=made.name, TemplateBody=json.dumps(template(made, url))
        )
        yield made


def template(stack: Stack, url: str) -> dict[str, Any]:
    """Of ours the part that can be made wrong; the rest is what a look at it needs."""
    whole = Forms(cloud.written(), "paper").deployed
    given = {"SecretsPath": stack.path, "BotApi": stack.api.base_url, "EgressMode": "nat-instance"}
    parameters = {name: {"Type": "String", "Default": value} for name, value in given.items()}
    return {
        "Parameters": {**parameters, "EgressAddress": {"Type": "String", "Default": ""}},
        "Resources": {
            **{name: whole["Resources"][name] for name in KEPT},
            "Alarms": {"Type": "AWS::SNS::Topic"},
            "DeadOrdersAlarm": whole["Resources"]["DeadOrdersAlarm"],
        },
        "Outputs": {
            "WebhookUrl": {"Value": f"{url}/telegram/webhook"},
            "PublicUrl": {"Value": url},
            "RegisteredAddress": {"Value": "192.0.2.7"},
        },
    }


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
