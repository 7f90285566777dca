"""
python-telegram-bot as a second opinion: it would send what our own wire sends, and reads in an
update what our gate reads.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import pytest
from loopback.bot_api import BotApi
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeChat,
    CopyTextButton,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    MessageOrigin,
    MessageOriginChannel,
    ReplyParameters,
    Update,
)
from telegram.error import TelegramError
from telegram.request import HTTPXRequest
from telegram_desk import OWNER, Chat

from tradegram.chat.commands.table import COMMANDS
from tradegram.chat.reply import Button, File, Reply, Style
from tradegram.chat.telegram import gate, menu
from tradegram.chat.telegram.messenger import TelegramMessenger
from tradegram.chat.telegram.webhook import set_webhook
from tradegram.errors import MessengerError

ME = f"tg:{OWNER}"
TEXT = "🟢 <b>BUY M&amp;M</b>"
BUTTONS = (
    (Button("Confirm", "t:K7Q2:c:1", Style.SUCCESS), Button("Copy id", copy="K7Q2")),
    (Button("Log in", url="https://desk.example/login"),),
)
KEYBOARD = InlineKeyboardMarkup([
    [
        InlineKeyboardButton("Confirm", callback_data="t:K7Q2:c:1", style="success"),
        InlineKeyboardButton("Copy id", copy_text=CopyTextButton("K7Q2")),
    ],
    [InlineKeyboardButton("Log in", url="https://desk.example/login")],
])  # fmt: skip
REPLYING = ReplyParameters(7, allow_sending_without_reply=True)
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
CARD = Reply(TEXT, BUTTONS)
PICTURE = Reply(TEXT, BUTTONS, picture=b"\x89PNG", silent=True)
SHEET = Reply(TEXT, file=File("trades.csv", b"a,b\r\n"))
HTML: dict[str, Any] = {"parse_mode": "HTML"}
SAID: dict[str, Any] = {**HTML, "chat_id": OWNER}
SHOWN: dict[str, Any] = {**HTML, "chat_id": OWNER, "message_id": 7}

Ours = Callable[[TelegramMessenger], object]
Theirs = Callable[[Bot], Coroutine[Any, Any, Any]]
CASES: Mapping[str, tuple[Ours, Theirs]] = {
    "sendMessage": (
        lambda one: one.send(ME, CARD, reply_to=f"{ME}:7"),
        lambda bot: bot.send_message(
            text=TEXT, reply_markup=KEYBOARD, reply_parameters=REPLYING,
            disable_notification=False, link_preview_options=NO_PREVIEW, **SAID,
        ),
    ),
    "sendPhoto": (
        lambda one: one.send(ME, PICTURE),
        lambda bot: bot.send_photo(
            photo=b"\x89PNG", caption=TEXT, reply_markup=KEYBOARD, disable_notification=True, **SAID
        ),
    ),
    "sendDocument": (
        lambda one: one.send(ME, SHEET),
        lambda bot: bot.send_document(
            document=b"a,b\r\n", filename="trades.csv", caption=TEXT,
            disable_notification=False, **SAID,
        ),
    ),
    "editMessageText": (
        lambda one: one.edit(f"{ME}:7", Reply("Filled")),
        lambda bot: bot.edit_message_text(
            "Filled", reply_markup=InlineKeyboardMarkup([]), link_preview_options=NO_PREVIEW,
            **SHOWN,
        ),
    ),
    "editMessageCaption": (
        lambda one: one.edit(f"{ME}:7", PICTURE),
        lambda bot: bot.edit_message_caption(caption=TEXT, reply_markup=KEYBOARD, **SHOWN),
    ),
    "answerCallbackQuery": (
        lambda one: one.answer("q7", "Submitted", alert=True),
        lambda bot: bot.answer_callback_query("q7", "Submitted", show_alert=True),
    ),
    "deleteMessage": (
        lambda one: one.delete(f"{ME}:7"),
        lambda bot: bot.delete_message(OWNER, 7),
    ),
    "getMe": (lambda one: one.username(), lambda bot: bot.get_me()),
    "setMyCommands": (
        lambda one: menu.show_to(one.wire, OWNER),
        lambda bot: bot.set_my_commands(
            [BotCommand(each.name[1:], each.about) for each in COMMANDS.values()],
            BotCommandScopeChat(OWNER),
        ),
    ),
    "setWebhook": (
        lambda one: set_webhook(one.wire.token, one.wire.base_url, "https://d.example/w", "s3"),
        lambda bot: bot.set_webhook(
            "https://d.example/w", secret_token="s3", max_connections=10,
            allowed_updates=["message", "callback_query", "my_chat_member"],
        ),
    ),
}  # fmt: skip


def asked_by_the_library(api: BotApi, call: Theirs) -> None:
    async def ask() -> None:
        requests = HTTPXRequest()
        bot = Bot(api.token, f"{api.base_url}/bot", f"{api.base_url}/file/bot", requests, requests)
        with contextlib.suppress(TelegramError):  # asked is enough: there is no message 7
            await call(bot)
        await requests.shutdown()
        await asyncio.sleep(0)  # its connections are closed in the loop's next turn

    # In a thread of its own: a browser test before us may have left a loop running in this one.
    thread = threading.Thread(target=lambda: asyncio.run(ask()))
    thread.start()
    thread.join()


def terms(value: Any) -> Any:
    """
    What is meant: in a form a number is its digits, and the library leaves an empty keyboard out
    of its markup.
    """
    if isinstance(value, Mapping):
        return {name: terms(each) for name, each in value.items() if each != []}
    if isinstance(value, list | tuple):
        return [terms(each) for each in value]
    return value if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("method", CASES)
def test_the_library_would_ask_the_same(chat: Chat, method: str) -> None:
    ours, theirs = CASES[method]
    with contextlib.suppress(MessengerError):
        ours(chat.messenger)
    asked_by_the_library(chat.api, theirs)

    mine, reference = chat.api.calls(method)
    assert terms(mine.params) == terms(reference.params)
    assert mine.files == reference.files


def updates(api: BotApi) -> Mapping[str, dict[str, Any]]:
    asha = api.user(OWNER, "Asha")
    named = {**asha.as_telegram, "last_name": "Rao"}
    old = {"message_id": 7, "date": 0, "chat": {"id": OWNER, "type": "private"}}
    origin = {"type": "hidden_user", "date": 1, "sender_user_name": "x"}
    tips = {"id": -1001, "type": "channel", "title": "Best Tips", "username": "best_tips"}
    channel = {"type": "channel", "date": 1, "chat": tips, "message_id": 1}
    untitled = {**channel, "chat": {**tips, "username": None}}
    return {
        "words": asha.says("/buy M&M 5"),
        "a last name": api.update(message={**asha.message("hi"), "from": named}),
        "forwarded": asha.says("/buy M&M 5", forward_origin=origin),
        "from a channel": asha.says("BUY INFY @ 1400", forward_origin=channel),
        "from a channel without a username": asha.says("x", forward_origin=untitled),
        "no text": api.update(message={**asha.message("x"), "text": None}),
        "in a group": asha.says("x", chat={"id": -100, "type": "supergroup", "title": "x"}),
        "a press": asha.press_under(asha.message("x"), "t:K7Q2:c:1"),
        "a press on an old message": asha.press_under(old, "x"),
        "a press on no message": asha.press_under(None, "x"),
    }


def read_by_the_library(update: Mapping[str, Any]) -> gate.Heard:
    """What the gate should make of it, from the library's own fields."""
    read = Update.de_json(dict(update), None)
    sender, query = read.effective_user, read.callback_query
    message = query.message if query else read.message
    where = f"tg:{message.chat.id}:{message.message_id}" if message else ""
    assert sender
    if query:
        return gate.Tap(read.update_id, sender.id, query.id, where, query.data or "")
    assert read.message
    if read.message.chat.type == "supergroup":
        return gate.InGroup(f"tg:{read.message.chat_id}")
    said_at, forwarded = read.message.date.timestamp(), source(read.message.forward_origin)
    return gate.Words(
        read.update_id, sender.id, sender.full_name, where, read.message.text, said_at, forwarded
    )


def source(origin: MessageOrigin | None) -> str | None:
    if isinstance(origin, MessageOriginChannel):
        return origin.chat.username or origin.chat.title
    return None if origin is None else ""


def test_the_library_reads_the_same_in_every_kind_of_update(chat: Chat) -> None:
    for kind, update in updates(chat.api).items():
        assert gate.read(update) == read_by_the_library(update), kind
