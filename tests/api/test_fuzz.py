"""
The document's own promises, asked with everything it allows and much that it does not.

`make api-fuzz` asks far more often than the short form of every test run.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from api.programs import LIMIT_ORDER, ORDERS, Program, program
from hypothesis import HealthCheck, Phase, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tradegram.api.asgi import ApiApp
from tradegram.api.keys import MOST_PER_MINUTE

EXAMPLES = int(os.environ.get("API_FUZZ_EXAMPLES", "4"))
PARTS = ExitStack()


def desk() -> tuple[Any, Program]:
    folder = PARTS.enter_context(tempfile.TemporaryDirectory())
    asking = PARTS.enter_context(program(Path(folder), per_minute=MOST_PER_MINUTE))
    asking.asks("POST", ORDERS, LIMIT_ORDER)
    asking.floor.work()
    return ApiApp(asking.api), asking


APP, DESK = desk()
# What a broker does not give is said by 501, which is no failure of ours.
NO_FAILURE = {"expected-statuses": ["2xx", "3xx", "4xx", "501"]}
CONFIG = schemathesis.Config.from_dict({"checks": {"not_a_server_error": NO_FAILURE}})
schema = schemathesis.openapi.from_asgi("/api/openapi.json", APP, config=CONFIG)


@pytest.fixture(scope="module", autouse=True)
def closing() -> Iterator[None]:
    yield
    PARTS.close()


@schema.parametrize()
@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
def test_no_request_breaks_the_desk_or_its_document(case: schemathesis.Case[Any]) -> None:
    DESK.floor.clock.pass_(5.0)  # strangers are few in a minute, and each case brings some
    # What is well formed may still be no order: a symbol that nobody lists, a price off the tick.
    case.call_and_validate(
        headers={"Authorization": f"Bearer {DESK.key}"}, excluded_checks=[positive_data_acceptance]
    )
