"""Figures: every task and edge case draws; bytes repeat; text is escaped, apart and large enough; greys differ."""

from __future__ import annotations

import hashlib
import io
import os
import re
import subprocess
import sys
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import matplotlib
import pytest
from PIL import Image, ImageFont

from calibrate.errors import CalibrateError
from calibrate.figures import main_sheet, painted, panel, pictures
from calibrate.figures.panel import Panel, compact, filled
from calibrate.figures.sheet import Dots, Words
from calibrate.figures.words import caption, number
from calibrate.renderers import png, svg
from calibrate.results import Curve, Estimate, FitRecord, Result, Variant, Verdict

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = ("$x^2$", "<script>alert(1)</script>", "a\x1b[31mred", "\u202eevil", "x" * 300, "猫の名前", "🐈", "a & b")


def curve(
    *cells: tuple[int, float, float], kind: str = "event", label: str = "yes", bins: int = 15, rows: int = 1
) -> Curve:
    """A curve of (count, predicted, observed), each in the equal-width bin of its prediction."""
    at = {max(0, min(bins - 1, int(p * bins))): (n * rows, p, o) for n, p, o in cells}

    def each(value: int, shift: float = 0.0) -> tuple[float | None, ...]:
        return tuple(min(1.0, max(0.0, at[b][value] + shift)) if b in at else None for b in range(bins))

    count = tuple(at[b][0] if b in at else 0 for b in range(bins))
    lower, upper = tuple(b / bins for b in range(bins)), tuple((b + 1) / bins for b in range(bins))
    weight = tuple(map(float, count))
    return Curve(
        kind,
        label,
        lower,
        upper,
        count,
        weight,
        each(1),
        each(2),
        each(2, -0.1),
        each(2, 0.1),
        each(1, -0.06),
        each(1, 0.06),
    )


SPREAD = tuple((4 + 31 * i * i, (i + 0.4) / 15, max(0.0, (i - 1.2) / 15)) for i in range(15))
ECE = Estimate(0.0435, 0.0417, 0.0454, noise_floor=0.0016, noise_floor_p95=0.0025)


def record(**parameters: Estimate) -> FitRecord:
    return FitRecord(9000, 9000.0, parameters, "nll", 0.3, 0.2, 3, 1, True)


def multiclass(names: tuple[str, ...], after: str | None = "cross-fitted", cells: object = SPREAD) -> Result:
    parts = tuple(Estimate(0.01 * (i + 1)) for i in range(len(names)))
    curves = (curve(*cells, kind="top-label", label=""), *(curve(*cells, label=name) for name in names[:20]))  # type: ignore[misc]
    side = Variant({"ece": ECE, "classwise_ece": Estimate(0.02, parts=parts)}, curves)
    fit = record(temperature=Estimate(2.5058, 2.41, 2.603))
    return Result(
        "multiclass",
        "softmax",
        9000,
        9000.0,
        names,
        side,
        side if after else None,
        after_is=after,
        fit=fit,
        method="temperature",
    )


def events(names: tuple[str, ...], task: str = "multilabel") -> Result:
    parts = tuple(Estimate(0.08) for _ in names) if len(names) > 1 else ()
    side = Variant({"ece": replace(ECE, parts=parts)}, tuple(curve(*SPREAD, label=name) for name in names))
    return Result(task, "sigmoid", 9000, 9000.0, names, side, side, after_is="holdout")


