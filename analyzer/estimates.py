"""What labels say about a model or a run: the threshold that keeps a promise, and how common each label really is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.errors import ConfigError, InputError
from analyzer.examination import probabilities, read_examples
from analyzer.operating import cut_of
from analyzer.pipeline import thresholds_of
from analyzer.readers import read_judged
from analyzer.runs import Run, open_run
from analyzer.schema import Example, Scorer
from analyzer.taxonomy import load_taxonomy

if TYPE_CHECKING:
    import pyarrow as pa

    from analyzer.evaluation import Guarantee, Prevalence, Promise
    from analyzer.matching import Matched

_JUDGED = 0.5  # a label that weighs less was derived, not judged


@dataclass(frozen=True, slots=True, kw_only=True)
class Promised:
    """A threshold held against labels: by which model, on which rows, and what was left out of them."""

    model: str
    guarantee: "Guarantee"
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {"model": self.model, **self.guarantee.to_json(), "notes": list(self.notes)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prevalences:
    """How common each judged label is among the comments of a run, with the rows that found no comment, and doubts about all."""

    run: str
    model: str
    labels: "tuple[Prevalence, ...]"
    matched: "Matched"
    doubts: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "run": self.run,
            "model": self.model,
            "labels": [label.to_json() for label in self.labels],
            "matching": self.matched.to_json(),
            "doubts": list(self.doubts),
        }


def promise_threshold(promise: "str | Promise", labels: str | Path, scorer: Scorer) -> Promised:
    """The threshold of this model that keeps the promise, by labelled texts, which are scored now."""
    import numpy as np

    from analyzer.evaluation import find_threshold

    promise = _parsed(promise)
    _must_know(promise.label, scorer.labels, f"model {scorer.version}")
    examples = read_examples([labels], taxonomy=load_taxonomy(own=getattr(scorer, "own_labels", ())))
    meant = [row for row in examples if _is_meant(row, promise)]
    if not meant:
        raise InputError(
            f"{labels}: of {len(examples):,} rows none has {_who(promise)} judged; correct the promise or the file"
        )
    said = [probs.get(promise.label) for probs in probabilities(scorer, meant)]
    rows = [(row.labels[promise.label] >= 0.5, prob) for row, prob in zip(meant, said, strict=True) if prob is not None]
    notes = [f"{len(meant):,} of {len(examples):,} rows have {_who(promise)} judged"]
    if len(rows) < len(meant):
        notes.append(f"{len(meant) - len(rows):,} rows got no score and were left out")
    truth, scores = (np.array([row[place] for row in rows], float) for place in (0, 1))
    return Promised(model=scorer.version, guarantee=find_threshold(promise, truth, scores), notes=tuple(notes))


def promise_threshold_on_run(promise: "str | Promise", labels: str | Path, run: Run | str | Path) -> Promised:
    """The threshold that keeps the promise, by judged comments of a run and the scores stored there; the queue is counted on it."""
    import numpy as np

    from analyzer.evaluation import doubts_of_chance, find_threshold
    from analyzer.matching import choose_random, column_of, load_scores, match

    promise = _parsed(promise)
    run = run if isinstance(run, Run) else open_run(run)
    _must_know(promise.label, run.manifest()["models"][run.model]["labels"], f"run {run.path}")
    judged = [row for row in read_judged(labels) if promise.label in row.labels]
    notes: list[str] = []
    if promise.base_rate is None:
        judged, notes = choose_random(judged)
    scored = load_scores(run, [promise.label], judged, partial(_meant, promise=promise))
    table, matched = scored.table, match(scored, judged)
    truth, scores = matched.column(promise.label, table)
    if not len(truth):
        raise InputError(
            f"{labels}: no row belongs to a comment of {run.path} with {_who(promise)} scored{_missed(matched)}"
        )
    notes += _match_notes(matched)
    if len(truth) < len(matched.rows):
        notes.append(f"{len(matched.rows) - len(truth):,} judged comments have no score and were left out")
    population = column_of(table, promise.label)
    if promise.base_rate is None:
        notes += doubts_of_chance(scores, population[~np.isnan(population)])
    return Promised(model=run.model, guarantee=find_threshold(promise, truth, scores, population), notes=tuple(notes))


def estimate_prevalences(run: Run | str | Path, labels: str | Path) -> Prevalences:
    """How common every judged label is among the scored comments of the run, corrected for the model's errors."""
    import numpy as np

    from analyzer.evaluation import estimate_prevalence
    from analyzer.matching import choose_random, column_of, load_scores, match, share_over

    run = run if isinstance(run, Run) else open_run(run)
    judged, doubts = choose_random(read_judged(labels))
    names = sorted({label for row in judged for label in row.labels})
    known = load_scores(run, names, judged)
    table, matched = known.table, match(known, judged)
    if not len(matched.rows):
        raise InputError(f"{labels}: no row belongs to a comment of {run.path}{_missed(matched)}")
    found = []
    for name in names:
        truth, probs = matched.column(name, table) if name in table.column_names else (np.array([]), np.array([]))
        if not len(truth):
            doubts.append(f"{name}: judged, but no judged comment has a score of it in this run; left out")
            continue
        population = column_of(table, name)
        cut = cut_of(thresholds_of(run, run.model), name)
        scored = population[~np.isnan(population)]
        row = estimate_prevalence(name, truth, probs, scored, threshold=cut.general if cut else None)
        found.append(replace(row, naive=share_over(table, name, cut)) if cut else row)
    doubts += _match_notes(matched)
    return Prevalences(run=str(run.path), model=run.model, labels=tuple(found), matched=matched, doubts=tuple(doubts))


