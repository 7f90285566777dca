"""
Makes the pictures of the README from the running product: `python tools/screenshots.py`.

Starts `python -m tradegram run` on a port and a data directory of its own, trades on paper in the
console as a person would, and writes console.png and dashboard.png (1280 x 800), chat.png,
dashboard-phone.png and dashboard-desk.png (390 wide) into docs/images. Wants Debian's chromium and
the development packages.
"""

from __future__ import annotations

import argparse
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Error, Page, ViewportSize, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
START_LIMIT = 60.0  # seconds; a cold start on a busy machine
WAIT = 20_000  # ms
DESKTOP = ViewportSize(width=1280, height=800)
PHONE = ViewportSize(width=390, height=844)
CONFIRM = re.compile("Confirm")


def main() -> int:
    words = argparse.ArgumentParser(description="Make the README's pictures.")
    words.add_argument("--to", type=Path, default=ROOT / "docs" / "images")
    words.add_argument("--port", type=int, default=0, help="0 takes a free one")
    given = words.parse_args()
    given.to.mkdir(parents=True, exist_ok=True)
    with product(given.port) as url, chromium() as browser:
        desktop(browser, url, given.to / "console.png")
        phone(browser, url, given.to / "chat.png")
        dashboard(browser, url, DESKTOP, "Trade", given.to / "dashboard.png")
        dashboard(browser, url, PHONE, "Positions", given.to / "dashboard-phone.png")
        dashboard(browser, url, PHONE, "Desk", given.to / "dashboard-desk.png")
    return 0


@contextmanager
def product(port: int) -> Iterator[str]:
    """The running product and its address; it is stopped and its data removed afterwards."""
    port = port or free_port()
    with tempfile.TemporaryDirectory() as data_dir:
        environment = {
            **{name: value for name, value in os.environ.items() if "TELEGRAM" not in name},
            "TRADEGRAM_DATA_DIR": data_dir,
            "TRADEGRAM_HTTP_PORT": str(port),
            "TRADEGRAM_HTTP_HOST": "127.0.0.1",
            "TRADEGRAM_CONSOLE_TOKEN": "",
            "TRADEGRAM_PAPER_ALWAYS_OPEN": "1",
        }
        running = subprocess.Popen(
            [sys.executable, "-m", "tradegram", "run"], cwd=ROOT, env=environment
        )
        try:
            yield f"http://127.0.0.1:{port}/"
        finally:
            running.terminate()
            try:
                running.wait(10)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait(10)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@contextmanager
def chromium() -> Iterator[Browser]:
    sys.path.insert(0, str(ROOT / "tests"))
    from browser import FLAGS, executable

    path = executable()
    if path is None:
        raise SystemExit("No chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def visit(browser: Browser, url: str, size: ViewportSize) -> Page:
    context = browser.new_context(
        viewport=size, color_scheme="dark", device_scale_factor=1, reduced_motion="reduce"
    )
    page = context.new_page()
    page.set_default_timeout(WAIT)
    expect.set_options(timeout=WAIT)
    give_up = time.monotonic() + START_LIMIT
    while True:
        try:
            page.goto(url)
            break
        except Error:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.25)
    expect(page.locator("#link")).to_have_text("live")
    expect(page.locator(".message:not(.mine)").first).to_be_visible()
    return page


def say(page: Page, words: str) -> None:
    """Say it and wait for an answer below it."""
    page.get_by_label("Message to the order desk").fill(words)
    page.keyboard.press("Enter")
    expect(page.locator(".message.mine").last).to_contain_text(words)
    expect(page.locator(".message").last).not_to_have_class(re.compile("mine"))


def trade(page: Page, words: str) -> None:
    """Open a ticket, confirm it, and wait for the fill in the same message."""
    say(page, words)
    card = page.locator(".message:not(.mine)").last
    number = card.get_attribute("data-number")
    card.get_by_role("button", name=CONFIRM).click()
    expect(page.locator(f'[data-number="{number}"]')).to_contain_text("Filled")


def settle(page: Page) -> None:
    """No toast, no half-drawn frame, and caret and pointer in nobody's way."""
    page.mouse.move(1, 1)
    expect(page.locator("#toast")).to_be_empty()
    page.evaluate("document.activeElement.blur()")
    page.evaluate("log.scrollTop = log.scrollHeight")
    page.wait_for_timeout(1500)


def desktop(browser: Browser, url: str, to: Path) -> None:
    page = visit(browser, url, DESKTOP)
    trade(page, "/buy INFY 20")
    trade(page, "/sell HDFCBANK 15 mis")
    say(page, "/buy TCS 5 @ 2900")
    page.locator(".message").last.get_by_role("button", name=CONFIRM).click()
    expect(page.locator("#orders tbody")).to_contain_text("TCS")
    trade(page, "/buy RELIANCE 10 @ 3100")
    say(page, "/buy NIFTY 50")
    settle(page)
    page.screenshot(path=to)
    page.context.close()


def phone(browser: Browser, url: str, to: Path) -> None:
    page = visit(browser, url, PHONE)
    say(page, "/buy RELIANCE 10 @ 2950")
    expect(page.get_by_role("button", name=CONFIRM).last).to_be_visible()
    settle(page)
    page.screenshot(path=to)
    page.context.close()


def dashboard(browser: Browser, url: str, size: ViewportSize, part: str, to: Path) -> None:
    console = visit(browser, url, DESKTOP)
    say(console, "/dashboard")
    door = console.locator(".message code").last.inner_text()
    page = console.context.new_page()
    page.set_viewport_size(size)
    page.goto(door)
    page.locator(".tabs").get_by_role("button", name=re.compile(part)).click()
    expect(page.locator("#orders tr").first).to_be_attached()
    expect(page.locator("#positions tr").first).to_be_attached()
    page.wait_for_timeout(1500)
    page.screenshot(path=to)
    console.context.close()


if __name__ == "__main__":
    raise SystemExit(main())
