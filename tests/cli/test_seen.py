"""A model that is measured on rows it was fitted on says so in every form; one on new rows does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import calibrate
from calibrate.api.check import Baselines, Measuring, checked
from calibrate.api.load import load, load_model, load_result
from calibrate.api.paired import paired
from calibrate.cli.start import start
from calibrate.exhibits import Overlap, Sketch
from calibrate.gates.policy import Asked, policy_of
from calibrate.reading.options import ReadOptions
from calibrate.renderers import github, junit, markdown, verdicts
from calibrate.wording import rows_seen, warnings_of

Say = Callable[..., tuple[int, str, str]]
DATA = Path(__file__).resolve().parents[2] / "sample_data"
CIFAR = (str(DATA / "cifar10" / "logits.csv"), str(DATA / "cifar10" / "labels.csv"))
HOLDOUT = (str(DATA / "cifar10" / "holdout_logits.csv"), str(DATA / "cifar10" / "holdout_labels.csv"))
EMPLOYMENT = DATA / "employment"
SAID = (
    "100 % of the rows measured (1,024 of 1,024 in a sample by hash) have the scores of rows that the model was fitted"
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("seen")
    assert start(["fit", *CIFAR, "-o", str(folder / "cifar"), "-q", "--no-plot"]) == 0
    assert start(["fit", str(EMPLOYMENT / "calibration.csv"), "-o", str(folder / "one"), "-q", "--no-plot"]) == 0
    return folder


def one_line(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("seen", "sampled", "repeated", "kind"),
    [
        (0, 1000, 0, "nothing"),
        (9, 1000, 0, "nothing"),
        (10, 1000, 0, "WARNING"),
        (1000, 1000, 0, "WARNING"),
        (0, 0, 0, "nothing"),
        (200, 1000, 100, "note"),  # of 1,000 fitted rows up to 200 have the scores of another: new rows may as well
        (201, 1000, 100, "WARNING"),
    ],
)
def test_what_is_said_of_so_many_rows(seen: int, sampled: int, repeated: int, kind: str) -> None:
    told = rows_seen(
        Overlap(seen, 1000, True, sampled, seen, sampled), Sketch(1000, 1000 - repeated, repeated, 3, (), True)
    )
    found = "nothing" if not told else "WARNING" if told.startswith("WARNING: ") else "note"
    assert found == kind
    assert ("coarse" in told) == (kind == "note")
    assert "sample by hash" not in told


def test_score_check_and_report_warn_of_the_rows_that_were_fitted(say: Say, home: Path, tmp_path: Path) -> None:
    how = (*CIFAR, "--model", home / "cifar" / "model.json")
    for told in (say("score", *how)[1], say("check", *how, "--max", "ece=.03")[1], say("report", *how, "-o", "out")[1]):
        assert one_line(told).count(f"WARNING: {SAID}") == 1
    text = (tmp_path / "out" / "report.md").read_text()
    summary = text[text.index("## 1. Summary") : text.index("## 2. ")]
    assert SAID in summary and summary.index("Warning") < summary.index("Verdict")
    assert "fitted on: in-sample, its numbers flatter" in (tmp_path / "out" / "report.html").read_text()
    assert "honest as long as" not in text and "say nothing about new rows" in text
    assert "Read the warning in the summary with it" in text[: text.index("## Contents")]
    notes = json.loads(say("score", *how, "--json", "-q")[1])["notes"]
    assert [SAID in note for note in notes] == [True]
    assert SAID in str(json.loads((tmp_path / "out" / "report.json").read_text())["result"]["notes"])


def test_new_rows_are_no_reason_to_warn(say: Say, home: Path, tmp_path: Path) -> None:
    how = (*HOLDOUT, "--model", home / "cifar" / "model.json")
    for command in (("score", *how), ("check", *how, "--max", "ece=.03"), ("report", *how, "-o", "out")):
        _, out, err = say(*command)
        assert "WARNING" not in out + err
    assert "honest: no row has the scores" in (tmp_path / "out" / "report.md").read_text()


def test_scores_that_repeat_among_the_fitted_rows_prove_less(home: Path) -> None:
    model = load_model(home / "one" / "model.json")
    new, same = (calibrate.score(str(EMPLOYMENT / f"{n}.csv"), model=model) for n in ("holdout", "calibration"))
    assert not warnings_of(new) and "coarse" in "".join(new.notes)
    assert warnings_of(same)


def test_every_form_of_a_check_warns(home: Path) -> None:
    result = calibrate.check(*CIFAR, model=home / "cifar" / "model.json", gates={"gates": {"ece": {"max": 0.03}}})
    assert one_line(verdicts.render(result)).count(SAID) == 1
    assert SAID in junit.render(result) and SAID.replace("%", "%25") in github.render(result)
    assert "fitted on: in-sample" in markdown.render(result)
    assert SAID not in verdicts.render(result, said=result.notes)


def test_a_baseline_of_fitted_rows_is_known_for_it(home: Path, tmp_path: Path) -> None:
    model = load_model(home / "cifar" / "model.json")
    old = calibrate.score(*CIFAR, model=model)
    found = calibrate.check(*HOLDOUT, model=model, baseline=old, gates={"gates": {"nll": {"max_increase": 0.1}}})
    assert found.check is not None and SAID in found.check.notes[0]
    honest = load_result(home / "cifar" / "result.json")
    found = calibrate.check(*HOLDOUT, model=model, baseline=honest, gates={"gates": {"nll": {"max_increase": 0.1}}})
    assert found.check is not None and "fitted" not in "".join(found.check.notes)


def test_either_of_two_models_may_have_seen_the_rows(home: Path) -> None:
    model = load_model(home / "cifar" / "model.json")
    data = load(*CIFAR, ReadOptions(), model=model)
    assert "the model was fitted" in "".join(paired(data, model, None, None, None, ("nll",), 0.95).notes)
    assert "the baseline's model was fitted" in "".join(paired(data, None, None, model, None, ("nll",), 0.95).notes)
    policy = policy_of({}, "flags", Asked({"max_increase": ("nll=0.1",)}))
    found = checked(Measuring(data, None, None, ("nll",), 0.95), policy, Baselines(model=model, model_name="m.json"))
    assert found.check is not None and "the baseline's model was fitted" in "".join(found.check.notes)


def test_a_holdout_that_holds_fitted_rows(home: Path, tmp_path: Path, say: Say) -> None:
    for path, name in zip(CIFAR, ("z.csv", "y.csv"), strict=True):
        (tmp_path / name).write_text("\n".join(Path(path).read_text().splitlines()[:301]) + "\n")
    code, out, _ = say(
        "fit", *CIFAR, "--holdout-scores", "z.csv", "--holdout-labels", "y.csv", "--no-plot", "-o", "other"
    )
    assert code == 0 and "WARNING: 100 % of the rows measured" in one_line(out)
