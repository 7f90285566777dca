"""The page of a whole desk on one machine: record, workers, paper broker, API, events."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tradegram.api.whole import whole_api
from tradegram.bootstrap import LocalHome, local_home
from tradegram.dashboard.site import Site
from tradegram.local.console_messenger import ConsoleMessenger
from tradegram.local.posting import Posting
from tradegram.local.web import ConsoleServer, create_app
from tradegram.local.web_api import with_api
from tradegram.local.web_dashboard import dashboard_routes
from tradegram.local.workers import Workers
from tradegram.settings import read

ANU, RAVI = 42, 43
TOKEN = "4711:bot-token-of-the-tests"


@dataclass
class DashboardDesk:
    home: LocalHome
    server: ConsoleServer

    @property
    def url(self) -> str:
        return f"{self.server.url}dashboard"

    def door(self, user_id: int = ANU) -> str:
        """Where the link of /dashboard leads, at this server's own port."""
        _, _, secret = self.home.keeper.dashboard(user_id).url.partition("#")
        return f"{self.url}#{secret}"


@contextmanager
def dashboard_desk(folder: Path, delay: str = "0.3") -> Iterator[DashboardDesk]:
    """delay: seconds that the paper broker takes."""
    settings = read(
        {
            "TRADEGRAM_DATA_DIR": str(folder),
            "TRADEGRAM_ALLOWED_USERS": f"{ANU},{RAVI}",
            "TRADEGRAM_PAPER_ALWAYS_OPEN": "1",
            "TRADEGRAM_PAPER_DELAY_S": delay,
        }
    )
    home = local_home(settings)
    messenger = ConsoleMessenger(home.desk.clock)
    posting = Posting(home.desk, {"web": messenger, "tg": messenger})
    workers = Workers(home.desk, posting.news)
    home.doorbell.answered_by(workers)
    app = create_app(home.desk, messenger, settings)
    site = Site(whole_api(home.desk, home.keeper.vault), TOKEN, live=True)
    whole = with_api(app, site.api, *dashboard_routes(site, app.state.streams))
    server = ConsoleServer(whole, settings.http_host, 0)
    workers.start()
    posting.start()
    server.start()
    try:
        yield DashboardDesk(home, server)
    finally:
        server.stop()
        workers.stop()
        posting.stop()
        home.store.close()
