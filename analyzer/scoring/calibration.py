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


def fit_platt(logits: Floats, truth: Floats, weights: Floats, base_rate: float) -> tuple[float, float]:
    """Slope > 0 and intercept for one label; logits, truth, trust weights [row].

    With fewer than 5 positives or negatives the slope stays 1 and only the prior is corrected, from the training odds of 1:9.
    """
    positives = float((truth > 0.5).sum())
    negatives = len(truth) - positives
    if min(positives, negatives) < 5:
        return 1.0, float(np.log(base_rate / (1 - base_rate)) - np.log(0.1 / 0.9))
    smoothed = np.where(truth > 0.5, (positives + 1) / (positives + 2), 1 / (negatives + 2) * base_rate)
    return _newton(logits, smoothed, prior_weights(truth, base_rate, weights))


def _newton(logits: Floats, targets: Floats, weights: Floats) -> tuple[float, float]:
    """Weighted logistic regression on one feature by damped Newton steps."""
    features = np.stack([logits, np.ones_like(logits)], axis=1)
    theta = np.array([1.0, 0.0])
    for _ in range(100):
        probabilities = 1 / (1 + np.exp(-np.clip(features @ theta, -40, 40)))
        gradient = features.T @ (weights * (probabilities - targets))
        curvature = weights * probabilities * (1 - probabilities)
        hessian = features.T @ (features * curvature[:, None]) + 1e-6 * np.eye(2)
        step = np.clip(np.linalg.solve(hessian, gradient), -1.0, 1.0)
        theta = theta - step
        if np.abs(step).max() < 1e-7:
            break
    return float(max(theta[0], 0.05)), float(theta[1])
