"""Write the first files of the corpus: valid small files of every kind, from which fuzzing starts.

    python tests/fuzz/seeds.py

What fuzzing added to `corpus/` later stays; files of the same name are written anew.
"""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import calibrate
from calibrate.renderers.json import render

HERE = Path(__file__).parent
RNG = np.random.default_rng(20240613)
N = 12
SCORES = (RNG.standard_normal((N, 3)) * 3).round(2) + 0.005
Y = (SCORES / 2 + RNG.gumbel(size=SCORES.shape)).argmax(axis=1)
SEPARATOR = "\0\n"


def lines(rows: Any, sep: str = ",", end: str = "\n") -> str:
    return "".join(sep.join(map(str, row)) + end for row in rows)


def saved(save: Callable[..., None], *args: Any, **named: Any) -> bytes:
    buffer = io.BytesIO()
    save(buffer, *args, **named)
    return buffer.getvalue()


def parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="uncompressed", statistics=False)
    return buffer.getvalue()


def texts() -> Iterator[tuple[str, str | bytes]]:
    rows = SCORES.tolist()
    head = "c0,c1,c2\n"
    beside = [[f"im{i}", *row, f"c{y}", "fm"[i % 2], i + 1] for i, (row, y) in enumerate(zip(rows, Y, strict=True))]
    yield "csv/plain", head + lines(rows)
    yield "csv/bare", lines(rows)
    yield "csv/quoted", lines([[f'"{v}"' for v in row] for row in rows])
    yield "csv/commas", lines([[str(v).replace(".", ",") for v in row] for row in rows], ";", "\r\n")
    yield "csv/index", ",0,1,2\n" + lines([[i, *row] for i, row in enumerate(rows)])
    yield "csv/probabilities", "cat,dog\n" + lines([[0.25, 0.75], [0.5, 0.5], [1.0, 0.0]])
    yield "csv/faults", head + lines([*rows, ["nan", "", "1e400"], ["-inf", "1_0", "=1+1"]])
    yield "csv/comments", "\ufeff# c0 c1\n# a,b,c\n" + lines(rows) + "\n\n"
    yield "csv/top", "confidence,prediction,label\n" + lines([[0.9, 1, 1], [0.4, 0, 1], [0.7, 1, 0]])
    yield "tsv/plain", "c0\tc1\tc2\n" + lines(rows, "\t")
    yield "jsonl/objects", "".join(json.dumps(dict(zip("abc", row, strict=True))) + "\n" for row in rows)
    yield "jsonl/arrays", "".join(json.dumps(row) + "\n" for row in rows)
    yield "jsonl/odd", '{"a": null, "b": true, "c": "x"}\n{"b": 1, "a": -Infinity, "c": 12345678901234567890}\n'
    yield "csv.gz/plain", gzip.compress((head + lines(rows)).encode(), mtime=0)
    yield "csv.gz/two", gzip.compress(head.encode(), mtime=0) + gzip.compress(lines(rows).encode(), mtime=0) + b"\0\0"
    yield "pair/plain", head + lines(rows) + SEPARATOR + "label\n" + lines(Y[:, None])
    answers = "id,label\n" + lines([[f"im{i}", f"c{Y[i]}"] for i in RNG.permutation(N)])
    yield "pair/joined", "id,c0,c1,c2\n" + lines([row[:4] for row in beside]) + SEPARATOR + answers
    options = "group=sex\nweight=w\ndrop_missing=1\nid_column=id\n"
    yield "pair/alone", "id,c0,c1,c2,label,sex,w\n" + lines(beside) + SEPARATOR * 2 + options
    one_hot = lines([[int(y == j) for j in range(3)] for y in Y])
    yield "pair/one-hot", lines(rows) + SEPARATOR + one_hot + SEPARATOR + "input=sigmoid\nclip=1e-6\n"
    yield (
        "pair/event",
        "score\n" + lines(SCORES[:, :1]) + SEPARATOR + lines(Y[:, None] > 1) + SEPARATOR + "positive=True",
    )
    chosen = "classes=a,b,c\nlabel_base=1\nscore_columns=1-3\nlabel_column=label\n"
    yield (
        "pair/told",
        "x,y,z,label\n" + lines([[*r, y + 1] for r, y in zip(rows, Y, strict=True)]) + SEPARATOR * 2 + chosen,
    )
    yield "two_readers/plain", head + lines(rows)
    yield "two_readers/mixed", 'a,b,t\n1,2.5,x\n"3",-inf,"y\nz"\n5,6.,\n,nan,w\n' + "7,8,v\n" * 8
    yield "two_readers/commas", "a;b\r\n" + "1,5;2\r\n" * 9
    yield "table/html", "<!DOCTYPE html><html></html>"
    yield "table/pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n"
    yield "table/csv", lines(rows)
    yield "table/jsonl", '{"a": 1, "b": 2}\n{"a": 3, "b": 4}\n'


