"""The two steps of the login, and sessions."""

from __future__ import annotations

from datetime import datetime, timedelta

from tradegram.brokers.indian import IST
from tradegram.sessions import one_time
from tradegram.sims.kotakneo.state import Neo, No, NoEntry
from tradegram.sims.wire import Asked, Said, said

KEY = "neotradeapi"


def look(neo: Neo, asked: Asked) -> Said:
    """By one-time code; one code before and after is taken too."""
    _check_door(neo, asked)
    given, now = asked.json, neo.floor.now()
    codes = {one_time.code(neo.totp_secret, now + late) for late in (-30, 0, 30)}
    known = given.get("mobileNumber") == neo.mobile and given.get("ucc") == neo.user
    if not known or given.get("totp") not in codes:
        raise NoEntry("Invalid credentials or TOTP.")
    token, sid = f"view-token-{len(neo.views):04d}", f"view-sid-{len(neo.views):04d}"
    neo.views[token] = sid
    return said({"data": {"token": token, "sid": sid, "kType": "View", "status": "success"}})


def trade(neo: Neo, asked: Asked) -> Said:
    _check_door(neo, asked)
    seen = asked.headers.get("auth", "")
    if seen not in neo.views or asked.headers.get("sid") != neo.views[seen]:
        raise NoEntry("Invalid session.")
    if asked.json.get("mpin") != neo.mpin:
        raise NoEntry("Invalid MPIN.")
    number = len(neo.sessions)
    token, sid = f"trade-token-{number:04d}", f"trade-sid-{number:04d}"
    neo.sessions[token] = sid, _end_of(neo.floor.now())
    more = {"baseUrl": neo.home or _home(asked), "kType": "Trade", "status": "success"}
    return said({"data": {"token": token, "sid": sid, "ucc": neo.user, **more}})


def check_app(neo: Neo, asked: Asked) -> None:
    if asked.headers.get("authorization") != neo.access_token:
        raise No("Invalid access token", 401, 401)


def check(neo: Neo, asked: Asked) -> None:
    """Raises No: there is no live session behind the request."""
    sid, end = neo.sessions.get(asked.headers.get("auth", ""), ("", 0.0))
    if asked.headers.get("neo-fin-key") != KEY:
        raise No("Invalid request", 403, 403)
    if not sid or asked.headers.get("sid") != sid or neo.floor.now() >= end:
        raise No("Invalid session", 1003, 403)


def _check_door(neo: Neo, asked: Asked) -> None:
    known = asked.headers.get("neo-fin-key") == KEY
    if not known or asked.headers.get("authorization") != neo.access_token:
        raise NoEntry("Invalid access token.")


def _home(asked: Asked) -> str:
    host = asked.headers.get("host", "")
    here = host.startswith("127.0.0.1")
    return f"http://{host}" if here else "https://cis.kotaksecurities.com"


def _end_of(now: float) -> float:
    """Midnight in India."""
    local = datetime.fromtimestamp(now, IST)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return midnight.timestamp()
