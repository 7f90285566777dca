"""Messages about orders that failed five times: people are told, and nothing is sent."""

import os
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from tradegram import aws
from tradegram.aws.bells import each_message, tell_dead
from tradegram.aws.log import function_logger

logger, metrics = function_logger(), Metrics(namespace="tradegram", service="dead_letter")
desk = aws.aws_desk(aws.settings(os.environ), aws.clients())


def tell(record: Mapping[str, Any]) -> None:
    """Raises StoreError to have the message delivered again."""
    metrics.add_metric(name="Dead", unit=MetricUnit.Count, value=1)
    tell_dead(desk, record["body"])


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    return each_message(event, tell)
