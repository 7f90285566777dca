"""The login page, which lets everybody in as the one customer, and sessions."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from html import escape
from urllib.parse import urlencode

from tradegram.brokers.indian import IST
from tradegram.sims.wire import Asked, Said
from tradegram.sims.zerodha.state import Kite, No, done


def page(kite: Kite, asked: Asked) -> Said:
    """The customer is logged in at Kite already, so that the browser comes straight back."""
    if asked.query.get("api_key") != kite.api_key:
        return Said(400, b"<html>Invalid api_key</html>", "text/html")
    kite.made += 1
    token = f"request{kite.made:04d}"
    kite.once.add(token)
    back = urlencode({"action": "login", "status": "success", "request_token": token})
    given = asked.query.get("redirect_params", "")
    to = f"{kite.redirect}?{back}" + (f"&{given}" if given else "")
    body = f'<html><a href="{escape(to)}">back</a></html>'
    return Said(302, body.encode(), "text/html", {"location": to})


def enter(kite: Kite, asked: Asked) -> Said:
    form = asked.form
    proof = f"{kite.api_key}{form.get('request_token', '')}{kite.api_secret}"
    if form.get("api_key") != kite.api_key:
        raise No(403, "InputException", "Invalid `api_key`.")
    if form.get("request_token") not in kite.once:
        raise No(403, "TokenException", "Token is invalid or has expired.")
    kite.once.discard(form["request_token"])
    if form.get("checksum") != hashlib.sha256(proof.encode()).hexdigest():
        raise No(403, "TokenException", "Invalid `checksum`.")
    now = kite.floor.now()
    live = [token for token, end in kite.tokens.items() if now < end]
    token = live[0] if live else f"access{len(kite.tokens) + 1:04d}token"
    kite.tokens[token] = end_of(now)
    return done(_session(kite, token, now))


def check(kite: Kite, asked: Asked) -> None:
    """Raises No: there is no live session behind the request."""
    scheme, _, pair = asked.headers.get("authorization", "").partition(" ")
    key, _, token = pair.partition(":")
    known = scheme == "token" and key == kite.api_key and token in kite.tokens
    if not known or kite.floor.now() >= kite.tokens[token]:
        raise No(403, "TokenException", "Incorrect `api_key` or `access_token`.")


def leave(kite: Kite, asked: Asked) -> Said:
    kite.tokens.pop(asked.query.get("access_token", ""), None)
    return done(True)


def end_of(now: float) -> float:
    """The next six o'clock of the morning in India."""
    local = datetime.fromtimestamp(now, IST)
    end = local.replace(hour=6, minute=0, second=0, microsecond=0)
    return (end if end > local else end + timedelta(days=1)).timestamp()


def _session(kite: Kite, token: str, now: float) -> dict[str, object]:
    return {
        "user_id": kite.user,
        "user_name": "Simulated Customer",
        "user_shortname": "Simulated",
        "email": "nobody@example.invalid",
        "user_type": "individual",
        "broker": "ZERODHA",
        "exchanges": ["NSE", "BSE", "NFO", "BFO", "MCX"],
        "products": ["CNC", "NRML", "MIS", "MTF"],
        "order_types": ["MARKET", "LIMIT", "SL", "SL-M"],
        "api_key": kite.api_key,
        "access_token": token,
        "public_token": f"public{token}",
        "refresh_token": "",
        "enctoken": "",
        "login_time": kite.stamp(now),
        "meta": {"demat_consent": "consent"},
        "avatar_url": None,
    }
