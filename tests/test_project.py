"""The project's own files: what they promise about each other."""

from __future__ import annotations

import ast
import hashlib
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import calibrate

ROOT = Path(__file__).parent.parent
OUTSIDE = re.compile(r"^\.(git$|fuzz$|venv|coverage|hypothesis|\w+_cache)|^__pycache__$|egg-info$")
OUTPUTS = ("build", "calibration", "demo", "dist", "htmlcov")
TARGETS = ("demo", "test", "test-lowest", "check", "cover", "lock", "audit")
TARGETS += ("bench", "fuzz", "torture", "mutants", "coverage", "clean")
DISTRIBUTION = {"PIL": "pillow", "markupsafe": "jinja2", "sklearn": "scikit-learn"}
"""Where the name that one imports is not the name that one installs; MarkupSafe is half of Jinja."""


def project_files(folder: Path = ROOT) -> Iterator[Path]:
    """Files that belong to the project: what `.gitignore` keeps out is left out here."""
    for path in sorted(folder.iterdir()):
        if OUTSIDE.search(path.name) or (folder == ROOT and path.name in OUTPUTS):
            continue
        if path.is_dir():
            yield from project_files(path)
        else:
            yield path


def metadata() -> dict[str, Any]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        found: dict[str, Any] = tomllib.load(file)["project"]
    return found


def distribution(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9_-]", requirement, maxsplit=1)[0]


def imported(node: ast.AST) -> set[str]:
    """Top-level names that a file imports when it runs, anywhere in it, from outside the package."""
    found: set[str] = set()
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if isinstance(child, ast.Import):
            found.update(alias.name.partition(".")[0] for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module and not child.level:
            found.add(child.module.partition(".")[0])
        else:
            found |= imported(child)
    return found - sys.stdlib_module_names - {"calibrate"}


def test_version_is_one() -> None:
    assert metadata()["version"] == calibrate.__version__


def test_version_has_its_entry_in_the_changelog() -> None:
    assert f"\n## {calibrate.__version__} " in (ROOT / "CHANGELOG.md").read_text()


def test_what_the_code_imports_is_declared() -> None:
    project = metadata()
    extras = project["optional-dependencies"]
    declared = {distribution(r) for r in [*project["dependencies"], *extras["dask"], *extras["pdf"]]}
    for path in sorted((ROOT / "calibrate").rglob("*.py")):
        unknown = {
            name for name in imported(ast.parse(path.read_text())) if DISTRIBUTION.get(name, name) not in declared
        }
        assert not unknown, f"{path.relative_to(ROOT)} imports {sorted(unknown)}, which pyproject.toml does not declare"


def test_every_registry_folder_has_its_contract() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    for folder in ("links", "calibrators", "metrics", "formats", "executors", "renderers"):
        assert f'modules = ["calibrate.{folder}.*"]' in text


def test_make_lists_its_targets() -> None:
    listed = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for target in TARGETS:
        assert re.search(rf"^  {target} +\S", listed, re.MULTILINE), f"`make` does not explain {target}"


def test_every_make_target_is_phony_and_documented() -> None:
    text = (ROOT / "Makefile").read_text()
    phony = set(re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE).group(1).split())  # type: ignore[union-attr]
    assert phony == set(re.findall(r"^([a-z-]+):.* ## ", text, re.MULTILINE))
    assert phony >= set(TARGETS)


