"""The directions of import, and what the project's files say of each other."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import tradegram

ROOT = Path(__file__).parents[1]
PACKAGE = Path(tradegram.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))

# Pure values: they import nothing of ours but each other, so that ports may speak of them.
VALUES = {
    "tradegram.model",
    "tradegram.errors",
    "tradegram.codes",
    "tradegram.copies",
    "tradegram.limits",
    "tradegram.sessions.standing",
    "tradegram.audit",
    "tradegram.orders.state",
    "tradegram.tickets.ticket",
    "tradegram.brokers.calls",
    "tradegram.brokers.contract",
    "tradegram.chat.reply",
    "tradegram.chat.asked",
}
USE_CASES = ("orders", "tickets", "risk", "history", "brackets", "triggers")
# What implements a port, or wires those who do. Use cases must not know them.
OUTSIDE = (
    "tradegram.api",
    "tradegram.store",
    "tradegram.local",
    "tradegram.chat.telegram",
    "tradegram.bootstrap",
    "tradegram.aws",
    "tradegram.cli",
    "tradegram.settings",
    "tradegram.clock",
    "tradegram.brokers.client",
    "tradegram.connection",
    "tradegram.brokers.paper",
    "tradegram.brokers.registry",
    "tradegram.vault",
)
WIRING = (
    "tradegram.bootstrap",
    "tradegram.aws",
    "tradegram.cli",
    "tradegram.library",
    "tradegram.__main__",
)


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def is_in(name: str, door: str) -> bool:
    return name == door or name.startswith(f"{door}.")


def strays(importer: Callable[[str], bool], imported: Callable[[str], bool]) -> dict[str, set[str]]:
    """For each module that `importer` picks: what it imports and `imported` finds wrong."""
    found = {
        name_of(path): {one for one in imports(path) if imported(one)}
        for path in MODULES
        if importer(name_of(path))
    }
    return {name: wrong for name, wrong in found.items() if wrong}


def test_values_import_only_values() -> None:
    known = {name_of(path) for path in MODULES}
    allowed = VALUES | {"tradegram.orders", "tradegram.tickets", "tradegram.brokers"}

    assert strays(lambda name: name in VALUES, lambda one: one in known - allowed) == {}


def test_use_cases_know_ports_and_not_who_implements_them() -> None:
    def is_use_case(name: str) -> bool:
        inside = any(is_in(name, f"tradegram.{folder}") for folder in USE_CASES)
        return inside or name == "tradegram.ports" or is_in(name, "tradegram.chat.grammar")

    assert strays(is_use_case, lambda one: any(is_in(one, door) for door in OUTSIDE)) == {}


def test_only_polling_knows_python_telegram_bot() -> None:
    polling = {"tradegram.chat.telegram.polling", "tradegram.chat.telegram.long_poll"}

    assert strays(lambda name: name not in polling, lambda one: is_in(one, "telegram")) == {}
    assert strays(lambda name: True, lambda one: is_in(one, "telegram.ext")) == {}


def test_only_entry_points_import_the_wiring() -> None:
    def is_wiring(name: str) -> bool:
        return any(is_in(name, door) for door in WIRING)

    # The last is `brokers.open`, for programs, which imports when it is called.
    entries = {"tradegram.local.run", "tradegram.local.doctor", "tradegram.brokers"}

    def is_no_entry(name: str) -> bool:
        return not is_wiring(name) and name not in entries

    assert strays(is_no_entry, is_wiring) == {}


def test_every_module_is_small_enough_to_be_one_thing() -> None:
    lines = {name_of(path): len(path.read_text().splitlines()) for path in MODULES}

    assert {name: count for name, count in lines.items() if count > 400} == {}


def test_the_changelog_begins_with_the_version_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    versions = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)

    assert versions[0] == project["version"] == tradegram.__version__


def test_every_package_of_the_mission_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"]]
    for extra in project["optional-dependencies"].values():
        asked += extra
    names = {re.split(r"[\[<>=]", one)[0] for one in asked}

    assert names >= {
        "python-telegram-bot",
        "aws-lambda-powertools",
        "boto3",
        "pydantic",
        "kiteconnect",
        "smartapi-python",
        "python-binance",
        "pyotp",
        "cryptography",
        "moto",
        "pytest",
    }


LAYERS = ["../layers/deps/requirements.txt", "../layers/ibkr/requirements.txt"]


@pytest.mark.parametrize("lock", ["run.txt", "dev.txt", "witness.txt", *LAYERS])
def test_every_locked_package_is_pinned_with_a_hash_and_names_no_registry(lock: str) -> None:
    text = (ROOT / "requirements" / lock).read_text()
    pinned = [line for line in text.splitlines() if re.match(r"[a-z]", line)]

    assert pinned
    assert all("==" in line for line in pinned)
    assert text.count("--hash=sha256:") >= len(pinned)
    assert "://" not in text


@pytest.mark.parametrize("layer", LAYERS)
def test_the_functions_run_the_versions_that_are_tested(layer: str) -> None:
    def pins(lock: str) -> set[str]:
        text = (ROOT / "requirements" / lock).read_text()
        return set(re.findall(r"^[a-z0-9-]+==[^\s;]+", text, re.MULTILINE))

    assert pins(layer)
    assert pins(layer) <= pins("dev.txt")
