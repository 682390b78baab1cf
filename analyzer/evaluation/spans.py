"""Evidence against marked spans: character F1 (SemEval-2021 task 5) and overlap F1 (span identification of SemEval-2020 task 11).

Character F1 (Da San Martino et al. 2019, as used by Pavlopoulos et al. 2021) is the mean over texts of the F1 of the marked code
points; a text with nothing marked counts 1 if nothing was found, else 0. Overlap F1 (Da San Martino et al. 2020) lets each span
found, and each span marked, count by the share of it that the other side covers, over all texts together.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer.schema import Example, Span

Floats = NDArray[np.float64]
ROUNDS = 200
FEWEST = 20  # marked texts of a corpus below which nothing is said


def span_figures(examples: Sequence[Example], found: Sequence[Sequence[Span]]) -> dict[str, dict[str, Any]]:
    """{corpus: {family: {texts, marked, character_f1, overlap_precision, overlap_recall, overlap_f1}}}.

    Only texts in which spans of the family were looked for. Intervals: 95 % bootstrap over texts.
    """
    groups: dict[tuple[str, str], list[Floats]] = defaultdict(list)
    for example, spans in zip(examples, found, strict=True):
        if example.spans is None:
            continue
        for family in {_family(span) for span in example.spans} | set(example.span_families):
            groups[example.source, family].append(compare_spans(example.spans, spans, family))
    table: dict[str, dict[str, Any]] = defaultdict(dict)
    for (source, family), rows in sorted(groups.items()):
        drawn = np.array(rows)
        if (drawn[:, 4] > 0).sum() >= FEWEST:
            table[source][family] = figures_of_spans(drawn)
    return dict(table)


def _family(span: Span) -> str:
    return span.label.partition(".")[0]


def _of(spans: Iterable[Span], family: str) -> list[tuple[int, int]]:
    """The spans of a family as runs that do not overlap; an empty one marks nothing."""
    runs: list[tuple[int, int]] = []
    for start, end in sorted(
        (span.start, span.end) for span in spans if _family(span) == family and span.start < span.end
    ):
        if runs and start <= runs[-1][1]:
            runs[-1] = runs[-1][0], max(end, runs[-1][1])
        else:
            runs.append((start, end))
    return runs


def compare_spans(gold: Iterable[Span], said: Iterable[Span], family: str) -> Floats:
    """One text: character F1; sum of covered shares and number of the spans found, then of the spans marked."""
    marked, found = _of(gold, family), _of(said, family)
    overlap = [[max(0, min(e, b) - max(s, a)) for a, b in marked] for s, e in found]
    shared = sum(map(sum, overlap))
    size = sum(e - s for s, e in marked) + sum(e - s for s, e in found)
    rightly = sum(sum(row) / (e - s) for row, (s, e) in zip(overlap, found, strict=True))
    covered = sum(sum(row[n] for row in overlap) / (e - s) for n, (s, e) in enumerate(marked))
    return np.array([2 * shared / size if size else 1.0, rightly, len(found), covered, len(marked)], float)


def figures_of_spans(rows: Floats) -> dict[str, Any]:
    """The measures over texts; rows [text, 5] of `compare_spans`."""
    chooser = np.random.default_rng(0)
    draws = [_measures(rows[chooser.integers(0, len(rows), len(rows))]) for _ in range(ROUNDS)]
    low, high = np.nanpercentile(np.array(draws), [2.5, 97.5], axis=0)
    names = ("character_f1", "overlap_precision", "overlap_recall", "overlap_f1")
    return {"texts": len(rows), "marked": int((rows[:, 4] > 0).sum())} | {
        name: {"value": round(value, 4), "low": round(float(low[at]), 4), "high": round(float(high[at]), 4)}
        for at, (name, value) in enumerate(zip(names, _measures(rows), strict=True))
    }


def character_f1(rows: Floats) -> float:
    """Character F1 over texts; rows [text, 5] of `compare_spans`."""
    return _measures(rows)[0]


def overlap_f1(rows: Floats) -> float:
    """Overlap F1 over texts; rows [text, 5] of `compare_spans`."""
    return _measures(rows)[3]


def _measures(rows: Floats) -> tuple[float, float, float, float]:
    characters = float(rows[:, 0].mean())
    rightly, found, covered, marked = (float(rows[:, at].sum()) for at in range(1, 5))
    precision = rightly / found if found else 0.0
    recall = covered / marked if marked else 0.0
    total = precision + recall
    return characters, precision, recall, 2 * precision * recall / total if total else 0.0
