"""The page in a browser, with everything behind it as it runs on one machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import PATIENCE
from local.dashboard_desk import DashboardDesk, dashboard_desk
from playwright.sync_api import Locator, Page, expect

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
    arrive(page, desk)
    order(page, "RELIANCE", 10)

    expect(first_order(page)).to_contain_text("RELIANCE")
    expect(first_order(page).locator(".badge")).to_have_text("FILLED")
    tab(page, "Positions")
    expect(page.locator("#positions tr")).to_contain_text("RELIANCE")
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
