"""Options that several commands share, each written once: name, type, help.

`@takes(READING, MEASURING)` gives a command those options; it receives them as one `chosen` namespace.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import SimpleNamespace
from typing import Annotated, Any

import typer

READ, MEASURE, GATE, RUN = "Reading", "Measuring", "Gates", "Running"
LIMIT = "METRIC=LIMIT"

Command = Callable[..., int | None]
"""A command; the exit code where that is not always 0."""
Choices = dict[str, tuple[Any, Any]]
"""Parameter name -> (annotation, default)."""


def _option(kind: Any, default: Any, flags: str, panel: str, text: str, metavar: str | None = None) -> tuple[Any, Any]:
    return Annotated[kind, typer.Option(*flags.split(), help=text, rich_help_panel=panel, metavar=metavar)], default


READING: Choices = {
    "input": _option(
        str,
        "auto",
        "--input",
        READ,
        "What the scores are: auto, logits, probs, log-probs or sigmoid (one event per column).",
        "SCALE",
    ),
    "link": _option(
        str | None,
        None,
        "--link",
        READ,
        "softmax, sigmoid, sparsemax or gumbel-softmax; by default what the data say.",
        "NAME",
    ),
    "label_column": _option(
        str | None, None, "--label-column", READ, "Name or number of the column of labels.", "COLUMN"
    ),
    "id_column": _option(str | None, None, "--id-column", READ, "Name or number of the column of ids.", "COLUMN"),
    "join": _option(
        str,
        "auto",
        "--join",
        READ,
        "How rows of scores and labels are put together: auto (by ids), position or number.",
        "HOW",
    ),
    "score_columns": _option(
        str | None, None, "--score-columns", READ, "The columns of scores, in class order: a,b,c.", "COLUMNS"
    ),
    "classes": _option(str | None, None, "--classes", READ, "Class names in column order: cat,dog,fox.", "NAMES"),
    "label_base": _option(int | None, None, "--label-base", READ, "The number of the first class: 0 or 1.", "0|1"),
    "positive": _option(
        str | None, None, "--positive", READ, "The label that is the event, for one column of scores.", "LABEL"
    ),
    "group": _option(list[str] | None, None, "--group", READ, "A column to report by; repeatable.", "COLUMN"),
    "weight": _option(str | None, None, "--weight", READ, "A column of weights of the rows.", "COLUMN"),
    "class_weight": _option(
        str | None,
        None,
        "--class-weight",
        READ,
        "Weigh rows by their class: balanced, or cat=2,dog=1.",
        "WEIGHTS",
    ),
    "drop_missing": _option(
        bool, False, "--drop-missing", READ, "Leave out rows with a missing score or label, and say how many."
    ),
    "clip": _option(
        float | None,
        None,
        "--clip",
        READ,
        "Keep probabilities within [EPS, 1 - EPS], and say how many were not.",
        "EPS",
    ),
    "key": _option(str | None, None, "--key", READ, "The array of an .npz file.", "NAME"),
}

MEASURING: Choices = {
    "metrics": _option(str | None, None, "--metrics", MEASURE, "What to measure: nll,brier,ece:bins=20,...", "NAMES"),
    "bins": _option(int | None, None, "--bins", MEASURE, "Bins of ece, classwise_ece and mce (15).", "N"),
    "ci": _option(float, 0.95, "--ci", MEASURE, "Level of the intervals.", "LEVEL"),
    "json": _option(bool, False, "--json", MEASURE, "One JSON document on standard output instead of tables."),
}

RUNNING: Choices = {
    "seed": _option(int, 0, "--seed", RUN, "Seed of everything that is random.", "N"),
    "executor": _option(str, "serial", "--executor", RUN, "serial, threads or dask:address=tcp://HOST:PORT.", "NAME"),
    "quiet": _option(bool, False, "--quiet -q", RUN, "Say nothing on standard error but errors."),
    "no_color": _option(bool, False, "--no-color", RUN, "No colours (NO_COLOR is honoured too)."),
    "debug": _option(bool, False, "--debug", RUN, "Show where a bug in calibrate happened."),
}

GATES: Choices = {
    "max": _option(
        list[str] | None, None, "--max", GATE, "The metric must not be above; ece:bins=20=0.03. Repeatable.", LIMIT
    ),
    "min": _option(list[str] | None, None, "--min", GATE, "The metric must not be below. Repeatable.", LIMIT),
    "max_increase": _option(
        list[str] | None,
        None,
        "--max-increase",
        GATE,
        "It must not be worse than the baseline by more. Repeatable.",
        LIMIT,
    ),
    "max_increase_rel": _option(
        list[str] | None,
        None,
        "--max-increase-rel",
        GATE,
        "The same as a share of the baseline's value. Repeatable.",
        LIMIT,
    ),
    "gates": _option(
        str | None,
        None,
        "--gates",
        GATE,
        "File of gates; by default ./calibrate.toml, or [tool.calibrate] in ./pyproject.toml.",
        "FILE",
    ),
    "preset": _option(str | None, None, "--preset", GATE, "not-worse: NLL and Brier score not shown worse.", "NAME"),
    "on": _option(str | None, None, "--on", GATE, "Which end of the interval decides: safe, point or lenient.", "END"),
    "inconclusive": _option(
        str | None, None, "--inconclusive", GATE, "What too few data do: fail (exit 4), warn or pass.", "WHAT"
    ),
    "baseline": _option(str | None, None, "--baseline", GATE, "result.json, or what `score --json` printed.", "FILE"),
    "baseline_scores": _option(
        str | None, None, "--baseline-scores", GATE, "The old scores of the same rows: increases are paired.", "FILE"
    ),
    "baseline_model": _option(
        str | None, None, "--baseline-model", GATE, "The old model of the same rows: increases are paired.", "FILE"
    ),
    "fail_on_warn": _option(bool, False, "--fail-on-warn", GATE, "A gate that warns stops the run as one that fails."),
}

FAMILIES = {"reading": READING, "measuring": MEASURING, "gates": GATES, "running": RUNNING}
"""All families, for `explain`, which has a page for each."""

DEBUGGING: Choices = {"debug": RUNNING["debug"]}
"""Of commands that run nothing."""

Scores = Annotated[
    str,
    typer.Argument(
        metavar="SCORES",
        help="File of scores: CSV, TSV, NPY, NPZ, JSONL, Parquet, gzipped or not; - is standard input.",
    ),
]
Labels = Annotated[
    str | None,
    typer.Argument(
        metavar="[LABELS]", help="File of labels; not needed where the scores hold them.", show_default=False
    ),
]


def without(group: Choices, *names: str) -> Choices:
    """The options of a group but for those that mean nothing to a command."""
    return {name: choice for name, choice in group.items() if name not in names}


def only(group: Choices, *names: str) -> Choices:
    """These options of a group."""
    return {name: group[name] for name in names}


def takes(*groups: Choices) -> Callable[[Command], Command]:
    """A command with the options of `groups` beside its own; it gets them as its first argument, `chosen`."""
    extra = {name: choice for group in groups for name, choice in group.items()}

    def decorate(command: Command) -> Command:
        def called(**given: Any) -> int | None:
            chosen = SimpleNamespace(**{name: given.pop(name) for name in extra})
            return command(chosen, **given)

        own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
        shared = [_keyword(name, default, annotation) for name, (annotation, default) in extra.items()]
        parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own] + shared
        typed: Any = called
        typed.__signature__ = inspect.Signature(parameters)
        typed.__annotations__ = {p.name: p.annotation for p in parameters}
        typed.__doc__ = command.__doc__
        return called

    return decorate


def _keyword(name: str, default: Any, annotation: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
