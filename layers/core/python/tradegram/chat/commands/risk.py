"""/risk: the limits, how much of them is used today, and changing them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal

from tradegram.chat.cards.ticket import account_label
from tradegram.chat.commands.command import Holder, command
from tradegram.chat.granted import check_may_loosen
from tradegram.chat.keypad import ask_proof
from tradegram.chat.money import money
from tradegram.chat.ordering import offers_reply
from tradegram.chat.preferences import account_named, usual_account
from tradegram.chat.reply import Reply
from tradegram.chat.writing import safe
from tradegram.model import Account
from tradegram.ports import Desk, Limits
from tradegram.risk.assess import day_of
from tradegram.risk.change import UNSET, NeedsStepUp, Unset, set_limit
from tradegram.risk.exposure import Count
from tradegram.risk.kill import is_killed
from tradegram.risk.limits import (
    TABLE,
    Limit,
    Value,
    both_limits,
    key_of_account,
    key_of_user,
    limit_named,
    limits_of,
)
from tradegram.risk.stepup import Method, method_of
from tradegram.risk.today import YOU, counts_of

DEFAULT = ("default", "reset")
STEP_UP = {
    None: "Less strict: only in the terminal, until <code>tradegram stepup</code> sets up a code.",
    Method.TOTP: "Stricter counts at once; less strict wants your authenticator's code.",
    Method.PIN: "Stricter counts at once; less strict wants your PIN.",
}


@command(
    "/risk",
    usage="/risk [#account] [limit [value | off | default]]",
    about="Your limits, today's use of them, and changing them.",
    example="/risk order_value 200000",
)
def risk(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    first, _, rest = words.partition(" ")
    account = account_named(desk, first) if first.startswith("#") else None
    name, _, value = (rest.strip() if account else words).partition(" ")
    if not name:
        return [_card(desk, who, account)]
    limit = limit_named(name)
    key = key_of_account(account.account_id) if account else key_of_user(who.user_id)
    if not value.strip():
        return [_one(desk, who, account, limit)]
    return [_change(desk, who, account, key, limit, value.strip())]


def _change(
    desk: Desk, who: Holder, account: Account | None, key: str, limit: Limit, text: str
) -> Reply:
    value = UNSET if text.casefold() in DEFAULT else limit.read(text)
    whose = f"#{account.name}: " if account else ""
    shown = "back to the desk's own" if isinstance(value, Unset) else limit.show(value)
    try:
        set_limit(desk, key, limit.name, value, user_id=who.user_id)
    except NeedsStepUp as less:
        check_may_loosen(desk, who.user_id, key)
        return ask_proof(desk, who, json.loads(less.action), f"{whose}{limit.title}: {shown}.")
    return Reply(f"✅ {safe(whose)}<b>{safe(limit.title)}</b>: {safe(shown)}. It counts at once.")


def _one(desk: Desk, who: Holder, account: Account | None, limit: Limit) -> Reply:
    at = account or usual_account(desk, who.user_id)
    value = getattr(limits_of(desk, who.user_id, at), limit.name)
    named = f"#{account.name} " if account else ""
    return Reply(
        f"<b>{safe(limit.title)}</b> on {account_label(at)}: {safe(limit.show(value))}\n"
        f"Change it: <code>/risk {safe(named)}{limit.name} {safe(limit.example)}</code>, "
        "or off, or default."
    )


# -- the card ------------------------------------------------------------------------------------


def _card(desk: Desk, who: Holder, account: Account | None) -> Reply:
    at = account or usual_account(desk, who.user_id)
    limits = limits_of(desk, who.user_id, at)
    mine, theirs = both_limits(desk.store, who.user_id, at)
    used = used_today(desk, who.user_id, at, limits)
    lines = [f"<b>Limits</b> · a/c {account_label(at)}"]
    if is_killed(desk.store):
        lines.append("🛑 Kill switch is ON: nothing is sent. /resume")
    lines += [_line(row, limits, mine, theirs, used.get(row.name, "")) for row in TABLE]
    lines.append(STEP_UP[method_of(desk.store, who.user_id)])
    lines.append("Change one: <code>/risk order_value 200000</code>")
    return offers_reply(desk, who, "", _offers(limits, account), html="\n".join(lines))


def _line(
    row: Limit,
    limits: Limits,
    mine: Mapping[str, Value],
    theirs: Mapping[str, Value],
    used: str,
) -> str:
    value = getattr(limits, row.name)
    marks = [
        word
        for word, own in (("yours", mine), ("account's", theirs))
        if row.name in own and own[row.name] == value
    ]
    mark = f" ({', '.join(marks)})" if marks else ""
    today = f" · today {safe(used)}" if used else ""
    return f"{safe(row.title)}: <b>{safe(row.show(value))}</b>{mark}{today}"


def used_today(desk: Desk, user_id: int, account: Account, limits: Limits) -> dict[str, str]:
    """By the limit's name, in words; of those that are counted by the day."""
    mine, theirs = both_limits(desk.store, user_id, account)
    used = {}
    if counts := counts_of(desk, user_id, account, mine, theirs):
        used["trades_per_day"] = ", ".join(map(_counted, counts))
    loss, keys = day_of(desk, account, limits, account.currency)
    if limits.open_positions is not None:
        used["open_positions"] = "not known" if keys is None else str(len(keys))
    if limits.daily_loss is not None:
        used["daily_loss"] = "not known" if loss is None else money(loss, account.currency, 0)
    return used


def _counted(one: Count) -> str:
    """A person's orders are counted over all accounts, an account's whoever sent them."""
    whose = "yours on all accounts" if one.whose == YOU else f"on {one.whose} by anybody"
    return f"{one.used} of {one.most} {whose}"


def _offers(limits: Limits, account: Account | None) -> Sequence[tuple[str, str]]:
    """The usual next steps, each of them stricter than what counts now."""
    named = f"#{account.name} " if account else ""
    half = (limits.order_value / 2).quantize(Decimal(1))
    offers = [(f"One order at most {money(half, places=0)}", f"order_value {half}")]
    if limits.trades_per_day is None:
        offers.append(("At most 20 orders a day", "trades_per_day 20"))
    if limits.daily_loss is None:
        offers.append(("Lose at most ₹10,000 a day", "daily_loss 10000"))
    if not limits.market_hours:
        offers.append(("Only while the market is open", "market_hours on"))
    return [(label, f"/risk {named}{words}") for label, words in offers]
