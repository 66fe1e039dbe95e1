"""Row hashes and the sketch: against sets of rows."""

from __future__ import annotations

import struct
from typing import Any

import msgspec
import numpy as np
import pytest

from calibrate import registry
from calibrate.evidence.sketch import SMALLEST, overlap, row_hashes, sketched
from calibrate.exhibits import Sketch
from calibrate.rows import from_arrays


def as_set(scores: np.ndarray) -> set[tuple[float, ...]]:
    return {tuple(row) for row in scores.tolist()}


def drawn(n: int, k: int, seed: int = 0, decimals: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, k)).round(decimals) + 0.0


@pytest.mark.parametrize("k", [1, 2, 3, 10, 200])
def test_rows_are_told_apart(k: int) -> None:
    z = drawn(3000, k)
    assert len(np.unique(row_hashes(z))) == len(as_set(z))


@pytest.mark.parametrize("z", [
    np.array(np.meshgrid(*[np.arange(40.0)] * 3)).reshape(3, -1).T,
    np.array(np.meshgrid(*[2.0 ** np.arange(-20, 20)] * 3)).reshape(3, -1).T,
    np.eye(500),
    -np.tri(500),
    np.arange(100_000.0)[:, None].astype(np.float32),
])  # fmt: skip
def test_regular_rows_are_told_apart_too(z: np.ndarray) -> None:
    hashes = row_hashes(z)
    assert len(np.unique(hashes)) == len(z)
    ones = [((hashes >> np.uint64(bit)) & np.uint64(1)).mean() for bit in range(64)]
    assert ones == pytest.approx([0.5] * 64, abs=4 / np.sqrt(len(z)))


def test_a_hash_is_of_numbers_not_of_bytes() -> None:
    z = drawn(100, 3).astype(np.float32)
    expected = row_hashes(z).tolist()
    for same in (z.astype(np.float64), np.asfortranarray(z), z.astype(">f4"), np.where(z == 0, -0.0, z)):
        assert row_hashes(same).tolist() == expected
    assert row_hashes(z[::-1]).tolist() == expected[::-1]
    assert row_hashes(z.astype(np.float16).astype(np.float64)).tolist() == row_hashes(z.astype(np.float16)).tolist()


def test_columns_have_an_order_and_a_number() -> None:
    assert len({int(row_hashes(np.array([row]))[0]) for row in ([0.0], [0.0, 0.0], [1.0], [1.0, 0.0], [0.0, 1.0])}) == 5


def test_scores_are_not_changed() -> None:
    for z in (drawn(50, 1), drawn(50, 4)):
        before = z.copy()
        row_hashes(z)
        assert np.array_equal(z, before)


def test_the_hash_never_changes() -> None:
    """Sketches are kept in files: another hash would find no row again."""
    rows = [[0.0, 1.5, -2.25], [1e-300, -np.inf, 3.0]]
    found = row_hashes(np.array(rows)).tolist()
    assert found == [by_whole_numbers(row) for row in rows]
    assert [f"{h:016x}" for h in found] == ["c3dd4b392bdaa4fa", "b1342f9f0e4a0743"]


def by_whole_numbers(row: list[float]) -> int:
    every, odd, other, mix = 2**64, 0x9E3779B97F4A7C15, 0xD1B54A32D192ED03, 0xBF58476D1CE4E5B9

    def mixed(x: int) -> int:
        x = (x ^ (x >> 30)) * mix % every
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB % every
        return x ^ (x >> 31)

    total = len(row) * odd
    for j, value in enumerate(row, 1):
        (bits,) = struct.unpack("<Q", struct.pack("<d", value))
        bits = ((bits ^ (bits >> 32)) + mixed(j * odd % every)) * (mixed(j * other % every) | 1) % every
        total += (bits ^ (bits >> 29)) * mix
    return mixed(total % every)