def _parsed(promise: "str | Promise") -> "Promise":
    from analyzer.evaluation import parse_promise

    return parse_promise(promise) if isinstance(promise, str) else promise


def _must_know(label: str, known: Iterable[str], who: str) -> None:
    names = list(known)
    if label not in names:
        near = get_close_matches(label, names, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ConfigError(f"promise: {who} has no label {label!r}; {hint}`analyzer check` lists the labels")


def _is_meant(row: Example, promise: "Promise") -> bool:
    return (
        promise.label in row.labels
        and row.weights.get(promise.label, 1.0) >= _JUDGED
        and (promise.lang is None or _is_lang(row.lang, promise.lang))
        and promise.source in (None, row.source)
    )


def _is_lang(lang: str | None, wanted: str) -> bool:
    """True for the language and its regions: de holds de-AT."""
    return lang is not None and (lang == wanted or lang.startswith(f"{wanted}-"))


def _meant(table: "pa.Table", promise: "Promise") -> "pa.Table":
    """The comments that the promise is about."""
    if promise.lang is not None:
        table = table.filter([_is_lang(lang, promise.lang) for lang in table["lang"].to_pylist()])
    if promise.source is not None:
        table = table.filter([source == promise.source for source in table["source"].to_pylist()])
    return table


def _who(promise: "Promise") -> str:
    given = {"lang": promise.lang, "source": promise.source}
    return promise.label + "".join(f", {name} {value}" for name, value in given.items() if value is not None)


def _missed(matched: "Matched") -> str:
    told = _match_notes(matched)
    return f" ({'; '.join(told)}); give the labels of this run" if told else "; give the labels of this run"


def _match_notes(matched: "Matched") -> list[str]:
    notes = [
        f"{count:,} of {matched.judged:,} judged rows are not used: {reason} ({_shown(matched.examples[reason], count)})"
        for reason, count in matched.missed.items()
    ]
    if matched.repeated:
        notes.append(f"{matched.repeated:,} verdicts repeat a label on one comment; they were averaged")
    return notes


def _shown(ids: Sequence[str], count: int) -> str:
    return ", ".join(name[:60] for name in ids) + (", …" if count > len(ids) else "")
