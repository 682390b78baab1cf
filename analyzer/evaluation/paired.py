"""Two models on the same rows: how far chance alone could move the difference between their figures.

Paired bootstrap (Efron and Tibshirani 1993; Koehn 2004 for systems on one test set): rows are drawn with replacement and both
models are measured on the same draw, so that what is hard for both cancels out. Rows of one document, and cases of one
wording, are drawn together, unless fewer than ten of them speak (see `draws`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzer.evaluation import suites
from analyzer.evaluation.assessment import AUDITED, divide
from analyzer.evaluation.held import Held, base_language, clusters_of
from analyzer.evaluation.metrics import FEWEST_CLUSTERS, area_under_roc, average_precision, calibration_error, draws
from analyzer.operating import Thresholds, cut_of

Floats = NDArray[np.float64]
Draws = Mapping[tuple[str, ...], Floats]
"""Differences (candidate - current) of a figure [draw] under the path it has in a result of `assess`; nan: not measurable."""

ROUNDS = 200
RANKINGS: Mapping[str, Callable[[Floats, Floats], float]] = {
    "average_precision": average_precision,
    "auc": area_under_roc,
}


@dataclass(frozen=True, slots=True)
class Measured:
    """A model's scores on the rows, and its own thresholds."""

    held: Held
    thresholds: Thresholds


def draw_differences(
    current: Measured, candidate: Measured, ranking: str = "average_precision", *, seed: int = 0
) -> Draws:
    """Differences of labels, groups and suites; `current` and `candidate` hold the same examples in the same order."""
    measures = {ranking: RANKINGS[ranking], "calibration_error": calibration_error}
    (rows, cases), (new_rows, new_cases) = (divide(m.held, m.thresholds) for m in (current, candidate))
    clusters = clusters_of(rows.examples)
    together, singly = (_counts(numbers, seed) for numbers in (clusters, np.arange(len(clusters))))
    found: dict[tuple[str, ...], Floats] = {}
    for label in rows.labels:
        if label in new_rows.labels and (both := _columns(rows, new_rows, label)):
            positive = clusters[both.rows[both.truth > 0.5]]
            drawn = (together if len(np.unique(positive)) >= FEWEST_CLUSTERS else singly)[:, both.rows]
            for name, measure in measures.items():
                found["labels", label, name] = both.differences(measure, drawn)
            cuts = [cut_of(m.thresholds, label) for m in (current, candidate)]
            langs = [base_language(rows.examples[row].lang) for row in both.rows]
            held_against = [cut.over(langs) for cut in cuts if cut]
            if len(held_against) == len(cuts):
                found |= _errors(label, both, np.array(held_against), drawn, rows)
    return found | _suites(cases, new_cases, seed)


def _counts(clusters: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """How often each row is drawn [draw, row]."""
    size = len(clusters)
    return np.array([np.bincount(rows, minlength=size) for rows in draws(clusters, ROUNDS if size else 0, seed)])


@dataclass(frozen=True, slots=True)
class _Both:
    """One label's rows that both models scored: truth [row], scores [model, row], and the places of the rows."""

    truth: Floats
    scores: Floats
    rows: NDArray[np.int64]

    def differences(self, measure: Callable[[Floats, Floats], float], drawn: NDArray[np.int64]) -> Floats:
        places = np.arange(len(self.truth))
        values = []
        for count in drawn:
            chosen = np.repeat(places, count)
            truth = self.truth[chosen]
            two_kinds = len(truth) and 0 < truth.sum() < len(truth)
            old, new = (measure(truth, scores[chosen]) for scores in self.scores) if two_kinds else (np.nan, np.nan)
            values.append(new - old)
        return np.array(values)


def _columns(current: Held, candidate: Held, label: str) -> _Both | None:
    old, new = (held.column(label, judged_only=True) for held in (current, candidate))
    shared = np.intersect1d(old.rows, new.rows)
    if not len(shared):
        return None
    kept = [np.isin(column.rows, shared) for column in (old, new)]
    scores = np.stack([column.scores[there] for column, there in zip((old, new), kept, strict=True)])
    return _Both(old.truth[kept[0]], scores, shared)


def _errors(
    label: str, both: _Both, cuts: Floats, drawn: NDArray[np.int64], rows: Held
) -> dict[tuple[str, ...], Floats]:
    """cuts [model, row]. Recall, and for audited labels the false-positive rate of each group above that of all."""
    flagged = (both.scores >= cuts).astype(float)
    change = flagged[1] - flagged[0]
    found: dict[tuple[str, ...], Floats] = {("labels", label, "recall"): _mean(change, both.truth > 0.5, drawn)}
    if label in AUDITED:
        harmless = both.truth <= 0.5
        everyone = [_mean(one, harmless, drawn) for one in flagged]
        targets = [rows.examples[row].labels for row in both.rows]
        for target in sorted({name for labels in targets for name in labels if name.startswith("target.")}):
            inside = np.array([labels.get(target, 0) >= 0.5 for labels in targets], bool)
            rates = [_mean(one, inside & harmless, drawn) for one in flagged]
            # Below the rate of all is no gap, as in the figures that are compared.
            old, new = (np.maximum(rate - overall, 0.0) for rate, overall in zip(rates, everyone, strict=True))
            found["bias", label, target.removeprefix("target.")] = new - old
    return found


def _mean(values: Floats, chosen: NDArray[np.bool_], drawn: NDArray[np.int64]) -> Floats:
    """The mean of `values` over the chosen rows of each draw."""
    total = drawn[:, chosen].sum(axis=1)
    return np.where(total > 0, drawn[:, chosen] @ values[chosen] / np.maximum(total, 1), np.nan)


def _suites(
    current: Sequence[suites.Case], candidate: Sequence[suites.Case], seed: int
) -> dict[tuple[str, ...], Floats]:
    answers = {(id(case.example), case.label): case.right for case in candidate}
    found: dict[tuple[str, ...], Floats] = {}
    for path, members in suites.subjects(current).items():
        shared = [case for case in members if (id(case.example), case.label) in answers]
        change = np.array([float(answers[id(case.example), case.label]) - float(case.right) for case in shared])
        if len(change):
            numbers: dict[tuple[str, str], int] = {}
            wordings = np.array([numbers.setdefault(case.wording, len(numbers)) for case in shared])
            found["suites", *path] = np.array([change[rows].mean() for rows in draws(wordings, ROUNDS, seed)])
    return found
