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
from importlib.metadata import distribution
from pathlib import Path
from py_compile import PycInvalidationMode

import cloud

KEPT = cloud.ROOT / ".aws-sam" / "host"  # built layers, by what they were built from


def zipped(folder: Path) -> bytes:
    """A folder as it lies, without what Python left in it."""
    with tempfile.TemporaryDirectory() as made:
        copy = Path(made) / "copy"
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("__pycache__", "Makefile"))
        return _compiled_and_zipped(copy)


def wheels(requirements: Path) -> bytes:
    """
    A layer of exactly the packages that are named, taken from the environment the tests run in.

    What a function imports and the layer does not name is missing on the emulator too, unless the
    emulator's own environment happens to have it.
    """
    text = requirements.read_text()
    mark = hashlib.sha256(f"{sys.version} {text}".encode()).hexdigest()[:16]
    kept = KEPT / f"{mark}.zip"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as made:
            for name in re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE):
                _copy(name, Path(made) / "layer" / "python")
            beside = Path(made) / "layer.zip"
            beside.write_bytes(_compiled_and_zipped(Path(made) / "layer"))
            beside.replace(kept)  # whole or not at all: two test processes may build it at once
    return kept.read_bytes()


def _copy(name: str, target: Path) -> None:
    for file in distribution(name).files or ():
        if ".." in file.parts or "__pycache__" in file.parts:
            continue  # a command for the shell, or bytecode of this place
        to = target / file
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(str(file.locate()), to)


def _compiled_and_zipped(folder: Path) -> bytes:
    # Unchecked: times of files do not survive a zip, and bytecode that is doubted is no use.
    compileall.compile_dir(folder, quiet=2, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder))
    return made.getvalue()
