"""Programs beside the package, as modules."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType

from cloud import ROOT


def script(path: str) -> ModuleType:
    """path: from the project's root, e.g. `bench/cost.py`."""
    name = path.removesuffix(".py").replace("/", "_")
    spec = importlib.util.spec_from_file_location(name, ROOT / path)
    assert spec
    assert spec.loader
    module = sys.modules[name] = importlib.util.module_from_spec(spec)  # dataclasses look here
    spec.loader.exec_module(module)
    return module
