"""The runbook has a section for every alarm, and names nothing that is not there."""

from __future__ import annotations

import re
from functools import cache

import cloud
import pytest

from tradegram.cli.main import parser

TEXT = (cloud.ROOT / "docs/operations.md").read_text()
SAID = re.compile(r"(?:`|^ {4})tradegram ([a-z]+)((?: (?:--)?[\w./]+)*)", re.MULTILINE)


@cache
def alarms() -> frozenset[str]:
    """By their names in the template, whatever the broker."""
    return frozenset(
        re.sub(r"^paper", "BROKER", name)
        for name, each in cloud.template()["Resources"].items()
        if each["Type"] == "AWS::CloudWatch::Alarm"
    )


def test_every_alarm_has_its_section_and_every_section_its_alarm() -> None:
    chapter = TEXT.partition("## Alarms on AWS")[2].partition("\n## ")[0]
    sections = re.findall(r"^### (\w+)$", chapter, re.MULTILINE)

    assert len(sections) == len(set(sections))
    assert set(sections) == alarms()


def test_every_section_says_something() -> None:
    for section in re.split(r"^### ", TEXT, flags=re.MULTILINE)[1:]:
        assert len(section.split()) > 15, section.splitlines()[0]


def test_every_command_of_the_runbook_can_be_said(capsys: pytest.CaptureFixture[str]) -> None:
    said = SAID.findall(TEXT)

    assert said
    for command, more in said:
        with pytest.raises(SystemExit) as end:
            parser().parse_args([command, "--help"])
        shown = capsys.readouterr().out
        assert end.value.code == 0, command
        assert all(word in shown for word in more.split() if word.startswith("--")), (command, more)


def test_every_name_of_the_template_in_the_runbook_is_there() -> None:
    template = cloud.template()
    known = {
        *template["Resources"], *template["Parameters"], *template["Outputs"], "SubmitOrderBROKER"
    }  # fmt: skip
    named = set(re.findall(r"`([A-Z][a-z]+(?:[A-Z][A-Za-z]+)+)`", TEXT))
    errors = {"AccessDenied", "ImportError", "SettingError"}

    assert named - errors - alarms() <= known


def test_every_target_of_make_is_there() -> None:
    makefile = (cloud.ROOT / "Makefile").read_text()

    for target in set(re.findall(r"(?:`|&& |^ {4})make ([a-z][a-z0-9-]*)", TEXT, re.MULTILINE)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
