"""One process, everything in it: console, Telegram, workers, messages. Stops on a signal."""

from __future__ import annotations

import gc
import logging
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from tradegram import __version__
from tradegram.api.whole import whole_api
from tradegram.bootstrap import (
    LocalHome,
    address_asked,
    data_folder,
    local_home,
    only_one,
    public_url,
    refresh_of,
)
from tradegram.brokers.price_ears import PriceEars
from tradegram.chat import people
from tradegram.chat.telegram.messenger import TelegramMessenger
from tradegram.chat.telegram.pace import Pace
from tradegram.chat.telegram.polling import Poller
from tradegram.chat.telegram.redact import install
from tradegram.chat.telegram.wire import Wire
from tradegram.dashboard.site import Site
from tradegram.local.console_messenger import ConsoleMessenger
from tradegram.local.posting import Posting
from tradegram.local.refreshing import Refreshing
from tradegram.local.session_watch import SessionWatch
from tradegram.local.tidying import Tidying
from tradegram.local.web import create_app
from tradegram.local.web_api import with_api
from tradegram.local.web_dashboard import dashboard_routes
from tradegram.local.web_login import login_routes, postback_route
from tradegram.local.web_server import ConsoleServer
from tradegram.local.workers import Workers
from tradegram.market.live import LiveQuotes
from tradegram.orders.abandoned import take_back
from tradegram.ports import Messenger
from tradegram.sessions.pages import Pages
from tradegram.sessions.postback import Postbacks
from tradegram.settings import Settings


def run(settings: Settings) -> int:
    """Start, say where, and serve until SIGINT or SIGTERM. Raises SettingError."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    _log(settings)
    with _running(settings) as greeting:
        for line in greeting:
            print(line, flush=True)  # noqa: T201 - the answer of the command
        # What was built stays for good. Looking through all of it for garbage, as happens every few
        # hundred orders, would stop every thread for 60 ms.
        gc.collect()
        gc.freeze()
        stop.wait()
        print("Stopping.", flush=True)  # noqa: T201
    return 0


@contextmanager
def _running(settings: Settings) -> Iterator[list[str]]:
    """The parts, started from the innermost outwards and stopped the other way round."""
    with ExitStack() as parts:
        parts.callback(only_one(data_folder(settings)))
        home = local_home(settings)
        parts.callback(home.store.close)
        parts.callback(home.keeper.close)
        for account in home.desk.brokers.accounts():
            take_back(home.desk, account.account_id)
        console = ConsoleMessenger(home.desk.clock)
        messengers: dict[str, Messenger] = {"web": console}
        telegram = _telegram(settings, home, parts.callback)
        if telegram is not None:
            messengers["tg"] = telegram
        logins = Pages(home.keeper, home.store, partial(people.is_owner, home.desk))
        posting = Posting(home.desk, messengers)
        workers = Workers(home.desk, posting.news)
        app = create_app(home.desk, console, settings)
        site = _site(settings, home)
        pages = with_api(
            app,
            site.api,
            *dashboard_routes(site, app.state.streams),
            login_routes(logins),
            postback_route(Postbacks(home.keeper), workers.look),
        )
        server = ConsoleServer(pages, settings.http_host, settings.http_port)

        posting.start()
        parts.callback(posting.stop)
        parts.callback(_hear_prices(home))
        home.doorbell.answered_by(workers)
        workers.start()
        parts.callback(workers.stop)
        watch = SessionWatch(home.desk, home.keeper, workers, posting.news, address_asked(settings))
        watch.start()
        parts.callback(watch.stop)
        refresh = refresh_of(home.desk, home.shelf)
        refreshing = Refreshing(refresh, home.desk.instruments, posting.news)
        refreshing.start()
        parts.callback(refreshing.stop)
        tidying = Tidying(home.store)
        tidying.start()
        parts.callback(tidying.stop)
        server.start()
        parts.callback(server.stop)
        if telegram is not None:
            poller = Poller(home.desk, telegram)
            poller.start()
            parts.callback(poller.stop)
        yield list(_greeting(settings, home, server))


def _hear_prices(home: LocalHome) -> Callable[[], None]:
    """From the brokers that say them by themselves; answers with what ends it."""
    ears = PriceEars(home.desk.brokers, home.desk.clock)
    if isinstance(home.desk.quotes, LiveQuotes):
        home.desk.quotes.told = ears.told
    return ears.stop


def _telegram(
    settings: Settings, home: LocalHome, at_the_end: Callable[[Callable[[], None]], object]
) -> TelegramMessenger | None:
    if settings.bot_token is None:
        return None
    wire = Wire(settings.bot_token.get_secret_value(), settings.bot_api)
    at_the_end(wire.close)
    return TelegramMessenger(wire, Pace(home.desk.clock))


def _site(settings: Settings, home: LocalHome) -> Site:
    token = settings.bot_token.get_secret_value() if settings.bot_token else ""
    api = whole_api(home.desk, home.keeper.vault)
    return Site(api, token, public_url(settings), live=True)


def _greeting(settings: Settings, home: LocalHome, server: ConsoleServer) -> Iterator[str]:
    yield f"tradegram {__version__}: paper trading, simulated prices"
    yield f"Console:  {server.url}"
    if settings.bot_token is None:
        yield "Telegram: off. Set TELEGRAM_BOT_TOKEN to a token from @BotFather to switch it on."
        return
    yield "Telegram: on"
    if not people.users(home.desk):
        code = people.new_code(home.desk)
        yield f"Pair:     send /start {code} to the bot within 10 minutes; you become its owner."


def _log(settings: Settings) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    given = (
        settings.bot_token,
        settings.webhook_secret,
        settings.console_token,
        settings.vault_passphrase,
    )
    install([handler], [secret.get_secret_value() for secret in given if secret is not None])
