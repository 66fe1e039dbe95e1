"""Which section holds evidence on which ask of the frameworks of reviewers; never a claim that it is met."""

from __future__ import annotations

from calibrate.reporting.blocks import Block, Cell, Line, Para, Ref, Section, Table, heads
from calibrate.reporting.document import Report

ACT, MRM, NIST, TRIPOD = "EU AI Act", "SR 26-2 / OCC 2026-13", "NIST AI RMF 1.0", "TRIPOD+AI"

ASKS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    (
        ACT,
        "Annex IV 2(g)",
        "validation and testing procedures, and the data used for them",
        ("data", "method", "after"),
    ),
    (
        ACT,
        "Annex IV 2(g)",
        "metrics used to measure accuracy, and potentially discriminatory impacts",
        ("metrics", "groups"),
    ),
    (ACT, "Annex IV 2(g)", "test reports, dated and signed by the responsible persons", ("reproduction", "signoff")),
    (
        ACT,
        "Art. 15(1), (3)",
        "an appropriate level of accuracy; levels and metrics to be declared",
        ("summary", "metrics"),
    ),
    (
        MRM,
        "validation: outcomes analysis",
        "outputs compared with actual outcomes",
        ("diagrams", "events", "thresholds"),
    ),
    (MRM, "validation: soundness", "method, assumptions and limitations are understood", ("method", "limitations")),
    (MRM, "monitoring", "performance is compared with set limits and over time", ("gates",)),
    (
        MRM,
        "documentation, governance",
        "documented so that others can follow; roles are known",
        ("purpose", "reproduction", "signoff"),
    ),
    (NIST, "MEASURE 2.1", "test sets, metrics and tools are documented", ("data", "metrics", "reproduction")),
    (
        NIST,
        "MEASURE 2.3",
        "performance is measured and demonstrated for conditions like those of deployment",
        ("metrics", "diagrams"),
    ),
    (
        NIST,
        "MEASURE 2.5",
        "validity and reliability are demonstrated, limits of generalisation documented",
        ("diagrams", "limitations"),
    ),
    (NIST, "MEASURE 2.11", "fairness and bias are evaluated, results documented", ("groups",)),
    (NIST, "MEASURE 2.13", "the metrics themselves are evaluated", ("metrics", "glossary")),
    (TRIPOD, "items 12e, 12f", "measures and plots of performance; recalibration", ("metrics", "diagrams", "method")),
    (TRIPOD, "item 15", "output of the model, and how thresholds were identified", ("thresholds",)),
    (TRIPOD, "item 20", "flow of participants, numbers with and without the outcome", ("data", "events")),
    (
        TRIPOD,
        "items 23a, 24",
        "performance with intervals, in key subgroups; results of updating",
        ("metrics", "groups"),
    ),
    (TRIPOD, "item 26", "limitations", ("limitations",)),
)
"""Framework, place in it, what it asks for in our own words, and the sections that hold something on it."""


def section(report: Report) -> Section:
    """The sentence that bounds the table, then the table."""
    bound = Para(
        "This report is evidence. It is no legal advice and no statement of compliance with any regulation: whether an "
        "ask applies, and whether what stands here meets it, is for the people who answer for the model to judge.",
        "notice",
    )
    rows = tuple((Cell(framework), Cell(place), Cell(ask), Cell(_refs(ids))) for framework, place, ask, ids in ASKS)
    note = Para(
        (
            "SR 26-2 and OCC Bulletin 2026-13 of 17 April 2026 replaced SR 11-7 and OCC Bulletin "
            "2011-12. EU AI Act: Regulation (EU) 2024/1689. TRIPOD+AI: Collins and others 2024, for "
            "prediction models in health care."
        ),
        "aside",
    )
    blocks: tuple[Block, ...] = (
        bound,
        Table(
            "Asks and the sections that hold something on them",
            heads("framework", "place", "asks for", "see section"),
            rows,
        ),
        note,
    )
    return Section("crosswalk", "Crosswalk", blocks)


def _refs(ids: tuple[str, ...]) -> Line:
    parts: list[str | Ref] = []
    for id_ in ids:
        parts += ["; ", Ref(id_)] if parts else [Ref(id_)]
    return tuple(parts)
