"""A broker is linked and logged in through the functions; KMS seals what only it may open."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from functions.logins import kite_at, linked, logged_in, page, zerodha
from houses import house
from lambdas import PUBLIC, USERS, Lambdas, sample
from loopback.bot_api import BotApi, Person

from tradegram.aws.watch import failed_logins
from tradegram.errors import UserError
from tradegram.sims.zerodha import ZerodhaSim

ANU = USERS[0]
ACCOUNT = "zerodha:AB1234"


@pytest.fixture
def kite() -> ZerodhaSim:
    return zerodha()


@pytest.fixture
def api() -> Iterator[BotApi]:
    with BotApi(says_only=True) as made:
        yield made


@pytest.fixture
def desk(kite: ZerodhaSim, api: BotApi) -> Iterator[Lambdas]:
    with kite_at(kite) as where, house("ministack", api, **where) as made:
        yield made


@pytest.fixture
def anu(api: BotApi) -> Person:
    return api.user(ANU)


def test_a_broker_is_linked_and_logged_in_and_its_orders_can_be_read(
    desk: Lambdas, anu: Person, kite: ZerodhaSim
) -> None:
    assert "is linked as #live" in linked(desk, anu, kite)["body"]

    said = logged_in(desk, anu)

    assert said["statusCode"] == 200
    assert "#live is logged in at Zerodha" in said["body"]
    worker = desk.app("submit_order").desk
    assert worker.brokers.broker(ACCOUNT).order_book().reports == []


def test_what_is_sealed_lies_nowhere_in_the_table_in_plain_words(
    desk: Lambdas, anu: Person, kite: ZerodhaSim
) -> None:
    linked(desk, anu, kite)
    logged_in(desk, anu)

    rows = str(desk.dynamodb.scan(TableName=desk.table)["Items"])

    assert ACCOUNT in rows
    for secret in (kite.api_key, kite.api_secret, *kite.tokens):
        assert secret not in rows


def test_the_way_back_without_the_cookie_logs_nobody_in(
    desk: Lambdas, anu: Person, kite: ZerodhaSim
) -> None:
    linked(desk, anu, kite)

    said = desk.invoke("login", sample("login"), seconds=25.0)

    assert said["statusCode"] == 400
    assert kite.tokens == {}


def test_a_form_that_is_too_large_is_not_read(desk: Lambdas) -> None:
    said = page(desk, f"{PUBLIC}/login/link", form={"state": "x" * 70_000})

    assert said["statusCode"] == 413


def test_a_form_in_base64_is_the_same_form(desk: Lambdas) -> None:
    plain = page(desk, f"{PUBLIC}/login/code", form={"state": "nobody", "totp": "123456"})
    coded = page(
        desk,
        f"{PUBLIC}/login/code",
        form={},
        body="c3RhdGU9bm9ib2R5JnRvdHA9MTIzNDU2",
        isBase64Encoded=True,
    )

    assert plain == coded
    assert plain["statusCode"] == 400


def test_sessions_are_looked_at_and_failed_logins_are_counted(
    desk: Lambdas, anu: Person, kite: ZerodhaSim
) -> None:
    linked(desk, anu, kite, secret="another")
    look = desk.app("refresh_sessions")
    assert failed_logins(look.desk) == 0

    assert "not logged in" in logged_in(desk, anu)["body"]
    desk.invoke("refresh_sessions", sample("refresh_sessions"), seconds=60.0)

    assert failed_logins(look.desk) == 1


def test_a_broker_that_is_not_switched_on_is_traded_with_by_nobody(
    kite: ZerodhaSim, api: BotApi
) -> None:
    """It has no queue: an order would wait there for ever."""
    with kite_at(kite) as where, house("ministack", api, **where, TRADEGRAM_BROKERS="paper") as off:
        anu = api.user(ANU)
        linked(off, anu, kite)

        off.webhook(anu.says("/buy RELIANCE 10 @ 2900 #live"))

        assert "Confirm" not in str(anu.last().labels)
        desk = off.app("submit_order").desk
        assert [each.broker for each in desk.brokers.accounts()] == ["paper"]
        with pytest.raises(UserError, match="zerodha is not switched on"):
            desk.brokers.broker(ACCOUNT)
