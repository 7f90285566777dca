"""A person with a browser, a simulated Kite, and the functions that serve the pages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
from lambdas import PUBLIC, Lambdas, sample
from loopback.bot_api import Person

from tradegram.clock import SystemClock
from tradegram.sessions.pages import COOKIE
from tradegram.sims.floor import Floor
from tradegram.sims.stock import Stock, rows_of
from tradegram.sims.wire import Wire, served
from tradegram.sims.zerodha import ZerodhaSim


def zerodha() -> ZerodhaSim:
    floor = Floor(SystemClock().now)
    return ZerodhaSim(floor, Stock(floor, rows_of()))


@contextmanager
def kite_at(kite: ZerodhaSim) -> Iterator[dict[str, str]]:
    """The settings by which functions find it."""
    with served(Wire(kite)) as url:
        yield {"TRADEGRAM_BROKER_URLS": f"zerodha.api={url} zerodha.login={url}"}


def page(
    desk: Lambdas,
    url: str,
    cookie: str = "",
    form: Mapping[str, str] | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """What a browser gets for one of our addresses."""
    event, parts = sample("login"), urlsplit(url)
    event |= {"rawPath": parts.path, "rawQueryString": parts.query}
    event["cookies"] = [f"other=1; {COOKIE}={cookie}"] if cookie else []
    event["requestContext"]["http"]["method"] = "GET" if form is None else "POST"
    answer: dict[str, Any] = desk.invoke(
        "login", {**event, "body": urlencode(form or {}), **changes}, seconds=25.0
    )
    return answer


def linked(desk: Lambdas, anu: Person, kite: ZerodhaSim, secret: str = "") -> dict[str, Any]:
    """Through the page that the chat offers. secret: another one than Kite knows."""
    desk.webhook(anu.says("/link"))
    url = url_in(anu)
    state = dict(parse_qsl(urlsplit(url).query))["state"]
    values = {"api_key": kite.api_key, "api_secret": secret or kite.api_secret}
    values["client"] = "AB1234"
    return page(desk, url, form={"state": state, "broker": "zerodha", "name": "live", **values})


def url_in(person: Person) -> str:
    """The address of ours that was offered last; a message about something else may follow it."""
    shown = "".join(str(each.buttons) + each.text for each in person.shown())
    urls = re.findall(f"{PUBLIC}[^\"'<> ]+", shown)
    return str(urls[-1]).replace("&amp;", "&")


def logged_in(desk: Lambdas, anu: Person) -> dict[str, Any]:
    """By a person with a browser."""
    desk.webhook(anu.says("/login live"))
    first = page(desk, url_in(anu))
    assert first["statusCode"] == 303
    cookie = first["cookies"][0].partition(";")[0].partition("=")[2]
    back = httpx.get(first["headers"]["Location"]).headers["location"]
    return page(desk, back, cookie)
