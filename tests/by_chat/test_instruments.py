"""Orders by chat on the lists that this desk fetched itself, and on lists that are old."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from by_chat.people import Person, person
from conformance.case import HttpCase
from conformance.cases.angelone import AngelOneCase
from conformance.cases.icicidirect import IciciDirectCase

from tradegram.bootstrap import keeper_of, refresh_of
from tradegram.instruments.daily import DailyInstruments
from tradegram.instruments.live import Tables
from tradegram.instruments.shelf import FolderShelf

DAY = 86_400.0


def with_its_own_lists(anu: Person, folder: Path) -> None:
    """As `bootstrap` wires it, instead of the lists that the case reads."""
    desk = anu.desk.desk
    shelf = FolderShelf(folder / "instruments")
    tables = Tables(desk.clock, shelf)
    daily = DailyInstruments(desk.clock, tables.master, tables.is_newer)
    keeper_of(desk).listings = tables.listings
    anu.desk.desk = replace(desk, instruments=daily)
    assert refresh_of(anu.desk.desk, shelf).look() == [anu.account.broker]
    anu.case.clock.pass_(61)


@pytest.mark.parametrize("case", [AngelOneCase, IciciDirectCase])
def test_an_order_goes_out_by_the_list_that_was_fetched(
    case: type[HttpCase], tmp_path: Path
) -> None:
    with person(case(), tmp_path) as anu:
        anu.log_in()
        with_its_own_lists(anu, tmp_path)

        anu.order(f"buy {anu.terms(f'{anu.case.below:f}')}")
        anu.work()

        [entry] = anu.entries()
        assert (entry.instrument.key, entry.quantity) == ("NSE:INFY", anu.case.quantity)
        assert "of today" in anu.desk.one("/status").text


def test_on_an_old_list_no_derivative_is_opened(tmp_path: Path) -> None:
    with person(AngelOneCase(), tmp_path) as anu:
        anu.log_in()
        with_its_own_lists(anu, tmp_path)
        future = "buy NIFTY DEC FUT 1 lot @ 100 nrml #live"
        assert "Confirm" in str(anu.desk.one(future).buttons)

        anu.case.clock.pass_(5 * DAY)
        anu.log_in()

        assert "list of instruments is of 20 Nov" in anu.desk.one(future).text
