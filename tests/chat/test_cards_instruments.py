from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from chat.trading_floor import floor

from tradegram.brokers.registry import add_account
from tradegram.instruments.refresh import KIND
from tradegram.local.doctor import examine
from tradegram.model import Account, Mode
from tradegram.ports import Change, Document
from tradegram.settings import read
from tradegram.store.sqlite import SqliteStore

TODAY: dict[str, Any] = {"dated": "2026-11-20", "rows": 182_345, "problem": ""}
OLDER = {"dated": "2026-11-18", "rows": 98_000, "problem": "its file <is> not whole"}
NONE = {"problem": "does not answer"}


def kept(store: SqliteStore) -> None:
    rows = {"zerodha": TODAY, "angelone": OLDER, "icicidirect": NONE}
    for broker in rows:
        add_account(store, Account(f"{broker}:A", broker, broker, Mode.LIVE))
    rows["alpaca"] = TODAY  # was linked once
    store.commit(Change([Document(KIND, broker, body) for broker, body in rows.items()]))


def test_status_shows_the_age_of_every_brokers_list(tmp_path: Path) -> None:
    with floor(tmp_path) as made:
        assert "Instruments: the sample, until a broker is logged in" in made.one("/status").text

        kept(made.store)

        assert (
            "Instruments: ⚠ Angel One 98,000 of 18 Nov (its file &lt;is&gt; not whole) · "
            "⚠ ICICI Direct none yet (does not answer) · Zerodha 182,345 of today"
        ) in made.one("/status").text


def test_the_doctor_shows_it_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tmp_path.chmod(0o700)
    with floor(tmp_path) as made:
        kept(made.store)

    examine(read({"TRADEGRAM_DATA_DIR": str(tmp_path)}))

    told = capsys.readouterr().out
    assert "ok   instruments: Zerodha 182,345 of 20 Nov" in told
    assert "SOON instruments: Angel One 98,000 of 18 Nov" in told
    assert "Alpaca" not in told
