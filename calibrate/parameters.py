"""Calibrators as plain data and back: the name of the registry and the fitted parameters, nothing else."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from calibrate import registry
from calibrate.errors import CalibrateError
from calibrate.protocols import Calibrator


def plain_calibrator(name: str, calibrator: Calibrator) -> dict[str, Any]:
    """`{"name": "temperature", "temperature": 2.5}`."""
    fields = {f.name: getattr(calibrator, f.name) for f in dataclasses.fields(calibrator)}  # type: ignore[arg-type]
    return {"name": name, **fields}


def calibrator_of(plain: Mapping[str, Any]) -> Calibrator:
    """The calibrator of such data. Raises `ValueError` for parameters that it cannot have, E601 for its name."""
    spec = dict(plain)
    entry = registry.load("calibrators", registry.parse("calibrators", str(spec.pop("name", ""))).name)
    known = {f.name for f in dataclasses.fields(entry)}
    needed = {
        f.name for f in dataclasses.fields(entry) if f.default is dataclasses.MISSING
    }  # later ones have a default
    if not needed <= spec.keys() <= known:
        raise ValueError(f"the calibrator has {sorted(spec)}, expected {sorted(known)}")
    if not all(math.isfinite(number) for number in _floats(list(spec.values()))):
        raise ValueError("a parameter is not finite")
    try:
        calibrator: Calibrator = msgspec.convert(spec, entry)
    except CalibrateError as problem:
        raise ValueError(problem.message) from problem
    return calibrator


def _floats(value: Any) -> Iterator[float]:
    if isinstance(value, float):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _floats(item)
