"""Sets that are made: classifiers trained on drawn or bundled data, and worlds of known shape.

Drawn sets and worlds have 20,000 rows to measure, bundled ones what is left (diabetes 155: its best peer is luck).

They hold `--method auto` to account on data that nobody looked at when its rules were made, and cost seconds each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from sets import Set, logit

MEASURED = 20_000


def _scores(model: Any, x: np.ndarray) -> np.ndarray:
    """Logits: the decision function where the classifier has nothing else, the log of its probabilities else."""
    if not hasattr(model, "predict_proba"):
        return np.asarray(model.decision_function(x), dtype=np.float64)
    p = np.asarray(model.predict_proba(x), dtype=np.float64)
    return logit(p[:, 1]) if p.shape[1] == 2 else np.log(np.maximum(p, np.finfo(np.float64).eps))


def _split(name: str, model: Any, x: np.ndarray, y: np.ndarray, train: int, fit: int, seed: int = 0) -> Set:
    """The first rows of a shuffle train the classifier, the next are to fit, the rest is to measure."""
    turn = np.random.default_rng(seed).permutation(len(y))
    first, second = turn[:train], turn[train : train + fit]
    rest = turn[train + fit : train + fit + MEASURED]
    model.fit(x[first], y[first])
    z, test = _scores(model, x[second]), _scores(model, x[rest])
    if z.ndim == 1:
        return Set(name, True, z[:, None], y[second][:, None], test[:, None], y[rest][:, None])
    return Set(name, False, z, y[second], test, y[rest])


def _drawn(name: str, model: Any, classes: int, fit: int, train: int = 1000, seed: int = 0, **options: Any) -> Set:
    from sklearn.datasets import make_classification

    given: dict[str, Any] = {"n_features": 20, "n_informative": 10, "flip_y": 0.1, "class_sep": 0.8} | options
    n = train + fit + MEASURED
    x, y = make_classification(n, n_classes=classes, n_clusters_per_class=1, random_state=seed, **given)
    return _split(name, model, x, y, train, fit, seed)


def _bundled(
    name: str, model: Any, load: str, train: float, fit: float, seed: int = 0, noise: float = 0.0, times: int = 1
) -> Set:
    """A set of scikit-learn's, with noise added; `times` as many rows, each with noise of its own, where it has few."""
    from sklearn import datasets

    x, y = (np.repeat(part, times, axis=0) for part in getattr(datasets, load)(return_X_y=True))
    if load == "load_diabetes":
        y = (y > np.median(y)).astype(int)
    x = x + noise * x.std(axis=0) * np.random.default_rng(seed).normal(size=x.shape)
    return _split(name, model, x, y.astype(int), int(train * len(y)), int(fit * len(y)), seed)


def _moons(model: Any, fit: int, seed: int) -> Set:
    from sklearn.datasets import make_moons

    x, y = make_moons(500 + fit + MEASURED, noise=0.5, random_state=seed)
    return _split(f"moons kNN {fit}", model, x, y, 500, fit)


def _quantiles(model: Any, classes: int, fit: int, seed: int) -> Set:
    from sklearn.datasets import make_gaussian_quantiles

    n = 2000 + fit + MEASURED
    x, y = make_gaussian_quantiles(n_samples=n, n_features=5, n_classes=classes, random_state=seed)
    flip = np.random.default_rng(seed).random(n) < 0.1
    y[flip] = np.random.default_rng(seed + 1).integers(0, classes, int(flip.sum()))
    return _split(f"quantiles forest {fit}", model, x, y, 2000, fit)


def _blobs(model: Any, classes: int, fit: int, seed: int) -> Set:
    from sklearn.datasets import make_blobs

    x, y = make_blobs(3000 + fit + MEASURED, n_features=6, centers=classes, cluster_std=4.0, random_state=seed)
    return _split(f"blobs bayes {classes} classes {fit}", model, x, y, 3000, fit)


