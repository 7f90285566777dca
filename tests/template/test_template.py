"""The template as AWS will see it, and faults planted in it that must be seen."""

from __future__ import annotations

import ast
import copy
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import cloud
import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from lambdas import RESOURCES, patterns, sample
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from tradegram.aws import ATTEMPTS, CONNECT, READ
from tradegram.orders import send

Template = dict[str, Any]
FUNCTIONS = cloud.ROOT / "functions"
BROKER_CALL = 13.0  # seconds: 2 to connect, 2 for a place in the pool, 8 to answer, 1 to write


def transformed(template: Template) -> Template:
    """As CloudFormation gets it, with code that lies in a bucket instead of in folders."""
    template = copy.deepcopy(template)
    for resource in template["Resources"].values():
        if resource["Type"] in ("AWS::Serverless::Function", "AWS::Serverless::LayerVersion"):
            where = "CodeUri" if "Function" in resource["Type"] else "ContentUri"
            resource["Properties"][where] = "s3://bucket/key"
    made: Template = Translator({}, Parser(), boto_session=cloud.session()).translate(template, {})
    return made


def faults(template: Template) -> list[str]:
    text = json.dumps(template, default=str)
    found = lint(text, config=ManualArgs(regions=[cloud.REGION]))
    return [f"{each.rule.id} {each.message}" for each in found]


@cache
def original() -> Template:
    return cloud.template()


@cache
def as_deployed() -> Template:
    return transformed(original())


def of_type(template: Template, kind: str) -> dict[str, Any]:
    found = template["Resources"].items()
    return {name: each["Properties"] for name, each in found if each["Type"] == kind}


def time_limits(template: Template) -> list[float]:
    """Seconds, each of which must be longer than the one before."""
    functions = of_type(template, "AWS::Lambda::Function")
    queue = template["Resources"]["PaperOrders"]["Properties"]
    return [
        BROKER_CALL,
        functions["SubmitOrderPaper"]["Timeout"],
        send.LEASE,
        queue["VisibilityTimeout"],
    ]


def test_the_template_is_clean_as_it_is_written() -> None:
    assert faults(original()) == []


def test_the_template_is_clean_as_it_is_deployed() -> None:
    assert faults(as_deployed()) == []


def test_each_time_limit_is_longer_than_what_it_has_to_outlast() -> None:
    limits = time_limits(as_deployed())

    assert limits == sorted(set(limits))
    assert BROKER_CALL > send.SEND_WINDOW


def test_a_call_to_aws_with_all_its_repeats_fits_into_every_function() -> None:
    longest = (CONNECT + READ) * ATTEMPTS

    for function in of_type(as_deployed(), "AWS::Lambda::Function").values():
        assert longest < function["Timeout"]


def test_every_function_is_there_small_and_named_in_the_template() -> None:
    folders = {path.parent.name for path in FUNCTIONS.glob("*/app.py")}
    named = {
        Path(each["CodeUri"]).name: each
        for each in of_type(original(), "AWS::Serverless::Function").values()
    }

    assert folders == set(named) == set(RESOURCES)
    for folder in folders:
        text = (FUNCTIONS / folder / "app.py").read_text()
        names = {each.name for each in ast.parse(text).body if isinstance(each, ast.FunctionDef)}
        assert "handler" in names
        assert len(text.splitlines()) < 40, folder


def test_every_broker_has_a_queue_of_its_name_and_a_function_that_listens_to_it() -> None:
    queues = of_type(original(), "AWS::SQS::Queue")
    listened = {
        each["EventSourceArn"]["Fn::GetAtt"][0]
        for each in of_type(as_deployed(), "AWS::Lambda::EventSourceMapping").values()
        if "ScalingConfig" in each
    }
    rung = original()["Resources"]["RingBells"]["Properties"]["PolicyDocument"]["Statement"]
    brokers = {name: each for name, each in queues.items() if name != "DeadOrders"}

    assert set(brokers) == listened == {each["Fn::GetAtt"][0] for each in rung[0]["Resource"]}
    for name, queue in brokers.items():
        broker = name.removesuffix("Orders").lower()
        assert queue["QueueName"] == {"Fn::Sub": "${AWS::StackName}-" + broker + ".fifo"}
        assert queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0] == "DeadOrders"


