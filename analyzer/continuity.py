"""Score continuity: what a threshold written for one model is worth under another, so that it flags the same share of comments.

At promotion a monotone map from old to new scores is kept for each label, as the knots of a piecewise linear function. Maps chain
from model to model and are walked backwards after a rollback. They translate thresholds; stored scores are never altered.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson

from analyzer.errors import ModelError

FOLDER = "maps"
SMALLEST = 1e-6  # scores are rounded to six digits; a threshold of 0 would flag everything
Knots = tuple[tuple[float, ...], tuple[float, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreMap:
    """From scores of model `old` to those of `new`: knots (ascending old, ascending new) a label, learnt from `rows` texts."""

    old: str
    new: str
    rows: int
    labels: Mapping[str, Knots]

    def translate(self, label: str, threshold: float) -> float | None:
        """The threshold of the new model that flags as much; None for a label without a map."""
        knots = self.labels.get(label)
        return None if knots is None else max(_between(*knots, threshold), SMALLEST)

    def inverse(self) -> "ScoreMap":
        """The way back."""
        turned = {label: (after, before) for label, (before, after) in self.labels.items()}
        return ScoreMap(old=self.new, new=self.old, rows=self.rows, labels=turned)

    def to_json(self) -> dict[str, Any]:
        labels = {label: {"old": before, "new": after} for label, (before, after) in self.labels.items()}
        return {"old": self.old, "new": self.new, "rows": self.rows, "labels": labels}


def read_maps(home: Path) -> tuple[ScoreMap, ...]:
    """The maps of a models home. ModelError names a file that is damaged."""
    return tuple(_read(path) for path in sorted((home / FOLDER).glob("*.json")))


def _read(path: Path) -> ScoreMap:
    try:
        record = orjson.loads(path.read_bytes())
        labels = {label: _knots(row) for label, row in record["labels"].items()}
        return ScoreMap(old=str(record["old"]), new=str(record["new"]), rows=int(record["rows"]), labels=labels)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            f"{path}: not a usable map of scores ({error}); restore it, or delete it and promote the model again"
        ) from None


def _knots(row: Mapping[str, Sequence[float]]) -> Knots:
    before, after = (tuple(float(number) for number in row[side]) for side in ("old", "new"))
    for side in (before, after):
        # `not (a <= b)` also refuses NaN
        if len(side) < 2 or any(not (low <= high) for low, high in pairwise(side)):
            raise ValueError("knots must ascend")
    if len(before) != len(after):
        raise ValueError("a knot needs two scores")
    return before, after


def find_way(maps: Iterable[ScoreMap], old: str, new: str) -> tuple[ScoreMap, ...] | None:
    """The shortest chain of maps from `old` to `new`, backwards where needed; None if there is none, () if they are the same."""
    maps = tuple(maps)
    edges = [*maps, *(known.inverse() for known in maps)]
    ways: dict[str, tuple[ScoreMap, ...]] = {old: ()}
    waiting = [old]
    for place in waiting:
        for edge in edges:
            if edge.old == place and edge.new not in ways:
                ways[edge.new] = (*ways[place], edge)
                waiting.append(edge.new)
    return ways.get(new)


def translate(way: Iterable[ScoreMap], label: str, threshold: float) -> float | None:
    """A threshold taken through a chain of maps; None where the label has none on the way."""
    for step in way:
        moved = step.translate(label, threshold)
        if moved is None:
            return None
        threshold = moved
    return threshold


def _between(before: Sequence[float], after: Sequence[float], score: float) -> float:
    """Linear between knots, flat beyond the first and last."""
    place = bisect_left(before, score)
    if place == 0:
        return after[0]
    if place == len(before):
        return after[-1]
    low, high = before[place - 1], before[place]
    share = (score - low) / (high - low)
    return after[place - 1] + share * (after[place] - after[place - 1])
