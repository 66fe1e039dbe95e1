"""Rows give the same rows whatever the blocks, and travel to other processes as little as they can."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

from calibrate.rows import BLOCK_ELEMENTS, Block, Rows, block_rows, from_arrays
from calibrate.sums import Sums

SCORES = np.arange(24.0).reshape(8, 3)
LABELS = np.array([0, 1, 2, 0, 1, 2, 0, 1])


def column(block: Block) -> Sums:
    """Everything of a block, as columns that concatenate."""
    labels = () if block.labels is None else tuple(block.labels.tolist())
    return {
        "start": tuple(range(block.start, block.start + len(block))),
        "first": tuple(block.scores[:, 0].tolist()),
        "labels": labels,
    }


@pytest.mark.parametrize("step", [1, 2, 3, 8, 100])
def test_blocks_follow_each_other_in_row_order(step: int) -> None:
    sums = from_arrays(SCORES, LABELS, rows_per_block=step).sum(column)
    assert sums["start"] == tuple(range(8))
    assert sums["first"] == tuple(SCORES[:, 0])
    assert sums["labels"] == tuple(LABELS)


@pytest.mark.parametrize("step", [1, 3, 8])
def test_kept_rows_are_numbered_anew_whatever_the_blocks(step: int) -> None:
    mask = np.array([True, False, False, True, True, False, True, False])
    kept = from_arrays(SCORES, LABELS, rows_per_block=step).keep(mask)
    sums = kept.sum(column)
    assert kept.n == 4
    assert sums["start"] == (0, 1, 2, 3)
    assert sums["first"] == tuple(SCORES[mask, 0])
    assert sums["labels"] == tuple(LABELS[mask])


@pytest.mark.parametrize("step", [1, 3, 8])
def test_every_row_has_its_weight_whatever_the_blocks(step: int) -> None:
    mask = np.array([True, False, False, True, True, False, True, False])
    rows = from_arrays(SCORES, LABELS, rows_per_block=step).keep(mask).weigh(np.arange(4.0))
    assert np.concatenate([np.asarray(b.weights) for b in rows.blocks()]).tolist() == [0, 1, 2, 3]


def test_map_is_lazy_and_slices_are_views() -> None:
    seen: list[int] = []

    def step(block: Block) -> Block:
        seen.append(block.start)
        return replace(block, scores=-block.scores)

    rows: Rows = from_arrays(SCORES, rows_per_block=4).map(step)
    assert seen == []
    assert [float(b.scores[0, 0]) for b in rows.blocks()] == [-0.0, -12.0]
    assert seen == [0, 4]
    assert np.shares_memory(from_arrays(SCORES).loads[0]().scores, SCORES)


def test_only_the_rows_of_a_block_are_shipped() -> None:
    big = from_arrays(np.zeros((100_000, 3)), rows_per_block=10)
    for rows in (big, big.keep(np.ones(100_000, dtype=bool)), big.weigh(np.ones(100_000))):
        shipped = pickle.dumps(rows.loads[5])
        assert len(shipped) < 2000
        assert pickle.loads(shipped)().start == 50


def test_a_block_holds_at_least_one_row() -> None:
    assert block_rows(10) == BLOCK_ELEMENTS // 10
    assert block_rows(1 << 30) == 1