THREE = ("cat", "dog", "fox")
LETTERS = tuple("abcdefghijklmnopqrstuvwxyz")
EMPTY = Result("multilabel", "sigmoid", 3, 3.0, LETTERS, Variant({}))
CASES = {
    "multiclass": multiclass(THREE),
    "one side": multiclass(THREE, None),
    "two classes": multiclass(("no", "yes"), "applied"),
    "twenty classes": multiclass(LETTERS[:20], "in-sample"),
    "multilabel": events(("even", "prime", "above_4", "closed_loop", "odd_square", "vertical_stroke")),
    "binary": events(("win",), "binary"),
    "top-label": replace(multiclass((), None), task="top-label"),
    "one row": multiclass(THREE, cells=((1, 1.0, 1.0),)),
    "one bin": multiclass(THREE, cells=((812, 0.5, 0.1),)),
    "all at 1.0": multiclass(THREE, cells=((9000, 1.0, 0.7),)),
    "wrong everywhere": events(("win",), "binary"),
    "no row": multiclass(THREE, cells=()),
    "no curve": replace(EMPTY, reason="all errors lie in one fold, " + "and that is few; " * 20, after_is=None),
    "no ece": replace(multiclass(THREE), before=replace(multiclass(THREE).before, metrics={})),
    "ece without value": replace(multiclass(THREE), after=Variant({"ece": Estimate(None, reason="none")}, ())),
    "hostile": multiclass(HOSTILE),
    "long names": multiclass(("x" * 300, "W" * 60, "i" * 60)),
    "long event": events(("W" * 300,), "binary"),
    "hostile event": events((HOSTILE[1],), "binary"),
    "many bins": events(("win",), "binary"),
    "huge": events(("win",), "binary"),
}


def with_curve(result: Result, one: Curve) -> Result:
    return replace(result, before=replace(result.before, curves=(one,)), after=None, after_is=None)


FLIPPED = tuple((50, (i + 0.5) / 15, 1 - (i + 0.5) / 15) for i in range(15))
CASES["wrong everywhere"] = with_curve(CASES["wrong everywhere"], curve(*FLIPPED))
CASES["many bins"] = with_curve(
    CASES["many bins"], curve(*((i, (i + 0.5) / 100, i / 100) for i in range(1, 100)), bins=100)
)
CASES["huge"] = replace(with_curve(CASES["huge"], curve(*SPREAD, rows=10**9)), n=123_456_789_012, weight=1.5e11)


@pytest.fixture(scope="module")
def drawn() -> dict[str, dict[str, bytes]]:
    return {name: pictures(result) for name, result in CASES.items()}


@pytest.mark.parametrize("name", CASES)
def test_every_case_gives_images_that_can_be_read(drawn: dict[str, dict[str, bytes]], name: str) -> None:
    for file, content in drawn[name].items():
        if file.endswith("png"):
            with Image.open(io.BytesIO(content)) as image:
                image.load()
                assert image.format == "PNG"
                assert image.width in (1050, 708)
                assert set(image.info) == {"Title", "Description", "dpi"}
        else:
            root = ElementTree.fromstring(content)
            assert root.get("role") == "img"
            assert [child.tag for child in root[:2]] == [f"{SVG}title", f"{SVG}desc"]
            assert not root.findall(f".//{SVG}script")
            assert not root.findall(f".//{SVG}metadata")


@pytest.mark.parametrize(
    ("name", "per_class"),
    [("multiclass", True), ("two classes", True), ("one side", True), ("multilabel", False), ("binary", False),
     ("top-label", False), ("no curve", False)],
)  # fmt: skip
def test_which_files_there_are(drawn: dict[str, dict[str, bytes]], name: str, per_class: bool) -> None:
    names = ["reliability", "reliability_classes"] if per_class else ["reliability"]
    assert list(drawn[name]) == [f"{one}.{kind}" for one in names for kind in ("png", "svg")]


def test_21_classes_have_no_small_multiples() -> None:
    many = multiclass(LETTERS[:21])
    curves = tuple(curve(*SPREAD, label=name) for name in LETTERS[:21])
    assert "reliability_classes.svg" not in pictures(
        replace(many, before=replace(many.before, curves=curves)), ("svg",)
    )


