"""
A broker's stream of what happens to orders, as values: how to reach it, and what a frame means.

A frame is never taken for the truth: it rings the bell of whoever reads the book (`streams`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from tradegram.model import Instrument, Quote

Frame = str | bytes


@dataclass(frozen=True, slots=True)
class Heard:
    """
    What a frame calls for.

    rings: something may have happened to an order. say: what is to be answered. over: the
    stream has ended, or was never granted; it must be opened anew. granted: from now on all that
    happens is told, see `Dial.granted_within`. strange: it is none of what the broker says here;
    a person is told so, and nothing of what it holds. quotes: prices of now.
    """

    rings: bool = False
    say: Sequence[str] = field(default=(), repr=False)
    over: bool = False
    granted: bool = False
    strange: bool = False
    quotes: Sequence[Quote] = ()


@dataclass(frozen=True, slots=True)
class Dial:
    """
    How an adapter wants its stream opened. path is on `host`, one of `Profile.hosts`.

    first: what is said at once. keep_every: seconds between calls of `StreamAdapter.keep`.
    granted_within: seconds in which a frame must say that it is granted; 0: once open, it is.
    """

    host: str
    path: str = field(default="", repr=False)
    first: Sequence[str] = field(default=(), repr=False)
    keep_every: float = 0.0
    granted_within: float = 0.0


@dataclass(frozen=True, slots=True)
class Stream:
    """
    One account's stream, ready to be opened. proxy: "" for none.

    heard: raises whatever it likes on frames it does not understand. keep: a call that keeps the
    stream alive, due every `keep_every` seconds; 0: none is. Raises BrokerError. granted_within:
    see `Dial`. watch: what to say to be told the prices of these, see `PriceStreams`.
    """

    url: str = field(repr=False)
    heard: Callable[[Frame], Heard] = field(repr=False)
    first: Sequence[str] = field(default=(), repr=False)
    keep: Callable[[], None] = field(default=lambda: None, repr=False)
    keep_every: float = 0.0
    granted_within: float = 0.0
    proxy: str = field(default="", repr=False)
    watch: Callable[[Sequence[Instrument]], Sequence[str]] = lambda instruments: ()


@runtime_checkable
class Streams(Protocol):
    """A broker that says at once what happens to orders (Ability.STREAM)."""

    def stream(self) -> Stream:
        """To be asked for anew each time it is opened. Raises as a read does."""
        ...


@runtime_checkable
class PriceStreams(Protocol):
    """A broker that says prices as they change (Ability.PRICES)."""

    def price_stream(self) -> Stream:
        """As `Streams.stream`."""
        ...
