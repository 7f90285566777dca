"""The API for Lambda: an API Gateway event (payload format 2.0) in, its answer out."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from tradegram.api.call import Answer, Asking
from tradegram.api.json_in import LARGEST_BODY


def asking_of(event: Mapping[str, Any]) -> Asking:
    http = event["requestContext"]["http"]
    return Asking(
        method=http["method"],
        path=unquote(event["rawPath"]),
        query=event["rawQueryString"],
        headers=_headers(event),
        body=_body(event),
        sent_by=http["sourceIp"],
        private=True,  # API Gateway speaks TLS only
        secure=True,
    )


def _body(event: Mapping[str, Any]) -> bytes:
    """Hardly more than shows that it is too long: API Gateway passes on up to 10 MB."""
    text = event.get("body") or ""
    if not event["isBase64Encoded"]:
        return text[: LARGEST_BODY + 1].encode()
    whole_threes = LARGEST_BODY // 3 + 1
    return base64.b64decode(text[: 4 * whole_threes])


def _headers(event: Mapping[str, Any]) -> Mapping[str, str]:
    """API Gateway takes the cookies out of them."""
    found = {name.casefold(): value for name, value in event["headers"].items()}
    cookies = event.get("cookies") or ()
    return {**found, "cookie": "; ".join(cookies)} if cookies else found


def event_answer(answer: Answer) -> dict[str, Any]:
    return {
        "statusCode": answer.status,
        "headers": {"content-type": answer.media_type, **answer.headers},
        "body": answer.content.decode(),
        "isBase64Encoded": False,
    }
