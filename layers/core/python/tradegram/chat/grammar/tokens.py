"""The words of one order text, with their place in it. Knows numbers, not instruments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum

from tradegram.chat.grammar.words import LOT_WORDS, MARKS, POINT_WORDS, RIGHTS, SCALES, UNIT_WORDS

# At most 15 digits before the point and 8 behind it: sums and products of two such numbers fit
# in the 28 digits of a Decimal, so nothing is rounded on the way.
_NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{2,3}){0,5},[0-9]{3}|[0-9]{1,15})(?:\.[0-9]{1,8})?|\.[0-9]{1,8}"
_MARK = r"₹|\$|RS\.?|INR|USD"
_AMOUNT = re.compile(
    rf"(?P<mark>{_MARK})?(?P<sign>[+-])?(?P<number>{_NUMBER})"
    rf"(?P<scale>{'|'.join(SCALES)})?(?P<percent>%)?"
)
_GLUED = re.compile(
    rf"(?P<number>{_NUMBER})(?P<word>{'|'.join(sorted(LOT_WORDS | UNIT_WORDS | POINT_WORDS))}"
    rf"|{'|'.join(RIGHTS)})"
)
_PIECE = re.compile(r'"(?P<note>[^"]*)"|(?P<at>@)|(?P<word>[^\s"@]+)|(?P<stray>")')
_PLAIN_SIGNS = str.maketrans("“”„−–—", '"""---')
_DIGITS = 15


class Shape(Enum):
    WORD = "word"
    AMOUNT = "amount"
    NOTE = "note"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Token:
    """
    text:  as typed. start, end: its place in the text. word: the same in upper case.
    value: of an AMOUNT, with its scale (`₹50k` is 50000) but without its sign.
    mark:  `₹` or `$` where money was said. sign: `+`, `-` or nothing. percent: `%` followed.
    """

    text: str
    start: int
    end: int
    shape: Shape = Shape.WORD
    value: Decimal = Decimal(0)
    mark: str = ""
    sign: str = ""
    percent: bool = False

    @property
    def word(self) -> str:
        return self.text.upper()

    @property
    def is_plain(self) -> bool:
        """A number and nothing else."""
        return self.shape is Shape.AMOUNT and not (self.mark or self.sign or self.percent)


def plain_signs(text: str) -> str:
    """The text with typographic quotes and minus signs made plain; of the same length."""
    return text.translate(_PLAIN_SIGNS)


def tokens(text: str, start: int = 0) -> tuple[Token, ...]:
    """The tokens of text from `start` on. Total: every text has some, in order."""
    return tuple(_joined(_pieces(text, start)))


def _pieces(text: str, start: int) -> Iterator[Token]:
    for piece in _PIECE.finditer(text, start):
        if piece.lastgroup == "note":
            note = " ".join(piece["note"].split())
            yield Token(note, piece.start(), piece.end(), Shape.NOTE)
        elif piece.lastgroup == "word":
            yield from _words(piece["word"], piece.start())
        else:
            yield Token(piece.group(), piece.start(), piece.end())


def _words(text: str, start: int) -> Iterator[Token]:
    bare = text.rstrip(",;.?!") if not MARKS.get(text.upper()) else text
    if not bare:
        return
    if bare.startswith("#") and len(bare) > 1:
        yield Token(bare[1:], start, start + len(bare), Shape.ACCOUNT)
        return
    glued = _GLUED.fullmatch(bare.upper())
    if not glued:
        yield _token(bare, start)
        return
    cut = glued.end("number")
    yield _token(bare[:cut], start)
    yield _token(bare[cut:], start + cut)


def _token(text: str, start: int) -> Token:
    token = Token(text, start, start + len(text))
    found = _AMOUNT.fullmatch(text.upper())
    if not found or (found["scale"] and not found["mark"]):
        return token
    digits = found["number"].replace(",", "")
    if len(digits.partition(".")[0]) > _DIGITS:
        return token
    return replace(
        token,
        shape=Shape.AMOUNT,
        value=Decimal(digits) * (SCALES[found["scale"]] if found["scale"] else 1),
        mark=MARKS[found["mark"]] if found["mark"] else "",
        sign=found["sign"] or "",
        percent=bool(found["percent"]),
    )


def _joined(pieces: Iterator[Token]) -> Iterator[Token]:
    """`rs 50`, `₹ 1.5 lakh` and `10 %` are one amount each."""
    last: Token | None = None
    for piece in pieces:
        both = last and _join(last, piece)
        if last and not both:
            yield last
        last = both or piece
    if last:
        yield last


def _join(left: Token, right: Token) -> Token | None:
    whole = replace(left, text=f"{left.text} {right.text}", end=right.end)
    if left.shape is Shape.WORD and left.word in MARKS and right.is_plain:
        return replace(whole, shape=Shape.AMOUNT, value=right.value, mark=MARKS[left.word])
    if left.shape is not Shape.AMOUNT or left.percent or right.shape is not Shape.WORD:
        return None
    if right.word == "%":
        return replace(whole, percent=True)
    if left.mark and right.word in SCALES and left.text[-1].isdigit():
        return replace(whole, value=left.value * SCALES[right.word])
    return None
