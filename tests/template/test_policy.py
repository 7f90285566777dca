"""
A scan of the template as deployed, by checkov, in an environment of its own, without a network.

    python3 -m venv .venv-policy
    .venv-policy/bin/pip install --require-hashes -r requirements/policy.txt
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cloud
import pytest
from template.deployed import Forms

CHECKOV = cloud.ROOT / ".venv-policy/bin/checkov"
ASKED = "-f template.json --framework cloudformation -o json --skip-download --compact --quiet"

# What the scan asks for and the template does not do, each with its reason.
SKIPPED: Mapping[str, str] = {
    "CKV_AWS_158": "logs hold ids and states, never a secret; AWS encrypts them with its own key",
    "CKV_AWS_27": "messages hold an order's id only; SQS encrypts them with its own key, and one "
    "of ours would cost a call to KMS for each",
    "CKV_AWS_26": "alarms hold names of alarms; CloudWatch cannot write to a topic under AWS's key",
    "CKV_AWS_116": "whoever is started by a queue, a stream or the API has no use for one, and a "
    "missed minute is made up for by the next",
    "CKV_AWS_117": "only what sends orders and logs in needs the registered address; a network "
    "keeps nobody else from anything, and costs an address for each",
    "CKV_AWS_115": "a limit below what the queue starts turns good orders into dead letters",
    "CKV_AWS_173": "no setting of a function is a secret: they are read from Parameter Store",
    "CKV_AWS_18": "who read lists of what brokers trade, which are public, is of no interest",
    "CKV_AWS_21": "each morning's list takes the place of the last; the last is wrong by then",
    "CKV_AWS_111": "Lambda makes network interfaces, and they have no name before they are made",
}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Any:
    if not CHECKOV.exists():
        why = "checkov is not set up in .venv-policy; the template's policies are not scanned"
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)
    folder = tmp_path_factory.mktemp("policy")
    return scanned(folder, Forms(cloud.written(), "paper,zerodha").deployed)


def scanned(folder: Path, template: Mapping[str, Any]) -> Any:
    (folder / "template.json").write_text(json.dumps(template))
    nowhere = cloud.NOWHERE["https"]
    done = subprocess.run(
        [CHECKOV, *ASKED.split()],
        cwd=folder,
        env={"HOME": str(folder), "PATH": os.environ["PATH"], "HTTPS_PROXY": nowhere},
        capture_output=True,
        timeout=120,
        check=False,  # it ends with 1 when a check failed
    )
    return json.loads(done.stdout)


def test_what_the_scan_finds_has_a_reason_and_every_reason_is_for_something(report: Any) -> None:
    failed = report["results"]["failed_checks"]

    found = {each["check_id"]: f"{each['check_name']}: {each['resource']}" for each in failed}

    assert {name: said for name, said in found.items() if name not in SKIPPED} == {}
    assert SKIPPED.keys() - found.keys() == set()


def test_the_scan_has_looked_at_everything(report: Any) -> None:
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["resource_count"] == len(
        Forms(cloud.written(), "paper,zerodha").deployed["Resources"]
    )


def test_the_scan_sees_a_planted_fault(tmp_path: Path, report: Any) -> None:
    template = Forms(cloud.written(), "paper").deployed
    table = template["Resources"]["Table"]["Properties"]
    table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] = False

    failed = scanned(tmp_path, template)["results"]["failed_checks"]

    assert "CKV_AWS_28" in {each["check_id"] for each in failed}
