"""The same work as other packages do it, on logits (n, K) and labels (n,).

The functions of `TEMPERATURE` import their package when they make a fit, so that a missing one costs its row and not
the run.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Fit = Callable[[np.ndarray, np.ndarray], float]


def _probmetrics(**options: object) -> Fit:
    import torch
    from probmetrics.calibrators import get_calibrator
    from probmetrics.distributions import CategoricalLogits

    def fit(scores: np.ndarray, labels: np.ndarray) -> float:
        found = get_calibrator("temp-scaling", **options)
        found.fit_torch(CategoricalLogits(torch.from_numpy(scores)), torch.from_numpy(labels))
        return 1.0 / float(found.invtemp_)

    return fit


def probmetrics_lbfgs() -> Fit:
    return _probmetrics(ts_opt="lbfgs_line_search")


def probmetrics_bisection() -> Fit:
    return _probmetrics()


def guo() -> Fit:
    import torch
    from probmetrics.calibrators.temperature_scaling import GuoTemperatureScalingCalibrator
    from probmetrics.distributions import CategoricalLogits

    def fit(scores: np.ndarray, labels: np.ndarray) -> float:
        found = GuoTemperatureScalingCalibrator()
        found.fit_torch(CategoricalLogits(torch.from_numpy(scores)), torch.from_numpy(labels))
        return float(found.temp_.item())

    return fit


def scikit_learn() -> Fit:
    from sklearn.calibration import _TemperatureScaling

    def fit(scores: np.ndarray, labels: np.ndarray) -> float:
        return 1.0 / float(_TemperatureScaling().fit(scores, labels).beta_)

    return fit


def netcal() -> Fit:
    from netcal.scaling import TemperatureScaling

    def fit(scores: np.ndarray, labels: np.ndarray) -> float:
        # In float32 its optimiser does not leave the start (T = 1), so it gets float64.
        shifted = scores - scores.max(axis=1, keepdims=True).astype(np.float64)
        probabilities = np.exp(shifted, out=shifted)
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        return 1.0 / float(np.ravel(TemperatureScaling(method="mle").fit(probabilities, labels).temperature)[0])

    return fit


def scipy_naive() -> Fit:
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    def fit(scores: np.ndarray, labels: np.ndarray) -> float:
        rows = np.arange(len(labels))

        def loss(log_t: float) -> float:
            return float(-log_softmax(scores / np.exp(log_t), axis=1)[rows, labels].mean())

        return float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded", options={"xatol": 1e-8}).x))

    return fit


def numbers(scores: np.ndarray, labels: np.ndarray) -> tuple[float, float, float, float]:
    """NLL, Brier, accuracy and ECE as one gets them today: SciPy's softmax, scikit-learn's metrics, netcal's ECE."""
    from netcal.metrics import ECE
    from scipy.special import softmax
    from sklearn.metrics import accuracy_score, brier_score_loss, log_loss

    p, classes = softmax(scores, axis=1), range(scores.shape[1])
    return (
        log_loss(labels, p, labels=classes),
        brier_score_loss(labels, p, labels=classes, scale_by_half=False),
        accuracy_score(labels, p.argmax(axis=1)),
        ECE(bins=15).measure(p, labels),
    )


def smooth_ece(scores: np.ndarray, labels: np.ndarray) -> float:
    """relplot's smECE of the top label: another quantity than the binned ECE, for those who prefer it."""
    import relplot
    from scipy.special import softmax

    p = softmax(scores, axis=1)
    top = p.argmax(axis=1)
    return float(relplot.smECE(p[np.arange(len(p)), top], (top == labels).astype(float)))


TEMPERATURE: dict[str, Callable[[], Fit]] = {
    "probmetrics, L-BFGS": probmetrics_lbfgs,
    "probmetrics, bisection": probmetrics_bisection,
    "scikit-learn": scikit_learn,
    "netcal": netcal,
    "SciPy, naive": scipy_naive,
    "Guo's loop": guo,
}


def reference_temperature(scores: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """T and the mean NLL at T, in float64, from the slope in b = 1/T: slow, plain, independent of ours."""
    step = max(1, (1 << 21) // scores.shape[1])

    def at(b: float) -> tuple[float, float]:
        slope = loss = 0.0
        for start in range(0, len(scores), step):
            z = scores[start : start + step].astype(np.float64)
            true = z[np.arange(len(z)), labels[start : start + step]]
            top = z.max(axis=1)
            e = np.exp(b * (z - top[:, None]))
            total = e.sum(axis=1)
            slope += float(((e * z).sum(axis=1) / total - true).sum())
            loss += float((np.log(total) + b * (top - true)).sum())
        return slope / len(scores), loss / len(scores)

    low, high = 0.05, 20.0
    # The secant through the ends, held inside a bracket that shrinks (Illinois), until b does not move any more.
    f_low, f_high = at(low)[0], at(high)[0]  # slopes of a convex loss: negative, positive
    b = previous = 1.0
    for _ in range(200):
        f = at(b)[0]
        if f > 0:
            high, f_high, f_low = b, f, f_low / 2
        else:
            low, f_low, f_high = b, f, f_high / 2
        previous, b = b, (low * f_high - high * f_low) / (f_high - f_low)
        if not low < b < high:
            b = (low + high) / 2
        if abs(b - previous) <= 1e-14 * b:
            break
    return 1.0 / b, at(b)[1]
