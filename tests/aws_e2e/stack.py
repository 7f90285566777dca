"""
template.yaml, deployed on an AWS emulator that runs its functions, queues, streams and schedules.

    with Stack.deployed(api) as stack:
        stack.webhook(asha.says("/buy ..."))   # over HTTP, through the API's route
        stack.store()                          # the record, as the functions see it
        stack.proxy.fail(...)                  # what goes wrong between the functions and AWS

The template is what CloudFormation would get: transformed by SAM, created by the emulator's own
CloudFormation, its roles enforced. What differs from AWS is in `DIFFERENT`.
"""

from __future__ import annotations

import contextlib
import copy
import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import cloud
import httpx
import lambdas
import ministack
from aws_e2e.layers import wheels, zipped
from loopback.aws_proxy import AwsProxy
from loopback.bot_api import BotApi, Person
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from tradegram.store.dynamodb import DynamoStore

NAME = "desk"
CODE, TEMPLATE = "code", "template.json"  # the bucket, and what is in it beside folders
SECRET = "only-telegram-and-we-know"
PATH = "/desk"
USERS = range(42, 56)
BELLS = "paperOrders"  # the queue and the worker of the paper broker
WORKER = "SubmitOrderpaper"
# What is not as the template has it, and why.
DIFFERENT = {
    ("Reconcile", "Timeout"): 14,  # streams are polled by one thread: its minute would stop all
}

# Permissions that the emulator asks for by another name or for no resource than AWS does.
ITS_OWN_NAMES = {
    "PolicyName": "emulator",
    "PolicyDocument": {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "ssm:GetParameters", "Resource": "*"},
            {"Effect": "Allow", "Action": "dynamodb:TransactWriteItems", "Resource": "*"},
        ],
    },
}
CONTEXT = "kms:EncryptionContext:"  # a condition that it cannot judge, and so refuses

Template = dict[str, Any]


