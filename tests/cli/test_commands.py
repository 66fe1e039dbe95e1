"""The commands as a user runs them: what they print where, what they write, how they end."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calibrate.cli.app import COMMANDS
from calibrate.cli.start import start

DATA = Path(__file__).resolve().parents[2] / "sample_data"
CIFAR = (str(DATA / "cifar10" / "logits.csv"), str(DATA / "cifar10" / "labels.csv"))
HOLDOUT = (str(DATA / "cifar10" / "holdout_logits.npy"), str(DATA / "cifar10" / "holdout_labels.npy"))
EMPLOYMENT = str(DATA / "employment" / "calibration.csv")
DIGITS = (str(DATA / "digits_multilabel" / "logits.csv"), str(DATA / "digits_multilabel" / "labels.csv"))
TOP = str(DATA / "imagenet_top1" / "calibration.csv")

Told = tuple[int, str, str]
Say = Callable[..., Told]


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output folder of a fit of the sample data."""
    folder = tmp_path_factory.mktemp("fitted") / "out"
    assert start(["fit", *CIFAR, "-o", str(folder), "-q"]) == 0
    return folder


def test_fit_writes_the_whole_set(fitted: Path) -> None:
    names = {p.name for p in fitted.iterdir()} - {"MANIFEST.sha256"}
    pictures = {f"{stem}.{kind}" for stem in ("reliability", "reliability_classes") for kind in ("png", "svg")}
    assert names == {"model.json", "result.json", "probabilities.csv", *pictures}
    model = json.loads((fitted / "model.json").read_text())
    assert model["schema"] == "calibrate/model/1"
    assert model["calibrator"]["temperature"] == pytest.approx(2.4975, abs=1e-3)


def test_apply_gives_bitwise_what_fit_gave(say: Say, fitted: Path) -> None:
    code, out, _ = say("apply", fitted / "model.json", CIFAR[0])
    assert code == 0
    assert out == (fitted / "probabilities.csv").read_text()


def test_score_reads_the_probabilities_without_a_flag(say: Say, fitted: Path) -> None:
    code, out, _ = say("score", fitted / "probabilities.csv", CIFAR[1], "--json", "--metrics", "nll")
    record = json.loads((fitted / "model.json").read_text())["fit"]
    assert code == 0
    assert json.loads(out)["before"]["nll"]["value"] == pytest.approx(record["objective_after"], rel=1e-12)


def test_json_is_one_document_and_notes_go_to_standard_error(say: Say) -> None:
    code, out, err = say("score", *HOLDOUT, "--json")
    document = json.loads(out)
    assert code == 0
    assert document["schema"] == "calibrate/result/1"
    assert document["after"] is None
    assert set(document["before"]) == {"nll", "brier", "accuracy", "ece", "classwise_ece", "mce", "confidence_gap"}
    assert len(err.splitlines()) == 2
    assert "NaN" not in out and "Infinity" not in out


def test_quiet_says_nothing(say: Say) -> None:
    assert say("score", *HOLDOUT, "-q", "--metrics", "accuracy")[2] == ""


def test_score_with_a_model_has_before_after_and_a_verdict(say: Say, fitted: Path) -> None:
    code, out, _ = say("score", *HOLDOUT, "--model", fitted / "model.json")
    assert code == 0
    assert "Before" in out and "After" in out and "Change" in out
    assert "better: calibration helps" in out
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("arguments", "after_is", "n"),
    [
        ((), "cross-fitted", 4000),
        (("--holdout", "0.3"), "holdout", None),
        (("--folds", "0"), "in-sample", 4000),
        (("--holdout-scores", str(DATA / "employment" / "holdout.csv")), "holdout", 4000),
    ],
)
def test_after_is_what_it_says(say: Say, arguments: tuple[str, ...], after_is: str, n: int | None) -> None:
    code, out, _ = say("fit", EMPLOYMENT, "--json", "--no-plot", *arguments)
    document = json.loads(out)
    assert code == 0
    assert document["after_is"] == after_is
    assert document["n"] == (n or document["n"])
    assert (document["n"] + document["fit"]["n"] == 4000) == (arguments == ("--holdout", "0.3"))


def test_a_holdout_is_read_as_the_fitted_rows_were(say: Say, tmp_path: Path) -> None:
    other = str(DATA / "employment" / "holdout.csv")
    code, out, err = say("fit", EMPLOYMENT, "--holdout-scores", other, "--json", "--no-plot")
    roles = [item["role"] for item in json.loads(out)["inputs"]]
    assert (code, roles) == (0, ["scores and labels", "holdout scores and labels"])
    assert "read holdout.csv" in err
    assert say("fit", EMPLOYMENT, "--holdout-scores", *HOLDOUT[:1], "--holdout-labels", HOLDOUT[1])[0] == 2


