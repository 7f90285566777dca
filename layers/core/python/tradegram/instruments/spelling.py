"""The nearest word to one that nothing is called."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789&"

# Up to this length one wrong letter can leave no three in a row right.
SHORT = 5

# Bounds on the work for one word.
MOST_POSTINGS = 6_000
MOST_CANDIDATES = 48
LONGEST = 40


class Spelling:
    """Words, and for each three letters in a row the words that hold them."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = sorted({word for word in words if 2 <= len(word) <= LONGEST})
        postings: defaultdict[str, list[int]] = defaultdict(list)
        for number, word in enumerate(self._words):
            marked = f"^{word}$"
            for start in range(len(marked) - 2):
                postings[marked[start : start + 3]].append(number)
        self._postings = dict(postings)

    def nearest(self, word: str, limit: int) -> Sequence[str]:
        """Nearest first; empty when nothing is near enough to be meant."""
        if not 2 <= len(word) <= LONGEST:
            return ()
        allowed = _allowed(len(word))
        near = []
        for candidate in {*self._alike(word, allowed), *self._one_edit_away(word)}:
            edits = distance(word, candidate, allowed)
            if edits <= allowed:
                near.append((edits, candidate[0] != word[0], len(candidate), candidate))
        return [entry[-1] for entry in sorted(near)[:limit]]

    def _alike(self, word: str, allowed: int) -> Iterator[str]:
        """Words that share most threes."""
        marked = f"^{word}$"
        threes = {marked[start : start + 3] for start in range(len(marked) - 2)}
        found = sorted((self._postings.get(three, []) for three in threes), key=len)
        shared: Counter[int] = Counter()
        looked_at = 0
        for postings in found:
            looked_at += len(postings)
            if looked_at > MOST_POSTINGS and shared:
                break
            shared.update(postings[:MOST_POSTINGS])
        for number, _ in shared.most_common(MOST_CANDIDATES):
            candidate = self._words[number]
            if abs(len(candidate) - len(word)) <= allowed:
                yield candidate

    def _one_edit_away(self, word: str) -> Iterator[str]:
        if len(word) > SHORT:
            return
        for variant in one_edit(word):
            place = bisect_left(self._words, variant)
            if place < len(self._words) and self._words[place] == variant:
                yield variant


def one_edit(word: str) -> Iterator[str]:
    """Every word one deletion, swap, replacement or insertion away. 75 per letter."""
    for at in range(len(word) + 1):
        left, right = word[:at], word[at:]
        if right:
            yield left + right[1:]
            yield from (left + letter + right[1:] for letter in ALPHABET)
        if len(right) > 1:
            yield left + right[1] + right[0] + right[2:]
        yield from (left + letter + right for letter in ALPHABET)


def distance(one: str, other: str, most: int) -> int:
    """Deletions, insertions, replacements and swaps of neighbours; above `most`, `most` + 1."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        above, row = row, [i]
        for j, match in enumerate(other, 1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (letter != match))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == match:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before = above
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


def _allowed(length: int) -> int:
    """Edits after which a word of this length can still be what was meant."""
    return 1 if length <= SHORT else 2 if length <= 8 else 3
