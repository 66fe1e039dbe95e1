"""`calibrate report` and `verify`: a bundle that says where it comes from, twice the same, and betrays every change."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from calibrate.cli.start import start
from calibrate.outputs.manifest import MANIFEST, text
from calibrate.reporting.document import digest
from calibrate.versioned import encoded

Say = Callable[..., tuple[int, str, str]]
DATA = Path(__file__).resolve().parents[2] / "sample_data"
CIFAR = (str(DATA / "cifar10" / "logits.csv"), str(DATA / "cifar10" / "labels.csv"))
HOLDOUT = (str(DATA / "cifar10" / "holdout_logits.csv"), str(DATA / "cifar10" / "holdout_labels.csv"))
EMPLOYMENT = str(DATA / "employment" / "holdout.csv")
GATES = "[gates.ece]\nmax = 0.03\n[gates.nll]\nmax_increase = 0.05\n[classes.gates.ece]\nmax = 0.05\n"


@pytest.fixture(autouse=True)
def one_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1764547200")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, gates, a baseline and the facts, and the bundle that they make."""
    folder = tmp_path_factory.mktemp("audit")
    assert start(["fit", *CIFAR, "-o", str(folder / "fit"), "-q", "--no-plot"]) == 0
    (folder / "gates.toml").write_text(GATES)
    (folder / "audit.toml").write_text('title = "Photos"\n[prepared_by]\nname = "A. Noether"\n')
    shutil.copy(folder / "fit" / "result.json", folder / "old.json")
    os.environ["SOURCE_DATE_EPOCH"] = "1764547200"
    assert start(["report", *arguments(folder), "-o", str(folder / "bundle"), "-q"]) == 0
    return folder


def arguments(home: Path) -> list[str]:
    files = {"--model": "fit/model.json", "--gates": "gates.toml", "--baseline": "old.json", "--meta": "audit.toml"}
    return [*HOLDOUT, *(word for flag, name in files.items() for word in (flag, str(home / name)))]


@pytest.fixture
def bundle(home: Path, tmp_path: Path) -> Path:
    """A bundle of one's own to spoil."""
    return Path(shutil.copytree(home / "bundle", tmp_path / "bundle"))


def document(bundle: Path) -> Any:
    return json.loads((bundle / "report.json").read_text())


def rehash(bundle: Path) -> None:
    """What a forger does: a manifest that agrees with what is there."""
    names = [p.name for p in bundle.iterdir() if p.name != MANIFEST]
    (bundle / MANIFEST).write_bytes(text({name: sha256((bundle / name).read_bytes()).hexdigest() for name in names}))


def forge(bundle: Path, change: Callable[[Any], None]) -> None:
    """A document changed, with an id, pages and a manifest that agree with it."""
    from calibrate.api.report import derived

    changed = document(bundle)
    change(changed)
    changed["id"] = digest(changed)
    for name, content in derived(changed).items():
        (bundle / name).write_bytes(content)
    assert (bundle / "report.json").read_bytes() == encoded(changed)
    rehash(bundle)


def test_what_a_bundle_holds(home: Path) -> None:
    names = {p.name for p in (home / "bundle").iterdir()}
    tables = {f"{name}.csv" for name in ("metrics", "bins", "events", "thresholds", "groups", "gates")}
    kept = {"model.json", "options.json", "gates.toml", "baseline.json", MANIFEST}
    assert {"report.html", "report.md", "report.json", "reliability.svg", *tables, *kept} <= names
    found = document(home / "bundle")
    assert found["schema"] == "calibrate/report/1"
    assert found["created"] == "2025-12-01"
    assert found["meta"]["title"] == "Photos"
    assert found["result"]["schema"] == "calibrate/result/1"
    assert found["gates_file"]["sha256"] == sha256((home / "gates.toml").read_bytes()).hexdigest()
    assert found["baseline"]["name"] == "old.json"
    assert found["rows"]["overlap"]["found"] == 0
    assert [c["count"] for c in found["class_counts"]] == [t["observed"] for t in found["result"]["totals"]["before"]]
    assert (home / "bundle" / "gates.toml").read_text() == GATES
    command = found["command"]
    for word in ("holdout_logits.csv", "--model model.json", "--gates gates.toml", "--output-dir DIR"):
        assert word in command
    assert str(home) not in "".join(p.read_text(errors="replace") for p in (home / "bundle").iterdir())


