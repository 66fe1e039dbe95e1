"""All methods of ours and of the peers: held-out loss on every set, the regret of `--method auto`, and fit times."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from statistics import fmean

import method_peers
import numpy as np
from method_peers import Fit, predicted, quietly
from plan import Plan, Row, name_of, world
from sets import Set, losses, of_folder, of_samples
from timing import interleaved
from trained import trained

import calibrate
from calibrate import registry
from calibrate.api.fit import applicable

WORST, MEAN = 0.03, 0.01
"""What auto may lose against the best peer's method, chosen in hindsight: on any set, and on average."""
QUICK = 600
"""Rows to fit of a quick run."""


@dataclass(frozen=True, eq=False)
class Measured:
    """The held-out losses (n,) and Brier score of one method on one set; `reason` says why there are none."""

    name: str
    nll: np.ndarray | None
    brier: float = 0.0
    reason: str = ""

    @property
    def mean(self) -> float:
        return float("inf") if self.nll is None else float(self.nll.mean())

    def row(self, name: str) -> Row:
        found = f"failed: {self.reason}" if self.nll is None else f"NLL {self.mean:.5f}, Brier {self.brier:.5f}"
        return Row(f"{name}: {self.name}", found)


def _measured(name: str, given: Set, apply: Callable[[], np.ndarray]) -> Measured:
    try:
        nll, brier = losses(apply(), given.test_labels)
    except Exception as problem:  # whatever a package does, it costs its own row alone
        words = (str(problem) or "no message").splitlines()[0][:100]
        return Measured(name, None, reason=f"{type(problem).__name__}: {words}")
    return Measured(name, nll, float(brier.mean()))


def by_us(given: Set, names: Iterable[str]) -> list[Measured]:
    """Our methods with their default options."""

    def applied(method: str) -> np.ndarray:
        kind = "sigmoid" if given.events and given.scores.shape[1] > 1 else "logits"
        model = calibrate.fit(given.scores, given.labels, method=method, input=kind)
        p = model.apply(given.test_scores)
        return p if p.ndim == 2 else p[:, None]

    return [_measured(name.replace("_", "-"), given, lambda n=name: applied(n)) for name in names]  # type: ignore[misc]


def by_peers(given: Set) -> list[Measured]:
    """Every method of every peer."""
    table = method_peers.EVENTS if given.events else method_peers.CLASSES
    return [
        _measured(name, given, lambda f=fit: predicted(f, given.scores, given.labels, given.test_scores))  # type: ignore[misc]
        for group in table.values()
        for name, fit in group.items()
    ]


def _cut(given: Set, plan: Plan) -> Set:
    if plan.shrink == 1:
        return given
    z, y, some = given.scores[:QUICK], given.labels[:QUICK], slice(5 * QUICK)
    return Set(given.name, given.events, z, y, given.test_scores[some], given.test_labels[some])


def _versus(name: str, auto: Measured, peers: list[Measured], found: list[float]) -> Iterator[Row]:
    """The best peer, and what auto loses against it; the regret is added to `found`."""
    best = min(peers, key=lambda one: one.mean)
    if best.nll is None or auto.nll is None:
        yield Row(f"{name}: regret of auto", "failed: nothing to compare", "", False)
        return
    regret = auto.mean / best.mean - 1
    found.append(regret)
    yield Row(f"{name}: best peer", f"{best.name}, NLL {best.mean:.5f}")
    yield Row(f"{name}: regret of auto", f"{regret:+.2%} (NLL {auto.mean:.5f})", f"<= {WORST:.0%}", regret <= WORST)


def _summary(found: list[float]) -> Iterator[Row]:
    if found:
        mean, worst = fmean(found), max(found)
        yield Row(f"mean regret of auto, {len(found)} sets", f"{mean:+.2%}", f"<= {MEAN:.0%}", mean <= MEAN)
        yield Row("worst regret of auto", f"{worst:+.2%}", f"<= {WORST:.0%}", worst <= WORST)


