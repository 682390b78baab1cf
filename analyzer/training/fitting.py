"""Logits on held-out rows → calibration, thresholds and what was measured; fitted on one half, measured on the other."""

import fnmatch
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analyzer.evaluation import (
    ENOUGH,
    Column,
    Held,
    Measure,
    among,
    area_under_roc,
    average_precision,
    bootstrap,
    calibration_error,
    character_f1,
    choose_thresholds,
    compare_spans,
    f1_of,
    figures_of_spans,
    kept,
    overlap_f1,
)
from analyzer.operating import cut_of
from analyzer.schema import Example
from analyzer.scoring.calibration import Calibration, Rates, fit_platt, prior_weights
from analyzer.scoring.evidence import Marking
from analyzer.training.heads import sigmoid

if TYPE_CHECKING:
    from analyzer.training.predict import Reading

Floats = NDArray[np.float64]
ENOUGH_OWN = 40  # positives, and negatives, of a language from which it gets thresholds of its own
PRECISE_ENOUGH = 0.75  # precision that a language's own `precise` threshold must have where it was chosen
SPREAD = 0.3  # variance of log odds between languages, by which an own intercept is drawn towards none
NOTED = 0.1  # a smaller shift of the log odds is left
_LOW = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4)  # what is tried for `Marking.low`, `.high` and `.share`
_HIGH = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
_SHARES = (0.0, 0.3, 0.4, 0.5, 0.6)
FALSE_ALARMS = {
    "balanced": 0.005,
    "precise": 0.001,
}  # share of negatives flagged where positives are too few for a threshold


def of_label(label: str, rates: Mapping[str, float]) -> float:
    """The figure the recipe gives for a label: its own, else that of the first pattern that fits."""
    if label in rates:
        return rates[label]
    return next(rate for pattern, rate in rates.items() if fnmatch.fnmatch(label, pattern))


def assumed(table: str, label: str) -> float | None:
    """What a table of the embedded model's recipe (`base_rates`, `betas`) says of a label; None if it says nothing."""
    return next((figure for name, figure in _recipe()[table].items() if fnmatch.fnmatch(label, name)), None)


def natural_weights(label: str, truth: Floats) -> Floats:
    """Weights [row] that bring rows to the base rate which the embedded model's recipe assumes for a label."""
    return prior_weights(truth, assumed("base_rates", label) or float(truth.mean()))


def looked_for(corpus: str) -> tuple[str, ...]:
    """Span families that were looked for in every row of a corpus, so that a row without spans has none."""
    return tuple(_recipe()["span_families"].get(corpus, ()))


@cache
def _recipe() -> dict[str, Any]:
    return tomllib.loads(files("analyzer.training").joinpath("recipe.toml").read_text("utf-8"))


def trained_rates(rows: Sequence[Example], labels: Sequence[str]) -> dict[str, float]:
    """The weighted share of positives each label was trained at."""
    positive = dict.fromkeys(labels, 0.0)
    total = dict.fromkeys(labels, 0.0)
    for row in rows:
        for label, value in row.labels.items():
            weight = row.weights.get(label, 1.0)
            positive[label] += weight * value
            total[label] += weight
    return {label: positive[label] / total[label] if total[label] else 0.0 for label in labels}


def calibrate(fit: Held, rates: Mapping[str, float], trained: Mapping[str, float]) -> Calibration:
    """One Platt map a label, for the assumed base rates; `trained` holds the shares the network was trained at."""
    pairs = []
    for label in fit.labels:
        column = fit.column(label)
        pairs.append(
            fit_platt(column.scores, column.truth, column.weights, Rates(of_label(label, rates), trained[label]))
        )
    slope, intercept = np.array(pairs).T
    return Calibration(slope, intercept)


def _probs(held: Held, calibration: Calibration, label: str, column: Column) -> Floats:
    place = list(held.labels).index(label)
    one = Calibration(calibration.slope[place : place + 1], calibration.intercept[place : place + 1])
    return np.asarray(one(column.scores[:, None])[:, 0])