def test_sha256sum_agrees(home: Path) -> None:
    program = shutil.which("sha256sum") or shutil.which("shasum")
    assert program is not None, "no program that checks SHA-256 sums"
    command = [program, *(["-a", "256"] if program.endswith("shasum") else []), "-c", MANIFEST]
    assert subprocess.run(command, cwd=home / "bundle", capture_output=True, check=False).returncode == 0


def test_two_runs_give_the_same_bytes(say: Say, home: Path, tmp_path: Path) -> None:
    assert say("report", *arguments(home), "-o", "one")[0] == 0
    assert say("report", *arguments(home), "-o", "two", "--executor", "threads:workers=2")[0] == 0
    for path in (tmp_path / "one").iterdir():
        assert (tmp_path / "two" / path.name).read_bytes() == path.read_bytes(), path.name


def test_a_bundle_as_it_was_written_verifies(say: Say, home: Path) -> None:
    code, out, _ = say("verify", home / "bundle")
    assert (code, out) == (0, f"verifies: report {document(home / 'bundle')['id']}\n")
    for data in (("--data", *HOLDOUT, home / "bundle"), (home / "bundle", "--data", *HOLDOUT)):
        code, out, err = say("verify", *data)
        assert code == 0, out
        assert "every number against the data" in err


@pytest.mark.parametrize("name", ["report.html", "report.md", "report.json", "model.json", "metrics.csv", "gates.toml"])
def test_a_changed_byte_is_found(say: Say, bundle: Path, name: str) -> None:
    content = bytearray((bundle / name).read_bytes())
    at = content.index(b"0.") if b"0." in content else 0
    content[at + 2] ^= 1
    (bundle / name).write_bytes(content)
    code, out, _ = say("verify", bundle)
    assert code == 1
    assert name in out
    rehash(bundle)
    code, out, _ = say("verify", bundle)
    assert code == 1, f"a re-hashed manifest hides {name}"


def test_files_that_are_missing_added_or_swapped_are_found(say: Say, bundle: Path) -> None:
    (bundle / "extra.txt").write_text("x")
    assert "extra.txt: is not in MANIFEST.sha256" in say("verify", bundle)[1]
    (bundle / "extra.txt").unlink()
    (bundle / "bins.csv").rename(bundle / "kept")
    assert "bins.csv: is missing" in say("verify", bundle)[1]
    rehash(bundle)
    assert say("verify", bundle)[0] == 1
    (bundle / "kept").rename(bundle / "bins.csv")
    rehash(bundle)
    assert say("verify", bundle)[0] == 0
    one, other = (bundle / name for name in ("events.csv", "thresholds.csv"))
    contents = one.read_bytes(), other.read_bytes()
    one.write_bytes(contents[1]), other.write_bytes(contents[0])
    rehash(bundle)
    assert say("verify", bundle)[0] == 1


def test_a_document_that_cannot_be_read_is_found(say: Say, bundle: Path) -> None:
    for content in (b"", b"{", b"[]", b"{}", b'{"schema": "calibrate/report/1"}', b"\xff", b"[" * 100_000):
        (bundle / "report.json").write_bytes(content)
        assert say("verify", bundle)[0] == 1
        rehash(bundle)
        code, out, _ = say("verify", bundle, "--data", *HOLDOUT)
        assert code == 1
        assert "report.json: cannot be read" in out


def test_a_manifest_that_was_touched_is_found(say: Say, bundle: Path) -> None:
    manifest = bundle / MANIFEST
    content = manifest.read_text()
    for changed in (content + "junk\n", content.replace("# the", "# The"), content[:-30]):
        manifest.write_text(changed)
        assert say("verify", bundle)[0] == 1


def test_what_is_no_bundle_is_refused(say: Say, bundle: Path, tmp_path: Path) -> None:
    assert say("verify", tmp_path / "nowhere")[0] == 2
    (bundle / "report.json").unlink()
    code, _, err = say("verify", bundle)
    assert (code, "E640" in err) == (2, True)
    (bundle / MANIFEST).unlink()
    assert say("verify", bundle)[0] == 2


