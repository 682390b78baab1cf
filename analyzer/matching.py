"""Judged rows beside the scored comments of a run: who is meant by an id, what was judged twice, which rows speak for the run."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from analyzer.errors import InputError
from analyzer.operating import Cut
from analyzer.readers import Judged
from analyzer.runs import Run
from analyzer.tables import score_labels

RANDOM = "random"
_KEY = ("source", "thread_id", "id")
_SHOWN = 5  # rows that found no comment, named in a report


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """The comments of a run that were judged: `rows` in its table, `labels` {label: 0..1} of each, in one order.

    `missed` counts judged rows that are not used, by reason, and `examples` names some; `repeated` counts second and further
    judgements of a label on one comment, which were averaged.
    """

    rows: NDArray[np.int64]
    labels: Sequence[Mapping[str, float]]
    judged: int
    missed: Mapping[str, int]
    examples: Mapping[str, Sequence[str]]
    repeated: int

    def column(self, label: str, table: pa.Table) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Truth (0/1) and probabilities of the comments on which `label` was judged and scored."""
        probs = column_of(table, label)
        places = [place for place, labels in enumerate(self.labels) if label in labels]
        rows = self.rows[places]
        truth = np.array([self.labels[place][label] >= 0.5 for place in places], float)
        scored = ~np.isnan(probs[rows])
        return truth[scored], probs[rows][scored]

    def to_json(self) -> dict[str, Any]:
        return {
            "judged_rows": self.judged,
            "comments": len(self.rows),
            "repeated": self.repeated,
            "not_matched": dict(self.missed),
            "examples": {reason: list(ids) for reason, ids in self.examples.items()},
        }


@dataclass(frozen=True, slots=True)
class Scored:
    """Comments of a run: a table of language and probabilities, and where in it the comments of some ids stand.

    `places`: id → place in the table, source, thread of each comment with it. The keys of all others are not kept: of ten million
    comments they take gigabytes.
    """

    table: pa.Table
    places: Mapping[str, Sequence[tuple[int, str, str]]]


def load_scores(
    run: Run,
    labels: Sequence[str],
    judged: Sequence[Judged],
    meant: Callable[[pa.Table], pa.Table] = lambda table: table,
) -> Scored:
    """The scores of these labels for every comment, read shard by shard; labels the run has no scores of are left out.

    `meant` takes the comments that are asked about from a table with `source` and `lang`.
    """
    ids = pa.array(sorted({row.id for row in judged}), pa.string())
    tables: list[pa.Table] = []
    places: dict[str, list[tuple[int, str, str]]] = {}
    start = 0
    for shard in run.shards:
        path = run.file("scores", run.model, shard=shard)
        if not path.is_file():
            raise InputError(f"{path} is missing: the run is not finished; repeat the `analyzer score` command")
        there = set(score_labels(pq.read_schema(path).empty_table()))
        columns = [*_KEY, "lang", *(label for label in labels if label in there)]
        table = meant(pq.read_table(path, columns=columns, use_threads=False, read_dictionary=["lang"]))
        found = np.flatnonzero(np.asarray(pc.is_in(table["id"], ids)))
        for place, row in zip(found.tolist(), table.select(_KEY).take(pa.array(found)).to_pylist(), strict=True):
            places.setdefault(row["id"], []).append((start + place, row["source"], row["thread_id"]))
        tables.append(table.drop_columns(list(_KEY)))
        start += table.num_rows
    return Scored(pa.concat_tables(tables), places)


def column_of(table: pa.Table, label: str) -> NDArray[np.float64]:
    """The probabilities of a label, nan where it was not scored."""
    return np.asarray(table[label].to_numpy(), np.float32).astype(float)


def share_over(table: pa.Table, label: str, cut: Cut) -> float:
    """The share of the comments with a score of the label that stand at the threshold of their language."""
    langs = table["lang"].unify_dictionaries().combine_chunks()
    probs = np.asarray(table[label].to_numpy(), np.float32)
    edges = np.array(cut.over(langs.dictionary.to_pylist()), np.float32)[langs.indices.to_numpy()]
    return float((probs >= edges).sum() / (~np.isnan(probs)).sum())


def match(scored: Scored, judged: Sequence[Judged]) -> Matched:
    """The comments that judged rows mean: by id, and by source and thread where the row says them."""
    found: dict[int, list[Mapping[str, float]]] = {}
    missed: Counter[str] = Counter()
    examples: dict[str, list[str]] = {}
    for row in judged:
        place, reason = _place(row, scored.places.get(row.id, []))
        if place is None:
            missed[reason] += 1
            if len(named := examples.setdefault(reason, [])) < _SHOWN:
                named.append(row.id if row.source is None else f"{row.source} {row.id}")
        else:
            found.setdefault(place, []).append(row.labels)
    averaged = [_averaged(labels) for labels in found.values()]
    given = sum(len(labels) for judgements in found.values() for labels in judgements)
    return Matched(
        rows=np.array(list(found), np.int64),
        labels=averaged,
        judged=len(judged),
        missed=dict(missed),
        examples=examples,
        repeated=given - sum(map(len, averaged)),
    )


def _place(row: Judged, meant: Sequence[tuple[int, str, str]]) -> tuple[int | None, str]:
    if not meant:
        return None, "no comment of this id"
    fitting = [
        place
        for place, source, thread_id in meant
        if row.source in (None, source) and row.thread_id in (None, thread_id)
    ]
    if not fitting:
        return None, "the id belongs to another source or thread"
    if len(fitting) > 1:
        return None, "several comments of this id; add source and thread_id"
    return fitting[0], ""


def _averaged(judgements: Sequence[Mapping[str, float]]) -> dict[str, float]:
    labels = dict.fromkeys(label for labels in judgements for label in labels)
    said = {label: [labels[label] for labels in judgements if label in labels] for label in labels}
    return {label: sum(values) / len(values) for label, values in said.items()}


def choose_random(judged: Sequence[Judged]) -> tuple[list[Judged], list[str]]:
    """The rows that may speak for all comments (those drawn at random, or else all), and what there is to doubt.

    Rows meant for training, which the model has seen, are left out if others are there.
    """
    doubts = []
    held_out = [row for row in judged if row.split != "train"]
    if len(held_out) < len(judged):
        count = len(judged) - len(held_out)
        left = "were left out" if held_out else "are all there is; a model knows the rows it was trained on"
        doubts.append(f"{count:,} rows meant for training {left}")
    rows = held_out or list(judged)
    drawn = Counter(row.sampled_by for row in rows)
    others = ", ".join(f"{n:,} by {way}" for way, n in sorted(drawn.items(), key=str) if way not in (RANDOM, None))
    if drawn[RANDOM]:
        if drawn[RANDOM] < len(rows):
            doubts.append(f"{len(rows) - drawn[RANDOM]:,} rows that were not drawn at random were left out")
        return [row for row in rows if row.sampled_by == RANDOM], doubts
    if others:
        doubts.append(f"the rows were not drawn at random ({others}); figures speak for such rows, not for the run")
    else:
        doubts.append("no column sampled_by says how the rows were drawn; figures hold only if it was at random")
    return rows, doubts
