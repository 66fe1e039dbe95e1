"""The method: its formula, what was minimised, whether the search settled, and what it leaves as it is."""

from __future__ import annotations

import importlib
from typing import Any

from calibrate import registry
from calibrate.exhibits import Overlap
from calibrate.reporting import words
from calibrate.reporting.blocks import Block, Cell, Code, Facts, Items, Line, Para, Section, Sub, Table, heads
from calibrate.reporting.document import Report
from calibrate.results import FitRecord, Result
from calibrate.wording import number

LINKS = {
    "softmax": "softmax({z})_k = exp({z}_k) / sum_j exp({z}_j)",
    "sigmoid": "sigmoid({z}_k) = 1 / (1 + exp(-{z}_k))",
    "sparsemax": "projection of {z} on the probability simplex (Martins and Astudillo 2016)",
    "gumbel-softmax": "softmax({z} + g), g seeded standard Gumbel noise",
}
OBJECTIVES = {"nll": "mean negative log-likelihood of what happened", "link_loss": "mean loss of the link"}
TEMPERATURE = (
    "The order of the scores within a row stays, so the predicted class and with it the accuracy stay.",
    "One number moves all confidences alike: errors of opposite sign in different ranges, classes or groups remain.",
    "No row becomes better informed: how well the scores tell the rows apart is a property of the model.",
)
GENERAL = (
    "A calibrator sees the scores alone: it adds no information about a row.",
    "It is fitted to the average row: groups that deviate in opposite directions can remain wrong.",
)


def section(report: Report) -> Section:
    """Formula, fit and limits of the calibrator; without one, that there is none."""
    result = report.result
    name = _name(report)
    if name is None:
        none = Para("No calibrator: the scores were turned into probabilities by the link alone.")
        return Section("method", "Method", (none, Facts((("Link", (_link(result.link, "z"),)),))))
    blocks: list[Block] = [Facts(_formula(report, name))]
    fit = result.fit or _fit_of(report.model)
    if fit is not None:
        blocks += [Sub("Fit"), Facts(_fit(fit)), *_parameters(fit)]
    blocks += [Sub("What the method cannot change"), Items(TEMPERATURE if name == "temperature" else GENERAL)]
    return Section("method", "Method", tuple(blocks))


def obtained(report: Report) -> Section:
    """How the numbers after calibration came about, and why some may be missing."""
    result = report.result
    return Section("after", "How the numbers after calibration were obtained", (Para(_how(report)), *_missing(result)))


def _how(report: Report) -> Line:
    result = report.result
    folds, seed = result.options.get("folds"), result.options.get("seed")
    return {
        "cross-fitted": (
            Code("cross-fitted"),
            (
                f": the rows are dealt to {folds or 'several'} folds by a hash of their scores (seed {seed}), "
                "so that equal rows share a fold; each row is calibrated by a fit on the other folds, and "
                "all rows are pooled. The saved model is fitted on all rows. The change is an estimate for "
                "that model, with the uncertainty of the fit in its interval."
            ),
        ),
        "holdout": (
            Code("holdout"),
            (
                ": the calibrator was fitted on other rows than those that were measured; the change is "
                "paired, row by row."
            ),
        ),
        "in-sample": (
            Code("in-sample"),
            ": measured on the very rows that were fitted. The numbers flatter and say nothing about new rows.",
        ),
        "applied": (
            Code("applied"),
            f": a saved model was applied to these rows; nothing was fitted. {_honest(report.rows.overlap)}",
        ),
    }.get(result.after_is or "", ("There are none: only the scores as they came were measured.",))


def _honest(found: Overlap | None) -> str:
    """What is known of rows that the model was fitted on, and what follows."""
    if found is None:
        return (
            "The numbers are honest as long as these rows were not among those that the model was fitted on; whether "
            "they were is not known."
        )
    sampled = "" if found.exact else " (in a sample by hash)"
    if not found.seen:
        return f"The numbers are honest: no row has the scores of one that the model was fitted on{sampled}."
    return (
        f"{found.seen:,} of {words.plural(found.sampled, 'row')}{sampled} have the scores of one that the model was "
        "fitted on: as far as they are the same rows, the numbers are in-sample, flatter, and say nothing about new "
        "rows."
    )