def test_unreadable_data_are_refused(say: Say, bundle: Path) -> None:
    code, _, err = say("verify", bundle, "--data", "missing.csv", HOLDOUT[1])
    assert (code, "E101" in err) == (2, True)
    assert say("verify", bundle, HOLDOUT[1])[0] == 2


def forged_metric(found: Any) -> None:
    found["result"]["after"]["ece"]["value"] *= 1 - 1e-6


def forged_gate(found: Any) -> None:
    found["result"]["gates"][0]["verdict"] = "PASS" if found["result"]["gates"][0]["verdict"] != "PASS" else "FAIL"


def forged_bin(found: Any) -> None:
    found["result"]["bins"]["after"][0]["observed"][-1] += 0.001


def forged_threshold(found: Any) -> None:
    found["thresholds"][0]["at"][3]["after"]["observed"]["value"] = 0.999


def forged_event(found: Any) -> None:
    found["events"]["after"][2]["slope"]["value"] = 1.0


def forged_overlap(found: Any) -> None:
    found["rows"]["overlap"]["of"] = 7


def forged_input(found: Any) -> None:
    found["result"]["inputs"][0]["sha256"] = "0" * 64
    found["inputs"][0]["sha256"] = "0" * 64


@pytest.mark.parametrize(
    ("change", "path", "alone"),
    [
        (forged_metric, "$.result.after.ece.value", 1),
        (forged_gate, "$.result.gates[0].verdict", 1),
        (forged_bin, "$.result.bins.after[0].observed[14]", 0),
        (forged_threshold, "$.thresholds[0].at[3].after.observed.value", 0),
        (forged_event, "$.events.after[2].slope.value", 0),
        (forged_overlap, "$.rows.overlap.of", 0),
        (forged_input, "$.result.inputs[0].sha256", 0),
    ],
)
def test_a_forger_who_hashes_everything_anew_is_found_by_the_data(
    say: Say, bundle: Path, change: Callable[[Any], None], path: str, alone: int
) -> None:
    forge(bundle, change)
    assert say("verify", bundle)[0] == alone  # gates are judged again from the numbers
    code, out, _ = say("verify", bundle, "--data", *HOLDOUT)
    assert code == 1
    assert out.startswith(f"{path}: found ")


def test_a_forged_model_is_found_by_the_data(say: Say, bundle: Path) -> None:
    model = json.loads((bundle / "model.json").read_text())
    model["calibrator"]["temperature"] *= 1.1
    (bundle / "model.json").write_text(json.dumps(model))
    rehash(bundle)
    code, out, _ = say("verify", bundle, "--data", *HOLDOUT)
    assert code == 1
    assert "$.result" in out


def forged_order(found: Any) -> None:
    found["minimum_n"] = 5


def forged_inputs(found: Any) -> None:
    found["inputs"][0]["rows"] = 7


def forged_version(found: Any) -> None:
    found["version"] = "0.0.9"


@pytest.mark.parametrize(
    ("change", "path"),
    [(forged_order, "$.minimum_n"), (forged_inputs, "$.inputs[0].rows"), (forged_version, "$.version")],
)
def test_what_was_asked_for_is_held_against_the_other_files(
    say: Say, bundle: Path, change: Callable[[Any], None], path: str
) -> None:
    forge(bundle, change)
    code, out, _ = say("verify", bundle)
    assert (code, path in out) == (1, True)


def test_loosened_gates_and_kept_files_that_are_gone_are_found(say: Say, bundle: Path) -> None:
    options = (bundle / "options.json").read_text()
    (bundle / "options.json").write_text(options.replace("0.03", "0.3"))
    rehash(bundle)
    assert "options.json: asks for other gates than gates.toml" in say("verify", bundle)[1]
    (bundle / "options.json").write_text(options)
    (bundle / "summary.html").write_text("approved")
    rehash(bundle)
    assert "summary.html: is no file of a bundle" in say("verify", bundle)[1]
    (bundle / "summary.html").unlink()
    for name in ("gates.toml", "model.json", "baseline.json"):
        content = (bundle / name).read_bytes()
        (bundle / name).unlink()
        rehash(bundle)
        assert say("verify", bundle)[0] == 1, name
        (bundle / name).write_bytes(content)
    rehash(bundle)
    assert say("verify", bundle)[0] == 0


