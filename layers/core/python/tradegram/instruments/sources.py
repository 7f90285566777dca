"""
The master's own file: read in under a second, replaced in one step, never half written.

Whatever a broker publishes daily is turned into this form. The file is a gzip stream of text:

    tradegram instruments 1
    {"dated": "2026-11-21", "lines": 3, "longest_name": 2, "sha256": "...", "terms": 5}
    one line per instrument, ascending (see `rows`)
    the numbers of the lines of derivatives, in chain order, divided by spaces
    one line per term, ascending (see `table.Table`)

sha256 is over everything below the second line.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import zlib
from array import array
from datetime import date
from gzip import GzipFile
from pathlib import Path

from tradegram.errors import SettingError
from tradegram.instruments.master import Master
from tradegram.instruments.table import Table

FIRST_LINE = "tradegram instruments 1"

# A file that unpacks to more than 400 MB, ten times what 250,000 instruments take, is not ours.
PIECE = 1_000_000
MOST_PIECES = 400
MOST_HEADER = 10_000

# Packing harder takes seconds more and saves little.
PACKED = 5


class DamagedMaster(SettingError):
    """The master's file cannot be used; the sentence says why and what to do."""


def save(table: Table, path: Path) -> None:
    """
    Write the file beside the old one, read it back, then put it in its place.

    Raises DamagedMaster when what was written cannot be read back; the old file stays.
    Raises OSError when the disk does not take it; the old file stays too.
    """
    beside = path.with_name(f"{path.name}.new")
    try:
        with beside.open("wb") as file:
            file.write(gzip.compress(_write(table), compresslevel=PACKED, mtime=0))
            file.flush()
            os.fsync(file.fileno())
        read(beside)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    _keep_name(path.parent)


def read(path: Path) -> Table:
    """Raises DamagedMaster; also when there is no file."""
    try:
        with gzip.open(path) as file:
            return _read(file)
    except FileNotFoundError:
        raise DamagedMaster(f"There is no instrument file {path.name}. Download it.") from None
    except (OSError, EOFError, zlib.error) as error:
        raise _damaged(path, "it is cut short or not a gzip file") from error
    except (KeyError, TypeError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise _damaged(path, "its header or text cannot be read") from error
    except ValueError as error:
        raise _damaged(path, str(error)) from error


def load(path: Path, today: date) -> Master:
    """The master in a file. Raises DamagedMaster."""
    return Master.from_table(read(path), today)


def _write(table: Table) -> bytes:
    numbers = " ".join(map(str, table.chain))
    body = "\n".join([*table.lines, numbers, *table.terms]).encode()
    header = {
        "dated": table.dated.isoformat(),
        "lines": len(table.lines),
        "terms": len(table.terms),
        "longest_name": table.longest_name,
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    head = f"{FIRST_LINE}\n{json.dumps(header, sort_keys=True)}\n"
    return head.encode() + body


def _read(file: GzipFile) -> Table:
    """Raises ValueError, KeyError or TypeError for content that is not ours."""
    if file.readline(MOST_HEADER).decode("utf-8", "replace") != f"{FIRST_LINE}\n":
        raise ValueError(f"it does not begin with {FIRST_LINE!r}")
    header = json.loads(file.readline(MOST_HEADER))
    lines, checksum = _lines(file)
    if checksum != header["sha256"]:
        raise ValueError("its checksum is wrong")
    count = int(header["lines"])
    if len(lines) != count + 1 + int(header["terms"]):
        raise ValueError("lines are missing")
    return Table(
        dated=date.fromisoformat(header["dated"]),
        lines=lines[:count],
        chain=array("I", map(int, lines[count].split())),
        terms=lines[count + 1 :],
        longest_name=int(header["longest_name"]),
    )


def _lines(file: GzipFile) -> tuple[list[str], str]:
    """All lines and their checksum. In pieces: the whole text at once would double the memory."""
    checksum, lines, rest = hashlib.sha256(), list[str](), b""
    for _ in range(MOST_PIECES):
        piece = file.read(PIECE)
        if not piece:
            return [*lines, *rest.decode().split("\n")], checksum.hexdigest()
        checksum.update(piece)
        whole, newline, rest = (rest + piece).rpartition(b"\n")
        if newline:
            lines.extend(whole.decode().split("\n"))
    raise ValueError("it is far larger than any instrument file")


def _damaged(path: Path, why: str) -> DamagedMaster:
    return DamagedMaster(
        f"The instrument file {path.name} is damaged: {why}. Delete it and download it again."
    )


def _keep_name(folder: Path) -> None:
    """Have the new name survive a loss of power; Windows has no such call."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