@dataclass(slots=True)
class Stack:
    """names: of what was created, by its name in the template."""

    api: BotApi
    proxy: AwsProxy
    server: ministack.Server
    template: Template
    names: dict[str, str] = field(default_factory=dict[str, str])
    url: str = ""
    _people: Iterator[int] = field(default_factory=lambda: iter(USERS))

    @classmethod
    @contextmanager
    def deployed(cls, api: BotApi, brokers: str = "paper", brokers_at: str = "") -> Iterator[Stack]:
        """brokers_at: where simulated brokers answer, as TRADEGRAM_BROKER_URLS wants it."""
        with AwsProxy() as proxy:
            server = ministack.start(
                AUTH="true",
                AWS_ENDPOINT_URL=proxy.url,
                TRADEGRAM_PAPER_DELAY_S="0",
                TRADEGRAM_BROKER_URLS=brokers_at,
            )
            proxy.target = server.url
            stack = cls(api, proxy, server, _as_deployed(brokers))
            try:
                stack._create()
                yield stack
            finally:
                server.stop()

    def person(self) -> Person:
        """Somebody else each time: nobody may be written to too often."""
        return self.api.user(next(self._people))

    def client(self, service: str) -> Any:
        """Of the account's owner, past the proxy."""
        session: Any = cloud.session()
        return session.client(service, endpoint_url=self.server.url)

    def store(self) -> DynamoStore:
        return DynamoStore(cloud.dynamodb(self.server.url), self.names["Table"])

    def webhook(self, update: Mapping[str, Any], secret: str = SECRET) -> int:
        """What Telegram does with an update. The status."""
        return self.request(
            "POST",
            "/telegram/webhook",
            json=update,
            headers={"X-Telegram-Bot-Api-Secret-Token": secret},
        ).status_code

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        return httpx.request(method, self.url + path, timeout=60, **more)

    def invoke(self, name: str, event: Mapping[str, Any]) -> Any:
        """For what the emulator does not route. Raises AssertionError when the function failed."""
        answer = self.client("lambda").invoke(
            FunctionName=self.names[name], Payload=json.dumps(event).encode()
        )
        said = json.loads(answer["Payload"].read() or b"null")
        assert "FunctionError" not in answer, said
        return said

    def tick(self) -> None:
        """A minute's tick of `reconcile` that need not be waited for."""
        self.invoke("Reconcile", lambdas.sample("reconcile"))

    def ring(self, group: str, body: str) -> None:
        """A message of our own for the worker."""
        self.client("sqs").send_message(
            QueueUrl=self.names[BELLS],
            MessageBody=body,
            MessageGroupId=group,
            MessageDeduplicationId=f"{group}-{time.monotonic_ns()}",
        )

    def queued(self, name: str, group: str = "") -> int:
        """Messages in a queue, in hand or not; of one group, or of all."""
        asked = {"QueueUrl": self.names[name]}
        found = httpx.get(f"{self.server.url}/_ministack/sqs/messages", params=asked).json()
        messages = [
            message
            for account in found["messages"].values()
            for region in account.values()
            for queue in region.values()
            for message in queue
        ]
        return sum(1 for each in messages if group in ("", each["MessageGroupId"]))

    def kill(self, name: str) -> None:
        """End the process that a function runs in, without a word to it."""
        for pid in self._running(name):
            os.kill(pid, signal.SIGKILL)

    def client_of(self, name: str, service: str) -> Any:
        """With the credentials of a function, to try what its role allows."""
        [pid, *_] = self._running(name)
        environment = dict(
            line.partition("=")[::2]
            for line in Path(f"/proc/{pid}/environ").read_text().split("\0")
        )
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        key, secret, token = (environment[each] for each in names)
        session: Any = boto3.Session(key, secret, token, cloud.REGION)
        return session.client(service, endpoint_url=self.server.url)

    def until(self, true: Callable[[], Any], seconds: float, what: str) -> Any:
        """What `true` answers, once it is something. Fails loudly after `seconds`."""
        end = time.monotonic() + seconds
        while not (found := true()):
            assert time.monotonic() < end, f"not within {seconds} s: {what}; {self.api.show()}"
            time.sleep(0.1)
        return found

    def logs(self) -> str:
        """Everything the functions have written, for a person who looks for a fault."""
        logs = self.client("logs")
        groups = [each["logGroupName"] for each in logs.describe_log_groups()["logGroups"]]
        return "\n".join(
            event["message"]
            for group in groups
            for event in logs.filter_log_events(logGroupName=group)["events"]
        )

    def _running(self, name: str) -> list[int]:
        def look() -> list[int]:
            return [pid for pid in _below(self.server.pid) if _runs(pid, self.names[name])]

        found: list[int] = self.until(look, 30.0, f"{name} is running")
        return found

    # -- how it is made --------------------------------------------------------------------------

    def _create(self) -> None:
        self._upload()
        cloud.put_secrets(
            self.server.url,
            PATH,
            {"TELEGRAM_BOT_TOKEN": self.api.token, "TELEGRAM_WEBHOOK_SECRET": SECRET},
        )
        given = {
            "SecretsPath": PATH,
            "AllowedUsers": ",".join(str(user) for user in USERS),
            "BotApi": self.api.base_url,
            "PaperAlwaysOpen": "1",
        }
        formation = self.client("cloudformation")
        formation.create_stack(
            StackName=NAME,
            TemplateURL=f"{self.server.url}/{CODE}/{TEMPLATE}",
            Capabilities=["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
            Parameters=[
                {"ParameterKey": key, "ParameterValue": value} for key, value in given.items()
            ],
        )
        self._wait(formation)
        resources = formation.describe_stack_resources(StackName=NAME)["StackResources"]
        self.names = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}
        self._route()

    def _wait(self, formation: Any) -> None:
        def state() -> str:
            found: str = formation.describe_stacks(StackName=NAME)["Stacks"][0]["StackStatus"]
            return "" if found.endswith("IN_PROGRESS") else found

        if self.until(state, 60, "the stack") != "CREATE_COMPLETE":
            pages = formation.get_paginator("describe_stack_events").paginate(StackName=NAME)
            events = [each for page in pages for each in page["StackEvents"]]
            why = [each for each in events if each["ResourceStatus"].endswith("FAILED")]
            raise AssertionError(why)

    def _upload(self) -> None:
        s3 = self.client("s3")
        s3.create_bucket(
            Bucket=CODE, CreateBucketConfiguration={"LocationConstraint": cloud.REGION}
        )
        for name, folder in _folders(cloud.template()).items():
            if (
                "Condition" not in cloud.template()["Resources"][name]
            ):  # a layer not of these brokers
                s3.put_object(Bucket=CODE, Key=folder, Body=_built(cloud.ROOT / folder))
        # From the bucket, as SAM does it: it is larger than a request may be.
        s3.put_object(Bucket=CODE, Key=TEMPLATE, Body=json.dumps(self.template).encode())

    def _route(self) -> None:
        """The emulator makes no routes of the document that SAM writes, so we make the same."""
        [(name, document)] = _documents(self.template).items()
        gateway, api_id = self.client("apigatewayv2"), self.names[name]
        for path, methods in document["paths"].items():
            for method in methods:
                function = _function_of(methods[method])
                integration = gateway.create_integration(
                    ApiId=api_id,
                    IntegrationType="AWS_PROXY",
                    IntegrationUri=self._arn(function),
                    PayloadFormatVersion="2.0",
                )
                verb = "ANY" if "any" in method else method.upper()
                gateway.create_route(
                    ApiId=api_id,
                    RouteKey="$default" if path == "/$default" else f"{verb} {path}",
                    Target=f"integrations/{integration['IntegrationId']}",
                )
        self.url = f"{self.server.url}/_aws/execute-api/{api_id}/$default"

    def _arn(self, function: str) -> str:
        found = self.client("lambda").get_function_configuration(FunctionName=self.names[function])
        arn: str = found["FunctionArn"]
        return arn


