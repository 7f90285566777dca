"""The page in a browser, with everything behind it as it runs on one machine."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Literal
from urllib.parse import urlencode

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from browser import PATIENCE
from dashboard.test_initdata import signed
from local.dashboard_desk import ANU, RAVI, TOKEN, DashboardDesk, dashboard_desk
from playwright.sync_api import Locator, Page, expect

from tradegram.brackets.gtt import drafted_gtt, store, waiting
from tradegram.chat.asked import Asked
from tradegram.chat.people import VIEWER, give_role
from tradegram.model import Side
from tradegram.risk.stepup import set_up_pin
from tradegram.signals.strategy import Strategy, Way, set_up, strategy

pytestmark = pytest.mark.browser

expect.set_options(timeout=PATIENCE)
ACCOUNT = "paper:main"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[DashboardDesk]:
    with dashboard_desk(tmp_path) as made:
        yield made


def arrive(page: Page, desk: DashboardDesk) -> None:
    page.goto(desk.door())
    expect(page.locator("#link")).to_have_text("live")
    expect(page.locator(".card")).to_contain_text("#main")


def tab(page: Page, name: str) -> None:
    page.locator(".tabs").get_by_role("button", name=re.compile(name)).click()


def order(page: Page, symbol: str, quantity: int, price: str = "") -> None:
    """As people do: search, choose, review, confirm."""
    box = page.get_by_label("Instrument", exact=True)
    box.press_sequentially(symbol[:5])
    page.locator("#found li").filter(has_text=f"{symbol} NSE").first.click()
    page.get_by_label("Quantity").fill(str(quantity))
    if price:
        page.get_by_label("Type").select_option("LIMIT")
        page.get_by_label("Price", exact=True).fill(price)
    page.get_by_role("button", name="Review order").click()
    page.get_by_role("button", name=re.compile("^Confirm ")).click()


def first_order(page: Page) -> Locator:
    return page.locator("#orders tr").first


def test_an_order_is_placed_confirmed_and_seen_to_fill_without_a_reload(
    desk: DashboardDesk, page: Page
) -> None:
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    arrive(page, desk)
    order(page, "RELIANCE", 10)

    expect(first_order(page)).to_contain_text("RELIANCE")
    expect(first_order(page).locator(".badge")).to_have_text("FILLED")
    tab(page, "Positions")
    expect(page.locator("#positions tr")).to_contain_text("RELIANCE")
    tab(page, "Results")
    expect(page.locator(".curve canvas").first).to_be_visible()
    assert complaints == []  # of the policy that forbids scripts and styles of others, too
    [made] = desk.home.store.orders(ACCOUNT).orders
    assert made.cum_quantity == 10


def test_a_working_order_is_changed_and_cancelled_after_a_question(
    desk: DashboardDesk, page: Page
) -> None:
    arrive(page, desk)
    order(page, "INFY", 5, "1400")
    expect(first_order(page).locator(".badge")).to_have_text("SUBMITTED")

    first_order(page).get_by_role("button", name="Modify BUY INFY").click()
    page.get_by_label("Price", exact=True).last.fill("1405")
    page.get_by_role("button", name="Change the order").click()
    expect(first_order(page)).to_contain_text("1,405.00")

    first_order(page).get_by_role("button", name="Cancel BUY INFY").click()
    [before] = desk.home.store.orders(ACCOUNT).orders
    assert not before.cancel_wanted
    page.get_by_label("Reason, for the audit").fill("too far away")
    page.get_by_role("button", name="Cancel the order").click()

    expect(first_order(page).locator(".badge")).to_have_text("CANCELLED")
    assert any("too far away" in link.body for link in desk.home.store.chain(ACCOUNT))


def test_a_ticket_that_is_put_away_sends_nothing(desk: DashboardDesk, page: Page) -> None:
    arrive(page, desk)
    box = page.get_by_label("Instrument", exact=True)
    box.press_sequentially("RELI")
    expect(page.locator("#found li").first).to_be_visible()
    box.press("ArrowDown")
    box.press("Enter")
    page.get_by_label("Quantity").fill("3")
    page.get_by_label("Quantity").press("Enter")
    expect(page.get_by_role("button", name=re.compile("^Confirm BUY 3"))).to_be_focused()
    page.keyboard.press("Escape")

    expect(page.locator("dialog")).to_be_hidden()
    assert desk.home.store.orders(ACCOUNT).orders == []


@pytest.mark.parametrize(("size", "scheme"), [("page", "light"), ("phone", "dark")])
def test_nobody_is_kept_from_any_part_of_it(
    desk: DashboardDesk,
    request: pytest.FixtureRequest,
    size: str,
    scheme: Literal["light", "dark"],
) -> None:
    page: Page = request.getfixturevalue(size)
    page.emulate_media(color_scheme=scheme)
    page.goto(desk.url)
    expect(page.locator("#gate")).to_be_visible()
    assert grave(page) == []
    arrive(page, desk)
    order(page, "RELIANCE", 10)
    expect(first_order(page).locator(".badge")).to_have_text("FILLED")
    for name in ("Orders", "Positions", "Results", "Desk", "Trade"):
        tab(page, name)
        if name == "Desk":
            expect(page.locator("#audit tr").first).to_be_visible()
        if name == "Results":
            expect(page.locator(".curve canvas").first).to_be_visible()
        assert grave(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    page.get_by_label("Instrument", exact=True).press_sequentially("INFY")
    expect(page.locator("#found li").first).to_be_visible()
    assert grave(page) == []
    page.locator("#found li").first.click()
    page.get_by_role("button", name="Review order").click()
    expect(page.get_by_role("button", name=re.compile("^Confirm "))).to_be_visible()
    assert grave(page) == []


def grave(page: Page) -> list[str]:
    return [
        f"{each['id']}: {each['nodes'][0]['html'][:160]} {each['nodes'][0]['failureSummary']}"
        for each in Axe().run(page).response["violations"]
        if each["impact"] in ("serious", "critical")
    ]


def test_it_fits_the_narrowest_telephone(desk: DashboardDesk, phone: Page) -> None:
    phone.set_viewport_size({"width": 360, "height": 640})
    arrive(phone, desk)
    order(phone, "RELIANCE", 10)
    expect(first_order(phone).locator(".badge")).to_have_text("FILLED")
    for name in ("Trade", "Orders", "Positions", "Results", "Desk"):
        tab(phone, name)
        phone.wait_for_timeout(300)
        assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        wide = phone.evaluate("document.querySelector('.tabs').scrollWidth")
        assert wide <= 360, name


def test_telegram_opens_it_in_its_own_colours(desk: DashboardDesk, phone: Page) -> None:
    user = json.dumps({"id": ANU, "first_name": "Anu"})
    colours = json.dumps({"bg_color": "#000000", "text_color": "#ffffff"})
    opened = signed(TOKEN, at=time.time(), user=user)
    phone.emulate_media(color_scheme="light")
    words = urlencode({"tgWebAppData": opened, "tgWebAppThemeParams": colours})

    phone.goto(f"{desk.url}#{words}")

    expect(phone.locator(".card")).to_contain_text("#main")
    assert phone.url == desk.url
    expect(phone.locator("body")).to_have_css("background-color", "rgb(11, 15, 20)")
    assert phone.evaluate("document.cookie") == ""


def test_who_signs_out_sees_nothing_more(desk: DashboardDesk, page: Page) -> None:
    arrive(page, desk)
    page.get_by_role("button", name="Sign out", exact=True).click()

    expect(page.locator("#gate")).to_be_visible()
    expect(page.locator("#whole")).to_be_hidden()
    page.goto(desk.url)
    expect(page.locator("#gate")).to_contain_text("/dashboard")


def test_a_used_link_says_so(desk: DashboardDesk, page: Page) -> None:
    door = desk.door()
    page.goto(door)
    expect(page.locator(".card")).to_be_visible()
    page.context.clear_cookies()
    page.goto("about:blank")

    page.goto(door)

    expect(page.locator("#gate")).to_contain_text("used already")


def test_a_limit_and_a_strategy_are_steered_from_a_telephone_by_keys_alone(
    desk: DashboardDesk, phone: Page
) -> None:
    set_up_pin(desk.home.desk, ANU, "482915")
    set_up(desk.home.desk, Strategy("breakout", ANU, Way.PAPER), "a test")
    arrive(phone, desk)
    tab(phone, "Desk")
    lines = phone.locator("#limits li").filter(has_text="One order at most")
    change = phone.get_by_role("button", name="Change One order at most")
    for value, code in (("20000", ""), ("900000", "482915")):
        change.press("Enter")
        phone.get_by_label("New value").fill(value)
        phone.get_by_label("New value").press("Enter")
        if code:
            asked = phone.get_by_label("Code of your authenticator, or your PIN")
            expect(asked).to_be_focused()
            assert grave(phone) == []
            asked.fill(code)
            asked.press("Enter")
        expect(phone.locator("dialog")).to_be_hidden()
        expect(lines).to_contain_text({"20000": "₹20,000", "900000": "₹9,00,000"}[value])

    phone.get_by_role("button", name="Turn off breakout").press("Enter")
    expect(phone.locator("#strategies .badge")).to_have_text("off")
    assert strategy(desk.home.desk, "breakout", ANU).way is Way.OFF
    phone.get_by_role("button", name="Change breakout").press("Enter")
    phone.get_by_label("Its signals").select_option("ask")
    phone.get_by_label("One signal trades").select_option("lots")
    phone.get_by_role("button", name="Set it").press("Enter")
    expect(phone.locator("dialog .why")).to_contain_text("How much?")
    phone.get_by_label("Size").fill("2")
    phone.get_by_label("In the account").select_option("#main")
    phone.get_by_label("Where a signal says no side").select_option("sell")
    assert grave(phone) == []
    phone.get_by_role("button", name="Set it").press("Enter")
    expect(phone.locator("#strategies .badge")).to_have_text("ask")
    expect(phone.locator("#strategies li")).to_contain_text("#main · 2 lots · SELL")


def test_what_waits_for_a_price_is_seen_and_taken_back_after_a_question(
    desk: DashboardDesk, phone: Page
) -> None:
    arrive(phone, desk)
    tab(phone, "Orders")
    expect(phone.locator("#waiting")).to_be_hidden()
    infy = desk.home.desk.instruments.find("NSE:INFY")
    assert infy is not None
    asked = Asked(infy, Side.BUY, quantity=Decimal(5), price=Decimal(1400), account=ACCOUNT)
    store(desk.home.desk, drafted_gtt(desk.home.desk, ANU, asked, Decimal(1405), "a test"))

    line = phone.locator("#stored tr")
    expect(line).to_contain_text("≤ 1,405.00, limit 1,400.00")
    assert grave(phone) == []
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    line.get_by_role("button", name="Take back BUY 5 INFY").click()
    assert len(waiting(desk.home.desk, ACCOUNT)) == 1
    phone.get_by_role("button", name="Take it back").click()

    expect(phone.locator("#waiting")).to_be_hidden()
    assert list(waiting(desk.home.desk, ACCOUNT)) == []


def test_a_viewer_looks_and_is_offered_nothing_else(desk: DashboardDesk, page: Page) -> None:
    give_role(desk.home.desk, RAVI, VIEWER, "terminal")
    page.goto(desk.door(RAVI))

    expect(page.locator(".card")).to_contain_text("#main")
    expect(page.get_by_role("button", name="Review order")).to_be_disabled()
    expect(page.locator("#order-why")).to_contain_text("viewer")
    tab(page, "Desk")
    expect(page.locator("#limits li").first).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^(Change|Turn)"))).to_have_count(0)


def test_a_visit_that_was_ended_elsewhere_shows_nothing_more(
    desk: DashboardDesk, page: Page, phone: Page
) -> None:
    arrive(page, desk)
    arrive(phone, desk)
    tab(phone, "Desk")
    phone.get_by_role("button", name="Sign out everywhere").click()

    expect(page.locator("#gate")).to_be_visible()
    expect(page.locator("#whole")).to_be_hidden()


def test_nobody_listens_who_is_not_signed_in(desk: DashboardDesk) -> None:
    said = httpx.get(f"{desk.url}/events")

    assert said.status_code == 401
    assert said.json()["error"]["code"] == "NOT_SIGNED_IN"
