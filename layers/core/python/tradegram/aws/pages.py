"""The login pages behind API Gateway: an event (payload format 2.0) in, a page out."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl

from tradegram.sessions.pages import COOKIE, LONGEST, Asked, Page

MOST_FIELDS = 50  # of a form or an address; more make it no form of ours
TOO_LARGE = Page(413, "That form is larger than 64 kB and was not read.")
NO_FORM = Page(400, "That is not a form of this desk.")


def asked_of(event: Mapping[str, Any]) -> Asked | Page:
    """What is asked of the pages, or what is said instead when it cannot be one."""
    text = event.get("body") or ""
    if len(text) > 2 * LONGEST:  # base64 makes it longer by a third
        return TOO_LARGE
    body = base64.b64decode(text) if event["isBase64Encoded"] else text.encode()
    if len(body) > LONGEST:
        return TOO_LARGE
    try:
        query = dict(parse_qsl(event["rawQueryString"], max_num_fields=MOST_FIELDS))
        form = dict(parse_qsl(body.decode(errors="replace"), max_num_fields=MOST_FIELDS))
    except ValueError:
        return NO_FORM
    method, path = event["requestContext"]["http"]["method"], event["rawPath"]
    return Asked(method, path.removeprefix("/login/"), query, form, _cookie(event), secure=True)


def event_page(page: Page) -> dict[str, Any]:
    headers = dict(page.headers)
    cookies = [headers.pop("Set-Cookie")] if "Set-Cookie" in headers else []
    return {
        "statusCode": page.status,
        "headers": headers,
        "cookies": cookies,
        "body": page.html,
        "isBase64Encoded": False,
    }


def _cookie(event: Mapping[str, Any]) -> str:
    for line in event.get("cookies", []):
        try:
            found = SimpleCookie(line)
        except CookieError:
            continue  # of somebody else's making
        if COOKIE in found:
            return found[COOKIE].value
    return ""
