"""The methods of other packages, each under the name of ours that it corresponds to, on logits and labels.

An entry makes a fit: (logits, labels) -> (logits -> probabilities). Of classes: logits (n, K) and labels (n,); of one
event: both (n,). What an entry needs is imported when it fits, so that a missing package costs its row and not the run.
"""

from __future__ import annotations

import io
import logging
import signal
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

import numpy as np

Predict = Callable[[np.ndarray], np.ndarray]
Fit = Callable[[np.ndarray, np.ndarray], Predict]


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))


def sigmoid(z: np.ndarray) -> np.ndarray:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(z, -700, 700))))


def probmetrics(name: str, **options: Any) -> Fit:
    """`get_calibrator(name)` on logits; an event is the second of two classes."""

    def fit(z: np.ndarray, y: np.ndarray) -> Predict:
        import torch
        from probmetrics.calibrators import get_calibrator
        from probmetrics.distributions import CategoricalLogits

        def given(z: np.ndarray) -> Any:
            pairs = z if z.ndim == 2 else np.stack([np.zeros_like(z), z], axis=1)
            return CategoricalLogits(torch.from_numpy(np.ascontiguousarray(pairs, dtype=np.float64)))

        found = get_calibrator(name, **options)
        found.fit_torch(given(z), torch.from_numpy(y))

        def predict(z: np.ndarray) -> np.ndarray:
            p = found.predict_proba_torch(given(z)).get_probs().numpy().astype(np.float64)
            return p if z.ndim == 2 else p[:, 1]

        return predict

    return fit


def scikit_learn(method: str) -> Fit:
    """`CalibratedClassifierCV` around a frozen classifier whose decision function is the logits."""

    def fit(z: np.ndarray, y: np.ndarray) -> Predict:
        from sklearn.base import BaseEstimator, ClassifierMixin
        from sklearn.calibration import CalibratedClassifierCV
        from sklearn.frozen import FrozenEstimator

        class Scores(ClassifierMixin, BaseEstimator):
            classes_ = np.arange(2 if z.ndim == 1 else z.shape[1])

            def fit(self, _x: np.ndarray, _y: np.ndarray) -> Scores:
                return self

            def __sklearn_is_fitted__(self) -> bool:
                return True

            def predict(self, x: np.ndarray) -> np.ndarray:
                return x.argmax(axis=1) if z.ndim == 2 else (x[:, 0] > 0).astype(int)

            def decision_function(self, x: np.ndarray) -> np.ndarray:
                return x[:, 0] if z.ndim == 1 else x

        table = z.reshape(len(z), -1)
        found = CalibratedClassifierCV(FrozenEstimator(Scores()), method=method).fit(table, y)

        def predict(z: np.ndarray) -> np.ndarray:
            p = found.predict_proba(z.reshape(len(z), -1))
            return p if z.ndim == 2 else p[:, 1]

        return predict

    return fit


def netcal(folder: str, name: str, **options: Any) -> Fit:
    """A class of netcal on probabilities, by maximum likelihood where it has a choice."""

    def fit(z: np.ndarray, y: np.ndarray) -> Predict:
        from importlib import import_module

        def given(z: np.ndarray) -> np.ndarray:
            return softmax(z) if z.ndim == 2 else sigmoid(z)

        found = getattr(import_module(f"netcal.{folder}"), name)(**options).fit(given(z), y)
        return lambda z: np.asarray(found.transform(given(z)), dtype=np.float64).reshape(z.shape)

    return fit


def betacal(z: np.ndarray, y: np.ndarray) -> Predict:
    from betacal import BetaCalibration

    found = BetaCalibration(parameters="abm").fit(sigmoid(z)[:, None], y)
    return lambda z: np.asarray(found.predict(sigmoid(z)[:, None]))


def venn_abers(z: np.ndarray, y: np.ndarray) -> Predict:
    from venn_abers import VennAbers, VennAbersCalibrator

    if z.ndim == 2:
        # Its door fits and predicts at once, and keeps nothing.
        return lambda new: np.asarray(
            VennAbersCalibrator().predict_proba(p_cal=softmax(z), y_cal=y, p_test=softmax(new)), dtype=np.float64
        )
    pairs = np.stack([1 - sigmoid(z), sigmoid(z)], axis=1)
    found = VennAbers()
    found.fit(pairs, y)

    def predict(z: np.ndarray) -> np.ndarray:
        p, _ = found.predict_proba(np.stack([1 - sigmoid(z), sigmoid(z)], axis=1))
        return np.asarray(p)[:, 1]

    return predict


def ml_insights(z: np.ndarray, y: np.ndarray) -> Predict:
    from ml_insights import SplineCalib

    def given(z: np.ndarray) -> np.ndarray:
        return softmax(z) if z.ndim == 2 else sigmoid(z)

    found = SplineCalib()
    found.fit(given(z), y)
    return lambda z: np.asarray(found.calibrate(given(z)))


