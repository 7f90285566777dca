"""After the markets close: keep the day's trades, compare the books, and say what the day was."""

import os
from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from tradegram import aws
from tradegram.aws.limits import seconds_left
from tradegram.aws.log import function_logger
from tradegram.aws.watch import settle

logger, metrics = function_logger(), Metrics(namespace="tradegram", service="settle_day")
desk = aws.aws_desk(aws.settings(os.environ), aws.clients(), "settle_day")


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    looked = settle(desk, seconds_left(context))
    metrics.add_metric(name="AccountsSettled", unit=MetricUnit.Count, value=looked)
