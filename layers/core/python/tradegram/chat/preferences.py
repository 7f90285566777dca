"""What a person prefers: an account, what words stand for, whether amounts are hidden."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

from tradegram.errors import Conflict, StoreUnavailable, UserError
from tradegram.model import Account, Mode
from tradegram.ports import Change, Desk, Document

ATTEMPTS = 3
EVERY, BEST = "all", "best"  # names after # that are nobody's own
MOST_REMEMBERED = 50


@dataclass(frozen=True, slots=True)
class Preferences:
    """
    account:    where orders go that name no account (an account id); "" leaves it to the rule.
    remembered: words, as the order language gave them, to the key of an instrument.
    private:    amounts are hidden behind a tap.
    groups:     a name after # to account ids and their weights.
    live:       `account` is a live one and was chosen with a proof, see `mode.go_live`.
    """

    account: str = ""
    remembered: Mapping[str, str] = field(default_factory=dict[str, str])
    private: bool = False
    groups: Mapping[str, Mapping[str, int]] = field(default_factory=dict[str, Mapping[str, int]])
    live: bool = False


def preferences(desk: Desk, user_id: int) -> Preferences:
    found = desk.store.document("setting", str(user_id))
    return Preferences(**found.body) if found else Preferences()


def prefer(desk: Desk, user_id: int, change: Callable[[Preferences], Preferences]) -> Preferences:
    """Change them, and write them with the others as they are by then."""
    key = str(user_id)
    for _ in range(ATTEMPTS):
        found = desk.store.document("setting", key) or Document("setting", key, {})
        after = change(Preferences(**found.body))
        try:
            desk.store.commit(Change((replace(found, body=asdict(after)),)))
        except Conflict:
            continue
        return after
    raise StoreUnavailable("the preferences could not be written")


def remember(desk: Desk, user_id: int, words: str, instrument_key: str) -> None:
    def add(before: Preferences) -> Preferences:
        if len(before.remembered) >= MOST_REMEMBERED:
            raise UserError(f"{MOST_REMEMBERED} readings are remembered already; see /settings.")
        return replace(before, remembered={**before.remembered, words: instrument_key})

    prefer(desk, user_id, add)


def usual_account(
    desk: Desk, user_id: int, fits: Callable[[Account], bool] = lambda account: True
) -> Account:
    """
    Where an order goes that names no account: the preferred one, else the first.

    Paper goes first there: real money is never spent by default while there is a choice, but for
    the one live account that was chosen with a proof.
    fits: passes over accounts that cannot take the order. Raises UserError when none is left.
    """
    accounts = [each for each in desk.brokers.accounts() if fits(each)]
    if not accounts:
        raise UserError("There is no account for this. /accounts lists those there are.")
    mine = preferences(desk, user_id)

    def rank(one: Account) -> int:
        is_wanted = one.account_id == mine.account
        if one.mode is Mode.LIVE:
            return 0 if is_wanted and mine.live else 3
        return 1 if is_wanted else 2

    return min(accounts, key=rank)


def account_called(desk: Desk, name: str) -> Account | None:
    """By the name after # or by its id, in any case; None when none or several are called so."""
    if (exact := _by_id(desk, name)) is not None:
        return exact
    word = name.removeprefix("#").casefold()
    accounts = desk.brokers.accounts()
    found = [one for one in accounts if word in (one.name.casefold(), one.account_id.casefold())]
    return found[0] if len(found) == 1 else None


def _by_id(desk: Desk, name: str) -> Account | None:
    """By the very id, without a look at all the others: what an order says again and again."""
    if ":" not in name:  # no name has one
        return None
    try:
        desk.brokers.profile(name)  # an account that nothing here can trade with has none
        return desk.brokers.account(name)
    except UserError:
        return None


def account_named(desk: Desk, name: str) -> Account:
    """The same. Raises UserError when there is not exactly one."""
    if found := account_called(desk, name):
        return found
    word, accounts = name.removeprefix("#"), desk.brokers.accounts()
    several = any(one.name.casefold() == word.casefold() for one in accounts)
    names = ", ".join(f"#{one.name} ({one.account_id})" for one in accounts)
    which = "several accounts" if several else "no account"
    raise UserError(f"There is {which} called #{word}. There are: {names}.")


def members(desk: Desk, user_id: int, name: str) -> Sequence[str]:
    """The ids of the accounts that `#main`, `#all` or a group stands for. Raises UserError."""
    word = name.removeprefix("#").casefold()
    if found := account_called(desk, word):
        return [found.account_id]
    if word == EVERY:
        return [account.account_id for account in desk.brokers.accounts()]
    groups = preferences(desk, user_id).groups
    return list(groups[word]) if word in groups else [account_named(desk, word).account_id]
