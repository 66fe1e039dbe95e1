"""Paint a sheet with Matplotlib: PNG by Agg and SVG from the same Figure; the only file that knows Matplotlib.

No Axes: a Figure holds a few paths in points, which draws several times faster than ticks and spines
do, and leaves the place of every mark to the layout. Text in the SVG stays text (`svg.fonttype: none`): it can
be searched, selected and read aloud, the file is small, and nothing depends on glyph outlines. DejaVu Sans is
among the widest of sans-serif fonts, so that a viewer's own font does not make texts collide.
Same sheet, same bytes: no date, no version, fixed ids, and Matplotlib's own defaults whatever matplotlibrc says.
"""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from calibrate.errors import CalibrateError, shown
from calibrate.figures.sheet import Area, Dots, Mark, Point, Sheet, Stroke, Words


@contextmanager
def _quiet() -> Iterator[None]:
    """Matplotlib logs to stderr that it made a temporary font cache (HOME not writable): of no use to our users."""
    logger = logging.getLogger("matplotlib")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    except OSError as error:
        raise CalibrateError(
            "E530",
            f"Matplotlib finds no folder that it may write its font cache into: {shown(error, 200)}",
            "set MPLCONFIGDIR to a folder that can be written, or leave the figures out with --no-plot",
        ) from error
    finally:
        logger.setLevel(level)


with _quiet():
    import matplotlib
    from matplotlib.artist import Artist
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties, fontManager
    from matplotlib.ft2font import FT2Font
    from matplotlib.lines import Line2D
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path
    from matplotlib.text import Text
    from matplotlib.transforms import Affine2D

DPI = 150
STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "calibrate",
    "font.sans-serif": ["DejaVu Sans"],
    "hatch.linewidth": 0.6,
    "text.hinting": "none",
    "text.usetex": False,
    "path.simplify": False,
    "agg.path.chunksize": 0,
}
WIDER_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Source Han Sans SC",
    "WenQuanYi Zen Hei",
    "PingFang SC",
    "Hiragino Sans",
    "Microsoft YaHei",
    "Yu Gothic",
    "Malgun Gothic",
    "Apple SD Gothic Neo",
    "Arial Unicode MS",
    "Nirmala UI",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
    "Noto Emoji",
    "Segoe UI Symbol",
)
"""Asked, where they are installed, for characters that DejaVu Sans lacks."""


def paint(sheet: Sheet, kinds: Sequence[str] = ("png", "svg")) -> dict[str, bytes]:
    """The sheet as bytes of each kind.

    A character that no font here can draw stands in the PNG as its code (`\\u732b`); the SVG keeps it, for the
    viewer's fonts.
    """
    with _style():
        figure = Figure(figsize=(sheet.width / 72, sheet.height / 72), dpi=DPI, facecolor="white", edgecolor="white")
        points = Affine2D().scale(1 / 72) + figure.dpi_scale_trans
        letters = _Letters("".join(mark.text for mark in sheet.marks if isinstance(mark, Words)))
        texts = []
        for order, mark in enumerate(sheet.marks):
            artist = _artist(mark, points, letters)
            artist.set(transform=points, zorder=order)
            figure.add_artist(artist)
            if isinstance(mark, Words):
                texts.append((artist, mark))
        found = {"png": _png(figure, sheet)} if "png" in kinds else {}
        if "svg" in kinds:
            found["svg"] = _svg(figure, sheet, texts, letters)
    return found


@contextmanager
def _style() -> Iterator[None]:
    """Matplotlib's built-in settings, and ours: what a matplotlibrc of the user says must not change the bytes."""
    kept = {"backend", "backend_fallback", "interactive", "toolbar", "timezone"}
    settings: Any = {key: value for key, value in matplotlib.rcParamsDefault.items() if key not in kept}
    with matplotlib.rc_context():
        with warnings.catch_warnings():  # some of the defaults are there only to warn that they will go
            warnings.simplefilter("ignore", matplotlib.MatplotlibDeprecationWarning)
            matplotlib.rcParams.update(settings)
        matplotlib.rcParams.update(STYLE)  # type: ignore[arg-type]
        yield


def _artist(mark: Mark, points: Any, letters: _Letters) -> Artist:
    if isinstance(mark, Stroke):
        dashes: Any = (0, mark.dash) if mark.dash else "solid"
        path = _path(mark.lines, closed=False)
        return PathPatch(
            path, fill=False, edgecolor=mark.colour, linewidth=mark.width, linestyle=dashes, capstyle="butt"
        )
    if isinstance(mark, Area):
        path = _path(mark.outlines, closed=True)
        return PathPatch(path, facecolor=mark.face, edgecolor=mark.edge, linewidth=mark.line, hatch=mark.hatch or None)
    if isinstance(mark, Dots):
        across, up = zip(*mark.points, strict=True) if mark.points else ((), ())
        return Line2D(
            across,
            up,
            linestyle="none",
            marker="o",
            markersize=mark.size,
            markerfacecolor=mark.face,
            markeredgecolor=mark.edge,
            markeredgewidth=mark.line,
        )
    return Text(
        mark.x,
        mark.y,
        letters.fitted(mark, drawable=True),
        color=mark.colour,
        fontproperties=FontProperties(
            family=["sans-serif", *letters.wider], size=mark.size, weight="bold" if mark.bold else "normal"
        ),
        horizontalalignment=mark.align,
        verticalalignment="center_baseline" if mark.turned else "baseline",
        rotation=90 if mark.turned else 0,
        rotation_mode="anchor",
        parse_math=False,
    )