@pytest.mark.parametrize(
    "arguments",
    [
        (EMPLOYMENT, "--holdout-scores", EMPLOYMENT),
        (*CIFAR, "--holdout-labels", CIFAR[1]),
        (EMPLOYMENT, "--holdout-scores", str(DATA / "employment" / "holdout.csv"), "--holdout", "0.3"),
    ],
)
def test_what_is_no_holdout_is_refused(say: Say, arguments: tuple[str, ...]) -> None:
    code, _, err = say("fit", *arguments)
    assert code == 2
    assert "error[E606]" in err


def test_a_model_clips_as_its_fit_did(say: Say, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("p,label\n" + "0.9,1\n0.2,0\n0.7,0\n0.4,1\n1.0,1\n0.0,1\n" * 5)
    assert say("fit", "p.csv", "--clip", "1e-3", "--no-plot", "--format", "csv", "-o", "out")[0] == 0
    code, out, _ = say("apply", "out/model.json", "p.csv")
    assert code == 0
    assert out == (tmp_path / "out" / "probabilities.csv").read_text()
    result = json.loads((tmp_path / "out" / "result.json").read_text())
    assert result["options"] == {"folds": 5, "holdout": None, "seed": 0, "reading": {"clip": 1e-3}}


def test_the_result_of_a_model_names_the_model(say: Say, fitted: Path) -> None:
    out = say("score", *HOLDOUT, "--model", fitted / "model.json", "--json", "--metrics", "nll")[1]
    model = json.loads(out)["inputs"][-1]
    assert model["role"] == "model"
    assert model["sha256"] == sha256((fitted / "model.json").read_bytes()).hexdigest()


def test_groups_are_reported(say: Say) -> None:
    code, out, _ = say("score", EMPLOYMENT, "--group", "sex", "--group", "race", "--json", "--metrics", "accuracy")
    groups = json.loads(out)["groups"]
    assert code == 0
    assert set(groups) == {"sex", "race"}
    assert sum(part["n"] for part in groups["sex"].values()) == 4000
    whole = sum(part["n"] * part["before"]["accuracy"]["value"] for part in groups["race"].values())
    assert whole / 4000 == pytest.approx(json.loads(out)["before"]["accuracy"]["value"])


def test_labels_have_a_temperature_each(say: Say) -> None:
    code, out, _ = say("fit", *DIGITS, "--link", "sigmoid", "-m", "temperature:per_label=true", "--no-plot")
    assert code == 0
    assert "temperature[even] 3.1" in out


def test_top_labels_are_measured_and_calibrated(say: Say) -> None:
    code, out, _ = say("fit", TOP, "--no-plot", "--json")
    document = json.loads(out)
    assert (code, document["task"]) == (0, "top-label")
    assert document["before"]["accuracy"]["value"] == pytest.approx(0.742)


@pytest.mark.parametrize(
    ("name", "start_of"), [("p.csv", b"airplane,"), ("p.npy", b"\x93NUMPY"), ("p.parquet", b"PAR1")]
)
def test_apply_writes_what_the_extension_says(
    say: Say, fitted: Path, tmp_path: Path, name: str, start_of: bytes
) -> None:
    code, out, _ = say("apply", fitted / "model.json", CIFAR[0], "-o", name)
    assert (code, out) == (0, "")
    assert (tmp_path / name).read_bytes().startswith(start_of)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ((), "0.8116264505894772,0.024508995124145887,0.16386455428637672"),
        (("--temperature", "1e9"), "0.33333333"),
        (("--link", "sparsemax"), "1.0,0.0,0.0"),
        (("--link", "gumbel-softmax", "--hard"), None),
    ],
)
def test_transform(say: Say, tmp_path: Path, arguments: tuple[str, ...], line: str | None) -> None:
    (tmp_path / "z.csv").write_text("2.3,-1.2,0.7\n")
    code, out, _ = say("transform", "z.csv", "--classes", "cat,dog,fox", *arguments)
    head, row = out.splitlines()
    assert (code, head) == (0, "cat,dog,fox")
    assert row.startswith(line) if line else sorted(row.split(",")) == ["0.0", "0.0", "1.0"]


def test_gumbel_samples_follow_the_seed(say: Say, tmp_path: Path) -> None:
    np.save(tmp_path / "z.npy", np.full((100, 4), 2.0))
    np.save(tmp_path / "y.npy", np.arange(100) % 4)
    for command in (("transform", "z.npy"), ("score", "z.npy", "y.npy", "--json")):
        one, again, other = (say(*command, "--link", "gumbel-softmax", "--seed", seed)[1] for seed in (1, 1, 2))
        assert one == again
        assert one != other
        assert say(*command, "--link", "gumbel-softmax:seed=1", "--seed", 2)[1] == one


