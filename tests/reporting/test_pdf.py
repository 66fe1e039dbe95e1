"""PDF: the page as A4, the same bytes every time, and a clear word where it cannot be made."""

from __future__ import annotations

import re
import sys
import zlib
from typing import Any

import pytest

from calibrate.errors import CalibrateError
from calibrate.reporting import html
from calibrate.reporting.pdf import pdf


def streams(content: bytes) -> list[bytes]:
    """What the compressed streams of a PDF hold."""
    found = re.findall(rb"/FlateDecode.*?>>\s*stream\n(.*?)\nendstream", content, re.DOTALL)
    return [zlib.decompressobj().decompress(one) for one in found]


def _can() -> bool:
    try:
        import weasyprint  # noqa: F401
    except OSError:
        return False  # Pango is a library of the system, which no package index brings
    return True


@pytest.mark.slow
def test_a_pdf_is_made_or_what_is_missing_is_said(imagenet: dict[str, Any]) -> None:
    page = html.render(imagenet)
    if not _can():
        with pytest.raises(CalibrateError, match="Pango"):
            pdf(page)
        return
    content = pdf(page)
    assert content.startswith(b"%PDF-1.7")
    assert content == pdf(page)
    assert b"20260430" in b"".join(streams(content))


def test_without_the_extra_the_error_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(CalibrateError) as caught:
        pdf("<p>text</p>")
    assert caught.value.code == "E630"
    assert "calibrate[pdf]" in caught.value.hint