@dataclass(frozen=True, slots=True)
class _Side:
    """One label on one half of the held-out rows: truth, trust weights, probabilities, languages [row]; `rate`: its base rate."""

    truth: Floats
    weights: Floats
    probs: Floats
    langs: NDArray[np.str_]
    rate: float

    @property
    def natural(self) -> Floats:
        """Weights that bring the rows to the base rate."""
        return prior_weights(self.truth, self.rate, self.weights)

    def of(self, lang: str) -> "_Side":
        rows = self.langs == lang
        return _Side(self.truth[rows], self.weights[rows], self.probs[rows], self.langs[rows], self.rate)

    def languages(self, fewest: int) -> list[str]:
        """Those with at least `fewest` positives and as many negatives."""
        return [str(lang) for lang in np.unique(self.langs) if self.of(lang).fewer >= fewest]

    @property
    def fewer(self) -> int:
        """Rows of the rarer kind."""
        return int(min(np.bincount(self.truth.astype(int), minlength=2)))

    def kept(self, cut: float) -> dict[str, Any]:
        return kept(self.truth, self.probs, self.natural, cut)


def _side(held: Held, calibration: Calibration, label: str, rate: float) -> _Side:
    column = held.column(label)
    probs = _probs(held, calibration, label, column)
    return _Side(column.truth, column.weights, probs, np.array(held.langs(column), str), rate)


def thresholds(
    fit: Held, measure: Held, calibration: Calibration, rates: Mapping[str, float], betas: Mapping[str, float]
) -> dict[str, dict[str, Any]]:
    """{label: {"balanced": {threshold, precision, recall, …, n, positives, by_language}, "precise": {…}}}.

    Chosen on `fit` alone, precision and recall with their intervals read on `measure`, over all languages and in each that has
    enough rows, at the base rate. A language with 40 positives and negatives in `fit` may have a threshold of its own in its row.
    With too few positives the threshold is the one that flags 0.5 % (0.1 %) of the negatives, precision is null, and nothing is
    promised. `betas` says by label pattern what a missed comment weighs against a wrongly shown one.
    """
    table: dict[str, dict[str, Any]] = {}
    for label in fit.labels:
        rate, beta = of_label(label, rates), of_label(label, betas)
        side, other = (_side(half, calibration, label, rate) for half in (fit, measure))
        if not len(side.truth):
            continue
        general = _general_cuts(side, beta)
        own = _own_cuts(side, beta, general)
        table[label] = {
            name: {"threshold": round(cut, 6)}
            | other.kept(cut)
            | {
                "by_language": {
                    lang: _in_language(other.of(lang), own.get(lang, {}).get(name), cut)
                    for lang in other.languages(ENOUGH)
                }
            }
            for name, cut in general.items()
        }
    return {label: rows for label, rows in table.items() if rows}


def _general_cuts(side: _Side, beta: float) -> dict[str, float]:
    if chosen := choose_thresholds(side.truth, side.probs, side.natural, beta=beta):
        return {name: float(point.threshold) for name, point in chosen.items()}
    quiet = side.probs[side.truth < 0.5]
    return {name: float(np.quantile(quiet, 1 - share)) for name, share in FALSE_ALARMS.items() if len(quiet)}


