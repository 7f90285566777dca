"""
What a forwarded message proposes, as the order text that a person would type for it. Pure.

`BUY RELIANCE ABOVE 1400 SL 1380 TGT 1450/1480` becomes `buy RELIANCE trg 1400 sl 1380 tgt 1450`.
Above and below say whether the price is waited for (a trigger) or is the worst one (a limit). The
names of instruments are left to the order language; nothing else of the message reaches it.
"""

from __future__ import annotations

import re

from tradegram.errors import UserError

EXAMPLE = "BUY RELIANCE ABOVE 1400 SL 1380 TGT 1450"
NOT_READ = (
    "Forwarded messages do not trade, and this one does not read as a signal with a side, an "
    f"instrument and a price, such as {EXAMPLE}. Type it yourself if you mean it."
)
SEVERAL = (
    "Forwarded messages do not trade, and this one says buy or sell more than once; forward one "
    "signal at a time, or type what you mean."
)
LONGEST_NAME, MOST_WORDS = 40, 6  # of an instrument
NUMBER = r"(?:₹|RS\.?)?\s*([0-9][0-9,]*(?:\.[0-9]+)?)"
BEGINS = r"(?<![A-Z0-9])"
SIDE = re.compile(rf"{BEGINS}(BUY|LONG|SELL|SHORT)(?![A-Z])")
ENTRY = re.compile(
    rf"{BEGINS}(ABOVE|ABV|OVER|BELOW|BLW|UNDER|AT|NEAR|AROUND|CMP|ENTRY|PRICE|@)"
    rf"[\s:=@-]*{NUMBER}(?:\s*(?:-|/|TO)\s*{NUMBER})?"
)
NOW = re.compile(rf"{BEGINS}(CMP|MARKET)(?![A-Z])")
MARKS = r"(?:[\s:=@)-]|AT|BELOW|ABOVE|NEAR|OF|PRICE)*"
STOP = re.compile(rf"{BEGINS}(?:SL|S/L|STOP[\s-]*LOSS|STOP){MARKS}{NUMBER}")
# `T1: 1450` numbers its targets; `TGT 1450` does not begin with a first one of 450.
TARGET = re.compile(rf"{BEGINS}(?:TGTS?|TARGETS?|TP|T)(?:\s*[0-9](?=[\s:=)-]))?{MARKS}{NUMBER}")
QUANTITY = re.compile(
    rf"{BEGINS}(?:QTY|QUANTITY)[\s:=-]*([0-9]+)|{BEGINS}([0-9]+)\s*LOTS?(?![A-Z])"
)
NOISE = frozenset({"STOCK", "SHARE", "SHARES", "EQUITY", "CASH", "NOW", "OPTION", "INTRADAY"})
WAITS = {"buy": {"ABOVE", "ABV", "OVER"}, "sell": {"BELOW", "BLW", "UNDER"}}


def order_text(message: str) -> str:
    """Without a quantity where the message says none. Raises UserError with one sentence."""
    text = " ".join(line.strip() for line in message.upper().splitlines() if line.strip())
    sides = list(SIDE.finditer(text))
    if message.lstrip().startswith("/") or not sides:
        raise UserError(NOT_READ)
    if len(sides) > 1:
        raise UserError(SEVERAL)
    side = "buy" if sides[0][1] in ("BUY", "LONG") else "sell"
    stop, target = STOP.search(text), TARGET.search(text)
    # `SL AT 1380` says no entry: what belongs to a stop or a target is not looked at again.
    rest = _blanked(text, STOP, TARGET)
    entry = ENTRY.search(rest)
    name = _instrument(rest, sides[0])
    if not name or not (entry or stop or target or NOW.search(rest)):
        raise UserError(NOT_READ)
    parts = [side, name, _entry(side, entry) if entry else ""]
    parts += [f"sl {_plain(stop[1])}" if stop else "", f"tgt {_plain(target[1])}" if target else ""]
    return " ".join([*filter(None, parts), *_quantity(rest)])


def _blanked(text: str, *patterns: re.Pattern[str]) -> str:
    for pattern in patterns:
        text = pattern.sub(lambda found: "|" * len(found[0]), text)
    return text


def _entry(side: str, found: re.Match[str]) -> str:
    """Of a range the end that is reached first: the most a buy pays, the least a sale gets."""
    prices = sorted((_plain(each) for each in found.groups()[1:] if each), key=float)
    price = prices[-1] if side == "buy" else prices[0]
    return f"trg {price}" if found[1] in WAITS[side] else f"@ {price}"


def _instrument(text: str, side: re.Match[str]) -> str:
    """What stands between the side and the first clause, else what stands before the side."""
    plain = _blanked(text, ENTRY, NOW)
    after, before = plain[side.end() :].partition("|")[0], plain[: side.start()].rpartition("|")[2]
    return _words(QUANTITY.sub(" ", after)) or _words(QUANTITY.sub(" ", before))


def _words(text: str) -> str:
    found = [word.strip(".-") for word in re.sub(r"[^A-Z0-9&.\- ]", " ", text).split()]
    name = " ".join(word for word in found if word and word not in NOISE)
    return name if len(name) <= LONGEST_NAME and len(name.split()) <= MOST_WORDS else ""


def _quantity(text: str) -> list[str]:
    found = QUANTITY.search(text)
    if not found:
        return []
    return [f"qty {found[1]}"] if found[1] else [f"{found[2]} lots"]


def _plain(number: str) -> str:
    return number.replace(",", "")
