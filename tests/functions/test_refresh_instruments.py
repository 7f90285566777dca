"""The lists of a broker's instruments come into the bucket, and every function finds them there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import cloud
import ministack
import pytest
from functions.logins import kite_at, linked, logged_in, zerodha
from houses import house
from lambdas import USERS, Context, Lambdas
from loopback.bot_api import BotApi, Person

from tradegram.sims.zerodha import ZerodhaSim

ANU = USERS[0]
BUCKET = "desk-lists"


@pytest.fixture
def kite() -> ZerodhaSim:
    return zerodha()


@pytest.fixture
def api() -> Iterator[BotApi]:
    with BotApi(says_only=True) as made:
        yield made


@pytest.fixture
def desk(kite: ZerodhaSim, api: BotApi) -> Iterator[Lambdas]:
    # Past the proxy, which passes on what the table and the queues need.
    more = {"TRADEGRAM_BUCKET": BUCKET, "AWS_ENDPOINT_URL_S3": ministack.endpoint()}
    with kite_at(kite) as where, house("ministack", api, **where, **more) as made:
        place: Any = {"LocationConstraint": cloud.REGION}
        boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
        yield made


@pytest.fixture
def anu(api: BotApi) -> Person:
    return api.user(ANU)


def refreshed(desk: Lambdas) -> None:
    desk.app("refresh_instruments").handler({}, Context(300.0))


def test_a_list_is_fetched_once_it_can_be_and_found_by_the_others(
    desk: Lambdas, anu: Person, kite: ZerodhaSim
) -> None:
    linked(desk, anu, kite)
    refreshed(desk)
    desk.webhook(anu.says("/status"))
    assert "Instruments: the sample" in anu.last().text

    logged_in(desk, anu)
    refreshed(desk)

    desk.webhook(anu.says("/status"))
    rows = len(kite.stock.rows)
    assert f"Instruments: Zerodha {rows:,} of today" in anu.last().text
    worker = desk.app("submit_order").desk
    listing = worker.sessions.listings("zerodha").of(kite.stock.rows[0])
    assert listing.token == "1"
    assert worker.instruments.find(kite.stock.rows[0].key) is not None