def methods(plan: Plan) -> Iterator[Row]:
    """Held-out NLL (natural log, all probabilities clipped at 2.2e-16) and Brier score (a sum over columns)."""
    found: list[float] = []
    for whole in chain(of_samples(), of_folder(plan.data) if plan.data else ()):
        given = _cut(whole, plan)
        yield Row(given.name, given.size)
        link = registry.make("links", "sigmoid" if given.events else "softmax")
        names = [name for name in applicable(link) if name != "ensemble"]
        *ours, auto = by_us(given, (*names, "auto"))
        for one in (*ours, auto):
            yield one.row(f"{given.name}: ours")
        if not plan.peers:
            continue
        peers = by_peers(given)
        for one in peers:
            yield one.row(f"{given.name}: theirs")
        best, other = (min(group, key=lambda one: one.mean) for group in (ours, peers))
        if best.nll is not None and other.nll is not None:
            gap = best.nll - other.nll
            half = 1.96 * gap.std() / np.sqrt(len(gap))
            what = f"{given.name}: best of ours, {best.name}, minus best peer, {other.name}"
            yield Row(what, f"{gap.mean():+.5f} (95 %: {gap.mean() - half:+.5f} to {gap.mean() + half:+.5f}, paired)")
        yield from _versus(given.name, auto, peers, found)
    yield from _summary(found)


def auto(plan: Plan) -> Iterator[Row]:
    """Regret of `--method auto` against the best peer's method in hindsight, on sets that are made for it."""
    found: list[float] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # classifiers that were stopped early on purpose say so
        sets = list(trained())
    for whole in sets[:: 8 if plan.shrink > 1 else 1]:
        given = _cut(whole, plan)
        (ours,) = by_us(given, ("auto",))
        yield from _versus(given.name, ours, by_peers(given) if plan.peers else [ours], found)
    yield from _summary(found)


def _binary(n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    z = rng.normal(size=n) * 3
    return z, (rng.random(n) < 1 / (1 + np.exp(-z / 1.7))).astype(np.int64)


def methods_speed(plan: Plan) -> Iterator[Row]:
    """Time to fit and to apply to the same rows (where some do all their work), ours beside the peers', in turns."""
    shapes = ((10_000, 10), (10_000, 100), (50_000, 1_000))
    for n, k in shapes:
        size = (n // plan.shrink, k)
        scores, labels = world(*size)
        yield from _times(plan, name_of(size), scores.astype(np.float64), labels, method_peers.CLASSES, k)
    for n in (10_000, 1_000_000):
        z, y = _binary(n // plan.shrink)
        yield from _times(plan, f"{len(z):,} x 1", z, y, method_peers.EVENTS, 1)


MOST = {"vector": 100, "structured_matrix": 100, "matrix": 10, "dirichlet": 10, "bbq": 10, "spline": 100}
"""Classes up to which a method is timed: beyond, it is not for them. The others up to 1,000."""


def _times(
    plan: Plan, size: str, z: np.ndarray, y: np.ndarray, table: dict[str, dict[str, Fit]], k: int
) -> Iterator[Row]:
    """Ours alone, then each beside the peers; a peer that needs more than its patience is left out of its row."""
    link = registry.make("links", "sigmoid" if z.ndim == 1 else "softmax")
    for name in applicable(link):
        if name in ("none", "ensemble") or k > MOST.get(name, 1_000):
            continue
        cases: dict[str, Callable[[], object]] = {
            "ours": lambda n=name: calibrate.fit(z, y, method=n, input="logits").apply(z),  # type: ignore[misc]
        }
        slow = []
        for peer, fit in table.get(name, {}).items() if plan.peers else ():
            try:
                predicted(fit, z, y, z)
                cases[peer] = lambda f=fit: quietly(lambda: f(z, y)(z))  # type: ignore[misc]
            except Exception as problem:  # a peer that fails, or is too slow, costs its entry
                slow.append(f"{peer}: {type(problem).__name__}")
        try:
            took = interleaved(cases, min(plan.rounds, 3), budget=20, warm=False)
        except calibrate.CalibrateError as problem:
            yield Row(f"{name.replace('_', '-')}, {size}", f"no answer: {problem.code}")
            continue
        mine = took.pop("ours")
        theirs = sorted(took.items(), key=lambda pair: pair[1])
        what = f"{mine:.3f} s"
        if theirs:
            what += "; " + ", ".join(f"{peer} {time / mine:.1f} x ours" for peer, time in theirs)
        yield Row(f"{name.replace('_', '-')}, {size}", "; ".join((what, *slow)))
