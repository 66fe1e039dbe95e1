"""The bill of materials of a report: CycloneDX 1.6 JSON of the packages that its document names.

Made of the document alone, so that it has the same bytes wherever it is made again: `verify` needs no environment like
the one that made it. https://cyclonedx.org/docs/1.6/json/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from calibrate.reporting.document import Component, typed
from calibrate.versioned import encoded

NAME = "sbom.cdx.json"


def bill(document: Mapping[str, Any]) -> dict[str, bytes]:
    """File name -> content; nothing where the document, of an earlier version, names no packages."""
    report = typed(document)
    if not report.packages:
        return {}
    of = {one.name: _purl(one) for one in report.packages}
    whole = [one for one in report.packages if one.name == "calibrate"]
    found = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, f'urn:calibrate:report:{report.id}')}",
        "version": 1,
        "metadata": {
            "timestamp": f"{report.created}T00:00:00Z",
            **({"component": _component(whole[0], "application")} if whole else {}),
            "properties": [
                {"name": f"calibrate:{key}", "value": value} for key, value in report.result.environment.items()
            ],
        },
        "components": [_component(one, "library") for one in report.packages if one not in whole],
        "dependencies": [
            {"ref": of[one.name], "dependsOn": [of[name] for name in one.needs if name in of]}
            for one in report.packages
        ],
    }
    return {NAME: encoded(found)}


def _component(one: Component, kind: str) -> dict[str, Any]:
    """One package; the digest is of the list of its files and of no archive, hence no entry of `hashes`."""
    named = {"expression": one.expression} if one.expression else {"license": {"name": one.licence}}
    return {
        "type": kind,
        "bom-ref": _purl(one),
        "name": one.name,
        "version": one.version,
        **({"licenses": [named]} if one.expression or one.licence else {}),
        "purl": _purl(one),
        **({"properties": [{"name": "calibrate:files-sha256", "value": one.record}]} if one.record else {}),
    }


def _purl(one: Component) -> str:
    return f"pkg:pypi/{quote(one.name, safe='')}@{quote(one.version, safe='')}"
