"""
What is deployed, built beside this project and weighed: `make package`.

    .aws-sam/build/template.yaml    `sam deploy` takes it from here
    .aws-sam/build/layers/...       with wheels for Lambda's machine, compiled
    .aws-sam/build/functions/...

It needs neither SAM nor Docker, and no network once the wheels were fetched.
"""

from __future__ import annotations

import os
import re
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / ".aws-sam" / "build"
LAYERS = {"core": "CoreLayer", "deps": "DepsLayer", "ibkr": "IbkrLayer"}

MOST = 150 * 1024**2  # bytes of a function with its layers, unzipped; AWS takes 250
ARM64 = 183  # e_machine of an ELF file
# The runtime brings its own boto3; asyncio of the registry comes before the standard library's.
RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "six", "urllib3")
NEVER = ("boto3", "botocore", "asyncio", "tests", "pip")


def build(target: Path = TARGET) -> None:
    """Everything anew. Raises CalledProcessError."""
    shutil.rmtree(target, ignore_errors=True)
    for folder, name in LAYERS.items():
        made = target / "layers" / folder
        make = ["make", "-s", "-C", str(ROOT / "layers" / folder), f"build-{name}"]
        subprocess.run(
            make,
            env={**os.environ, "ARTIFACTS_DIR": str(made), "PYTHON": sys.executable},
            check=True,
        )
    for app in sorted((ROOT / "functions").glob("*/app.py")):
        (target / "functions" / app.parent.name).mkdir(parents=True)
        shutil.copy(app, target / "functions" / app.parent.name)
    shutil.copy(ROOT / "template.yaml", target)


def sizes(target: Path = TARGET) -> dict[str, int]:
    """Bytes of each function with its layers, unzipped."""
    layers = _weight(target / "layers")
    folders = sorted((target / "functions").iterdir())
    return {folder.name: layers + _weight(folder) for folder in folders}


def faults(target: Path = TARGET) -> Iterator[str]:
    """What keeps it from running on Lambda, in words."""
    for name, size in sizes(target).items():
        if size > MOST:
            yield f"{name} takes {size / 1024**2:.0f} MB; more than {MOST // 1024**2} is too much"
    for layer in sorted((target / "layers").iterdir()):
        yield from (f"{layer.name} brings {name}" for name in NEVER if _has(layer, name))
        for library in layer.rglob("*.so*"):
            if _machine(library) != ARM64:
                yield f"{library.name} is for another machine"
        if not any(layer.rglob("*.cpython-313.pyc")):
            yield f"{layer.name} has no bytecode: it loads half as fast"


def link_here(target: Path, also: Sequence[str] = ()) -> None:
    """
    What the functions would find on Lambda, from this machine's own environment: the packages of
    the layers and of the runtime, at exactly the locked versions or not at all, and no others.

    also: more distributions.
    """
    text = (ROOT / "layers/deps/requirements.txt").read_text()
    locked = dict(re.findall(r"^([a-z0-9-]+)==([^\s;]+)", text, re.MULTILINE))
    target.mkdir(parents=True)
    for name in {*locked, *RUNTIME, *also}:
        found = distribution(name)
        if found.version != locked.get(name, found.version):
            raise SystemExit(f"{name} is {found.version} here and {locked[name]} in the layer")
        for top in {file.parts[0] for file in found.files or () if ".." not in file.parts}:
            link = target / top
            if not link.exists() and not top.endswith("pycache__"):
                link.symlink_to(Path(str(found.locate_file(top))).resolve())


def _has(layer: Path, name: str) -> bool:
    return any((layer / "python" / each).exists() for each in (name, f"{name}.py"))


def _machine(library: Path) -> int:
    """0 for what is no library at all."""
    with library.open("rb") as file:
        head = file.read(20)
    if head[:4] != b"\x7fELF":
        return 0
    (machine,) = struct.unpack("<H", head[18:20])
    return int(machine)


def _weight(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main() -> int:
    build()
    for name, size in sizes().items():
        print(f"{name:<22} {size / 1024**2:6.1f} MB")
    found = list(faults())
    print("\n".join(found) or f"Built in {TARGET.relative_to(ROOT)}.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
