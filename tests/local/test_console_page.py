"""The console's page in a browser, with a conversation that is written down beforehand."""

from __future__ import annotations

import re

import httpx
import pytest
from browser import PATIENCE
from console_desk import EXAMPLES, Console
from playwright.sync_api import Page, expect

from tradegram.chat.reply import Button, Reply, Style
from tradegram.local.console_messenger import CHAT
from tradegram.settings import read

pytestmark = pytest.mark.browser

expect.set_options(timeout=PATIENCE)


def arrive(page: Page, console: Console) -> None:
    page.goto(console.url)
    expect(page.locator("#link")).to_have_text("live")
    expect(page.locator(".message")).to_have_count(2)  # /start and its reply


def say(page: Page, words: str) -> None:
    page.get_by_label("Message to the order desk").fill(words)
    page.keyboard.press("Enter")


def test_a_first_visit_is_greeted_and_shows_things_to_try(console: Console, page: Page) -> None:
    arrive(page, console)

    expect(page.locator("#log")).to_contain_text("an order desk")
    for example in EXAMPLES:
        tap = page.locator("#log").get_by_role("button", name=example, exact=True)
        expect(tap).to_be_visible()
    expect(page.locator(".badge")).to_have_text("PAPER")
    expect(page.locator("#source")).to_have_text("simulated prices")
    page.reload()
    expect(page.locator(".message")).to_have_count(2)  # and is not greeted again


def test_confirm_changes_the_card_in_its_place_and_the_panel_follows(
    console: Console, page: Page
) -> None:
    arrive(page, console)
    console.script.outbox = console.messenger
    say(page, "/buy INFY 100 @ 1500.05")
    confirm = page.get_by_role("button", name="Confirm BUY 100 @ 1,500.05")
    expect(confirm).to_have_class("success")
    expect(page.get_by_role("timer")).to_have_text(re.compile(r"in \d+ s"))

    confirm.click()

    expect(page.locator(".message").last).to_contain_text("Filled 100 @ 1,499.95")
    expect(page.locator(".message")).to_have_count(4)
    expect(confirm).to_have_count(0)
    expect(page.locator("#toast")).to_have_text("Submitted")
    expect(page.locator("#orders tbody tr")).to_contain_text("Filled")
    expect(page.locator("#positions tbody tr")).to_contain_text("+₹205.00")
    expect(page.locator("#funds")).to_contain_text("₹9,70,500.00")


