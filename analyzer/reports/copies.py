"""Copied texts: normalised forms, MinHash bands, and groups of texts that are the same or nearly so.

MinHash: Broder 1997, On the resemblance and containment of documents. 8 bands of 4 rows over 5-character shingles find
a pair of Jaccard similarity 0.8 with probability .985 and a pair of 0.9 with .9998; every text of a bucket is then
compared in full with the first of the bucket.
"""

import re
import unicodedata
import zlib
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Hashes: TypeAlias = NDArray[np.uint64]

SHORTEST = 40
SAME = 0.8
BANDS = 8
_ROWS = 4
_SHINGLE = 5
_LONGEST = 4_000
NOISE = re.compile(r"https?://\S+|www\.\S+|[@＠](?:Reader \d+|[\w.\-]+)")
# What somebody else said is copied innocently: quoted lines and longer quotations.
QUOTED = re.compile(r"^[^\S\n]*>.*$|[\"“„«][^\"“”„«»]{25,}[\"”“»]", re.MULTILINE)
_NOT_WORD = re.compile(r"[\W_]+")
_PRIME = np.uint64(1_099_511_628_211)
_RNG = np.random.default_rng(5)
_FACTORS = _RNG.integers(1, 2**63, size=(BANDS * _ROWS, 1), dtype=np.uint64) * np.uint64(2) + np.uint64(1)
_OFFSETS = _RNG.integers(0, 2**63, size=(BANDS * _ROWS, 1), dtype=np.uint64)


def normalised(text: str) -> str:
    """The text without case, punctuation, links, mentions and quotations; "" if fewer than 40 characters are left."""
    bare = NOISE.sub(" ", QUOTED.sub(" ", text[: 2 * _LONGEST]))
    plain = _NOT_WORD.sub(" ", unicodedata.normalize("NFKC", bare).casefold()).strip()[:_LONGEST]
    return plain if len(plain) >= SHORTEST else ""


def shingles(plain: str) -> Hashes:
    """Hashes of all 5-character stretches of a normalised text, sorted, each once. Shape [n]."""
    chars = np.frombuffer(plain.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    if len(chars) < _SHINGLE:
        return np.empty(0, dtype=np.uint64)
    hashes = np.zeros(len(chars) - _SHINGLE + 1, dtype=np.uint64)
    for at in range(_SHINGLE):
        hashes = hashes * _PRIME + chars[at : at + len(hashes)]
    return np.unique(hashes * _PRIME)


def bands(hashes: Hashes) -> Hashes:
    """One hash a band; texts that share one may be copies. Shape [8]."""
    least = ((hashes[None, :] * _FACTORS + _OFFSETS) >> np.uint64(32)).min(axis=1).reshape(BANDS, _ROWS)
    mixed = np.zeros(BANDS, dtype=np.uint64)
    for row in range(_ROWS):
        mixed = mixed * _PRIME + least[:, row]
    return mixed


def exact(plain: str) -> int:
    """A 64-bit hash of a normalised text."""
    raw = plain.encode("utf-8", "surrogatepass")
    return (zlib.crc32(raw) << 32) | zlib.adler32(raw)


def jaccard(one: Hashes, other: Hashes) -> float:
    """Shared shingles over all shingles of two texts."""
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return shared / max(1, len(one) + len(other) - shared)


def groups(columns: NDArray[np.uint64], load: Callable[[int], Hashes]) -> list[tuple[list[int], float]]:
    """Rows that are copies of one another, with the lowest similarity met; only groups of two or more.

    `columns`: one row a text, the exact hash first, then its bands, shape [n, 9]. `load` gives the shingles of a row.
    """
    leader: dict[int, int] = {}  # holds copies alone: most texts are nobody's
    lowest: dict[int, float] = {}

    def top(row: int) -> int:
        path = []
        while row in leader:
            path.append(row)
            row = leader[row]
        leader.update(dict.fromkeys(path, row))
        return row

    def join(one: int, other: int, similarity: float) -> None:
        low = min(similarity, lowest.pop(one, 1.0), lowest.pop(other, 1.0))
        leader[max(one, other)] = min(one, other)
        lowest[min(one, other)] = low

    for column in range(columns.shape[1]):
        order = np.argsort(columns[:, column], kind="stable")
        values = columns[order, column]
        starts = np.flatnonzero(np.r_[True, values[1:] != values[:-1]])
        ends = np.r_[starts[1:], len(values)]
        for start, end in zip(starts[ends - starts > 1], ends[ends - starts > 1], strict=True):
            first = int(order[start])
            own = load(first) if column else None
            for row in map(int, order[start + 1 : end]):
                if (one := top(first)) == (other := top(row)):
                    continue
                similarity = 1.0 if own is None else jaccard(own, load(row))
                if similarity >= SAME:
                    join(one, other, similarity)
    members: dict[int, list[int]] = {}
    for row in sorted({*leader, *lowest}):
        members.setdefault(top(row), []).append(row)
    return [(rows, lowest[root]) for root, rows in members.items()]
