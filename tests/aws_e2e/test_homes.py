"""A desk moves from a machine to a stack on the emulator and back."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cloud
import pytest
from aws_e2e.stack import NAME, Stack
from aws_e2e.stories import PATIENCE, offering
from botocore.exceptions import ClientError
from clocks import StillClock
from loopback.bot_api import BotApi, Person
from moving.homes import SECRETS, chains_are_whole, new_home
from vault.vaults import BY, CHEAP

from tradegram.brokers.registry import open_paper_account
from tradegram.cli.home_aws import find, stopped_stack
from tradegram.errors import UserError
from tradegram.moving.archive import Archive
from tradegram.moving.home import enter, leave
from tradegram.orders.state import State
from tradegram.settings import Settings, read
from tradegram.store.whole import BrokenOff

PASSPHRASE = "correct horse"


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with BotApi(says_only=True) as api, Stack.deployed(api) as made:
        yield made


@pytest.fixture(autouse=True)
def owner(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a terminal whose owner may do everything in the account."""
    environment = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": cloud.REGION,
        "AWS_ENDPOINT_URL": stack.server.url,
        "TRADEGRAM_PAPER_ALWAYS_OPEN": "1",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return environment


@pytest.fixture
def settings(owner: dict[str, str]) -> Settings:
    return read(owner)


@pytest.fixture
def file(tmp_path: Path) -> Archive:
    """A machine's desk with a second account and a broker's credentials."""
    with new_home("sqlite", tmp_path / "machine", StillClock(time.time())) as machine:
        open_paper_account(machine.store, "spare")
        machine.vault.link(SECRETS, BY)
        leave(machine, tmp_path / "desk.tradegram", PASSPHRASE, BY, cost=CHEAP)
    return Archive(tmp_path / "desk.tradegram", PASSPHRASE)


def test_a_desk_goes_on_in_a_stack_and_comes_back(
    stack: Stack, settings: Settings, owner: dict[str, str], file: Archive, tmp_path: Path
) -> None:
    assert stack.webhook(stack.person().says("/help")) == 200  # sandboxes are warm
    with stopped_stack(settings, NAME, filled=True, pause=lambda _: None) as home:
        enter(home, file, file.examined(), BY)
    asha = stack.person()

    says(stack, asha, "/buy RELIANCE 10 @ 3000 #spare")
    asha.sees("kill switch", PATIENCE)
    assert "may be sent" in tradegram(owner, tmp_path, "resume", "--stack", NAME)
    says(stack, asha, "/buy RELIANCE 10 @ 3001 #spare")
    assert stack.webhook(asha.press(offering(asha, "Confirm")[-1], "Confirm")) == 200
    stack.until(lambda: filled(stack), PATIENCE, "the order is filled")

    back = tmp_path / "back.tradegram"
    with stopped_stack(settings, NAME, filled=False, pause=lambda _: None) as home:
        leave(home, back, PASSPHRASE, BY, cost=CHEAP)
    with new_home("sqlite", tmp_path / "again", StillClock(time.time())) as machine:
        archive = Archive(back, PASSPHRASE)
        enter(machine, archive, archive.examined(), BY)
        [order] = machine.store.orders("paper:spare").orders
        assert order.state is State.FILLED
        assert machine.vault.opened("zerodha:AB1234", BY, "test") == SECRETS.values
        assert chains_are_whole(machine.store)


def test_a_stack_stays_stopped_only_while_it_is_half_filled(
    stack: Stack, settings: Settings, file: Archive
) -> None:
    with stopped_stack(settings, NAME, filled=True, pause=lambda _: None) as home:
        assert is_stopped(stack)
        with pytest.raises(UserError, match="in use"):
            enter(home, file, file.examined(), BY)
    assert not is_stopped(stack)

    with (
        pytest.raises(BrokenOff),
        stopped_stack(settings, NAME, filled=True, pause=lambda _: None),
    ):
        raise BrokenOff("as a killed import leaves it")
    assert is_stopped(stack)

    with stopped_stack(settings, NAME, filled=False, pause=lambda _: None):
        pass
    assert not is_stopped(stack)


def test_the_wait_is_as_long_as_the_longest_function(stack: Stack, settings: Settings) -> None:
    waited: list[float] = []
    longest = max(
        each["Properties"]["Timeout"]
        for each in stack.template["Resources"].values()
        if each["Type"] == "AWS::Lambda::Function"
    )

    with stopped_stack(settings, NAME, filled=False, pause=waited.append):
        pass

    assert waited == [longest]


def test_the_table_is_restored_beside_itself_and_is_whole(
    stack: Stack, owner: dict[str, str], tmp_path: Path
) -> None:
    table = stack.client("dynamodb")
    drill = [sys.executable, str(cloud.ROOT / "tools/restore_drill.py"), "--stack", NAME]
    file = str(tmp_path / "restored.tradegram")

    assert "no point-in-time backups" in run(owner, tmp_path, *drill, code=1)  # not made by it
    table.update_continuous_backups(
        TableName=stack.names["Table"],
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
    )
    said = run(owner, tmp_path, *drill, "--export", file, typed=f"{PASSPHRASE}\n")

    assert "ok   restored and read" in said
    assert Archive(Path(file), PASSPHRASE).examined().of["order"] >= 1
    assert table.list_tables()["TableNames"] == [stack.names["Table"]]


def test_no_function_reserves_concurrency_that_a_stop_would_forget(stack: Stack) -> None:
    reserved = [
        name
        for name, each in stack.template["Resources"].items()
        if "ReservedConcurrentExecutions" in each.get("Properties", {})
    ]

    assert reserved == []


def test_another_stack_and_none_are_refused_in_words(
    stack: Stack, owner: dict[str, str], tmp_path: Path
) -> None:
    body = '{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}'
    stack.client("cloudformation").create_stack(StackName="another", TemplateBody=body)

    assert "none of tradegram's" in tradegram(
        owner, tmp_path, "resume", "--stack", "another", code=1
    )
    assert "AWS refused" in tradegram(owner, tmp_path, "resume", "--stack", "nowhere", code=1)
    assert find(NAME).table == stack.names["Table"]


def tradegram(owner: dict[str, str], folder: Path, *words: str, code: int = 0) -> str:
    return run(owner, folder, sys.executable, "-m", "tradegram", *words, code=code)


def run(owner: dict[str, str], folder: Path, *words: str, typed: str = "", code: int = 0) -> str:
    """In a process of its own; all that it printed."""
    done = subprocess.run(
        words,
        env={**owner, "PATH": os.environ["PATH"], "HOME": str(folder)},
        cwd=folder,
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def is_stopped(stack: Stack) -> bool:
    try:
        stack.client("lambda").invoke(FunctionName=stack.names["SettleDay"], Payload=b"{}")
    except ClientError as error:
        return error.response["Error"]["Code"] == "TooManyRequestsException"
    return False


def says(stack: Stack, person: Person, text: str) -> None:
    assert stack.webhook(person.says(text)) == 200


def filled(stack: Stack) -> bool:
    stack.tick()
    [order] = stack.store().orders("paper:spare").orders
    return order.state is State.FILLED