def arrays() -> Iterator[tuple[str, bytes]]:
    yield "npy/f8", saved(np.save, SCORES)
    yield "npy/f2", saved(np.save, SCORES.astype("f2"))
    yield "npy/big", saved(np.save, np.asfortranarray(SCORES.astype(">f4")))
    yield "npy/u1", saved(np.save, Y.astype("u1"))
    yield "npy/g", saved(np.save, SCORES[:2].astype("g"))
    yield "npz/two", saved(np.savez, logits=SCORES, labels=Y)
    yield "npz/packed", saved(np.savez_compressed, scores=SCORES[:4])
    frame = pl.DataFrame({"a": SCORES[:4, 0], "b": SCORES[:4, 1], "t": ["x", "y", None, ""], "i": [1, 2, 3, None]})
    yield "parquet/mixed", parquet(frame)
    yield "parquet/f4", parquet(pl.DataFrame(SCORES[:3].astype("f4"), schema=["c0", "c1", "c2"]))
    yield "table/npy", saved(np.save, SCORES[:2])
    yield "table/gzip", gzip.compress(b"1,2\n3,4\n", mtime=0)


def documents() -> Iterator[tuple[str, bytes]]:
    labels = np.array([0, 1, 2] * 40)
    logits = RNG.standard_normal((120, 3)) + np.eye(3)[labels]
    events = (logits[:, 0] > 1).astype(int)
    for method in ("temperature", "vector", "matrix", "dirichlet", "isotonic", "spline", "ensemble_temperature"):
        yield f"model_file/{method}", calibrate.fit(logits, labels, method=method).to_json()
    for method in ("platt", "beta", "histogram", "bbq", "venn_abers", "quadratic"):
        yield f"model_file/{method}", calibrate.fit(logits[:, 1], events, method=method).to_json()
    small = calibrate.score(logits[:9], labels[:9], metrics="nll,ece:bins=3")
    yield "result_file/score", render(small).encode()
    fitted = calibrate.evaluate(logits[:60], labels[:60], metrics="nll", folds=2)
    yield "result_file/fit", render(fitted).encode()
    gated = calibrate.check(logits[:9], labels[:9], metrics="nll", gates={"gates": {"nll": {"max": 0.5}}})
    yield "result_file/check", render(gated).encode()
    yield "drawn/score", render(small).encode()


def tables() -> Iterator[tuple[str, str]]:
    gates = (
        'baseline = "baseline.json"\npreset = "not-worse"\non = "safe"\ninconclusive = "warn"\n'
        '[gates.ece]\nmax = 0.03\non = "lenient"\nlevel = "warn"\n[gates."ece:bins=20"]\nmax-increase = 0.0\n'
        "[groups.sex.gates.accuracy]\nmin = 0.85\n[classes.gates.ece]\nmax = 0.05\n"
    )
    yield "gates/all", gates + SEPARATOR + "max=nll=0.5\nmin=accuracy=0.9\n"
    yield "gates/project", "[tool.calibrate.gates.nll]\nmax = 1\n"
    yield "toml/all", gates
    yield (
        "meta/all",
        'title = "Churn"\ndevelopers = ["A", "B"]\nprepared_by = {name = "C", date = 2024-06-01}\n[extra]\nx = 1\n',
    )
    yield (
        "listing/one",
        "# the files of one run of calibrate; sha256sum -c MANIFEST.sha256 checks them\n"
        + (f"{'0' * 64}  model.json\n"),
    )
    for kind, text in {
        "metrics": "nll,ece:bins=20,norm=l2,mce",
        "calibrators": "beta:prior=0.1",
        "links": "gumbel-softmax:seed=3",
        "executors": "dask:address=tcp://x:1",
        "prior": "cat=0.5,dog=0.25,fox=0.25",
        "limit": "max ece:bins=20=0.03",
        "bytes": "1000000",
        "options": "clip=1e-6\nclasses=a,b\ninput=probs\nscore_columns=1-3,logit_*",
    }.items():
        yield f"words/{kind}", f"{kind}\n{text}"


def edits() -> Iterator[tuple[str, bytes]]:
    yield "edited/nothing", b"\0"
    yield "edited/one", b"\1\0\5null"
    yield "edited/two", b"\2\0\7-1\n\0\11[]"
    yield "edited_bundle/one", b"\0\0\5null"
    yield "edited_bundle/two", b'\1\0\7"x"\n\0\11'
    for name in ("MANIFEST.sha256", "gates.toml"):
        yield f"bundle/{name}", name.encode() + b"\n"
    order = {"reading": {"input": "probs", "groups": ["sex"]}, "metrics": "nll", "policy": {"limits": []}}
    yield "order/one", json.dumps(order).encode()


def main() -> None:
    """Everything above, below this folder."""
    for make in (texts, arrays, documents, tables, edits):
        for name, content in make():
            path = HERE / "corpus" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)


if __name__ == "__main__":
    main()
