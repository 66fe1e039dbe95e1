"""Markdown holds the same sections, from the JSON alone, and nothing foreign becomes markup in it."""

from __future__ import annotations

import json
import re
from typing import Any

from calibrate.api import report as bundle
from calibrate.markup import escaped
from calibrate.reporting import html, markdown
from calibrate.reporting.pictures import pictures
from calibrate.versioned import encoded

from .conftest import HOSTILE


def test_the_same_sections_as_the_page(document: dict[str, Any]) -> None:
    text = markdown.render(document)
    titles = re.findall(r"^## \d+\. (.*)$", text, re.MULTILINE)
    page = re.findall(r'<h2 [^>]*><span class="number">\d+</span> (.*)</h2>', html.render(document))
    assert titles == page


def test_the_same_tables_as_the_page(document: dict[str, Any]) -> None:
    text = markdown.render(document)
    assert len(re.findall(r"^\*\*Table \d+\.\*\*", text, re.MULTILINE)) == html.render(document).count("<table>")


def test_it_is_rendered_from_the_file_alone(document: dict[str, Any]) -> None:
    assert markdown.render(json.loads(encoded(document))) == markdown.render(document)


def test_links_lead_to_headings(document: dict[str, Any]) -> None:
    text = markdown.render(document)
    headings = {
        re.sub(r"[^\w -]", "", line.lower()).strip().replace(" ", "-")
        for line in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    }
    links = re.findall(r"(?<!\\)\]\(#([^)]*)\)", text)
    assert links
    assert set(links) <= headings


def test_pictures_are_those_that_there_are(document: dict[str, Any]) -> None:
    text = markdown.render(document)
    assert set(re.findall(r"^!\[.*\]\((\S*)\)$", text, re.MULTILINE)) == set(pictures(document))


def test_a_bundle_holds_the_pictures_that_its_pages_show(document: dict[str, Any]) -> None:
    shown = set(re.findall(r"^!\[.*\]\((\S*)\)$", markdown.render(document), re.MULTILINE))
    files = bundle.derived(document)
    assert shown == {name for name in files if name.endswith((".svg", ".png"))}
    assert set(files) <= set(bundle.NAMES)


def test_rows_of_a_table_have_as_many_cells_as_its_head(document: dict[str, Any]) -> None:
    for table in re.findall(r"(?:^\|.*\|\n)+", markdown.render(document), re.MULTILINE):
        widths = {len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) for line in table.splitlines()}
        assert len(widths) == 1, table


def test_hostile_text_is_text(hostile: dict[str, Any]) -> None:
    text = markdown.render(hostile)
    outside = re.sub(
        r"(`+)(?!`).*?(?<!`)\1(?!`)", "", re.sub(r"^(`{3,})\n.*?\n\1$", "", text, flags=re.MULTILINE | re.DOTALL)
    )
    assert "<" not in outside
    assert "\u202e" not in text
    assert not re.search(r"(?<!\\)\]\((?!#|reliability)", outside)
    assert not re.search(r"@\w", outside)
    assert not re.search(r"^\s*(?:::|# heading|- item)", outside, re.MULTILINE)
    assert not re.search(r"https?://|www\.", outside)
    assert len(re.findall(r"^# ", text, re.MULTILINE)) == 1


def test_every_hostile_name_can_be_found(hostile: dict[str, Any]) -> None:
    text = markdown.render(hostile)
    for name in HOSTILE:
        assert escaped(name) in text
