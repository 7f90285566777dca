"""Each minute, and whenever an order is staged: compare the record with the brokers' books."""

import os
from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from tradegram import aws
from tradegram.aws.bells import broker_samples
from tradegram.aws.limits import seconds_left
from tradegram.aws.log import add_broker_metrics, function_logger
from tradegram.aws.watch import watch

settings = aws.settings(os.environ, secrets=True)
logger = function_logger(aws.secrets_of(settings))
metrics = Metrics(namespace="tradegram", service="reconcile")
desk, telegram = aws.aws_desk(settings, aws.clients(), "reconcile"), aws.telegram(settings)


def measure(account_id: str) -> None:
    add_broker_metrics(metrics, broker_samples(desk, account_id))


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    unsettled = watch(desk, telegram, seconds_left(context), ended=measure)
    metrics.add_metric(name="Unsettled", unit=MetricUnit.Count, value=unsettled)
