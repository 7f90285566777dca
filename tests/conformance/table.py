"""
The table of promises: brokers across, promises down. Exits 1 on a failure or a blank.

python tests/conformance/table.py [BROKER ...]
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from conformance.case import Case  # noqa: E402 - after the path is known
from conformance.promises import PROMISES  # noqa: E402

import tradegram  # noqa: E402 - after the path is known
from tradegram.brokers.catalog import ADAPTERS, GATEWAYS, profile_of  # noqa: E402
from tradegram.brokers.contract import Ability  # noqa: E402

PACKAGE = Path(tradegram.__file__).parent
KEPT, BROKEN, EXEMPT, BLANK = "kept", "BROKEN", "-", ""


def brokers() -> Sequence[str]:
    """All that the desk can trade with for real."""
    return sorted({*ADAPTERS, *GATEWAYS})


def cases() -> Mapping[str, type[Case]]:
    """By broker; of those that have a module here."""
    found: dict[str, type[Case]] = {}
    for path in sorted((HERE / "cases").glob("*.py")):
        module = import_module(f"conformance.cases.{path.stem}")
        [made] = [
            one
            for one in vars(module).values()
            if isinstance(one, type) and issubclass(one, Case) and one.__module__ == module.__name__
        ]
        found[path.stem] = made
    return found


def kept(make: type[Case], promise: str) -> str:
    """Raises whatever breaks the promise."""
    if promise in make.exempt:
        return EXEMPT
    case = make()
    try:
        PROMISES[promise](case)
    finally:
        case.close()
    return KEPT


def main(names: Sequence[str]) -> int:
    made, wanted = cases(), names or brokers()
    cells = {(name, promise): BLANK for name in wanted for promise in PROMISES}
    for name, promise in cells:
        if name not in made:
            continue
        try:
            cells[name, promise] = kept(made[name], promise)
        except Exception:  # whatever it is, the promise is broken
            cells[name, promise] = BROKEN
            traceback.print_exc(limit=-4)
    _print(wanted, cells)
    _print_lines([name for name in wanted if name in made])
    for name in wanted:
        for promise, why in made[name].exempt.items() if name in made else ():
            print(f"{name} - {promise.replace('_', ' ')}: {why}")
    blanks = sum(one in (BLANK, BROKEN) for one in cells.values())
    print(f"{len(cells)} cells, {len(cells) - blanks} in order, {blanks} blank or broken")
    return 1 if blanks else 0


def _print(names: Sequence[str], cells: Mapping[tuple[str, str], str]) -> None:
    wide = max(map(len, PROMISES))
    columns = [max(len(name), len(BROKEN)) for name in names]
    print(" " * wide, *(name.ljust(width) for name, width in zip(names, columns, strict=True)))
    for promise in PROMISES:
        row = (
            cells[name, promise].ljust(width) for name, width in zip(names, columns, strict=True)
        )
        print(promise.replace("_", " ").ljust(wide), *row)


def _print_lines(names: Sequence[str]) -> None:
    """How much of each broker there is to read."""
    for name in names:
        module = (ADAPTERS.get(name) or GATEWAYS[name]).partition(":")[0].rpartition(".")[2]
        parts = {
            "adapter": PACKAGE / "brokers" / module,
            "simulator": PACKAGE / "sims" / module,
            "case": HERE / "cases" / f"{name}.py",
        }
        said = (f"{lines(place)} of {part}" for part, place in parts.items())
        print(f"{name}: lines {', '.join(said)}; {heard(name)}")


def heard(name: str) -> str:
    """What its stream says; the rest is asked for."""
    words = {Ability.STREAM: "orders", Ability.PRICES: "prices"}
    told = [word for ability, word in words.items() if ability in profile_of(name).can]
    return f"streamed: {', '.join(told) or 'nothing'}"


def lines(place: Path) -> int:
    """Of a module, or of all in a folder."""
    files = [place] if place.is_file() else sorted(place.rglob("*.py"))
    return sum(len(file.read_text().splitlines()) for file in files)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