def _missing(result: Result) -> list[Block]:
    return [Para(f"Missing: {result.reason}.", "notice")] if result.reason else []


def _name(report: Report) -> str | None:
    calibrator = (report.model or {}).get("calibrator")
    named = calibrator.get("name") if isinstance(calibrator, dict) else None
    text = named or report.result.method
    return None if text is None else str(text).partition(":")[0].replace("-", "_")


def _formula(report: Report, name: str) -> tuple[tuple[str, tuple[Line, ...]], ...]:
    link = (report.model or {}).get("link") or report.result.link
    scale = (report.model or {}).get("scale")
    pairs: list[tuple[str, tuple[Line, ...]]] = [("Calibrator", ((Code(report.result.method or name),),))]
    if name == "temperature":
        softmax = "p = softmax(z / T)" if link == "softmax" else f"p = {link}(z / T)"
        pairs.append(("Formula", ((Code(softmax), ", T > 0 the temperature, z the scores of a row"),)))
    else:
        pairs.append(("What it is", (_described(name),)))
    pairs.append(("Link", (_link(str(link), "u"),)))
    if scale:
        taken = {"probs": "probabilities; z = log p (one column: log p / (1 - p))", "log-probs": "log-probabilities"}
        pairs.append(("Scores", (taken.get(str(scale), str(scale)),)))
    return tuple(pairs)


def _link(link: str, of: str) -> Line:
    formula = LINKS.get(link.partition(":")[0].replace("_", "-"))
    return (Code(link), f": {formula.format(z=of)}") if formula else (Code(link),)


def _described(name: str) -> str:
    """The first line of the calibrator's own documentation."""
    if name not in registry.names("calibrators"):
        return "a calibrator that this version does not know"
    module = importlib.import_module(f"calibrate.calibrators.{name}")
    return (module.__doc__ or name).strip().splitlines()[0]


def _fit(fit: FitRecord) -> tuple[tuple[str, tuple[Line, ...]], ...]:
    objective = OBJECTIVES.get(fit.objective, fit.objective)
    was = f"from {number(fit.objective_before, 6)} to " if fit.objective_before is not None else ""
    settled = "settled at the rounding floor of the gradient" if fit.converged else "DID NOT SETTLE"
    part = f" and {fit.partial_passes} over a part of them" if fit.partial_passes else ""
    weight = f", weights add up to {fit.weight:,.6g}" if fit.weight != fit.n else ""
    return (
        ("Objective", (f"{objective}, {was}{number(fit.objective_after, 6)} on the rows fitted",)),
        ("Rows fitted", (f"{fit.n:,}{weight}",)),
        (
            "Convergence",
            (f"the search {settled} after {words.plural(fit.passes, 'pass', 'passes')} over the rows{part}",),
        ),
        *((("Notes", tuple(fit.notes)),) if fit.notes else ()),
    )


def _parameters(fit: FitRecord) -> list[Block]:
    listed = list(fit.parameters.items())
    rows = [
        (
            Cell(words.name(name)),
            Cell(number(estimate.value, 6)),
            Cell(words.interval(estimate.low, estimate.high) or words.missing(estimate)),
            Cell(estimate.method),
        )
        for name, estimate in listed[: words.MOST]
    ]
    if not rows:
        return []
    note = (
        f"The first {words.MOST} of {len(listed):,}; the others are in model.json." if len(listed) > words.MOST else ""
    )
    heading = heads("parameter", ">value", f">{words.level(fit.level)} interval", "how it was made")
    return [Table("Fitted parameters", heading, tuple(rows), note)]


def _fit_of(model: dict[str, Any] | None) -> FitRecord | None:
    import msgspec

    found = (model or {}).get("fit")
    try:
        return msgspec.convert(found, FitRecord) if found else None
    except msgspec.ValidationError:
        return None