def _world(name: str, k: int, fit: int, bend: Callable[[np.ndarray], np.ndarray], seed: int, spread: float = 2) -> Set:
    """True logits, normal; labels from their softmax; the scores are a function of them."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(fit + MEASURED, k)) * spread
    z[:, 0] += np.log(k) / 2
    y = (z - np.log(rng.standard_exponential(z.shape))).argmax(axis=1)
    s = bend(z)
    return Set(name, False, s[:fit], y[:fit], s[fit:], y[fit:])


def _event(name: str, fit: int, bend: Callable[[np.ndarray], np.ndarray], seed: int, centre: float = 0.0) -> Set:
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(fit + MEASURED, 1)) * 2 + centre
    y = (rng.random(z.shape) < 1 / (1 + np.exp(-z))).astype(int)
    s = bend(z)
    return Set(name, True, s[:fit], y[:fit], s[fit:], y[fit:])


def trained(seed: int = 0) -> Iterator[Set]:
    """All of them, always the same for a seed."""
    from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.naive_bayes import GaussianNB
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.neural_network import MLPClassifier
    from sklearn.svm import SVC, LinearSVC

    def mlp(seed: int = 0) -> Any:
        return MLPClassifier((64,), alpha=0.0, max_iter=80, random_state=seed)

    def forest(seed: int = 0) -> Any:
        return RandomForestClassifier(60, random_state=seed)

    def boosted() -> Any:
        return HistGradientBoostingClassifier(max_iter=80, random_state=0)

    yield _bundled("breast cancer bayes", GaussianNB(), "load_breast_cancer", 0.1, 0.3, seed, 1.0, 4)
    yield _bundled("diabetes boosting", GradientBoostingClassifier(random_state=0), "load_diabetes", 0.25, 0.45, seed)
    yield _bundled("wine forest", forest(), "load_wine", 0.1, 0.3, seed, 1.5, 10)
    yield _bundled("iris weak", LogisticRegression(C=0.01), "load_iris", 0.1, 0.2, seed, 0.7, 10)
    yield _bundled("digits bayes", GaussianNB(), "load_digits", 0.3, 0.35, seed, 1.0)
    yield _bundled("digits boosted", boosted(), "load_digits", 0.3, 0.35, seed, 1.0)
    yield _drawn("bayes 2 classes 500", GaussianNB(), 2, 500, seed=seed)
    yield _drawn("bayes 2 classes 5000", GaussianNB(), 2, 5000, seed=1 + seed)
    yield _drawn("forest 2 classes rare 2000", forest(), 2, 2000, seed=2 + seed, weights=[0.95])
    yield _drawn("boosted 2 classes 300", boosted(), 2, 300, seed=3 + seed)
    yield _drawn("boosted 2 classes 10000", boosted(), 2, 10_000, seed=4 + seed, flip_y=0.2)
    yield _drawn("SVC 2 classes 1000", SVC(random_state=0), 2, 1000, seed=5 + seed)
    yield _drawn("mlp 2 classes 20000", mlp(), 2, 20_000, seed=6 + seed)
    yield _moons(KNeighborsClassifier(15), 1000, 1 + seed)
    yield _drawn("bayes 3 classes 300", GaussianNB(), 3, 300, seed=7 + seed)
    yield _drawn("mlp 4 classes 200", mlp(1), 4, 200, seed=8 + seed)
    yield _drawn("mlp 5 classes 3000", mlp(2), 5, 3000, seed=9 + seed)
    yield _drawn(
        "mlp 10 classes 2000 imbalanced", mlp(3), 10, 2000, 3000, seed=10 + seed, weights=[0.4, 0.2] + [0.05] * 8
    )
    yield _drawn("forest 8 classes 1000", forest(1), 8, 1000, 2000, seed=11 + seed)
    yield _drawn("linear SVM 6 classes 1500", LinearSVC(random_state=0), 6, 1500, 1500, seed=12 + seed)
    yield _drawn("boosted 10 classes 5000", boosted(), 10, 5000, 2000, seed=13 + seed)
    yield _drawn("mlp 30 classes 3000", mlp(4), 30, 3000, 4000, seed=14 + seed, n_informative=15)
    yield _drawn(
        "logistic 20 classes 1000", LogisticRegression(C=0.001), 20, 1000, 2000, seed=15 + seed, n_informative=12
    )
    yield _quantiles(forest(2), 3, 4000, 2 + seed)
    yield _blobs(GaussianNB(), 15, 800, 4 + seed)
    yield _world("world T 10 classes 500", 10, 500, lambda z: 2.5 * z, 20 + seed)
    yield _world(
        "world noise 5 classes 1000", 5, 1000, lambda z: z + np.random.default_rng(0).normal(size=z.shape), 21 + seed
    )
    yield _world("world bent 10 classes 3000", 10, 3000, lambda z: np.sign(z) * np.abs(z) ** 1.5, 22 + seed)
    yield _world("world calibrated 3 classes 400", 3, 400, lambda z: z, 23 + seed)
    yield _world(
        "world by class 6 classes 2000", 6, 2000, lambda z: z * np.linspace(0.5, 3, 6) + np.arange(6), 24 + seed
    )
    yield _event("event calibrated 300", 300, lambda z: z, 30 + seed)
    yield _event("event bent 2000", 2000, lambda z: z**3 / 3, 31 + seed)
    yield _event("event rare 3000", 3000, lambda z: 2 * z + 1, 32 + seed, -3.0)
    yield _event("event asymmetric 5000", 5000, lambda z: np.where(z > 0, 3 * z, 0.7 * z), 33 + seed)
