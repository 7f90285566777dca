"""Where Telegram sends its updates, for desks that do not ask for them."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

from tradegram.chat.telegram.gate import KINDS
from tradegram.chat.telegram.wire import Wire
from tradegram.errors import MessengerError, Unreachable

AT_ONCE = 10  # requests; the API lets 25 in a second pass


@dataclass(frozen=True, slots=True)
class Webhook:
    """pending: updates that wait. problem: Telegram's last, "" when there was none."""

    url: str
    pending: int
    problem: str


def set_webhook(token: str, base_url: str, url: str, secret: str) -> None:
    """What waits is not dropped: orders may be in it. Raises Unreachable; repeats no secret."""
    with closing(Wire(token, base_url, keep_alive=False)) as wire:
        wanted = {
            "url": url,
            "secret_token": secret,
            "allowed_updates": KINDS,
            "max_connections": AT_ONCE,
        }
        try:
            wire.ask("setWebhook", wanted)
        except MessengerError as error:
            raise Unreachable(f"the webhook was not set ({error})") from None


def webhook_of(token: str, base_url: str) -> Webhook:
    """Raises Unreachable."""
    with closing(Wire(token, base_url, keep_alive=False)) as wire:
        try:
            found = wire.ask("getWebhookInfo", {})
        except MessengerError as error:
            raise Unreachable(str(error)) from None
    problem = found.get("last_error_message", "")
    return Webhook(found["url"], found["pending_update_count"], problem)
