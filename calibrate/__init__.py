"""calibrate: from a classifier's raw scores to probabilities that somebody can stand behind.

>>> import calibrate
>>> model = calibrate.fit([[4.0, 0.0], [3.0, 0.0], [0.0, 2.0], [1.0, 0.0]], [0, 0, 1, 1])
>>> bool(model.calibrator.temperature > 1)
True
"""

TYPE_CHECKING = False  # as typing has it, whose import would cost `--version` more than all the rest
if TYPE_CHECKING:
    from typing import Any

    from calibrate.api.apply import apply as apply
    from calibrate.api.check import check as check
    from calibrate.api.compare import compare as compare
    from calibrate.api.evaluate import evaluate as evaluate
    from calibrate.api.fit import fit as fit
    from calibrate.api.load import load_model as load_model
    from calibrate.api.load import load_result as load_result
    from calibrate.api.priors import estimate_prior as estimate_prior
    from calibrate.api.report import report as report
    from calibrate.api.save import save_model as save_model
    from calibrate.api.save import save_result as save_result
    from calibrate.api.score import score as score
    from calibrate.api.verify import verify as verify
    from calibrate.errors import CalibrateError as CalibrateError
    from calibrate.model import Model as Model
    from calibrate.results import Result as Result

__version__ = "0.1.0"

_HOMES = {
    "apply": "api.apply",
    "check": "api.check",
    "compare": "api.compare",
    "estimate_prior": "api.priors",
    "evaluate": "api.evaluate",
    "fit": "api.fit",
    "load_model": "api.load",
    "load_result": "api.load",
    "report": "api.report",
    "save_model": "api.save",
    "save_result": "api.save",
    "score": "api.score",
    "verify": "api.verify",
    "CalibrateError": "errors",
    "Model": "model",
    "Result": "results",
}
"""Public name -> the module it lives in; nothing is imported before it is asked for (PEP 562)."""

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> "Any":
    if name not in _HOMES:
        raise AttributeError(f"module 'calibrate' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"calibrate.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
