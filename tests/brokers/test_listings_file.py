"""A broker's list in a file: the same answers as in memory, and whole or not at all."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import INFY

from tradegram.brokers.listings import KnownListings, Listing
from tradegram.brokers.listings_file import DamagedListings, ListingsFile, save
from tradegram.codes import Code
from tradegram.errors import Refused
from tradegram.instruments import sample
from tradegram.instruments.rows import from_line, to_line

DATED = date(2026, 11, 21)


def rows() -> Sequence[Listing]:
    instruments = [from_line(line) for line in sample.load().lines()]
    return [
        Listing(one, f"{one.exchange.lower()}_x", f"{one.symbol}-Q", str(7 * place))
        for place, one in enumerate(instruments)
    ]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tmp_path_factory.mktemp("listings") / "some.listings"
    save("some", rows(), DATED, made)
    return made


def test_every_listing_is_found_by_each_of_its_names(path: Path) -> None:
    table = ListingsFile(path)

    assert (len(table), table.described.broker) == (len(rows()), "some")
    for row in rows():
        assert table.of(row.instrument) == row
        assert table.by_symbol(row.segment, row.symbol) == row.instrument
        assert table.by_token(row.segment, row.token) == row.instrument


def test_what_is_not_listed_is_refused_or_not_known(path: Path) -> None:
    table = ListingsFile(path)

    with pytest.raises(Refused) as caught:
        table.of(replace(INFY, symbol="INF"))
    assert caught.value.means == Code.INVALID_SYMBOL
    with pytest.raises(KeyError):
        table.by_symbol("nse_x", "INFY")
    with pytest.raises(KeyError):
        table.by_token("nse_x", "")


names = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=4)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(names, names, names, st.dictionaries(names, names, max_size=1))))
def test_it_answers_as_a_list_in_memory_does(
    tmp_path_factory: pytest.TempPathFactory, given_rows: list[tuple[str, str, str, dict[str, str]]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.listings"
    some = [
        Listing(replace(INFY, symbol=f"{symbol}{place}"), segment, f"{symbol}{place}", token, more)
        for place, (segment, symbol, token, more) in enumerate(given_rows)
    ]
    known = KnownListings("some", some)

    save("some", some, DATED, path)

    table = ListingsFile(path)
    for row in some:
        assert table.of(row.instrument) == known.of(row.instrument)
        assert table.by_symbol(row.segment, row.symbol) == row.instrument
        found = table.by_token(row.segment, row.token)
        assert row.token == next(one.token for one in some if one.instrument == found)


def test_a_file_with_one_wrong_byte_is_not_used(path: Path, tmp_path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    damaged = tmp_path / "damaged.listings"
    damaged.write_bytes(content)

    with pytest.raises(DamagedListings):
        ListingsFile(damaged)
    damaged.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(DamagedListings):
        ListingsFile(damaged)
    damaged.write_bytes(b"")
    with pytest.raises(DamagedListings):
        ListingsFile(damaged)


def test_the_old_file_stays_when_the_new_one_cannot_be_written(path: Path) -> None:
    broken = Listing(INFY, "nse", "A\tB")

    with pytest.raises(DamagedListings):
        save("some", [broken], DATED, path)

    assert len(ListingsFile(path)) == len(rows())
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_table_in_use_is_not_disturbed_by_its_successor(path: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.listings"
    mine.write_bytes(path.read_bytes())
    before = ListingsFile(mine)

    save("some", rows()[:1], DATED, mine)

    assert len(ListingsFile(mine)) == 1
    assert before.of(INFY).instrument.key == INFY.key


def test_a_hundred_thousand_rows_take_next_to_no_memory_of_a_process(tmp_path: Path) -> None:
    instrument = from_line(to_line(INFY))
    many = (
        Listing(replace(instrument, symbol=f"ABCDEFGH26NOV{n:06d}CE", lot_size=Decimal(65)),
                "nse_fo", f"ABCDEFGH24NOV26{n:06d}CE", str(n))
        for n in range(100_000)
    )  # fmt: skip
    path = tmp_path / "many.listings"
    save("some", many, DATED, path)
    look = (
        "import sys; from pathlib import Path;"
        "from tradegram.brokers.listings_file import ListingsFile;"
        "own = lambda: sum(int(line.split()[1]) for line in open('/proc/self/smaps_rollup')"
        " if line.startswith('Private_Dirty'));"
        "before = own(); table = ListingsFile(Path(sys.argv[1]));"
        "table.by_token('nse_fo', '777'); print(own() - before)"
    )

    said = subprocess.run(
        [sys.executable, "-c", look, str(path)], capture_output=True, text=True, check=True
    )

    assert int(said.stdout) < 4_000  # kB; as objects they are over 120,000