MLE = {"method": "mle"}
PATIENCE = 60
"""Seconds that a peer gets for a set: some need hours for many classes."""

CLASSES: dict[str, dict[str, Fit]] = {
    "temperature": {
        "probmetrics temp-scaling": probmetrics("temp-scaling"),
        "probmetrics guo-ts": probmetrics("guo-ts"),
        "scikit-learn temperature": scikit_learn("temperature"),
        "netcal TemperatureScaling": netcal("scaling", "TemperatureScaling", **MLE),
    },
    "temperature_mixture": {"probmetrics ts-mix": probmetrics("ts-mix")},
    "vector": {"netcal LogisticCalibration": netcal("scaling", "LogisticCalibration", **MLE)},
    "structured_vector": {"probmetrics svs": probmetrics("svs", svs_print_init_info=False)},
    "structured_matrix": {"probmetrics sms": probmetrics("sms", sms_print_init_info=False)},
    "spline": {"ml-insights SplineCalib": ml_insights},
    "isotonic": {
        "scikit-learn isotonic": scikit_learn("isotonic"),
        "probmetrics isotonic": probmetrics("isotonic"),
        "netcal IsotonicRegression": netcal("binning", "IsotonicRegression"),
    },
    "venn_abers": {
        "probmetrics ivap-ovr": probmetrics("ivap-ovr"),
        "probmetrics ivap": probmetrics("ivap"),
        "venn-abers": venn_abers,
    },
    "histogram": {"netcal HistogramBinning": netcal("binning", "HistogramBinning")},
    "bbq": {"netcal BBQ": netcal("binning", "BBQ"), "netcal ENIR": netcal("binning", "ENIR")},
    "none": {
        "scikit-learn sigmoid": scikit_learn("sigmoid"),
        "netcal BetaCalibration": netcal("scaling", "BetaCalibration", **MLE),
    },
}
"""Ours of classes -> theirs. Under "none": methods that we have for events alone."""

EVENTS: dict[str, dict[str, Fit]] = {
    "temperature": {
        "probmetrics linear-scaling": probmetrics("linear-scaling"),
        "probmetrics temp-scaling": probmetrics("temp-scaling"),
        "scikit-learn temperature": scikit_learn("temperature"),
        "netcal TemperatureScaling": netcal("scaling", "TemperatureScaling", **MLE),
    },
    "platt": {"scikit-learn sigmoid": scikit_learn("sigmoid")},
    "platt_probability": {"probmetrics platt": probmetrics("platt")},
    "affine": {
        "probmetrics affine-scaling": probmetrics("affine-scaling"),
        "netcal LogisticCalibration": netcal("scaling", "LogisticCalibration", **MLE),
    },
    "quadratic": {"probmetrics quadratic-scaling": probmetrics("quadratic-scaling")},
    "beta": {
        "betacal abm": betacal,
        "probmetrics beta": probmetrics("beta"),
        "netcal BetaCalibration": netcal("scaling", "BetaCalibration", **MLE),
    },
    "spline": {"ml-insights SplineCalib": ml_insights},
    "isotonic": {
        "scikit-learn isotonic": scikit_learn("isotonic"),
        "netcal IsotonicRegression": netcal("binning", "IsotonicRegression"),
    },
    "venn_abers": {"venn-abers": venn_abers, "probmetrics ivap": probmetrics("ivap")},
    "histogram": {"netcal HistogramBinning": netcal("binning", "HistogramBinning")},
    "bbq": {"netcal BBQ": netcal("binning", "BBQ"), "netcal ENIR": netcal("binning", "ENIR")},
    "none": {"probmetrics ts-mix": probmetrics("ts-mix")},
}
"""Ours of events -> theirs, for one column at a time."""


def quietly(run: Callable[[], Any]) -> Any:
    """A peer's answer without its warnings and its print."""
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            return run()
    finally:
        logging.disable(logging.NOTSET)


def _too_slow(*_: object) -> None:
    raise TimeoutError(f"not done in {PATIENCE} s")


def predicted(fit: Fit, z: np.ndarray, y: np.ndarray, new: np.ndarray) -> np.ndarray:
    """What a peer's method makes of `new`, fitted on z and y; several events one after the other.

    Raises `TimeoutError` after `PATIENCE` seconds, `ValueError` where the answer is none, and what the peer raises.
    """

    def run() -> np.ndarray:
        if y.ndim == 1:
            return fit(z, y)(new)
        return np.stack([fit(z[:, j], y[:, j])(new[:, j]) for j in range(y.shape[1])], axis=1)

    before = signal.signal(signal.SIGALRM, _too_slow)
    signal.alarm(PATIENCE)
    try:
        p = np.asarray(quietly(run), dtype=np.float64)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    if p.shape != new.shape or not np.isfinite(p).all():
        raise ValueError(f"found probabilities {p.shape} that are not all finite numbers of shape {new.shape}")
    return p
