"""
What must hold of the template, each by a name. A check answers with what is wrong, in words.

`test_template.py` asks every check of the template as it is; `test_faults.py` plants faults and
asks the check that must see each.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import cloud
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from lambdas import RESOURCES, matches, sample
from template.cron import firings, in_words
from template.deployed import EVERY, Forms, actions, of_type, statements

from tradegram.aws import ATTEMPTS, CONNECT, READ
from tradegram.orders import send

Check = Callable[[Forms], Iterator[str]]
BROKER_CALL = 13.0  # seconds: 2 to connect, 2 for a place in the pool, 8 to answer, 1 to write
MONDAY = date(2026, 11, 16)
BEHIND_THE_ADDRESS = {"submit_order", "login", "refresh_sessions"}
WHEN_ALL_ARE = {
    "telegram_webhook",
    "reconcile",
    "settle_day",
    "api",
    "refresh_instruments",
    "postback",
}
# Which sample event shows what a function's trigger sends, by the trigger's name in the template.
EVENTS = {
    ("telegram_webhook", "Update"): "telegram_webhook",
    ("submit_order", "Bell"): "submit_order",
    ("dead_letter", "Dead"): "dead_letter",
    ("reconcile", "EachMinute"): "reconcile",
    ("reconcile", "India"): "reconcile",
    ("reconcile", "Weekend"): "reconcile",
    ("reconcile", "Staged"): "reconcile_staged",
    ("settle_day", "Shares"): "settle_day",
    ("settle_day", "Commodities"): "settle_day",
    ("settle_day", "Rest"): "settle_day",
    ("login", "Page"): "login",
    ("refresh_sessions", "Day"): "refresh_sessions",
    ("refresh_instruments", "Morning"): "refresh_instruments",
    ("refresh_instruments", "Day"): "refresh_instruments",
    ("postback", "Told"): "postback",
    ("api", "Page"): "dashboard",
    ("api", "PagePart"): "dashboard_part",
    ("api", "Request"): "api",
    ("notify", "Owed"): "notify",
    ("notify", "Alarm"): "notify_alarm",
}
# For these AWS knows no narrower resource.
ON_EVERYTHING = {
    "dynamodb:ListStreams",
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
}


def clean_as_written(forms: Forms) -> Iterator[str]:
    return _linted(forms.written)


def clean_as_deployed(forms: Forms) -> Iterator[str]:
    return _linted(forms.deployed)


def _linted(template: Mapping[str, Any]) -> Iterator[str]:
    text = json.dumps(template, default=str)
    for each in lint(text, config=ManualArgs(regions=[cloud.REGION])):
        yield f"{each.rule.id} {each.message}"


def each_time_limit_outlasts_the_one_before(forms: Forms) -> Iterator[str]:
    functions = forms.of_type("AWS::Lambda::Function")
    for name, queue in _order_queues(forms).items():
        function = functions[f"SubmitOrder{name.removesuffix('Orders')}"]
        limits = [
            send.SEND_WINDOW,
            BROKER_CALL,
            function["Timeout"],
            send.LEASE,
            queue["VisibilityTimeout"],
        ]
        if limits != sorted(set(limits)):
            yield f"{name}: {limits}"


def a_call_to_aws_fits_into_every_function(forms: Forms) -> Iterator[str]:
    for name, function in forms.of_type("AWS::Lambda::Function").items():
        if function["Timeout"] <= (CONNECT + READ) * ATTEMPTS:
            yield f"{name} has only {function['Timeout']} s"


def every_function_is_there_and_small(forms: Forms) -> Iterator[str]:
    folders = {path.parent.name: path for path in (cloud.ROOT / "functions").glob("*/app.py")}
    named = set(forms.functions().values())
    yield from (f"{one} is here or in the template only" for one in folders.keys() ^ named)
    yield from (f"{one} is not tested" for one in folders.keys() ^ RESOURCES.keys())
    for folder, path in folders.items():
        text = path.read_text()
        names = {each.name for each in ast.parse(text).body if isinstance(each, ast.FunctionDef)}
        if "handler" not in names or len(text.splitlines()) > 40:
            yield f"{folder} is not a thin handler"


def every_trigger_has_a_sample_event(forms: Forms) -> Iterator[str]:
    for (folder, trigger), event in _triggers(forms).items():
        name = EVENTS.get((folder, trigger))
        if name is None or not (cloud.ROOT / f"events/{name}.json").exists():
            yield f"{folder} {trigger} has none"
        elif event["Type"] == "HttpApi":
            properties = event["Properties"]
            way, path = sample(name)["routeKey"].split()
            if path != properties["Path"] or way not in (properties["Method"], "ANY"):
                yield f"{name} is sent to {way} {path}"


def filters_take_their_own_events_and_no_others(forms: Forms) -> Iterator[str]:
    heard = {
        EVENTS[trigger]: event["Properties"]["FilterCriteria"]["Filters"]
        for trigger, event in _triggers(forms).items()
        if event["Type"] == "DynamoDB"
    }
    for name, filters in heard.items():
        for other in heard:
            [record] = sample(other)["Records"]
            taken = any(matches(json.loads(each["Pattern"]), record) for each in filters)
            if taken != (name == other):
                yield f"{name}'s filter {'takes' if taken else 'does not take'} {other}"


def every_broker_has_a_queue_and_a_worker(forms: Forms) -> Iterator[str]:
    offered = set(forms.written["Parameters"]["Brokers"]["AllowedValues"])
    if differ := offered ^ set(EVERY.split(",")):
        yield f"offered and known differ: {sorted(differ)}"
    queues = _order_queues(forms)
    heard = _heard(forms)
    pattern = forms.unrolled["Resources"]["RingBells"]["Properties"]["PolicyDocument"]
    for broker in forms.brokers.split(","):
        queue = queues.get(f"{broker}Orders", {"QueueName": {"Fn::Sub": ""}})
        if queue["QueueName"]["Fn::Sub"] != "${AWS::StackName}-orders-" + broker + ".fifo":
            yield f"{broker} has no queue of its name"
        elif queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0] != "DeadOrders":
            yield f"{broker}: what fails is lost"
        if heard.get(f"{broker}Orders") != f"SubmitOrder{broker}":
            yield f"nobody listens to {broker}"
    if not pattern["Statement"][0]["Resource"]["Fn::Sub"].endswith("-orders-*.fifo"):
        yield "RingBells is for other queues"


def orders_are_worked_on_one_by_one(forms: Forms) -> Iterator[str]:
    for name, each in forms.of_type("AWS::Lambda::EventSourceMapping").items():
        if "sqs" not in str(each.get("EventSourceArn")) and "StreamArn" in str(each):
            continue
        if each["BatchSize"] != 1:
            yield f"{name} takes {each['BatchSize']} at once"
        if each.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]:
            yield f"{name} does not say which failed"


def nobody_is_kept_from_the_queue(forms: Forms) -> Iterator[str]:
    """Reserved concurrency below what the queue starts turns good orders into dead letters."""
    for name, each in forms.of_type("AWS::Lambda::Function").items():
        if "ReservedConcurrentExecutions" in each:
            yield f"{name} reserves {each['ReservedConcurrentExecutions']}"


def the_record_survives(forms: Forms) -> Iterator[str]:
    for name in ("Table", "Key"):
        resource = forms.deployed["Resources"][name]
        if resource.get("DeletionPolicy") != "RetainExceptOnCreate":
            yield f"{name} goes with the stack"
        if resource.get("UpdateReplacePolicy") != "Retain":
            yield f"{name} goes when it is replaced"
    table = forms.deployed["Resources"]["Table"]["Properties"]
    if not table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]:
        yield "no way back to yesterday"
    if "Key" not in str(table["SSESpecification"].get("KMSMasterKeyId")):
        yield "not under our own key"
    if table["TimeToLiveSpecification"]["AttributeName"] != "ttl":
        yield "nothing ever expires"
    if not table.get("DeletionProtectionEnabled"):
        yield "one click deletes the table"


def the_address_survives(forms: Forms) -> Iterator[str]:
    address = forms.deployed["Resources"]["Address"]
    if {address.get("DeletionPolicy"), address.get("UpdateReplacePolicy")} != {"Retain"}:
        yield "the registered address goes with the stack: a week without orders"


def orders_leave_from_the_address(forms: Forms) -> Iterator[str]:
    deployed = forms.of_type("AWS::Lambda::Function")
    for name, folder in forms.functions().items():
        [when] = deployed[name].get("VpcConfig", {"Fn::If": [""]})["Fn::If"][:1]
        wanted = "InNetwork" if folder in BEHIND_THE_ADDRESS else ""
        if when != ("AllInNetwork" if folder in WHEN_ALL_ARE else wanted):
            yield f"{name} is behind the registered address: {when or 'never'}"


def schedules_fire_when_they_should(forms: Forms) -> Iterator[str]:
    said = (Path(__file__).parent / "schedules.txt").read_text()
    if (now := timetable(forms)) != said:
        yield f"another timetable:\n{now}"


def timetable(forms: Forms) -> str:
    """When each schedule fires in a week, in Mumbai. Days that are alike share a line."""
    lines = []
    for name, each in sorted(forms.of_type("AWS::Scheduler::Schedule").items()):
        zone = ZoneInfo(each["ScheduleExpressionTimezone"])
        times = list(firings(each["ScheduleExpression"], zone, MONDAY))
        mumbai = [time.astimezone(ZoneInfo("Asia/Kolkata")) for time in times]
        lines.append(f"{name}: {len(times)} a week")
        days: dict[str, list[str]] = {}
        for day in sorted({time.date() for time in mumbai}):
            words = in_words([time for time in mumbai if time.date() == day])
            days.setdefault(words, []).append(f"{day:%a}")
        lines += [f"  {' '.join(names)}: {words}" for words, names in days.items()]
    return "\n".join(lines) + "\n"


def a_missed_minute_is_not_made_up_for(forms: Forms) -> Iterator[str]:
    for name, each in forms.of_type("AWS::Scheduler::Schedule").items():
        if name.startswith("Reconcile") and each["Target"]["RetryPolicy"]["MaximumRetryAttempts"]:
            yield f"{name} is tried again"
    never = {
        each["FunctionName"]["Ref"]
        for each in forms.of_type("AWS::Lambda::EventInvokeConfig").values()
        if each["MaximumRetryAttempts"] == 0
    }
    if "Reconcile" not in never:
        yield "Lambda itself repeats a minute that failed"


def no_secret_is_a_setting(forms: Forms) -> Iterator[str]:
    for name, function in forms.of_type("AWS::Lambda::Function").items():
        for setting in function["Environment"]["Variables"]:
            if re.search("TOKEN|SECRET(?!S_PATH)|PASSPHRASE|PROXY", setting):
                yield f"{name} has {setting}"


def no_role_may_do_everything_or_on_everything(forms: Forms) -> Iterator[str]:
    for name, statement in statements(forms.deployed):
        wide = [each for each in actions(statement) if "*" in each]
        if wide or (statement["Resource"] == "*" and set(actions(statement)) - ON_EVERYTHING):
            yield f"{name}: {actions(statement)}"


def no_role_uses_the_key_without_saying_for_what(forms: Forms) -> Iterator[str]:
    for name, statement in statements(forms.deployed):
        if any(each.startswith("kms:") for each in actions(statement)):
            said = json.dumps(statement.get("Condition", {}))
            if "kms:ViaService" not in said and "kms:EncryptionContext:broker" not in said:
                yield name


def every_log_is_kept_for_a_time(forms: Forms) -> Iterator[str]:
    logs = forms.of_type("AWS::Logs::LogGroup")
    yield from (f"{name} for ever" for name, each in logs.items() if "RetentionInDays" not in each)
    for name, function in forms.of_type("AWS::Lambda::Function").items():
        if function.get("LoggingConfig", {}).get("LogGroup", {}).get("Ref") not in logs:
            yield f"{name} writes to a log of its own making"


def _watched_by(alarm: Mapping[str, Any]) -> Sequence[Any]:
    return [each["Value"] for each in alarm.get("Dimensions", [])]


def every_failure_reaches_a_person(forms: Forms) -> Iterator[str]:
    alarms = forms.of_type("AWS::CloudWatch::Alarm")
    for name, alarm in alarms.items():
        if {"Ref": "Alarms"} not in alarm["AlarmActions"]:
            yield f"{name} tells nobody"
    watched = json.dumps(list(alarms.values()))
    for name in forms.of_type("AWS::Lambda::Function"):
        if f'{{"Ref": "{name}"}}' not in watched:
            yield f"nobody hears when {name} fails"
    for name in of_type(forms.unrolled, "AWS::SQS::Queue"):
        if f'"{name}", "QueueName"' not in watched:
            yield f"nobody hears when {name} fills"
    silence = [each for each in alarms.values() if each["TreatMissingData"] == "breaching"]
    if not any({"Ref": "Reconcile"} in _watched_by(each) for each in silence):
        yield "nobody hears when Reconcile is not even started"
    if not [each for each in forms.of_type("AWS::SNS::Topic").values() if "Subscription" in each]:
        yield "nobody is subscribed"
    if not [each for each in forms.of_type("AWS::SNS::Subscription").values()]:
        yield "the chat is not told"


CHECKS: Mapping[str, Check] = {
    check.__name__: check
    for check in (
        clean_as_written,
        clean_as_deployed,
        each_time_limit_outlasts_the_one_before,
        a_call_to_aws_fits_into_every_function,
        every_function_is_there_and_small,
        every_trigger_has_a_sample_event,
        filters_take_their_own_events_and_no_others,
        every_broker_has_a_queue_and_a_worker,
        orders_are_worked_on_one_by_one,
        nobody_is_kept_from_the_queue,
        the_record_survives,
        the_address_survives,
        orders_leave_from_the_address,
        schedules_fire_when_they_should,
        a_missed_minute_is_not_made_up_for,
        no_secret_is_a_setting,
        no_role_may_do_everything_or_on_everything,
        no_role_uses_the_key_without_saying_for_what,
        every_log_is_kept_for_a_time,
        every_failure_reaches_a_person,
    )
}


def _order_queues(forms: Forms) -> dict[str, Any]:
    queues = forms.of_type("AWS::SQS::Queue")
    return {name: each for name, each in queues.items() if name != "DeadOrders"}


def _heard(forms: Forms) -> dict[str, str]:
    """Which function listens to which queue."""
    return {
        each["EventSourceArn"]["Fn::GetAtt"][0]: each["FunctionName"]["Ref"]
        for each in forms.of_type("AWS::Lambda::EventSourceMapping").values()
    }


def _triggers(forms: Forms) -> dict[tuple[str, str], Any]:
    functions = of_type(forms.unrolled, "AWS::Serverless::Function")
    return {
        (forms.functions()[name], trigger): event
        for name, each in functions.items()
        for trigger, event in each["Events"].items()
    }