def unexplained(text: str) -> list[int]:
    """Numbers of the lines that are excluded from the measurement of coverage without a reason of two words or more."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        pragma = re.search(r"#\s*pragma[:\s]\s*no\s*(cover|branch)\b(.*)", line, re.IGNORECASE)
        if pragma and len(re.findall(r"[A-Za-z]+", pragma[2])) < 2:
            found.append(number)
    return found


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("x = 1  # pragma: no cover", [1]),
        ("x = 1  # PRAGMA no branch", [1]),
        ("x = 1  # pragma:no cover  (because)", [1]),
        ("\n# pragma: no cover \n", [2]),
        ("x = 1  # pragma: no cover  only where there is no fork", []),
        ("x = 1  # covers nothing", []),
    ],
)
def test_an_exclusion_says_why(line: str, found: list[int]) -> None:
    assert unexplained(line) == found


def test_every_line_that_is_not_measured_says_why() -> None:
    for path in sorted((ROOT / "calibrate").rglob("*.py")):
        lines = unexplained(path.read_text())
        assert not lines, f"{path.relative_to(ROOT)}, lines {lines}: no reason beside `pragma: no cover`"


def test_what_must_be_covered_wholly_is_there() -> None:
    covered = runpy.run_path(str(ROOT / "tests" / "covered.py"))
    for part in covered["WHOLE"]:
        assert (ROOT / "calibrate" / part).is_dir() == part.endswith("/")
        assert (ROOT / "calibrate" / part).exists()
    missing = {"missing_lines": [7], "missing_branches": []}
    files = {f"calibrate/{name}": missing for name in ("reading/scale.py", "cli/exits.py", "cli/app.py")}
    assert [line.partition(":")[0] for line in covered["gaps"](files)] == list(files)[:2]


def test_files_are_small() -> None:
    sizes = {path: path.stat().st_size for path in project_files()}
    large = [str(path.relative_to(ROOT)) for path, size in sizes.items() if size > 700_000]
    assert not large, f"files over 700 kB: {large}"
    assert sum(size for path, size in sizes.items() if path.is_relative_to(ROOT / "sample_data")) < 2_500_000


def test_nothing_names_a_machine() -> None:
    # Written so that this file does not contain what it looks for.
    words = [
        "py" + "pi.org",
        "python" + "hosted",
        "np" + "mjs",
        "deb." + "debian",
        "/wo" + "rk/",
        "/ro" + "ot/",
        "/ho" + "me/",
    ]
    for path in project_files():
        text = path.read_bytes().decode("utf-8", errors="replace")
        named = [word for word in words if word in text]
        assert not named, f"{path.relative_to(ROOT)} names {named}"


def test_sample_data_is_what_was_listed(sample_data: Path) -> None:
    listed = dict(line.split("  ")[::-1] for line in (sample_data / "SHA256SUMS").read_text().splitlines())
    there = {str(p.relative_to(sample_data)): p for p in project_files(sample_data) if p.parent != sample_data}
    assert listed == {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in there.items()}


def test_sample_data_is_described(sample_data: Path) -> None:
    text = (sample_data / "README.md").read_text()
    what, origin = text.split("## Origin and licence")
    for folder in (path for path in sample_data.iterdir() if path.is_dir()):
        assert f"| `{folder.name}/` |" in what
        assert f"| `{folder.name}` |" in origin
        for path in folder.iterdir():
            assert f"`{path.name}`" in what, f"{path.relative_to(ROOT)} is not described"


@pytest.mark.slow
def test_wheel_holds_the_package_and_nothing_else(tmp_path: Path) -> None:
    # Of a copy: what lies about in the checkout must not decide what is built.
    copy = tmp_path / "project"
    for path in project_files():
        target = copy / path.relative_to(ROOT)
        if path.suffix != ".npy" and path.relative_to(ROOT).parts[0] != "sample_data":
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel"], cwd=copy, check=True, capture_output=True
    )
    (wheel,) = (copy / "dist").iterdir()
    names = zipfile.ZipFile(wheel).namelist()
    sources = {str(path.relative_to(ROOT)) for path in project_files(ROOT / "calibrate")}
    assert {name for name in names if ".dist-info/" not in name} == sources
    entry = zipfile.ZipFile(wheel).read(next(name for name in names if name.endswith("entry_points.txt"))).decode()
    assert "calibrate = calibrate.__main__:main" in entry


LOCKS = ("base.lock", "dev.lock")


def pinned(name: str) -> dict[str, list[str]]:
    """`numpy==2.4.6 ; python_full_version < '3.12'` -> the hashes of its files."""
    found: dict[str, list[str]] = {}
    for line in (ROOT / "requirements" / name).read_text().splitlines():
        if line.startswith("    --hash=sha256:"):
            found[list(found)[-1]].append(line.strip(" \\"))
        elif not line.startswith("#"):
            found[line.removesuffix(" \\")] = []
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_every_package_by_hash_and_names_no_index(name: str) -> None:
    for line, hashes in pinned(name).items():
        assert re.match(r"[a-z0-9._-]+==[^ ]+( ; .*)?$", line), f"{name}: {line}"
        assert hashes, f"{name}: {line} has no hash"
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", text) for text in hashes)
    assert "://" not in (ROOT / "requirements" / name).read_text()


def test_the_locks_are_of_these_requirements() -> None:
    project = metadata()
    build = (ROOT / "requirements" / "build.in").read_text()
    needed = {"base.lock": project["dependencies"] + re.findall(r"^[a-z]\S*", build, re.MULTILINE)}
    needed["dev.lock"] = needed["base.lock"] + [r for rs in project["optional-dependencies"].values() for r in rs]
    for name in LOCKS:
        there = {re.split("==| ", line)[0] for line in pinned(name)}
        missing = {distribution(r) for r in needed[name]} - there - {"calibrate"}
        assert not missing, f"{name} lacks {sorted(missing)}: make lock"
    base, dev = (pinned(name) for name in LOCKS)
    assert base.items() <= dev.items(), "the demonstration and the tests are of different packages: make lock"


def test_what_builds_is_what_is_locked() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        requires = tomllib.load(file)["build-system"]["requires"]
    assert set(requires) <= set((ROOT / "requirements" / "build.in").read_text().split())


def test_every_requirement_names_its_oldest_version() -> None:
    run = subprocess.run([sys.executable, ROOT / "tests" / "lowest.py"], capture_output=True, text=True, check=True)
    project = metadata()
    direct = [*project["dependencies"], *(r for rs in project["optional-dependencies"].values() for r in rs)]
    constrained = re.findall("^(.*)==", run.stdout, re.MULTILINE)
    assert constrained == [distribution(r) for r in direct if not r.startswith("calibrate")]
    assert "numpy==2.0\n" in run.stdout
