"""Fits the letter n-grams that stand beside the encoder: logistic regression a label on all rows that may be trained on.

N-grams weigh by how rare they are (inverse document frequency, Spärck Jones 1972); the regression is the averaged stochastic
gradient of scikit-learn; of each label only the n-grams that move most are kept, in 8 bits.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from analyzer.evaluation import Held, area_under_roc
from analyzer.schema import Example
from analyzer.scoring.ngrams import BITS, Ngrams, Shape, hashed, pad_letters
from analyzer.scoring.windows import Windower

log = logging.getLogger(__name__)
Floats = NDArray[np.float64]
FEWEST = 5  # rows that must hold an n-gram
PASSES = 5
SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)  # tried for what n-grams count beside the encoder
_CHUNK = 512  # texts hashed together
_MOST_OF_GAIN = 0.9  # of what the best share adds to the ranking; the smallest with that is chosen
_ENOUGH = 8  # rows of each kind from which a ranking counts
_CLIP = 3.0  # most that balancing makes of a row
_MOST = 127  # of a weight in 8 bits
_DAMPING = 4.0  # brings the features to about the size that the regression's step expects


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Labels that get n-grams, and how many each keeps; the shortest and longest n-gram."""

    keep: Mapping[str, int]
    shortest: int
    longest: int


@dataclass(frozen=True, slots=True)
class _Weighed:
    """The n-grams of one label in order of their hashes, their weights, and what one step of a weight adds to a logit."""

    keys: NDArray[np.int32]
    weights: NDArray[np.int8]
    step: float


def fit_ngrams(rows: Sequence[Example], windower: Windower, labels: Sequence[str], wanted: Wanted) -> Ngrams:
    """N-grams in full weight for the labels in `wanted` that the rows can teach.

    A corpus that has only positives of a label teaches none of it.
    """
    sizes = {label: keep for label, keep in wanted.keep.items() if _both_kinds(rows, label)}
    texts = _letters_of(windower, rows)
    log.info("n-grams: counting in %d texts", len(texts))
    counted = _counted(texts, wanted)
    rarity = _rarity(counted)
    features = _features(counted, rarity)
    spread = np.sqrt(np.bincount(features.indices, minlength=2**BITS))
    found = []
    for label, keep in sizes.items():
        coefficients = _regression(features, rows, label)
        chosen = np.sort(np.argpartition(-np.abs(coefficients) * rarity * spread, keep)[:keep])
        found.append(_weighed(chosen, coefficients[chosen] * rarity[chosen] / _DAMPING))
        log.info("n-grams: %s fitted", label)
    shape = Shape(
        columns=tuple(list(labels).index(label) for label in sizes),
        sizes=tuple(sizes.values()),
        shortest=wanted.shortest,
        longest=wanted.longest,
    )
    ngrams = Ngrams(shape)
    ngrams.keys = torch.from_numpy(np.concatenate([one.keys for one in found]))
    ngrams.weights = torch.from_numpy(np.concatenate([one.weights for one in found]))
    ngrams.scales = torch.tensor([one.step for one in found])
    return ngrams


def _letters_of(windower: Windower, rows: Sequence[Example]) -> list[str]:
    """The letters of the first window of each row, as the network reads them; "" for a text without tokens."""
    texts = []
    for begin in range(0, len(rows), 4096):
        groups = windower.windows([(row.text, None) for row in rows[begin : begin + 4096]])
        texts += [group[0].letters if group else "" for group in groups]
    return texts


def choose_shares(ngrams: Ngrams, held: Held, windower: Windower) -> dict[str, float]:
    """Scales `ngrams` to what they should count beside `held`'s logits, the encoder's own; the share of each label.

    Chosen by how well the sum ranks within each corpus and language that judged the label, on average: between them, n-grams would
    only tell where a text comes from. The smallest share with most of the best one's gain: what n-grams do not see in a corpus,
    such as who is spoken of, they take from the encoder.
    """
    added = added_to(ngrams, windower, held.examples)
    shares = {}
    for place, column in enumerate(ngrams.shape.columns):
        label = held.labels[column]
        judged = [number for number, row in enumerate(held.examples) if label in row.labels]
        truth = np.array([held.examples[number].labels[label] >= 0.5 for number in judged], float)
        origins = [f"{held.examples[number].source} {held.examples[number].lang}" for number in judged]
        own, letters = held.scores[judged, column].astype(float), added[judged, place]
        quality = {share: _within(truth, own + share * letters, origins) for share in SHARES}
        enough = quality[0.0] + _MOST_OF_GAIN * (max(quality.values()) - quality[0.0])
        shares[label] = min(share for share in SHARES if quality[share] >= enough)
        log.info(
            "n-grams: %s counts %.1f, mean AUC %.4f (%.4f without, %.4f at best)",
            label,
            shares[label],
            quality[shares[label]],
            quality[0.0],
            max(quality.values()),
        )
    ngrams.scales = (ngrams.scales * torch.tensor(list(shares.values()))).half().float()  # as it will be stored
    return shares


