from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api.programs import program

from tradegram.api.document import document
from tradegram.api.table import ROUTES


@pytest.fixture(scope="module")
def written() -> dict[str, Any]:
    return document(ROUTES)


def test_every_endpoint_of_the_table_is_in_the_document(written: dict[str, Any]) -> None:
    listed = {
        (method.upper(), path) for path, methods in written["paths"].items() for method in methods
    }

    assert listed == {(route.method, route.path) for route in ROUTES if not route.hidden}


def test_every_name_that_it_refers_to_is_there(written: dict[str, Any]) -> None:
    def refs(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            yield from ([value["$ref"]] if "$ref" in value else [])
            for each in value.values():
                yield from refs(each)
        elif isinstance(value, list):
            for each in value:
                yield from refs(each)

    known = {f"#/components/schemas/{name}" for name in written["components"]["schemas"]}

    assert set(refs(written)) <= known


def test_every_write_may_be_repeated_by_its_key(written: dict[str, Any]) -> None:
    for path, methods in written["paths"].items():
        for method, operation in methods.items():
            names = [each["name"] for each in operation["parameters"]]
            assert ("Idempotency-Key" in names) is (method != "get"), (method, path)


def test_anybody_may_read_it_and_look_through_it(tmp_path: Path) -> None:
    with program(tmp_path) as desk:
        served = desk.asks("GET", "/api/openapi.json", key="")
        page = desk.open_("/api/docs")

        assert served.json == json.loads(json.dumps(document(ROUTES)))
        assert page.media_type.startswith("text/html")
        for part in ("docs.js", "docs.css"):
            assert f'"/api/docs/{part}"'.encode() in page.content
            assert desk.open_(f"/api/docs/{part}").status == 200
        assert desk.open_("/api/docs/secrets.txt").status == 404


def test_the_page_runs_nothing_that_stands_in_it(tmp_path: Path) -> None:
    with program(tmp_path) as desk:
        page = desk.open_("/api/docs")

    assert page.content.count(b"<script") == page.content.count(b'<script src="/api/docs/')
    assert b" on" + b"click" not in page.content
    assert b"style=" not in page.content
    assert "'unsafe" not in page.headers["Content-Security-Policy"]
    assert b"://" not in page.content
