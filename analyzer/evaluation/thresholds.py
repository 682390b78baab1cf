"""Thresholds with what they keep: precision and recall at an assumed base rate, and the rows they rest on."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer.evaluation.metrics import precision_recall

Floats = NDArray[np.float64]
PRECISE = 0.9  # precision the `precise` threshold is to reach at the base rate
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


def choose_thresholds(truth: Floats, probs: Floats, weights: Floats) -> dict[str, Operating]:
    """`balanced`: best F1. `precise`: most recall at precision ≥ .9, or else the most precise point that still finds 5 %.

    `weights` bring the pool to the base rate. Without a point that is right more often than wrong there is no `precise`; with fewer
    than 20 positives there is nothing: neither could be promised.
    """
    positives = int((truth > 0.5).sum())
    if positives < ENOUGH or positives == len(truth):
        return {}
    precision, recall, scores = precision_recall(truth, probs, weights)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-9)
    points = {"balanced": int(f1.argmax())}
    reached = np.flatnonzero(precision >= PRECISE)
    useful = np.flatnonzero(recall >= 0.05)
    precise = int(reached[recall[reached].argmax()]) if len(reached) else int(useful[precision[useful].argmax()])
    if precision[precise] >= 0.5:
        points["precise"] = precise if scores[precise] >= scores[points["balanced"]] else points["balanced"]
    return {
        name: Operating(float(scores[at]), float(precision[at]), float(recall[at]), len(truth), positives)
        for name, at in points.items()
    }