def edited(bundle: Path, change: Callable[[Any], None]) -> None:
    """options.json changed, and every digest renewed."""
    options = json.loads((bundle / "options.json").read_text())
    change(options)
    (bundle / "options.json").write_text(json.dumps(options))
    rehash(bundle)


def limits(options: Any) -> Any:
    return options["policy"]["limits"]


@pytest.fixture(scope="module")
def by_flags(home: Path) -> Path:
    """A bundle whose gates are flags: no file of gates."""
    gates = ("--max", "ece=0.03", "--max", "mce=0.9", "--max-increase", "nll=0.1", "--metrics", "nll,ece,mce")
    how = (*HOLDOUT, "--model", str(home / "fit" / "model.json"), "--baseline", str(home / "old.json"))
    assert start(["report", *how, *gates, "-o", str(home / "flags"), "-q"]) == 0
    return home / "flags"


@pytest.mark.parametrize(
    ("change", "where", "what"),
    [
        (lambda o: limits(o)[0].update(limit=0.3), "$.result.gates[0].limit", "found 0.03, expected 0.3"),
        (lambda o: limits(o)[0].update(on="point"), "$.result.gates[0].on", "found safe, expected point"),
        (lambda o: limits(o)[0].update(level="warn"), "$.result.gates[0].level", "found error, expected warn"),
        (lambda o: limits(o)[0].update(metric="mce"), "$.result.gates[0].metric", "found ece, expected mce"),
        (lambda o: limits(o).pop(), "$.result.gates", "found 3 entries, expected 2"),
        (lambda o: o["policy"].update(on="lenient"), "$.result.gates[0].on", "found safe, expected lenient"),
        (lambda o: o["policy"].update(inconclusive="pass"), "$.result.check.inconclusive", "expected pass"),
        (lambda o: o.update(policy=None), "$.result.gates", "found 3 entries, expected 0"),
        (lambda o: o.update(level=0.5), "$.result.level", "found 0.95, expected 0.5"),
        (lambda o: o.update(fail_on_warn=True), "$.result.check.fail_on_warn", "expected True"),
        (lambda o: o.update(bins=20), "$.result.before.ece: bins", "found 15, expected 20"),
        (lambda o: o.update(metrics="nll,ece,mce,brier"), "$.result.before", "found 3 entries, expected 4"),
        (lambda o: o.update(link="sparsemax"), "$.result.link", "found softmax, expected sparsemax"),
        (lambda o: o.update(minimum_n=5), "$.minimum_n", "found 30, expected 5"),
    ],
)
def test_what_options_ask_for_gives_the_gates_of_the_report(
    say: Say, by_flags: Path, tmp_path: Path, change: Callable[[Any], None], where: str, what: str
) -> None:
    spoilt = Path(shutil.copytree(by_flags, tmp_path / "spoilt"))
    rehash(spoilt)
    assert say("verify", spoilt)[0] == 0
    edited(spoilt, change)
    code, out, _ = say("verify", spoilt)
    assert code == 1
    assert any(line.startswith(f"{where}: ") and what in line for line in out.splitlines()), out


def test_the_level_is_held_against_the_report_where_gates_have_a_file(say: Say, bundle: Path) -> None:
    edited(bundle, lambda options: options.update(level=0.5))
    code, out, _ = say("verify", bundle)
    assert (code, "$.result.level: found 0.95, expected 0.5 by options.json" in out) == (1, True)


@pytest.mark.parametrize("on", [None, "lenient", "point"])
def test_the_end_that_a_flag_names_is_no_other_gate(say: Say, home: Path, on: str | None) -> None:
    flag = () if on is None else ("--on", on)
    gates = 'on = "safe"\n[gates.ece]\nmax = 0.03\n[gates.nll]\nmax = 0.5\non = "point"\n'
    Path("gates.toml").write_text(gates)
    how = (*HOLDOUT, "--model", home / "fit" / "model.json", "--gates", "gates.toml", *flag)
    assert say("report", *how, "-o", "out")[0] == 0
    assert [gate["on"] for gate in document(Path("out"))["result"]["gates"]] == [on or "safe", "point"]
    assert say("verify", "out")[0] == 0


