"""Where the day's instrument files lie, for every process of a desk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

MASTER = "instruments.gz"  # the desk's own, see `sources`


def listings_name(broker: str) -> str:
    return f"{broker}.listings"


class Shelf(Protocol):
    """
    Files by name. Each is replaced whole, by whoever refreshes; others take it from here.

    Raises StoreUnavailable where it lies elsewhere and does not answer.
    """

    @property
    def folder(self) -> Path:
        """This process's own copies; what is written here is nobody else's before `give`."""
        ...

    def give(self, name: str) -> None:
        """Let the others have the file that stands in the folder."""
        ...

    def mark(self, name: str) -> str:
        """Another one for every version; "" when there is none. Cheap."""
        ...

    def take(self, name: str) -> Path:
        """The newest, in the folder. Raises FileNotFoundError."""
        ...


@dataclass(frozen=True, slots=True)
class FolderShelf:
    """Implements Shelf by a folder that all processes of one machine share."""

    folder: Path

    def give(self, name: str) -> None:
        """It lies there already."""

    def mark(self, name: str) -> str:
        try:
            seen = (self.folder / name).stat()
        except FileNotFoundError:
            return ""
        return f"{seen.st_mtime_ns}-{seen.st_ino}-{seen.st_size}"

    def take(self, name: str) -> Path:
        path = self.folder / name
        if not path.exists():
            raise FileNotFoundError(name)
        return path
