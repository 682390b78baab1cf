"""Logits → probabilities, one map a label, fitted for the base rate a comment section has.

Platt scaling (Platt 1999, with his target smoothing) under prior correction: the pools are enriched with positives, so rows are
weighed such that positives make up the assumed base rate (Elkan 2001, "The Foundations of Cost-Sensitive Learning", theorem 2).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
PULL = 4.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """prob = sigmoid(slope · logit + intercept), a pair for each label; arrays [label]."""

    slope: Floats
    intercept: Floats

    def __call__(self, logits: NDArray[np.floating[Any]]) -> Floats:
        """Probabilities of logits [..., label]."""
        return 1.0 / (1.0 + np.exp(-np.clip(self.slope * logits + self.intercept, -40.0, 40.0)))

    def to_json(self, labels: Sequence[str]) -> dict[str, list[float]]:
        pairs = zip(labels, self.slope, self.intercept, strict=True)
        return {label: [round(float(slope), 5), round(float(intercept), 5)] for label, slope, intercept in pairs}

    @classmethod
    def from_json(cls, record: Mapping[str, Sequence[float]], labels: Sequence[str]) -> "Calibration":
        """Maps of `labels`; a label without one keeps its plain sigmoid."""
        pairs = np.array([record.get(label, (1.0, 0.0)) for label in labels], dtype=float).reshape(-1, 2)
        return cls(pairs[:, 0], pairs[:, 1])


def prior_weights(truth: Floats, base_rate: float, weights: Floats | None = None) -> Floats:
    """Row weights under which positives make up `base_rate`; `weights` [row] say how far each row is trusted.

    With one class only, the rows keep their own weights.
    """
    weights = np.ones_like(truth) if weights is None else weights
    positive, negative = weights[truth > 0.5].sum(), weights[truth <= 0.5].sum()
    if positive == 0 or negative == 0:
        return weights
    scaled: Floats = weights * np.where(truth > 0.5, base_rate / positive, (1 - base_rate) / negative) * len(truth)
    return scaled


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares of positives: `natural`, assumed in a comment section; `trained`, the one the network was trained at."""

    natural: float
    trained: float

    @property
    def shift(self) -> float:
        """What moves a logit from the training odds to the natural odds."""
        return _odds(self.natural) - _odds(self.trained)


def fit_platt(logits: Floats, truth: Floats, weights: Floats, rates: Rates) -> tuple[float, float]:
    """Slope > 0 and intercept for one label; logits, truth, trust weights [row].

    The map is drawn towards "as trained, moved to the natural odds" as by `PULL` further positives; with fewer than 5 positives
    or negatives it is just that.
    """
    positives = float((truth > 0.5).sum())
    negatives = len(truth) - positives
    if min(positives, negatives) < 5:
        return 1.0, rates.shift
    smoothed = np.where(truth > 0.5, (positives + 1) / (positives + 2), rates.natural / (negatives + 2))
    natural = prior_weights(truth, rates.natural, weights)
    trusted = weights[truth > 0.5].sum() / natural[truth > 0.5].sum()  # as many rows' worth as there are positives
    slope, intercept = _newton(logits, smoothed, natural * trusted, np.array([1.0, rates.shift]))
    return max(slope, 0.05), intercept


def _newton(logits: Floats, targets: Floats, weights: Floats, centre: Floats) -> tuple[float, float]:
    """Weighted logistic regression on one feature, with a ridge towards `centre`, by damped Newton steps."""
    features = np.stack([logits, np.ones_like(logits)], axis=1)
    theta = centre.copy()
    ridge = np.diag([PULL, PULL / 10])
    for _ in range(100):
        probabilities = 1 / (1 + np.exp(-np.clip(features @ theta, -40, 40)))
        gradient = features.T @ (weights * (probabilities - targets)) + ridge @ (theta - centre)
        curvature = weights * probabilities * (1 - probabilities)
        hessian = features.T @ (features * curvature[:, None]) + ridge
        step = np.clip(np.linalg.solve(hessian, gradient), -1.0, 1.0)
        theta = theta - step
        if np.abs(step).max() < 1e-7:
            break
    return float(theta[0]), float(theta[1])


def _odds(share: float) -> float:
    share = min(max(share, 1e-5), 1 - 1e-5)
    return float(np.log(share / (1 - share)))