def _own_cuts(side: _Side, beta: float, general: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """{lang: {name: threshold}} for languages with enough rows of both kinds, where it is better than the general one.

    A `balanced` one lies as much below the general one as the language's scores do, and only if they do: the corpora of one
    language are few, and those made to be hard would else hide what is found elsewhere. A `precise` one must be precise on the
    rows it was chosen on; those that measure have no say in it.
    """
    own: dict[str, dict[str, float]] = {}
    for lang in side.languages(ENOUGH_OWN):
        if "-" in lang:
            continue
        part = side.of(lang)
        own[lang] = {}
        lower = _lower(part, side)
        if "balanced" in general and lower > 0:
            own[lang]["balanced"] = float(sigmoid(_logit(np.array(general["balanced"])) - lower))
        precise = choose_thresholds(part.truth, part.probs, part.natural, beta=beta).get("precise")
        if precise and "precise" in general and (part.kept(precise.threshold)["precision"] or 0) >= PRECISE_ENOUGH:
            own[lang]["precise"] = max(precise.threshold, own[lang].get("balanced", general.get("balanced", 0.0)))
    return own


def _lower(part: _Side, whole: _Side) -> float:
    """How much lower the log odds of a language lie than those of all; 0 where that may be nothing."""
    lower = _intercept(part) - _intercept(whole)
    return lower if lower >= NOTED else 0.0


def _intercept(side: _Side) -> float:
    """What must be added to the log odds for them to be right on average at the base rate.

    Drawn towards 0 as one of a family of languages (random intercepts; Gelman and Hill 2007, chapter 12).
    """
    weights = side.natural * side.truth.sum() / side.natural[side.truth > 0.5].sum()  # as many rows' worth as positives
    logits, shift = _logit(side.probs), 0.0
    for _ in range(30):
        probs = sigmoid(logits + shift)
        gradient = float((weights * (probs - side.truth)).sum()) + shift / SPREAD
        shift -= float(np.clip(gradient / (float((weights * probs * (1 - probs)).sum()) + 1 / SPREAD), -1.0, 1.0))
    return shift


def _logit(probs: Floats) -> Floats:
    probs = np.clip(probs, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(probs / (1 - probs)))


def _in_language(side: _Side, own: float | None, general: float) -> dict[str, Any]:
    """What is kept in one language, at its own threshold if it has one."""
    if own is None:
        return side.kept(general)
    return {"threshold": round(own, 6)} | side.kept(own)


def evaluate(
    measure: Held, calibration: Calibration, table: Mapping[str, Any], rates: Mapping[str, float]
) -> dict[str, Any]:
    """By label: area under ROC and average precision on judged rows, F1 at `balanced`, calibration error at the base rate.

    Each row is held against the `balanced` threshold of its language.
    """
    report: dict[str, Any] = {}
    for label in measure.labels:
        judged = measure.column(label, judged_only=True)
        if not 0 < judged.truth.sum() < len(judged.truth):
            continue
        probs = _probs(measure, calibration, label, judged)
        whole = measure.column(label)
        natural = prior_weights(whole.truth, of_label(label, rates), whole.weights)
        report[label] = {
            "auc": bootstrap(area_under_roc, judged.truth, probs, clusters=judged.clusters).to_json(),
            "average_precision": bootstrap(average_precision, judged.truth, probs, clusters=judged.clusters).to_json(),
            "calibration_error": bootstrap(
                calibration_error,
                whole.truth,
                _probs(measure, calibration, label, whole),
                natural,
                clusters=whole.clusters,
                raised=True,
            ).to_json(),
        }
        if cut := cut_of(table, label):
            flagged = (probs >= np.array(cut.over(measure.langs(judged)))).astype(float)
            report[label]["f1_balanced"] = bootstrap(f1_of, judged.truth, flagged, clusters=judged.clusters).to_json()
    return report


def headlines(whole: Held, asked: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The named figures: mean area under ROC over `labels` on the rows `where` names, with a bootstrap interval."""
    rows = []
    for entry in asked:
        measures = [_auc(whole, label, entry["where"]) for label in entry["labels"]]
        known = [(label, one) for label, one in zip(entry["labels"], measures, strict=True) if one.value is not None]
        values = [one.value for _, one in known if one.value is not None]
        rows.append(
            {
                "name": entry["name"],
                "target": entry["target"],
                "value": round(float(np.mean(values)), 4) if values else None,
                "n": max((one.n for _, one in known), default=0),
                "labels": {label: one.to_json() for label, one in known},
            }
        )
    return rows


def _auc(held: Held, label: str, where: Mapping[str, Any]) -> Measure:
    column = held.column(label, judged_only=True, where=among(where))
    return bootstrap(area_under_roc, column.truth, column.scores, clusters=column.clusters)


def choose_marking(readings: Sequence["Reading"], family: str) -> Marking:
    """The marking with the best figure, averaged over the corpora in which the family was looked for.

    The figure of abuse is character F1, as SemEval-2021 task 5 asked for it; of other families overlap F1 (SemEval-2020 task 11).
    """
    corpora = _by_corpus(readings).values()
    if not corpora:
        return Marking()

    figure = character_f1 if family == "abuse" else overlap_f1

    def quality(marking: Marking) -> float:
        return float(np.mean([figure(_compared(part, family, marking)) for part in corpora]))

    return max(
        (Marking(low, high, share) for low, high, share in product(_LOW, _HIGH, _SHARES) if low <= high), key=quality
    )


def span_quality(readings: Sequence["Reading"], family: str, marking: Marking) -> dict[str, Any]:
    """Character F1 and overlap F1 of a marking, by corpus."""
    parts = sorted(_by_corpus(readings).items())
    return {corpus: figures_of_spans(_compared(part, family, marking)) for corpus, part in parts}


def _by_corpus(readings: Sequence["Reading"]) -> dict[str, list["Reading"]]:
    parts: dict[str, list[Reading]] = {}
    for reading in readings:
        parts.setdefault(reading.example.source, []).append(reading)
    return parts


def _compared(readings: Sequence["Reading"], family: str, marking: Marking) -> Floats:
    return np.array([compare_spans(one.example.spans or (), one.spans(family, marking), family) for one in readings])
