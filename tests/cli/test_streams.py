"""The command in a pipeline: standard input and output, pipes that close, disks that are full, devices."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

DATA = Path(__file__).resolve().parents[2] / "sample_data"
SCORES, LABELS = DATA / "cifar10" / "logits.csv", DATA / "cifar10" / "labels.csv"


def calibrate(*arguments: object, **streams: Any) -> subprocess.CompletedProcess[bytes]:
    """The command in a process of its own; standard output and error are caught unless they are given."""
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
    command = [sys.executable, "-m", "calibrate", *map(str, arguments)]
    return subprocess.run(command, check=False, timeout=60, **streams)


@pytest.fixture(scope="module")
def probabilities() -> bytes:
    """What `transform` makes of the sample data."""
    return calibrate("transform", SCORES, "-q").stdout


def test_scores_from_standard_input(tmp_path: Path, probabilities: bytes) -> None:
    with open(SCORES, "rb") as scores:
        ended = calibrate("fit", "-", LABELS, "--no-plot", "-o", tmp_path / "out", stdin=scores)
    assert ended.returncode == 0
    assert b"read standard input, labels.csv" in ended.stderr
    with open(SCORES, "rb") as scores:
        assert calibrate("transform", "-", "-q", stdin=scores).stdout == probabilities


def test_standard_input_cannot_be_both_files() -> None:
    ended = calibrate("score", "-", "-")
    assert ended.returncode == 2
    assert ended.stderr.startswith(b"error[E201]: scores and labels: found standard input for both")


@pytest.mark.parametrize("output", ["-", "/dev/stdout"])
def test_standard_output_by_name(output: str, probabilities: bytes) -> None:
    ended = calibrate("transform", SCORES, "-q", "-o", output)
    assert (ended.returncode, ended.stdout) == (0, probabilities)


def test_a_reader_that_has_enough(tmp_path: Path) -> None:
    np.save(tmp_path / "z.npy", np.random.default_rng(0).normal(size=(50_000, 3)))
    reader, writer = os.pipe()
    with subprocess.Popen(["head", "-n", "1"], stdin=reader, stdout=subprocess.PIPE) as head:
        os.close(reader)
        ended = calibrate("transform", tmp_path / "z.npy", "-q", stdout=writer)
        os.close(writer)
        first, _ = head.communicate(timeout=60)
    assert (ended.returncode, ended.stderr) == (141, b"")
    assert first == b"0,1,2\n"


@pytest.mark.parametrize("arguments", [("score", SCORES, LABELS, "-q", "--json"), ("--help",), ("--version",)])
def test_a_full_disk_behind_standard_output(arguments: tuple[object, ...]) -> None:
    with open("/dev/full", "wb") as full:
        ended = calibrate(*arguments, stdout=full)
    assert ended.returncode == 2
    assert ended.stderr.startswith(b"error[E508]: standard output or standard error: cannot be written: No space left")


@pytest.mark.parametrize("make", ["same", "link", "symlink"])
def test_an_output_that_is_the_input(tmp_path: Path, make: str) -> None:
    source, output = tmp_path / "z.csv", tmp_path / "p.csv"
    source.write_bytes(SCORES.read_bytes())
    if make == "link":
        output.hardlink_to(source)
    elif make == "symlink":
        output.symlink_to(source)
    ended = calibrate("transform", source, "-o", source if make == "same" else output)
    assert ended.returncode == 2
    assert ended.stderr.startswith(b"error[E505]: ")
    assert source.read_bytes() == SCORES.read_bytes()


def test_gzip_by_the_extension(tmp_path: Path, probabilities: bytes) -> None:
    for name in ("a.csv.gz", "b.csv.gz"):
        assert calibrate("transform", SCORES, "-q", "-o", tmp_path / name).returncode == 0
    assert gzip.decompress((tmp_path / "a.csv.gz").read_bytes()) == probabilities
    assert (tmp_path / "a.csv.gz").read_bytes() == (tmp_path / "b.csv.gz").read_bytes()  # no time, no name


@pytest.mark.parametrize(("name", "start"), [("p.npy", b"\x93NUMPY"), ("p", b"airplane,")])
def test_a_named_pipe_is_written_as_it_is(tmp_path: Path, name: str, start: bytes) -> None:
    pipe = tmp_path / name
    os.mkfifo(pipe)
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.append(pipe.read_bytes()), daemon=True)
    reader.start()
    ended = calibrate("transform", SCORES, "-q", "-o", pipe)
    reader.join(60)
    assert (ended.returncode, pipe.is_fifo()) == (0, True)
    assert found[0].startswith(start)
