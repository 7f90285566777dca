"""The browser console: the same cards as in Telegram, on a page that this machine serves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote
from weakref import WeakValueDictionary

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from tradegram.api.asgi import body_of
from tradegram.chat import desk as chat_desk
from tradegram.chat.reply import Answer, Pressed, Reply, Said
from tradegram.errors import Gone
from tradegram.local.console_guard import (
    LARGEST_BODY,
    Door,
    Guard,
    Rejected,
    answer,
    text_field,
)
from tradegram.local.console_messenger import CHAT, ConsoleMessenger, Shown, number_of
from tradegram.local.console_panel import Panel
from tradegram.local.console_streams import Latest, Streams
from tradegram.local.console_text import plain, tree
from tradegram.local.web_server import ConsoleServer
from tradegram.ports import Desk
from tradegram.settings import Settings

__all__ = ["ConsoleServer", "Conversation", "create_app"]

OWNER = 0  # the person at this machine; the desk knows the number
LONGEST_TEXT = 4096
LONGEST_DATA = 64
PULSE = 1.0  # seconds between looks at the panel
PULSES = 3600  # then the page connects anew
HEARTBEAT = 15  # pulses without news before a sign of life

FILES = Path(__file__).parent / "console"
KINDS = {
    "console.css": "text/css",
    "console.js": "text/javascript",
    "login.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}


class Conversation(Protocol):
    """What `chat.desk` is to the console."""

    def said(self, desk: Desk, said: Said, /) -> Sequence[Reply]: ...

    def pressed(self, desk: Desk, pressed: Pressed, /) -> Answer: ...


def create_app(
    desk: Desk,
    messenger: ConsoleMessenger,
    settings: Settings,
    conversation: Conversation = chat_desk,
) -> Starlette:
    """Raises SettingError when other machines could reach a console that wants no token."""
    door = Door(settings, desk.clock)
    console = _Console(desk, messenger, conversation, door)
    app = Starlette(
        routes=[
            Route("/", console.page),
            Route("/console/login", console.login, methods=["POST"]),
            Route("/console/say", console.say, methods=["POST"]),
            Route("/console/press", console.press, methods=["POST"]),
            Route("/console/events", console.events),
            Route("/console/messages", console.messages),
            Route("/console/panel", console.panel),
            Route("/console/picture/{number:int}", console.picture),
            Route("/console/file/{number:int}", console.file),
            Route("/console/{name}", _file),
        ],
        middleware=[Middleware(Guard, host=settings.http_host, door=door)],
        exception_handlers={
            Rejected: _rejected,
            HTTPException: _no_such_page,
        },
    )
    app.state.streams = console.streams
    return app


class _Console:
    """The routes. Calls of the desk run on threads of their own; they may wait for the disk."""

    def __init__(
        self, desk: Desk, messenger: ConsoleMessenger, conversation: Conversation, door: Door
    ) -> None:
        self._desk = desk
        self._messenger = messenger
        self._conversation = conversation
        self._door = door
        self._panel = Latest(Panel(desk).values)
        self._presses: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self.streams = Streams()
        messenger.watch(self.streams.wake)

    async def page(self, request: Request) -> Response:
        secure = request.url.scheme == "https"
        token = request.query_params.get("token")
        if token is not None and self._door.is_locked and self._door.accepts(token):
            return self._door.admit(RedirectResponse("/", 303), secure=secure)
        if token is not None:
            return RedirectResponse("/", 303)
        name = "index.html" if self._door.lets_in(request.headers) else "login.html"
        return Response(_read(name), media_type="text/html")

    async def login(self, request: Request) -> Response:
        token = text_field(await _body(request), "token", 1024)
        if not self._door.accepts(token):
            raise Rejected(403, "That is not this console's token.")
        return self._door.admit(JSONResponse({}), secure=request.url.scheme == "https")

    async def say(self, request: Request) -> Response:
        text = text_field(await _body(request), "text", LONGEST_TEXT)
        mine = self._messenger.hear(text)
        said = Said(OWNER, CHAT, text, self._desk.clock.now())
        await run_in_threadpool(self._say, said)
        return JSONResponse({"messages": self._after(mine.revision - 1)})

    def _say(self, said: Said) -> None:
        for reply in self._conversation.said(self._desk, said):
            self._messenger.send(CHAT, reply)

    async def press(self, request: Request) -> Response:
        body = await _body(request)
        message = text_field(body, "message", LONGEST_DATA)
        data = text_field(body, "data", LONGEST_DATA)
        try:
            number_of(message)
        except Gone:
            raise Rejected(400, "That button is not one of this console's.") from None
        # One at a time per message, so that the answer of the last press stays.
        async with self._presses.setdefault(message, asyncio.Lock()):
            before = self._messenger.revision()
            pressed = Pressed(OWNER, CHAT, message, data)
            done = await run_in_threadpool(self._press, pressed, before)
        return JSONResponse(
            {"toast": done.toast, "alert": done.alert, "messages": self._after(before)}
        )

    def _press(self, pressed: Pressed, before: int) -> Answer:
        done = self._conversation.pressed(self._desk, pressed)
        if done.edit is not None:
            self._messenger.answer(pressed.message, done.edit, unless_after=before)
        for reply in done.replies:
            self._messenger.send(CHAT, reply)
        return done

    async def messages(self, request: Request) -> Response:
        return JSONResponse({"messages": [as_json(each) for each in self._messenger.recent()]})

    async def panel(self, request: Request) -> Response:
        return JSONResponse({**await self._panel.look(), "now": self._desk.clock.now()})

    async def picture(self, request: Request) -> Response:
        shown = self._messenger.shown(request.path_params["number"])
        if shown is None or shown.reply.picture is None:
            raise Rejected(404, "That picture is not kept any more.")
        return Response(shown.reply.picture, media_type="image/png")

    async def file(self, request: Request) -> Response:
        shown = self._messenger.shown(request.path_params["number"])
        if shown is None or shown.reply.file is None:
            raise Rejected(404, "That file is not kept any more.")
        found = shown.reply.file
        where = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name)}"}
        return Response(found.content, media_type=found.media_type, headers=where)

    async def events(self, request: Request) -> Response:
        seen = request.headers.get("last-event-id") or request.query_params.get("after", "0")
        if not seen.isdecimal() or len(seen) > 16:
            raise Rejected(400, "That is not an event of this console.")
        if self.streams.full():
            raise Rejected(503, "Too many pages of this console are open; close one of them.")
        return StreamingResponse(self._events(int(seen)), media_type="text/event-stream")

    async def _events(self, seen: int) -> AsyncIterator[str]:
        """Messages that changed, the panel when it changed, a sign of life when neither did."""
        panel, quiet = "", 0
        stream = self.streams.open()
        try:
            for _ in range(PULSES):
                if stream.closed:
                    return
                quiet += 1
                for shown in self._messenger.since(seen):
                    seen, quiet = shown.revision, 0
                    yield _event("message", as_json(shown), seen)
                values = await self._panel.look()
                if (latest := json.dumps(values)) != panel:
                    panel, quiet = latest, 0
                    yield _event("panel", {**values, "now": self._desk.clock.now()})
                if quiet >= HEARTBEAT:
                    quiet = 0
                    yield _event("alive", {"now": self._desk.clock.now()})
                await stream.wait(PULSE)
        finally:
            self.streams.leave(stream)

    def _after(self, revision: int) -> list[dict[str, Any]]:
        return [as_json(each) for each in self._messenger.since(revision)]


def as_json(shown: Shown) -> dict[str, Any]:
    """A message as the page reads it; its text as a tree of allowed elements."""
    reply = shown.reply
    return {
        "number": shown.number,
        "name": shown.name,
        "revision": shown.revision,
        "at": shown.at,
        "mine": shown.mine,
        "silent": reply.silent,
        "reply_to": shown.reply_to,
        "nodes": tree(reply.text),
        "plain": plain(reply.text),
        "buttons": [[asdict(button) for button in row] for row in reply.buttons],
        "picture": f"/console/picture/{shown.number}?{shown.revision}" if reply.picture else "",
        "file": f"/console/file/{shown.number}?{shown.revision}" if reply.file else "",
        "file_name": reply.file.name if reply.file else "",
    }


def _event(kind: str, values: Mapping[str, Any], event_id: int | None = None) -> str:
    head = "" if event_id is None else f"id: {event_id}\n"
    return f"{head}event: {kind}\ndata: {json.dumps(values)}\n\n"


async def _body(request: Request) -> Mapping[str, Any]:
    """Raises Rejected."""
    content = await body_of(request, LARGEST_BODY)
    if len(content) > LARGEST_BODY:
        raise Rejected(413, "That request is larger than 64 kB and was not read.")
    try:
        body = json.loads(content)
    except ValueError:
        raise Rejected(400, "That request is not JSON.") from None
    if not isinstance(body, dict):
        raise Rejected(400, "That request is not a JSON object.")
    return body


def _read(name: str) -> bytes:
    return (FILES / name).read_bytes()


def _file(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in KINDS:
        raise Rejected(404, "There is no such page here.")
    return Response(_read(name), media_type=KINDS[name], headers={"Cache-Control": "no-cache"})


async def _rejected(request: Request, error: Exception) -> Response:
    assert isinstance(error, Rejected)  # noqa: S101 - registered for it
    return answer(error)


async def _no_such_page(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    return answer(Rejected(status, "There is no such page here."))
