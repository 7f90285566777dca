"""
What every broker promises the desk, each a function over a fresh `Case`.

A promise fails by an exception, AssertionError or any other. Its name is the row of the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from conformance import lost, orders, reads, sessions
from conformance.case import Case

Promise = Callable[[Case], None]


def _named(*modules: object) -> Mapping[str, Promise]:
    """Every public function of these modules that was written there, in their order."""
    return {
        name: made
        for module in modules
        for name, made in vars(module).items()
        if callable(made)
        and not name.startswith("_")
        and getattr(made, "__module__", "") == module.__name__  # type: ignore[attr-defined]
        and not isinstance(made, type)
    }


PROMISES: Mapping[str, Promise] = _named(orders, lost, sessions, reads)
