"""The template in the forms that checks look at."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cloud
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from tradegram.vault.fields import NEEDS

Template = dict[str, Any]
EVERY = ",".join(["paper", *NEEDS])


@dataclass(frozen=True)
class Forms:
    """written: as it lies in the repository, or with a fault planted in it."""

    written: Template
    brokers: str = EVERY

    @cached_property
    def unrolled(self) -> Template:
        return cloud.unrolled(self.written, self.brokers)

    @cached_property
    def deployed(self) -> Template:
        """As CloudFormation gets it, with code that lies in a bucket instead of in folders."""
        template = copy.deepcopy(self.unrolled)
        for resource in template["Resources"].values():
            if resource["Type"] in ("AWS::Serverless::Function", "AWS::Serverless::LayerVersion"):
                where = "CodeUri" if "Function" in resource["Type"] else "ContentUri"
                resource["Properties"][where] = "s3://bucket/key"
        translator = Translator({}, Parser(), boto_session=cloud.session())
        made: Template = json.loads(json.dumps(translator.translate(template, {})))
        return made

    def of_type(self, kind: str) -> dict[str, Any]:
        """Properties by name, of what is deployed."""
        return of_type(self.deployed, kind)

    def functions(self) -> dict[str, str]:
        """The folder of each function, by its name in the template."""
        found = of_type(self.unrolled, "AWS::Serverless::Function")
        return {name: each["CodeUri"].rpartition("/")[2] for name, each in found.items()}


def of_type(template: Template, kind: str) -> dict[str, Any]:
    found = template["Resources"].items()
    return {name: each.get("Properties", {}) for name, each in found if each["Type"] == kind}


def statements(template: Template) -> list[tuple[str, Mapping[str, Any]]]:
    """Every statement of a policy that a role has, with the name of where it stands."""
    found = []
    for name, each in template["Resources"].items():
        properties = each.get("Properties", {})
        documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
        if each["Type"] == "AWS::IAM::ManagedPolicy":
            documents.append(properties["PolicyDocument"])
        found += [(name, one) for document in documents for one in document["Statement"]]
    return found


def actions(statement: Mapping[str, Any]) -> list[str]:
    action = statement["Action"]
    return [action] if isinstance(action, str) else list(action)
