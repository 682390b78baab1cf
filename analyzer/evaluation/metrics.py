"""Measures of scores against judged labels, each with n and an interval. Arrays are [row]; truth is 0/1; weights default to 1."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
FEWEST_CLUSTERS = 10


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % interval."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Measure:
    """A value with its interval, rows and positives behind it; `value` is None where it cannot be measured."""

    value: float | None
    interval: Interval | None
    n: int
    positives: int

    def to_json(self) -> dict[str, Any]:
        low, high = (round(self.interval.low, 4), round(self.interval.high, 4)) if self.interval else (None, None)
        value = None if self.value is None else round(self.value, 4)
        return {"value": value, "low": low, "high": high, "n": self.n, "positives": self.positives}


def area_under_roc(truth: Floats, scores: Floats, weights: Floats | None = None) -> float:
    """Area under the ROC curve (ties count half); nan with one class only."""
    weights = np.ones_like(truth) if weights is None else weights
    order = np.argsort(scores, kind="stable")
    truth, scores, weights = truth[order], scores[order], weights[order]
    positive, negative = weights * (truth > 0.5), weights * (truth <= 0.5)
    if positive.sum() == 0 or negative.sum() == 0:
        return float("nan")
    _, first = np.unique(scores, return_index=True)
    tied_positive = np.add.reduceat(positive, first)
    tied_negative = np.add.reduceat(negative, first)
    below = np.cumsum(tied_negative) - tied_negative
    return float((tied_positive * (below + tied_negative / 2)).sum() / (positive.sum() * negative.sum()))


def average_precision(truth: Floats, scores: Floats, weights: Floats | None = None) -> float:
    """Area under the precision-recall curve (step-wise); nan without positives."""
    precision, recall, _ = precision_recall(truth, scores, weights)
    return float((np.diff(recall, prepend=0.0) * precision).sum()) if len(recall) else float("nan")


def precision_recall(truth: Floats, scores: Floats, weights: Floats | None = None) -> tuple[Floats, Floats, Floats]:
    """Precision, recall and score at every distinct score, highest first: what "at or above it" would give."""
    weights = np.ones_like(truth) if weights is None else weights
    if (weights * truth).sum() == 0:
        return np.array([]), np.array([]), np.array([])
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum((weights * (truth > 0.5))[order])
    flagged = np.cumsum(weights[order])
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    return hits[last] / flagged[last], hits[last] / hits[-1], scores[order][last]


def calibration_error(truth: Floats, probs: Floats, weights: Floats | None = None, bins: int = 15) -> float:
    """Expected calibration error with bins of equal weight (Nguyen and O'Connor 2015; Guo et al. 2017)."""
    weights = np.ones_like(truth) if weights is None else weights
    order = np.argsort(probs, kind="stable")
    truth, probs, weights = truth[order], probs[order], weights[order]
    place = np.minimum((np.cumsum(weights) / weights.sum() * bins).astype(int), bins - 1)
    mass = np.bincount(place, weights, bins)
    gap = np.abs(np.bincount(place, weights * truth, bins) - np.bincount(place, weights * probs, bins))
    return float(gap.sum() / mass.sum())


def wilson(part: float, n: int) -> Interval:
    """The 95 % interval of a share of `n` (Wilson 1927)."""
    z = 1.96
    middle = (part + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(part * (1 - part) / n + z * z / (4 * n * n))
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def draws(clusters: Integers, rounds: int, seed: int = 0) -> Iterator[Integers]:
    """`rounds` times the places of rows drawn with replacement; rows of one cluster are drawn together.

    With fewer than ten clusters rows are drawn one by one: intervals from so few hold the truth far less often than they say
    (half of the time with two), and rows are the better of two bad answers.
    """
    if len(np.unique(clusters)) < FEWEST_CLUSTERS:
        clusters = np.arange(len(clusters))
    order = np.argsort(clusters, kind="stable")
    _, first, sizes = np.unique(clusters[order], return_index=True, return_counts=True)
    chooser = np.random.default_rng(seed)
    for _ in range(rounds):
        picked = chooser.integers(0, len(first), len(first))
        lengths = sizes[picked]
        offsets = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        yield order[np.repeat(first[picked], lengths) + offsets]


def bootstrap(
    measure: Callable[[Floats, Floats, Floats], float],
    truth: Floats,
    scores: Floats,
    weights: Floats | None = None,
    *,
    clusters: Integers | None = None,
    rounds: int = 200,
    seed: int = 0,
    raised: bool = False,
) -> Measure:
    """`measure(truth, scores, weights)` with a 95 % percentile bootstrap interval over rows (Efron 1979).

    `clusters` [row]: rows of one number, sentences of one article say, are alike and drawn together (Davison and Hinkley
    1997, 3.8) as `draws` has it.
    `raised`: for a measure that few rows always raise, as they do a calibration error. What resampling adds to it is taken off
    again (bias correction and basic interval of Davison and Hinkley 1997, 2.1 and 5.2), never below 0.
    """
    weights = np.ones_like(truth) if weights is None else weights
    positives = int((truth > 0.5).sum())
    value = measure(truth, scores, weights) if 0 < positives < len(truth) else float("nan")
    if np.isnan(value):
        return Measure(None, None, len(truth), positives)
    clusters = np.arange(len(truth)) if clusters is None else clusters
    values = [measure(truth[rows], scores[rows], weights[rows]) for rows in draws(clusters, rounds, seed)]
    low, high = np.nanpercentile(values, [2.5, 97.5])
    if raised:
        low, middle, high = (max(0.0, 2 * value - float(one)) for one in (high, np.nanmean(values), low))
        value = middle
    return Measure(value, Interval(float(low), float(high)), len(truth), positives)
