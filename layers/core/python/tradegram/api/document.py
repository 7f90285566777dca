"""The OpenAPI 3.1 document, written from the very table that is served."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pydantic.json_schema import JsonSchemaMode, models_json_schema

from tradegram import __version__
from tradegram.api.call import Nothing, Shape
from tradegram.api.once import LONGEST
from tradegram.api.route import Example, Route
from tradegram.api.shapes import FailedShape

JSON = "application/json"
REF = "#/components/schemas/{model}"
ABOUT = """\
The same order desk as in chat: the same tickets, limits, kill switch and audit.

Errors of any status are `{"success": false, "error": {"code", "message", "hint"}}`. A write with an
`Idempotency-Key` is done once however often it is sent: its answer is kept for five days, and the
same key with other parameters is refused. Lists give `nextCursor` while there is more.
"""
TAGS = {
    "accounts": "Accounts, and what they hold.",
    "orders": "Orders, in the shapes of system E (by account) and of system A.",
    "tickets": "What an order would be, before anybody confirms it.",
    "stored orders": "What waits for a price, at this desk or at a broker.",
    "market": "Prices and instruments.",
    "record": "What was: results, limits and their use, the audit, logins.",
    "signals": "What strategies say, and what is done with it.",
}
# Statuses that any endpoint may answer with; whatever else goes wrong has the same shape.
COMMON = {400: "Not well formed.", 401: "No good key.", 403: "The key may not.", 404: "Not there.",
          422: "Well formed, and not possible.", 429: "Too many requests."}  # fmt: skip

Schemas = Mapping[tuple[type[Shape], JsonSchemaMode], Mapping[str, Any]]


def document(routes: Sequence[Route]) -> dict[str, Any]:
    shown = [route for route in routes if not route.hidden]
    schemas, definitions = _schemas(shown)
    paths: dict[str, dict[str, Any]] = {}
    for route in shown:
        paths.setdefault(route.path, {})[route.method.casefold()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "tradegram", "version": __version__, "description": ABOUT},
        "servers": [{"url": "/"}],
        "tags": [
            {"name": name, "description": TAGS[name]}
            for name in dict.fromkeys(route.tag for route in shown)
        ],
        "paths": paths,
        "components": {
            "schemas": definitions,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "An API key: tg_..."},
                "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
        },
    }


def _schemas(routes: Sequence[Route]) -> tuple[Schemas, Mapping[str, Any]]:
    wanted: dict[tuple[type[Shape], JsonSchemaMode], None] = {(FailedShape, "serialization"): None}
    for route in routes:
        wanted |= {(shape, "serialization"): None for shape in route.answers.values()}
        if route.body is not None:
            wanted[(route.body, "validation")] = None
    found, definitions = models_json_schema(list(wanted), ref_template=REF)
    return found, definitions["$defs"]  # type: ignore[return-value] # each key is one of ours


def _operation(route: Route, schemas: Schemas) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.about,
        "tags": [route.tag],
        "parameters": [*_place(route), *_query(route), *_headers(route)],
        "responses": {
            **{str(status): _response(status, "", schemas[(shape, "serialization")])
               for status, shape in route.answers.items()},
            **{str(status): _response(status, why, schemas[(FailedShape, "serialization")])
               for status, why in COMMON.items()},
            "default": _response(500, "Whatever else went wrong.",
                                 schemas[(FailedShape, "serialization")]),
        },
    }  # fmt: skip
    if route.details:
        made["description"] = route.details
    if route.scope is not None:
        made["security"] = [{"bearer": []}, {"apiKey": []}]
        made["x-scope"] = route.scope.value
    if route.body is not None:
        content: dict[str, Any] = {"schema": schemas[(route.body, "validation")]}
        if route.example.body is not None:
            content["example"] = route.example.body
        made["requestBody"] = {"required": not route.optional_body, "content": {JSON: content}}
    return made


def _response(status: int, words: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "description": words or HTTPStatus(status).phrase,
        "content": {JSON: {"schema": schema}},
    }


def _place(route: Route) -> list[dict[str, Any]]:
    schema = {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[^/]+$"}
    return [
        {"name": part, "in": "path", "required": True, "schema": schema,
         **_example(route.example, part)}
        for part in route.parts
    ]  # fmt: skip


def _query(route: Route) -> list[dict[str, Any]]:
    if route.query is Nothing:
        return []
    schema = route.query.model_json_schema(ref_template=REF)
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": _plain(each),
         **_example(route.example, name)}
        for name, each in schema["properties"].items()
    ]  # fmt: skip


def _example(example: Example, name: str) -> dict[str, str]:
    """Of one parameter; what stands for a thing of the desk is none."""
    found = {**example.place, **example.query}
    if name not in found or re.fullmatch(r"\{\w+\}", found[name]):
        return {}
    return {"example": found[name]}


def _plain(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A parameter that is missing is missing: there is no null in a query."""
    kinds = [each for each in schema.get("anyOf", []) if each != {"type": "null"}]
    rest = {name: each for name, each in schema.items() if name not in ("anyOf", "default")}
    return {**rest, **kinds[0]} if len(kinds) == 1 else {**schema}


def _headers(route: Route) -> list[dict[str, Any]]:
    if not route.writes:
        return []
    return [
        {"name": "Idempotency-Key", "in": "header", "required": False,
         "description": "Chosen by you, new for each thing you want done, the same for repeats.",
         "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST,
                    "pattern": "^[!-~]([ -~]*[!-~])?$"}}
    ]  # fmt: skip
