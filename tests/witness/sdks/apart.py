"""Imported before an SDK that writes files: they go into a folder that ends with the process."""

from __future__ import annotations

import atexit
import os
import tempfile

_folder = tempfile.TemporaryDirectory(prefix="witness-", ignore_cleanup_errors=True)
atexit.register(_folder.cleanup)
os.chdir(_folder.name)


def written() -> str:
    """All that was written there so far."""
    found = []
    for folder, _, names in os.walk(_folder.name):
        for name in names:
            with open(os.path.join(folder, name), errors="replace") as file:
                found.append(file.read())
    return "\n".join(found)
