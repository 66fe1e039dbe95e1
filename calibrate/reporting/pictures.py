"""The figures of a report as SVG files of their own, under the names that report.md refers to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from calibrate.reporting import drawing
from calibrate.reporting.blocks import Figure
from calibrate.reporting.document import typed
from calibrate.reporting.sections.diagrams import class_figure, figure

LARGE, SMALL = (302, 326, 2), (158, 172, 5)
"""Width, height, and how many stand beside each other."""


def pictures(document: Mapping[str, Any]) -> dict[str, bytes]:
    """File name -> SVG of every figure that the report has."""
    report = typed(document)
    return {found.name: _file(found) for found in (figure(report), class_figure(report)) if found is not None}


def _file(found: Figure) -> bytes:
    width, height, columns = SMALL if found.small else LARGE
    names = (found.caption.partition(".")[0], " ".join(f"{one.title}: {one.description}" for one in found.drawings))
    sheet = drawing.sheet([one.svg for one in found.drawings], width, height, columns, names)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{sheet}\n'.encode()
