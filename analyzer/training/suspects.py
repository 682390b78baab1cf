"""Labels that are likely wrong: confident learning over what the model's own reading of the texts lets one expect.

Northcutt, Jiang and Chuang 2021, Confident Learning, JAIR 70 (arXiv 1911.00068): probabilities of a classifier that did not see the
row, the confident joint of given and expected labels (section 3.1), the rows with the lowest self-confidence (section 3.2), and a
classifier that learns again without them (section 3.3). Each label is a question of its own with the answers yes and no.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from analyzer.schema import Example
from analyzer.training.checking import mark_of, place_of

Floats = NDArray[np.float64]
Tick = Callable[[int, int], None]
"""Called with the rows read and their number."""

FEWEST = 10  # rows of each answer below which nothing is said on a label
_FOLDS = 5
_ROUNDS = 3
_STRENGTHS = (
    3e-4,
    1e-3,
    3e-3,
    1e-2,
)  # of logistic regression on standardised features; log loss on unseen rows chooses
_COMPONENTS = 256
_CHUNK = 512
_SURE = 0.75
_TRUSTED = 0.5  # labels that weigh less were derived: the row beside them is what somebody judged


@runtime_checkable
class TextReader(Protocol):
    """What turns `(text, parent)` into features [text, feature]: a TransformerScorer."""

    def representations(self, texts: Sequence[tuple[str, str | None]]) -> NDArray[np.float32]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A label that is likely wrong: what was given (0..1), what one would expect (0 or 1), the probability of the label by a
    classifier that did not see the row, and the margin by which the expected answer is the likelier one."""

    where: str
    id: str
    lang: str
    label: str
    given: float
    expected: int
    prob: float
    margin: float
    text: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Suspicion:
    """The suspects, the likeliest first, and the labels with too few rows of one answer to say anything."""

    suspects: tuple[Suspect, ...]
    skipped: tuple[str, ...]


def find_likely_wrong(
    examples: Sequence[Example], reader: TextReader, *, tick: Tick = lambda done, total: None
) -> Suspicion:
    """The judgements in `examples` that are likely wrong, over all labels, the widest margin first."""
    pairs = [(row.text, row.parent) for row in examples]
    read: list[NDArray[np.float32]] = []
    for begin in range(0, len(pairs), _CHUNK):
        read.append(reader.representations(pairs[begin : begin + _CHUNK]))
        tick(min(begin + _CHUNK, len(pairs)), len(pairs))
    features = compressed(np.concatenate(read))
    groups = np.unique([repr(mark_of(row)) for row in examples], return_inverse=True)[1]
    found: list[Suspect] = []
    skipped: list[str] = []
    for label in sorted({label for row in examples for label in row.labels}):
        rows = [number for number, row in enumerate(examples) if is_judged(row, label)]
        given = np.array([examples[number].labels[label] >= 0.5 for number in rows], int)
        if len(rows) == 0 or min(given.sum(), len(given) - given.sum()) < FEWEST:
            skipped.append(label)
            continue
        probs, wrong = suspicion(features[rows], given, groups[rows])
        found += [_suspect(examples[rows[place]], label, float(probs[place])) for place in wrong]
    return Suspicion(tuple(sorted(found, key=lambda suspect: -suspect.margin)), tuple(skipped))


def suspicion(features: Floats, given: NDArray[np.int_], groups: NDArray[np.int_]) -> tuple[Floats, NDArray[np.int_]]:
    """The probability [row] of a yes by classifiers that did not see the row, and the rows likely wrong, the likeliest first.

    What looks wrong is left out of the next round's learning, so that wrong labels do not vouch for one another.
    """
    best = crossed(features, given, groups)
    wrong = _issues(given, best.probs)
    for _ in range(_ROUNDS - 1):
        trusted = np.ones(len(given), bool)
        trusted[wrong] = False
        best = _crossed(features, given, groups, trusted, best.strength)
        wrong = _issues(given, best.probs)
    return best.probs, wrong


@dataclass(frozen=True, slots=True)
class Crossed:
    """The probability [row] of a yes, the strength of the regression, and its mean log loss."""

    probs: Floats
    strength: float
    loss: float


def crossed(features: Floats, given: NDArray[np.int_], groups: NDArray[np.int_]) -> Crossed:
    """Probabilities by classifiers that did not see the row and trust all others, at the strength that loses least."""
    trusted = np.ones(len(given), bool)
    return min((_crossed(features, given, groups, trusted, strength) for strength in _STRENGTHS), key=lambda c: c.loss)


def _crossed(
    features: Floats,
    given: NDArray[np.int_],
    groups: NDArray[np.int_],
    trusted: NDArray[np.bool_],
    strength: float,
) -> Crossed:
    """Cross-validated probabilities; equal texts are on one side, and only trusted rows are learnt from."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold

    probs = np.full(len(given), given.mean())
    for inside, outside in StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=0).split(features, given, groups):
        learnt = inside[trusted[inside]]
        if len(outside) and 0 < given[learnt].sum() < len(learnt):
            classifier = LogisticRegression(C=strength, max_iter=1000).fit(features[learnt], given[learnt])
            probs[outside] = classifier.predict_proba(features[outside])[:, 1]
    sure = np.clip(np.where(given == 1, probs, 1 - probs), 1e-6, 1)
    return Crossed(probs, strength, float(-np.log(sure[trusted]).mean()))


def _issues(given: NDArray[np.int_], probs: Floats) -> NDArray[np.int_]:
    """Rows likely wrong, those with the lowest self-confidence first.

    They are as many as the confident joint counts, and all that the classifier contradicts with a probability of _SURE: of a
    rare label the joint counts too few, for most of its given positives are wrong where labels are noisy.
    """
    from cleanlab.filter import find_label_issues

    found = find_label_issues(
        labels=given,
        pred_probs=np.stack([1 - probs, probs], axis=1),
        filter_by="low_self_confidence",
        return_indices_ranked_by="self_confidence",
        n_jobs=1,
    )
    confidence = np.where(given == 1, probs, 1 - probs)
    wrong = np.isin(np.arange(len(given)), found) | (confidence <= 1 - _SURE)
    order = np.argsort(confidence, kind="stable")
    result: NDArray[np.int_] = order[wrong[order] & (confidence[order] < 0.5)]
    return result


def compressed(features: NDArray[np.float32]) -> Floats:
    """Standardised features, of many the principal components: a regression a label and fold must stay quick."""
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    standard: Floats = StandardScaler().fit_transform(features.astype(np.float64))
    if len(features) <= 2 * _COMPONENTS or features.shape[1] <= _COMPONENTS:
        return standard
    reduced: Floats = PCA(_COMPONENTS, svd_solver="covariance_eigh").fit_transform(standard)
    return reduced


def is_judged(row: Example, label: str) -> bool:
    """True where somebody gave an answer to this very question, and not one half."""
    return label in row.labels and row.labels[label] != 0.5 and row.weights.get(label, 1.0) >= _TRUSTED


def _suspect(row: Example, label: str, prob: float) -> Suspect:
    given = row.labels[label]
    expected = int(given < 0.5)
    return Suspect(
        where=place_of(row),
        id=row.id,
        lang=row.lang,
        label=label,
        given=given,
        expected=expected,
        prob=round(prob, 4),
        margin=round((2 * prob - 1) * (1 if expected else -1), 4),
        text=row.text,
    )