def _as_deployed(brokers: str) -> Template:
    """As CloudFormation gets it, with code in a bucket, and with our differences."""
    template = copy.deepcopy(cloud.template(brokers))
    for name, folder in _folders(template).items():
        properties = template["Resources"][name]["Properties"]
        where = "CodeUri" if "CodeUri" in properties else "ContentUri"
        properties[where] = {"Bucket": CODE, "Key": folder}
    made: Template = Translator({}, Parser(), boto_session=cloud.session()).translate(template, {})
    made["Parameters"]["Brokers"].pop("AllowedValues", None)  # it takes a list for one word
    made = json.loads(json.dumps(made))  # what SAM shares between functions is each one's own
    for (name, key), value in DIFFERENT.items():
        made["Resources"][name]["Properties"][key] = value
    made["Resources"] = {
        name: each
        for name, each in made["Resources"].items()
        if "Metrics" not in each.get("Properties", {})  # an alarm by a formula: it knows none
    }
    for name, each in made["Resources"].items():
        properties = each.get("Properties", {})
        if each["Type"] == "AWS::Lambda::Function":  # so that the proxy knows who calls
            properties["Environment"]["Variables"]["AWS_SDK_UA_APP_ID"] = name
        if each["Type"] == "AWS::IAM::Role" and _is_of_functions(properties):
            properties["Policies"] = [*properties.get("Policies", []), ITS_OWN_NAMES]
        for document in _policies(properties):
            for statement in document["Statement"]:
                if CONTEXT in json.dumps(statement.get("Condition", {})):
                    del statement["Condition"]
    return made


def _policies(properties: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for one in (properties, *properties.get("Policies", [])):
        if isinstance(one, dict) and isinstance(one.get("PolicyDocument"), dict):
            yield one["PolicyDocument"]


def _is_of_functions(role: Mapping[str, Any]) -> bool:
    return "lambda.amazonaws.com" in json.dumps(role["AssumeRolePolicyDocument"])


def _folders(template: Template) -> dict[str, str]:
    """Of functions and layers, by their names in the template."""
    found: dict[str, str] = {}
    for name, each in template["Resources"].items():
        properties = each.get("Properties", {})
        for where in ("CodeUri", "ContentUri"):
            if isinstance(properties.get(where), str):
                found[name] = properties[where]
    return found


def _built(folder: Path) -> bytes:
    requirements = folder / "requirements.txt"
    return wheels(requirements) if requirements.exists() else zipped(folder)


def _documents(template: Template) -> dict[str, Any]:
    """What each HTTP API is to route, as OpenAPI."""
    return {
        name: each["Properties"]["Body"]
        for name, each in template["Resources"].items()
        if each["Type"] == "AWS::ApiGatewayV2::Api"
    }


def _function_of(operation: Mapping[str, Any]) -> str:
    """The function's name in the template, out of the address of its integration."""
    uri = operation["x-amazon-apigateway-integration"]["uri"]
    text = uri["Fn::Sub"] if isinstance(uri, dict) else uri
    name: str = text.partition("functions/${")[2].partition(".Arn}")[0]
    return name


def _below(pid: int) -> Iterator[int]:
    """Every process that this one started, and those that they started; some end meanwhile."""
    children: list[int] = []
    with contextlib.suppress(OSError):
        for task in list(Path(f"/proc/{pid}/task").iterdir()):
            with contextlib.suppress(OSError):
                children += map(int, (task / "children").read_text().split())
    for child in children:
        yield child
        yield from _below(child)


def _runs(pid: int, function: str) -> bool:
    try:
        environment = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False
    return f"AWS_LAMBDA_FUNCTION_NAME={function}\0".encode() in environment
