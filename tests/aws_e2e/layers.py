"""Code and layers as zip files for this machine, as `sam build` makes them for Lambda's."""

from __future__ import annotations

import compileall
import hashlib
import io
import re
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Callable
from importlib.metadata import distribution
from pathlib import Path
from py_compile import PycInvalidationMode

import cloud

KEPT = cloud.ROOT / ".aws-sam" / "host"  # what was built, by what it was built from
MOST_KEPT = 12  # files


def zipped(folder: Path) -> bytes:
    """A folder as it lies, without what Python left in it."""
    found = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    sources = [path for path in found if "__pycache__" not in path.parts]
    mark = hashlib.sha256(sys.version.encode())
    for path in sources:
        mark.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())

    def build(made: Path) -> None:
        for path in sources:
            _copy(path, made / path.relative_to(folder))

    return _kept(mark.hexdigest()[:16], build)


def wheels(requirements: Path) -> bytes:
    """
    A layer of exactly the packages that are named, taken from the environment the tests run in.

    What a function imports and the layer does not name is missing on the emulator too, unless the
    emulator's own environment happens to have it.
    """
    text = requirements.read_text()

    def build(made: Path) -> None:
        for name in re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE):
            for file in distribution(name).files or ():
                if ".." not in file.parts and "__pycache__" not in file.parts:
                    _copy(Path(str(file.locate())), made / "python" / file)

    return _kept(hashlib.sha256(f"{sys.version} {text}".encode()).hexdigest()[:16], build)


def _kept(mark: str, build: Callable[[Path], None]) -> bytes:
    """Built once, compiled and zipped; the oldest go when there are too many."""
    kept = KEPT / f"{mark}.zip"
    if not kept.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=KEPT) as folder:
            made, beside = Path(folder) / "made", Path(folder) / "made.zip"
            build(made)
            beside.write_bytes(_compiled_and_zipped(made))
            beside.replace(kept)  # whole or not at all: two test processes may build it at once
        for old in sorted(KEPT.glob("*.zip"), key=lambda each: each.stat().st_mtime)[:-MOST_KEPT]:
            old.unlink(missing_ok=True)
    return kept.read_bytes()


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _compiled_and_zipped(folder: Path) -> bytes:
    # Unchecked: times of files do not survive a zip, and bytecode that is doubted is no use.
    compileall.compile_dir(folder, quiet=2, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder))
    return made.getvalue()
