"""NPZ: NumPy arrays by name in a zip archive, of which the one that is asked for is read.

An array that is stored as it is (`numpy.savez`) is read in blocks like an .npy file, after its checksum was verified;
a compressed one is unpacked into memory, counted against the limits.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, ClassVar

from calibrate.containers.array_table import ArrayTable, said, stored_in
from calibrate.containers.content import PIECE, Content, FileBytes, MemoryBytes
from calibrate.containers.foreign import TORCH
from calibrate.containers.opening import Opened
from calibrate.errors import CalibrateError, named, shown
from calibrate.table import Decision, Source

if TYPE_CHECKING:
    import zipfile

USUAL = ("logits", "scores", "probs", "probabilities", "predictions", "y_score", "y_prob")
"""Names under which scores are looked for when nobody says which."""
MOST_MEMBERS = 100_000


@dataclass(frozen=True)
class Npz:
    """Reads one array of an .npz archive."""

    extensions: ClassVar[tuple[str, ...]] = ("npz",)
    magic: ClassVar[bytes] = b"PK\x03\x04"

    def read(self, opened: Opened) -> ArrayTable:
        """The array that is the only one, or named like scores."""
        return self.choose(opened, None, USUAL)

    def choose(self, opened: Opened, key: str | None, wanted: Sequence[str]) -> ArrayTable:
        """The array `key`, or the first of `wanted` that is there, or the only one.

        Raises `CalibrateError` E115 where that leaves open which, E105 for other archives, E106, E112 to E114.
        """
        archive = _archive(opened)
        members = _members(archive, opened)
        name, why = _chosen(tuple(members), key, wanted or USUAL, opened)
        where = f"{named(opened.name)}, array {shown(name)!r}"
        content = _content(archive, members[name], opened, where)
        stored = stored_in(content, where, opened.limits)
        decision = Decision("key", name, why, f"--key {name}")
        source = Source(opened.name, "npz", opened.digest, opened.size)
        return ArrayTable(
            source, stored, (decision, said(stored)), tuple(members), lambda other: self.choose(opened, other, ())
        )


class _Reader:
    """A `Content` as the file object that `zipfile` wants."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.at = 0

    def read(self, n: int = -1) -> bytes:
        found = self.content.read(self.content.size - self.at if n < 0 else n, self.at)
        self.at += len(found)
        return found

    def seek(self, to: int, whence: int = 0) -> int:
        self.at = max(0, to + (0, self.at, self.content.size)[whence])
        return self.at

    def tell(self) -> int:
        return self.at

    def seekable(self) -> bool:
        return True


def _archive(opened: Opened) -> zipfile.ZipFile:
    import zipfile

    try:
        archive = zipfile.ZipFile(_Reader(opened.content))
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, UnicodeDecodeError) as error:
        raise opened.error(
            "E106", f"damaged or truncated npz (zip): {shown(error)}", "transfer or write it again"
        ) from None
    if len(archive.infolist()) > MOST_MEMBERS:
        raise opened.error("E114", f"more than {MOST_MEMBERS:,} members", "")
    return archive


def _members(archive: zipfile.ZipFile, opened: Opened) -> dict[str, zipfile.ZipInfo]:
    """The arrays by name; only read in memory, so that no name of a member can lead anywhere."""
    infos = archive.infolist()
    listed = {info.filename for info in infos}
    if "[Content_Types].xml" in listed:
        raise opened.error(
            "E105", "found an Excel workbook or other Office file (zip), expected a table", "save it as CSV"
        )
    if any(name.rpartition("/")[2] == "data.pkl" for name in listed):
        raise opened.error("E105", "found a PyTorch file (zip with a pickle), expected a table", TORCH)
    arrays: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        if info.filename.endswith(".npy"):
            name = info.filename.removesuffix(".npy")
            if name in arrays:
                raise opened.error("E106", f"damaged npz: two arrays are called {shown(name)!r}", "write it again")
            arrays[name] = info
    if not arrays:
        inside = ", ".join(shown(name) for name in sorted(listed)[:5]) or "nothing"
        raise opened.error("E115", f"no arrays in this zip; it holds {inside}", "expected an .npz of numpy.savez")
    return arrays


