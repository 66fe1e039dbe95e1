"""Isotonic fits to the calibration rows and one more row, for every place and label of that row, without fitting again.

With W and S the running sums of weight and of events, P_j = (W_j, S_j), the isotonic fit is the slope of the greatest
convex minorant of the points. One more event at entry i moves the points from i on by (1, 1); its value is the slope
of the line that supports P_0 .. P_{i-1} moved back and P_i .. P_k from below, found by walking outward on both hulls.
Vovk, Petej, Fedorova: Large-scale probabilistic predictors with and without guarantees of validity. NeurIPS 2015.
"""

from __future__ import annotations

import numpy as np

from calibrate.fitting.columns import Pooled


def with_event(event: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(k,) the value at entry i of the isotonic fit to all entries and one more event of weight 1 at i.

    >>> with_event(np.array([0.0, 1.0]), np.array([1.0, 1.0])).tolist()
    [0.5, 1.0]
    """
    w, s = (np.concatenate(([0.0], np.cumsum(part))) for part in (weight, event))
    left, right = _outward(w, s), (len(w) - 1 - _outward(-w[::-1], s[::-1]))[::-1]
    b = np.arange(1, len(w))
    a = b - 1
    active = np.arange(len(b))
    while len(active):
        at, bt = a[active], b[active]
        wide, high = w[bt] - w[at] + 1.0, s[bt] - s[at] + 1.0
        onward, back = right[bt], left[at]
        lower = (onward != bt) & ((s[onward] - s[bt]) * wide <= high * (w[onward] - w[bt]))
        steeper = (back != at) & ((s[at] - s[back]) * wide >= high * (w[at] - w[back]))
        b[active] = np.where(lower, onward, bt)
        a[active] = np.where(steeper, back, at)
        active = active[lower | steeper]
    return np.asarray((s[b] - s[a] + 1.0) / (w[b] - w[a] + 1.0))


def both(rows: Pooled) -> tuple[np.ndarray, np.ndarray]:
    """(k,) the values with one more row without the event, and with it, at each entry. The first mirrors the second."""
    other = np.maximum(rows.weight - rows.event, 0.0)
    return 1.0 - with_event(other[::-1], rows.weight[::-1])[::-1], with_event(rows.event, rows.weight)


def _outward(w: np.ndarray, s: np.ndarray) -> np.ndarray:
    """(k + 1,) for every point j the vertex before it on the lower hull of the points 0 .. j; itself for the first."""
    xs, ys = w.tolist(), s.tolist()
    hull: list[int] = []
    before: list[int] = []
    for j, (x, y) in enumerate(zip(xs, ys, strict=True)):
        while len(hull) > 1:
            p, q = hull[-2], hull[-1]
            if (y - ys[q]) * (xs[q] - xs[p]) > (ys[q] - ys[p]) * (x - xs[q]):
                break
            hull.pop()
        before.append(hull[-1] if hull else j)
        hull.append(j)
    return np.array(before)
