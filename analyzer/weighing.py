"""A candidate held against the current model: both score the same rows and comments, the gate judges, scores are linked."""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from math import ceil, inf
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from analyzer.continuity import ScoreMap, read_maps
from analyzer.errors import ConfigError, InputError
from analyzer.evaluation import (
    Comparison,
    Flips,
    Held,
    Measured,
    Verdict,
    draw_differences,
    judge,
    link_scores,
    load_gate,
)
from analyzer.examination import describe, hold, probabilities, read_examples
from analyzer.learnt import without_learnt
from analyzer.own_labels import merged
from analyzer.policy import load_policy
from analyzer.registry import ModelFolder, current_folder, models_home, open_model
from analyzer.runs import MANIFEST, open_run
from analyzer.schema import Checked, Example, Score, Scorer, Thread
from analyzer.scoring import load_scorer
from analyzer.taxonomy import Taxonomy, load_taxonomy

COMMENTS = 5_000  # of all runs together: an even share of each
TIMED = 64  # texts both models are timed on
_ROUNDS = 3
_SHARDS = 20  # of a run that comments are drawn from; each is read whole
_LONE = ("utf-8", "surrogatepass")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseSettings:
    """How a candidate is weighed and promoted. `home` and `gate` None: the models home in force, the gate of the package.

    `policy` decides the comments of runs with both models; `tell` is called with a sentence when a long step begins.
    """

    home: Path | None = None
    gate: Path | None = None
    policy: str | Path = "default"
    why: str = ""
    tell: Callable[[str], None] = field(default=lambda sentence: None)

    @property
    def place(self) -> Path:
        return self.home or models_home()


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A candidate with its verdict, the map from the current model's scores to its own, and what both were measured on."""

    candidate: ModelFolder
    current: ModelFolder
    verdict: Verdict
    scores: ScoreMap
    rows: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Model:
    folder: ModelFolder
    scorer: Scorer


def weigh(candidate: str | Path, on: Sequence[str | Path], settings: ReleaseSettings) -> Weighed:
    """The candidate folder measured beside the current model on suites, label files and runs. Nothing is written."""
    new = open_model(candidate)
    old = open_model(current_folder(settings.place))
    if dict(new.manifest) == dict(old.manifest):
        raise InputError(f"{candidate}: {new.version} is the current model already; name another candidate")
    taxonomy = _taxonomy(old, new)
    gate = load_gate(settings.gate, taxonomy=taxonomy)
    runs = [Path(path) for path in on if (Path(path) / MANIFEST).is_file()]
    files = [path for path in on if Path(path) not in runs]
    if not files:
        raise ConfigError("--on: no labelled rows to measure on; name suites or label files: --on data/suites")
    examples = _unlearnt(read_examples(files, taxonomy=taxonomy), (old, new), settings)
    threads = list(_comments(runs))
    pair = [_Model(folder, load_scorer(folder.path)) for folder in (old, new)]
    settings.tell(f"both models score {len(examples):,} rows")
    held = [hold(model.scorer, model.folder.thresholds, examples) for model in pair]
    if threads:
        settings.tell(f"both models score {sum(len(thread.comments) for thread in threads):,} comments of runs")
    scores = [list(model.scorer.score(threads)) for model in pair]
    settings.tell("what chance may do to the differences is measured")
    said = [[score.probs for score in part] for part in scores] if threads else [_said(part) for part in held]
    links = _links(pair, said)
    flips = _flips(pair, scores, links, settings) if threads else None
    changes = _compare(pair, held, gate.ranking, flips)
    results = [
        describe(model.folder.version, part, model.folder.thresholds) for model, part in zip(pair, held, strict=True)
    ]
    return Weighed(
        candidate=new,
        current=old,
        verdict=judge(results[0], results[1], gate, changes),
        scores=links,
        rows={"count": len(examples), "sha256": _fingerprint(examples), "on": [str(path) for path in on]},
    )


def _unlearnt(
    examples: Sequence[Example], models: Sequence[ModelFolder], settings: ReleaseSettings
) -> Sequence[Example]:
    """The rows that neither model was trained with."""
    kept = without_learnt(examples, models)
    if len(kept) < len(examples):
        settings.tell(f"{len(examples) - len(kept):,} of {len(examples):,} rows are left out: a model learnt from them")
    if not kept:
        raise InputError(
            "--on: the models learnt from every row that is to measure them; "
            "name other rows, such as the file CANDIDATE-measured.jsonl that analyzer train wrote"
        )
    return kept