def test_limits_that_are_no_longer_to_be_judged_are_found(say: Say, bundle: Path) -> None:
    edited(bundle, lambda options: limits(options)[0].update(metric="nothing"))
    code, out, _ = say("verify", bundle)
    assert (code, "options.json: cannot be held against report.json" in out) == (1, True)


def test_digests_that_differ_in_the_last_digit_are_shown_as_far(say: Say, bundle: Path) -> None:
    manifest = (bundle / MANIFEST).read_text()
    line = next(line for line in manifest.splitlines() if line.endswith("metrics.csv"))
    digest_of = line.split()[0]
    other = digest_of[:-1] + ("0" if digest_of[-1] != "0" else "1")
    (bundle / MANIFEST).write_text(manifest.replace(digest_of, other))
    out = say("verify", bundle)[1]
    assert f"found SHA-256 {digest_of}, {MANIFEST} expects {other}\n" in out


def test_the_name_of_a_file_of_data_does_not_matter(say: Say, bundle: Path, tmp_path: Path) -> None:
    shutil.copy(HOLDOUT[0], tmp_path / "renamed.csv")
    code, out, _ = say("verify", bundle, "--data", "renamed.csv", HOLDOUT[1])
    assert code == 0, out


def test_other_data_are_found(say: Say, bundle: Path) -> None:
    code, out, _ = say("verify", bundle, "--data", *CIFAR)
    assert code == 1
    assert out.startswith("$.result.n: found 2000, expected 5000")


class TestSubgroups:
    def test_groups_and_reading_options_are_repeated(self, say: Say) -> None:
        asked = ("--group", "sex", "--group", "race", "--metrics", "nll,brier,ece", "--ci", "0.9", "--minimum-n", "50")
        assert say("report", EMPLOYMENT, *asked, "-o", "out")[0] == 0
        found = document(Path("out"))
        assert set(found["result"]["groups"]) == {"sex", "race"}
        assert found["minimum_n"] == 50
        assert "--group sex --group race" in found["command"]
        code, out, _ = say("verify", "out", "--data", EMPLOYMENT)
        assert code == 0, out

    def test_small_groups_are_not_shown(self, say: Say, tmp_path: Path) -> None:
        rows = [
            f"{0.3 + 0.4 * (i % 2)},{i % 2 if i % 7 else 1 - i % 2},{'big' if i % 40 else 'tiny'}" for i in range(400)
        ]
        (tmp_path / "s.csv").write_text("probability,label,who\n" + "\n".join(rows) + "\n")
        assert say("report", "s.csv", "--group", "who", "-o", "out")[0] == 0
        for name in ("report.html", "report.md"):
            page = (tmp_path / "out" / name).read_text()
            assert "tiny" in page
            assert re.search(r"not shown|suppressed", page)


def test_evaluation_on_the_fitted_rows_is_told(say: Say, home: Path) -> None:
    assert say("report", *CIFAR, "--model", home / "fit" / "model.json", "-o", "out")[0] == 0
    overlap = document(Path("out"))["rows"]["overlap"]
    assert overlap["found"] == overlap["of"] == 1024
    assert "fitted" in (Path("out") / "report.md").read_text()


def test_hostile_facts_are_text(say: Say, tmp_path: Path) -> None:
    nasty = ["<script>alert(1)</script>", "::error::x", "[red]", "=cmd()", "a|b", "two\nlines", "{{7*7}}"]
    rows = [f'{0.2 + 0.6 * (i % 2)},{i % 2 if i % 5 else 1 - i % 2},"{nasty[i % 7]}"' for i in range(700)]
    (tmp_path / "s.csv").write_text("probability,label,who\n" + "\n".join(rows) + "\n")
    (tmp_path / "m.toml").write_text("title = '<script>alert(1)</script> | [x](javascript:y) {{7*7}}'\n")
    assert say("report", "s.csv", "--group", "who", "--meta", "m.toml", "-o", "out")[0] == 0
    out = tmp_path / "out"
    assert "<script" not in (out / "report.html").read_text()
    assert "<script" not in (out / "report.md").read_text()
    assert re.search(r"^'?=cmd", (out / "groups.csv").read_text(), re.M) is None
    assert "'=cmd()" in (out / "groups.csv").read_text()
    assert say("verify", "out", "--data", "s.csv")[0] == 0