@pytest.mark.parametrize("executor", ["serial", "threads:workers=3"])
@pytest.mark.parametrize("size", [1, 7, 5000])
def test_blocks_and_threads_do_not_matter(size: int, executor: str) -> None:
    z = drawn(2500, 2)
    there = from_arrays(z, execute=registry.make("executors", executor), rows_per_block=size)
    assert sketched(there) == sketched(from_arrays(z))


@pytest.mark.parametrize(("n", "k"), [(1, 1), (50, 2), (3000, 1), (3000, 3), (SMALLEST, 4)])
def test_repeats_against_sets(n: int, k: int) -> None:
    z = drawn(n, k)
    found, distinct = sketched(from_arrays(z)), len(as_set(z))
    assert (found.n, found.distinct, found.repeated, found.columns) == (n, distinct, n - distinct, k)
    assert (len(found.smallest), found.exact) == (min(distinct, SMALLEST), distinct <= SMALLEST)
    assert list(found.smallest) == sorted(f"{h:016x}" for h in set(row_hashes(z).tolist()))[:SMALLEST]


def test_rows_of_no_weight_are_no_rows() -> None:
    z, w = drawn(40, 2), np.repeat([0.0, 2.0], 20)
    assert sketched(from_arrays(z, None, w)) == sketched(from_arrays(z[20:]))
    seen = overlap(sketched(from_arrays(z)), from_arrays(z, None, w))
    assert (seen.n, seen.seen) == (20, 20)
    assert sketched(from_arrays(z, None, 0 * w)).smallest == ()


@pytest.mark.parametrize("shared", [0, 1, 300, 800])
def test_overlap_is_exact_where_the_sketch_holds_all(shared: int) -> None:
    fitted, others = drawn(800, 3), drawn(900, 3, seed=1)
    later = np.concatenate([others, fitted[:shared], fitted[:shared]])
    found = overlap(sketched(from_arrays(fitted)), from_arrays(later, rows_per_block=71))
    known = as_set(fitted)
    assert (found.found, found.of) == (len(known & as_set(later)), len(known))
    assert (found.exact, found.n, found.sampled) == (True, len(later), len(later))
    assert found.seen == sum(tuple(row) in known for row in later.tolist())


@pytest.mark.parametrize("share", [0.0, 0.1, 1.0])
def test_overlap_of_many_rows_is_estimated(share: float) -> None:
    fitted = np.random.default_rng(0).normal(size=(20_000, 2))
    shared = fitted[: round(share * 20_000)]
    later = np.concatenate([np.random.default_rng(1).normal(size=(10_000, 2)), shared])
    found = overlap(sketched(from_arrays(fitted)), from_arrays(later))
    assert (found.of, found.exact) == (SMALLEST, False)
    assert found.found / found.of == pytest.approx(share, abs=0.04 if 0 < share < 1 else 0)
    assert found.seen / found.sampled == pytest.approx(len(shared) / len(later), abs=0.06)


def test_rows_of_another_width_never_recur() -> None:
    found = overlap(sketched(from_arrays(np.zeros((5, 2)))), from_arrays(np.zeros((5, 3))))
    assert (found.found, found.of, found.seen) == (0, 1, 0)


def test_nothing_recurs_of_no_rows() -> None:
    empty = sketched(from_arrays(np.zeros((2, 1)), None, np.zeros(2)))
    found = overlap(empty, from_arrays(np.zeros((3, 1))))
    assert (found.found, found.of, found.exact, found.n, found.seen) == (0, 0, True, 3, 0)


def test_a_sketch_goes_through_json() -> None:
    sketch = sketched(from_arrays(drawn(300, 2)))
    again: Any = msgspec.json.decode(msgspec.json.encode(sketch), type=Sketch)
    assert again == sketch


def test_a_damaged_sketch_is_refused() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        overlap(Sketch(1, 1, 0, 1, ("no hash",), True), from_arrays(np.zeros((1, 1))))