def test_the_time_of_a_message_stays_within_it(console: Console, page: Page) -> None:
    arrive(page, console)

    for length in range(20, 90, 2):  # somewhere in there the last line leaves no room for it
        say(page, "x " * (length // 2))
    expect(page.locator(".message.mine")).to_have_count(36)

    outside = page.evaluate("""() => [...document.querySelectorAll(".bubble")].filter(bubble =>
        bubble.querySelector(".said-at").getBoundingClientRect().bottom
            > bubble.getBoundingClientRect().bottom).length""")
    assert outside == 0


def test_markup_in_what_people_say_stays_text(console: Console, page: Page) -> None:
    arrive(page, console)

    say(page, "/buy INFY 1 \"<script>document.title='owned'</script><img src=x onerror=alert(1)>\"")

    expect(page.locator(".message").last).to_contain_text("<script>document.title=")
    assert page.locator("#log script, #log img").count() == 0
    assert page.title() == "tradegram"


def test_the_page_asks_no_other_machine_for_anything(console: Console, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    arrive(page, console)

    assert asked
    assert [url for url in asked if not url.startswith(console.url)] == []


def test_an_alert_stays_until_it_is_dismissed(console: Console, page: Page) -> None:
    arrive(page, console)
    say(page, "/buy INFY 100")

    page.get_by_role("button", name="Why").click()

    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("The market is <closed> & stays so.")
    dialog.get_by_role("button", name="OK").click()
    expect(dialog).to_be_hidden()


def test_a_copy_button_copies_and_asks_the_desk_nothing(console: Console, page: Page) -> None:
    arrive(page, console)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    say(page, "/buy INFY 100")

    page.get_by_role("button", name="Copy id").click()

    expect(page.locator("#toast")).to_have_text("Copied K7Q2")
    assert page.evaluate("navigator.clipboard.readText()") == "K7Q2"
    assert console.script.presses == []


def test_the_arrows_bring_back_what_was_sent(console: Console, page: Page) -> None:
    arrive(page, console)
    box = page.get_by_label("Message to the order desk")
    for words in ("/buy INFY 1", "/buy INFY 2"):
        say(page, words)
        expect(page.locator(".message.mine").last).to_contain_text(words)

    box.fill("/sel")
    box.press("ArrowUp")
    box.press("ArrowUp")
    expect(box).to_have_value("/buy INFY 1")
    for _ in range(2):
        box.press("ArrowDown")

    expect(box).to_have_value("/sel")


def test_the_page_finds_its_way_back_after_a_restart_and_old_buttons_work(
    console: Console, page: Page
) -> None:
    arrive(page, console)
    say(page, "/buy INFY 100")
    confirm = page.get_by_role("button", name=re.compile("Confirm"))
    expect(confirm).to_be_visible()

    console.server.stop()
    expect(page.locator("#link")).to_have_text("reconnecting")
    page.wait_for_timeout(800)  # longer than the first attempt waits
    console.start()
    expect(page.locator("#link")).to_have_text("live")
    console.messenger.send(CHAT, Reply("I was away for a moment."))
    expect(page.locator("#log")).to_contain_text("I was away for a moment.")
    confirm.click()

    expect(page.locator("#log")).to_contain_text("Submitting 100 INFY")
    expect(confirm).to_have_count(0)
    expect(page.locator(".message").last).to_contain_text("I was away")
    assert len(console.script.presses) == 1


def test_words_that_could_not_be_sent_come_back(console: Console, page: Page) -> None:
    arrive(page, console)
    console.server.stop()

    say(page, "/buy INFY 7")

    expect(page.get_by_label("Message to the order desk")).to_have_value("/buy INFY 7")
    expect(page.locator("#toast")).to_contain_text("The console does not answer")


def test_another_site_can_neither_press_nor_say(console: Console, page: Page) -> None:
    arrive(page, console)
    heard = list(console.script.heard)
    page.route("http://evil.example/", lambda route: route.fulfill(body="<h1>hello</h1>"))
    page.goto("http://evil.example/")

    page.evaluate(
        """async (url) => {
            const body = '{"text": "/buy INFY 1"}';
            const plain = { method: "POST", mode: "no-cors", body };
            const json = { method: "POST", body, headers: {
                "Content-Type": "application/json", "X-Tradegram": "1" } };
            for (const how of [plain, json]) await fetch(url, how).catch(() => {});
        }""",
        f"{console.url}console/say",
    )

    assert console.script.heard == heard


def test_a_phone_shows_one_column_with_targets_for_thumbs(console: Console, phone: Page) -> None:
    arrive(phone, console)
    say(phone, "/buy INFY 100 @ 1500.05 " + "and-a-very-long-word" * 8)
    buttons = tuple(Button(name) for name in ("−1", "+1", "Qty", "Price", "MKT", "SL/TGT", "CNC"))
    console.messenger.send(CHAT, Reply("wide", (buttons, (Button("x" * 60, "x", Style.DANGER),))))
    expect(phone.get_by_role("button", name="SL/TGT")).to_be_visible()

    for view in ("Orders", "Positions", "Funds", "Chat"):
        phone.get_by_role("navigation").get_by_role("button", name=view).click()
        assert sideways(phone) == [], view
        for each in phone.locator("button:visible").all():
            box = each.bounding_box()
            assert box is not None
            assert box["height"] >= 40, each.inner_text()
    for each in phone.locator(".keys button:visible").all():
        box = each.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390, each.inner_text()


def sideways(page: Page) -> list[str]:
    """What is wider than its place; the row of examples may be, it is meant to be swiped."""
    found: list[str] = page.evaluate(
        """[...document.querySelectorAll("html, body, main, #log, .panel, .message")]
            .filter((each) => each.scrollWidth > each.clientWidth)
            .map((each) => each.id || each.tagName)"""
    )
    return found


def test_a_console_with_a_token_lets_its_holder_in(console: Console, page: Page) -> None:
    console.server.stop()
    console.settings = read({"TRADEGRAM_CONSOLE_TOKEN": "correct-horse-battery"})
    console.start()
    page.goto(console.url)
    box = page.get_by_label("Token of this console")

    box.fill("wrong")
    box.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("That is not this console's token.")
    box.fill("correct-horse-battery")
    box.press("Enter")

    expect(page.get_by_label("Message to the order desk")).to_be_visible()
    assert httpx.get(f"{console.url}console/messages").status_code == 401
    page.goto(f"{console.url}?token=correct-horse-battery")
    assert page.url == console.url


def test_a_long_answer_is_shown_from_its_beginning(console: Console, phone: Page) -> None:
    arrive(phone, console)

    console.messenger.send(CHAT, Reply("The beginning\n" + "more\n" * 100))

    last = phone.locator(".message").last
    expect(last).to_contain_text("The beginning")
    log, box = phone.locator("#log").bounding_box(), last.bounding_box()
    assert log is not None
    assert box is not None
    assert log["y"] <= box["y"] < log["y"] + 40
    expect(phone.locator(".bar")).to_be_in_viewport(ratio=1)
    expect(phone.get_by_label("Message to the order desk")).to_be_in_viewport(ratio=1)
    assert phone.evaluate("document.documentElement.scrollHeight <= innerHeight")
