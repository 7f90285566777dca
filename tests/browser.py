"""
Debian's chromium for tests, through Playwright.

Without a browser the tests that want one are skipped, and say so; where CI is set, that is a
failure, so that nobody takes a skip for a pass.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP = ViewportSize(width=1280, height=800)
PHONE = ViewportSize(width=390, height=844)
PATIENCE = 10_000  # ms; a busy machine is slow, and waiting ends as soon as the thing is there


def executable() -> str | None:
    """Where the browser is: TRADEGRAM_CHROMIUM, or Debian's chromium, or Chrome."""
    named = os.environ.get("TRADEGRAM_CHROMIUM")
    if named:
        return named if Path(named).is_file() else None
    return shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """For one file at a time: its event loop runs on this thread until it is closed."""
    path = executable()
    if path is None:
        reason = (
            "no chromium on this machine: the console was NOT tested (apt-get install chromium)"
        )
        if os.environ.get("CI", "").lower() in ("1", "true", "yes"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def visitor(chromium: Browser, size: ViewportSize) -> Iterator[Page]:
    """A page in a profile of its own; what its scripts complain about fails the test."""
    context = chromium.new_context(viewport=size, color_scheme="dark")
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    yield from visitor(chromium, DESKTOP)


@pytest.fixture
def phone(chromium: Browser) -> Iterator[Page]:
    yield from visitor(chromium, PHONE)
