"""Estimates, gates and records of fits as plain data and back; JSON has no infinite numbers: signs stand apart."""

from __future__ import annotations

from dataclasses import fields
from math import inf, isfinite, isinf
from typing import Any

from calibrate.results import Estimate, FitRecord


def plain(estimate: Estimate) -> dict[str, Any]:
    """An estimate as plain data: value and interval always, the rest where it says something; nothing infinite."""
    found = {**flat(estimate), "parts": [plain(part) for part in estimate.parts]}
    if estimate.value is not None and not isfinite(estimate.value) and not estimate.reason:
        found["reason"] = f"the value is {estimate.value}"
    return {key: value for key, value in found.items() if key in _ALWAYS or _says(value)}


def plain_fit(record: FitRecord) -> dict[str, Any]:
    """The record of a fit as plain data."""
    return {**flat(record), "parameters": {name: plain(estimate) for name, estimate in record.parameters.items()}}


def flat(item: Any) -> dict[str, Any]:
    """The fields of a dataclass, infinite numbers as None, their signs under the further key `infinite`.

    >>> from calibrate.results import Verdict
    >>> flat(Verdict("mixed", "")), flat(Estimate(float("-inf")))["infinite"]
    ({'kind': 'mixed', 'sentence': '', 'details': ()}, {'value': -1})
    """
    found = {f.name: getattr(item, f.name) for f in fields(item)}
    signs = {name: 1 if x > 0 else -1 for name, x in found.items() if isinstance(x, float) and isinf(x)}
    return {name: finite(x) for name, x in found.items()} | ({"infinite": signs} if signs else {})


def finite(value: Any) -> Any:
    """The value, or None for an infinite or undefined number: JSON has no word for those."""
    return None if isinstance(value, float) and not isfinite(value) else value


_ALWAYS = ("value", "low", "high")


def _says(value: Any) -> bool:
    """Whether a field says something; a number always does, 0 too."""
    return bool(value) or (isinstance(value, int | float) and not isinstance(value, bool))


def restored_one(item: Any, at: str) -> Any:
    """One estimate, gate or record of a fit, the estimates inside it too, its infinite numbers in their places.

    What is no such object is left to the types to refuse. Raises `ValueError` that says where (`at`) signs are wrong.
    """
    if not isinstance(item, dict):
        return item
    whole = dict(item)
    signs = item.get("infinite", {})
    if not isinstance(signs, dict):
        raise ValueError(f"{at}.infinite: found {signs!r}, expected an object")
    for name, sign in signs.items():
        if sign not in (1, -1) or item.get(name) is not None:
            raise ValueError(f"{at}.infinite.{name}: found {sign!r}, expected 1 or -1 beside a {name} of null")
        whole[name] = sign * inf
    for name in ("parts", "parameters"):
        if name in item:
            whole[name] = restored_each(item[name], f"{at}.{name}")
    if "judged" in item:
        whole["judged"] = restored_one(item["judged"], f"{at}.judged")
    return whole


def restored_each(items: Any, at: str) -> Any:
    """The same of all in a list or an object."""
    if isinstance(items, dict):
        return {name: restored_one(item, f"{at}.{name}") for name, item in items.items()}
    if isinstance(items, (list, tuple)):
        return [restored_one(item, f"{at}[{i}]") for i, item in enumerate(items)]
    return items
