"""
A price path that can be computed anywhere: a pure function of a root number and the time.

Value noise: each octave draws a hashed value at every multiple of its period and glides between
them. Nothing is stepped or remembered, so the price of any second costs the same, in any process.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

MASK = (1 << 64) - 1

# (seconds, share of the price): calm within seconds, a few percent within days. Each octave can
# move by twice its share within its period.
OCTAVES = (
    (432_000.0, 0.0100),
    (86_400.0, 0.0070),
    (21_600.0, 0.0040),
    (5_400.0, 0.0025),
    (1_200.0, 0.0012),
    (300.0, 0.0006),
    (75.0, 0.0003),
    (20.0, 0.00018),
    (5.0, 0.00010),
)


def root_of(*parts: object) -> int:
    """64 bits that depend on every part, the same in every process."""
    text = "|".join(str(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def mixed(root: int, number: int) -> int:
    """64 well mixed bits of (root, number): a step of splitmix64, far cheaper than a digest."""
    bits = (root + number * 0x9E3779B97F4A7C15) & MASK
    bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & MASK
    return bits ^ (bits >> 31)


def share(root: int, number: int) -> float:
    """A hashed number from 0 up to, and without, 1."""
    return (mixed(root, number) >> 11) / 9007199254740992.0


@dataclass(frozen=True, slots=True)
class Path:
    """octaves: (1 / seconds, amplitude, root, phase) each."""

    octaves: tuple[tuple[float, float, int, float], ...]

    def at(self, t: float) -> float:
        """How far the price is from its start at time t, as a fraction of it."""
        total = 0.0
        for rate, amplitude, root, phase in self.octaves:
            x = t * rate + phase
            cell = int(x)
            part = x - cell
            before, after = mixed(root, cell), mixed(root, cell + 1)
            glide = part * part * (3.0 - 2.0 * part)
            level = before + (after - before) * glide
            total += amplitude * (level / 9.223372036854775808e18 - 1.0)
        return total


def path(root: int, scale: float) -> Path:
    """scale: 1 for a share; less for what moves less."""
    return Path(
        tuple(
            (1.0 / seconds, amount * scale, mixed(root, index), share(root, 100 + index))
            for index, (seconds, amount) in enumerate(OCTAVES)
        )
    )
