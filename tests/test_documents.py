"""What the documents name is there: links, files, commands, targets of make, settings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tradegram.cli.main import parser
from tradegram.settings import VARIABLES, Settings, read

ROOT = Path(__file__).parents[1]
FOLDERS = ("docs", "tests", "layers/core", "functions", "tools", "bench", "requirements")
TEXTS = {
    path: path.read_text() for path in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
}
README = TEXTS[ROOT / "README.md"]
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)")
SPAN = re.compile(r"`([^`\n]+)`")
# What can be typed: in a span, a fenced block, or a block that is indented.
TYPED = re.compile(r"^```sh\n(.+?)^```|^ {4}(.+?)$|`([^`]+)`", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"(?:[\w.-]+/)*[\w-]+\.(?:py|md|toml|txt|yaml|svg|png)")
SETTING = re.compile(r"^\| `([A-Z_]+)` \| (.+?) \|", re.MULTILINE)
OF_AWS = re.compile(r"^\| (`TRADEGRAM_TABLE`, .+?) \| none \|", re.MULTILINE)


def typed(text: str, program: str) -> list[list[str]]:
    """The words after a program's name, each time that somebody is told to type it."""
    lines = (line for found in TYPED.findall(text) for line in re.split("&&|\n", "".join(found)))
    return [line.split()[1:] for line in lines if line.split()[:1] == [program]]


def test_every_link_leads_somewhere() -> None:
    dead = {path.name: one for path, text in TEXTS.items() for one in LINK.findall(text)
            if not (path.parent / one).exists()}  # fmt: skip

    assert dead == {}


def test_every_file_that_is_named_is_there() -> None:
    there = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.*")]
    ends = "\n".join(f"{path}\n" for path in [*there, *ROOT.glob("*.*")])
    named = {(path.name, one) for path, text in TEXTS.items() for one in SPAN.findall(text)
             if FILE.fullmatch(one)}  # fmt: skip

    assert {(where, one) for where, one in named if f"/{one}\n" not in ends} == set()


def test_every_target_of_make_is_there() -> None:
    targets = re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    said = {words[0] for text in TEXTS.values() for words in typed(text, "make") if words}

    assert said - {*targets} == set()
    assert "test" in said


def test_every_command_can_be_said(capsys: pytest.CaptureFixture[str]) -> None:
    said = [words for text in TEXTS.values() for words in typed(text, "tradegram") if words]

    assert len(said) > 40
    for words in said:
        end = next((at for at, one in enumerate(words) if not re.fullmatch(r"[a-z.]+", one)), 9)
        with pytest.raises(SystemExit) as left:
            parser().parse_args([*words[:end], "--help"])
        shown = capsys.readouterr().out
        assert left.value.code == 0, words
        missing = [one for one in words if one.startswith("--") and one not in shown]
        assert "|" in words or missing == [], words


def test_the_readme_lists_every_command() -> None:
    [listed] = re.findall(r"`tradegram (run \| [^`]+)`", README)
    commands = re.findall(r"^    ([a-z]+)\s", parser().format_help(), re.MULTILINE)

    assert {part.split()[0] for part in listed.replace("\n", " ").split(" | ")} == {*commands}


def test_the_readme_names_every_setting() -> None:
    [aws] = OF_AWS.findall(README)
    named = {name for name, _ in SETTING.findall(README)} | {*SPAN.findall(aws)}

    # The functions read this one before there are settings: it says where the secret ones lie.
    assert named == VARIABLES.keys() | {"TRADEGRAM_SECRETS_PATH"}


@pytest.mark.parametrize(("name", "said"), SETTING.findall(README))
def test_the_readme_says_the_default_of_a_setting(name: str, said: str) -> None:
    written = SPAN.fullmatch(said)
    unset = getattr(Settings(), VARIABLES[name].field)

    assert read({name: written[1]}) == Settings() if written else not unset
