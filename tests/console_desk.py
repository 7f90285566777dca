"""A console on loopback with a conversation that is written down beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from html import escape
from types import SimpleNamespace
from typing import cast

import samples

from tradegram.brokers.contract import Broker
from tradegram.chat.reply import Answer, Button, File, Pressed, Reply, Said, Style
from tradegram.errors import NotFound, SessionExpired, UserError
from tradegram.local.console_messenger import ConsoleMessenger
from tradegram.local.web import ConsoleServer, create_app
from tradegram.model import Account, Funds, Position, Product
from tradegram.orders.state import Order, State
from tradegram.ports import Clock, Desk, Page, Store
from tradegram.settings import Settings, read

CARD = "T:1:c"
EXAMPLES = ("/buy NIFTY 50", "/buy RELIANCE 10", "/pos")


@dataclass
class BrokerOf:
    """One account at a broker: what it says is what the test put in."""

    positions_now: list[Position] = field(default_factory=list)
    logged_in: bool = True

    def positions(self) -> Sequence[Position]:
        if not self.logged_in:
            raise SessionExpired("paper", "log in again")
        return self.positions_now

    def funds(self) -> Sequence[Funds]:
        money = Decimal(1_000_000)
        return [Funds("paper:main", "INR", money, money - 29_500, Decimal(29_500))]


@dataclass
class Books:
    """Brokers and store of the panel, no more."""

    accounts_now: list[Account] = field(default_factory=lambda: [samples.ACCOUNT])
    broker_now: BrokerOf = field(default_factory=BrokerOf)
    orders_now: list[Order] = field(default_factory=list)

    def accounts(self) -> Sequence[Account]:
        return self.accounts_now

    def account(self, account_id: str) -> Account:
        raise UserError(f"no account {account_id}")

    def broker(self, account_id: str) -> Broker:
        return cast(Broker, self.broker_now)

    def orders(self, account_id: str, *, limit: int = 50, after: str = "") -> Page:
        return Page(self.orders_now[:limit])

    def order(self, client_order_id: str) -> Order:
        raise NotFound(client_order_id)


@dataclass
class Script:
    """
    Repeats what is said on a card with a Confirm button; Confirm edits the card.

    fail: the next call raises. outbox: told of each confirmed message before the press is
    answered, as the real one can be.
    """

    books: Books
    heard: list[str] = field(default_factory=list)
    presses: list[Pressed] = field(default_factory=list)
    fail: Exception | None = None
    outbox: ConsoleMessenger | None = None
    picture: bytes | None = None
    file: File | None = None

    def said(self, desk: Desk, said: Said, /) -> Sequence[Reply]:
        self.heard.append(said.text)
        if self.fail:
            raise self.fail
        if said.text == "/start":
            taps = tuple((Button(each, f"e:{each}"),) for each in EXAMPLES)
            return [Reply("<b>tradegram</b>: an order desk. Prices are simulated.", taps)]
        soon = int(said.said_at) + 60
        expires = f'Expires <tg-time unix="{soon}" format="r">later</tg-time>'
        return [
            Reply(
                f"🟢 <b>BUY INFY</b>\n{escape(said.text, quote=False)}\n{expires}",
                (
                    (Button("Confirm BUY 100 @ 1,500.05", CARD, Style.SUCCESS),),
                    (Button("Copy id", copy="K7Q2"), Button("Why", "w"), Button("Cancel", "x")),
                ),
                picture=self.picture,
                file=self.file,
            )
        ]

    def pressed(self, desk: Desk, pressed: Pressed, /) -> Answer:
        self.presses.append(pressed)
        if pressed.data != CARD:
            return Answer("The market is <closed> & stays so.", alert=True)
        filled = replace(
            samples.STAGED,
            state=State.FILLED,
            cum_quantity=Decimal(100),
            average_price=Decimal("1499.95"),
        )
        self.books.orders_now.insert(0, filled)
        self.books.broker_now.positions_now = [held()]
        if self.outbox:
            self.outbox.edit(pressed.message, Reply("✅ Filled 100 @ 1,499.95"))
        return Answer("Submitted", edit=Reply("⏳ Submitting 100 INFY"))


def held() -> Position:
    return Position(
        "paper:main", samples.INFY, Product.INTRADAY, Decimal(100), Decimal("1499.95"),
        Decimal("1502.00"), Decimal(0), Decimal("205.00"),
    )  # fmt: skip


@dataclass
class Console:
    """One running console; `restart` gives it a new life at the same port."""

    clock: Clock
    settings: Settings = field(default_factory=lambda: read({}))
    books: Books = field(default_factory=Books)
    port: int = 0

    def __post_init__(self) -> None:
        self.script = Script(self.books)
        self.start()

    def start(self) -> None:
        desk = cast(
            Desk,
            SimpleNamespace(clock=self.clock, brokers=self.books, store=cast(Store, self.books)),
        )
        self.messenger = ConsoleMessenger(self.clock)
        app = create_app(desk, self.messenger, self.settings, self.script)
        self.server = ConsoleServer(app, "127.0.0.1", self.port)
        self.port = self.server.port
        self.server.start()

    def restart(self) -> None:
        self.server.stop()
        self.start()

    @property
    def url(self) -> str:
        return self.server.url
