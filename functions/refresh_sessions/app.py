"""
In the morning and through the day: log in where the desk may, and say what people must do.
Behind the registered address, which it compares with the one that brokers know.
"""

import os
from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from tradegram import aws
from tradegram.aws.log import function_logger
from tradegram.aws.watch import failed_logins
from tradegram.bootstrap import address_asked, keeper_of
from tradegram.sessions.rounds import look

settings = aws.settings(os.environ)
logger, metrics = function_logger(), Metrics(namespace="tradegram", service="refresh_sessions")
desk = aws.aws_desk(settings, aws.clients())


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    look(desk, keeper_of(desk), address_asked(settings))
    metrics.add_metric(name="LoginsFailed", unit=MetricUnit.Count, value=failed_logins(desk))
