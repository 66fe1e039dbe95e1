"""The data: which files, how they were read, what became of their rows, and how often each class occurs."""

from __future__ import annotations

from calibrate.reporting import words
from calibrate.reporting.blocks import Block, Cell, Code, Facts, Items, Line, Para, Section, Sub, Table, cells, heads
from calibrate.reporting.document import Report, RowFacts
from calibrate.reporting.sections.purpose import prose


def section(report: Report) -> Section:
    """Files, rows, classes, then every decision of the reader."""
    blocks: list[Block] = [Facts((("Description", prose(report.meta.data_description)),))]
    blocks += [Sub("Files"), _files(report), Sub("Rows"), _rows(report), *_row_notes(report)]
    blocks += [Sub("Classes"), *_classes(report), Sub("How the files were read"), *_reading(report)]
    return Section("data", "Data", tuple(blocks))


def _files(report: Report) -> Table:
    rows = [
        (
            Cell(words.name(file.name, 255)),
            Cell(file.role),
            Cell(file.container),
            Cell(f"{file.rows:,}" if file.rows else "-"),
            Cell(f"{file.columns:,}"),
            Cell(f"{file.size:,}"),
            Cell((Code(file.sha256 or "none: data in memory"),)),
        )
        for file in report.inputs
    ]
    heading = heads("file", "role", "kind", ">rows", ">columns", ">bytes", "SHA-256")
    return Table("Files that went in", heading, tuple(rows))


def _rows(report: Report) -> Facts:
    rows, result = report.rows, report.result
    weighted = f"; weights add up to {result.weight:,.6g}" if result.weighted else "; unweighted"
    return Facts(
        (
            ("Rows in the files", (words.count(rows.read) if rows.read is not None else "not counted",)),
            ("Rows measured", (f"{rows.measured if rows.measured is not None else result.n:,}{weighted}",)),
            ("Missing", (_counted(rows.missing, "with a missing score or label"),)),
            ("Left out", (_counted(rows.dropped, "left out because of it"),)),
            ("Repeated", (_counted(rows.repeated, "whose scores occur in an earlier one"),)),
            ("Overlap with the fit", (_overlap(rows, result.after_is),)),
        )
    )


def _counted(number_of: int | None, what: str) -> str:
    return "not counted" if number_of is None else f"{words.plural(number_of, 'row')} {what}"


def _overlap(rows: RowFacts, after_is: str | None) -> str:
    found = rows.overlap
    if found is None:
        return "not known: the rows that the calibrator was fitted on are not at hand"
    fitted = f" of the {rows.fitted:,} that were fitted" if rows.fitted is not None else " that were fitted"
    among = f"{found.seen:,} of {words.plural(found.sampled, 'row')} measured"
    sample = (
        "" if found.exact else f" (in a sample by hash: of {found.of:,} fitted rows looked for, {found.found:,} recur)"
    )
    why = "; cross-fitting measures each row by a fit of the others" if after_is == "cross-fitted" else ""
    return f"{among} have the scores of one{fitted}{sample}{why}"


def _row_notes(report: Report) -> list[Block]:
    notes = tuple(dict.fromkeys((*report.rows.notes, *report.result.notes)))
    return [Items(notes)] if notes else []


def _classes(report: Report) -> list[Block]:
    counts = report.class_counts
    if not counts:
        named = words.names(report.result.classes) if report.result.classes else "none: top labels alone"
        return [Facts((("Classes", (f"{named}; their frequencies were not counted",)),))]
    most = counts if len(counts) <= words.MOST else sorted(counts, key=lambda item: -item.count)[: words.MOST]
    rows = [
        cells(
            words.name(item.label),
            words.count(item.count),
            words.percent(item.count / report.result.n if report.result.n else None),
        )
        for item in most
    ]
    never = [item.label for item in counts if item.count == 0]
    note = (
        f"The {words.MOST} most frequent of {len(counts):,} classes; the others are in events.csv."
        if most is not counts
        else ""
    )
    if report.result.weighted:
        note = f"Rows are counted, and shares are of rows: without the weights that the metrics have. {note}".rstrip()
    what = "label" if report.result.task == "multilabel" else "class"
    found: list[Block] = [Table(f"How often each {what} is true", heads(what, ">rows", ">share"), tuple(rows), note)]
    if never:
        found.append(Para((f"Never seen: {words.names(never)}.",), "notice"))
    return found


def _reading(report: Report) -> list[Block]:
    rows = [
        (
            Cell(f"{item.what} ({item.where})" if item.where else item.what),
            Cell(words.name(item.value, 200)),
            Cell(words.name(item.why, 200) if item.why else ""),
            Cell((Code(item.flag),) if item.flag else ""),
        )
        for item in report.result.decisions
    ]
    asked: tuple[Line, ...] = tuple(
        (Code(f"{words.name(key)} = {words.name(value, 200)}"),) for key, value in report.reading.items()
    )
    found: list[Block] = []
    if rows:
        found.append(Table("What the reader concluded", heads("what", "seen", "why", "flag that pins it"), tuple(rows)))
    found.append(Facts((("Reading options given", asked or ("none: all of it was concluded from the files",)),)))
    return found
