"""Thresholds with what they keep: precision and recall at an assumed base rate, and the rows they rest on."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer.evaluation.metrics import precision_recall

Floats = NDArray[np.float64]
PRECISE = 0.9  # precision the `precise` threshold is to reach at the base rate
AS_GOOD = 0.99  # of the best F-beta: which of these is best may be chance among the rows at hand
LEAST_FOUND = 0.05  # of the positives by any `precise` threshold
MOST_FALSE = 0.1  # of the negatives may always lie above `balanced`
FEWEST = 10  # positives, or flagged rows, below which nothing is measured
ENOUGH = 20  # positives below which no threshold is chosen


@dataclass(frozen=True, slots=True)
class Operating:
    """A threshold on the probability, with precision and recall (at the base rate) and the number of rows behind them."""

    threshold: float
    precision: float
    recall: float
    n: int
    positives: int

    def to_json(self) -> dict[str, Any]:
        return {
            "threshold": round(self.threshold, 4),
            "precision": round(self.precision, 3),
            "recall": round(self.recall, 3),
            "n": self.n,
            "positives": self.positives,
        }


def choose_thresholds(truth: Floats, probs: Floats, weights: Floats, *, beta: float = 1.0) -> dict[str, Operating]:
    """`balanced`: best F-beta (van Rijsbergen 1979) among those below a ceiling of false alarms; `precise`: rarely wrong.

    Of the thresholds with 99 % of the best F-beta `balanced` is the one that finds most. The ceiling: one negative in ten is
    flagged, or as many negatives as there are positives where these are more.

    `precise` finds at least 5 %: the most recall at precision ≥ .9, or else the most precise point. (The topmost rows alone always
    reach any precision, and find nothing.) `weights` bring the pool to the base rate. Without a point that is right more often than
    wrong there is no `precise`; with fewer than 20 positives there is nothing: neither could be promised.
    """
    positives = int((truth > 0.5).sum())
    if positives < ENOUGH or positives == len(truth):
        return {}
    precision, recall, scores = precision_recall(truth, probs, weights)
    score = (1 + beta**2) * precision * recall / np.maximum(beta**2 * precision + recall, 1e-9)
    positive, negative = (float((weights * kind).sum()) for kind in (truth > 0.5, truth <= 0.5))
    wrongly = recall * positive * (1 / np.maximum(precision, 1e-9) - 1)
    allowed = np.where(wrongly <= max(MOST_FALSE * negative, positive), score, -1)
    points = {"balanced": int(np.where(allowed >= AS_GOOD * allowed.max(), recall, -1).argmax())}
    useful = np.flatnonzero(recall >= LEAST_FOUND)
    reached = useful[precision[useful] >= PRECISE]
    precise = int(reached[recall[reached].argmax()]) if len(reached) else int(useful[precision[useful].argmax()])
    if precision[precise] >= 0.5:
        points["precise"] = precise if scores[precise] >= scores[points["balanced"]] else points["balanced"]
    return {
        name: Operating(float(scores[at]), float(precision[at]), float(recall[at]), len(truth), positives)
        for name, at in points.items()
    }


def kept(truth: Floats, probs: Floats, weights: Floats, threshold: float) -> dict[str, Any]:
    """What a threshold keeps on rows it was not chosen on: precision and recall with 95 % intervals, and the rows.

    `weights` bring the rows to the base rate. With fewer than 10 positives a figure is null; precision also with fewer than
    10 flagged, since one lucky hit is no precision of 1. Intervals come from what the shares of positives and of negatives that are
    flagged may be (Jeffreys' prior; Brown, Cai and DasGupta 2001), so that none wrongly flagged among few does not read as never.
    """
    flagged = (probs >= threshold).astype(float)
    positive = truth > 0.5
    positives = int(positive.sum())
    table: dict[str, Any] = dict.fromkeys(("precision", "precision_interval", "recall", "recall_interval"))
    if positives >= FEWEST and positives < len(truth):
        rate = weights[positive].sum() / weights.sum()
        recalls, alarms = (_plausible(flagged[kind], weights[kind]) for kind in (positive, ~positive))
        drawn = {"recall": recalls}
        if flagged.sum() >= FEWEST:
            drawn["precision"] = rate * recalls / (rate * recalls + (1 - rate) * alarms)
        for name, values in drawn.items():
            value = (recall_of if name == "recall" else precision_of)(truth, flagged, weights)
            low, high = np.percentile(values, [2.5, 97.5])
            table[name] = round(value, 3)
            table[f"{name}_interval"] = [round(min(float(low), value), 3), round(max(float(high), value), 3)]
    return table | {"n": len(truth), "positives": positives}


def _plausible(flagged: Floats, weights: Floats) -> Floats:
    """Draws of the share of rows that is flagged; weights that differ count as fewer rows (Kish 1965)."""
    rows = weights.sum() ** 2 / (weights**2).sum()
    share = (weights * flagged).sum() / weights.sum()
    chooser = np.random.default_rng(0)
    return np.asarray(chooser.beta(share * rows + 0.5, (1 - share) * rows + 0.5, 4000))


def precision_of(truth: Floats, flagged: Floats, weights: Floats) -> float:
    """Share of the flagged rows (flagged 0/1) that are positive; nan if none is flagged."""
    total = (weights * flagged).sum()
    return float((weights * flagged * (truth > 0.5)).sum() / total) if total else float("nan")


def recall_of(truth: Floats, flagged: Floats, weights: Floats) -> float:
    """Share of the positive rows that are flagged; nan without positives."""
    total = (weights * (truth > 0.5)).sum()
    return float((weights * flagged * (truth > 0.5)).sum() / total) if total else float("nan")


def f1_of(truth: Floats, flagged: Floats, weights: Floats) -> float:
    """Harmonic mean of precision and recall; nan with neither flagged nor positive rows."""
    total = (weights * flagged).sum() + (weights * (truth > 0.5)).sum()
    return float(2 * (weights * flagged * (truth > 0.5)).sum() / total) if total else float("nan")


def macro_f1_of(truth: Floats, flagged: Floats, weights: Floats) -> float:
    """Mean of the F1 of the positive and of the negative class."""
    return (f1_of(truth, flagged, weights) + f1_of((truth <= 0.5).astype(float), 1 - flagged, weights)) / 2


def false_positive_rate_of(truth: Floats, flagged: Floats, weights: Floats) -> float:
    """Share of the negative rows that are flagged; nan without negatives."""
    return recall_of((truth <= 0.5).astype(float), flagged, weights)
