"""The runbook has a section for every alarm, and names nothing that is not there."""

from __future__ import annotations

import re
from functools import cache

import cloud

TEXT = (cloud.ROOT / "docs/operations.md").read_text()


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


def test_every_name_of_the_template_in_the_runbook_is_there() -> None:
    template = cloud.template()
    known = {
        *template["Resources"], *template["Parameters"], *template["Outputs"], "SubmitOrderBROKER"
    }  # fmt: skip
    named = set(re.findall(r"`([A-Z][a-z]+(?:[A-Z][A-Za-z]+)+)`", TEXT))
    errors = {"AccessDenied", "ImportError", "SettingError"}

    assert named - errors - alarms() <= known
