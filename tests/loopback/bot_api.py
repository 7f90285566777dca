"""
A Telegram Bot API server on loopback: the dialect, the rules, and a ledger of what happened.

    with BotApi() as api:
        messenger = TelegramMessenger(api.token, api.base_url, clock)
        asha = api.user(42, "Asha")
        asha.says("/buy RELIANCE 10 @ 2950")     # queued for getUpdates; the update is returned too
        card = asha.sees("BUY")                   # waits for a message that holds these words
        asha.press(card, "Confirm")               # by the words on a button of the shown keyboard
        asha.sees("filled")
        api.fail("sendMessage", Flood(3))         # the next sendMessage is answered 429
        api.calls("sendMessage")                  # the ledger, oldest first

For the webhook path take the returned update and feed it yourself: `api.says_only = True` (or
`queue=False`) keeps updates out of the polling queue. `api.messages[42]` are the messages of a chat
as they look now (text, markup, deleted). Everything is checked as Telegram would: tags and
escaping of HTML, lengths in UTF-16 units, callback data of 1 to 64 bytes, keyboards, unmodified
edits, answers to unknown or already answered presses.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from loopback.bot_api_http import Cut, Failure, Flood, Hang, Server, Status
from loopback.bot_api_rules import BadRequest, check_keyboard, check_text
from loopback.bot_api_shown import Call, Message

__all__ = ["BotApi", "Call", "Cut", "Flood", "Hang", "Message", "Person", "Status"]

TOKEN = "123456789:AAFakeTokenForLoopbackOnly_0123456789"  # shaped like one, known to nobody
Update = dict[str, Any]


@dataclass(slots=True)
class BotApi:
    """
    now: seconds since the epoch, stamps messages. says_only: updates are not queued.
    blocked: users who blocked the bot. webhook: url set; getUpdates then answers 409.
    refused: methods that were asked for with another token.
    """

    token: str = TOKEN
    now: Callable[[], float] = time.time
    username: str = "loopback_desk_bot"
    says_only: bool = False
    webhook: str = ""
    other_poller: bool = False
    messages: dict[int, list[Message]] = field(default_factory=dict[int, list[Message]])
    answers: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    deleted: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    commands: dict[str, list[dict[str, str]]] = field(
        default_factory=dict[str, list[dict[str, str]]]
    )
    blocked: set[int] = field(default_factory=set[int])
    holds: float = 50.0  # seconds at most that a poll stays open, whatever it asks for
    ledger: list[Call] = field(default_factory=list[Call])
    refused: list[str] = field(default_factory=list[str])
    _updates: list[Update] = field(default_factory=list[Update])
    _open_queries: set[str] = field(default_factory=set[str])
    _failures: dict[str, list[Failure]] = field(default_factory=dict[str, list[Failure]])
    _ids: Any = field(default_factory=lambda: itertools.count(1000))
    _update_ids: Any = field(default_factory=lambda: itertools.count(700_000_001))
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _server: Server | None = None

    # -- for tests -------------------------------------------------------------------------------

    def __enter__(self) -> BotApi:
        self._server = Server(self._dispatch)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._server.close()

    @property
    def base_url(self) -> str:
        """What TELEGRAM_API_BASE_URL would be."""
        assert self._server, "use `with BotApi() as api`"
        return self._server.url

    def user(self, user_id: int, name: str = "Asha") -> Person:
        return Person(self, user_id, name)

    def calls(self, method: str) -> list[Call]:
        with self._changed:
            return [call for call in self.ledger if call.method == method]

    def fail(self, method: str, failure: Failure, times: int = 1) -> None:
        """The next `times` calls of the method go wrong like this."""
        with self._changed:
            self._failures.setdefault(method, []).extend([failure] * times)

    def replay(self, update: Update) -> Update:
        """The same update once more, as Telegram does when it heard no answer."""
        return self.queue(update)

    def queue(self, update: Update) -> Update:
        with self._changed:
            self._updates.append(update)
            self._changed.notify_all()
        return update

    def update(self, *, queue: bool = True, **body: Any) -> Update:
        """An update with the next id, e.g. `update(edited_message={...})`."""
        update = {"update_id": next(self._update_ids), **body}
        return self.queue(update) if queue and not self.says_only else update

    def next_id(self) -> int:
        return int(next(self._ids))

    def pending(self) -> int:
        """Updates that getUpdates has not been told to forget."""
        with self._changed:
            return len(self._updates)

    def until(self, true: Callable[[], Any], seconds: float = 30.0, what: str = "") -> Any:
        """Wait until `true()` is; woken by every call. Fails loudly after `seconds`."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while not (value := true()):
                left = deadline - time.monotonic()
                if left <= 0:
                    raise AssertionError(
                        f"not within {seconds} s: {what}; chats show {self.show()}"
                    )
                self._changed.wait(min(left, 0.25))
            return value

    def show(self) -> dict[int, list[str]]:
        return {
            chat: [f"{each.text!r} {each.labels}" for each in shown[-6:]]
            for chat, shown in self.messages.items()
        }

    # -- the server ------------------------------------------------------------------------------

    _closing: bool = False

    def _dispatch(
        self, token: str, method: str, params: dict[str, Any], files: Sequence[str]
    ) -> tuple[int, Any] | Failure:
        if token != self.token:
            self.refused.append(method)
            return 401, "Unauthorized"
        with self._changed:
            self.ledger.append(Call(method, params, tuple(files), time.monotonic()))
            waiting = self._failures.get(method)
            if waiting:
                return waiting.pop(0)
            serve = getattr(self, f"_do_{method}", None)
            if serve is None:
                return 404, "Not Found"
            try:
                return 200, serve(params, files)
            except BadRequest as error:
                return error.code, str(error)
            finally:
                self._changed.notify_all()

    def _do_getMe(self, _: Any, __: Any) -> Any:
        return {"id": int(self.token.split(":")[0]), "is_bot": True, "first_name": "Desk",
                "username": self.username}  # fmt: skip

    def _do_getUpdates(self, params: dict[str, Any], _: Any) -> Any:
        if self.webhook:
            raise BadRequest("Conflict: can't use getUpdates method while webhook is active", 409)
        if self.other_poller:
            raise BadRequest("Conflict: terminated by other getUpdates request", 409)
        offset, limit = int(params.get("offset") or 0), int(params.get("limit") or 100)
        wanted = params.get("allowed_updates")
        if offset:
            self._updates[:] = [each for each in self._updates if each["update_id"] >= offset]
        deadline = time.monotonic() + min(float(params.get("timeout") or 0), self.holds)
        while True:
            found = [
                each
                for each in self._updates
                if each["update_id"] >= offset and (not wanted or set(each) & set(wanted))
            ]
            left = deadline - time.monotonic()
            if found or left <= 0 or self._closing:
                return sorted(found, key=lambda each: int(each["update_id"]))[:limit]
            self._changed.wait(left)

    def _do_getWebhookInfo(self, _: Any, __: Any) -> Any:
        return {"url": self.webhook, "has_custom_certificate": False, "pending_update_count": 0}

    def _do_setWebhook(self, params: dict[str, Any], _: Any) -> Any:
        self.webhook = params["url"]
        return True

    def _do_deleteWebhook(self, _: Any, __: Any) -> Any:
        self.webhook = ""
        return True

    def _do_sendMessage(self, params: dict[str, Any], _: Any) -> Any:
        text = check_text(params.get("text", ""), params.get("parse_mode"), 4096)
        return self._add(params, params["text"], text, photo=False)

    def _do_sendPhoto(self, params: dict[str, Any], files: Sequence[str]) -> Any:
        if not files:
            raise BadRequest("Bad Request: there is no photo in the request")
        caption = params.get("caption") or ""
        text = check_text(caption, params.get("parse_mode"), 1024) if caption else ""
        return self._add(params, caption, text, photo=True)

    def _do_sendDocument(self, params: dict[str, Any], files: Sequence[str]) -> Any:
        if not files:
            raise BadRequest("Bad Request: there is no document in the request")
        return self._do_sendPhoto(params, files)

    def _add(self, params: dict[str, Any], html: str, text: str, *, photo: bool) -> Any:
        chat = int(params["chat_id"])
        self._reach(chat)
        reply = params.get("reply_parameters") or {}
        message = Message(
            chat, self.next_id(), html, text, check_keyboard(params.get("reply_markup")),
            bool(params.get("disable_notification")), reply.get("message_id"), photo,
        )  # fmt: skip
        if message.reply_to and not reply.get("allow_sending_without_reply"):
            self._find(chat, message.reply_to, "Bad Request: message to be replied not found")
        self.messages.setdefault(chat, []).append(message)
        return self._as_telegram(message)

    def _do_editMessageText(self, params: dict[str, Any], _: Any) -> Any:
        text = check_text(params.get("text", ""), params.get("parse_mode"), 4096)
        return self._edit(params, params["text"], text, photo=False)

    def _do_editMessageCaption(self, params: dict[str, Any], _: Any) -> Any:
        caption = params.get("caption") or ""
        text = check_text(caption, params.get("parse_mode"), 1024) if caption else ""
        return self._edit(params, caption, text, photo=True)

    def _edit(self, params: dict[str, Any], html: str, text: str, *, photo: bool) -> Any:
        chat = int(params["chat_id"])
        self._reach(chat)
        message = self._find(
            chat, int(params["message_id"]), "Bad Request: message to edit not found"
        )
        if message.photo is not photo:
            kind = "text" if not photo else "caption"
            raise BadRequest(f"Bad Request: there is no {kind} in the message to edit")
        markup = check_keyboard(params.get("reply_markup"))
        if (html, markup) == (message.html, message.markup):
            raise BadRequest("Bad Request: message is not modified: specified new message content "
                             "and reply markup are exactly the same")  # fmt: skip
        message.html, message.text, message.markup = html, text, markup
        message.edits += 1
        return self._as_telegram(message)

    def _do_deleteMessage(self, params: dict[str, Any], _: Any) -> Any:
        chat, message_id = int(params["chat_id"]), int(params["message_id"])
        self.deleted.append((chat, message_id))
        for each in self.messages.get(chat, []):
            if each.message_id == message_id:
                each.deleted = True
        return True

    def _do_answerCallbackQuery(self, params: dict[str, Any], _: Any) -> Any:
        if len(params.get("text") or "") > 200:
            raise BadRequest("Bad Request: MESSAGE_TOO_LONG")
        if params["callback_query_id"] not in self._open_queries:
            raise BadRequest("Bad Request: query is too old and response timeout expired or "
                             "query ID is invalid")  # fmt: skip
        self._open_queries.discard(params["callback_query_id"])
        self.answers.append(params)
        return True

    def _do_sendChatAction(self, _: Any, __: Any) -> Any:
        return True

    def _do_setMyCommands(self, params: dict[str, Any], _: Any) -> Any:
        for each in params["commands"]:
            if not (1 <= len(each["command"]) <= 32 and 1 <= len(each["description"]) <= 256):
                raise BadRequest("Bad Request: BOT_COMMAND_INVALID")
        self.commands[self._scope(params)] = params["commands"]
        return True

    def _do_deleteMyCommands(self, params: dict[str, Any], _: Any) -> Any:
        self.commands.pop(self._scope(params), None)
        return True

    def _scope(self, params: dict[str, Any]) -> str:
        scope = params.get("scope") or {"type": "default"}
        return ":".join(str(scope[name]) for name in ("type", "chat_id") if name in scope)

    def _reach(self, chat: int) -> None:
        if chat in self.blocked:
            raise BadRequest("Forbidden: bot was blocked by the user", 403)

    def _find(self, chat: int, message_id: int, otherwise: str) -> Message:
        for each in self.messages.get(chat, []):
            if each.message_id == message_id and not each.deleted:
                return each
        raise BadRequest(otherwise)

    def _as_telegram(self, message: Message) -> dict[str, Any]:
        kind = "private" if message.chat > 0 else "supergroup"
        body: dict[str, Any] = {
            "message_id": message.message_id,
            "date": int(self.now()),
            "chat": {"id": message.chat, "type": kind, "first_name": "x", "title": "x"},
            "from": self._do_getMe(None, None),
        }
        body["caption" if message.photo else "text"] = message.text
        if message.markup:
            body["reply_markup"] = message.markup
        return body


