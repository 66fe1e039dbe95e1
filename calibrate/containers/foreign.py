"""Kinds of files that are known but not read, each with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Foreign:
    """A kind of file that is not read."""

    what: str
    extensions: tuple[str, ...]
    magic: tuple[bytes, ...]
    hint: str


TORCH = (
    'convert it once: python -c "import numpy, torch; '
    "numpy.save('logits.npy', torch.load('FILE', weights_only=True).numpy())\""
)
"""The line of Python that makes an array of a tensor."""
_NUMPY = "convert it once where it was made: numpy.save('logits.npy', array)"
_FRAME = "convert it once: pandas.{}(FILE).to_csv('logits.csv', index=False)"
FOREIGN = (
    Foreign(
        "a PyTorch file",
        ("pt", "pth", "ckpt", "bin"),
        (),
        TORCH,
    ),
    Foreign(
        "a pickle, which can run any code",
        ("pkl", "pickle", "joblib", "p"),
        (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"),
        'convert it once, if you trust it: python -c "import numpy, pickle; '
        "numpy.save('logits.npy', pickle.load(open('FILE', 'rb')))\"",
    ),
    Foreign("an Excel workbook", ("xlsx", "xls", "xlsm", "ods"), (b"\xd0\xcf\x11\xe0",), _FRAME.format("read_excel")),
    Foreign(
        "an HDF5 file",
        ("h5", "hdf5", "hdf"),
        (b"\x89HDF\r\n",),
        "convert it once: numpy.save('logits.npy', h5py.File(FILE)['logits'][:])",
    ),
    Foreign(
        "a MATLAB file",
        ("mat",),
        (b"MATLAB 5.0",),
        "convert it once: numpy.save('logits.npy', scipy.io.loadmat(FILE)['logits'])",
    ),
    Foreign(
        "an R data file",
        ("rds", "rda", "rdata"),
        (b"RDX3\n", b"RDX2\n"),
        "in R: write.csv(logits, 'logits.csv', row.names = FALSE)",
    ),
    Foreign(
        "an Arrow file",
        ("arrow", "feather", "ipc"),
        (b"ARROW1",),
        "convert it once: polars.read_ipc(FILE).write_parquet('logits.parquet')",
    ),
    Foreign(
        "a safetensors file",
        ("safetensors",),
        (),
        "convert it once: numpy.savez('logits.npz', **safetensors.numpy.load_file(FILE))",
    ),
    Foreign("a TensorFlow record or checkpoint", ("tfrecord", "pb"), (), _NUMPY),
    Foreign("a Stata, SAS or SPSS file", ("dta", "sas7bdat", "sav"), (), _FRAME.format("read_stata")),
    Foreign("an ORC or Avro file", ("orc", "avro"), (b"ORC", b"Obj\x01"), "convert it once to Parquet"),
    Foreign("a bzip2-compressed file", ("bz2",), (b"BZh",), "unpack it, or compress it with gzip"),
    Foreign("an xz-compressed file", ("xz",), (b"\xfd7zXZ\x00",), "unpack it, or compress it with gzip"),
    Foreign("a Zstandard-compressed file", ("zst",), (b"\x28\xb5\x2f\xfd",), "unpack it, or compress it with gzip"),
    Foreign("a 7z, RAR or tar archive", ("7z", "rar", "tar", "tgz"), (b"7z\xbc\xaf", b"Rar!"), "unpack it"),
    Foreign("an image", ("png", "jpg", "jpeg", "gif", "tif", "tiff"), (b"\x89PNG", b"\xff\xd8\xff", b"GIF8"), ""),
    Foreign("a PDF", ("pdf",), (b"%PDF-",), ""),
    Foreign("a program", ("so", "exe", "dll"), (b"\x7fELF",), ""),
    Foreign("text in UTF-32", (), (b"\xff\xfe\0\0", b"\0\0\xfe\xff"), "save it as UTF-8"),
    Foreign("text in UTF-16", (), (b"\xff\xfe", b"\xfe\xff"), "save it as UTF-8"),
    Foreign("a web page (HTML), perhaps of a login", ("html", "htm"), (), "download the file itself"),
    Foreign("a Git LFS pointer, not the data", (), (b"version https://git-lfs",), "fetch the data: git lfs pull"),
)
"""Everything that is told apart only to be refused."""
