"""Commands for several legs in one ticket: named strategies, legs of one's own, saved baskets."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import replace

from tradegram.chat.baskets import (
    BASKET_EXAMPLE,
    EXAMPLES,
    legs_replies,
    read_legs,
    strategy_replies,
)
from tradegram.chat.commands.command import Command, Holder, Run, command
from tradegram.chat.grammar.read import is_order
from tradegram.chat.ordering import offers_reply
from tradegram.chat.reply import Reply
from tradegram.chat.writing import label, safe
from tradegram.errors import UserError
from tradegram.ports import Change, Desk, Document
from tradegram.tickets.strategies import Strategy

KIND = "basket"
MOST_SAVED = 12  # as many as there are buttons in a list
NAME = re.compile("[a-z][a-z0-9-]{0,19}")
RESERVED = frozenset({"save", "list", "delete", "buy", "sell", "b", "s"})


def _strategy(strategy: Strategy, name: str, usage: str, about: str) -> Command:
    def run(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
        return strategy_replies(desk, who, strategy, name, words)

    row: Run = run
    return Command(name, usage, about, EXAMPLES[strategy], row)


straddle = _strategy(
    Strategy.STRADDLE,
    "/straddle",
    "/straddle NAME EXPIRY [STRIKE] LOTS [long|short]",
    "A call and a put at one strike, at the money unless you say one; long unless you say short.",
)
strangle = _strategy(
    Strategy.STRANGLE,
    "/strangle",
    "/strangle NAME EXPIRY (width POINTS | PUT-STRIKE CALL-STRIKE) LOTS [long|short]",
    "A put below and a call above the money; long unless you say short.",
)
spread = _strategy(
    Strategy.SPREAD,
    "/spread",
    "/spread NAME (BOUGHT SOLD | bull|bear width POINTS) CE|PE EXPIRY LOTS",
    "Buys one strike and sells another: the first is bought, or say bull or bear.",
)
condor = _strategy(
    Strategy.CONDOR,
    "/condor",
    "/condor NAME EXPIRY (width POINTS [wings POINTS] | FOUR STRIKES) LOTS [long|short]",
    "An iron condor: sells a strangle and buys one around it; short unless you say long.",
)
butterfly = _strategy(
    Strategy.BUTTERFLY,
    "/butterfly",
    "/butterfly NAME EXPIRY [iron] (width POINTS | THREE STRIKES) [CE|PE] LOTS [long|short]",
    "One, two, one: long unless you say short. With the word iron it is of calls and puts, short.",
)
calendar = _strategy(
    Strategy.CALENDAR,
    "/calendar",
    "/calendar NAME [STRIKE] CE|PE NEAR-EXPIRY FAR-EXPIRY LOTS [long|short]",
    "Sells the near expiry and buys the far one at the same strike; say short for the opposite.",
)


@command(
    "/basket",
    usage="/basket LEG; LEG … · save NAME LEG; LEG … · NAME · list · delete NAME",
    about="Several orders in one ticket, bought legs first; keeps baskets under a name.",
    example=BASKET_EXAMPLE,
)
def basket(desk: Desk, who: Holder, words: str) -> Sequence[Reply]:
    first, _, rest = words.partition(" ")
    match first.casefold():
        case "" | "list":
            return [_list(desk, who)]
        case "save":
            return [_save(desk, who, rest.strip())]
        case "delete":
            return [_delete(desk, who, rest.strip())]
    if is_order(words) or ";" in words:
        return legs_replies(desk, who, words)
    return _opened(desk, who, str(_saved(desk, who, words).body["text"]))


STRATEGIES = {row.name: row for row in (straddle, strangle, spread, condor, butterfly, calendar)}


def _opened(desk: Desk, who: Holder, text: str) -> Sequence[Reply]:
    """text: as it was saved, a strategy's command or legs."""
    name, _, words = text.partition(" ")
    if name in STRATEGIES:
        return STRATEGIES[name].run(desk, who, words)
    return legs_replies(desk, who, text)


# -- saved ones ----------------------------------------------------------------------------------


def _key(who: Holder, name: str) -> str:
    return f"{who.user_id}:{name}"


def _all(desk: Desk, who: Holder) -> Sequence[tuple[str, str]]:
    """Names and texts, by name."""
    found = desk.store.documents(KIND, _key(who, ""))
    return [(each.key.partition(":")[2], str(each.body["text"])) for each in found]


def _saved(desk: Desk, who: Holder, name: str) -> Document:
    """Raises UserError."""
    word = name.casefold()
    found = desk.store.document(KIND, _key(who, word)) if NAME.fullmatch(word) else None
    if found is not None:
        return found
    near = difflib.get_close_matches(word, [one for one, _ in _all(desk, who)], n=3, cutoff=0.5)
    hint = f"Did you mean {', '.join(near)}?" if near else f"Example: {BASKET_EXAMPLE}"
    raise UserError(f"No basket is saved as “{name[:40]}”. {hint}")


def _list(desk: Desk, who: Holder) -> Reply:
    saved = _all(desk, who)
    if not saved:
        raise UserError(f"No basket is saved. Save one: /basket save hedge {BASKET_EXAMPLE[8:]}")
    lines = ["<b>Saved baskets</b>", *(f"<b>{name}</b>: {safe(text)}" for name, text in saved)]
    offers = [(label(f"Open {name}"), f"/basket {name}") for name, _ in saved]
    return offers_reply(desk, who, "", offers, html="\n".join(lines))


def _save(desk: Desk, who: Holder, words: str) -> Reply:
    name, _, text = words.partition(" ")
    name, text = name.casefold(), text.strip()
    if not NAME.fullmatch(name) or name in RESERVED:
        raise UserError(
            "A basket's name is a letter, then up to 19 small letters, digits or dashes, and none "
            "of save, list, delete. Example: /basket save hedge " + BASKET_EXAMPLE[8:]
        )
    text = _readable(desk, who, text)
    old = desk.store.document(KIND, _key(who, name))
    if old is None and len(_all(desk, who)) >= MOST_SAVED:
        raise UserError(f"{MOST_SAVED} baskets are saved already. /basket delete NAME makes room.")
    document = replace(old or Document(KIND, _key(who, name), {}), body={"text": text})
    desk.store.commit(Change((document,)))
    what = "Saved in place of the old one" if old else "Saved"
    return Reply(f"✔ {what}. <code>/basket {name}</code> opens a ticket for it:\n{safe(text, 600)}")


def _readable(desk: Desk, who: Holder, text: str) -> str:
    """The text as it is kept. Raises UserError when it could not be opened later."""
    first, _, words = text.partition(" ")
    row = STRATEGIES.get(f"/{first.removeprefix('/').casefold()}")
    if row is not None:
        if not words.strip():
            raise UserError(f"On what? Example: {row.example}")
        return f"{row.name} {words.strip()}"
    read_legs(desk, who, text)
    return text


def _delete(desk: Desk, who: Holder, name: str) -> Reply:
    found = _saved(desk, who, name)
    desk.store.remove(found)
    word = found.key.partition(":")[2]
    return Reply(f"✔ The basket <b>{word}</b> is forgotten. No order was touched.")


ROWS = (straddle, strangle, spread, condor, butterfly, calendar, basket)
