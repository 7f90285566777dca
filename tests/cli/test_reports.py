"""The command line's reports, as a person calls them."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from pathlib import Path

import pytest

from tradegram.cli.main import main

HEADER = "instrument,side,quantity,price,trade_id,time"
RECIPE = Path(__file__).parents[2] / "docs" / "audit.md"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRADEGRAM_DATA_DIR", str(tmp_path / "desk"))
    return tmp_path


def imported(folder: Path, *rows: str) -> int:
    book = folder / "book.csv"
    book.write_text("\n".join([HEADER, *rows]))
    return main(["import", str(book), "--account", "main"])


BOUGHT = "NSE:INFY,BUY,10,1500,1,2025-05-04T09:20:01"
SOLD = "NSE:INFY,SELL,4,1600,2,2026-05-14T09:20:01"


def test_a_file_is_imported_once_and_its_bad_rows_are_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert imported(folder, BOUGHT, SOLD) == 0
    assert imported(folder, BOUGHT, "NSE:INFY,BUY,x,1,9,2026-05-04T09:20:01") == 1

    said = capsys.readouterr()
    assert said.out.splitlines() == [
        "2 new trades, 0 known before, 0 repeated in the file, 0 rows set aside",
        "0 new trades, 1 known before, 0 repeated in the file, 1 rows set aside",
    ]
    assert said.err.startswith("line 3: quantity is 'x'")


def test_a_trade_on_record_with_other_terms_is_named_and_stays(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    imported(folder, BOUGHT)

    assert imported(folder, BOUGHT.replace(",10,", ",11,")) == 1
    assert "on record with other terms" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", str(folder / "none.csv")]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_tax_year_is_written_and_never_over_another_file(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    imported(folder, BOUGHT, SOLD)
    report = folder / "tax.csv"

    assert main(["tax", "2026-27", "--account", "main", "--output", str(report)]) == 0
    assert "long term,NSE:INFY,4,2025-05-04,1500," in report.read_text("utf-8-sig")
    assert "long term: realised 400.00 INR" in capsys.readouterr().err
    assert main(["tax", "2026-27", "--output", str(report)]) == 1
    assert main(["tax", "2026"]) == 1


def test_an_export_is_checked_by_the_recipe_in_the_documentation(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    imported(folder, BOUGHT, SOLD)
    main(["audit", "export", "--account", "main", "--output", str(folder / "chain.jsonl")])
    [recipe] = re.findall(r"```python\n(.+?)```", RECIPE.read_text(), re.DOTALL)
    monkeypatch.chdir(folder)

    exec(recipe, {})  # noqa: S102 - this is what a stranger would do
    assert re.search(r"whole, head [0-9a-f]{8}", capsys.readouterr().out)

    lines = (folder / "chain.jsonl").read_text().splitlines()
    row = json.loads(lines[1])
    row["body"] = row["body"].replace("1600", "1601")
    row["digest"] = hashlib.sha256(b"guess").hexdigest()
    (folder / "chain.jsonl").write_text("\n".join([lines[0], json.dumps(row)]))
    with pytest.raises(SystemExit, match="broken at line 2"):
        exec(recipe, {})  # noqa: S102


def damage(folder: Path, statement: str, *values: object) -> None:
    db = sqlite3.connect(folder / "desk" / "desk.sqlite")
    with db:
        db.execute(statement, values)
    db.close()


def test_damage_is_named_by_account_link_and_kind(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    imported(folder, BOUGHT)
    imported(folder, SOLD)
    assert main(["audit", "verify"]) == 0
    assert "paper:main: 3 links, unbroken, head" in capsys.readouterr().out

    damage(folder, "UPDATE audit SET body = replace(body, '1500', '1501') WHERE sequence = 1")
    assert main(["audit", "verify"]) == 1
    assert capsys.readouterr().out == (
        "paper:main: audit chain broken at 1: its digest is not that of its contents\n"
    )

    damage(folder, "DELETE FROM audit WHERE sequence = 1")
    assert main(["audit", "verify"]) == 1
    assert "broken at 2: link 1 is missing before it" in capsys.readouterr().out

    damage(folder, "UPDATE audit SET body = CAST(x'ff00fe' AS TEXT) WHERE sequence = 2")
    assert main(["audit", "verify"]) == 1
    damage(folder, "DELETE FROM audit")
    assert main(["audit", "verify"]) == 1
    assert "the whole chain is missing" in capsys.readouterr().out


def test_the_last_events_are_shown_with_time_who_and_what(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    imported(folder, BOUGHT)
    capsys.readouterr()

    assert main(["audit", "show", "--account", "main", "--last", "1"]) == 0
    [_, line] = capsys.readouterr().out.splitlines()
    assert re.search(r"1  \d{4}-\d\d-\d\dT\S+Z  file book.csv  trades kept  \{", line)


def test_a_head_that_was_noted_must_be_in_the_chain(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    imported(folder, BOUGHT)

    assert main(["audit", "verify", "--account", "main", "--head", "ffffffff"]) == 1
    assert "no link has the head ffffffff" in capsys.readouterr().out
    assert main(["audit", "verify", "--head", "ff"]) == 1
