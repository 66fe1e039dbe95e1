"""Names out of files are data in every output: no terminal, browser, spreadsheet or CI runner obeys them.

The names come from where an attacker would put them, a model file that is passed on, and go through every command.
"""

from __future__ import annotations

import ast
import csv
import io
import json
import re
import unicodedata
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

import calibrate
from calibrate.api import report as bundle
from calibrate.cli.start import start
from calibrate.outputs.manifest import MANIFEST
from calibrate.spreadsheet import unguard

NAMES = (
    "<script>alert(1)</script>",
    "\x1b[31mred\x1b[0m",
    "\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\",
    "\x9b31mC1",
    "\u202egnp.exe",
    "nul\x00byte",
    "=cmd|' /C calc'!A0",
    "@SUM(1)",
    "../../etc/passwd",
    "a|b`c`",
    "%0A::error::owned",
    "line\n::error::owned\r\n##[error]owned",
    "##vso[task.setvariable variable=x]y",
    "\x0b\ufffe\uffff",
    "\"'><img src=x onerror=alert(1)>",
    "]]><!--&amp;{{7*7}}${x}",
    "\u2028\u2029\ufeff\u200b",
    "[x](javascript:alert(1))",
)
K = len(NAMES)
GATES = """
[gates.nll]
max = 0.001
[classes.gates.ece]
max = 0.001
on = "point"
level = "warn"
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a hostile model, scores, labels and gates, and every output that can be made of them."""
    folder = tmp_path_factory.mktemp("hostile")
    rng = np.random.default_rng(5)
    labels = rng.integers(0, K, 40 * K)
    logits = rng.normal(size=(len(labels), K)) + 3 * np.eye(K)[labels]
    np.save(folder / "logits.npy", logits)
    np.save(folder / "labels.npy", labels)
    plain = json.loads(calibrate.fit(logits, labels).to_json())
    (folder / "model.json").write_text(json.dumps({**plain, "classes": NAMES}))
    (folder / "gates.toml").write_text(GATES)
    return folder


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """A command on the hostile model, in an empty folder: code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    data = [str(home / "logits.npy"), str(home / "labels.npy"), "--model", str(home / "model.json")]

    def call(command: str, *options: str, also: tuple[str, ...] = ()) -> tuple[int, str, str]:
        given = data if command not in ("apply", "inspect") else [str(home / "model.json"), data[0]]
        code = start([command, *given, *options, *also])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def unsafe(text: str) -> list[str]:
    """Characters that a terminal obeys, or that turn a line around, but for the ends of lines."""
    return sorted({f"{c!a}" for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl")})


def assert_tame(text: str) -> None:
    assert not unsafe(text)
    assert not re.search(r"##(\[|vso)", text)
    assert not re.search(r"^\s*::", text, re.MULTILINE)


class Page(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.handlers: list[tuple[str, str | None]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.handlers += [(name, value) for name, value in attrs if name.startswith("on") or name == "src"]
        self.handlers += [(n, v) for n, v in attrs if n == "href" and v and not v.startswith(("#", "https://"))]


def assert_cells(text: str) -> None:
    """No cell of a CSV is run by a spreadsheet."""
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert len({len(row) for row in rows}) == 1
    for cell in (cell for row in rows for cell in row):
        number = re.fullmatch(r"[-+]?[0-9.]+(e[-+]?[0-9]+)?", cell)
        assert number or not cell.startswith(("=", "+", "-", "@", "\t", "\r")), cell


@pytest.mark.parametrize("command", ["score", "check"])
def test_the_terminal_shows_and_obeys_nothing(run: Run, home: Path, command: str) -> None:
    also = ("--gates", str(home / "gates.toml")) if command == "check" else ()
    code, out, err = run(command, also=also)
    assert code == (1 if command == "check" else 0)
    assert_tame(out)
    assert_tame(err)
    assert "\\x1b[31m" in out + err or command == "score"


def test_json_on_a_terminal_is_json_without_control_characters(run: Run, home: Path) -> None:
    code, out, err = run("check", "--json", "--gates", str(home / "gates.toml"))
    assert code == 1
    assert_tame(out)
    assert_tame(err)
    assert json.loads(out)["classes"] == list(NAMES)


def test_junit_markdown_and_annotations(run: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    files = ("--junit", "j.xml", "--md", "c.md", "--github")
    code, out, err = run("check", *files, "--gates", str(home / "gates.toml"))
    assert code == 1
    cases = ElementTree.parse(tmp_path / "j.xml").getroot().findall(".//testcase")
    assert len(cases) == K + 1
    annotations = [line for line in (out + err).splitlines() if line.lstrip().startswith("::")]
    assert annotations
    assert all(re.match(r"::(error|warning|notice) title=[^:\n]*::", line) for line in annotations)
    assert not any("owned" in line.split("::")[1] for line in annotations)
    assert not unsafe(out + err)
    for name in ("c.md", "summary.md"):
        text = (tmp_path / name).read_text()
        assert_tame(text)
        assert "<script" not in text.lower()
        assert "<img" not in text.lower()
        assert "](javascript" not in text.replace("\\]", "")


def test_the_bundle(run: Run, home: Path, tmp_path: Path) -> None:
    code, out, err = run("report", "--gates", str(home / "gates.toml"), "-o", "out")
    assert code == 0
    assert_tame(out)
    assert_tame(err)
    files = {path.name: path for path in (tmp_path / "out").rglob("*")}
    assert set(files) <= {*bundle.NAMES, MANIFEST}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    page = Page(files["report.html"].read_text())
    assert not page.tags & {"script", "img", "iframe", "object", "embed", "link", "base", "form"}
    assert not page.handlers
    for name, path in files.items():
        text = path.read_text()
        if name.endswith((".html", ".md", ".csv")):
            assert not unsafe(text.replace("\u200b", "")), name
        if name.endswith(".csv"):
            assert_cells(text)
        if name.endswith(".svg"):
            tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(text).iter()}
            assert not tags & {"script", "foreignObject", "image", "a"}
    assert "<script" not in files["report.md"].read_text()


def test_the_header_of_probabilities(run: Run, tmp_path: Path) -> None:
    code, out, err = run("apply", "-o", "p.csv")
    assert (code, out) == (0, "")
    assert_tame(err)
    text = (tmp_path / "p.csv").read_bytes().decode()
    assert_cells(text)
    assert [unguard(cell) for cell in next(csv.reader(io.StringIO(text, newline="")))] == list(NAMES)


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_diagrams(run: Run, tmp_path: Path, kind: str) -> None:
    code, out, err = run("plot", "-o", f"d.{kind}", "--per-class")
    assert code == 0
    assert_tame(out)
    assert_tame(err)
    content = (tmp_path / f"d.{kind}").read_bytes()
    if kind == "svg":
        tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(content).iter()}
        assert not tags & {"script", "foreignObject", "a"}
        assert b"<script" not in content
    else:
        words = Image.open(io.BytesIO(content)).info.values()
        assert not unsafe(" ".join(word for word in words if isinstance(word, str)))


@pytest.mark.parametrize("name", [*NAMES, "x" * 300])
def test_the_name_of_a_file(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert start(["score", str(tmp_path / name.replace("/", "_"))]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "error[E10" in said.err
    assert_tame(said.err)


@pytest.mark.parametrize("name", ["../../x", "/etc/passwd", "os", "errors.CalibrateError", "..", "temperature/../x"])
@pytest.mark.parametrize("where", ["link", "calibrator", "method"])
def test_a_model_names_nothing_that_is_loaded(home: Path, tmp_path: Path, where: str, name: str) -> None:
    plain = json.loads((home / "model.json").read_text())
    plain[where] = {**plain["calibrator"], "name": name} if where == "calibrator" else name
    (tmp_path / "model.json").write_text(json.dumps(plain))
    answer = start(["apply", str(tmp_path / "model.json"), str(home / "logits.npy"), "-o", str(tmp_path / "p.csv")])
    assert answer == 2, "refused: the method is not that of its calibrator"


# What the product never does, whatever it is given: read off its own source.

NEVER_IMPORTED = {"pickle", "cPickle", "dill", "joblib", "shelve", "marshal", "yaml", "socket", "ssl", "http", "ftplib",
                  "urllib", "urllib3", "requests", "httpx", "aiohttp", "telnetlib", "smtplib", "xmlrpc", "ctypes",
                  "code", "codeop", "cffi"}  # fmt: skip
ALLOWED = {
    ("executors/dask.py", "pickle"): "between Dask's own processes, of what we made; never of a file",
    ("executors/dask.py", "ctypes"): "mallopt, which Python does not offer",
    ("outputs/exchange.py", "ctypes"): "renameat2 and renamex_np, which Python does not offer",
    ("reporting/bill.py", "urllib"): "urllib.parse.quote, which is text",
}
NEVER_CALLED = {"eval", "exec", "compile", "__import__", "breakpoint", "input"}
SOURCES = sorted(Path(calibrate.__file__).parent.rglob("*.py"))


def by_path(path: Path) -> str:
    return str(path.relative_to(Path(calibrate.__file__).parent))


@pytest.mark.parametrize("path", SOURCES, ids=by_path)
def test_nothing_is_unpickled_evaluated_or_fetched(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
        for name in names:
            top = name.partition(".")[0]
            assert top not in NEVER_IMPORTED or (by_path(path), top) in ALLOWED, f"line {node.lineno}: {name}"
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        assert called not in NEVER_CALLED, f"line {node.lineno}: {called}"
        assert called not in ("os.system", "os.popen", "np.fromfile"), f"line {node.lineno}: {called}"
        given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
        assert given.get("shell", "False") == "False"
        assert given.get("allow_pickle", "False") == "False"
        if called in ("np.load", "np.lib.format.read_array"):
            assert given.get("allow_pickle") == "False"


def test_every_exception_is_in_use() -> None:
    for name, module in ALLOWED:
        assert re.search(rf"\b{module}\b", (Path(calibrate.__file__).parent / name).read_text())