def _path(lines: Sequence[Sequence[Point]], *, closed: bool) -> Path:
    """All lines as one path: one call to the backend instead of one for each."""
    corners: list[Point] = []
    codes: list[Any] = []
    for line in lines:
        corners += line
        codes += [Path.MOVETO, *[Path.LINETO] * (len(line) - 1)]
        if closed:
            corners.append(line[0])
            codes.append(Path.CLOSEPOLY)
    return Path(corners or [(0, 0)], codes or [Path.MOVETO])


def _png(figure: Figure, sheet: Sheet) -> bytes:
    """Without the alpha channel of `print_png`, whose page is white anyway, and lightly packed: half the time."""
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    said = PngInfo()
    said.add_text("Title", sheet.title)
    said.add_text("Description", sheet.description)
    out = io.BytesIO()
    page = canvas.buffer_rgba()
    image = Image.frombuffer("RGBA", (page.shape[1], page.shape[0]), page, "raw", "RGBA", 0, 1).convert("RGB")
    image.save(out, "png", pnginfo=said, dpi=(DPI, DPI), compress_level=4)
    return out.getvalue()


def _svg(figure: Figure, sheet: Sheet, texts: Sequence[tuple[Any, Words]], letters: _Letters) -> bytes:
    out = io.BytesIO()
    canvas: Any = FigureCanvasSVG(figure)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        for artist, words in texts:
            artist.set_text(letters.fitted(words, drawable=False))
        canvas.print_svg(out, metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    said = (
        f"<title>{escape(sheet.title, quote=False)}</title>\n <desc>{escape(sheet.description, quote=False)}</desc>\n"
    )
    head, start, rest = out.getvalue().decode().partition("<svg ")
    attributes, end, body = rest.partition(">\n")
    return f'{head}{start}role="img" {attributes}{end} {said}{body}'.encode()


def _font(name: str, bold: bool) -> FT2Font:
    font = FT2Font(fontManager.findfont(FontProperties(family=[name], weight="bold" if bold else "normal")))
    font.set_size(100, 72)
    return font


class _Letters:
    """Which characters of a text the fonts can draw, and how wide these are.

    wider       installed fonts that are asked beside DejaVu Sans; () as long as that one draws everything
    """

    def __init__(self, text: str) -> None:
        self.fonts = {bold: [_font("DejaVu Sans", bold)] for bold in (False, True)}
        self.wider: tuple[str, ...] = ()
        if not all(fonts[0].get_char_index(ord(char)) for char in set(text) for fonts in self.fonts.values()):
            installed = {entry.name for entry in fontManager.ttflist}
            self.wider = tuple(name for name in WIDER_FONTS if name in installed)
            for bold, fonts in self.fonts.items():
                fonts += [_font(name, bold) for name in self.wider]
        self.advances: dict[tuple[str, bool], float | None] = {}

    def advance(self, char: str, bold: bool) -> float | None:
        """Width in units of the font size; None where no font has the character."""
        if (char, bold) not in self.advances:
            font = next((font for font in self.fonts[bold] if font.get_char_index(ord(char))), None)
            width = None if font is None else font.load_char(ord(char)).linearHoriAdvance / 6553600
            self.advances[char, bold] = width
        return self.advances[char, bold]

    def fitted(self, words: Words, drawable: bool) -> str:
        """The text, cut to its room; characters without a glyph as their code where it must be drawable here."""
        if words.room is None:
            return words.text
        pieces = [self._piece(char, words.bold, drawable) for char in words.text]
        room = words.room / words.size
        if sum(width for _, width in pieces) <= room:
            return "".join(piece for piece, _ in pieces)
        room -= 3 * (self.advance(".", words.bold) or 0.0)
        kept = []
        for piece, width in pieces:
            room -= width
            if room < 0:
                break
            kept.append(piece)
        return "".join(kept).rstrip() + "..."

    def _piece(self, char: str, bold: bool, drawable: bool) -> tuple[str, float]:
        width = self.advance(char, bold)
        if width is not None:
            return char, width
        if not drawable:
            return char, 1.2
        code = char.encode("unicode_escape").decode("ascii")
        return code, sum(self.advance(part, bold) or 0.0 for part in code)