def test_an_attestation_says_what_the_gates_said(say: Say, home: Path, tmp_path: Path) -> None:
    assert say("report", *arguments(home), "-o", "out", "--attest", "test.json")[0] == 0
    found = json.loads((tmp_path / "test.json").read_text())
    assert found["_type"] == "https://in-toto.io/Statement/v1"
    subjects = {subject["name"]: subject["digest"]["sha256"] for subject in found["subject"]}
    assert subjects == {
        name: sha256((tmp_path / "out" / name).read_bytes()).hexdigest()
        for name in ("model.json", "report.json", "sbom.cdx.json")
    }
    gates = document(tmp_path / "out")["result"]["gates"]
    predicate = found["predicate"]
    assert predicate["result"] == ("FAILED" if any(gate["stops"] for gate in gates) else "PASSED")
    assert sum(len(predicate[key]) for key in ("passedTests", "warnedTests", "failedTests")) == len(gates)
    code, _, err = say("report", *HOLDOUT, "-o", "other", "--attest", "test.json")
    assert (code, "E624" in err) == (2, True)
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    ("arguments_", "code"),
    [
        (("--meta", "missing.toml"), "E631"),
        (("--model", "missing.json"), "E401"),
        (("--minimum-n", "0"), "E603"),
        (("--max", "ece=nan"), "E621"),
        (("--attest", "no/where.json", "--max", "ece=1"), "E503"),
    ],
)
def test_what_is_refused_leaves_nothing(say: Say, tmp_path: Path, arguments_: tuple[str, ...], code: str) -> None:
    found, out, err = say("report", *HOLDOUT, *arguments_, "-o", "out")
    assert (found, out) == (2, "")
    assert code in err
    assert not (tmp_path / "out").exists()


def test_a_date_that_is_none_is_refused(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    code, _, err = say("report", *HOLDOUT, "-o", "out")
    assert (code, "SOURCE_DATE_EPOCH" in err) == (2, True)


def test_the_commit_of_the_caller(say: Say, tmp_path: Path) -> None:
    git = ["git", "-c", "user.name=n", "-c", "user.email=e@x"]
    for words in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "first"]):
        subprocess.run([*git, *words], cwd=tmp_path, check=True)
    (tmp_path / "f").write_text("1")
    subprocess.run([*git, "add", "f"], cwd=tmp_path, check=True)
    subprocess.run([*git, "commit", "-q", "-m", "second"], cwd=tmp_path, check=True)
    assert say("report", *HOLDOUT, "-o", "out")[0] == 0
    found = document(tmp_path / "out")["git"]
    assert re.fullmatch(r"[0-9a-f]{40}", found["commit"])
    assert not found["dirty"]
    (tmp_path / "f").write_text("2")
    assert say("report", *HOLDOUT, "-o", "out")[0] == 0
    assert document(tmp_path / "out")["git"]["dirty"]


def test_json_is_the_document(say: Say) -> None:
    code, out, _ = say("report", *HOLDOUT, "-o", "out", "--json")
    assert code == 0
    assert json.loads(out) == document(Path("out"))


def test_the_bill_of_materials_is_part_of_the_bundle(say: Say, bundle: Path, tmp_path: Path) -> None:
    named = {one["name"]: one["version"] for one in document(bundle)["packages"]}
    found = json.loads((bundle / "sbom.cdx.json").read_text())
    assert {one["name"]: one["version"] for one in found["components"]}.items() <= named.items()
    assert "numpy" in named
    (bundle / "sbom.cdx.json").write_text(json.dumps({**found, "components": []}))
    assert "sbom.cdx.json: found SHA-256" in say("verify", bundle)[1]
    rehash(bundle)
    assert "sbom.cdx.json: is not what report.json gives" in say("verify", bundle)[1]


def test_other_packages_are_explained_and_no_finding(say: Say, bundle: Path) -> None:
    def other(changed: Any) -> None:
        for one in changed["packages"]:
            one["version"] += ".post9"

    forge(bundle, other)
    code, out, err = say("verify", bundle, "--data", *HOLDOUT)
    assert code == 0, out
    assert "note: made with other packages, which may move a number by rounding: annotated-doc" in " ".join(err.split())
    assert "more" in err
    assert "made with other packages" not in say("verify", bundle)[2], "without the data no number is computed"
