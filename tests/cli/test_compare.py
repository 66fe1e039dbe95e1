"""`calibrate compare`: methods on the same folds, two models on the same rows, two saved results."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calibrate import compare, registry
from calibrate.choosing import tried
from calibrate.cli.start import start
from calibrate.collectors import _moments
from calibrate.comparing import Plan, compared
from calibrate.folds import stratified
from calibrate.rows import Rows, from_arrays
from calibrate.uncertainty.intervals import hall, mean_of

Say = Callable[..., tuple[int, str, str]]
DATA = Path(__file__).resolve().parents[2] / "sample_data"
CIFAR = (str(DATA / "cifar10" / "logits.csv"), str(DATA / "cifar10" / "labels.csv"))
EMPLOYMENT = str(DATA / "employment" / "calibration.csv")
TWO = ("--methods", "none,temperature")


def files(folder: Path, temperature: float = 2.0, m: int = 400, seed: int = 0) -> tuple[str, str]:
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(m, 3)) * 2
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    np.save(folder / "z.npy", temperature * z)
    np.save(folder / "y.npy", (p.cumsum(axis=1) < rng.random((m, 1))).sum(axis=1))
    return "z.npy", "y.npy"


def world() -> Rows:
    """Calibrated scores of three classes, and labels."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=(400, 3)) * 2
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    return from_arrays(z, (p.cumsum(axis=1) < rng.random((400, 1))).sum(axis=1))


def test_none_is_always_among_them_and_the_best_stands_first(say: Say, tmp_path: Path) -> None:
    code, out, _ = say("compare", *files(tmp_path), "--methods", "temperature", "--json")
    assert code == 0
    found = json.loads(out)
    assert [row["method"] for row in found["methods"]] == ["temperature", "none"]
    assert found["recommended"] == found["best"] == "temperature"
    none = found["methods"][1]
    assert none["difference"]["nll"]["low"] > 0
    assert none["metrics"]["nll"]["value"] - found["methods"][0]["metrics"]["nll"]["value"] == pytest.approx(
        none["difference"]["nll"]["value"]
    )
    assert found["methods"][0]["metrics"]["ece"]["noise_floor"] > 0


def test_the_simplest_within_a_standard_error_is_recommended(say: Say, tmp_path: Path) -> None:
    code, out, _ = say("compare", *files(tmp_path, 1.0), *TWO)
    assert code == 0
    assert "recommended: none" in out


def test_doing_nothing_is_not_shown_better_than_a_fit_by_the_noise_of_the_fit() -> None:
    """At T = 1 temperature is a little worse, by as much as chance made it: an interval that does not allow for that
    says "better" of doing nothing in about 18 % of samples."""
    told = Counter()
    for seed in range(50):
        rng = np.random.default_rng(seed)
        z = 1.5 * rng.normal(size=400)
        found = compare(z, (rng.random(400) < 1 / (1 + np.exp(-z))).astype(int), methods="temperature", repeats=1)
        (none,) = (row for row in found.methods if row.method == "none")
        told[none.shown] += 1
        low, high = none.difference["nll"].low, none.difference["nll"].high
        assert low is not None and high is not None
        assert none.shown == ("better" if high < 0 else "worse" if low > 0 else "")
    assert told["better"] == 0
    assert told[""] > 40


