"""What is deployed: light enough, for Lambda's machine, and with all that handlers import."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import cloud
import pytest
from lambdas import RESOURCES
from scripts import script

# Only the standard library and what is linked; without settings a handler stops after it has
# imported everything.
PLACE = {"AWS_DEFAULT_REGION": cloud.REGION}
LOAD = """
import runpy, sys
sys.path += sys.argv[1:3]
try:
    runpy.run_path(sys.argv[3])
except Exception as error:
    print(type(error).__name__, error)
"""


@pytest.fixture(scope="module")
def package() -> ModuleType:
    return script("tools/package.py")


@pytest.fixture(scope="module")
def built(package: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    target = tmp_path_factory.mktemp("package") / "build"
    package.build(target)
    yield target
    shutil.rmtree(target)


def test_every_function_is_light_and_for_lambda_s_machine(package: ModuleType, built: Path) -> None:
    assert package.sizes(built).keys() == RESOURCES.keys()
    assert list(package.faults(built)) == []
    assert len(list((built / "layers/deps").rglob("*.so*"))) > 1  # there was something to look at


def test_bytecode_is_not_doubted(built: Path) -> None:
    """Times of files do not survive a zip: bytecode that is compared with them is never used."""
    compiled = list((built / "layers").rglob("*.pyc"))
    assert len(compiled) > 500
    assert all(each.read_bytes()[4:8] == b"\x01\x00\x00\x00" for each in compiled)


def test_what_must_not_be_shipped_is_seen(package: ModuleType, built: Path) -> None:
    layer = built / "layers/deps/python"
    elf = b"\x7fELF" + bytes(14) + (62).to_bytes(2, "little")
    (layer / "boto3").mkdir()
    (layer / "other.so").write_bytes(elf)
    (layer / "large.bin").write_bytes(bytes(package.MOST))
    try:
        found = list(package.faults(built))
    finally:
        (layer / "boto3").rmdir()
        (layer / "other.so").unlink()
        (layer / "large.bin").unlink()

    assert "deps brings boto3" in found
    assert "other.so is for another machine" in found
    assert "MB; more than 150 is too much" in found[0]


@pytest.fixture(scope="module")
def layer(package: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("layer") / "python"
    package.link_here(target)
    return target


@pytest.mark.parametrize("name", RESOURCES)
def test_a_handler_needs_nothing_but_its_layers_and_the_runtime(layer: Path, name: str) -> None:
    ours, app = cloud.ROOT / "layers/core/python", cloud.ROOT / "functions" / name / "app.py"

    said = loaded(ours, layer, app)

    assert said.startswith("SettingError TRADEGRAM_TABLE is missing.")


def test_a_package_that_no_layer_brings_is_missed(layer: Path, tmp_path: Path) -> None:
    app = tmp_path / "app.py"
    app.write_text("import aws_lambda_powertools, boto3, pydantic\nimport hypothesis\n")

    said = loaded(tmp_path, layer, app)

    assert said.startswith("ModuleNotFoundError No module named 'hypothesis'")


def loaded(ours: Path, layer: Path, app: Path) -> str:
    """What became of loading a handler with these two folders and nothing else."""
    command = [sys.executable, "-I", "-S", "-c", LOAD, str(ours), str(layer), str(app)]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=PLACE).stdout
