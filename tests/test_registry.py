"""The file name is the name, the fields are the options, and what is misspelt is refused with a suggestion."""

from dataclasses import dataclass
from typing import Literal

import pytest

from calibrate import registry
from calibrate.errors import CalibrateError


@dataclass(frozen=True)
class Entry:
    """An entry with an option of every kind."""

    bins: int = 15
    rate: float = 0.5
    norm: Literal["l1", "l2"] = "l1"
    on: bool = False
    prior: float | None = None


@pytest.mark.parametrize(
    ("text", "key", "options"),
    [
        ("threads", "threads", {}),
        ("threads:workers=4", "threads:workers=4", {"workers": "4"}),
        (" dask:address=tcp://h:1 ", "dask:address=tcp://h:1", {"address": "tcp://h:1"}),
    ],
)
def test_parse(text: str, key: str, options: dict[str, str]) -> None:
    spec = registry.parse("executors", text)
    assert (spec.key, dict(spec.options)) == (key, options)


@pytest.mark.parametrize("text", ["thread", "", "../errors", "threads.py", "__init__", "Threads"])
def test_unknown_names_are_refused(text: str) -> None:
    with pytest.raises(CalibrateError) as caught:
        registry.parse("executors", text)
    assert caught.value.code == "E601"
    assert "threads" in caught.value.hint


@pytest.mark.parametrize("text", ["threads:workers", "threads:=4", "threads:workers=1,workers=2"])
def test_malformed_options_are_refused(text: str) -> None:
    with pytest.raises(CalibrateError) as caught:
        registry.parse("executors", text)
    assert caught.value.code == "E602"


def spec(**options: str) -> registry.Spec:
    return registry.Spec("entry", options)


def test_options_are_typed_by_the_fields() -> None:
    given = spec(bins="20", rate="1e-3", norm="l2", on="true", prior="0.1")
    assert Entry(**registry.typed(given, Entry)) == Entry(20, 1e-3, "l2", True, 0.1)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"bins": "1.5"}, "whole number"),
        ({"bins": "1_0"}, "whole number"),
        ({"bins": "\u0663"}, "whole number"),
        ({"bins": "9" * 400}, "whole number"),
        ({"bins": "9" * 5000}, "whole number"),
        ({"rate": "1_0.5"}, "a number"),
        ({"rate": "nan"}, "a number"),
        ({"rate": "inf"}, "a number"),
        ({"norm": "l3"}, "l1 or l2"),
        ({"on": "yes"}, "true or false"),
        ({"bin": "3"}, "no option"),
    ],
)
def test_values_that_an_option_cannot_take(options: dict[str, str], word: str) -> None:
    with pytest.raises(CalibrateError, match=word) as caught:
        registry.typed(spec(**options), Entry)
    assert caught.value.code == "E602"


def test_key_of_names_only_what_differs_from_the_defaults() -> None:
    assert registry.key_of("entry", Entry()) == "entry"
    assert registry.key_of("entry", Entry(bins=20, on=True)) == "entry:bins=20,on=true"


def test_every_entry_of_every_registry_loads_under_its_name() -> None:
    for kind in ("links", "calibrators", "metrics", "executors"):
        assert registry.names(kind)
        for name in registry.names(kind):
            assert registry.load(kind, name).__name__.rstrip("_") == name.title().replace("_", "")


@pytest.mark.parametrize(
    ("kind", "text", "hint"),
    [
        ("metrics", "claswise-ece", "did you mean classwise_ece?"),
        ("metrics", "confidencegap", "did you mean confidence_gap?"),
        ("calibrators", "structured_matrx", "did you mean structured-matrix"),
        ("links", "gumbel_sofmax", "did you mean gumbel-softmax"),
    ],
)
def test_a_hint_spells_names_as_readme_does(kind: str, text: str, hint: str) -> None:
    with pytest.raises(CalibrateError) as caught:
        registry.parse(kind, text)
    assert caught.value.hint.startswith(hint)


def test_a_hint_on_keys_of_a_file_has_its_underscores() -> None:
    assert registry.suggestion("max-incrase", ("max", "max_increase")).startswith("did you mean max_increase")
    assert registry.suggestion("zzz", ("max", "max_increase")) == "known: max, max_increase"
