"""What is asked of the embedded model (asked.toml) beside what it reaches: one line a demand, each with n and a 95 % interval."""

import fnmatch
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer.evaluation import suites
from analyzer.evaluation.assessment import apart, divide
from analyzer.evaluation.bias import spread, widest_gap
from analyzer.evaluation.held import Column, Held, base_language
from analyzer.evaluation.metrics import Interval, Measure, area_under_roc, bootstrap, draws, wilson
from analyzer.evaluation.suites import Case
from analyzer.evaluation.thresholds import f1_of, macro_f1_of
from analyzer.operating import Thresholds, cut_of

FEWEST = 5  # positives below which a figure is no answer
_ROUNDS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _Material:
    """What the demands are read from: labelled rows and cases of suites with probabilities, the latter also with verdicts."""

    rows: Held
    posed: Held
    cases: Sequence[Case]
    thresholds: Thresholds
    labels: Mapping[str, Any]
    spans: Mapping[str, Mapping[str, Any]]


def reached(
    held: Held, thresholds: Thresholds, *, labels: Mapping[str, Any], spans: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """[{name, asked, value, low, high, n, met}] of every demand; `value` and `met` are None where there are no rows for it.

    `held`: labelled rows and cases of suites, with probabilities; `labels`: figures by label, of which the calibration error is
    read; `spans`: {family: {corpus: figures}}.
    """
    (rows, posed), (_, cases) = apart(held), divide(held, thresholds)
    material = _Material(rows=rows, posed=posed, cases=cases, thresholds=thresholds, labels=labels, spans=spans)
    return [_answer(row, material) for row in _demands()]


def _demands() -> Iterator[dict[str, Any]]:
    table = tomllib.loads(files("analyzer.evaluation").joinpath("asked.toml").read_text("utf-8"))
    for row in table["row"]:
        for lang in row.pop("each", [None]):
            yield row | ({"name": row["name"].format(lang=lang), "langs": [lang]} if lang else {})


def _answer(row: dict[str, Any], material: _Material) -> dict[str, Any]:
    wanted = {key: row[key] for key in row.keys() - {"name", "measure", "least", "most"}}
    found = _MEASURES[row["measure"]](material, **wanted)
    value = found.value
    asked, met = "", None
    if "least" in row:
        asked, met = f"≥ {row['least']:g}", None if value is None else value >= row["least"]
    if "most" in row:
        asked, met = f"≤ {row['most']:g}", None if value is None else value <= row["most"]
    figures = {key: figure for key, figure in found.to_json().items() if key != "positives"}
    return {"name": row["name"], "asked": asked, **figures, "met": met}


def _nothing(n: int = 0) -> Measure:
    return Measure(None, None, n, 0)


def _share(hits: Sequence[bool], independent: int | None = None) -> Measure:
    """`independent`: how many of them tell something of their own, for the interval; all, if not said."""
    if not hits:
        return _nothing()
    value = sum(hits) / len(hits)
    return Measure(value, wilson(value, independent or len(hits)), len(hits), sum(hits))


def _chosen(
    material: _Material,
    suite: str,
    labels: Sequence[str],
    langs: Sequence[str] = (),
    families: Sequence[str] = (),
    expected: bool | None = None,
) -> list[Case]:
    return [
        case
        for case in material.cases
        if case.example.source == suite
        and case.label in labels
        and (not langs or case.example.lang in langs)
        and (not families or any(fnmatch.fnmatch(case.family, pattern) for pattern in families))
        and expected in (None, case.expected)
    ]


def _right(material: _Material, **which: Any) -> Measure:
    found = _chosen(material, **which)
    return _share([case.right for case in found], suites.wordings(found))


def _flagged(material: _Material, **which: Any) -> Measure:
    found = _chosen(material, **which)
    return _share([bool(case.flagged) for case in found], suites.wordings(found))


def _kept(material: _Material) -> Measure:
    return _share([held for values in suites.tricked(material.cases).values() for held in values])


def _rise(material: _Material) -> Measure:
    """The share of harmless twins flagged under spelling tricks less the share of their clean forms."""
    pairs = np.array(suites.twins_beside_clean(material.cases), float).reshape(-1, 2)
    if not len(pairs):
        return _nothing()
    return _resampled(lambda rows: float((pairs[rows, 0] - pairs[rows, 1]).mean()), len(pairs), int(pairs[:, 0].sum()))


def _flips(material: _Material, pair: str) -> Measure:
    groups: dict[tuple[str, str, str], set[bool]] = defaultdict(set)
    for case in material.cases:
        if case.pair.startswith(pair):
            groups[case.example.source, case.pair, case.label].add(bool(case.flagged))
    return _share([len(verdicts) > 1 for verdicts in groups.values()])


def _named(material: _Material, suite: str, family: str) -> Measure:
    """Macro-F1 over the labels of a family that a suite asks for, each against the texts that name another or none."""
    gold: dict[tuple[str, str | None], dict[str, float]] = defaultdict(dict)
    place = {}
    for index, example in enumerate(material.posed.examples):
        if example.source == suite:
            gold[example.text, example.parent] |= example.labels
            place[example.text, example.parent] = index
    labels = sorted(
        {
            label
            for asked in gold.values()
            for label, value in asked.items()
            if value >= 0.5 and label.startswith(f"{family}.") and label != f"{family}.any"
        }
        & set(material.posed.labels)
    )
    texts = [
        key
        for key, asked in gold.items()
        if any(asked.get(label, 0) >= 0.5 for label in labels) or asked.get(f"{family}.any", 1) < 0.5
    ]
    if not labels or not texts:
        return _nothing()
    truth = np.array([[gold[key].get(label, 0) >= 0.5 for label in labels] for key in texts], float)
    flags = np.zeros_like(truth)
    for column, label in enumerate(labels):
        if cut := cut_of(material.thresholds, label):
            at = np.array([place[key] for key in texts])
            langs = [material.posed.examples[index].lang for index in at]
            scores = material.posed.scores[at, list(material.posed.labels).index(label)]
            flags[:, column] = scores >= np.array(cut.over(langs))

    def macro(rows: NDArray[np.int64]) -> float:
        ones = np.ones(len(rows))
        return float(np.nanmean([f1_of(truth[rows, one], flags[rows, one], ones) for one in range(len(labels))]))

    return _resampled(macro, len(texts), int(truth.sum()))


def _resampled(figure: Callable[[NDArray[np.int64]], float], n: int, positives: int) -> Measure:
    chooser = np.random.default_rng(0)
    low, high = np.nanpercentile([figure(chooser.integers(0, n, n)) for _ in range(_ROUNDS)], [2.5, 97.5])
    return Measure(figure(np.arange(n)), Interval(float(low), float(high)), n, positives)


def _column(material: _Material, label: str, sources: Sequence[str], units: Sequence[str] = ()) -> Column | None:
    if label not in material.rows.labels:
        return None
    column = material.rows.column(
        label,
        judged_only=True,
        where=lambda row: row.source in sources and (not units or row.extra.get("unit") in units),
    )
    return column if column.truth.sum() >= FEWEST else None


def _at_threshold(figure: Callable[..., float]) -> Callable[..., Measure]:
    def measure(material: _Material, label: str, sources: Sequence[str], units: Sequence[str] = ()) -> Measure:
        column, cut = _column(material, label, sources, units), cut_of(material.thresholds, label)
        if column is None or cut is None:
            return _nothing()
        flagged = (column.scores >= np.array(cut.over(material.rows.langs(column)))).astype(float)
        return bootstrap(figure, column.truth, flagged, clusters=column.clusters)

    return measure


def _mean_auc(material: _Material, labels: Sequence[str], sources: Sequence[str]) -> Measure:
    """The mean over labels; where the same rows were judged for all, they are drawn together."""
    found = [_column(material, label, sources) for label in labels]
    columns = [column for column in found if column is not None]
    if len(columns) < len(labels):
        return _nothing()
    value = float(np.mean([area_under_roc(column.truth, column.scores) for column in columns]))
    drawn = [
        [area_under_roc(column.truth[rows], column.scores[rows]) for rows in draws(column.clusters, _ROUNDS)]
        for column in columns
    ]
    low, high = np.nanpercentile(np.nanmean(drawn, axis=0), [2.5, 97.5])
    return Measure(value, Interval(float(low), float(high)), max(len(column.truth) for column in columns), 0)


def _marked(material: _Material, family: str, corpus: str, figure: str) -> Measure:
    row = material.spans.get(family, {}).get(corpus)
    if row is None or row[figure]["value"] is None:
        return _nothing()
    one = row[figure]
    return Measure(one["value"], Interval(one["low"], one["high"]), row["texts"], row["marked"])


def _gap(material: _Material, label: str) -> Measure:
    cut = cut_of(material.thresholds, label)
    return widest_gap(material.rows, label, cut) if cut and label in material.rows.labels else _nothing()


def _harmless_flagged(material: _Material, label: str, sources: Sequence[str]) -> Measure:
    """The share of harmless comments of comment sections that are flagged: rows of `sources` judged neither toxic nor an attack."""
    cut, rows = cut_of(material.thresholds, label), material.rows
    if not cut or label not in rows.labels:
        return _nothing()
    places = [
        place
        for place, row in enumerate(rows.examples)
        if row.source in sources
        and row.labels.get("abuse.toxicity", 1.0) < 0.5
        and row.labels.get("abuse.identity_attack", 0.0) < 0.5
    ]
    cuts = cut.over([base_language(rows.examples[place].lang) for place in places])
    column = rows.scores[places, list(rows.labels).index(label)]
    return _share([bool(prob >= own) for prob, own in zip(column, cuts, strict=True)])


def _gap_of_cases(material: _Material, **which: Any) -> Measure:
    """The gap between the groups that harmless cases mainly speak of."""
    verdicts: dict[str, list[bool]] = defaultdict(list)
    for case in _chosen(material, expected=False, **which):
        if case.target:
            verdicts[case.target].append(bool(case.flagged))
    return spread([np.array(flags) for flags in verdicts.values()])


def _gap_of_pairs(material: _Material, **which: Any) -> Measure:
    """How much wider the gap between groups is than chance makes it, over sentences in which only the group differs.

    What chance makes: the mean gap where the verdicts of each sentence are dealt out to the groups anew (permutation within
    blocks). The interval draws whole sentences, and reaches at least to what may be flagged where nothing was; n: sentences.
    """
    verdicts: dict[tuple[str, str], dict[str, bool]] = defaultdict(dict)
    for case in _chosen(material, **which):
        if case.pair and case.target:
            verdicts[case.pair, case.label][case.target] = bool(case.flagged)
    groups = sorted(set.intersection(*map(set, verdicts.values()))) if verdicts else []
    if len(groups) < 2:
        return _nothing()
    flags = np.array([[said[group] for group in groups] for said in verdicts.values()], float)
    chooser = np.random.default_rng(0)
    dealt = np.array([chooser.permuted(flags, axis=1) for _ in range(_ROUNDS)])

    def beyond_chance(rows: NDArray[np.int64]) -> float:
        return float(np.ptp(flags[rows].mean(axis=0)) - np.ptp(dealt[:, rows].mean(axis=1), axis=1).mean())

    found = _resampled(beyond_chance, len(flags), int(flags.sum()))
    assert found.value is not None
    assert found.interval is not None
    interval = Interval(max(0.0, found.interval.low), max(found.interval.high, wilson(0.0, len(flags)).high))
    return Measure(max(0.0, found.value), interval, len(flags), int(flags.sum()))


def _worst_calibration(material: _Material) -> Measure:
    errors = [row["calibration_error"] for row in material.labels.values()]
    known = [error for error in errors if error["value"] is not None and error["positives"] >= FEWEST]
    if not known:
        return _nothing()
    worst = max(known, key=lambda error: error["value"])
    return Measure(worst["value"], Interval(worst["low"], worst["high"]), worst["n"], worst["positives"])


_MEASURES: dict[str, Callable[..., Measure]] = {
    "right": _right,
    "flagged": _flagged,
    "kept": _kept,
    "rise": _rise,
    "flips": _flips,
    "named": _named,
    "f1": _at_threshold(f1_of),
    "macro_f1": _at_threshold(macro_f1_of),
    "mean_auc": _mean_auc,
    "marked": _marked,
    "harmless_flagged": _harmless_flagged,
    "gap": _gap,
    "gap_of_cases": _gap_of_cases,
    "gap_of_pairs": _gap_of_pairs,
    "worst_calibration": _worst_calibration,
}
