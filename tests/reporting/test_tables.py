"""The CSV tables: full precision, one head each, no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from calibrate.reporting.tables import tables

NAMES = ["metrics.csv", "bins.csv", "classes.csv", "events.csv", "thresholds.csv", "groups.csv", "gates.csv"]


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline=""), strict=True))


def test_names_and_widths(document: dict[str, Any]) -> None:
    found = tables(document)
    assert list(found) == NAMES
    for content in found.values():
        assert len({len(row) for row in csv.reader(io.StringIO(content.decode(), newline=""))}) == 1


def test_numbers_are_those_of_the_document(document: dict[str, Any]) -> None:
    for row in rows_of(tables(document)["metrics.csv"]):
        stored = document["result"][row["side"]][row["metric"]]
        for end in ("value", "low", "high"):
            assert row[end] == ("" if stored[end] is None else repr(stored[end]))


def test_bins_are_complete(document: dict[str, Any]) -> None:
    expected = sum(len(curve["lower"]) for curves in document["result"]["bins"].values() for curve in curves)
    assert len(rows_of(tables(document)["bins.csv"])) == expected


@pytest.mark.parametrize("name", NAMES)
def test_no_cell_is_a_formula(hostile: dict[str, Any], name: str) -> None:
    for row in csv.reader(io.StringIO(tables(hostile)[name].decode(), newline="")):
        for cell in row:
            assert "\n" not in cell
            assert "\u202e" not in cell
            if cell.startswith(("=", "+", "@", "-")):
                float(cell)


def test_events_without_recalibration_come_from_the_totals(cifar10: dict[str, Any], employment: dict[str, Any]) -> None:
    (first, *_) = rows_of(tables(cifar10)["events.csv"])
    total = cifar10["result"]["totals"]["before"][0]
    assert first["label"] == total["label"]
    assert float(first["ratio_value"]) == total["observed"] / total["expected"]
    assert rows_of(tables(employment)["events.csv"])[0]["slope_reason"] == "the logits do not overlap"
