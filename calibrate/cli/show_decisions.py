"""What the reader saw: files, and every decision with its reason and the flag that would pin it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from rich.text import Text

from calibrate.errors import shown
from calibrate.page import printed, ruled
from calibrate.results import Input
from calibrate.table import Decision
from calibrate.versioned import encoded


def render(
    inputs: Sequence[Input],
    decisions: Sequence[Decision],
    *,
    as_json: bool = False,
    color: bool = False,
    plain: bool = False,
) -> str:
    """A table, or one JSON document."""
    if as_json:
        found = {
            "inputs": [dataclasses.asdict(i) for i in inputs],
            "decisions": [dataclasses.asdict(d) for d in decisions],
        }
        return encoded(found).decode()
    files = [
        Text(f"{shown(i.name)}: {i.role}, {i.container}, {i.rows:,} x {i.columns:,}, sha256 {i.sha256[:16]}")
        for i in inputs
    ]
    table = ruled("", plain)
    for head in ("what", "seen", "why", "flag"):
        table.add_column(head, overflow="fold")
    for d in decisions:
        table.add_row(
            *(
                Text(shown(cell, 300))
                for cell in (f"{d.what} ({d.where})" if d.where else d.what, d.value, d.why, d.flag)
            )
        )
    return printed([*files, table], color=color)
