"""The page on which a person looks through the API and tries it, in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from api.programs import Program, program
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from browser import DESKTOP, PHONE, visitor
from playwright.sync_api import Browser, Page, expect

from tradegram.api.table import ROUTES
from tradegram.local.console_messenger import ConsoleMessenger
from tradegram.local.web import create_app
from tradegram.local.web_api import with_api
from tradegram.local.web_server import ConsoleServer
from tradegram.settings import read

pytestmark = pytest.mark.browser
SHOWN = [route for route in ROUTES if not route.hidden]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Program, str]]:
    with program(tmp_path) as desk:
        settings = read({"TRADEGRAM_HTTP_PORT": "0"})
        console = create_app(desk.floor.desk, ConsoleMessenger(desk.floor.clock), settings)
        server = ConsoleServer(with_api(console, desk.api), "127.0.0.1", 0)
        server.start()
        yield desk, server.url
        server.stop()


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def page(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    yield from visitor(chromium, request.param)


def test_every_endpoint_is_shown_and_can_be_tried(served: tuple[Program, str], page: Page) -> None:
    desk, address = served
    page.goto(f"{address}api/docs")
    expect(page.locator("details")).to_have_count(len(SHOWN))

    page.get_by_label("API key").fill(desk.key)
    page.locator("#listAccounts summary").click()
    page.get_by_role("button", name="Send GET").click()
    expect(page.locator("#listAccounts pre")).to_contain_text('"accountId": "paper:main"')

    page.locator("#placeOrder summary").click()
    page.locator("#placeOrder").get_by_label("account (path").fill("1")
    page.get_by_role("button", name="Send POST").click()
    expect(page.locator("#placeOrder pre")).to_contain_text("201")
    assert desk.key not in page.url
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_nobody_is_kept_from_it(served: tuple[Program, str], page: Page) -> None:
    page.goto(f"{served[1]}api/docs")
    expect(page.locator("details")).to_have_count(len(SHOWN))
    page.locator("#placeOrder summary").click()
    found = Axe().run(page)

    grave = [
        f"{each['id']}: {each['nodes'][0]['html'][:120]}"
        for each in found.response["violations"]
        if each["impact"] in ("serious", "critical")
    ]
    assert grave == []


def test_its_address_without_an_end_answers_as_the_others_do(served: tuple[Program, str]) -> None:
    for path in ("api", "api/"):
        said = httpx.get(f"{served[1]}{path}", trust_env=False)
        assert (said.status_code, said.json()["error"]["code"]) == (404, "NOT_FOUND")
