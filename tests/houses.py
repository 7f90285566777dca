"""An AWS to run the functions in: moto in this process, or ministack behind a proxy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import ministack
from lambdas import Lambdas, lambdas
from loopback.aws_proxy import AwsProxy
from loopback.bot_api import BotApi
from moto import mock_aws


@contextmanager
def house(name: str, api: BotApi, **more: str) -> Iterator[Lambdas]:
    """more: of the functions' environment."""
    if name == "moto":
        with mock_aws(), lambdas("", api, more=more) as made:
            yield made
    else:
        endpoint = ministack.endpoint()
        with AwsProxy(endpoint) as proxy, lambdas(endpoint, api, proxy, more) as made:
            yield made