def test_intervals_of_differences_allow_for_both_fits() -> None:
    given = world()
    (block,) = given.blocks()
    z, y = block.scores, np.asarray(block.labels)
    link = registry.make("links", "softmax")
    plan = Plan(("temperature", "vector"), repeats=1)
    found = {row.method: row for row in compared(given, link, plan, task="multiclass", classes="abc")["methods"]}
    rows = stratified(given, 5, 0)
    folds = np.concatenate([np.asarray(block.folds) for block in rows.blocks()])
    losses, extra = [], 0.0
    for trial in tried(("temperature", "vector"), rows, link, 5):
        assert trial.fitted is not None
        p = trial.fitted.calibrator.n_parameters
        apart = np.empty(len(y))
        for fold, calibrator in enumerate(trial.fitted.folds):
            apart[folds == fold] = link.loss(calibrator.transform(z[folds == fold]), y[folds == fold])
        extra += (apart - link.loss(trial.fitted.calibrator.transform(z), y)).mean() ** 2 / p
        losses.append(apart)
    difference = losses[1] - losses[0]
    mean = mean_of(_moments(difference, None))
    estimate = found["vector"].difference["nll"]
    assert (estimate.low, estimate.high) == pytest.approx(hall(mean, 0.95, extra), rel=1e-9)
    assert hall(mean, 0.95) != pytest.approx(hall(mean, 0.95, extra), rel=0.01)
    assert estimate.notes == ("with 6 parameters the cross-fitted interval may cover less than it says",)
    assert found["none"].difference["nll"].notes == ()


def test_what_is_shown_and_what_is_not_known_is_told(say: Say, tmp_path: Path) -> None:
    data = files(tmp_path)
    methods = ("--methods", "temperature,vector")
    found = {row["method"]: row for row in json.loads(say("compare", *data, *methods, "--json")[1])["methods"]}
    assert (found["none"]["shown"], found["temperature"]["shown"]) == ("worse", "")
    assert found["vector"]["difference"]["nll"]["notes"]
    _, out, _ = say("compare", *data, *methods, "--md", "c.md")
    text, page = " ".join(out.split()), (tmp_path / "c.md").read_text()
    assert "worse than temperature: none (all methods allowed for, Holm)" in text
    assert "with more than 4 parameters intervals may cover less than they say: vector" in text
    for sentence in ("worse than temperature: none", "may cover less than they say: vector."):
        assert sentence in page
    assert "no method is shown to be better or worse than temperature" in say("compare", *files(tmp_path, 1.0), *TWO)[1]
    assert "allowed for" not in say("compare", *data, "--methods", "none")[1]


def test_nothing_is_better_than_what_has_no_loss(say: Say, tmp_path: Path) -> None:
    """Probabilities of 0 where it happened: the reference is infinite, and no difference to it is a number."""
    (tmp_path / "s.csv").write_text("prob,label\n" + "0,1\n0.25,0\n0.25,1\n0.5,0\n0.75,1\n1,1\n" * 40)
    _, out, _ = say("compare", "s.csv", "--methods", "none,isotonic")
    assert "isotonic" in out
    assert "Holm" not in out


def test_repeats_fold_anew_and_the_seed_decides(say: Say, tmp_path: Path) -> None:
    def nll(*more: Any) -> float:
        found = json.loads(say("compare", *data, *TWO, "--json", *more)[1])
        return float(next(row for row in found["methods"] if row["method"] == "temperature")["metrics"]["nll"]["value"])

    data = files(tmp_path)
    assert nll() == nll()
    assert nll("--seed", "1") != nll()
    single = [nll("--repeats", "1", "--seed", str(seed)) for seed in range(3)]
    assert nll("--repeats", "3") == pytest.approx(np.mean(single), rel=1e-12)


@pytest.mark.parametrize("data", [(*CIFAR, *TWO), (EMPLOYMENT, *TWO)])
def test_real_data_on_eighty_columns(say: Say, data: tuple[str, ...]) -> None:
    code, out, _ = say("compare", *data, "--repeats", "1")
    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    assert "recommended: " in out


def test_a_method_without_an_answer_has_its_reason(say: Say, tmp_path: Path) -> None:
    z = np.random.default_rng(0).normal(size=(60, 3))
    np.save(tmp_path / "z.npy", z)
    np.save(tmp_path / "y.npy", z.argmax(axis=1))
    code, out, _ = say("compare", "z.npy", "y.npy", *TWO)
    assert code == 0
    assert "note: temperature: separable" in out
    assert "recommended: none" in out