def texts(content: bytes) -> list[tuple[str, float, tuple[float, float, float, float]]]:
    """Every text of an SVG, its size, and its box (left, top, right, bottom) as DejaVu Sans sets it."""
    folder = Path(matplotlib.get_data_path()) / "fonts/ttf"
    fonts = {
        bold: ImageFont.truetype(str(folder / name), 100)
        for bold, name in ((False, "DejaVuSans.ttf"), (True, "DejaVuSans-Bold.ttf"))
    }
    found = []
    for element in ElementTree.fromstring(content).iter(f"{SVG}text"):
        style = element.attrib["style"]
        size = float(re.search(r"([\d.]+)px", style).group(1))  # type: ignore[union-attr]
        x, y = float(element.attrib["x"]), float(element.attrib["y"])
        width = fonts[" 700" in f" {style}"].getlength(element.text or "") * size / 100
        start = -width / 2 if "middle" in style else -width if "text-anchor: end" in style else 0.0
        box = (x + start, y - 0.75 * size, x + start + width, y + 0.2 * size)
        if "rotate(-90" in element.attrib["transform"]:
            box = (x - 0.75 * size, y - start - width, x + 0.2 * size, y - start)
        found.append((element.text or "", size, box))
    return found


@pytest.mark.parametrize("name", [name for name in CASES if "hostile" not in name])
def test_no_text_touches_another_or_the_edge_and_all_is_7_points_or_more(
    drawn: dict[str, dict[str, bytes]], name: str
) -> None:
    for file, content in drawn[name].items():
        if not file.endswith("svg"):
            continue
        _, _, width, height = map(float, ElementTree.fromstring(content).attrib["viewBox"].split())
        assert width <= 504
        found = texts(content)
        assert min(size for _, size, _ in found) >= 7
        for text, _, (left, top, right, bottom) in found:
            assert min(left, top) >= 0, text
            assert (max(right, width), max(bottom, height)) == (width, height), text
        for (one, _, a), (other, _, b) in combinations(found, 2):
            apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
            assert apart, (one, other)


def test_numbers_stand_in_a_free_corner_or_above_the_panel() -> None:
    """Over-confident bins leave the upper left free, under-confident ones the lower right, these none."""
    over = tuple((50, (i + 0.5) / 15, (i + 0.5) / 15 * 0.7) for i in range(15))
    under = tuple((50, (i + 0.5) / 15, 1 - (1 - (i + 0.5) / 15) * 0.4) for i in range(15))
    places = []
    for cells in (over, under, FLIPPED):
        sheet = main_sheet(with_curve(events(("win",), "binary"), curve(*cells)))
        top = next(
            mark.y for mark in sheet.marks if isinstance(mark, Words) and mark.text == "1" and mark.align == "right"
        )
        words = next(mark for mark in sheet.marks if isinstance(mark, Words) and mark.text.startswith("ECE"))
        places.append((words.align, words.y > top + 3))
    assert places == [("left", False), ("right", False), ("left", True)]


def test_foreign_text_is_escaped_and_never_markup(drawn: dict[str, dict[str, bytes]]) -> None:
    for content in (drawn["hostile"]["reliability.svg"], drawn["hostile"]["reliability_classes.svg"]):
        assert b"<script" not in content
        assert not {0x1B, 0x07} & set(content)
        assert "\u202e" not in content.decode()
    said = [text for text, _, _ in texts(drawn["hostile"]["reliability_classes.svg"])]
    assert {"$x^2$", r"a\x1b[31mred", r"\u202eevil", "猫の名前", "🐈", "a & b"} <= set(said)
    assert any(text.startswith("xxx") and text.endswith("...") for text in said)


def test_a_character_without_a_glyph_is_a_code_in_the_png_and_itself_in_the_svg() -> None:
    from calibrate.figures.paint import _Letters

    letters = _Letters("\U0001f9ea")
    words = Words(0, 0, "\U0001f9ea a", room=500)
    assert letters.fitted(words, drawable=False) == words.text
    assert letters.fitted(words, drawable=True) in (words.text, "\\U0001f9ea a")
    letters.advances["\U0001f9ea", False] = None
    assert letters.fitted(words, drawable=True) == "\\U0001f9ea a"
    assert letters.fitted(replace(words, room=40.0), drawable=True) == "..."


@pytest.mark.parametrize(("after_is", "heading"), [
    ("cross-fitted", "after, cross-fitted"),
    ("holdout", "after, on the holdout rows"),
    ("in-sample", "after, in-sample: optimistic"),
    ("applied", "after, saved model applied"),
])  # fmt: skip
def test_what_after_means_is_said_on_the_panel_and_in_the_alternative_text(after_is: str, heading: str) -> None:
    content = painted(multiclass(THREE, after_is), "svg")
    assert heading in [text for text, _, _ in texts(content)]
    description = ElementTree.fromstring(content)[1].text or ""
    assert heading.capitalize() in description


