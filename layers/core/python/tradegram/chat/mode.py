"""
Paper or live: where the orders of a person go that name no account.

To paper, until that person has proven to be the holder and has chosen one live account. An order
that names an account goes there in either mode; its ticket says which it is.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace

from tradegram.chat.buttons import say_button
from tradegram.chat.cards.ticket import account_label
from tradegram.chat.preferences import (
    ATTEMPTS,
    Preferences,
    account_named,
    preferences,
    usual_account,
)
from tradegram.chat.reply import Button, Reply
from tradegram.errors import Conflict, StoreUnavailable, UserError
from tradegram.model import Account, Mode
from tradegram.ports import Change, Desk, Document, Event
from tradegram.risk.stepup import spent

LIVE = "live"  # the action's name, see `granted.act`
NO_LIVE = (
    "No live account is linked to this desk. Link one by /link, or in the terminal: tradegram "
    "link. Nothing was changed."
)


def mode_card(desk: Desk, user_id: int) -> Reply:
    usual, mine = usual_account(desk, user_id), preferences(desk, user_id)
    found = desk.brokers.accounts()
    lines = [
        f"<b>Mode: {usual.mode}</b>",
        f"Orders that name no account go to {account_label(usual)}.",
        *(f"{account_label(each)}  [{each.mode}]{_mark(each, usual)}" for each in found),
    ]
    if all(each.mode is Mode.PAPER for each in found):
        lines.append("Everything here is paper: no order reaches an exchange.")
    return Reply("\n".join(lines), tuple((each,) for each in _buttons(found, usual, mine)))


def _mark(account: Account, usual: Account) -> str:
    if account == usual:
        return " · default"
    return f" · only with #{account.name}" if account.mode is Mode.LIVE else ""


def _buttons(found: Sequence[Account], usual: Account, mine: Preferences) -> list[Button]:
    live = [each for each in found if each.mode is Mode.LIVE and each != usual]
    buttons = [say_button(f"Live on #{each.name}…", f"/mode live {each.name}") for each in live]
    return [*buttons, say_button("Back to paper", "/mode paper")] if mine.live else buttons


def live_account(desk: Desk, user_id: int, name: str) -> Account:
    """The one that is meant by `/mode live`, or by `/mode live NAME`. Raises UserError."""
    if name:
        account = account_named(desk, name)
        if account.mode is Mode.PAPER:
            raise UserError(f"#{account.name} is a paper account. /mode shows which are live.")
        return account
    found = [each for each in desk.brokers.accounts() if each.mode is Mode.LIVE]
    wanted = preferences(desk, user_id).account
    chosen = [each for each in found if each.account_id == wanted] or found
    if not chosen:
        raise UserError(NO_LIVE)
    if len(chosen) > 1:
        names = ", ".join(f"/mode live {each.name}" for each in chosen)
        raise UserError(f"Which of them? {names}")
    return chosen[0]


def what_live_means(account: Account) -> str:
    return f"Orders that name no account go to #{account.name}, LIVE, with real money."


def go_live(desk: Desk, user_id: int, account_id: str, grant: str) -> Account:
    """
    Live from now on. grant: given for [LIVE, account_id]; it is used up by this.

    Raises UserError when it does not hold, or the account is not there any more.
    """
    account = live_account(desk, user_id, account_id)
    action = json.dumps([LIVE, account_id])
    for _ in range(ATTEMPTS):
        proof = spent(desk, grant, user_id, action)
        if _written(desk, user_id, account, proof, live=True):
            text = (
                f"user {user_id} switched to LIVE: {what_live_means(account)} /mode paper ends it."
            )
            desk.pager.alert(account_id, text)
            return account
    raise StoreUnavailable("the mode could not be written")


def go_paper(desk: Desk, user_id: int, account: Account | None = None) -> None:
    """Paper from now on; nobody is asked anything. account: the paper account to go to."""
    for _ in range(ATTEMPTS):
        if _written(desk, user_id, account, live=False):
            return
    raise StoreUnavailable("the mode could not be written")


def _written(
    desk: Desk, user_id: int, account: Account | None, *also: Document, live: bool
) -> bool:
    found = desk.store.document("setting", str(user_id)) or Document("setting", str(user_id), {})
    mine = Preferences(**found.body)
    after = replace(mine, live=live, account=account.account_id if account else mine.account)
    if after == mine and not also:
        return True
    mode = Mode.LIVE if live else Mode.PAPER
    event = {"event": "mode", "by": f"user {user_id}", "mode": mode, "account": after.account}
    events = (Event("desk", event),)
    try:
        desk.store.commit(Change((replace(found, body=asdict(after)), *also), events))
    except Conflict:
        return False
    return True
