"""The manifest says what is ours and whether it is whole."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from calibrate.errors import CalibrateError
from calibrate.outputs.manifest import MANIFEST, check_file, check_folder, contents, listed, text
from calibrate.outputs.write import write_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_folder(tmp_path / "out", {"b.json": b"b", "a.csv": b"a"})
    return tmp_path / "out"


def test_it_is_what_sha256sum_checks(folder: Path) -> None:
    first, *lines = (folder / MANIFEST).read_text().splitlines()
    assert first.startswith("# ")
    assert [line.split("  ")[1] for line in lines] == ["a.csv", "b.json"]
    assert (folder / MANIFEST).read_bytes() == text(listed(str(folder)))
    if shutil.which("sha256sum"):
        subprocess.run(["sha256sum", "--check", "--quiet", MANIFEST], cwd=folder, check=True)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda f: (f / "a.csv").write_bytes(b"A"), "a.csv: found SHA-256"),
        (lambda f: (f / "a.csv").unlink(), "a.csv: stands in MANIFEST.sha256, but: No such file"),
        (lambda f: (f / MANIFEST).unlink(), "found no MANIFEST.sha256"),
        (lambda f: (f / MANIFEST).write_bytes(b""), "found no MANIFEST.sha256"),
        (lambda f: (f / MANIFEST).write_bytes(b"\xff"), "found no MANIFEST.sha256"),
        (lambda f: (f / MANIFEST).write_text(f"{'0' * 64}  a.csv\n"), "found no MANIFEST.sha256"),
        (shutil.rmtree, "found no MANIFEST.sha256"),
    ],
)
def test_what_is_not_whole_is_refused(folder: Path, spoil: object, words: str) -> None:
    assert check_folder(folder) == ("a.csv", "b.json")
    assert callable(spoil)
    spoil(folder)
    with pytest.raises(CalibrateError, match=words) as caught:
        check_folder(folder)
    assert caught.value.code == "E506"


def test_one_file_is_checked_against_the_manifest_beside_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "a.csv").unlink()  # of the others nothing is asked
    monkeypatch.chdir(folder)
    for path in (str(folder / "b.json"), "b.json", "./b.json"):
        check_file(path, b"b")
        with pytest.raises(CalibrateError, match="found SHA-256") as caught:
            check_file(path, b"B")
        assert (caught.value.code, MANIFEST in caught.value.hint) == ("E506", True)
    check_file("not_listed", b"anything")
    (folder / MANIFEST).unlink()
    check_file("b.json", b"B")


def test_names_that_lead_elsewhere_are_not_believed(folder: Path) -> None:
    lines = (folder / MANIFEST).read_text() + f"{'0' * 64}  ../x\n{'0' * 64}  /etc/passwd\n{'0' * 64}  .hidden\n"
    (folder / MANIFEST).write_text(lines)
    assert set(listed(str(folder))) == {"a.csv", "b.json"}


def test_contents(folder: Path) -> None:
    (folder / "mine").write_bytes(b"")
    (folder / ".calibrate-0123456789abcdef").mkdir()
    found = contents(str(folder))
    assert found.ours == {"a.csv", "b.json", MANIFEST}
    assert found.foreign == ("mine",)
    assert not found.busy
