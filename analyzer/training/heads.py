"""Heads fitted on pooled states: ridge logistic regression, its strength chosen by cross-validation over groups of rows.

A new label starts from nothing; a known one from its present weights, towards which the ridge draws it (a Gaussian prior
around them).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analyzer.training.parts import folds

Floats = NDArray[np.float64]
NEW = (1e-3, 1e-2, 1e-1)  # strengths tried: the prior's variance of a weight on standardised states
KNOWN = (1e-5, 1e-4, 1e-3, 1e-2)
FOLDS = 5
_FREE = 100.0  # a strength that leaves a single slope free
_LEAST_SLOPE = 0.05


@dataclass(frozen=True, slots=True)
class Judged:
    """One label's rows: features [row, 2 · hidden], truth in 0..1, trust weights, groups, and the logit to start from."""

    features: Floats
    truth: Floats
    weights: Floats
    groups: Sequence[int]
    start: Floats


@dataclass(frozen=True, slots=True)
class Fitted:
    """logit = start + features · weight + bias; `crossed` are the logits [row] of heads that did not see the row's group."""

    weight: Floats
    bias: float
    strength: float
    crossed: Floats
    loss: float


def fit(rows: Judged, strengths: Sequence[float]) -> Fitted:
    """The head at the strength whose cross-validated loss is lowest."""
    centre, scale = _standard(rows.features)
    features = (rows.features - centre) / scale
    fold = np.array(folds(rows.groups, rows.truth.tolist(), FOLDS))
    best: tuple[float, float, Floats] | None = None
    crossed = {strength: np.zeros(len(rows.truth)) for strength in strengths}
    for number in range(FOLDS):
        inside, outside = fold != number, fold == number
        theta = None
        for strength in sorted(strengths):
            theta = _newton(features[inside], rows, inside, strength, theta)
            crossed[strength][outside] = rows.start[outside] + features[outside] @ theta[:-1] + theta[-1]
    for strength in sorted(strengths):
        loss = log_loss(rows.truth, crossed[strength], rows.weights)
        if best is None or loss < best[0]:
            best = (loss, strength, crossed[strength])
    assert best is not None
    loss, strength, logits = best
    return Fitted(*towards(rows, strength), strength, logits, loss)


def towards(rows: Judged, strength: float) -> tuple[Floats, float]:
    """Weights and bias to add to those the rows start from, at one strength."""
    centre, scale = _standard(rows.features)
    theta = _newton((rows.features - centre) / scale, rows, np.ones(len(rows.truth), bool), strength, None)
    weight = theta[:-1] / scale
    return weight, float(theta[-1] - centre @ weight)


def log_loss(truth: Floats, logits: Floats, weights: Floats) -> float:
    """Mean binary cross-entropy of logits against truth in 0..1."""
    return float((weights * losses(truth, logits)).sum() / weights.sum())


def losses(truth: Floats, logits: Floats) -> Floats:
    """Binary cross-entropy of each row."""
    result: Floats = np.logaddexp(0.0, logits) - truth * logits
    return result


def helps(rows: Judged, fitted: Fitted) -> bool:
    """True if a known label's new weights beat the present ones by more than chance would.

    Both are judged on rows they did not see, each brought to the rows' own level first, so that only what tells rows apart
    counts; the gain must exceed one standard error (the rule of Breiman et al. 1984; Hastie et al. 2009, section 7.10).
    """
    slopes = [level(replace(rows, start=logits)) for logits in (rows.start, fitted.crossed)]
    before, after = (
        losses(rows.truth, slope * logits + shift)
        for (slope, shift), logits in zip(slopes, (rows.start, fitted.crossed), strict=True)
    )
    gain = (before - after) * rows.weights / rows.weights.mean()
    return bool(gain.mean() > gain.std(ddof=1) / np.sqrt(len(gain)))


def level(rows: Judged) -> tuple[float, float]:
    """Slope > 0 and shift that bring the logits the rows start from to the rows' own level (Platt 1999)."""
    one = replace(rows, features=rows.start[:, None], start=np.zeros(len(rows.truth)))
    slope, shift = _newton(one.features, one, np.ones(len(rows.truth), bool), _FREE, None)
    return max(float(slope), _LEAST_SLOPE), float(shift)


def _standard(features: Floats) -> tuple[Floats, Floats]:
    return features.mean(axis=0), features.std(axis=0) + 1e-3


def _newton(features: Floats, rows: Judged, chosen: NDArray[np.bool_], strength: float, begin: Floats | None) -> Floats:
    """Weights and, last, the bias that minimise the loss plus |weights|² / (2 · strength); damped Newton steps."""
    design = np.hstack([features, np.ones((len(features), 1))])
    truth, weights, start = rows.truth[chosen], rows.weights[chosen], rows.start[chosen]
    ridge = np.append(np.full(features.shape[1], 1 / strength), 1e-3)
    theta: Floats = np.zeros(design.shape[1]) if begin is None else begin

    def objective(candidate: Floats) -> float:
        return float((weights * losses(truth, start + design @ candidate)).sum() + (ridge * candidate**2).sum() / 2)

    value = objective(theta)
    for _ in range(50):
        probs = sigmoid(start + design @ theta)
        gradient = design.T @ (weights * (probs - truth)) + ridge * theta
        curvature = weights * probs * (1 - probs)
        step = _solve(design, curvature, ridge, gradient)
        size = 1.0
        while (new := objective(theta - size * step)) > value and size > 1e-4:
            size /= 2
        theta = theta - size * step
        if value - new < 1e-7 * max(1.0, abs(value)):
            break
        value = new
    return theta


def _solve(design: Floats, curvature: Floats, ridge: Floats, gradient: Floats) -> Floats:
    """(Xᵀ C X + diag(ridge))⁻¹ · gradient, by the smaller of its two forms (Woodbury where rows are few)."""
    if len(design) >= design.shape[1]:
        return np.asarray(np.linalg.solve(design.T @ (design * curvature[:, None]) + np.diag(ridge), gradient), float)
    root = np.sqrt(curvature)[:, None] * design
    inner = np.eye(len(design)) + (root / ridge) @ root.T
    plain = gradient / ridge
    small: Floats = plain - (root.T @ np.linalg.solve(inner, root @ plain)) / ridge
    return small


def sigmoid(logits: Floats) -> Floats:
    """Probabilities of log odds."""
    result: Floats = 1.0 / (1.0 + np.exp(-np.clip(logits, -40.0, 40.0)))
    return result
