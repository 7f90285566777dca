"""What the words after `/straddle`, `/spread` and the like say. Pure; nothing is filled in here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from tradegram.chat.grammar.clauses import Clause, clauses_at
from tradegram.chat.grammar.names import names_at
from tradegram.chat.grammar.said import Amount, Expiry, Measure, Strike
from tradegram.chat.grammar.tokens import Shape, Token, plain_signs, tokens
from tradegram.chat.grammar.words import LOT_WORDS, MONTHS, POINT_WORDS, RIGHTS, UNIT_WORDS
from tradegram.errors import UserError
from tradegram.model import Instrument, Kind, Product
from tradegram.ports import Instruments

MOST_WORDS = 40


@dataclass(frozen=True, slots=True)
class Said:
    """
    What was said; None and () where nothing was.

    underlying: the index or share. lots: of the whole. long: True for `long`, False for `short`;
    bull the same. width, wings: points, see `strategies.strikes_around`. iron: the word was there.
    """

    underlying: Instrument | None = None
    strikes: tuple[Decimal, ...] = ()
    kind: Kind | None = None
    expiries: tuple[Expiry, ...] = ()
    lots: int | None = None
    long: bool | None = None
    bull: bool | None = None
    iron: bool = False
    width: Decimal | None = None
    wings: Decimal | None = None
    product: Product | None = None
    account: str = ""


@dataclass(slots=True)
class _Reader:
    said: Sequence[Token]
    instruments: Instruments
    today: date
    found: Said = field(default_factory=Said)

    def read(self) -> Said:
        at = 0
        while at < len(self.said):
            at = self._word(at) or self._name(at) or self._clause(at) or self._lost(at)
        return self.found

    def _lost(self, at: int) -> int:
        raise UserError(f"I do not understand “{self.said[at].text[:40]}” here.")

    def _take(self, name: str, value: object) -> None:
        if getattr(self.found, name) not in (None, "", False):
            raise UserError(f"Two different values for {name}; say one.")
        said: dict[str, Any] = {name: value}
        self.found = replace(self.found, **said)

    def _word(self, at: int) -> int:
        """The words that only strategies have; 0 when this is none."""
        token, after = self.said[at], self.said[at + 1 : at + 2]
        if token.shape is Shape.ACCOUNT:
            self._take("account", _one_account(token.text))
            return at + 1
        if token.word in FLAGS:
            self._take(*FLAGS[token.word])
            return at + 1
        if token.word in DISTANCES and after and after[0].is_plain:
            self._take(DISTANCES[token.word], after[0].value)
            return at + 2
        if token.is_plain and after and after[0].word in AFTER_NUMBER:
            self._take(AFTER_NUMBER[after[0].word], token.value)
            return at + 2
        if token.word in RIGHTS and not self._is_strike(at + 1):
            self._take_kind(RIGHTS[token.word])
            return at + 1
        return at + 1 if token.word in FILLERS else 0

    def _is_strike(self, at: int) -> bool:
        """`PE 24000`; but in `PE 1 DEC` and `PE 2 lots` the number begins something else."""
        if at >= len(self.said) or not self.said[at].is_plain:
            return False
        after = self.said[at + 1].word if at + 1 < len(self.said) else ""
        return after not in BEGUN_BY_NUMBER

    def _name(self, at: int) -> int:
        if self.found.underlying is not None:
            return 0
        for name, end in names_at(self.said, at, self.instruments, self.today):
            for one in name.instruments:
                if not one.kind.is_derivative and self._has_options(one):
                    self.found = replace(self.found, underlying=one)
                    return end
        return 0

    def _has_options(self, one: Instrument) -> bool:
        return bool(self.instruments.expiries(one.underlying or one.symbol, options=True))

    def _clause(self, at: int) -> int:
        for found in clauses_at(self.said, at, self.today):
            if isinstance(found, Clause) and found.field in TAKES:
                TAKES[found.field](self, found.value)
                return found.end
        return 0

    def take_amount(self, amount: Amount) -> None:
        if amount.measure is Measure.BARE:
            self.found = replace(self.found, strikes=(*self.found.strikes, amount.value))
            return
        if amount.measure is not Measure.LOTS or amount.value % 1 or not 0 < amount.value < 10_000:
            raise UserError("How many is said in whole lots here, e.g. 2 lots.")
        self._take("lots", int(amount.value))

    def take_strike(self, strike: Strike) -> None:
        self.found = replace(self.found, strikes=(*self.found.strikes, strike.price))
        self._take_kind(strike.kind)

    def take_expiry(self, expiry: Expiry) -> None:
        self.found = replace(self.found, expiries=(*self.found.expiries, expiry))

    def _take_kind(self, kind: Kind) -> None:
        if self.found.kind not in (None, kind):
            raise UserError("Calls and puts are both named; say CE or PE.")
        self.found = replace(self.found, kind=kind)

    def take_product(self, product: Product) -> None:
        self._take("product", product)


def _one_account(name: str) -> str:
    if ":" in name or name.casefold() in SEVERAL:
        raise UserError(f"All legs are in one account; name it instead of #{name[:20]}.")
    return name


SEVERAL = frozenset({"all", "best"})
FLAGS: Mapping[str, tuple[str, object]] = MappingProxyType(
    {
        "LONG": ("long", True),
        "SHORT": ("long", False),
        "BULL": ("bull", True),
        "BEAR": ("bull", False),
        "IRON": ("iron", True),
    }
)
DISTANCES = MappingProxyType({"WIDTH": "width", "WINGS": "wings"})
AFTER_NUMBER = MappingProxyType(dict.fromkeys({"WIDE", *POINT_WORDS}, "width"))
BEGUN_BY_NUMBER = frozenset({*AFTER_NUMBER, *MONTHS, *LOT_WORDS, *UNIT_WORDS, *RIGHTS})
FILLERS = frozenset({"ATM", "STRATEGY"})
TAKES: Mapping[str, Callable[..., None]] = MappingProxyType(
    {
        "quantity": _Reader.take_amount,
        "strike": _Reader.take_strike,
        "expiry": _Reader.take_expiry,
        "product": _Reader.take_product,
    }
)


def read_strategy(text: str, instruments: Instruments, today: date) -> Said:
    """text: what stands after the command. Raises UserError naming the word that does not fit."""
    said = tokens(" ".join(plain_signs(text).split()))
    if len(said) > MOST_WORDS:
        raise UserError(f"A strategy has at most {MOST_WORDS} words.")
    return _Reader(said, instruments, today).read()
