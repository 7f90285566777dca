"""The real desk behind the loopback Bot API: every part in place, the paper broker included."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from loopback.bot_api import BotApi, Person
from telegram_desk import OWNER

from tradegram.bootstrap import local_home
from tradegram.chat.telegram.inbound import Received, receive
from tradegram.chat.telegram.messenger import TelegramMessenger
from tradegram.chat.telegram.pace import Pace
from tradegram.chat.telegram.polling import Poller
from tradegram.chat.telegram.wire import Wire
from tradegram.clock import SystemClock
from tradegram.local.posting import Posting
from tradegram.local.workers import Workers
from tradegram.ports import Desk
from tradegram.settings import read


@dataclass
class House:
    api: BotApi
    desk: Desk
    messenger: TelegramMessenger
    asha: Person

    def placed(self) -> int:
        return len(self.desk.brokers.broker("paper:main").order_book().reports)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    settings = read(
        {
            "TRADEGRAM_DATA_DIR": str(tmp_path),
            "TRADEGRAM_ALLOWED_USERS": str(OWNER),
            "TRADEGRAM_PAPER_ALWAYS_OPEN": "1",
            "TRADEGRAM_PAPER_DELAY_S": "0",
        }
    )
    home = local_home(settings)
    with BotApi() as api:
        wire = Wire(api.token, api.base_url)
        messenger = TelegramMessenger(wire, Pace(SystemClock(), burst=100))
        posting = Posting(home.desk, {"tg": messenger})
        workers = Workers(home.desk, posting.news)
        home.doorbell.answered_by(workers)
        posting.start()
        workers.start()
        try:
            yield House(api, home.desk, messenger, api.user(OWNER))
        finally:
            workers.stop()
            posting.stop()
            wire.close()
            home.store.close()


@pytest.fixture
def poller(house: House) -> Iterator[Poller]:
    poller = Poller(house.desk, house.messenger)
    poller.start()
    yield poller
    poller.stop()


def test_from_a_command_to_a_filled_order_by_polling(house: House, poller: Poller) -> None:
    asha = house.asha
    asha.says("/buy NIFTY 50")
    question = asha.sees("NIFTY 50")
    asha.press(question, "NIFTYBEES")
    card = asha.sees("Expires")
    asha.press(card, "Confirm BUY")
    house.api.until(lambda: "Filled" in card.text, 20, "the card says Filled")
    assert house.placed() == 1
    said = house.api.until(lambda: [m for m in asha.shown() if m.reply_to == card.message_id])
    assert "Filled" in said[0].text


def test_a_limit_order_of_m_and_m_is_shown_without_broken_markup(
    house: House, poller: Poller
) -> None:
    house.asha.says("buy M&M 5 @ 3000")
    assert "M&M" in house.asha.sees("Expires").text


def test_three_taps_a_replay_and_a_strangers_tap_place_one_order(house: House) -> None:
    asha, other = house.asha, house.api.user(7, "Mallory")
    receive(house.desk, house.messenger, asha.says("/buy INFY 10"))
    card = asha.sees("INFY")
    data = card.button("Confirm")["callback_data"]
    taps = [asha.press_data(card, data) for _ in range(3)]
    assert receive(house.desk, house.messenger, other.press_data(card, data)) is Received.IGNORED
    for tap in [*taps, taps[0]]:
        receive(house.desk, house.messenger, tap)
    house.api.until(lambda: "Filled" in card.text, 20, "the card says Filled")
    receive(house.desk, house.messenger, asha.press_data(card, data))
    assert house.placed() == 1
    assert "Filled" in card.text, "late taps do not cover it"


def test_bad_input_is_answered_in_one_message(house: House) -> None:
    for text in ("/buy", "/buy XYZZY 10", "/nonsense", "hello", "/buy RELIANCE 10 lmit 2950"):
        before = len(house.asha.shown())
        receive(house.desk, house.messenger, house.asha.says(text))
        assert len(house.asha.shown()) == before + 1, text