def test_files_beside_the_table(say: Say, tmp_path: Path) -> None:
    assert say("compare", *files(tmp_path), *TWO, "--md", "c.md", "-o", "c.svg")[0] == 0
    page = (tmp_path / "c.md").read_text()
    assert page.startswith("**recommended: temperature")
    assert "| temperature |" in page
    assert (tmp_path / "c.svg").read_text().startswith("<?xml")
    assert say("compare", *files(tmp_path), *TWO, "-o", "c.pdf")[0] == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("--methods", "temprature"),
        ("--folds", "1"),
        ("--repeats", "0"),
        ("--model", "m.json"),
        ("--baseline", "r.json"),
        ("--ci", "2"),
    ],
)
def test_what_is_refused(say: Say, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert say("compare", *files(tmp_path), *arguments)[0] == 2
    assert say("compare")[0] == 2


def test_two_models_on_the_same_rows(say: Say, tmp_path: Path) -> None:
    z, y = files(tmp_path)
    assert start(["fit", z, y, "-o", "out", "-q", "--no-plot"]) == 0
    code, out, _ = say("compare", z, y, "--model", "out/model.json", "--baseline-scores", z, "--json")
    assert code == 0
    found = json.loads(out)
    assert found["after_is"] == "compared"
    assert found["change"]["nll"]["high"] < 0
    code, out, _ = say("compare", z, y, "--baseline-model", "out/model.json")
    assert code == 0
    assert " Old " in out and " New " in out and " Change" in out
    assert "worse: the new one is worse than the old one" in out and "doing nothing" not in out


def test_two_saved_results(say: Say, tmp_path: Path) -> None:
    for name, temperature in (("old", 2.0), ("new", 1.0)):
        (tmp_path / f"{name}.json").write_text(say("score", *files(tmp_path, temperature), "--json")[1])
    code, out, _ = say("compare", "--result", "new.json", "--baseline", "old.json", "--json")
    assert code == 0
    found = json.loads(out)
    assert found["change"]["nll"]["value"] == pytest.approx(
        found["after"]["nll"]["value"] - found["before"]["nll"]["value"]
    )
    assert "unpaired" in found["notes"][0]
    assert say("compare", "--result", "new.json")[0] == 2


def test_a_document_of_ours_for_scores_says_where_it_belongs(say: Say, tmp_path: Path) -> None:
    z, y = files(tmp_path)
    assert start(["fit", z, y, "-o", "out", "-q", "--no-plot"]) == 0
    code, _, err = say("compare", "out/result.json", "out/result.json")
    assert code == 2 and "E116" in err and "found a result that calibrate wrote" in err
    assert "calibrate compare --result new.json --baseline old.json" in err and "pandas" not in err
    code, _, err = say("score", "out/model.json", y)
    assert code == 2 and "found a model that calibrate wrote" in err and "--model" in err
    (tmp_path / "rows.json").write_text('{"schema": 1.5, "b": 2}\n')
    assert "pandas" not in say("score", "rows.json", y)[2]


def test_models_that_are_too_few_or_too_many(say: Say, tmp_path: Path) -> None:
    z, y = files(tmp_path)
    _, _, err = say("compare", z, y, "--model", "a.json", "--model", "b.json")
    assert "--model: found 2 models, expected the new one alone" in err and "--baseline-model FILE" in err
    _, _, err = say("compare", z, y, "--model", "a.json")
    assert "--model a.json: found one model" in err and "--baseline-model FILE" in err
    _, _, err = say("compare", z, y, "--baseline", "a.json")
    assert "found one result" in err and "--result new.json" in err


def test_two_runs_give_the_same_bytes_where_no_time_is_wanted(
    say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run() -> tuple[Any, bytes]:
        told = say("compare", *data, *TWO, "--repeats", "1", "--json", "--md", "table.md")
        return told, (tmp_path / "table.md").read_bytes()

    data = files(tmp_path)
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert {row["seconds"] is None for row in json.loads(run()[0][1])["methods"]} == {False}
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1764547200")
    one = run()
    assert one == run()
    assert {row["seconds"] for row in json.loads(one[0][1])["methods"]} == {None}