def test_the_main_numbers_are_in_the_picture_and_in_its_description() -> None:
    result = replace(multiclass(THREE), verdict=Verdict("better", "Better: NLL fell."))
    content = painted(result, "svg")
    said = [text for text, _, _ in texts(content)]
    assert said.count("ECE 0.0435 [0.0417, 0.0454]") == 2
    assert said.count("noise floor 0.0016, 95 % point 0.0025") == 2
    assert "n = 9,000 rows; temperature T = 2.506 [2.41, 2.603]" in said
    assert "cat, dog, fox" in said
    counts = [f"{4 + 31 * i * i:,}" for i in range(15)]
    assert [text for text in counts if said.count(text) >= 2] == counts
    title, description = (ElementTree.fromstring(content)[i].text or "" for i in (0, 1))
    assert title == "Reliability of the top label, 3 classes"
    assert "ECE 0.0435 [0.0417, 0.0454]" in description
    assert "Observed lies below predicted in 15 of 15 bins that hold rows." in description
    assert "Better: NLL fell." in description


def test_small_multiples_name_every_class_with_its_errors() -> None:
    said = [text for text, _, _ in texts(painted(multiclass(THREE), "svg", per_class=True))]
    for i, name in enumerate(THREE):
        assert name in said
        assert f"ECE {0.01 * (i + 1):.4f} → {0.01 * (i + 1):.4f}" in said


def test_per_class_of_what_has_no_classes_is_refused_and_of_one_event_is_the_main_figure() -> None:
    with pytest.raises(CalibrateError, match="found 0 curves") as caught:
        painted(EMPTY, "svg", per_class=True)
    assert caught.value.code == "E531"
    one = events(("win",), "binary")
    assert painted(one, "svg", per_class=True) == painted(one, "svg")


def test_renderers_give_the_main_figure(drawn: dict[str, dict[str, bytes]]) -> None:
    for name in ("multiclass", "multilabel", "binary"):
        assert png.render(CASES[name]) == drawn[name]["reliability.png"]
        assert svg.render(CASES[name]) == drawn[name]["reliability.svg"]


def test_captions() -> None:
    labels = record(**{"temperature[a]": Estimate(3.0), "temperature[b]": Estimate(1.5)})
    assert caption(replace(EMPTY, fit=labels)) == "n = 3 rows; temperatures T = 1.5 to 3"
    assert caption(replace(EMPTY, fit=record(slope=Estimate(2.0)), method="beta")) == "n = 3 rows; method beta"
    assert caption(replace(EMPTY, n=1, weight=2.5)) == "n = 1 row; total weight 2.5"
    assert caption(replace(EMPTY, reason="too few\nerrors")) == r"n = 3 rows; too few\nerrors"


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (9_999, "9,999"),
        (10_000, "10k"),
        (12_345, "12.3k"),
        (999_950, "1M"),
        (8_280_000_000, "8.28G"),
        (10**18, "1e18"),
    ],
)
def test_compact_counts(count: int, text: str) -> None:
    assert compact(count) == text


def test_numbers_keep_digits_that_four_decimals_would_hide() -> None:
    assert [number(value) for value in (0.0, 0.04351, 1.0, 0.0005, 0.00049, 3e-7)] == [
        "0.0000", "0.0435", "1.0000", "0.0005", "0.00049", "3e-07",
    ]  # fmt: skip


def test_dots_stand_where_the_numbers_say() -> None:
    place = Panel(10, 20, 100, 200)
    dots = panel.dots(place, filled(curve((7, 0.25, 0.5), (3, 1.0, 0.0))), size=4)
    assert dots == Dots(((35.0, 120.0), (110.0, 20.0)), 4, panel.OBSERVED, panel.OBSERVED)


