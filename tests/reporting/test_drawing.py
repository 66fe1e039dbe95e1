"""The drawings: well-formed XML, nothing outside the paper, dots as large as their rows are many."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

from calibrate.reporting import drawing
from calibrate.reporting.pictures import pictures
from calibrate.results import Curve

SVG = "{http://www.w3.org/2000/svg}"


def curve(counts: tuple[int, ...]) -> Curve:
    k = len(counts)
    edges = [i / k for i in range(k + 1)]
    middle = tuple((edges[i] + edges[i + 1]) / 2 if n else None for i, n in enumerate(counts))
    weights = tuple(float(n) for n in counts)
    zeros, ones = tuple(0.0 if n else None for n in counts), tuple(1.0 if n else None for n in counts)
    return Curve(
        "event", "x", tuple(edges[:-1]), tuple(edges[1:]), counts, weights, middle, middle, zeros, ones, zeros, ones
    )


def test_files_are_well_formed_and_self_contained(document: dict[str, Any]) -> None:
    for content in pictures(document).values():
        root = ElementTree.fromstring(content)
        assert root.tag == f"{SVG}svg"
        names = [element.tag.removeprefix(SVG) for element in root.iter()]
        assert set(names) <= {"svg", "title", "desc", "rect", "path", "text", "g", "circle"}
        ids = [element.get("id") for element in root.iter() if element.get("id")]
        assert len(ids) == len(set(ids))
    assert pictures(document) == pictures(document)


def test_the_area_of_a_dot_goes_with_its_rows() -> None:
    svg = drawing.panel(curve((100, 0, 400)), "before", "", ("x", "y"), ("title", "text"), "k")
    small, large = (float(r) for r in re.findall(r' r="([\d.]+)"', svg))
    assert abs(large - 2 * small) < 0.15


def test_everything_lies_on_the_paper() -> None:
    svg = drawing.panel(curve((1, 1, 1)), "before", "", ("x", "y"), ("title", "text"), "k")
    width, height = (float(v) for v in re.findall(r'viewBox="0 0 (\d+) (\d+)"', svg)[0])
    for x, y in re.findall(r'cx="([\d.]+)" cy="([\d.]+)"', svg):
        assert 0 <= float(x) <= width
        assert 0 <= float(y) <= height


def test_foreign_text_is_escaped() -> None:
    svg = drawing.small([curve((1, 2))], "<b>&\u202e", "", ("<t>", '"d"'), "k")
    assert "<b>" not in svg
    assert "\u202e" not in svg
    ElementTree.fromstring(svg)


def test_an_empty_curve_draws_the_frame_alone() -> None:
    svg = drawing.panel(curve((0, 0)), "before", "", ("x", "y"), ("title", "text"), "k")
    assert "<circle" not in svg
    ElementTree.fromstring(svg)
