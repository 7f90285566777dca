"""A stack on the emulator that has of ours what a look at it needs, and can be made wrong."""

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

NUMBERS = count(1)
KEPT = ("Key", "Table", "DeadOrders")


@dataclass
class Stack:
    name: str
    api: BotApi
    path: str
    status: list[int]

    def client(self, service: str) -> Any:
        session: Any = cloud.session()
        return session.client(service, endpoint_url=ministack.endpoint())

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


@contextmanager
def small_stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    for name, value in cloud.terminal(ministack.endpoint()).items():
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
    given = {"SecretsPath": stack.path, "BotApi": stack.api.base_url, "EgressMode": "nat-instance",
             "BehindAddress": "orders"}  # fmt: skip
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
