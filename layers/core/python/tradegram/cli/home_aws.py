"""
A home on AWS, seen from its owner's terminal: the record of a stack, with its functions stopped.

Stopped is a reserved concurrency of 0. It stays so when something breaks off in between, because a
half filled table must not be worked on; the same command, said again, finishes and starts them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from tradegram import aws
from tradegram.bootstrap import keeper_of
from tradegram.errors import SettingError, TradegramError, UserError
from tradegram.moving.home import Home
from tradegram.ports import Desk
from tradegram.settings import Settings
from tradegram.store.dynamodb_whole import DynamoWhole
from tradegram.store.whole import BrokenOff

TABLE, KEY = "Table", "Key"  # names in template.yaml
FUNCTION = "AWS::Lambda::Function"


@dataclass(frozen=True, slots=True)
class Stack:
    """table, key: as AWS knows them. functions: names."""

    table: str
    key: str
    functions: Sequence[str]


@contextmanager
def stopped_stack(
    settings: Settings,
    name: str,
    *,
    filled: bool,
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[Home]:
    """
    filled: the home is to be filled, so a failure half way leaves it stopped.
    pause: waits for the functions that are still at work.

    Raises UserError when there is no such stack, or when AWS refuses.
    """
    stack = find(name)
    functions = client("lambda")
    with refusals():
        seconds = _stop(functions, stack.functions)
    print(f"The functions of {name} are stopped; waiting {seconds:.0f} s for those at work.")
    pause(seconds)
    stays_stopped = filled
    try:
        yield home_of(settings, stack, aws.clients())
        stays_stopped = False
    except BrokenOff:
        stays_stopped = True
        raise
    except (UserError, SettingError):  # nothing was begun
        stays_stopped = False
        raise
    except TradegramError as error:
        again = f" The functions of {name} stay stopped; say the same command again."
        raise UserError(f"{error}{again if filled else ''}") from error
    finally:
        if not stays_stopped:
            _start(functions, stack.functions)


def desk_of(settings: Settings, name: str) -> Desk:
    """For a word that needs nothing stopped."""
    return aws.aws_desk(_settings(settings, find(name)), aws.clients())


def find(name: str) -> Stack:
    """Raises UserError."""
    pages = client("cloudformation").get_paginator("list_stack_resources")
    with refusals():
        found = [
            each
            for page in pages.paginate(StackName=name)
            for each in page["StackResourceSummaries"]
        ]
    ids = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found}
    if not {TABLE, KEY} <= ids.keys():
        raise UserError(f"The stack {name} is none of tradegram's. `make deploy` makes one.")
    functions = [each["PhysicalResourceId"] for each in found if each["ResourceType"] == FUNCTION]
    return Stack(ids[TABLE], ids[KEY], functions)


def _stop(client: Any, functions: Sequence[str]) -> float:
    """How many seconds those that are at work may still take."""
    longest = 0.0
    for each in functions:
        client.put_function_concurrency(FunctionName=each, ReservedConcurrentExecutions=0)
        timeout = client.get_function_configuration(FunctionName=each)["Timeout"]
        longest = max(longest, float(timeout))
    return longest


def _start(client: Any, functions: Sequence[str]) -> None:
    with refusals():
        for each in functions:
            client.delete_function_concurrency(FunctionName=each)


def home_of(settings: Settings, stack: Stack, clients: aws.Clients) -> Home:
    desk = aws.aws_desk(_settings(settings, stack), clients)
    whole = DynamoWhole(clients.dynamodb, stack.table, desk.clock)
    return Home(desk, keeper_of(desk).vault, whole)


def _settings(settings: Settings, stack: Stack) -> Settings:
    return replace(settings, table=stack.table, vault_key=stack.key)


def client(service: str) -> Any:
    made: Callable[..., Any] = boto3.client
    try:
        return made(service)
    except BotoCoreError as error:
        raise UserError(f"AWS cannot be asked: {error}.") from None


@contextmanager
def refusals() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        said = error.response["Error"]
        raise UserError(f"AWS refused: {said.get('Message') or said.get('Code')}") from None
    except BotoCoreError as error:
        raise UserError(f"AWS cannot be asked: {error}.") from None
