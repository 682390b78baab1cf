"""Logits on held-out rows → calibration, thresholds and what was measured; fitted on one half, measured on the other."""

import fnmatch
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
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
    choose_thresholds,
    compare_spans,
    f1_of,
    figures_of_spans,
    kept,
    overlap_f1,
)
from analyzer.schema import Example
from analyzer.scoring.calibration import Calibration, Rates, fit_platt, prior_weights

if TYPE_CHECKING:
    from analyzer.training.predict import Reading

Floats = NDArray[np.float64]
ENOUGH_OWN = 40  # positives, and negatives, of a language from which it gets thresholds of its own
PRECISE_ENOUGH = 0.75  # measured precision that a language's own `precise` threshold must have reached
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


def thresholds(
    fit: Held, measure: Held, calibration: Calibration, rates: Mapping[str, float], betas: Mapping[str, float]
) -> dict[str, dict[str, Any]]:
    """{label: {"balanced": {threshold, precision, recall, …, n, positives, by_language}, "precise": {…}}}.

    Chosen on `fit`, precision and recall with their intervals read on `measure`, over all languages and in each that has enough
    rows, at the base rate. A language with 40 positives and negatives in `fit` has a threshold of its own in its row. With too few
    positives the threshold is the one that flags 0.5 % (0.1 %) of the negatives, precision
    is null, and nothing is promised. `betas` says by label pattern what a missed comment weighs against a wrongly shown one.
    """
    table: dict[str, dict[str, Any]] = {}
    for label in fit.labels:
        rate = of_label(label, rates)
        column, other = fit.column(label), measure.column(label)
        if not len(column.truth):
            continue
        probs, other_probs = _probs(fit, calibration, label, column), _probs(measure, calibration, label, other)
        chosen = choose_thresholds(
            column.truth, probs, prior_weights(column.truth, rate, column.weights), beta=of_label(label, betas)
        )
        if chosen:
            cuts = {name: float(point.threshold) for name, point in chosen.items()}
        else:
            quiet = probs[column.truth < 0.5]
            cuts = {name: float(np.quantile(quiet, 1 - share)) for name, share in FALSE_ALARMS.items() if len(quiet)}
        own = _own_cuts(fit, column, probs, rate, of_label(label, betas)) if chosen else {}
        langs = np.array(measure.langs(other))
        shares = [(langs == lang, own.get(str(lang), {}), str(lang)) for lang in np.unique(langs)]
        table[label] = {}
        for name, cut in cuts.items():
            table[label][name] = {"threshold": round(cut, 6)} | kept(
                other.truth, other_probs, prior_weights(other.truth, rate, other.weights), cut
            )
            table[label][name]["by_language"] = {
                lang: _in_language(rows, other, other_probs, rate, _Cuts(name, cut, special))
                for rows, special, lang in shares
                if min(np.bincount(other.truth[rows].astype(int), minlength=2)) >= ENOUGH
            }
    return {label: rows for label, rows in table.items() if rows}


def _own_cuts(fit: Held, column: Column, probs: Floats, rate: float, beta: float) -> dict[str, dict[str, float]]:
    """{lang: {name: threshold}} for the languages with enough rows of both kinds to choose a threshold apart."""
    langs = np.array(fit.langs(column))
    own = {}
    for lang in np.unique(langs):
        rows = langs == lang
        truth = column.truth[rows]
        if min(np.bincount(truth.astype(int), minlength=2)) >= ENOUGH_OWN and "-" not in lang:
            weights = prior_weights(truth, rate, column.weights[rows])
            chosen = choose_thresholds(truth, probs[rows], weights, beta=beta)
            own[str(lang)] = {name: float(point.threshold) for name, point in chosen.items()}
    return own


@dataclass(frozen=True, slots=True)
class _Cuts:
    """A threshold by name: the general one, and what was chosen in a language (by name)."""

    name: str
    general: float
    own: Mapping[str, float]


def _in_language(rows: NDArray[np.bool_], column: Column, probs: Floats, rate: float, cuts: _Cuts) -> dict[str, Any]:
    """What is kept in one language, at its own threshold if it has one.

    A `balanced` one only where it finds more than the general one: the corpora of one language are few, and those made to be hard
    would else hide what is found elsewhere. A `precise` one must have been found to be precise.
    """
    truth = column.truth[rows]
    weights = prior_weights(truth, rate, column.weights[rows])
    own = cuts.own.get(cuts.name)
    if own is not None and (cuts.name == "precise" or own < cuts.general):
        found = {"threshold": round(own, 6)} | kept(truth, probs[rows], weights, own)
        if cuts.name == "balanced" or (found["precision"] or 0) >= PRECISE_ENOUGH:
            return found
    return kept(truth, probs[rows], weights, cuts.general)


def evaluate(
    measure: Held, calibration: Calibration, table: Mapping[str, Any], rates: Mapping[str, float]
) -> dict[str, Any]:
    """By label: area under ROC and average precision on judged rows, F1 at `balanced`, calibration error at the base rate."""
    report: dict[str, Any] = {}
    for label in measure.labels:
        judged = measure.column(label, judged_only=True)
        if not 0 < judged.truth.sum() < len(judged.truth):
            continue
        probs = _probs(measure, calibration, label, judged)
        whole = measure.column(label)
        natural = prior_weights(whole.truth, of_label(label, rates), whole.weights)
        cut = table.get(label, {}).get("balanced", {}).get("threshold")
        report[label] = {
            "auc": bootstrap(area_under_roc, judged.truth, probs).to_json(),
            "average_precision": bootstrap(average_precision, judged.truth, probs).to_json(),
            "calibration_error": bootstrap(
                calibration_error, whole.truth, _probs(measure, calibration, label, whole), natural
            ).to_json(),
        }
        if cut is not None:
            report[label]["f1_balanced"] = bootstrap(f1_of, judged.truth, (probs >= cut).astype(float)).to_json()
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
    return bootstrap(area_under_roc, column.truth, column.scores)


def span_threshold(readings: Sequence["Reading"], family: str) -> float:
    """The token threshold with the best overlap F1 over the texts in which the family was looked for; 0.5 without any."""
    if not readings:
        return 0.5
    cuts = [round(float(cut), 3) for cut in np.linspace(0.05, 0.9, 35)]
    return max(cuts, key=lambda cut: overlap_f1(_compared(readings, family, cut)))


def span_quality(readings: Sequence["Reading"], family: str, cut: float) -> dict[str, Any]:
    """Character F1 and overlap F1 at a threshold, by corpus."""
    corpora = sorted({reading.example.source for reading in readings})
    return {
        corpus: figures_of_spans(_compared([one for one in readings if one.example.source == corpus], family, cut))
        for corpus in corpora
    }


def _compared(readings: Sequence["Reading"], family: str, cut: float) -> Floats:
    return np.array([compare_spans(one.example.spans or (), one.spans(family, cut), family) for one in readings])