def test_a_line_is_broken_at_an_empty_bin() -> None:
    bins = filled(curve((20, 0.1, 0.1), (20, 0.3, 0.3), (20, 0.5, 0.5), bins=5))
    assert [len(panel.joined(Panel(0, 0, 1, 1), chosen, "red").lines) for chosen in (bins, bins[::2])] == [2, 0]


def test_bins_of_no_width_can_be_seen() -> None:
    for edge in (0.0, 0.5, 1.0):
        corners = Panel(0, 0, 100, 100).box(edge, 0.2, edge, 0.4)
        assert max(x for x, _ in corners) - min(x for x, _ in corners) == 2
        assert all(0 <= x <= 100 for x, _ in corners)


def test_greys_of_what_must_be_told_apart_differ() -> None:
    """Rec. 601 luma, as a grey printer has it: before and after, gap and band, dots and what lies behind them."""

    def luma(colour: str) -> float:
        red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        return 0.299 * red + 0.587 * green + 0.114 * blue

    for dark, light in (
        (panel.OBSERVED, panel.EARLIER), (panel.OBSERVED, panel.BAND), (panel.EARLIER, panel.BAND),
        (panel.GAP_EDGE, panel.GAP_FACE), (panel.OBSERVED, panel.GAP_EDGE), (panel.OBSERVED, panel.COUNT),
        (panel.BAND, panel.GAP_FACE),
    ):  # fmt: skip
        assert luma(light) - luma(dark) >= 15, (dark, light)


SCRIPT = """
import hashlib, importlib.util, sys
found = importlib.util.spec_from_file_location("cases", sys.argv[1])
from calibrate.figures import pictures
assert "matplotlib" not in sys.modules
from calibrate.figures import paint
import matplotlib
before = dict(matplotlib.rcParams.copy())
cases = importlib.util.module_from_spec(found)
found.loader.exec_module(cases)
for name in ("multiclass", "hostile"):
    for file, content in pictures(cases.CASES[name]).items():
        print(name, file, hashlib.sha256(content).hexdigest())
assert dict(matplotlib.rcParams.copy()) == before
assert "matplotlib.pyplot" not in sys.modules
"""


def test_same_bytes_whatever_the_hash_seed_the_home_and_the_users_settings(
    drawn: dict[str, dict[str, bytes]], tmp_path: Path
) -> None:
    """A home that nobody can write, a matplotlibrc that would change every mark: no word on stderr, nothing left."""
    (tmp_path / "matplotlibrc").write_text("font.size: 40\nlines.linewidth: 9\nsvg.fonttype: path\ntext.usetex: True\n")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("MPL", "XDG_", "MATPLOTLIB"))}
    settings = {"HOME": os.devnull, "TMPDIR": str(temporary), "PYTHONHASHSEED": "7"}
    settings["PYTHONPATH"] = str(Path(__file__).parents[2])
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT, __file__],
        env=kept | settings, cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ran.stderr, ran.returncode) == ("", 0)
    assert ran.stdout.splitlines() == [
        f"{name} {file} {hashlib.sha256(content).hexdigest()}"
        for name in ("multiclass", "hostile")
        for file, content in drawn[name].items()
    ]
    assert list(temporary.iterdir()) == []


NOWHERE = """
import os, tempfile
from calibrate.errors import TITLES, CalibrateError
from calibrate.figures import pictures
from calibrate.results import Result, Variant

def refuse(*names, **options):
    raise OSError("no room")

tempfile.mkdtemp = refuse
try:
    pictures(Result("binary", "sigmoid", 1, 1.0, (), Variant({})))
except CalibrateError as error:
    print(error.code, error.code in TITLES, "MPLCONFIGDIR" in error.hint)
"""


def test_no_folder_for_the_font_cache_is_the_users_to_mend(tmp_path: Path) -> None:
    settings = {"MPLCONFIGDIR": os.path.join(os.devnull, "x"), "PYTHONPATH": str(Path(__file__).parents[2])}
    ran = subprocess.run(
        [sys.executable, "-c", NOWHERE],
        env=dict(os.environ) | settings, cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ran.stdout, ran.stderr) == ("E530 True True\n", "")
