"""Trading on paper in the browser, with everything behind the page as it runs on one machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import PATIENCE
from playwright.sync_api import Locator, Page, expect
from trading_console import TradingConsole

pytestmark = pytest.mark.browser

expect.set_options(timeout=PATIENCE)
CONFIRM = re.compile("Confirm")
ACCOUNT = "paper:main"


@pytest.fixture
def trading(tmp_path: Path) -> Iterator[TradingConsole]:
    running = TradingConsole(tmp_path)
    yield running
    running.stop()


def arrive(page: Page, trading: TradingConsole) -> None:
    page.goto(trading.url)
    expect(page.locator("#link")).to_have_text("live")
    expect(page.locator(".message:not(.mine)").first).to_be_visible()


def say(page: Page, words: str) -> Locator:
    """Answers with the desk's reply."""
    box = page.get_by_label("Message to the order desk")
    box.fill(words)
    box.press("Enter")
    expect(page.locator(".message.mine").last).to_contain_text(words)
    reply = page.locator(".message").last
    expect(reply).not_to_have_class(re.compile("mine"))
    return page.locator(f'[data-number="{reply.get_attribute("data-number")}"]')


def test_an_order_goes_from_words_to_a_fill_in_one_message(
    trading: TradingConsole, page: Page
) -> None:
    arrive(page, trading)
    card = say(page, "/buy RELIANCE 10 @ 3100")
    expect(card.get_by_role("button", name=CONFIRM)).to_contain_text("BUY 10 @ 3,100")

    card.get_by_role("button", name=CONFIRM).click()

    expect(card).to_contain_text("Filled")
    expect(card.get_by_role("button", name=CONFIRM)).to_have_count(0)
    expect(page.locator("#orders tbody tr")).to_contain_text("RELIANCE")
    expect(page.locator("#orders tbody tr")).to_contain_text("Filled")
    expect(page.locator("#positions tbody tr")).to_contain_text("RELIANCE")
    [order] = trading.home.store.orders(ACCOUNT).orders
    assert order.cum_quantity == 10


def test_buy_nifty_50_offers_what_can_be_bought(trading: TradingConsole, page: Page) -> None:
    arrive(page, trading)

    page.get_by_role("button", name="/buy NIFTY 50", exact=True).click()

    offers = page.locator(".message").last.locator(".keys button")
    expect(offers.nth(2)).to_be_visible()
    assert trading.home.store.orders(ACCOUNT).orders == []


def test_a_double_tap_on_confirm_is_one_order(trading: TradingConsole, page: Page) -> None:
    arrive(page, trading)
    card = say(page, "/buy INFY 5")

    card.get_by_role("button", name=CONFIRM).dblclick()

    expect(card).to_contain_text("Filled")
    assert len(trading.home.store.orders(ACCOUNT).orders) == 1


def test_a_script_in_a_note_stays_text(trading: TradingConsole, page: Page) -> None:
    arrive(page, trading)

    say(page, "/buy RELIANCE 10 @ 2950 note: <script>document.title='owned'</script><b>x</b>")

    expect(page.locator("#log")).to_contain_text("<script>")
    assert page.locator("#log script").count() == 0
    assert page.title() == "tradegram"


def test_a_ticket_from_before_a_restart_can_be_confirmed_after_it(
    trading: TradingConsole, page: Page
) -> None:
    arrive(page, trading)
    card = say(page, "/buy RELIANCE 10 @ 3100")
    expect(card.get_by_role("button", name=CONFIRM)).to_be_visible()

    trading.stop()
    expect(page.locator("#link")).to_have_text("reconnecting")
    trading.start()
    expect(page.locator("#link")).to_have_text("live")
    card.get_by_role("button", name=CONFIRM).click()

    expect(card).to_contain_text("Filled")
    assert len(trading.home.store.orders(ACCOUNT).orders) == 1


def test_cards_of_a_real_desk_fit_a_phone(trading: TradingConsole, phone: Page) -> None:
    arrive(phone, trading)
    for words in ("/buy RELIANCE 10 @ 2950 sl 2900 tgt 3050", "/buy NIFTY 50", "/help", "/funds"):
        say(phone, words)

    too_wide = phone.evaluate(
        """[...document.querySelectorAll("html, body, #log, .message")]
            .filter((each) => each.scrollWidth > each.clientWidth).map((each) => each.innerText)"""
    )

    assert too_wide == []
    heights = [each.bounding_box() for each in phone.locator(".keys button").all()]
    assert heights
    assert all(box and box["height"] >= 40 for box in heights)
