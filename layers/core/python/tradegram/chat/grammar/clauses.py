"""Every clause that can begin at one word. Pure patterns over tokens; the master is not asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from types import MappingProxyType

from tradegram.chat.asked import Unit
from tradegram.chat.grammar import words as words
from tradegram.chat.grammar.accounts import Clause, Found, Unfinished, account_at
from tradegram.chat.grammar.said import Amount, Away, Expiry, Market, Measure, Price, Strike, Which
from tradegram.chat.grammar.tokens import Shape, Token
from tradegram.model import OrderType

__all__ = ["Clause", "Found", "Unfinished", "clauses_at", "full_year"]

LONGEST_NOTE = 100


_Reader = Callable[[Sequence[Token], int, date], Iterator[Found]]

# `24 NOV 26`: so near a year is a year, and never a quantity of 26.
_NEAR_YEARS = (0, 1)
_DATE = re.compile(r"([0-9]{1,2})[-/]?([A-Z]{3,9})(?:[-/]?([0-9]{4}|[0-9]{2}))?")
_MONTH_YEAR = re.compile(r"([A-Z]{3,9})[-/']?([0-9]{4}|[0-9]{2})")


def clauses_at(said: Sequence[Token], at: int, today: date) -> Iterator[Found]:
    """All clauses that begin at token `at`, the likelier ones first."""
    token = said[at]
    if token.shape is Shape.NOTE:
        yield _bounded("note", token, at, LONGEST_NOTE)
    elif token.shape is Shape.ACCOUNT:
        yield account_at(said, at)
    elif token.shape is Shape.AMOUNT:
        yield from _amount(said, at, today)
    elif token.word in _READERS:
        yield from _READERS[token.word](said, at, today)
    else:
        yield from _single_date(said, at, today)


def _bounded(field: str, token: Token, at: int, longest: int) -> Found:
    if len(token.text) > longest:
        return Unfinished(at, f"A {field} has at most {longest} characters.")
    return Clause(field, token.text, at + 1)


def _word(said: Sequence[Token], at: int) -> str:
    """Upper case; "" past the end and for notes and accounts."""
    if at >= len(said) or said[at].shape in (Shape.NOTE, Shape.ACCOUNT):
        return ""
    return said[at].word


# -- numbers -------------------------------------------------------------------------------------


def _amount(said: Sequence[Token], at: int, today: date) -> Iterator[Found]:
    token, after = said[at], _word(said, at + 1)
    if token.is_plain:
        yield from _plain_amount(said, at, today)
    elif token.sign:
        yield Unfinished(at, f'A quantity has no sign: "{token.text}".')
    elif not (token.mark and token.percent):
        measure = Measure.MONEY if token.mark else Measure.PERCENT
        end = at + 2 if after in words.OF_WORDS else at + 1
        yield Clause("quantity", Amount(token.value, measure, token.mark), end)


def _plain_amount(said: Sequence[Token], at: int, today: date) -> Iterator[Found]:
    number, after = said[at].value, _word(said, at + 1)
    if after in words.RIGHTS:
        # The number before CE is the strike, whatever follows: it is never taken for a quantity.
        yield Clause("strike", Strike(number, words.RIGHTS[after]), at + 2)
        return
    if after in words.MONTHS and _is_day(said[at]):
        # `27 NOV` is a date whatever else it could be: a quantity is never guessed from it.
        yield from _spaced_date(said, at, today)
        return
    if after in words.LOT_WORDS:
        yield Clause("quantity", Amount(number, Measure.LOTS), _past_of(said, at + 2))
    if after in words.UNIT_WORDS:
        yield Clause("quantity", Amount(number, Measure.UNITS), _past_of(said, at + 2))
    yield Clause("quantity", Amount(number, Measure.BARE), at + 1)


def _past_of(said: Sequence[Token], at: int) -> int:
    return at + 1 if _word(said, at) in words.OF_WORDS else at


def _quantity_first(said: Sequence[Token], at: int, today: date) -> Iterator[Found]:
    if at + 1 >= len(said) or not said[at + 1].is_plain:
        yield _missing(said, at, "a number")
        return
    number, after = said[at + 1].value, _word(said, at + 2)
    if after in words.LOT_WORDS:
        yield Clause("quantity", Amount(number, Measure.LOTS), at + 3)
    else:
        yield Clause("quantity", Amount(number, Measure.UNITS), at + 2)


# -- expiries ------------------------------------------------------------------------------------


def _is_day(token: Token) -> bool:
    return token.text.isdigit() and 1 <= token.value <= 31


def _spaced_date(said: Sequence[Token], at: int, today: date) -> Iterator[Found]:
    day, month = int(said[at].value), words.MONTHS[_word(said, at + 1)]
    year = _year_at(said, at + 2, today)
    if year:
        yield Clause("expiry", Expiry(Which.DATE, day, month, year), _past_expiry(said, at + 3))
    if year - today.year not in _NEAR_YEARS:
        yield Clause("expiry", Expiry(Which.DATE, day, month), _past_expiry(said, at + 2))


def _year_at(said: Sequence[Token], at: int, today: date) -> int:
    """0 when that is no year: `24 NOV 26 lots` is 26 lots."""
    counts = _word(said, at + 1) in words.LOT_WORDS | words.UNIT_WORDS
    return 0 if counts else full_year(_word(said, at), today)


def _month(said: Sequence[Token], at: int, today: date) -> Iterator[Found]:
    month = words.MONTHS[said[at].word]
    year = _year_at(said, at + 1, today)
    if year:
        yield Clause("expiry", Expiry(Which.MONTH, 0, month, year), _past_expiry(said, at + 2))
    if year - today.year not in _NEAR_YEARS:
        yield Clause("expiry", Expiry(Which.MONTH, 0, month), _past_expiry(said, at + 1))


def full_year(digits: str, today: date) -> int:
    """`26` and `2026` as 2026; 0 for what is not a year of the next ten."""
    if not (digits.isascii() and digits.isdigit() and len(digits) in (2, 4)):
        return 0
    year = int(digits) if len(digits) == 4 else today.year // 100 * 100 + int(digits)
    return year if 0 <= year - today.year <= 10 else 0


def _single_date(said: Sequence[Token], at: int, today: date) -> Iterator[Found]:
    """`27NOV`, `27-NOV-26`, `NOV26` as one word."""
    word = said[at].word
    if found := _DATE.fullmatch(word):
        day, month, year = int(found[1]), words.MONTHS.get(found[2], 0), found[3] or ""
        known = full_year(year, today)
        if month and 1 <= day <= 31 and bool(year) == bool(known):
            expiry = Expiry(Which.DATE, day, month, known)
            yield Clause("expiry", expiry, _past_expiry(said, at + 1))
    elif found := _MONTH_YEAR.fullmatch(word):
        month, known = words.MONTHS.get(found[1], 0), full_year(found[2], today)
        if month and known:
            expiry = Expiry(Which.MONTH, 0, month, known)
            yield Clause("expiry", expiry, _past_expiry(said, at + 1))


def _past_expiry(said: Sequence[Token], at: int) -> int:
    return at + 1 if _word(said, at) in words.EXPIRY_WORDS else at


def _expiry_word(which: Which, length: int) -> _Reader:
    def read(said: Sequence[Token], at: int, today: date) -> Iterator[Found]:
        yield Clause("expiry", Expiry(which), _past_expiry(said, at + length))

    return read


def _this_or_next(said: Sequence[Token], at: int, today: date) -> Iterator[Found]:
    pair = (said[at].word, _word(said, at + 1))
    if pair in _TWO_WORDS:
        yield Clause("expiry", Expiry(_TWO_WORDS[pair]), _past_expiry(said, at + 2))
    else:
        yield _missing(said, at, "week or month")


_TWO_WORDS: Mapping[tuple[str, str], Which] = MappingProxyType(
    {
        ("THIS", "WEEK"): Which.WEEKLY,
        ("NEXT", "WEEK"): Which.NEXT_WEEK,
        ("THIS", "MONTH"): Which.MONTHLY,
        ("NEXT", "MONTH"): Which.NEXT_MONTH,
    }
)


# -- prices --------------------------------------------------------------------------------------


def _missing(said: Sequence[Token], at: int, wanted: str, example: str = "") -> Unfinished:
    word = said[at].text
    hint = f", for example: {example}" if example else ""
    if at + 1 < len(said):
        return Unfinished(
            at + 1, f'"{word}" wants {wanted} after it, not "{said[at + 1].text}"{hint}.'
        )
    return Unfinished(at, f'"{word}" wants {wanted} after it{hint}.')


def _money_at(said: Sequence[Token], at: int) -> Price | None:
    if at >= len(said) or said[at].shape is not Shape.AMOUNT:
        return None
    token = said[at]
    return None if token.sign or token.percent else Price(token.value, token.mark)


def _priced(field: str, example: str) -> _Reader:
    def read(said: Sequence[Token], at: int, today: date) -> Iterator[Found]:
        first = at + 2 if said[at].word != "@" and _word(said, at + 1) == "@" else at + 1
        price = _money_at(said, first)
        if price:
            yield Clause(field, price, first + 1)
        else:
            yield _missing(said, first - 1, "a price", example)

    return read


def _level(field: str, example: str) -> _Reader:
    def read(said: Sequence[Token], at: int, today: date) -> Iterator[Found]:
        first = at + 2 if _word(said, at + 1) == "@" else at + 1
        token = said[first] if first < len(said) else None
        if not token or token.shape is not Shape.AMOUNT:
            yield _missing(said, first - 1, "a price, a percent or points", example)
        elif token.percent:
            yield Clause(field, Away(token.value, Unit.PERCENT, token.sign, token.mark), first + 1)
        elif _word(said, first + 1) in words.POINT_WORDS:
            yield Clause(field, Away(token.value, Unit.POINTS, token.sign, token.mark), first + 2)
        else:
            unit = Unit.POINTS if token.sign else Unit.PRICE
            yield Clause(field, Away(token.value, unit, token.sign, token.mark), first + 1)

    return read


def _trail(said: Sequence[Token], at: int, today: date) -> Iterator[Found]:
    """`trail 10` is ten points, never a price: a distance has no other sense."""
    for found in _level("trail", "trail 10, trail 1%")(said, at, today):
        if isinstance(found, Clause) and found.value.unit is Unit.PRICE:
            yield Clause(
                "trail", Away(found.value.value, Unit.POINTS, "", found.value.mark), found.end
            )
        else:
            yield found


def _stop(said: Sequence[Token], at: int, today: date) -> Iterator[Found]:
    """`sl 2900` is a stop; `sl limit` and `sl m` are order types."""
    after = _word(said, at + 1)
    if after in ("M", *words.MARKET_WORDS):
        yield Clause("stop_type", OrderType.STOP, at + 2)
    elif after in ("LIMIT", "LMT", "L"):
        if _money_at(said, at + 2) or _word(said, at + 2) == "@":
            # The word limit also says the price: `sl limit 2950`.
            yield Clause("stop_type", OrderType.STOP_LIMIT, at + 1)
        else:
            yield Clause("stop_type", OrderType.STOP_LIMIT, at + 2)
    else:
        yield from _level("stop_loss", "sl 2900, sl 2%, sl -40")(said, at, today)


def _market(said: Sequence[Token], at: int, today: date) -> Iterator[Found]:
    if _word(said, at + 1) == "PLAIN":
        yield Clause("market", Market.PLAIN, at + 2)
    else:
        yield Clause("market", Market.PROTECTED, at + 1)


def _plain(said: Sequence[Token], at: int, today: date) -> Iterator[Found]:
    if _word(said, at + 1) in words.MARKET_WORDS:
        yield Clause("market", Market.PLAIN, at + 2)
    else:
        yield _missing(said, at, "the word market")


def _right(said: Sequence[Token], at: int, today: date) -> Iterator[Found]:
    """`CE 24000`: the strike may follow."""
    if at + 1 < len(said) and said[at + 1].is_plain:
        strike = Strike(said[at + 1].value, words.RIGHTS[said[at].word])
        yield Clause("strike", strike, at + 2)
    else:
        yield Unfinished(at, f'"{said[at].text}" wants a strike, for example: NIFTY 24000 CE.')


def _says(field: str, value: object) -> _Reader:
    def read(said: Sequence[Token], at: int, today: date) -> Iterator[Found]:
        yield Clause(field, value, at + 1)

    return read


def _fails(why: str) -> _Reader:
    def read(said: Sequence[Token], at: int, today: date) -> Iterator[Found]:
        yield Unfinished(at, why)

    return read


def _readers() -> Iterator[tuple[str, _Reader]]:
    for group, reader in (
        (words.PRICE_WORDS, _priced("price", "limit 2950")),
        (words.TRIGGER_WORDS, _priced("trigger", "trg 2960")),
        (words.TARGET_WORDS, _level("target", "tgt 3050, tgt 3%, tgt +50")),
        (words.TRAIL_WORDS, _trail),
        (words.STOP_WORDS, _stop),
        (words.STOP_MARKET_WORDS, _says("stop_type", OrderType.STOP)),
        (words.STOP_LIMIT_WORDS, _says("stop_type", OrderType.STOP_LIMIT)),
        (words.MARKET_WORDS, _market),
        (words.FUTURE_WORDS, _says("future", True)),
        (words.RIGHTS, _right),
        (words.MONTHS, _month),
        (words.QUANTITY_FIRST, _quantity_first),
        (("THIS", "NEXT"), _this_or_next),
    ):
        yield from ((word, reader) for word in group)
    yield from ((word, _says("product", product)) for word, product in words.PRODUCTS.items())
    yield from ((word, _says("time_in_force", t)) for word, t in words.TIMES_IN_FORCE.items())
    yield from ((word, _says("venue", word)) for word in words.VENUES)
    yield from ((word, _fails(why)) for word, why in words.NOT_YET.items())
    yield from (
        ("PLAIN", _plain),
        ("EACH", _says("each", True)),
        ("WEEKLY", _expiry_word(Which.WEEKLY, 1)),
        ("MONTHLY", _expiry_word(Which.MONTHLY, 1)),
    )


_READERS: Mapping[str, _Reader] = MappingProxyType(dict(_readers()))
