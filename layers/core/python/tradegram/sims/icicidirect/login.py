"""The login page, which lets everybody in as the one customer, and signed requests."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from html import escape
from urllib.parse import urlencode

from tradegram.brokers.indian import midnight_after
from tradegram.sims.icicidirect.state import Breeze, No
from tradegram.sims.wire import Asked, Said

FAR_OFF = 300.0  # seconds that a request's own time may differ; the broker's figure is not known


def page(breeze: Breeze, asked: Asked) -> Said:
    """The customer is logged in already, so that the browser comes straight back."""
    if asked.query.get("api_key") != breeze.api_key:
        return Said(200, b"<html>Public Key does not exist.</html>", "text/html")
    breeze.made += 1
    session = f"{50_000_000 + breeze.made}"
    breeze.once.add(session)
    to = f"{breeze.redirect}?{urlencode({'apisession': session})}"
    body = f'<html><a href="{escape(to)}">back</a></html>'
    return Said(302, body.encode(), "text/html", {"location": to})


def enter(breeze: Breeze, asked: Asked) -> dict[str, object]:
    given = asked.json
    if given["AppKey"] != breeze.api_key:
        raise No(500, "Public Key does not exist.")
    if given["SessionToken"] not in breeze.once:
        raise No(500, "Invalid session.")
    key = f"{breeze.user}:key{given['SessionToken']}"
    token = base64.b64encode(key.encode()).decode()
    breeze.sessions.setdefault(token, midnight_after(breeze.floor.now()))
    return {
        "exg_status": {"NSE": "O", "BSE": "O", "FNO": "Y", "NDX": "X"},
        "segments_allowed": {"Trading": "Y", "Equity": "Y", "Derivatives": "Y", "Currency": "Z"},
        "idirect_userid": breeze.user,
        "session_token": token,
        "idirect_user_name": "SIMULATED CUSTOMER",
    }


def check(breeze: Breeze, asked: Asked) -> None:
    """Raises No: nobody is logged in, or the request was signed otherwise."""
    heads = asked.headers
    known(breeze, heads.get("x-sessiontoken", ""), heads.get("x-appkey", ""))
    stamp = heads.get("x-timestamp", "")
    text = f"{stamp}{asked.content.decode()}{breeze.api_secret}"
    proof = f"token {hashlib.sha256(text.encode()).hexdigest()}"
    if not hmac.compare_digest(proof, heads.get("x-checksum", "")):
        raise No(401, "Invalid checksum.")
    at = datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%S.000Z").replace(tzinfo=UTC).timestamp()
    if abs(at - breeze.floor.now()) > FAR_OFF:
        raise No(401, "Request is not of now.")
    if asked.method != "GET" and asked.path.endswith("/order") and not breeze.address_known:
        raise No(403, "Static IP address is not registered for this API key.")


def known(breeze: Breeze, token: str, key: str) -> None:
    """Raises No."""
    if key != breeze.api_key:
        raise No(500, "Public Key does not exist.")
    if token not in breeze.sessions:
        raise No(500, "Invalid session.")
    if breeze.floor.now() >= breeze.sessions[token]:
        raise No(500, "Resource not available.")
