"""The API for Lambda: an API Gateway event (payload format 2.0) in, its answer out."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from tradegram.api.call import Answer, Asking


def asking_of(event: Mapping[str, Any]) -> Asking:
    http = event["requestContext"]["http"]
    text = event.get("body") or ""
    return Asking(
        method=http["method"],
        path=unquote(event["rawPath"]),
        query=event["rawQueryString"],
        headers=_headers(event),
        body=base64.b64decode(text) if event["isBase64Encoded"] else text.encode(),
        sent_by=http["sourceIp"],
        private=True,  # API Gateway speaks TLS only
        secure=True,
    )


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
