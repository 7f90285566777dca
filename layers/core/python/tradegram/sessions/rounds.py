"""
The desk's look at its sessions: logs in by itself where it may, and says what people must do.

Both homes call `look` again and again; what was done and said is in the record, so that it does
not matter how often, or by how many processes. Hours are India's.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, time
from zoneinfo import ZoneInfo

from tradegram.brokers.contract import Login
from tradegram.errors import BrokerError, StoreError, UserError
from tradegram.model import Account, Mode
from tradegram.ports import Desk
from tradegram.sessions.keeper import UNATTENDED, Keeper
from tradegram.sessions.standing import Phase
from tradegram.vault.credentials import CREDENTIAL

ZONE = ZoneInfo("Asia/Kolkata")
LOGS_IN = time(7, 0)  # brokers have ended yesterday's sessions by then
REMINDS = time(8, 30)
CLOSES = time(15, 30)
WEEKEND = 5
TRIES = 3  # in a row by itself; a fourth wrong code could lock the account
BETWEEN_TRIES = 300.0  # seconds
ADDRESS = "address"

logger = logging.getLogger(__name__)


def look(desk: Desk, keeper: Keeper, own_address: Callable[[str], str] | None = None) -> None:
    """
    One look at every live account. Never raises for one of them: the others matter too.

    own_address: asks, through a proxy, which address a request leaves from.
    """
    for account in desk.brokers.accounts():
        if account.mode is not Mode.LIVE:
            continue
        try:
            _look_at(keeper, account, own_address)
        except (UserError, BrokerError, StoreError) as error:
            logger.warning("session: %s", error, extra={"account_id": account.account_id})
        except Exception:
            logger.exception("not looked at", extra={"account_id": account.account_id})


def _look_at(keeper: Keeper, account: Account, own_address: Callable[[str], str] | None) -> None:
    now = datetime.fromtimestamp(keeper.clock.now(), ZONE)
    profile, standing = keeper.profile(account), keeper.standing(account)
    if now.weekday() >= WEEKEND:
        return
    if not standing.is_in and profile.login is Login.CODES and profile.unattended:
        _log_in(keeper, account, now)
        standing = keeper.standing(account)
    if not REMINDS <= now.time() < CLOSES:
        return
    if not standing.is_in and profile.login in (Login.REDIRECT, Login.CODES):
        text = f"#{account.name} is not logged in at {profile.title}; the market opens at 09:15."
        _tell(keeper, account, f"remind {now:%Y-%m-%d}", text)
    if standing.is_in and own_address is not None:
        _compare_address(keeper, account, now, own_address)


def _log_in(keeper: Keeper, account: Account, now: datetime) -> None:
    if not LOGS_IN <= now.time() < CLOSES or not _chosen(keeper, account):
        return
    entry = keeper.entries.of(account.account_id)
    failed = entry.phase is Phase.FAILED
    if failed and (entry.tries >= TRIES or keeper.clock.now() - entry.at < BETWEEN_TRIES):
        return
    keeper.enter(account, {}, "desk")


def _chosen(keeper: Keeper, account: Account) -> bool:
    linked = keeper.store.document(CREDENTIAL, account.account_id)
    return linked is not None and UNATTENDED in linked.body["fields"]


def _compare_address(
    keeper: Keeper, account: Account, now: datetime, own_address: Callable[[str], str]
) -> None:
    linked = keeper.store.document(CREDENTIAL, account.account_id)
    what = f"address {now:%Y-%m-%d}"
    if linked is None or ADDRESS not in linked.body["fields"]:
        return
    if what in keeper.entries.of(account.account_id).told:
        return
    known = keeper.vault.opened(account.account_id, "desk", "address check")
    seen = own_address(known.get("proxy", ""))
    if seen == known[ADDRESS]:
        keeper.entries.tell_once(account.account_id, what, ())
        return
    _tell(
        keeper,
        account,
        what,
        f"Orders of #{account.name} would leave from {seen}, and {known[ADDRESS]} is registered. "
        "The broker will refuse them: register the new address there, or mend the way out.",
    )


def _tell(keeper: Keeper, account: Account, what: str, text: str) -> None:
    notices = keeper.owed(account.account_id, "session", text)
    keeper.entries.tell_once(account.account_id, what, notices)
