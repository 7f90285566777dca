"""All ways to take every word of an order text for some part of an order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from tradegram.chat.grammar.accounts import Clause, Found, Unfinished, together
from tradegram.chat.grammar.clauses import clauses_at
from tradegram.chat.grammar.names import names_at
from tradegram.chat.grammar.said import Parse
from tradegram.chat.grammar.tokens import Token
from tradegram.chat.grammar.words import SIDES
from tradegram.ports import Instruments

# An order has a handful of words with two meanings; a text that reaches this has no meaning.
MOST_STEPS = 2000
MOST_PARSES = 64

SEVERAL = "accounts"  # the one part that may be said more than once

_TWICE = {
    "name": 'I understood {before} but not "{word}": one order names one instrument.',
    "quantity": 'I understood {before} but not "{word}": the quantity was said before it.',
    "price": 'The price is said twice: "{word}".',
    "stop_loss": 'The stop is said twice: "{word}".',
    "target": 'The target is said twice: "{word}".',
    "trail": 'The trail is said twice: "{word}".',
    "product": 'An order has one product: "{word}" is the second one in {before} {word}.',
    "time_in_force": 'An order has one validity: "{word}" is the second in {before} {word}.',
}


@dataclass(frozen=True, slots=True)
class Failure:
    """
    The furthest word that no way of reading could take.

    at: the token; len(tokens) when the text ended too early. parse: what was understood before
    it. why: a sentence, "" when there is nothing to say but that it is not understood. end: the
    token after a clause that was said twice, else 0.
    """

    at: int
    parse: Parse
    why: str = ""
    end: int = 0

    @property
    def rank(self) -> tuple[int, bool, bool]:
        return (self.at, bool(self.parse.name), bool(self.why))


@dataclass(slots=True)
class Search:
    """What one search found. `exhausted`: it stopped at its bound, so there may be more."""

    said: Sequence[Token]
    instruments: Instruments
    today: date
    parses: list[Parse] = field(default_factory=list)
    failure: Failure | None = None
    exhausted: bool = False
    _steps: int = 0
    _found: dict[int, tuple[Found, ...]] = field(default_factory=dict)

    def run(self) -> None:
        self._walk(0, Parse())

    def _walk(self, at: int, parse: Parse) -> None:
        self._steps += 1
        if self._steps > MOST_STEPS or len(self.parses) >= MOST_PARSES:
            self.exhausted = True
            return
        if at == len(self.said):
            self._end(parse)
            return
        began = False
        for found in self._at(at):
            if isinstance(found, Unfinished):
                self._fail(Failure(found.at, parse, found.why))
            elif found.field in parse.spans and found.field != SEVERAL:
                self._fail(Failure(at, parse, self._twice(found, at), found.end))
            else:
                self._walk(found.end, self._with(parse, found, at))
            began = True
        if not began:
            self._fail(Failure(at, parse, self._unknown(at)))

    def _end(self, parse: Parse) -> None:
        if parse.name:
            quantity = parse.quantity or together(parse.accounts)
            self.parses.append(replace(parse, quantity=quantity))
        else:
            self._fail(Failure(len(self.said), parse))

    def _at(self, at: int) -> tuple[Found, ...]:
        if at not in self._found:
            self._found[at] = tuple(self._read(at))
        return self._found[at]

    def _read(self, at: int) -> Iterator[Found]:
        for name, end in names_at(self.said, at, self.instruments, self.today):
            yield Clause("name", name, end)
        yield from clauses_at(self.said, at, self.today)

    def _with(self, parse: Parse, clause: Clause, at: int) -> Parse:
        if clause.field == SEVERAL:
            return replace(parse, accounts=(*parse.accounts, *clause.value))
        spans = {**parse.spans, clause.field: (at, clause.end)}
        return replace(parse, **{clause.field: clause.value}, spans=spans)

    def _twice(self, clause: Clause, at: int) -> str:
        said = _TWICE.get(clause.field, 'This is said twice: "{word}".')
        return said.format(before=self._words(0, at), word=self._words(at, clause.end))

    def _unknown(self, at: int) -> str:
        return "One order per message, please." if self.said[at].word in SIDES else ""

    def _words(self, first: int, end: int) -> str:
        return " ".join(token.text for token in self.said[first:end])

    def _fail(self, failure: Failure) -> None:
        if self.failure is None or failure.rank > self.failure.rank:
            self.failure = failure
