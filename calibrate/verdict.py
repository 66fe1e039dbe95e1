"""The verdict of a fit: did calibration help, harm, or can the data not tell? Do no harm is the rule.

The NLL decides (for a link with a loss of its own that loss), the Brier score may veto. Better: the interval of the
change of the NLL lies below 0 and the Brier score's not wholly above it; worse the other way round; opposite signs:
mixed; else not distinguishable from doing nothing. No correction for multiplicity inside one fit.
"""

from __future__ import annotations

from collections.abc import Mapping

from calibrate.results import Estimate, Verdict

COVERED_PARAMETERS = 4
"""Cross-fitted intervals of a change were shown to cover up to this number of parameters (8: 82-92 %)."""


def verdict_of(
    change: Mapping[str, Estimate] | None,
    *,
    n: int,
    log_loss: bool = True,
    after_is: str = "cross-fitted",
    parameters: Mapping[str, Estimate] | None = None,
    n_parameters: int = 1,
    reason: str = "",
    level: float = 0.95,
) -> Verdict:
    """The verdict on a change and its plain sentence.

    change      metric key -> estimate of after - before; None where there is none, with the reason
    log_loss    whether the link's loss is the NLL; if not, `link_loss` decides
    after_is    as in the result; `compared`: before and after are two models, and no calibration
    parameters  of the fit, for what they say of T; `n_parameters` counts all that were fitted
    """
    key, name = ("nll", "NLL") if log_loss else ("link_loss", "link's own loss")
    deciding = (change or {}).get(key)
    if deciding is None or deciding.low is None or deciding.high is None:
        why = reason or (deciding.reason if deciding else f"the {name} was not measured")
        return Verdict("unjudged", f"cannot be judged: {why}")
    brier = (change or {}).get("brier")
    if deciding.low == deciding.high == 0:
        return Verdict("unchanged", _WORDS[after_is == "compared"]["unchanged"])
    kind = _kind(_sign(deciding), _sign(brier))
    details = (
        *_about_t(kind, parameters or {}, n),
        *_about_brier(kind, _sign(brier)),
        *_about_trust(after_is, n_parameters),
    )
    return Verdict(kind, _sentence(_WORDS[after_is == "compared"][kind], name, deciding, level), details)


def _sign(change: Estimate | None) -> int:
    """-1 where the interval lies below 0, 1 above, else 0."""
    if change is None or change.low is None or change.high is None:
        return 0
    return int(change.low > 0) - int(change.high < 0)


def _kind(loss: int, brier: int) -> str:
    if loss == 0:
        return "indistinguishable"
    if brier == -loss:
        return "mixed"
    return "better" if loss < 0 else "worse"


_WORDS = (
    {
        "better": "better: calibration helps, the {name} {moved}",
        "worse": "worse: calibration harms, the {name} {moved}",
        "mixed": "mixed: the {name} {moved}, but the Brier score moves the other way",
        "indistinguishable": "not distinguishable from doing nothing: change of the {name} {change}",
        "unchanged": "calibration changes nothing on these rows",
    },
    {
        "better": "better: the new one is better than the old one, the {name} {moved}",
        "worse": "worse: the new one is worse than the old one, the {name} {moved}",
        "mixed": "mixed: from the old one to the new one the {name} {moved}, but the Brier score moves the other way",
        "indistinguishable": "not distinguishable from the old one: change of the {name} {change}",
        "unchanged": "the new one and the old one say the same of these rows",
    },
)
"""Of a calibration, and of two models that were compared."""


def _sentence(words: str, name: str, change: Estimate, level: float) -> str:
    value, low, high = change.value or 0.0, change.low or 0.0, change.high or 0.0
    span = f"({100 * level:g} % interval {low:+.3g} to {high:+.3g})"
    moved = f"{'falls' if value < 0 else 'rises'} by {abs(value):.3g} {span}"
    return words.format(name=name, moved=moved, change=f"{value:+.3g} {span}")


def _about_t(kind: str, parameters: Mapping[str, Estimate], n: int) -> tuple[str, ...]:
    if kind != "indistinguishable":
        return ()
    temperatures = [p for name, p in parameters.items() if name.startswith("temperature")]
    differs = [p for p in temperatures if p.low is not None and p.high is not None and not p.low <= 1 <= p.high]
    if differs:
        return (f"T differs from 1; the gain is too small to measure on {n:,} rows",)
    return ()


def _about_brier(kind: str, brier: int) -> tuple[str, ...]:
    if kind != "indistinguishable" or brier == 0:
        return ()
    return (f"the Brier score alone {'improves' if brier < 0 else 'gets worse'}",)


def _about_trust(after_is: str, n_parameters: int) -> tuple[str, ...]:
    if after_is == "in-sample":
        return ("measured on the rows that were fitted: flattering by construction",)
    if after_is == "cross-fitted" and n_parameters > COVERED_PARAMETERS:
        return (f"with {n_parameters} parameters the cross-fitted interval may cover less than it says; see --holdout",)
    return ()
