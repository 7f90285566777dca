"""The template holds what it must, as it is written and as AWS will see it."""

from __future__ import annotations

import json

import cloud
import pytest
from template.checks import CHECKS
from template.deployed import EVERY, Forms


@pytest.fixture(scope="module")
def forms() -> Forms:
    return Forms(cloud.written())


@pytest.mark.parametrize("name", CHECKS)
def test_the_template(name: str, forms: Forms) -> None:
    assert list(CHECKS[name](forms)) == []


LARGEST_FROM_BUCKET = 1_000_000  # bytes of a template, by CloudFormation's own limit


def test_with_every_broker_it_is_half_as_large_as_it_may_be(forms: Forms) -> None:
    as_it_is_uploaded = (cloud.ROOT / "template.yaml").read_bytes()
    transformed = json.dumps(forms.deployed).encode()

    assert max(len(as_it_is_uploaded), len(transformed)) < LARGEST_FROM_BUCKET / 2


def test_one_broker_takes_nothing_away_from_another(forms: Forms) -> None:
    """Switching a broker on or off adds or removes its own resources, and changes none."""
    alone = Forms(cloud.written(), "paper").unrolled["Resources"]
    together = forms.unrolled["Resources"]

    more = together.keys() - alone.keys()

    assert alone.keys() <= together.keys()
    assert {name: together[name] for name in alone} == alone
    assert all(any(broker in name for broker in EVERY.split(",")) for name in more)
