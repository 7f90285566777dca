"""
The page's own addresses, beside the API that it asks for everything else.

    GET  /dashboard              the page; the same for everybody, it holds nothing
    GET  /dashboard/FILE         its parts
    GET  /dashboard/me           who is signed in, and the word that writes must show
    POST /dashboard/enter        with a one-time link's secret, or what Telegram gave a Mini App
    POST /dashboard/leave        the end of this visit, or of all of this person's
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field

from tradegram.api.call import Answer, Asking, Call, Shape
from tradegram.api.faults import ApiCode, Fault, fault_of
from tradegram.api.rates import Strangers
from tradegram.api.route import Example, Route
from tradegram.api.serve import (
    HEADERS,
    NOBODY,
    Api,
    check_size,
    failed,
    found_route,
    logged,
    read_body,
    too_many,
)
from tradegram.api.shapes import Done, Time, time_of
from tradegram.chat.people import CONSOLE, OWNER, may_trade, may_use, users
from tradegram.dashboard import initdata, pages, visits
from tradegram.errors import Conflict, UserError
from tradegram.ports import Change, Desk, Document
from tradegram.sessions.doors import Doors

WAY = "dashboard"
DASHBOARD = "/dashboard"
USED = "mini app"
TRIES_A_MINUTE = 10
ALREADY = "This opening of the page was used already. Open it from the bot again."
NOT_YOURS = "You do not use this desk. Its owner can pair you: tradegram pair"
NO_BOT = "This desk has no Telegram bot here. Ask for a link with /dashboard in the chat."


class Entering(Shape):
    """door: the secret of a one-time link. initData: as Telegram gives it to a Mini App."""

    door: Annotated[str, Field(min_length=1, max_length=128)] | None = None
    init_data: Annotated[str, Field(min_length=1, max_length=initdata.LONGEST)] | None = None


class Leaving(Shape):
    everywhere: bool = False


class VisitShape(Shape):
    id: str
    way: str
    began: Time
    ends: Time
    this: bool


class MeAnswer(Done):
    """proof: what the header X-CSRF-Token of every write must say. live: whether events come."""

    user_id: str
    name: str
    role: str
    may_trade: bool
    proof: str
    live: bool
    visits: list[VisitShape]


@dataclass(frozen=True, slots=True)
class Site:
    """
    Safe to share between threads. token: the bot's, "" without one. public_url: where people come
    from outside. live: whether this home sends events.
    """

    api: Api
    token: str = field(default="", repr=False)
    public_url: str = ""
    live: bool = False
    strangers: Strangers = field(init=False)

    def __post_init__(self) -> None:
        made = Strangers(self.api.desk.clock, TRIES_A_MINUTE)
        object.__setattr__(self, "strangers", made)

    def answer(self, asking: Asking) -> Answer:
        """Never raises."""
        if asking.path != DASHBOARD and not asking.path.startswith(f"{DASHBOARD}/"):
            return self.api.answer(asking)
        try:
            found = self._answer(asking)
        except Exception as error:
            found = failed(logged(error, asking))
        return replace(found, headers={**HEADERS, **found.headers})

    def _answer(self, asking: Asking) -> Answer:
        route, place = found_route(self._routes(asking), asking)
        check_size(asking)
        _, body = read_body(asking, route)
        return route.run(Call(self._desk, NOBODY, place, body=body))

    @property
    def _desk(self) -> Desk:
        return self.api.desk

    def _routes(self, asking: Asking) -> tuple[Route, ...]:
        def row(
            method: str, path: str, run: Callable[[Asking, Call], Answer],
            body: type[Shape] | None = None,
        ) -> Route:  # fmt: skip
            return Route(method, f"{DASHBOARD}{path}", path, "", lambda call: run(asking, call), {},
                         Example(200), scope=None, body=body, hidden=True)  # fmt: skip

        return (
            row("GET", "", lambda _, __: pages.file(pages.INDEX)),
            row("GET", "/me", self._me),
            row("POST", "/enter", self._enter, Entering),
            row("POST", "/leave", self._leave, Leaving),
            row("GET", "/{file}", lambda _, call: pages.file(call.place["file"])),
        )

    # -- in ----------------------------------------------------------------------------------------

    def _enter(self, asking: Asking, call: Call) -> Answer:
        """Raises Fault, which says no more than that it was not good."""
        visits.check_site(asking)
        if self.strangers.are_too_many(asking.sent_by):
            raise too_many("Too many tries to sign in came from there.", 60.0)
        wanted: Entering = call.body
        try:
            user_id, way = self._shown(wanted)
        except UserError as error:
            raise fault_of(error, ApiCode.NOT_SIGNED_IN) from error
        if not may_use(self._desk, user_id):
            raise Fault(ApiCode.NOT_ALLOWED, NOT_YOURS, visits.SIGN_IN)
        secret = visits.begin(self._desk, user_id, way)
        cookie = visits.set_cookie(secret, secure=self._is_secure(asking))
        return replace(self._who(secret), headers={"Set-Cookie": cookie})

    def _shown(self, wanted: Entering) -> tuple[int, str]:
        """Raises UserError."""
        desk = self._desk
        if wanted.door:
            return Doors(desk.store, desk.clock, desk.ids).use(wanted.door, WAY).user_id, "link"
        if not self.token:
            raise UserError(NO_BOT)
        opened = initdata.read(wanted.init_data or "", self.token, desk.clock.now())
        until = desk.clock.now() + 2 * initdata.FRESH
        try:
            desk.store.commit(Change((Document(USED, opened.said, {}, expires_at=until),)))
        except Conflict:
            raise UserError(ALREADY) from None
        return opened.user_id, "Telegram"

    def _is_secure(self, asking: Asking) -> bool:
        public = urlsplit(self.public_url)
        from_outside = public.scheme == "https" and asking.headers.get("host") == public.netloc
        return asking.secure or from_outside

    # -- who, and out ------------------------------------------------------------------------------

    def _me(self, asking: Asking, call: Call) -> Answer:
        return self._who(visits.cookie_of(asking.headers))

    def _who(self, secret: str) -> Answer:
        """Raises Fault."""
        desk = self._desk
        visit = visits.visit_of(desk, secret)
        if visit is None:
            raise Fault(ApiCode.NOT_SIGNED_IN, "You are not signed in here.", visits.SIGN_IN)
        user = {one.user_id: one for one in users(desk)}.get(visit.user_id)
        is_console = visit.user_id == CONSOLE
        shown = [_visit_shape(one, visit) for one in visits.visits(desk, visit.user_id)]
        me = MeAnswer(
            user_id=str(visit.user_id),
            name="this machine" if is_console else (user.name if user else ""),
            role=user.role if user else OWNER,
            may_trade=may_trade(desk, visit.user_id),
            proof=visits.proof_of(secret),
            live=self.live,
            visits=shown,
        )
        return Answer(200, me)

    def _leave(self, asking: Asking, call: Call) -> Answer:
        """Raises Fault."""
        secret = visits.cookie_of(asking.headers)
        visit = visits.visit_of(self._desk, secret)
        if visit is not None:
            visits.check_proof(asking, secret)
            every = visits.visits(self._desk, visit.user_id)
            for one in every if call.body.everywhere else [visit]:
                visits.end(self._desk, one, visit.user_id)
        cookie = visits.set_cookie("", secure=self._is_secure(asking))
        return Answer(200, Done(), {"Set-Cookie": cookie})


def _visit_shape(one: visits.Visit, current: visits.Visit) -> VisitShape:
    return VisitShape(
        id=one.visit_id[:8], way=one.way, began=time_of(one.began_at), ends=time_of(one.ends_at),
        this=one.visit_id == current.visit_id,
    )  # fmt: skip
