"""
Who is signed in at the page: a cookie with 160 random bits, kept as a digest, for twelve hours.

A write must show a second word that only the page itself can read: another site can make a browser
send the cookie, and never the word.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from http.cookies import CookieError, SimpleCookie

from tradegram.api.caller import Asking, Caller, Scope
from tradegram.api.faults import ApiCode, Fault
from tradegram.chat.people import may_use
from tradegram.errors import Conflict
from tradegram.ports import Change, Desk, Document, Event

KIND = "visit"
LASTS = 12 * 3600.0  # seconds
MOST = 20  # of one person at a time; the oldest ends
PLAIN, SECURE = "tradegram_dashboard", "__Host-tradegram_dashboard"
PROOF = "x-csrf-token"
PER_MINUTE = 600
SAME_SITE = frozenset({"same-origin", "none"})
FROM_ELSEWHERE = "That request came from another site and was not carried out."
NO_PROOF = "The request lacks the page's own word, so it was not carried out."
OPEN_AGAIN = "Reload the page and try again."
SIGN_IN = "Ask for a new link with /dashboard in the chat."


@dataclass(frozen=True, slots=True)
class Visit:
    """visit_id: for people and buttons; the cookie cannot be made of it. way: door, mini_app."""

    visit_id: str
    user_id: int
    way: str
    began_at: float
    ends_at: float


def begin(desk: Desk, user_id: int, way: str) -> str:
    """The cookie's value of a new visit."""
    secret = desk.ids.nonce() + desk.ids.nonce()
    now = desk.clock.now()
    body = {"user_id": user_id, "way": way, "began_at": now}
    visit = Document(KIND, digest_of(secret), body, expires_at=now + LASTS)
    event = Event("desk", {"event": "signed in to the page", "way": way, "by": f"user {user_id}"})
    for oldest in visits(desk, user_id)[MOST - 1 :]:
        end(desk, oldest, user_id)
    desk.store.commit(Change((visit,), (event,)))
    return secret


def visits(desk: Desk, user_id: int) -> Sequence[Visit]:
    """Those that are good, newest first."""
    found = [_visit(each) for each in desk.store.documents(KIND)]
    mine = [one for one in found if one.user_id == user_id]
    return sorted(mine, key=lambda one: -one.began_at)


def end(desk: Desk, visit: Visit, user_id: int) -> None:
    """It counts from the next request on. Harmless to repeat."""
    document = desk.store.document(KIND, visit.visit_id)
    if document is None:
        return
    event = Event("desk", {"event": "signed out of the page", "by": f"user {user_id}"})
    try:
        desk.store.commit(Change((replace(document, expires_at=desk.clock.now()),), (event,)))
    except Conflict:
        return  # another tab was first


def _visit(document: Document) -> Visit:
    body = document.body
    return Visit(
        document.key, body["user_id"], body["way"], body["began_at"], document.expires_at or 0.0
    )


# -- at a request --------------------------------------------------------------------------------


def by_cookie(desk: Desk, asking: Asking) -> Caller | None:
    """Who is signed in; None without a good cookie. Raises Fault for a write without its proof."""
    secret = cookie_of(asking.headers)
    visit = visit_of(desk, secret)
    if visit is None:
        return None
    if asking.method != "GET":
        check_proof(asking, secret)
    return Caller(
        visit.user_id,
        "dashboard",
        frozenset({Scope.READ, Scope.TRADE}),
        alone=True,  # it is a person, who confirms what the page shows
        per_minute=PER_MINUTE,
        secret=secret,
    )


def visit_of(desk: Desk, secret: str) -> Visit | None:
    """The person must still be one of this desk."""
    document = desk.store.document(KIND, digest_of(secret)) if secret else None
    if document is None or not may_use(desk, document.body["user_id"]):
        return None
    return _visit(document)


def check_proof(asking: Asking, secret: str) -> None:
    """Raises Fault."""
    check_site(asking)
    shown = asking.headers.get(PROOF, "")
    if not hmac.compare_digest(shown.encode(), proof_of(secret).encode()):
        raise Fault(ApiCode.NOT_ALLOWED, NO_PROOF, OPEN_AGAIN)


def check_site(asking: Asking) -> None:
    """Raises Fault for what another site caused, where the browser says so."""
    origin = asking.headers.get("origin", "")
    foreign = origin and origin.partition("://")[2] != asking.headers.get("host", "")
    if foreign or asking.headers.get("sec-fetch-site", "none") not in SAME_SITE:
        raise Fault(ApiCode.NOT_ALLOWED, FROM_ELSEWHERE, OPEN_AGAIN)


def proof_of(secret: str) -> str:
    """What a page that may read our answers shows with its writes. Nothing is kept of it."""
    return hmac.new(secret.encode(), b"writes of the page", hashlib.sha256).hexdigest()


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def cookie_of(headers: Mapping[str, str]) -> str:
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return ""
    found = cookies.get(SECURE) or cookies.get(PLAIN)
    return found.value if found else ""


def set_cookie(secret: str, *, secure: bool) -> str:
    """A header; secret "" takes it away. secure: people came over TLS."""
    name, flag = (SECURE, "; Secure") if secure else (PLAIN, "")
    lasts = int(LASTS) if secret else 0
    return f"{name}={secret}; Path=/; Max-Age={lasts}; HttpOnly; SameSite=Strict{flag}"