def test_orders_are_worked_on_one_by_one_and_failures_are_reported_one_by_one() -> None:
    mappings = of_type(as_deployed(), "AWS::Lambda::EventSourceMapping")
    [bell] = [each for each in mappings.values() if each.get("ScalingConfig")]

    assert bell["BatchSize"] == 1
    assert bell["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_the_record_survives_the_stack_and_a_mistake() -> None:
    table = as_deployed()["Resources"]["Table"]

    assert table["DeletionPolicy"] == "RetainExceptOnCreate"
    assert table["UpdateReplacePolicy"] == "Retain"
    assert table["Properties"]["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
    assert table["Properties"]["SSESpecification"]["SSEEnabled"]
    assert table["Properties"]["TimeToLiveSpecification"]["AttributeName"] == "ttl"


def test_the_schedule_is_in_mumbai_and_a_missed_minute_is_not_made_up_for() -> None:
    [schedule] = of_type(as_deployed(), "AWS::Scheduler::Schedule").values()

    assert ZoneInfo(schedule["ScheduleExpressionTimezone"]).key == "Asia/Kolkata"
    assert schedule["Target"]["RetryPolicy"]["MaximumRetryAttempts"] == 0


def test_no_secret_is_a_setting_of_a_function() -> None:
    for function in of_type(as_deployed(), "AWS::Lambda::Function").values():
        names = function["Environment"]["Variables"]
        assert not {"TELEGRAM_BOT_TOKEN", "TELEGRAM_WEBHOOK_SECRET"} & set(names)


def test_no_role_may_do_everything_or_on_everything() -> None:
    for name, statement in statements(original()):
        actions = statement["Action"]
        actions = [actions] if isinstance(actions, str) else actions
        assert not [each for each in actions if "*" in each], name
        if statement.get("Resource") == "*":
            assert actions == ["dynamodb:ListStreams"], name


def test_every_log_is_kept_for_a_time_and_not_for_ever() -> None:
    logs = of_type(as_deployed(), "AWS::Logs::LogGroup")

    assert all("RetentionInDays" in each for each in logs.values())
    for function in of_type(as_deployed(), "AWS::Lambda::Function").values():
        assert function["LoggingConfig"]["LogGroup"]["Ref"] in logs


def test_the_sample_events_name_the_template_s_own_paths_and_keys() -> None:
    [api] = of_type(as_deployed(), "AWS::ApiGatewayV2::Api").values()

    assert list(api["Body"]["paths"]) == [sample("telegram_webhook")["rawPath"]]
    assert all(patterns(name) for name in ("notify", "reconcile"))


def statements(template: Template) -> list[tuple[str, Any]]:
    found = []
    for name, each in template["Resources"].items():
        properties = each.get("Properties", {})
        documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
        if each["Type"] == "AWS::IAM::ManagedPolicy":
            documents.append(properties["PolicyDocument"])
        found += [(name, one) for document in documents for one in document["Statement"]]
    return found


# -- faults that must be seen, in the template as it is deployed -----------------------------------


def visibility(resources: Any) -> None:
    resources["PaperOrders"]["Properties"]["VisibilityTimeout"] = 20


def standard_dead_letters(resources: Any) -> None:
    dead = resources["DeadOrders"]["Properties"]
    del dead["FifoQueue"], dead["QueueName"]


def index_without_attribute(resources: Any) -> None:
    resources["Table"]["Properties"]["AttributeDefinitions"].pop()


def unknown_runtime(resources: Any) -> None:
    resources["Notify"]["Properties"]["Runtime"] = "python3.31"


def too_few_at_once(resources: Any) -> None:
    event = resources["SubmitOrderPaper"]["Properties"]["Events"]["Bell"]["Properties"]
    event["ScalingConfig"]["MaximumConcurrency"] = 1


def large_batch(resources: Any) -> None:
    event = resources["SubmitOrderPaper"]["Properties"]["Events"]["Bell"]["Properties"]
    event["BatchSize"] = 100


def misspelt_action(resources: Any) -> None:
    [statement] = resources["RingBells"]["Properties"]["PolicyDocument"]["Statement"]
    statement["Action"] = "sqs:SendMesage"


def missing_reference(resources: Any) -> None:
    resources["DeadOrdersAlarm"]["Properties"]["AlarmActions"] = [{"Ref": "Alarm"}]


def missing_attribute(resources: Any) -> None:
    [statement] = resources["RingBells"]["Properties"]["PolicyDocument"]["Statement"]
    statement["Resource"] = [{"Fn::GetAtt": ["PaperOrders", "Arm"]}]


def six_layers(resources: Any) -> None:
    resources["Notify"]["Properties"]["Layers"] = [{"Ref": "CoreLayer"}] * 6


def slow_function(resources: Any) -> None:
    resources["SubmitOrderPaper"]["Properties"]["Timeout"] = 45


PLANTED = [
    visibility,
    standard_dead_letters,
    index_without_attribute,
    unknown_runtime,
    too_few_at_once,
    large_batch,
    misspelt_action,
    missing_reference,
    missing_attribute,
    six_layers,
    slow_function,
]


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_fault_is_seen(plant: Callable[[Any], None]) -> None:
    broken = copy.deepcopy(original())
    plant(broken["Resources"])
    deployed = transformed(broken)

    limits = time_limits(deployed)
    assert limits != sorted(set(limits)) or faults(deployed), "nobody saw it"
