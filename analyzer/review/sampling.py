"""Which comments teach a model most when a person labels them: near a threshold, and unlike each other.

Uncertainty sampling (Lewis & Gale 1994; Settles 2009, section 3.1) finds what the model is in doubt about; the greedy
core-set of Sener & Savarese (2018, algorithm 1) keeps it from being the same thing many times.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Singles = npt.NDArray[np.float32]
_CHARACTERS = 2_000  # of a text that are compared with another
_FEATURES = 2**16


class Candidate(NamedTuple):
    """A comment of a run that may be suggested; the first field orders candidates."""

    priority: float
    digest: bytes
    shard: int
    row: int
    text: str


def doubt(probs: Singles, threshold: float | Singles) -> Singles:
    """4q(1-q), 0..1, where q is the probability moved to the odds at which `threshold` is 1/2: 1 at the threshold.

    One threshold for all rows, or one each.

    For one label, entropy, margin and least confidence rank alike (Settles 2009, section 3.1), and so does this; what is
    ours is the boundary: the threshold a decision is made by, instead of 1/2. NaN (not scored) gives 0.
    """
    edge = np.clip(np.asarray(threshold, np.float32), np.float32(1e-6), np.float32(1 - 1e-6))
    above, below = probs * (1 - edge), (1 - probs) * edge
    q = above / (above + below)
    doubts: Singles = np.nan_to_num(4 * q * (1 - q))
    return doubts


class Keeper:
    """The `size` candidates of the highest priority, each text once; a stream of any length goes through it."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._heap: list[Candidate] = []
        self._kept: dict[bytes, Candidate] = {}

    def offer(self, priorities: Singles, describe: Callable[[int, float], Candidate | None]) -> None:
        """Take rows with a priority above 0; `describe(row, priority)` gives None for a row that may not be taken."""
        if not self._size:
            return
        floor = self._heap[0].priority if len(self._heap) == self._size else 0.0
        rows = np.flatnonzero(priorities > floor)
        for row in rows[np.argsort(-priorities[rows], kind="stable")]:
            priority = float(priorities[row])
            if len(self._heap) == self._size and priority <= self._heap[0].priority:
                break
            candidate = describe(int(row), priority)
            if candidate is not None:
                self._keep(candidate)

    def _keep(self, candidate: Candidate) -> None:
        twin = self._kept.get(candidate.digest)
        if twin is not None:
            if twin.priority >= candidate.priority:
                return
            self._heap.remove(twin)
            heapify(self._heap)
        self._kept[candidate.digest] = candidate
        heappush(self._heap, candidate)
        if len(self._heap) > self._size:
            del self._kept[heappop(self._heap).digest]

    def best(self) -> list[Candidate]:
        """What was kept, the highest priority first."""
        return sorted(self._heap, reverse=True)


@dataclass(frozen=True, slots=True)
class Choice:
    """A chosen candidate and the group it was chosen for."""

    group: str
    candidate: Candidate


def spread_out(groups: dict[str, list[Candidate]], size: int, known: Sequence[str]) -> list[Choice]:
    """Up to `size` candidates, groups in turn, each as far as it can be from `known` texts and from those before it.

    Distance: one minus the cosine of hashed character n-grams, times the priority. A text that is a candidate in several
    groups is chosen once.
    """
    pool = [Choice(group, candidate) for group, members in groups.items() for candidate in members]
    if not pool or size <= 0:
        return []
    vectors = _vectors([choice.candidate.text for choice in pool])
    nearest = np.zeros(len(pool), np.float32)
    if known:
        nearest = np.maximum(nearest, (vectors @ _vectors(known).T).max(axis=1).toarray().ravel())
    weights = np.array([choice.candidate.priority for choice in pool], np.float32)
    number = {group: place for place, group in enumerate(sorted(groups))}
    group_of = np.array([number[choice.group] for choice in pool])
    _, text_of = np.unique([choice.candidate.digest.hex() for choice in pool], return_inverse=True)
    free = np.ones(len(pool), dtype=bool)
    served = np.zeros(len(groups), np.int64)
    by_gram = vectors.tocsc()  # only texts that share an n-gram with the chosen one come nearer to it
    chosen: list[Choice] = []
    while free.any() and len(chosen) < size:
        open_groups = np.unique(group_of[free])
        turn = open_groups[np.argmin(served[open_groups])]
        members = np.flatnonzero(free & (group_of == turn))
        at = members[np.argmax(weights[members] * (1 - nearest[members]))]
        chosen.append(pool[at])
        served[turn] += 1
        one = vectors[at]
        nearest = np.maximum(nearest, by_gram[:, one.indices] @ one.data)
        free &= text_of != text_of[at]
    return chosen


def _vectors(texts: Sequence[str]) -> Any:
    """Sparse rows of length 1: hashed character n-grams inside words, which need no language and no model."""
    from sklearn.feature_extraction.text import HashingVectorizer

    hashing = HashingVectorizer(analyzer="char_wb", ngram_range=(3, 5), n_features=_FEATURES, alternate_sign=False)
    return hashing.transform(text[:_CHARACTERS] for text in texts)
