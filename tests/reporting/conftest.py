"""Documents of real data, and one in which everything that can be foreign is hostile."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import msgspec
import pytest

import calibrate
from calibrate.renderers.json import document as result_document
from calibrate.reporting.document import assemble, digest

HOSTILE = (
    "<script>alert(1)</script>",
    "::error::broken",
    "[red]",
    "=cmd()",
    "a|b",
    "two\nlines",
    '"><img src=x>',
    "{{7*7}}",
    "\u202egnp.exe",
    "[x](javascript:alert(1))",
    "@octocat",
    "# heading",
    "`tick`` \\",
    "-->",
    "$x$ ~~y~~ _z_ *w* &lt; #12",
    "- item",
    "www.example.org https://example.org",
)


def estimate(value: float | None, low: float | None = None, high: float | None = None, reason: str = "") -> Any:
    return {"value": value, "low": low, "high": high, "reason": reason}


def flagged(share: float, expected: float, observed: float) -> dict[str, Any]:
    return {
        "share": estimate(share, share - 0.01, share + 0.01),
        "expected": estimate(expected),
        "observed": estimate(observed, observed - 0.02, observed + 0.02),
        "sensitivity": estimate(None, reason="no row has the event"),
        "rows": 120,
        "events": 96,
        "of_events": 0,
    }


def thresholds(label: str, kind: str = "event") -> list[dict[str, Any]]:
    changed = estimate(0.04, 0.03, 0.05)
    at = [
        {"at": t, "before": flagged(0.3, 0.9, 0.8), "after": flagged(0.2, 0.8, 0.8), "changed": changed}
        for t in (0.5, 0.9)
    ]
    return [{"kind": kind, "label": label, "at": at}]


def events(result: dict[str, Any]) -> dict[str, Any]:
    return {
        side: [
            {
                "label": total["label"],
                "observed": total["observed"],
                "expected": total["expected"],
                "ratio": estimate(total["observed"] / total["expected"], 0.9, 1.1),
                "rows": result["n"],
                "weight": result["weight"],
                "in_the_large": estimate(0.01, -0.1, 0.1),
                "intercept": estimate(0.02, -0.1, 0.1),
                "clipped": 0,
                "slope": estimate(None, reason="the logits do not overlap"),
            }
            for total in totals
        ]
        for side, totals in result["totals"].items()
    }


def report_of(result: Any, **facts: Any) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(result_document(result)))
    counts = [{"label": t["label"], "count": t["observed"]} for t in plain["totals"].get("before", [])]
    known = {
        "class_counts": counts,
        "model": {"link": plain["link"], "scale": "logits", "calibrator": {"name": "temperature"}},
        "command": "calibrate report logits.csv labels.csv --model model.json --output-dir DIR",
        "lock": [{"name": "numpy", "version": "2.1.0"}],
        "git": {"commit": "0123456789abcdef", "dirty": True},
        "rows": {"read": plain["n"], "measured": plain["n"], "missing": 0, "dropped": 0, "repeated": 2},
    }
    return assemble(created="2026-04-30", version="0.1.0", result=plain, **{**known, **facts})


@pytest.fixture(scope="session")
def cifar10(sample_data: Path) -> dict[str, Any]:
    folder = sample_data / "cifar10"
    result = calibrate.evaluate(str(folder / "logits.csv"), str(folder / "labels.csv"))
    return report_of(result, thresholds=thresholds("", "top-label"))


@pytest.fixture(scope="session")
def employment(sample_data: Path) -> dict[str, Any]:
    result = calibrate.evaluate(str(sample_data / "employment/calibration.csv"), groups=("sex", "race"))
    plain = msgspec.json.decode(msgspec.json.encode(result_document(result)))
    return report_of(result, thresholds=thresholds("1"), events=events(plain))


@pytest.fixture(scope="session")
def digits(sample_data: Path) -> dict[str, Any]:
    folder = sample_data / "digits_multilabel"
    return report_of(calibrate.evaluate(str(folder / "logits.csv"), str(folder / "labels.csv"), link="sigmoid"))


@pytest.fixture(scope="session")
def imagenet(sample_data: Path) -> dict[str, Any]:
    return report_of(calibrate.evaluate(str(sample_data / "imagenet_top1/calibration.csv")))


@pytest.fixture(scope="session")
def hostile(employment: dict[str, Any], cifar10: dict[str, Any]) -> dict[str, Any]:
    """The ten classes of CIFAR-10 and the groups of another set, every name replaced."""
    found = copy.deepcopy(cifar10)
    names = dict(zip(found["result"]["classes"], HOSTILE, strict=False))
    result = found["result"]
    result["classes"] = list(names.values())
    for part in [*result["bins"].values(), *result["totals"].values(), [*found["class_counts"]]]:
        for item in part:
            item["label"] = names.get(item["label"], item["label"])
    result["groups"] = {
        f"{HOSTILE[i]}{i}": dict(zip(HOSTILE[i:], values.values(), strict=False))
        for i, values in enumerate(copy.deepcopy(employment["result"]["groups"]).values())
    }
    text = " ".join(HOSTILE)
    result["notes"] = list(HOSTILE)
    result["decisions"] = [{"what": "classes", "value": v, "why": v, "flag": "--classes", "where": ""} for v in HOSTILE]
    for i, item in enumerate(found["inputs"]):
        item["name"] = HOSTILE[i]
    found["thresholds"] = [one for name in HOSTILE for one in thresholds(name)]
    found["meta"] = {**found["meta"], "title": text, "purpose": "\n\n".join(HOSTILE), "limitations": list(HOSTILE)}
    found["meta"]["extra"] = {name: name for name in HOSTILE}
    found["meta"]["prepared_by"] = {"name": HOSTILE[0], "role": HOSTILE[4], "date": HOSTILE[5]}
    found["command"] = f"calibrate report '{text}'"
    found["reading"] = {name: name for name in HOSTILE}
    found["id"] = digest(found)
    return found


@pytest.fixture(params=["cifar10", "employment", "digits", "imagenet", "hostile"])
def document(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = request.getfixturevalue(request.param)
    return found
