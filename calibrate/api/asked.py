"""What a bundle says was asked for, in its document, in options.json and in the file of gates, held against each other.

The gates are judged again from the numbers of the document, by the limits of options.json: whoever loosens a limit, or
the level of the intervals, in one place has to do so in all of them, and then the pages say it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

from calibrate import __version__, registry, stored
from calibrate.api import report as bundle
from calibrate.api.agreement import RELATIVE, Finding, differences
from calibrate.api.audit import Order, order_from, plain
from calibrate.api.check import Baselines, checked_result
from calibrate.api.load import own_table
from calibrate.api.score import metrics_of
from calibrate.errors import CalibrateError, shown
from calibrate.gates.decide import limits_of, metrics_for
from calibrate.gates.policy import Asked, Limit, Policy, policy_of
from calibrate.reporting.document import typed
from calibrate.results import Input, Result

Files = Mapping[str, bytes]
_OF_THE_FILES = (CalibrateError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""What damaged options, gates or baselines may raise."""
_BINS = re.compile(r"(\d+) equal-")


def against_order(document: Any, files: Files) -> Iterator[Finding]:
    """Everything in which what was asked for, and what the document holds, do not agree."""
    try:
        order = order_from(files.get(bundle.OPTIONS, b""), bundle.OPTIONS)
        yield from differences(document["inputs"], document["result"]["inputs"], "$.inputs", 0.0)
        yield from differences(document["reading"], plain(order.reading), "$.reading", 0.0)
        yield from differences(document["minimum_n"], order.minimum_n, "$.minimum_n", 0.0)
        yield from _by_options(_against_result(typed(document).result, order))
        if document["version"] == __version__:
            yield from _by_options(_against_gates(document, order, files))
    except _OF_THE_FILES as problem:
        yield Finding(bundle.OPTIONS, f"cannot be held against {bundle.JSON}: {shown(problem, 200)}")
        return
    try:
        yield from _against_file(document, order, files.get(bundle.GATES))
    except _OF_THE_FILES as problem:
        yield Finding(bundle.OPTIONS, f"cannot be held against {bundle.GATES}: {shown(problem, 200)}")


def kept_baseline(document: Any, files: Files) -> Baselines:
    """What increases are measured from: the file in the bundle. Raises `KeyError`, `CalibrateError` E41x."""
    named = document["baseline"]
    if named is None:
        return Baselines()
    content = files[bundle.BASELINE]
    result = stored.from_json(content, bundle.BASELINE)
    source = Input(named["name"], "baseline", sha256(content).hexdigest(), len(content), "json", result.n, 0)
    return Baselines(result=result, name=named["name"], source=source)


def _by_options(findings: Iterator[Finding]) -> Iterator[Finding]:
    for item in findings:
        yield replace(item, what=f"{item.what} by {bundle.OPTIONS}")


def _against_result(result: Result, order: Order) -> Iterator[Finding]:
    """The level, the link and the metrics that were measured."""
    yield from differences(result.level, order.level, "$.result.level", 0.0)
    if order.link is not None:
        yield from differences(result.link, order.link, "$.result.link", 0.0)
    policy = order.policy or Policy()
    limits = limits_of(policy, log_loss="link_loss" not in result.before.metrics)
    task: Any = result.task
    asked = metrics_of(order.metrics, task, order.bins, metrics_for(limits, task))
    measured = [key for key in result.before.metrics if key in asked or key != "link_loss"]
    yield from differences(sorted(measured), sorted(asked), "$.result.before", 0.0)
    for key, metric in asked.items():
        found = _BINS.search(result.before.metrics[key].definition) if key in measured else None
        if found is not None and "bins" in registry.options_of(type(metric)):
            bins: Any = metric
            yield from differences(int(found[1]), bins.bins, f"$.result.before.{key}: bins", 0.0)


def _against_gates(document: Any, order: Order, files: Files) -> Iterator[Finding]:
    """The gates of the document, judged again from its numbers."""
    result = typed(document).result
    again = replace(result, gates=(), check=None)
    if order.policy is not None:
        again = checked_result(again, order.policy, kept_baseline(document, files), fail_on_warn=order.fail_on_warn)
    expected = plain(stored.document(again))
    for key in ("gates", "check"):
        yield from differences(document["result"][key], expected[key], f"$.result.{key}", RELATIVE)


def _against_file(document: Any, order: Order, kept: bytes | None) -> Iterator[Finding]:
    """The limits that the file of gates sets, but for those that flags replaced."""
    if kept is None:
        return
    table = tomllib.loads(kept.decode())
    name = (document["gates_file"] or {}).get("name", "")
    table = own_table(table) if name == "pyproject.toml" else table
    policy = order.policy or Policy()
    asked = policy.limits
    flags = {(limit.metric, limit.rule) for limit in asked if limit.source.startswith("--")}

    def expected(on: str | None) -> list[Limit]:
        filed = policy_of(table, name, Asked(on=on)).limits
        return [limit for limit in filed if limit.column or limit.classes or (limit.metric, limit.rule) not in flags]

    own = [limit for limit in asked if not limit.source.startswith("--")]
    if own not in (expected(None), expected(policy.on)):  # with --on, which replaces that of the file
        yield Finding(bundle.OPTIONS, f"asks for other gates than {bundle.GATES}")
