"""`calibrate check` as a pipeline runs it: exit codes, every output, the files that gates come from, hostile names."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import junitparser
import numpy as np
import pytest

from calibrate.cli.start import start

Say = Callable[..., tuple[int, str, str]]
DATA = Path(__file__).resolve().parents[2] / "sample_data"
CIFAR = (str(DATA / "cifar10" / "logits.csv"), str(DATA / "cifar10" / "labels.csv"))
HOLDOUT = (str(DATA / "cifar10" / "holdout_logits.npy"), str(DATA / "cifar10" / "holdout_labels.npy"))
EMPLOYMENT = str(DATA / "employment" / "calibration.csv")
HOSTILE = ["<script>alert(1)</script>", "::error::owned", "[red]x[/red]", "=cmd()", "a|b", "two\nlines", "##[error]z"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fitted") / "out"
    assert start(["fit", *CIFAR, "-o", str(folder), "-q", "--no-plot"]) == 0
    return folder / "model.json"


def sets(folder: Path) -> tuple[str, str, str, str]:
    """Labels, and scores that are equal, better, worse."""
    rng = np.random.default_rng(3)
    z = rng.normal(size=(2000, 4)) * 2
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    y = (p.cumsum(axis=1) < rng.random((2000, 1))).sum(axis=1)
    names = ("equal", "better", "worse")
    for name, scores in zip(names, (1.8 * z, z, 3 * z + rng.normal(size=z.shape)), strict=True):
        np.save(folder / f"{name}.npy", scores)
    np.save(folder / "y.npy", y)
    return "y.npy", *(f"{name}.npy" for name in names)  # type: ignore[return-value]


def test_a_baseline_acted_out(say: Say, tmp_path: Path) -> None:
    y, equal, better, worse = sets(tmp_path)
    code, out, _ = say("score", equal, y, "--json")
    assert code == 0
    (tmp_path / "baseline.json").write_text(out)
    for scores, expected in ((better, 0), (equal, 0), (worse, 1)):
        code, out, _ = say("check", scores, y, "--baseline", "baseline.json")
        assert code == expected, out
        assert {0: "passed:", 1: "failed:"}[expected] in out
        code, _, _ = say("check", scores, y, "--baseline-scores", equal)
        assert code == expected


def test_a_baseline_is_rewritten_on_zero_alone(say: Say, tmp_path: Path) -> None:
    y, equal, better, worse = sets(tmp_path)
    baseline = tmp_path / "baseline.json"
    asked = ("--max-increase", "nll=0.0", "--on", "lenient", "--baseline", "baseline.json", "--update-baseline")
    assert say("check", equal, y, *asked)[0] == 2  # nothing to compare with, nothing else to judge
    assert say("check", equal, y, "--max", "nll=5", "--baseline", "baseline.json", "--update-baseline")[0] == 0
    first = baseline.read_bytes()
    assert say("check", worse, y, *asked)[0] == 1
    assert say("check", worse, y, *asked, "--exit-zero")[0] == 0
    assert baseline.read_bytes() == first
    assert say("check", better, y, *asked)[0] == 0
    after = json.loads(baseline.read_bytes())
    assert after["before"]["nll"]["value"] < json.loads(first)["before"]["nll"]["value"]
    assert say("check", equal, y, *asked)[0] == 1


def test_a_rewritten_baseline_is_still_of_the_same_data(say: Say, tmp_path: Path) -> None:
    y, equal, _, _ = sets(tmp_path)
    asked = ("--max", "nll=5", "--max-increase", "ece=0", "--baseline", "baseline.json", "--update-baseline")
    (tmp_path / "baseline.json").write_text(say("score", equal, y, "--json")[1])
    for _ in range(3):
        code, out, _err = say("check", equal, y, *asked)
        assert code == 0, out
        assert "nothing can have changed" in " ".join(out.split())


def test_a_result_of_a_set_is_not_rewritten(say: Say, model: Path, tmp_path: Path) -> None:
    y, equal, _, _ = sets(tmp_path)
    result = model.parent / "result.json"
    code, _, err = say("check", equal, y, "--max", "nll=5", "--baseline", result, "--update-baseline")
    assert code == 2
    assert "MANIFEST.sha256" in err


def test_the_result_of_a_fit_is_a_baseline(say: Say, model: Path) -> None:
    code, out, _ = say("check", *HOLDOUT, "--model", model, "--baseline", model.parent / "result.json")
    assert "unpaired" in out
    assert code in (0, 1)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--max", "ece=0.5"), 0),
        (("--max", "ece=0.001"), 1),
        (("--max", "ece=0.001", "--exit-zero"), 0),
        (("--min", "accuracy=0.95"), 4),
        (("--min", "accuracy=0.95", "--exit-zero"), 0),
        (("--min", "accuracy=0.95", "--inconclusive", "pass"), 0),
        (("--min", "accuracy=0.95", "--on", "lenient"), 0),
        (("--min", "accuracy=0.95", "--max", "ece=0.001"), 1),
        (("--max", "mce=0.9", "--min", "accuracy=0.5"), 0),
        (("--max", "ece=nan"), 2),
        (("--max", "ece"), 2),
        (("--max", "eec=0.1"), 2),
        ((), 2),
        (("--preset", "not-worse"), 2),
        (("--gates", "missing.toml"), 2),
        (("--baseline", "missing.json"), 2),
        (("--update-baseline", "--max", "ece=0.5"), 2),
        (("--frobnicate",), 2),
    ],
)
def test_exit_codes(say: Say, arguments: tuple[str, ...], code: int) -> None:
    found, out, err = say("check", *HOLDOUT, *arguments)
    assert found == code, out + err
    assert ("error[E" in err) == (code == 2)


def test_no_data_are_needed_for_a_saved_result(say: Say, model: Path) -> None:
    result = model.parent / "result.json"
    assert say("check", "--result", result, "--max", "ece=0.05")[0] == 0
    assert say("check", "--result", result, "--preset", "not-worse")[0] == 0
    assert say("check", "--result", result, *HOLDOUT, "--max", "ece=0.05")[0] == 2
    assert say("check", "--result", result, "--max", "ece:bins=7=0.05")[0] == 2
    assert say("check", "--max", "ece=0.05")[0] == 2


class TestFiles:
    GATES = "[gates.ece]\nmax = 0.001\n"

    def test_found_in_the_folder(self, say: Say, tmp_path: Path) -> None:
        (tmp_path / "calibrate.toml").write_text(self.GATES)
        code, _, err = say("check", *HOLDOUT)
        assert code == 1
        assert "calibrate.toml" in err
        assert say("check", *HOLDOUT, "--max", "ece=0.5")[0] == 0

    def test_found_in_the_project_file(self, say: Say, tmp_path: Path) -> None:
        project = tmp_path / "pyproject.toml"
        project.write_text("[project]\nname = 'x'\n")
        assert say("check", *HOLDOUT)[0] == 2
        project.write_text("[project]\nname = 'x'\n[tool.calibrate.gates.ece]\nmax = 0.001\n")
        assert say("check", *HOLDOUT)[0] == 1
        project.write_text("this is no TOML")
        assert say("check", *HOLDOUT, "--max", "ece=0.5")[0] == 0
        (tmp_path / "calibrate.toml").write_text("[gates.ece]\nmax = 0.5\n")
        assert say("check", *HOLDOUT)[0] == 0

    def test_a_baseline_is_relative_to_the_file(self, say: Say, tmp_path: Path) -> None:
        (tmp_path / "ci").mkdir()
        (tmp_path / "ci" / "baseline.json").write_text(say("score", *HOLDOUT, "--json")[1])
        (tmp_path / "ci" / "gates.toml").write_text('baseline = "baseline.json"\n[gates.nll]\nmax_increase = 0.0\n')
        assert say("check", *HOLDOUT, "--gates", "ci/gates.toml")[0] == 0

    @pytest.mark.parametrize(
        "text", ["[gates.ece\nmax = 1", "gates = 1", "\xff", "[gates.ece]\nmax = 'x'", "[gates.ece]\nmax = inf"]
    )
    def test_what_is_no_file_of_gates_is_refused(self, say: Say, tmp_path: Path, text: str) -> None:
        (tmp_path / "g.toml").write_bytes(text.encode("latin-1"))
        code, _, err = say("check", *HOLDOUT, "--gates", "g.toml")
        assert code == 2
        assert re.search(r"error\[E6\d\d\]: g\.toml: ", err)

    def test_groups_that_gates_are_about_are_read(self, say: Say, tmp_path: Path) -> None:
        (tmp_path / "calibrate.toml").write_text("[groups.sex.gates.accuracy]\nmin = 0.5\n")
        code, out, _ = say("check", EMPLOYMENT, "--json")
        assert code == 0
        assert {tuple(gate["group"]) for gate in json.loads(out)["gates"]} == {("sex", "female"), ("sex", "male")}


def hostile(folder: Path) -> tuple[str, ...]:
    """Binary data whose groups have the names of attacks, and gates that fail for every one."""
    rng = np.random.default_rng(0)
    rows = [(p, int(rng.random() < p**2), HOSTILE[i % len(HOSTILE)]) for i, p in enumerate(rng.random(1400).tolist())]
    quoted = [f'{p},{y},"{name.replace(chr(34), chr(34) * 2)}"' for p, y, name in rows]
    (folder / "s.csv").write_text("probability,label,who\n" + "\n".join(quoted) + "\n")
    (folder / "g.toml").write_text("[groups.who.gates.ece]\nmax = 0.001\n")
    return "s.csv", "--gates", "g.toml"


def test_hostile_names_are_text_in_every_format(say: Say, tmp_path: Path, monkeypatch: Any) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    files = hostile(tmp_path)
    code, out, err = say("check", *files, "--junit", "j.xml", "--md", "c.md", "--github")
    assert code == 1
    ours = [line for line in (out + err).splitlines() if line.lstrip().startswith("::")]
    assert len(ours) == len(HOSTILE)
    assert all(line.startswith("::error title=calibrate%3A FAIL::ECE <= 0.001, who = ") for line in ours)
    assert "##[" not in out + err
    assert "\x1b" not in out
    cases = ElementTree.parse(tmp_path / "j.xml").getroot().iter("testcase")
    assert any("<script>alert(1)</script>" in case.get("name", "") for case in cases)
    page = (tmp_path / "c.md").read_text()
    assert summary.read_text() == "before\n" + page
    assert "<script" not in page
    rows = [line for line in page.splitlines() if line.startswith("| **FAIL**")]
    assert len(rows) == len(HOSTILE)
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {6}
    code, out, err = say("check", *files, "--json", "--github")
    assert code == 1
    assert len(json.loads(out)["gates"]) == len(HOSTILE)
    assert "##[" not in out
    assert sum(line.startswith("::error ") for line in err.splitlines()) == len(HOSTILE)


def test_junit_counts_what_stops_the_run(say: Say, tmp_path: Path) -> None:
    (tmp_path / "g.toml").write_text(
        "[gates.ece]\nmax = 0.001\n[gates.accuracy]\nmin = 0.95\n[gates.nll]\nmax = 0.1\nlevel = 'warn'\n"
        "[gates.brier]\nmax = 2\n[classes.gates.nll]\nmax = 1\n"
    )
    assert say("check", *HOLDOUT, "--gates", "g.toml", "--junit", "j.xml")[0] == 1
    root = ElementTree.parse(tmp_path / "j.xml").getroot()
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("5", "2", "1")
    found = {case.get("name"): [child.tag for child in case] for case in root.iter("testcase")}
    assert list(found.values()) == [["failure"], ["failure"], ["system-out"], ["system-out"], ["error"]]
    assert [failure.get("type") for failure in root.iter("failure")] == ["FAIL", "inconclusive"]
    parsed = junitparser.JUnitXml.fromfile(str(tmp_path / "j.xml"))
    assert (parsed.tests, parsed.failures, parsed.errors) == (5, 2, 1)
    results = [type(result).__name__ for suite in parsed for case in suite for result in case.result]
    assert results == ["Failure", "Failure", "Error"]


def test_annotations_are_nine_and_how_many_more(say: Say, tmp_path: Path) -> None:
    limits = [part for bins in range(2, 20) for part in ("--max", f"ece:bins={bins}=0.0001")]
    (tmp_path / "g.toml").write_text("[gates.nll]\nmax = 0.1\nlevel = 'warn'\n")
    code, out, _ = say("check", *HOLDOUT, "--github", "--gates", "g.toml", *limits)
    assert code == 1
    errors = [line for line in out.splitlines() if line.startswith("::error")]
    assert len(errors) == 10
    assert errors[-1].endswith("::and 9 more")
    assert sum(line.startswith("::warning") for line in out.splitlines()) == 1


def test_a_comment_is_never_too_long(say: Say, tmp_path: Path) -> None:
    limits = [part for bins in range(2, 400) for part in ("--max", f"ece:bins={bins}=0.0001")]
    assert say("check", *HOLDOUT, "--md", "c.md", "--metrics", "ece", *limits)[0] == 1
    page = (tmp_path / "c.md").read_bytes()
    assert len(page) < 64_000
    assert b"more gates" in page


def test_outputs_are_refused_before_anything_is_read(say: Say, tmp_path: Path) -> None:
    for option in ("--junit", "--md"):
        code, out, err = say("check", *HOLDOUT, "--max", "ece=0.5", option, "missing/file")
        assert (code, out) == (2, "")
        assert "E503" in err
    assert say("check", *HOLDOUT, "--max", "ece=0.5", "--junit", "same", "--md", "same")[0] == 2
    assert list(tmp_path.iterdir()) == []


def test_every_run_gives_the_same_bytes(say: Say, model: Path, tmp_path: Path) -> None:
    told = []
    for executor in ("serial", "threads:workers=2", "threads:workers=3", "serial"):
        asked = ("--model", model, "--preset", "not-worse", "--max", "ece=0.03", "--json", "--junit", "j.xml")
        told.append((say("check", *HOLDOUT, *asked, "--executor", executor)[:2], (tmp_path / "j.xml").read_bytes()))
    assert len(set(told)) == 1


def test_lines_fit_eighty_columns(say: Say, tmp_path: Path) -> None:
    _, out, _ = say("check", *hostile(tmp_path))
    assert max(map(len, out.splitlines())) <= 80
