"""NPZ: which array is taken, and what a broken or hostile archive says."""

from __future__ import annotations

import io
import pickle
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from calibrate.containers.content import MemoryBytes
from calibrate.containers.opening import Limits, Opened, open_input
from calibrate.errors import CalibrateError
from calibrate.formats.npz import Npz

X = np.arange(12.0).reshape(4, 3)


def opened(data: bytes, limits: Limits = Limits()) -> Opened:  # noqa: B008  a frozen constant
    return Opened("x.npz", "npz", MemoryBytes(data), len(data), "", False, limits)


def saved(packed: bool = False, **arrays: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    (np.savez_compressed if packed else np.savez)(buffer, **arrays)
    return buffer.getvalue()


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


@pytest.mark.parametrize("packed", [False, True])
def test_which_array(packed: bool) -> None:
    y = np.arange(4)
    both = opened(saved(packed, logits=X, labels=y))
    assert Npz().read(both).numbers(range(3)).read(0, 4).tolist() == X.tolist()
    assert Npz().choose(both, None, ("y_true", "labels")).column(0).tolist() == [0, 1, 2, 3]
    assert Npz().choose(both, "labels", ("logits",)).n == 4
    assert Npz().choose(opened(saved(packed, whatever=X)), None, ("labels",)).n == 4
    found = Npz().read(both)
    assert found.arrays == ("logits", "labels")
    assert found.other("labels").column(0).dtype == np.int64


@pytest.mark.parametrize(("key", "words"), [(None, "alpha, beta"), ("gamma", "no array 'gamma'; found alpha, beta")])
def test_which_is_not_known(key: str | None, words: str) -> None:
    with pytest.raises(CalibrateError, match=words) as caught:
        Npz().choose(opened(saved(alpha=X, beta=X)), key, ())
    assert (caught.value.code, "--key" in caught.value.hint) == ("E115", True)


def test_a_stored_array_of_a_file_is_read_in_blocks_and_by_other_processes(tmp_path: Path) -> None:
    path = str(tmp_path / "x.npz")
    np.savez(path, logits=X, labels=np.arange(4))
    numbers = Npz().read(open_input(path, Limits())).numbers(range(3))
    assert pickle.loads(pickle.dumps(numbers)).read(1, 3).tolist() == X[1:3].tolist()


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("back", [3, 40, 200])
def test_cut_off(packed: bool, back: int) -> None:
    with pytest.raises(CalibrateError) as caught:
        Npz().read(opened(saved(packed, logits=X)[:-back]))
    assert caught.value.code == "E106"


@pytest.mark.parametrize("packed", [False, True])
def test_any_flipped_byte_is_noticed_or_harmless(packed: bool) -> None:
    data = saved(packed, logits=X)
    for at in range(len(data)):
        broken = bytearray(data)
        broken[at] ^= 0x10
        try:
            found = Npz().read(opened(bytes(broken)))
        except CalibrateError as error:
            assert error.code in {"E105", "E106", "E114", "E115"}
        else:
            assert found.numbers(range(3)).read(0, 4).tolist() == X.tolist()


def test_a_wrong_checksum_says_so() -> None:
    broken = bytearray(saved(logits=X))
    broken[broken.index(X.tobytes())] ^= 1
    with pytest.raises(CalibrateError, match="CRC"):
        Npz().read(opened(bytes(broken)))


def test_names_lead_nowhere() -> None:
    found = Npz().read(opened(zipped({"../../x.npy": npy(X)})))
    assert found.numbers([0]).read(0, 1).tolist() == [[0.0]]


def test_bombs_are_counted_whatever_they_declare() -> None:
    bomb = zipped({"logits.npy": bytes(4 << 20)})
    with pytest.raises(CalibrateError, match="unpacks to") as caught:
        Npz().read(opened(bomb, Limits(max_bytes=1 << 20)))
    assert caught.value.code == "E114"
    lying = bomb.replace((4 << 20).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    with pytest.raises(CalibrateError) as caught:
        Npz().read(opened(lying, Limits(max_bytes=1 << 20)))
    assert caught.value.code in {"E106", "E114"}


@pytest.mark.parametrize(
    ("members", "code", "words"),
    [
        ({"readme.txt": b"x"}, "E115", "readme.txt"),
        ({"[Content_Types].xml": b"x", "xl/workbook.xml": b"x"}, "E105", "Excel"),
        ({"archive/data.pkl": b"x"}, "E105", "PyTorch"),
        ({"logits.npy": b"x"}, "E106", "array 'logits'"),
        ({"logits.npy": npy(np.array(["a"]))}, "E112", "text"),
    ],
)
def test_other_archives(members: dict[str, bytes], code: str, words: str) -> None:
    with pytest.raises(CalibrateError, match=words) as caught:
        Npz().read(opened(zipped(members)))
    assert caught.value.code == code


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_arrays_of_one_name() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.npy", npy(X))
        archive.writestr("a.npy", npy(-X))
    with pytest.raises(CalibrateError, match="two arrays are called 'a'"):
        Npz().read(opened(buffer.getvalue()))


def test_members_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    data = saved(a=X, b=X, c=X)
    monkeypatch.setattr("calibrate.formats.npz.MOST_MEMBERS", 3)
    assert Npz().choose(opened(data), "b", ()).n == 4
    monkeypatch.setattr("calibrate.formats.npz.MOST_MEMBERS", 2)
    with pytest.raises(CalibrateError, match=r"x\.npz: more than 2 members") as caught:
        Npz().choose(opened(data), "b", ())
    assert caught.value.code == "E114"


@pytest.mark.parametrize("packed", [False, True])
def test_what_needs_a_password(packed: bool) -> None:
    """Bit 0 of the flags, 8 bytes into the entry of the central directory."""
    data = bytearray(saved(packed, logits=X))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(CalibrateError, match="array 'logits': found an encrypted array") as caught:
        Npz().read(opened(bytes(data)))
    assert (caught.value.code, caught.value.hint) == ("E105", "write it with numpy.savez")


def test_no_more_is_unpacked_than_is_declared() -> None:
    """A member that says 100 bytes, and holds four million of them: reading stops at the hundredth."""
    bomb = zipped({"logits.npy": bytes(4 << 20)})
    lying = bomb.replace((4 << 20).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    tracemalloc.start()
    with pytest.raises(CalibrateError, match="array 'logits': damaged") as caught:
        Npz().read(opened(lying))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert caught.value.code == "E106"
    assert peak < 4 << 20
