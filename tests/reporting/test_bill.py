"""The bill of materials is what the official schema of CycloneDX says, and made of the document alone."""

from __future__ import annotations

import copy
import json
from importlib import metadata, resources
from typing import Any

import jsonschema
import pytest
import referencing
from referencing.jsonschema import DRAFT7

from calibrate.api.packages import packages
from calibrate.reporting.bill import NAME, bill
from calibrate.reporting.document import digest


@pytest.fixture
def named(cifar10: dict[str, Any]) -> dict[str, Any]:
    """A document with the packages of this environment, and one of every oddity."""
    found = copy.deepcopy(cifar10)
    found["packages"] = [
        *packages(),
        {"name": "odd", "version": "1.0+local/ä", "licence": '<b>"GPL"', "needs": ["numpy", "not-here"]},
        {"name": "bare", "version": "2"},
    ]
    found["id"] = digest(found)
    return found


def validator() -> jsonschema.Draft7Validator:
    """Of the schema as CycloneDX publishes it; it refers to two others."""
    folder = resources.files("cyclonedx") / "schema" / "_res"
    whole, *others = (
        json.loads((folder / f"{name}.SNAPSHOT.schema.json").read_text()) for name in ("bom-1.6", "spdx", "jsf-0.82")
    )
    parts = [(one["$id"], referencing.Resource.from_contents(one, DRAFT7)) for one in others]
    jsonschema.Draft7Validator.check_schema(whole)
    return jsonschema.Draft7Validator(whole, registry=referencing.Registry().with_resources(parts))


def test_it_is_what_the_schema_says(named: dict[str, Any]) -> None:
    found = json.loads(bill(named)[NAME])
    validator().validate(found)
    assert not validator().is_valid({**found, "specVersion": 1.6})
    assert not validator().is_valid({**found, "components": [{"name": "x"}]})


def test_it_names_what_is_installed(named: dict[str, Any]) -> None:
    found = json.loads(bill(named)[NAME])
    of = {one["name"]: one for one in found["components"]}
    assert found["metadata"]["component"]["name"] == "calibrate"
    for name in ("numpy", "msgspec", "typer", "pillow", "python-dateutil"):
        assert of[name]["version"] == metadata.version(name)
        assert of[name]["purl"] == f"pkg:pypi/{name}@{metadata.version(name)}"
        assert of[name]["licenses"]
        assert len(of[name]["properties"][0]["value"]) == 64
    assert "pytest" not in of, "what it is developed with is no part of it"
    refs = {one["bom-ref"] for one in [found["metadata"]["component"], *found["components"]]}
    assert {d["ref"] for d in found["dependencies"]} == refs
    assert {ref for d in found["dependencies"] for ref in d["dependsOn"]} <= refs
    assert of["odd"]["purl"] == "pkg:pypi/odd@1.0%2Blocal%2F%C3%A4"
    assert set(of["bare"]) == {"type", "bom-ref", "name", "version", "purl"}


def test_it_is_of_the_document_alone(named: dict[str, Any], cifar10: dict[str, Any]) -> None:
    first = bill(named)[NAME]
    assert bill(json.loads(json.dumps(named)))[NAME] == first
    assert json.loads(first)["metadata"]["timestamp"] == f"{named['created']}T00:00:00Z"
    assert bill(cifar10) == {}, "a report of an earlier version names no packages"
    without = [one for one in named["packages"] if one["name"] != "calibrate"]
    assert "component" not in json.loads(bill({**named, "packages": without})[NAME])["metadata"]


def test_packages_come_in_order_with_those_that_they_need() -> None:
    found = packages()
    names = [one["name"] for one in found]
    assert names == sorted(set(names))
    assert all(need in names for one in found for need in one["needs"])
    assert packages() == found


class Strange:
    """A distribution without a RECORD, and with the text of a licence for its name."""

    name, version, requires = "strange", "1", None

    def __init__(self, licence: str) -> None:
        self.licence = licence

    @property
    def metadata(self) -> Any:
        from email.message import Message

        found = Message()
        found["License"] = self.licence
        found["Classifier"] = "License :: OSI Approved :: BSD License"
        return found

    def read_text(self, name: str) -> None:
        return None


@pytest.mark.parametrize(("stated", "expected"), [("Zlib", "Zlib"), ("x" * 81, "BSD License"), ("", "BSD License")])
def test_what_a_distribution_does_not_say(stated: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "distribution", lambda name: Strange(stated))
    (found,) = packages()
    assert (found["licence"], found["expression"], found["record"]) == (expected, "", "")
