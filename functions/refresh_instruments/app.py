"""
Each quarter of an hour from half past eight until the close: fetch the lists of instruments that
are due, from every broker that somebody is logged in at.

Needs, besides the record and the vault to read (and the record to write): s3:PutObject and
s3:GetObject on TRADEGRAM_BUCKET's objects and s3:ListBucket on it, 2,048 MB of memory, 300 s, one
run at a time, and no registered address. Every function that makes a desk has TRADEGRAM_BUCKET and
reads from it; those in the network reach it through a gateway endpoint of S3.
"""

import os
from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from tradegram import aws
from tradegram.aws.log import function_logger
from tradegram.bootstrap import refresh_of

settings = aws.settings(os.environ)
logger, metrics = function_logger(), Metrics(namespace="tradegram", service="refresh_instruments")
clients = aws.clients()
desk = aws.aws_desk(settings, clients, "refresh_instruments")
refresh = refresh_of(desk, aws.shelf(settings, clients))


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    for broker in refresh.look():
        logger.info("instruments refreshed", broker=broker)
    old = sum(1 for age in refresh.ages() if age.problem)
    metrics.add_metric(name="InstrumentsNotRenewed", unit=MetricUnit.Count, value=old)
