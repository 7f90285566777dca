"""For whom an order is, and how much each takes: `#main:2 #wife:1`, `#main=2lots`. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tradegram.chat.asked import AskedShare
from tradegram.chat.grammar.said import AccountSaid, Amount, Measure, Parse
from tradegram.chat.grammar.tokens import Token
from tradegram.chat.grammar.words import LOT_WORDS, UNIT_WORDS
from tradegram.model import Instrument

LONGEST_ACCOUNT = 32

# Two digits at most: what follows the colon of an account's own id is longer.
_WEIGHT = re.compile(r"(?P<name>.+):(?P<weight>[0-9]{1,2})")
_SIZE = re.compile(
    rf"(?P<number>[0-9]{{1,15}}(?:\.[0-9]{{1,8}})?)(?P<word>{'|'.join(LOT_WORDS | UNIT_WORDS)})?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Clause:
    """field: of `Parse`, which `value` fits. end: the token after it."""

    field: str
    value: Any
    end: int


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A clause began here, but what it needs did not follow. at: the token that failed."""

    at: int
    why: str


Found = Clause | Unfinished


def account_at(said: Sequence[Token], at: int) -> Found:
    name, sign, size = said[at].text.partition("=")
    weighed = _WEIGHT.fullmatch(name)
    weight = int(weighed["weight"]) if weighed else 0
    called = weighed["name"] if weighed else name
    if len(called) > LONGEST_ACCOUNT:
        return Unfinished(at, f"An account has at most {LONGEST_ACCOUNT} characters.")
    if not called or called[0] == ":" or (weighed and (not weight or sign)):
        return Unfinished(at, f'"#{said[at].text}": say #main, #main:2 or #main=2lots.')
    if not sign:
        return Clause("accounts", (AccountSaid(called, weight),), at + 1)
    return _sized(said, at, called, size)


def _sized(said: Sequence[Token], at: int, name: str, size: str) -> Found:
    found = _SIZE.fullmatch(size)
    if not found:
        return Unfinished(at, f'"#{name}=" wants a quantity after it, for example: #{name}=2lots.')
    word, end = (found["word"] or "").upper(), at + 1
    if not word and end < len(said) and said[end].word in LOT_WORDS | UNIT_WORDS:
        word, end = said[end].word, end + 1
    measure = Measure.LOTS if word in LOT_WORDS else Measure.UNITS
    amount = Amount(Decimal(found["number"]), measure)
    return Clause("accounts", (AccountSaid(name, amount=amount),), end)


def together(accounts: Sequence[AccountSaid]) -> Amount | None:
    """What they take in all, when each of them says how much and all count alike."""
    amounts = [one.amount for one in accounts]
    measures = {amount.measure if amount else None for amount in amounts}
    if len(measures) != 1 or None in measures:
        return None
    total = sum((amount.value for amount in amounts if amount), Decimal(0))
    return Amount(total, measures.pop() or Measure.UNITS)


def account_faults(parse: Parse, instrument: Instrument) -> Iterator[str]:
    """What contradicts in the accounts of an order, in sentences."""
    accounts, own = parse.accounts, [one.amount for one in parse.accounts if one.amount]
    names = [one.name.casefold() for one in accounts]
    twice = next((one.name for one in accounts if names.count(one.name.casefold()) > 1), "")
    if twice:
        yield f"#{twice} is said twice. Name each account once."
    if parse.each and (own or any(one.weight for one in accounts)):
        yield "each gives every account the same. Leave the weights and quantities of them out."
    if not own:
        return
    if "quantity" in parse.spans:
        yield "The quantity is said twice: for all together, and for an account. Leave one out."
    elif len(own) < len(accounts):
        yield "Say how much every account takes, or none of them."
    elif together(accounts) is None:
        yield "Count all accounts in lots, or all of them in units."
    elif any(not amount.value for amount in own):
        yield "An account that takes nothing is left out."
    elif own[0].measure is Measure.LOTS and not instrument.kind.is_derivative:
        yield f"{instrument.symbol} is not traded in lots. Say how many: #{accounts[0].name}=10."
    elif any(units_of(amount, instrument) % instrument.lot_size for amount in own):
        yield f"Each account takes a multiple of {instrument.lot_size.normalize():f}, the lot."
    elif parse.quantity is None or units_of(parse.quantity, instrument) != sum(
        units_of(amount, instrument) for amount in own
    ):
        yield "What the accounts take is not what was read as the quantity."


def units_of(amount: Amount, instrument: Instrument) -> Decimal:
    lots = amount.measure is Measure.LOTS
    return amount.value * instrument.lot_size if lots else amount.value


def shares_of(parse: Parse, instrument: Instrument) -> tuple[str, tuple[AskedShare, ...]]:
    """The one account's name where nothing more is said of it; else the shares."""
    accounts = parse.accounts
    if not accounts or (len(accounts) == 1 and accounts[0] == AccountSaid(accounts[0].name)):
        return accounts[0].name if accounts else "", ()
    return "", tuple(
        AskedShare(one.name, one.weight, units_of(one.amount, instrument) if one.amount else None)
        for one in accounts
    )
