"""
The log of a function: JSON lines without secrets, for this package's own loggers too; and the
figures it writes there.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics import MetricUnit

from tradegram.brokers.health import Sample
from tradegram.chat.telegram import redact
from tradegram.orders.state import Order

MOST_VALUES = 90  # of one metric in one line; CloudWatch takes a hundred


class SafeJson(LambdaPowertoolsFormatter):
    """Hides bot tokens, and the secrets it was told, wherever they stand in a line."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.hide(())

    def hide(self, secrets: Iterable[str]) -> None:
        self._redacted = redact.Redacting(logging.Formatter(), secrets).redacted

    def serialize(self, log: Any) -> str:
        return self._redacted(super().serialize(log))


def function_logger(secrets: Iterable[str] = ()) -> Logger:
    """
    secrets: what must never be shown, beside whatever is shaped like a bot token.

    It is named like the package, so what modules log passes through it.
    """
    known = tuple(secrets)
    redact.install(logging.getLogger().handlers, known)
    logger = Logger(service="tradegram", logger_formatter=SafeJson())
    formatter = logger.registered_formatter
    if isinstance(formatter, SafeJson):
        formatter.hide(known)  # a logger of this name may have been set up before
    return logger


def add_broker_metrics(metrics: Metrics, samples: Sequence[Sample]) -> None:
    """How long brokers took to answer, and how often they did not."""
    for one in samples[-MOST_VALUES:]:
        if one.good:
            took = one.seconds * 1000
            metrics.add_metric(name="BrokerLatency", unit=MetricUnit.Milliseconds, value=took)
    if samples:
        errors = sum(1 for one in samples if not one.good)
        metrics.add_metric(name="BrokerErrors", unit=MetricUnit.Count, value=errors)


def add_order_metrics(metrics: Metrics, order: Order, samples: Sequence[Sample]) -> None:
    """What became of an order that was attended to, and our own time from the tap to its claim."""
    metrics.add_metric(name=f"Order{order.state.title()}", unit=MetricUnit.Count, value=1)
    if order.sent_at and not order.attempt:
        ours = (order.sent_at - order.staged_at) * 1000
        metrics.add_metric(name="OwnLatency", unit=MetricUnit.Milliseconds, value=ours)
    add_broker_metrics(metrics, samples)
