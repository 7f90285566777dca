"""`tradegram doctor --aws STACK`: look at a desk on AWS, and say what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from tradegram.aws import PARAMETERS
from tradegram.chat.telegram.token import bot_of
from tradegram.chat.telegram.webhook import webhook_of
from tradegram.cli.home_aws import client, refusals
from tradegram.connection import Connection, Timeout, Unanswered, Unsent
from tradegram.errors import TradegramError
from tradegram.local.doctor import Finding, say
from tradegram.settings import Settings

FUNCTION = "AWS::Lambda::Function"
OTHER_ADDRESS = (
    "books are read, and /login with a TOTP secret is done, from other addresses of AWS: deploy "
    "with BehindAddress=all when a broker binds sessions or keys to yours, as Kotak Neo does"
)
TIMEOUT = Timeout(connect=10.0, read=10.0, write=10.0)  # of our own address, cold


@dataclass(frozen=True, slots=True)
class Deployed:
    """ids: physical by logical. kinds: by logical. parameters, outputs: of the stack."""

    settings: Settings
    status: str
    ids: Mapping[str, str]
    kinds: Mapping[str, str]
    parameters: Mapping[str, str]
    outputs: Mapping[str, str]

    def of(self, kind: str) -> list[str]:
        return [self.ids[name] for name, each in self.kinds.items() if each == kind]


def examine(settings: Settings, name: str) -> int:
    """Prints a line per check. Exit code 1 when something must be mended. Raises UserError."""
    stack = look_up(settings, name)
    bad = 0
    for check in CHECKS:
        try:
            with refusals():
                found: list[Finding] = list(check(stack))
        except (TradegramError, Unsent, Unanswered) as error:
            found = [(False, str(error) or type(error).__name__)]
        bad += say(found)
    return 1 if bad else 0


def look_up(settings: Settings, name: str) -> Deployed:
    """Raises UserError when there is no such stack, or AWS refuses."""
    formation = client("cloudformation")
    with refusals():
        [stack] = formation.describe_stacks(StackName=name)["Stacks"]
        pages = formation.get_paginator("list_stack_resources").paginate(StackName=name)
        rows = [row for page in pages for row in page["StackResourceSummaries"]]
    return Deployed(
        settings,
        stack["StackStatus"],
        {row["LogicalResourceId"]: row.get("PhysicalResourceId", "") for row in rows},
        {row["LogicalResourceId"]: row["ResourceType"] for row in rows},
        {each["ParameterKey"]: each["ParameterValue"] for each in stack.get("Parameters", [])},
        {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])},
    )


def secrets_at(path: str) -> Mapping[str, str]:
    """What Parameter Store holds for a desk, by name. Raises UserError."""
    with refusals():
        found = client("ssm").get_parameters(
            Names=[f"{path}/{name}" for name in PARAMETERS], WithDecryption=True
        )
    return {each["Name"].rpartition("/")[2]: each["Value"] for each in found["Parameters"]}


def _stack(stack: Deployed) -> Iterator[Finding]:
    good = stack.status in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
    yield good, f"the stack is {stack.status}{'' if good else ': see its events in the console'}"


def _secrets(stack: Deployed) -> Iterator[Finding]:
    path = stack.parameters["SecretsPath"]
    found = secrets_at(path)
    for name in PARAMETERS:
        there = name in found
        todo = "" if there else ": make deploy puts it there"
        yield there, f"{path}/{name} is {'there' if there else 'missing'}{todo}"


def _webhook(stack: Deployed) -> Iterator[Finding]:
    token = secrets_at(stack.parameters["SecretsPath"]).get("TELEGRAM_BOT_TOKEN", "")
    if not token:
        return
    server = stack.parameters["BotApi"]
    name = bot_of(token, server)
    yield name is not None, f"the bot is @{name}" if name else "the bot's token is not accepted"
    if name is None:
        return
    hook = webhook_of(token, server)
    wanted = stack.outputs["WebhookUrl"]
    told = hook.url == wanted
    yield told, "Telegram sends to this stack" if told else "Telegram sends elsewhere: make deploy"
    if hook.problem:
        yield None, f"Telegram's last complaint: {hook.problem}; {hook.pending} updates wait"


def _door(stack: Deployed) -> Iterator[Finding]:
    """Nobody knows the secret but Telegram, so a stranger must be turned away, by our own code."""
    status = (
        Connection()
        .request("POST", stack.outputs["WebhookUrl"], content=b"{}", headers={}, timeout=TIMEOUT)
        .status_code
    )
    why = "turned away" if status == 403 else f"answered with {status}: see the function's log"
    yield status == 403, f"a stranger at the webhook is {why}"


def _table(stack: Deployed) -> Iterator[Finding]:
    table, dynamodb = stack.ids["Table"], client("dynamodb")
    about = dynamodb.describe_table(TableName=table)["Table"]
    yield about["TableStatus"] == "ACTIVE", f"the table is {about['TableStatus']}"
    sealed = about.get("SSEDescription", {}).get("SSEType") == "KMS"
    yield sealed, f"it is {'sealed with a key of yours' if sealed else 'not under your own key'}"
    backups = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    status = backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
    yield status == "ENABLED", f"going back to any second of 35 days is {status}"
    expiry = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    status = expiry["TimeToLiveStatus"]
    yield status in ("ENABLED", "ENABLING"), f"removal of what has expired is {status}"


def _functions(stack: Deployed) -> Iterator[Finding]:
    functions, names = client("lambda"), stack.of(FUNCTION)
    for name in names:
        about = functions.get_function_configuration(FunctionName=name)
        if about.get("State", "Active") not in ("Active", "Inactive"):
            yield (
                False,
                f"{name} is {about['State']}: {about.get('StateReason', 'no reason given')}",
            )
        held = functions.get_function_concurrency(FunctionName=name)
        if held.get("ReservedConcurrentExecutions") == 0:
            yield False, f"{name} is stopped: finish the export or import that stopped it"
        for way in functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]:
            if way["State"] not in ("Enabled", "Enabling", "Creating"):
                yield False, f"{name} does not listen ({way['State']})"
    yield True, f"{len(names)} functions were looked at"


def _queues(stack: Deployed) -> Iterator[Finding]:
    asked = client("sqs").get_queue_attributes(
        QueueUrl=stack.ids["DeadOrders"], AttributeNames=["ApproximateNumberOfMessages"]
    )
    dead = int(asked["Attributes"]["ApproximateNumberOfMessages"])
    yield not dead, f"{dead} messages that nobody could work on"


def _alarms(stack: Deployed) -> Iterator[Finding]:
    names = stack.of("AWS::CloudWatch::Alarm")
    watch = client("cloudwatch")
    on: list[str] = []
    for start in range(0, len(names), 100):  # as many as one question may name
        found = watch.describe_alarms(AlarmNames=names[start : start + 100])["MetricAlarms"]
        on += [each["AlarmName"] for each in found if each["StateValue"] == "ALARM"]
    yield not on, f"alarms that are on: {', '.join(on) or 'none'}; there are {len(names)}"
    topic = client("sns").list_subscriptions_by_topic(TopicArn=stack.ids["Alarms"])
    for each in topic["Subscriptions"]:
        if each["Protocol"] == "email" and not each["SubscriptionArn"].startswith("arn:"):
            yield False, f"{each['Endpoint']} has not confirmed: open the mail of AWS"


def _address(stack: Deployed) -> Iterator[Finding]:
    mode = stack.parameters["EgressMode"]
    address = stack.outputs.get("RegisteredAddress") or stack.parameters.get("EgressAddress", "")
    if mode in ("nat-instance", "nat-gateway"):
        yield True, f"orders leave from {address}: it must be registered with your brokers"
        if stack.parameters["BehindAddress"] != "all":
            yield None, OTHER_ADDRESS
    else:
        yield None, "orders leave from any address of AWS; brokers in India want a registered one"


CHECKS: tuple[Callable[[Deployed], Iterator[Finding]], ...] = (
    _stack,
    _secrets,
    _webhook,
    _door,
    _table,
    _functions,
    _queues,
    _alarms,
    _address,
)
