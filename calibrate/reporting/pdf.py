"""report.pdf: the page as A4, tagged for screen readers; needs the extra `pdf` (WeasyPrint, and Pango beneath it)."""

from __future__ import annotations

import logging
from typing import Any

from calibrate.errors import CalibrateError, shown


def pdf(html: str) -> bytes:
    """The A4 pages of a `report.html`; its date is the report's own, nothing is fetched, equal pages give equal bytes.

    Raises `CalibrateError` E630 where the extra `pdf`, or the library Pango that it needs, is not installed.
    """
    try:
        from weasyprint import HTML
    except (ImportError, OSError) as problem:
        missing = "the extra `pdf` is not installed" if isinstance(problem, ImportError) else "Pango is not installed"
        raise CalibrateError(
            "E630",
            f"report.pdf: {missing}: {shown(problem, 120)}",
            (
                "pip install 'calibrate[pdf]', and Pango from the system's "
                "packages; report.html prints to A4 from any browser"
            ),
        ) from problem
    logger = logging.getLogger("weasyprint")
    level = logger.level
    logger.setLevel(logging.ERROR)  # it warns of properties that only browsers know
    try:
        content: bytes = HTML(string=html, url_fetcher=_nothing).write_pdf(pdf_variant="pdf/ua-1")
    finally:
        logger.setLevel(level)
    return content


def _nothing(url: str, *_: Any, **__: Any) -> dict[str, Any]:
    raise ValueError(f"nothing is fetched: {url}")
