"""Which texts a model was trained with, as hashes beside its weights: nobody is examined on what they learnt by heart."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from pathlib import Path

import orjson

from analyzer.registry import MANIFEST, ModelFolder, file_hash
from analyzer.runs import atomic
from analyzer.schema import Example

LEARNT = "learnt.txt"
_NOT_ALNUM = re.compile(r"[\W_]+")


def keep_learnt(folder: str | Path, rows: Iterable[Example], base: ModelFolder) -> None:
    """Write the hashes of these rows, and those the base has, into a model folder; its manifest states their hash.

    The version stays as it is: it stands for weights, tokenizer, calibration and labels.
    """
    folder = Path(folder)
    marks = sorted(_marks(base) | {_mark(row) for row in rows})
    with atomic(folder / LEARNT) as path:
        path.write_text("".join(f"{mark}\n" for mark in marks), encoding="ascii")
    manifest = orjson.loads((folder / MANIFEST).read_bytes())
    manifest["files"][LEARNT] = file_hash(folder / LEARNT)
    with atomic(folder / MANIFEST) as path:
        path.write_bytes(orjson.dumps(manifest, option=orjson.OPT_INDENT_2) + b"\n")


def without_learnt(rows: Sequence[Example], models: Iterable[ModelFolder]) -> list[Example]:
    """The rows whose text none of the models learnt from, as far as their folders tell."""
    learnt = frozenset[str]().union(*map(_marks, models))
    return [row for row in rows if _mark(row) not in learnt] if learnt else list(rows)


def _marks(model: ModelFolder) -> frozenset[str]:
    """The hashes a folder holds; none where it was made before they were kept."""
    if LEARNT not in model.manifest["files"]:
        return frozenset()
    return frozenset((model.path / LEARNT).read_text(encoding="ascii").split())


def _mark(row: Example) -> str:
    """Equal for texts that differ only in case, punctuation, spacing or the encoding of accents."""
    plain = _NOT_ALNUM.sub("", unicodedata.normalize("NFKC", row.text).casefold())
    return blake2b((plain or row.text).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