@dataclass(frozen=True, slots=True)
class Person:
    """A Telegram user in a private chat with the bot."""

    api: BotApi
    user_id: int
    name: str

    @property
    def as_telegram(self) -> dict[str, Any]:
        return {"id": self.user_id, "is_bot": False, "first_name": self.name}

    def message(self, text: str, age: float = 0.0, **more: Any) -> dict[str, Any]:
        """The `message` part of an update; `more` overrides or adds fields."""
        body: dict[str, Any] = {
            "message_id": self.api.next_id(),
            "date": int(self.api.now() - age),
            "chat": {"id": self.user_id, "type": "private", "first_name": self.name},
            "from": self.as_telegram,
            "text": text,
        }
        if text.startswith("/"):
            length = len(text.split()[0])
            body["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
        return {**body, **more}

    def says(self, text: str, *, age: float = 0.0, queue: bool = True, **more: Any) -> Update:
        """age: seconds ago. more: extra fields of the message, e.g. forward_origin={...}."""
        return self.api.update(queue=queue, message=self.message(text, age, **more))

    def edits(self, update: Update, text: str, *, queue: bool = True) -> Update:
        """The person edits what was said before."""
        edited = {**update["message"], "text": text, "edit_date": int(self.api.now())}
        return self.api.update(queue=queue, edited_message=edited)

    def press(self, message: Message, words: str, *, queue: bool = True) -> Update:
        """Press the first button whose label holds these words."""
        return self.press_data(message, message.button(words)["callback_data"], queue=queue)

    def press_data(self, message: Message, data: str, *, queue: bool = True) -> Update:
        """Press with any data, also such as no button carries (an old or a forged button)."""
        body = self.api._as_telegram(message)
        return self.press_under(body, data, queue=queue)

    def press_under(
        self, message: Mapping[str, Any] | None, data: str, *, queue: bool = True
    ) -> Update:
        """A press under any message, an inaccessible one ({"date": 0, ...}) or none."""
        query_id = f"q{self.api.next_id()}"
        self.api._open_queries.add(query_id)
        query: dict[str, Any] = {
            "id": query_id, "from": self.as_telegram, "chat_instance": "1", "data": data,
        }  # fmt: skip
        if message is not None:
            query["message"] = dict(message)
        return self.api.update(queue=queue, callback_query=query)

    def shown(self) -> list[Message]:
        """What the chat shows of the bot's messages, oldest first."""
        return [each for each in self.api.messages.get(self.user_id, []) if not each.deleted]

    def last(self) -> Message:
        return self.shown()[-1]

    def sees(self, words: str, seconds: float = 10.0) -> Message:
        """Wait for a message that holds these words; the newest such one."""

        def found() -> Message | None:
            holding = [each for each in self.shown() if words in each.text]
            return holding[-1] if holding else None

        shown: Message = self.api.until(found, seconds, f"{self.name} sees {words!r}")
        return shown
