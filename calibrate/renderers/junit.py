"""The gates of a result as a JUnit file: one test case a gate, for the test reports of CI systems.

A gate that stops the run is a `<failure>` (type FAIL, or `inconclusive` where the data are too few to say), one that
cannot be computed an `<error>`. A gate that only warns passes, with its words in `<system-out>`.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from calibrate.errors import shown
from calibrate.results import Gate, Result
from calibrate.wording import WARNING, asked, between, number, outcome

LONGEST = 2000


def render(result: Result) -> str:
    """The document as text, with a final newline; the same result gives the same bytes."""
    tags = [_tag(gate) for gate in result.gates]
    counts = {"tests": str(len(tags)), "failures": str(tags.count("failure")), "errors": str(tags.count("error"))}
    root = Element("testsuites", {"name": "calibrate", **counts})
    suite = SubElement(root, "testsuite", {"name": "calibrate check", **counts, "skipped": "0", "time": "0"})
    policy = result.check.inconclusive if result.check is not None else "fail"
    for gate, tag in zip(result.gates, tags, strict=True):
        case = SubElement(suite, "testcase", classname=_safe(_class(gate)), name=_safe(asked(gate)), time="0")
        text = _safe(f"{gate.reason}; value {number(gate.judged.value)} {between(gate.judged)}".rstrip())
        if tag:
            kind = {"INCONCLUSIVE": "inconclusive"}.get(gate.verdict, gate.verdict)
            SubElement(case, tag, type=kind, message=text).text = _safe(_details(gate))
        else:
            said = " ".join(filter(None, (gate.verdict, outcome(gate, policy))))
            SubElement(case, "system-out").text = f"{said}: {text}"
    if result.check is not None:
        told = [result.check.sentence, *(note for note in result.notes if note.startswith(WARNING))]
        SubElement(suite, "system-out").text = _safe("; ".join(told))
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _tag(gate: Gate) -> str:
    if not gate.stops:
        return ""
    return "error" if gate.verdict == "ERROR" else "failure"


def _class(gate: Gate) -> str:
    if gate.group is not None:
        return f"calibrate.groups.{gate.group[0]}"
    return "calibrate.gates" if gate.label is None else "calibrate.classes"


def _details(gate: Gate) -> str:
    sides = "" if gate.old is None else f"; was {number(gate.old)}, is {number(gate.new)}"
    return f"asked for by {gate.source}, judged on {gate.on}{sides}" + "".join(f"; {note}" for note in gate.notes)


def _safe(text: str) -> str:
    """Text that XML can hold: what is no printable character is spelt out."""
    return shown(text, LONGEST)