def test_plot_writes_the_picture_and_prints_its_table(say: Say, tmp_path: Path) -> None:
    code, out, err = say("plot", *HOLDOUT, "-o", "r.svg")
    assert code == 0
    assert (tmp_path / "r.svg").read_text().startswith("<?xml")
    assert "confidence of the predicted class" in out
    assert "wrote r.svg" in err


def test_inspect_names_decisions_and_flags(say: Say) -> None:
    code, out, _ = say("inspect", *CIFAR)
    assert code == 0
    assert "--input logits" in out and "comma" in out
    document = json.loads(say("inspect", *CIFAR, "--json")[1])
    assert {d["what"] for d in document["decisions"]} >= {"delimiter", "header", "task", "scale"}


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("fit", "nowhere.csv"), "E101", "nowhere.csv"),
        (("fit", *CIFAR, "-m", "temprature"), "E601", "temperature"),
        (("fit", *CIFAR, "-m", "temperature:speed=9"), "E602", "speed"),
        (("fit", *CIFAR, "--metrics", "ecce"), "E601", "ece"),
        (("fit", *CIFAR, "--metrics", "ece:bins=0"), "E602", "bins"),
        (("fit", *CIFAR, "--folds", "1"), "E603", "folds"),
        (("fit", *CIFAR, "--holdout", "1.5"), "E603", "holdout"),
        (("fit", *CIFAR, "--ci", "95"), "E603", "ci"),
        (("fit", *CIFAR, "--seed", "-1"), "E603", "seed"),
        (("fit", *CIFAR, "--format", "xlsx"), "E510", "xlsx"),
        (("fit", *CIFAR, "--executor", "gpu"), "E601", "threads"),
        (("fit", *CIFAR, "--frobnicate"), "E600", "frobnicate"),
        (("fitt",), "E600", "fitt"),
        (("apply", CIFAR[0], CIFAR[0]), "E401", "model"),
        (("apply", "nowhere.json", CIFAR[0]), "E401", "nowhere.json"),
        (("transform", CIFAR[0], "-t", "0"), "E604", "positive"),
        (("transform", CIFAR[0], "--hard"), "E604", "gumbel"),
        (("transform", CIFAR[0], "-o", "p.docx"), "E510", "docx"),
        (("plot", *CIFAR, "-o", "r.gif"), "E510", "gif"),
    ],
)
def test_errors_are_one_line_and_a_hint(
    say: Say, tmp_path: Path, arguments: tuple[str, ...], code: str, word: str
) -> None:
    exit_code, out, err = say(*arguments)
    lines = [line for line in err.splitlines() if not line.startswith(("read ", "scores are"))]
    assert (exit_code, out) == (2, "")
    assert lines[0].startswith(f"error[{code}]: ")
    assert len(lines) <= 2
    assert word in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(say: Say, command: str) -> None:
    code, out, _ = say(command, "--help")
    assert code == 0
    assert re.search(rf"Usage: calibrate {command} ", out)


def test_version_costs_no_more_than_starting_python() -> None:
    code = (
        "import sys; before = set(sys.modules); import calibrate.__main__ as m; sys.argv = ['calibrate', '--version'];"
        "code = m.main(); print(*(set(sys.modules) - before)); sys.exit(code)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=DATA.parent, capture_output=True, text=True, check=True)
    version, loaded = run.stdout.splitlines()
    assert re.fullmatch(r"calibrate \d+\.\d+\.\d+", version)
    assert set(loaded.split()) == {"calibrate", "calibrate.__main__"}


HEAVY = ("numpy", "scipy", "pandas", "sklearn", "matplotlib", "polars", "distributed")


@pytest.mark.parametrize(
    ("arguments", "never"),
    [
        (["--help"], HEAVY),
        (["fit", "--help"], HEAVY),
        (["explain", "E214"], HEAVY),
        (["schema"], HEAVY),
        (["fit", *HOLDOUT, "-o", "out", "--no-plot"], HEAVY[1:]),
        (["score", *CIFAR], HEAVY[1:]),
    ],
)
def test_only_what_is_needed_is_imported(tmp_path: Path, arguments: list[str], never: tuple[str, ...]) -> None:
    code = (
        "import sys; from calibrate.cli.start import start; start(sys.argv[1:]);"
        "print('\\n'.join(sys.modules), file=sys.stderr)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    loaded: set[Any] = {line.partition(".")[0] for line in run.stderr.splitlines()}
    assert loaded & set(never) == set()
