"""`tradegram doctor`: look at everything a run depends on, and say what to do about it."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from tradegram.audit import verify
from tradegram.bootstrap import RECORD, data_folder, local_home
from tradegram.chat.cards.instruments import INDIA, age_words, shown
from tradegram.chat.telegram.token import bot_of
from tradegram.chat.writing import counted
from tradegram.clock import SystemClock
from tradegram.errors import TradegramError, Unreachable
from tradegram.market.calendar import TradingCalendar
from tradegram.settings import Settings
from tradegram.vault.keyring import KEY_FILE

LEAST_FREE = 200 * 1024 * 1024  # bytes; a year of busy trading writes less
SLOW_DISK = 0.05  # seconds for one durable write; three of them lie before every order
WRITES = 5

# True: good. None: it will not stay good, but nothing need be done today. False: mend it.
Finding = tuple[bool | None, str]
MARKS = {True: "ok  ", None: "SOON", False: "BAD "}


def examine(settings: Settings) -> int:
    """Prints a line per check. Exit code 1 when something must be mended."""
    bad = 0
    for check in CHECKS:
        try:
            found: list[Finding] = list(check(settings))
        except (TradegramError, OSError, sqlite3.Error) as error:
            found = [(False, str(error))]
        bad += say(found)
    return 1 if bad else 0


def say(found: Sequence[Finding]) -> int:
    """Print them; how many are bad."""
    for good, text in found:
        print(f"{MARKS[good]} {text}")  # noqa: T201 - it is a command's answer
    return sum(good is False for good, _ in found)


def _settings(settings: Settings) -> Iterator[Finding]:
    yield True, "settings can be read"
    if settings.bot_token is None:
        yield True, "no TELEGRAM_BOT_TOKEN: browser console only"
    elif not settings.allowed_users:
        yield True, "TRADEGRAM_ALLOWED_USERS is empty: only people paired by `tradegram pair`"


def _bot(settings: Settings) -> Iterator[Finding]:
    if settings.bot_token is None:
        return
    server = urlsplit(settings.bot_api).hostname
    try:
        name = bot_of(settings.bot_token.get_secret_value(), settings.bot_api)
    except Unreachable as error:
        yield (
            False,
            f"the Bot API server {server} does not answer: {error}. Check the network, and "
            "TELEGRAM_API_BASE_URL if you set it",
        )
        return
    if name is None:
        yield (
            False,
            f"TELEGRAM_BOT_TOKEN is not accepted by {server}: copy it again from @BotFather",
        )
    else:
        yield True, f"the bot token is good: it is @{name}"


def _calendar(settings: Settings) -> Iterator[Finding]:
    return calendar_findings(SystemClock().now())


def calendar_findings(now: float) -> Iterator[Finding]:
    """now: seconds since the epoch."""
    calendar = TradingCalendar()
    told = calendar.expires_soon(now)
    if told is None:
        yield True, "the holiday tables reach far enough"
    else:
        yield (False if calendar.has_expired(now) else None), told


def _data_folder(settings: Settings) -> Iterator[Finding]:
    folder = data_folder(settings)
    yield True, f"data directory {folder} may be written"
    loose = folder.stat().st_mode & 0o077
    yield (
        not loose,
        "other users of this machine cannot read it"
        if not loose
        else f"other users of this machine can read it: chmod 700 {folder}",
    )


def _disk(settings: Settings) -> Iterator[Finding]:
    folder = data_folder(settings)
    free = shutil.disk_usage(folder).free
    yield (
        free >= LEAST_FREE,
        f"{free // 1024**2} MB free"
        if free >= LEAST_FREE
        else f"only {free // 1024**2} MB free: make room, or move TRADEGRAM_DATA_DIR",
    )
    took = _durable_write(folder)
    yield (
        took <= SLOW_DISK,
        f"a durable write takes {took * 1000:.1f} ms"
        if took <= SLOW_DISK
        else f"a durable write takes {took * 1000:.0f} ms: use a local disk, not a network one",
    )


def _durable_write(folder: Path) -> float:
    path = folder / ".doctor"
    clock = SystemClock()
    try:
        with path.open("wb") as file:
            began = clock.monotonic()
            for _ in range(WRITES):
                file.write(b"x" * 4096)
                file.flush()
                os.fsync(file.fileno())
            return (clock.monotonic() - began) / WRITES
    finally:
        path.unlink(missing_ok=True)


def _record(settings: Settings) -> Iterator[Finding]:
    path = data_folder(settings) / RECORD
    if not path.exists():
        yield True, "no record yet: it is made by the first run"
        return
    with sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True) as db:
        [said] = db.execute("PRAGMA quick_check(1)").fetchone()
    db.close()
    if said != "ok":
        yield False, f"the record is damaged ({said}): restore a backup of {RECORD}"
        return
    yield True, "the record is healthy"
    store = local_home(settings).store
    for account_id in store.audited():
        try:
            verify(store.chain(account_id))
        except ValueError as error:
            yield False, f"{account_id}: {error}; somebody changed the record"
        else:
            yield True, f"audit chain of {account_id} is unbroken"
    store.close()


def _vault(settings: Settings) -> Iterator[Finding]:
    folder = data_folder(settings)
    if not (folder / RECORD).exists():
        return
    store = local_home(settings).store
    linked = len(store.documents("credential"))
    store.close()
    key = folder / KEY_FILE
    if not linked:
        return
    if not key.exists():
        yield (
            False,
            f"{KEY_FILE} is missing, so the credentials of {linked} accounts do not open: put it "
            "back from a backup, or link them again",
        )
    elif key.stat().st_mode & 0o077:
        yield False, f"other users of this machine can read {KEY_FILE}: chmod 600 {key}"
    else:
        sets = counted(linked, "account")
        yield True, f"credentials of {sets} are sealed, and {KEY_FILE} is yours alone"


def _instruments(settings: Settings) -> Iterator[Finding]:
    """Only a list whose last try failed is trouble: while nobody logs in there is none of today."""
    if not (data_folder(settings) / RECORD).exists():
        return
    store = local_home(settings).store
    found, today = shown(store), datetime.fromtimestamp(SystemClock().now(), INDIA).date()
    store.close()
    for one in found:
        good = None if one.problem else True
        yield good, f"instruments: {age_words(one, today).removeprefix('⚠ ')}"


def _clock(settings: Settings) -> Iterator[Finding]:
    now = datetime.fromtimestamp(SystemClock().now(), UTC)
    newest = max(path.stat().st_mtime for path in Path(__file__).parent.iterdir())
    good = now.timestamp() > newest - 86_400
    yield (
        good,
        f"the clock says {now:%Y-%m-%d %H:%M} UTC; compare it with a watch"
        if good
        else f"the clock says {now:%Y-%m-%d %H:%M} UTC, before this program was installed: set it",
    )


CHECKS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    _settings,
    _bot,
    _clock,
    _calendar,
    _data_folder,
    _disk,
    _record,
    _vault,
    _instruments,
)
