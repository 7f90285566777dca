"""Every endpoint's example, as it stands beside the route and in the document, is sent."""

from __future__ import annotations

from pathlib import Path

import pytest
from api.programs import LIMIT_ORDER, ORDERS, Program, program

from tradegram.api.route import Route
from tradegram.api.shapes import FailedShape
from tradegram.api.table import ROUTES

SHOWN = [route for route in ROUTES if not route.hidden]


def desk_things(desk: Program) -> dict[str, str]:
    """What the examples speak of: a working order, a position, a ticket, a stored order."""
    order = desk.asks("POST", ORDERS, LIMIT_ORDER).json["order"]["orderId"]
    bought = {**LIMIT_ORDER, "symbol": "INFY", "orderType": "MARKET"}
    assert desk.asks("POST", ORDERS, bought).status == 201
    desk.floor.work()
    ticket = desk.asks("POST", "/api/tickets", LIMIT_ORDER | {"quantity": 3}).json["ticket"]
    desk.floor.press(desk.floor.one("/gtt buy INFY 10 @ 1400 when 1405"), "Store")
    [stored] = desk.asks("GET", "/api/stored-orders").json["stored"]
    return {"{order}": order, "{ticket}": ticket["ticketId"], "{stored}": stored["storedId"]}


@pytest.mark.parametrize("route", SHOWN, ids=lambda route: route.name)
def test_the_example_of_an_endpoint_works(route: Route, tmp_path: Path) -> None:
    example = route.example
    with program(tmp_path) as desk:
        things = desk_things(desk)
        path = route.path
        for part, word in example.place.items():
            path = path.replace(f"{{{part}}}", things.get(word, word))

        said = desk.asks(route.method, path, example.body, query=example.query)

    assert said.status == example.status
    shape = route.answers[said.status] if said.status < 300 else FailedShape
    assert shape.model_validate(said.json)
    assert said.json["success"] is (said.status < 300)


def test_no_two_endpoints_have_one_name_or_one_address() -> None:
    assert len({route.name for route in ROUTES}) == len(ROUTES)
    assert len({(route.method, route.path) for route in ROUTES}) == len(ROUTES)


def test_every_write_wants_a_right_that_reads_do_not_give() -> None:
    assert all(route.scope not in (None, "read") for route in ROUTES if route.writes)
