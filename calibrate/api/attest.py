"""An in-toto statement of what the gates of a report said: unsigned, to be signed by whoever stands behind it.

https://github.com/in-toto/attestation: Statement v1 with the predicate test-result v0.1.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from calibrate.api import report as bundle
from calibrate.errors import CalibrateError
from calibrate.reporting import bill
from calibrate.results import Gate, Result
from calibrate.versioned import encoded
from calibrate.wording import asked, warns

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"


def statement(made: bundle.Bundle) -> bytes:
    """The statement, as JSON. Raises `CalibrateError` E624 where the report has no gates: nothing was tested."""
    result = made.result
    if result.check is None:
        raise CalibrateError("E624", "--attest: found a report without gates, expected some", "--gates calibrate.toml")
    files = {name: content for name, content in made.files.items() if isinstance(content, bytes)}
    subjects = [name for name in (bundle.MODEL, bundle.JSON, bill.NAME) if name in files]
    configuration = [name for name in (bundle.GATES, bundle.OPTIONS, bundle.BASELINE) if name in files]
    document = {
        "_type": STATEMENT,
        "subject": [_resource(name, files[name]) for name in subjects],
        "predicateType": PREDICATE,
        "predicate": {
            "result": _outcome(result),
            "configuration": [_resource(name, files[name]) for name in configuration]
            + [{"name": item.name, "digest": {"sha256": item.sha256}} for item in result.inputs if item.sha256],
            **_tests(result),
        },
    }
    return encoded(document)


def _resource(name: str, content: bytes) -> dict[str, Any]:
    return {"name": name, "digest": {"sha256": sha256(content).hexdigest()}}


def _outcome(result: Result) -> str:
    if any(gate.stops for gate in result.gates):
        return "FAILED"
    return "WARNED" if any(_warned(gate, result) for gate in result.gates) else "PASSED"


def _warned(gate: Gate, result: Result) -> bool:
    return not gate.stops and result.check is not None and warns(gate, result.check.inconclusive)


def _tests(result: Result) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"passedTests": [], "warnedTests": [], "failedTests": []}
    for gate in result.gates:
        key = "failedTests" if gate.stops else "passedTests" if gate.verdict == "PASS" else "warnedTests"
        found[key].append(asked(gate))
    return found
