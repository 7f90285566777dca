"""The bot token dies while the desk runs: said once, nothing lost, and it heals by itself."""

from __future__ import annotations

from pathlib import Path

import httpx
from e2e.product import Product, telegram
from e2e.trader import Trader, until
from loopback.bot_api import BotApi

REFUSED = "does not accept TELEGRAM_BOT_TOKEN"


def test_a_token_that_dies_is_named_once_and_what_is_owed_goes_out_when_it_lives_again(
    tmp_path: Path,
) -> None:
    slow = {"TRADEGRAM_PAPER_DELAY_S": "2"}
    # A dead token is noticed when the long poll that is under way ends.
    with BotApi(holds=2.0) as api, Product(tmp_path, telegram(api, 42, **slow)) as desk:
        trader = Trader(desk, api, api.user(42), 7)
        ticket = trader.ticket()
        trader.confirm(ticket)
        trader.settled()
        token, api.token = api.token, "987654321:BBAnotherTokenThatTheDeskDoesNotHave_12"

        desk.wait_for(REFUSED)
        until(lambda: desk.orders()[0]["status"] == "FILLED", "filled without Telegram")
        address = desk.wait_for("Console:").split()[1]
        said = httpx.post(
            f"{address}console/say", json={"text": "/orders"}, headers={"X-Tradegram": "1"}
        )
        assert said.status_code == 200
        assert "NIFTYBEES" in said.text
        assert "Filled" not in ticket.text

        api.token = token
        trader.filled(ticket)
        until(lambda: trader.sees("Filled").reply_to == ticket.message_id, "the fill was said")
        second = trader.answered_to("/status")
        assert second
        assert desk.count() == 1
        assert desk.said.count(REFUSED) == 1
        assert len(desk.said.splitlines()) < 12, desk.said
        assert token not in desk.said
        assert "Traceback" not in desk.said
