"""The page is well-formed, accessible, self-contained, small, and shows foreign text as text."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest

from calibrate.errors import shown
from calibrate.reporting import drawing, html
from calibrate.reporting.document import assemble
from calibrate.reporting.html import escape, minus
from calibrate.versioned import encoded

from .conftest import HOSTILE

VOID = {"meta", "br", "hr", "link", "img", "input"}
SECTIONS = (
    "summary", "purpose", "data", "method", "after", "metrics", "diagrams", "events", "thresholds", "groups", "gates",
    "limitations", "reproduction", "crosswalk", "glossary", "signoff",
)  # fmt: skip


class Page(HTMLParser):
    """Every element with its attributes and the elements around it; the text of all."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None], tuple[str, ...]]] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), tuple(self.open)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), tuple(self.open)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes, _ in self.elements if tag in tags]


@pytest.fixture
def page(document: dict[str, Any]) -> Page:
    return Page(html.render(document))


def test_every_element_is_closed(page: Page) -> None:
    assert page.open == []


def test_one_title_one_main_one_h1_and_ordered_headings(page: Page) -> None:
    assert len(page.all("h1")) == len(page.all("main")) == 1
    assert [tag for tag, _, around in page.elements if tag == "title" and "svg" not in around] == ["title"]
    levels = [int(tag[1]) for tag, _, _ in page.elements if tag in ("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))
    assert page.all("html") == [{"lang": "en"}]


def test_sections_are_there_in_their_order(page: Page) -> None:
    found = [attributes["id"] for attributes in page.all("section")]
    assert [one for one in found if one != "annex"] == list(SECTIONS)


def test_tables_have_captions_and_scopes(page: Page) -> None:
    assert len(page.all("table")) == len(page.all("caption")) == len(page.all("thead"))
    assert {attributes.get("scope") for attributes in page.all("th")} == {"col", "row"}
    regions = [a for a in page.all("div") if a.get("role") == "region"]
    assert len(regions) == len(page.all("table"))
    assert all(a["tabindex"] == "0" and a["aria-label"] for a in regions)
    assert len({a["aria-label"] for a in regions}) == len(regions)


def test_drawings_have_names_and_descriptions(page: Page) -> None:
    ids = {attributes.get("id") for _, attributes, _ in page.elements}
    drawings = page.all("svg")
    assert drawings
    assert not page.all("img")
    for attributes in drawings:
        assert attributes["role"] == "img"
        assert set((attributes["aria-labelledby"] or "").split()) <= ids


def test_ids_are_unique_and_anchors_resolve(page: Page) -> None:
    ids = [attributes["id"] for _, attributes, _ in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = [attributes["href"] or "" for attributes in page.all("a")]
    assert links
    assert all(link.startswith("#") and link[1:] in ids for link in links)
    assert {a["aria-labelledby"] for a in page.all("section")} <= set(ids)


def test_nothing_is_fetched_and_nothing_runs(page: Page, document: dict[str, Any]) -> None:
    assert not page.all("script", "link", "iframe", "object", "embed", "base", "form", "image", "use", "foreignObject")
    for tag, attributes, _ in page.elements:
        assert not {"src", "srcset", "xlink:href", "action", "style"} & attributes.keys(), tag
        assert not [name for name in attributes if name.startswith("on")], tag
    assert {"default-src 'none'; style-src 'unsafe-inline'"} == {
        a["content"] for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy"
    }
    style = html.render(document).partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style


def test_hostile_text_is_text(hostile: dict[str, Any]) -> None:
    text = html.render(hostile)
    page = Page(text)
    read = "".join(page.text)
    for name in HOSTILE:
        assert shown(name, len(name)) in read
    assert "<img" not in text
    assert "\u202e" not in text
    assert "49" not in [part.strip() for part in page.text]
    assert "<script" not in text


def test_the_same_document_gives_the_same_bytes(document: dict[str, Any]) -> None:
    assert html.render(document) == html.render(json.loads(encoded(document)))


def test_size_is_bounded(document: dict[str, Any]) -> None:
    assert len(html.render(document).encode()) < 300_000


def test_twenty_classes_and_twenty_groups_stay_under_a_megabyte(
    cifar10: dict[str, Any], employment: dict[str, Any]
) -> None:
    result = json.loads(json.dumps(cifar10["result"]))
    for part in (*result["bins"].values(), *result["totals"].values()):
        part += [{**item, "label": f"second {item['label']}"} for item in part if item.get("kind") != "top-label"]
    result["classes"] = [f"class {i}" for i in range(20)]
    (group,) = (employment["result"]["groups"]["race"].values().__iter__().__next__(),)
    result["groups"] = {"column": {f"value {i}": group for i in range(20)}}
    text = html.render(assemble(created="2026-04-30", version="0.1.0", result=result))
    assert text.count("<svg") == 22
    assert len(text.encode()) < 600_000


def test_a_thousand_classes_are_cut_and_said_to_be(cifar10: dict[str, Any]) -> None:
    result = json.loads(json.dumps(cifar10["result"]))
    total = result["totals"]["before"][0]
    many = [{**total, "label": f"class {i}", "observed": float(i)} for i in range(1000)]
    result["totals"] = {"before": many, "after": many}
    result["bins"] = {side: curves[:1] for side, curves in result["bins"].items()}
    result["classes"] = [item["label"] for item in many]
    counts = [{"label": item["label"], "count": item["observed"]} for item in many]
    text = html.render(assemble(created="2026-04-30", version="0.1.0", result=result, class_counts=counts))
    assert len(text.encode()) < 200_000
    assert "The 20 most frequent of 1,000" in text
    assert "No diagrams by class" in text


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("<b>", "&lt;b&gt;"),
        ("\u202ex", "\\u202ex"),
        ("a\nb", "a\\nb"),
        ("5 %", "5\u00a0%"),
        ("[0.1, -0.2]", "[0.1,\u00a0-0.2]"),
        ("one, two", "one, two"),
    ],
)
def test_escape(text: str, safe: str) -> None:
    assert escape(text) == safe


@pytest.mark.parametrize(
    ("text", "set_"), [("-0.5", "\u22120.5"), ("[-1, -2]", "[\u22121, \u22122]"), ("1e-05", "1e-05")]
)
def test_minus(text: str, set_: str) -> None:
    assert minus(text) == set_


def test_colours_can_be_read(cifar10: dict[str, Any]) -> None:
    style = html.render(cifar10)
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{3,6})", style))
    for text in ("ink", "faint", "blue"):
        for ground in ("#ffffff", colours["tint"], colours["wash"]):
            assert contrast(colours[text], ground) >= 4.5
    for text in (drawing.INK, drawing.FAINT):
        assert contrast(text, "#ffffff") >= 4.5
    assert min(contrast(mark, "#ffffff") for mark in (drawing.NOW, drawing.THEN, drawing.RULE)) >= 3


def contrast(one: str, other: str) -> float:
    """WCAG 2.2's ratio of luminances."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
