"""Everything measured of a model on labelled rows and suites, as one table of plain values."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer.evaluation import suites
from analyzer.evaluation.bias import by_group, named_groups
from analyzer.evaluation.held import Column, Held, Where
from analyzer.evaluation.metrics import area_under_roc, average_precision, bootstrap, calibration_error
from analyzer.evaluation.thresholds import f1_of, false_positive_rate_of, macro_f1_of, precision_of, recall_of
from analyzer.operating import Cut, Thresholds, cut_of

Floats = NDArray[np.float64]
Weigh = Callable[[str, Floats], Floats]
AUDITED = ("abuse.toxicity", "abuse.identity_attack")  # labels whose errors are compared between groups
BINS = 10
AT_THRESHOLD = {
    "precision": precision_of,
    "recall": recall_of,
    "f1": f1_of,
    "macro_f1": macro_f1_of,
    "false_positive_rate": false_positive_rate_of,
}


def assess(held: Held, thresholds: Thresholds, natural: Weigh | None = None) -> dict[str, Any]:
    """By label, and each label by corpus and by language; bias by group; calibration; functional suites; robustness.

    `held.scores` are calibrated probabilities. `natural` gives the weights that bring rows of a label to the base rate of a comment
    section; calibration errors by label are then those of such a section, else of the rows as they are. Rows whose split is "test"
    and that carry a `family` are cases of suites and are measured as such only.
    """
    rows, found = divide(held, thresholds)
    return {
        "labels": _by_label(rows, thresholds, lambda example: True, natural),
        "corpora": _by_fact(rows, thresholds, "source"),
        "languages": _by_fact(rows, thresholds, "lang"),
        "bias": {
            label: by_group(rows, label, cut, named_groups(rows.examples))
            for label in AUDITED
            if label in held.labels and (cut := cut_of(thresholds, label))
        },
        "suites": suites.functional(found),
        "robustness": suites.robustness(found),
    }


def divide(held: Held, thresholds: Thresholds) -> tuple[Held, list[suites.Case]]:
    """The labelled rows, and the cases of suites with their verdicts."""
    rows, posed = apart(held)
    said = [_said(scores, held.labels) for scores in posed.scores]
    return rows, suites.cases(posed.examples, said, thresholds)


def apart(held: Held) -> tuple[Held, Held]:
    """The labelled rows, and the cases of suites."""
    is_case = [example.split == "test" and "family" in example.extra for example in held.examples]
    return _part(held, [not case for case in is_case]), _part(held, is_case)


def _part(held: Held, chosen: Sequence[bool]) -> Held:
    examples = [example for example, kept in zip(held.examples, chosen, strict=True) if kept]
    return Held(examples, held.scores[np.array(chosen, bool)], held.labels)


def _said(scores: NDArray[np.float32], labels: Sequence[str]) -> dict[str, float]:
    return {label: float(score) for label, score in zip(labels, scores, strict=True) if not np.isnan(score)}


def _by_fact(held: Held, thresholds: Thresholds, fact: str) -> dict[str, Any]:
    values = sorted({str(getattr(example, fact)) for example in held.examples})
    table = {}
    for value in values:
        figures = _by_label(held, thresholds, _equals(fact, value))
        if figures:
            table[value] = figures
    return table


def _equals(fact: str, value: str) -> Where:
    return lambda example: str(getattr(example, fact)) == value


def _by_label(held: Held, thresholds: Thresholds, where: Where, natural: Weigh | None = None) -> dict[str, Any]:
    """Figures of every label that has both kinds of rows among those `where` keeps."""
    table = {}
    asked = {label for example in held.examples if where(example) for label in example.labels}
    for label in held.labels:
        if label not in asked:
            continue
        column = held.column(label, judged_only=True, where=where)
        if 0 < column.truth.sum() < len(column.truth):
            table[label] = figures(column, cut_of(thresholds, label), held.langs(column))
            if natural:
                weights = natural(label, column.truth)
                found = bootstrap(
                    calibration_error, column.truth, column.scores, weights, clusters=column.clusters, raised=True
                )
                table[label]["calibration_error"] = found.to_json()
    return table


def figures(column: Column, cut: Cut | None, langs: Sequence[str]) -> dict[str, Any]:
    """AUC, average precision and calibration of a column; precision, recall, F1 and false-positive rate at the threshold.

    `langs` [row]: rows of a language with a threshold of its own are held against that; `threshold` is the only or general one.
    """
    truth, probs, clusters = column.truth, column.scores, column.clusters
    row: dict[str, Any] = {
        "n": len(truth),
        "positives": int(truth.sum()),
        "auc": bootstrap(area_under_roc, truth, probs, clusters=clusters).to_json(),
        "average_precision": bootstrap(average_precision, truth, probs, clusters=clusters).to_json(),
        "calibration_error": bootstrap(calibration_error, truth, probs, clusters=clusters, raised=True).to_json(),
        "reliability": reliability(truth, probs),
    }
    if cut is not None:
        own = {cut.at(lang) for lang in langs}
        row["threshold"] = own.pop() if len(own) == 1 else cut.general
        flagged = (probs >= np.array(cut.over(langs))).astype(float)
        for name, measure in AT_THRESHOLD.items():
            row[name] = bootstrap(measure, truth, flagged, clusters=clusters).to_json()
    return row


def reliability(truth: Floats, probs: Floats) -> list[dict[str, Any]]:
    """Mean probability against the share of positives in bins of equal count: the points of a reliability diagram."""
    parts = np.array_split(np.argsort(probs, kind="stable"), min(BINS, len(probs)))
    return [
        {"prob": round(float(probs[part].mean()), 4), "share": round(float(truth[part].mean()), 4), "n": len(part)}
        for part in parts
    ]
