"""Everything has a text, every text fits the page, and what is misspelt is refused with the nearest names."""

from __future__ import annotations

import pytest

from calibrate import registry, remedies
from calibrate.api import bundle, report
from calibrate.cli import options, pages
from calibrate.cli.app import COMMANDS
from calibrate.cli.exits import run
from calibrate.cli.start import start
from calibrate.cli.topics import ENTRIES, overview, page, topics
from calibrate.errors import TITLES, CalibrateError
from calibrate.glossary import TERMS

ALL = list(topics())
LONGEST = 2000
"""Characters of a page on one thing: it still fits a screen."""


def kinds(name: str) -> set[str]:
    return {topic.kind for topic in ALL if topic.name == name}


@pytest.mark.parametrize("topic", ALL, ids=lambda topic: f"{topic.kind}: {topic.name}")
def test_every_page_can_be_read(topic: object) -> None:
    text = page(topic.name)  # type: ignore[attr-defined]
    lines = text.splitlines()
    assert 40 < len(topic.text()) < LONGEST  # type: ignore[attr-defined]
    assert all(len(line) <= 80 and line == line.rstrip() for line in lines)
    assert text.isascii()
    assert "= None" not in text and "dataclass" not in text


@pytest.mark.parametrize("registered", ENTRIES)
def test_every_entry_of_a_registry_has_a_page(registered: str) -> None:
    for name in registry.names(registered):
        assert ENTRIES[registered][0] in kinds(registry.spelt(registered, name))


def test_every_registry_that_users_meet_is_explained() -> None:
    assert {"metrics", "calibrators", "links", "formats", "executors", "renderers", "writers"} == set(ENTRIES)


def test_every_error_code_has_a_remedy_and_a_family() -> None:
    assert set(remedies.REMEDIES) == set(TITLES)
    assert {code[:2] for code in TITLES} == set(remedies.HUNDREDS)
    for code, text in remedies.REMEDIES.items():
        assert text.endswith((".", "?")) and 20 < len(text) < 300, code
        assert text in " ".join(page(code).split())
        assert f"{code}: " in page(f"{code[:2]}xx")


def test_every_option_has_a_text() -> None:
    families = [
        vars(options)[name] for name in vars(options) if name.isupper() and isinstance(vars(options)[name], dict)
    ]
    shared = {name for family in families if family is not options.FAMILIES for name in family}
    assert {name for family in options.FAMILIES.values() for name in family} == shared == set(pages.OPTIONS)
    assert set(options.FAMILIES) == set(pages.FAMILIES)
    for name in shared:
        assert "option" in kinds(f"--{name.replace('_', '-')}")


def test_every_command_has_a_page() -> None:
    for command in COMMANDS:
        assert "command" in kinds(command)
        assert f"calibrate {command} --help" in " ".join(page(command).split())


def test_options_of_single_commands_are_explained_too() -> None:
    assert "Option of: fit" in page("--holdout-scores")
    assert "--output, -o FILE" in page("--output")
    assert "Option of: compare, score, check, report, plot" in page("--model")


def test_every_file_that_fit_and_report_write_has_a_page() -> None:
    assert {*bundle.NAMES, "probabilities.csv", *report.NAMES, "MANIFEST.sha256"} == set(pages.FILES)


def test_terms_are_one_or_two_plain_sentences() -> None:
    for term, text in TERMS.items():
        assert text.endswith("."), term
        assert 40 < len(text) < 260, term
        assert text.count(". ") <= 2, term
    words = {"ECE", "MCE", "NLL", "Brier score", "noise floor", "cross-fitted", "holdout", "temperature", "O:E"}
    words |= {"PASS", "FAIL", "INCONCLUSIVE", "ERROR", "safe", "point", "lenient", "paired", "unpaired", "not worse"}
    assert words <= set(TERMS)


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        ("ece", "sum_b (n_b / n)"),
        ("ECE:bins=20", "sum_b (n_b / n)"),
        ("ece", "norm=l1 (or l2, max)"),
        ("temperature", "As in --method temperature:per_label=false"),
        ("classwise_ece", "against the rest"),
        ("Classwise-ECE", "against the rest"),
        ("Noise Floor", "perfectly calibrated"),
        ("o:e", "divided by expected"),
        ("e214", "--input probs"),
        ("--input", "--input SCALE"),
        ("input", "--input SCALE"),
        ("--drop_missing", "Leave out rows"),
        ("exit-codes", "4: inconclusive"),
        ("reading", "--label-column COLUMN"),
        ("model.json", "No pickle"),
        ("fit", "--holdout-scores"),
        ("auto", "least held-out log loss"),
    ],
)
def test_what_is_said(asked: str, word: str) -> None:
    assert word in " ".join(page(asked).split())


def test_a_name_may_mean_several_things() -> None:
    heads = [line for line in page("temperature").splitlines() if line.startswith(("temperature (", "--temp"))]
    assert heads[:3] == ["temperature (term)", "temperature (method)", "--temperature (option)"]
    assert page("--temperature").startswith("--temperature (option)")


@pytest.mark.parametrize(
    ("asked", "hint"),
    [
        ("eec", "did you mean ece"),
        ("noise-flor", "did you mean noise floor"),
        ("--inptu", "did you mean --input"),
        ("exit-code", "did you mean exit codes?"),
        ("E999", "all topics: calibrate explain"),
        ("--ece", "did you mean ece"),
        ("", "all topics: calibrate explain"),
    ],
)
def test_unknown_topics(asked: str, hint: str) -> None:
    with pytest.raises(CalibrateError) as caught:
        page(asked)
    assert caught.value.code == "E607"
    assert caught.value.hint.startswith(hint)


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert start(["explain"]) == 0
    listed = capsys.readouterr().out
    assert listed == overview()
    assert max(map(len, listed.splitlines())) <= 80
    for arguments in (["--input"], ["noise", "floor"], ["E214", "--debug"]):
        assert start(["explain", *arguments]) == 0
        assert capsys.readouterr().out
    assert start(["explain", "nothing-like-it"]) == 2
    assert capsys.readouterr().err.startswith("error[E607]: topic 'nothing-like-it' is unknown\nhint: ")


@pytest.mark.parametrize("code", TITLES)
def test_what_an_error_without_a_hint_of_its_own_says_to_do_can_be_done(
    code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def app() -> None:
        raise CalibrateError(code, "a.csv: found 1, expected 2")

    assert run(app, debug=False) == 2
    error, hint = capsys.readouterr().err.splitlines()
    assert (error, hint[:6]) == (f"error[{code}]: a.csv: found 1, expected 2", "hint: ")
    assert start(hint.removeprefix("hint: calibrate ").split()) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert shown.startswith(f"{code} (error)") and remedies.REMEDIES[code] in shown


def test_commands_named_in_texts_exist() -> None:
    for topic in ALL:
        for word in topic.text().split("`calibrate ")[1:]:
            assert word.split("`")[0].split()[0:1] in [[], ["COMMAND"], *([name] for name in COMMANDS)], topic.name