def _chosen(names: tuple[str, ...], key: str | None, wanted: Sequence[str], opened: Opened) -> tuple[str, str]:
    listed = ", ".join(map(shown, names[:20])) + (", ..." if len(names) > 20 else "")
    if key is not None:
        if key in names:
            return key, "as told"
        raise opened.error("E115", f"no array {shown(key)!r}; found {listed}", "say which: --key NAME")
    if len(names) == 1:
        return names[0], "the only array"
    for usual in wanted:
        found = next((name for name in names if usual in (name, name.lower())), None)
        if found is not None:
            return found, f"its name, among {listed}"
    raise opened.error("E115", f"{len(names)} arrays, none of a known name: {listed}", "say which: --key NAME")


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo, opened: Opened, where: str) -> Content:
    """The bytes of a member, its checksum verified: where they lie if they are stored, else unpacked."""
    if info.flag_bits & 1:
        raise CalibrateError(
            "E105", f"{where}: found an encrypted array, expected one without a password", "write it with numpy.savez"
        )
    if info.compress_type == 0 and info.compress_size == info.file_size:
        content = _stored_part(archive, info, opened, where)
        crc, at = 0, 0
        while piece := content.read(PIECE, at):
            crc, at = zlib.crc32(piece, crc), at + len(piece)
        if crc != info.CRC:
            raise _damaged(where, "its checksum (CRC-32) does not agree")
        return content
    return MemoryBytes(_unpacked(archive, info, opened, where))


def _stored_part(archive: zipfile.ZipFile, info: zipfile.ZipInfo, opened: Opened, where: str) -> Content:
    """The member's bytes, behind its local header of 30 bytes, name and extra field."""
    local = opened.content.read(30, max(0, info.header_offset))
    start = info.header_offset + 30 + int.from_bytes(local[26:28], "little") + int.from_bytes(local[28:30], "little")
    if local[:4] != b"PK\x03\x04" or start + info.file_size > opened.content.size:
        raise _damaged(where, "its place in the archive is wrong")
    if isinstance(opened.content, FileBytes):
        return opened.content.part(start, info.file_size)
    return MemoryBytes(opened.content.read(info.file_size, start))


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo, opened: Opened, where: str) -> bytearray:
    allowed = opened.limits.unpacked(info.compress_size)
    if info.file_size > allowed:
        raise _too_large(where, info.file_size, allowed)
    data = bytearray()
    for piece in _inflated(archive, info, where):  # never more than `file_size`: `zipfile` stops there
        data += piece
    return data


def _inflated(archive: zipfile.ZipFile, info: zipfile.ZipInfo, where: str) -> Iterator[bytes]:
    import zipfile

    try:
        with archive.open(info) as member:
            stream: IO[bytes] = member
            while piece := stream.read(PIECE):
                yield piece
    except zipfile.BadZipFile as error:
        raise _damaged(where, f"corrupt: {shown(error)}") from None
    except (zlib.error, EOFError, OSError, ValueError) as error:
        raise _damaged(where, f"corrupt data: {shown(error)}") from None
    except (RuntimeError, NotImplementedError) as error:
        raise CalibrateError(
            "E105", f"{where}: cannot be unpacked: {shown(error)}", "write it with numpy.savez_compressed"
        ) from None


def _damaged(where: str, what: str) -> CalibrateError:
    return CalibrateError("E106", f"{where}: damaged: {what}", "transfer or write it again")


def _too_large(where: str, found: int, allowed: int) -> CalibrateError:
    return CalibrateError(
        "E114",
        f"{where}: unpacks to {found:,} bytes or more, at most {allowed:,} are read",
        "set CALIBRATE_MAX_BYTES higher",
    )
