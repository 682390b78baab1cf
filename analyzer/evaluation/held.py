"""Held-out examples beside what a model said of them; the columns that measures are read from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer.schema import Example

Floats = NDArray[np.float64]
JUDGED = 0.5  # rows whose label weighs less were derived, not judged: they calibrate, but measure nothing
Where = Callable[[Example], bool]


@dataclass(frozen=True, slots=True)
class Column:
    """One label's rows: scores (logits or probabilities), truth (0/1) and trust weights [row]; `rows` are their places.

    `clusters` [row]: the number of the document, thread or wording a row is from; rows of one are not independent of each other.
    """

    scores: Floats
    truth: Floats
    weights: Floats
    rows: NDArray[np.int64]
    clusters: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Held:
    """Held-out examples with their scores [example, label]; nan where a model gave none."""

    examples: Sequence[Example]
    scores: NDArray[np.float32]
    labels: Sequence[str]

    def column(self, label: str, *, judged_only: bool = False, where: Where | None = None) -> Column:
        """The rows on which `label` was judged and scored; `where` narrows them."""
        place = list(self.labels).index(label)
        rows = [
            index
            for index, example in enumerate(self.examples)
            if label in example.labels
            and (not judged_only or example.weights.get(label, 1.0) >= JUDGED)
            and (where is None or where(example))
            and not np.isnan(self.scores[index, place])
        ]
        truth = np.array([self.examples[index].labels[label] >= 0.5 for index in rows], float)
        weights = np.array([self.examples[index].weights.get(label, 1.0) for index in rows], float)
        clusters = clusters_of([self.examples[index] for index in rows])
        return Column(self.scores[rows, place].astype(float), truth, weights, np.array(rows, np.int64), clusters)

    def langs(self, column: Column) -> list[str]:
        """The language of each row of a column, as thresholds name it."""
        return [base_language(self.examples[row].lang) for row in column.rows]


def clusters_of(examples: Sequence[Example]) -> NDArray[np.int64]:
    """The number of the document, thread or wording of each row; a row that names none is one of its own."""
    numbers: dict[tuple[str, str] | int, int] = {}
    keys = [(row.source, row.group) if row.group else place for place, row in enumerate(examples)]
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)


def base_language(tag: str) -> str:
    """`tag` without its region, as scorers name languages: "en" for "en-US" and "en_us"; a script is kept ("ar-Latn")."""
    first, *rest = tag.replace("_", "-").split("-")
    return "-".join([first.lower(), *(part.title() for part in rest if len(part) == 4 and part.isalpha())])


def among(facts: Mapping[str, Any]) -> Where:
    """True for examples whose source, lang or unit is among the values given for it."""

    def matches(example: Example) -> bool:
        known = {"source": example.source, "lang": example.lang, "unit": example.extra.get("unit")}
        return all(known[name] in allowed for name, allowed in facts.items())

    return matches