def added_to(ngrams: Ngrams, windower: Windower, rows: Sequence[Example]) -> Floats:
    """What n-grams add to the logits of the first window of each row [row, label of n-grams]."""
    with torch.inference_mode():
        parts = [ngrams(pad_letters(chunk)).sum(dim=1) for chunk in _chunks(_letters_of(windower, rows))]
    return np.asarray(torch.cat(parts), float)


def _within(truth: Floats, scores: Floats, origins: Sequence[str]) -> float:
    """Mean area under ROC over the origins with rows enough of both kinds; where there are none, that over all rows."""
    areas = [
        area_under_roc(truth[places], scores[places])
        for places in _places(origins).values()
        if min(truth[places].sum(), (1 - truth[places]).sum()) >= _ENOUGH
    ]
    return float(np.mean(areas)) if areas else area_under_roc(truth, scores)


def _chunks(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    for begin in range(0, len(texts), _CHUNK):
        yield texts[begin : begin + _CHUNK]


def _counted(texts: Sequence[str], wanted: Wanted) -> Any:
    """How often each text holds each n-gram: a sparse matrix [text, 2**BITS], rows divided by the root of their sum."""
    from scipy import sparse

    parts = []
    for chunk in _chunks(texts):
        found = [one.numpy() for one in hashed(pad_letters(chunk), wanted.shortest, wanted.longest)]
        owners = np.concatenate([np.nonzero(one >= 0)[0] for one in found])
        columns = np.concatenate([one[one >= 0] for one in found])
        counts = np.bincount(owners, minlength=len(chunk))
        values = (1 / np.sqrt(np.maximum(counts, 1)))[owners].astype(np.float32)
        part = sparse.csr_matrix((values, (owners, columns.astype(np.int32))), shape=(len(chunk), 2**BITS))
        part.sum_duplicates()
        parts.append(part)
    return sparse.vstack(parts, format="csr")


def _rarity(counted: Any) -> Floats:
    """Inverse document frequency of each n-gram [2**BITS], 0 for those that hardly occur."""
    documents = np.bincount(counted.indices, minlength=2**BITS)
    rarity = np.log((1 + counted.shape[0]) / (1 + documents)) + 1
    return np.where(documents >= FEWEST, rarity, 0.0)


def _features(counted: Any, rarity: Floats) -> Any:
    """What the regression reads: counts weighed by rarity."""
    counted.data *= (rarity / _DAMPING)[counted.indices].astype(np.float32)
    counted.eliminate_zeros()
    return counted


def _both_kinds(rows: Sequence[Example], label: str) -> bool:
    return len({row.labels[label] >= 0.5 for row in rows if label in row.labels}) == 2


def _regression(features: Any, rows: Sequence[Example], label: str) -> Floats:
    """Coefficients [2**BITS] of one label."""
    from sklearn.linear_model import SGDClassifier

    judged = [number for number, row in enumerate(rows) if label in row.labels]
    truth = np.array([rows[number].labels[label] >= 0.5 for number in judged])
    weights = np.array([rows[number].weights.get(label, 1.0) for number in judged])
    weights *= _balance([rows[number].source for number in judged], truth, weights)
    model = SGDClassifier(
        loss="log_loss", alpha=1 / len(judged), max_iter=PASSES, tol=None, average=True, random_state=0
    )
    model.fit(features[judged], truth, sample_weight=weights)
    return np.asarray(model.coef_[0], float)


def _balance(sources: Sequence[str], truth: NDArray[np.bool_], weights: Floats) -> Floats:
    """Factors [row] that bring both kinds of row nearer to one another within each corpus; 0 where a corpus has only positives.

    Else n-grams would learn which corpus, and so which language, a text comes from.
    """
    factors = np.ones(len(truth))
    for places in _places(sources).values():
        positive, whole = weights[places][truth[places]].sum(), weights[places].sum()
        if truth[places].all():
            factors[places] = 0.0
        elif positive:
            share = np.where(truth[places], positive, whole - positive) / whole
            factors[places] = np.clip(0.5 / share, 1 / _CLIP, _CLIP)
    return factors


def _places(names: Sequence[str]) -> dict[str, NDArray[np.int64]]:
    found: dict[str, list[int]] = defaultdict(list)
    for number, name in enumerate(names):
        found[name].append(number)
    return {name: np.array(places) for name, places in found.items()}


def _weighed(keys: NDArray[np.int64], values: Floats) -> _Weighed:
    """Weights in 8 bits; the largest, one in two thousand, share the last step."""
    step = float(np.quantile(np.abs(values), 0.9995)) / _MOST or 1.0
    weights = np.clip(np.round(values / step), -_MOST, _MOST).astype(np.int8)
    return _Weighed(keys.astype(np.int32), weights, step)