def _compare(pair: Sequence[_Model], held: Sequence[Held], ranking: str, flips: Flips | None) -> Comparison:
    """What needs both models at once."""
    measured = [Measured(part, model.folder.thresholds) for model, part in zip(pair, held, strict=True)]
    timed = held[0].examples[:TIMED]
    old, new = (model.scorer.labels for model in pair)
    return Comparison(
        known=old,
        lost=tuple(label for label in old if label not in new),
        gained=tuple(label for label in new if label not in old),
        draws=draw_differences(measured[0], measured[1], ranking),
        seconds=_seconds([model.scorer for model in pair], timed),
        timed=len(timed),
        flips=flips,
    )


def _said(held: Held) -> list[Mapping[str, float]]:
    """What a model said of each labelled row: comments of a run are better, being what thresholds are for."""
    return [
        {label: float(score) for label, score in zip(held.labels, row, strict=True) if not np.isnan(score)}
        for row in held.scores
    ]


def _taxonomy(old: ModelFolder, new: ModelFolder) -> Taxonomy:
    """The labels of the package and the user's own of both models, as the candidate defines them."""
    own = tuple(old.own_labels)
    for family in new.own_labels:
        own = merged(own, family)
    return load_taxonomy(own=own)


def _fingerprint(examples: Sequence[Example]) -> str:
    """A hash of the texts and their labels, by which a later verdict is seen to rest on the same rows."""
    digest = hashlib.sha256()
    for row in examples:
        digest.update(orjson.dumps([row.source, row.id, row.text, row.parent, sorted(row.labels.items())]))
    return digest.hexdigest()


def _comments(runs: Sequence[Path]) -> Iterator[Thread]:
    """Threads of the runs: an even share of each run, and of each of some shards, over which threads lie by hash."""
    for path in runs:
        run = open_run(path)
        shards = run.shards[:: ceil(len(run.shards) / _SHARDS)]
        share = max(1, COMMENTS // (len(runs) * len(shards)))
        for shard in shards:
            yield from _draw(run.threads(shard), share)


def _draw(threads: Iterable[Thread], most: int) -> list[Thread]:
    """Threads drawn by a hash of their names, `most` comments together; what is too much of the last one is cut off."""
    drawn: list[tuple[int, int, Thread]] = []  # a heap, the highest hash first
    count = 0
    for number, thread in enumerate(threads):
        lot = int.from_bytes(hashlib.sha256(f"{thread.source}\0{thread.id}".encode(*_LONE)).digest()[:8])
        heappush(drawn, (-lot, number, thread))
        count += len(thread.comments)
        while count - len(drawn[0][2].comments) >= most:
            count -= len(heappop(drawn)[2].comments)
    found = [thread for _, _, thread in sorted(drawn, reverse=True)]
    if count > most:
        last = found[-1].comments
        found[-1] = replace(found[-1], comments=last[: len(last) - (count - most)])  # replies stand after their parents
    return found


def _links(pair: Sequence[_Model], sources: Sequence[Sequence[Mapping[str, float]]]) -> ScoreMap:
    """A map for every label both models know, over texts that both of them scored."""
    labels = {}
    for label in pair[0].scorer.labels:
        columns = [np.array([probs.get(label, np.nan) for probs in source]) for source in sources]
        knots = link_scores(columns[0], columns[1])
        if knots is not None:
            labels[label] = knots
    return ScoreMap(old=pair[0].folder.version, new=pair[1].folder.version, rows=len(sources[0]), labels=labels)


def _seconds(scorers: Sequence[Scorer], examples: Sequence[Example]) -> tuple[float, float]:
    """Seconds a text of both models: the best of some rounds in turn, so that other work on the machine hits both or neither."""
    best = [inf, inf]
    for _ in range(_ROUNDS):
        for number, scorer in enumerate(scorers):
            started = time.perf_counter()
            probabilities(scorer, examples)
            best[number] = min(best[number], time.perf_counter() - started)
    return best[0] / len(examples), best[1] / len(examples)


def _flips(
    pair: Sequence[_Model], scores: Sequence[Sequence[Score]], links: ScoreMap, settings: ReleaseSettings
) -> Flips:
    """Decisions of the policy in force on the same comments with both models, its numbers translated where it asks for that."""
    maps = (*read_maps(settings.place), links)
    policies = [
        load_policy(
            settings.policy,
            thresholds=model.folder.thresholds,
            taxonomy=_taxonomy(pair[0].folder, pair[1].folder),
            model=model.folder.version,
            maps=maps,
        )
        for model in pair
    ]
    actions = [[policy.decide(score).action for score in said] for policy, said in zip(policies, scores, strict=True)]
    judged = [Checked.OK in (old.checked, new.checked) for old, new in zip(*scores, strict=True)]
    flipped = sum(old is not new for old, new, kept in zip(*actions, judged, strict=True) if kept)
    return Flips(comments=sum(judged), flipped=flipped, policy=policies[0].name)
