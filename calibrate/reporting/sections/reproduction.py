"""How to obtain these numbers again: command, inputs and their digests, versions, state of the repository."""

from __future__ import annotations

from calibrate.reporting import words
from calibrate.reporting.blocks import Block, Cell, Code, Facts, Line, Listing, Para, Section, Sub, Table, cells, heads
from calibrate.reporting.document import Report


def section(report: Report) -> Section:
    """What has to be the same, and what then comes out the same."""
    blocks: list[Block] = []
    if report.command:
        about = "In the folder of the input files, with the bundle written to a folder of your choice in place of DIR:"
        blocks += [Para(about), Listing(report.command)]
    blocks += [Facts(_facts(report)), Sub("Expected digests"), _digests(report)]
    if report.lock:
        rows = tuple(cells(words.name(item.name), words.name(item.version)) for item in report.lock)
        blocks += [
            Sub("Installed distributions"),
            Table("Versions that the numbers may depend on", heads("name", "version"), rows),
        ]
    blocks.append(
        Para(
            "The same inputs, options and versions give the same bytes on the same kind of machine, whatever the "
            "number of threads; on others the numbers agree to rounding. The bundle is checked with: "
            "sha256sum -c MANIFEST.sha256",
            "aside",
        )
    )
    return Section("reproduction", "Reproduction", tuple(blocks))


def _facts(report: Report) -> tuple[tuple[str, tuple[Line, ...]], ...]:
    result = report.result
    seed = result.options.get("seed")
    options = [
        f"{words.name(key)} = {words.name(value, 120)}"
        for key, value in result.options.items()
        if key != "reading" and value is not None
    ]
    environment = ", ".join(f"{words.name(key)} {words.name(value)}" for key, value in result.environment.items())
    git = report.git
    state = " with uncommitted changes" if git and git.dirty else ", nothing uncommitted"
    commit: Line = (Code(git.commit), state) if git else "not known: no repository"
    return (
        ("Seed", ("none was needed" if seed is None else str(seed),)),
        ("Options", (", ".join(options) or "none beside the command",)),
        ("Versions", (environment or f"calibrate {report.version}",)),
        ("Git commit", (commit,)),
        ("Date", (words.name(report.created),)),
    )


def _digests(report: Report) -> Table:
    rows = [
        (Cell("report.json (its id)"), Cell("the facts of this report, without the id"), Cell((Code(report.id),))),
        *(
            (Cell(words.name(i.name, 255)), Cell(f"input: {i.role}"), Cell((Code(i.sha256 or "none: data in memory"),)))
            for i in report.inputs
        ),
    ]
    for file, role in ((report.gates_file, "gate file"), (report.baseline, "baseline")):
        if file is not None:
            rows.append((Cell(words.name(file.name, 255)), Cell(role), Cell((Code(file.sha256),))))
    note = (
        "The id is the beginning of a SHA-256 over the document in canonical "
        "JSON; the others are SHA-256 of the whole file."
    )
    return Table("Digests", heads("what", "role", "digest"), tuple(rows), note)
