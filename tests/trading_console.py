"""The console of a whole desk on one machine: record, workers, paper broker, outbox."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tradegram.bootstrap import LocalHome, local_home
from tradegram.local.console_messenger import ConsoleMessenger
from tradegram.local.posting import Posting
from tradegram.local.web import ConsoleServer, create_app
from tradegram.local.workers import Workers
from tradegram.settings import read


@dataclass
class TradingConsole:
    """Starts at once; `restart` is a new process on the same record and the same port."""

    folder: Path
    port: int = 0
    home: LocalHome = field(init=False)
    server: ConsoleServer = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        settings = read(
            {
                "TRADEGRAM_DATA_DIR": str(self.folder),
                "TRADEGRAM_PAPER_ALWAYS_OPEN": "1",
                "TRADEGRAM_PAPER_DELAY_S": "0.05",
            }
        )
        self.home = local_home(settings)
        desk = self.home.desk
        messenger = ConsoleMessenger(desk.clock)
        self._posting = Posting(desk, {"web": messenger})
        self._workers = Workers(desk, self._posting.news)
        self.home.doorbell.answered_by(self._workers)
        self.server = ConsoleServer(
            create_app(desk, messenger, settings), settings.http_host, self.port
        )
        self.port = self.server.port
        self._workers.start()
        self._posting.start()
        self.server.start()

    def stop(self) -> None:
        self.server.stop()
        self._workers.stop()
        self._posting.stop()
        self.home.store.close()

    def restart(self) -> None:
        self.stop()
        self.start()

    @property
    def url(self) -> str:
        return self.server.url
