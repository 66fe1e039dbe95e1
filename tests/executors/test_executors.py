"""Every executor gives what the serial one gives."""

import numpy as np
import pytest

from calibrate import registry
from calibrate.errors import CalibrateError
from calibrate.executors.dask import Dask
from calibrate.executors.threads import Threads, processors
from calibrate.rows import Block, from_arrays
from calibrate.sums import Sums

RNG = np.random.default_rng(5)
SCORES = RNG.normal(size=(1000, 7))


def moments(block: Block) -> Sums:
    """Sums that rounding would tell apart if they were added in another order, and the order itself."""
    return {"sum": block.scores.sum(), "exp": np.exp(block.scores).sum(axis=0), "starts": (block.start,)}


@pytest.mark.parametrize("workers", [1, 2, 4, 16])
@pytest.mark.parametrize("step", [7, 100, 1000])
def test_threads_agree_to_the_bit(workers: int, step: int) -> None:
    serial = from_arrays(SCORES, rows_per_block=step).sum(moments)
    threads = from_arrays(SCORES, rows_per_block=step, execute=Threads(workers)).sum(moments)
    assert serial["sum"] == threads["sum"]
    np.testing.assert_array_equal(serial["exp"], threads["exp"])
    assert serial["starts"] == threads["starts"]


def test_an_error_in_a_thread_reaches_the_caller() -> None:
    def fails(block: Block) -> Sums:
        raise CalibrateError("E999", f"block {block.start}")

    with pytest.raises(CalibrateError, match="block 0"):
        from_arrays(SCORES, rows_per_block=10, execute=Threads(4)).sum(fails)


def test_there_is_at_least_one_processor() -> None:
    assert processors() >= 1


@pytest.mark.parametrize("address", ["", "tcp://127.0.0.1:1"])
def test_dask_without_a_cluster_says_so(address: str) -> None:
    with pytest.raises(CalibrateError) as caught:
        Dask(address, timeout=0.3)(moments, from_arrays(SCORES).loads)
    assert caught.value.code == "E610"
    assert "--executor dask:address=" in caught.value.hint


def test_executors_are_made_by_name() -> None:
    assert registry.make("executors", "threads:workers=3") == Threads(3)
