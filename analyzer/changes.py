"""What another policy would change on a run: stored scores are decided twice in memory, and nothing is written.

Ten million scores take seconds: only the columns that the policies look at are read, each rule is one array of booleans
a batch, and no row is touched on its own but the samples.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analyzer.flips import MANY_THREADS, ActionPair, Changes, Group, Sample
from analyzer.pipeline import thresholds_of
from analyzer.policy import Policy, load_policy, view_scores
from analyzer.runs import Run, open_run, take_rows
from analyzer.schema import Action, Key, Reason
from analyzer.tables import decisions_of, scores_of
from analyzer.taxonomy import load_taxonomy

if TYPE_CHECKING:
    from analyzer.policy import ScoreColumns

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]
Severities = npt.NDArray[np.int8]
Fired = dict[tuple[str, str], Mask]

_BATCH = 131_072
_THREAD = ["source", "thread_id"]
_ACTIONS = list(Action)
_WIDTH = len(_ACTIONS)
_UNMEASURED = 0.5  # where a target group begins if the model has no threshold for it
# Moderators of the New York Times: 14 full and part time for about 12,000 comments a day, 34 s each at eight hours.
_SECONDS, _SECONDS_FROM = 30.0, "default, after Digiday 2017: 14 moderators, 12,000 comments a day"


def compare_policy(
    run: Run | str | Path, policy: str | Path, *, against: str | Path | None = None, samples: int = 3
) -> Changes:
    """What `policy` would decide otherwise than `against`, or than the run's current decisions if that is left out.

    `samples` comments for every pair of actions are drawn at random, the same ones each time.
    """
    run = run if isinstance(run, Run) else open_run(run)
    thresholds = thresholds_of(run, run.model)
    after = load_policy(policy, thresholds=thresholds, model=run.model)
    former = None if against is None else load_policy(against, thresholds=thresholds, model=run.model)
    before = _Stored(run, run.policy) if former is None else _Decided(former)
    groups = {label.id: _threshold(thresholds, label.id) for label in load_taxonomy().family("target")}
    seconds, source = _seconds(after, former)
    changes = Changes(
        before=before.version, after=after.version, seconds=seconds, seconds_from=source, thresholds=groups
    )
    drawn = _Draw(samples)
    for shard in run.shards:
        _compare_shard(run, shard, before, _Decided(after), changes, drawn)
    changes.samples += [_sample(run, at, before, _Decided(after)) for at in drawn.places()]
    return changes


def _threshold(thresholds: Mapping[str, Mapping[str, Mapping[str, float]]], label: str) -> float:
    return float((thresholds.get(label, {}).get("balanced") or {}).get("threshold") or _UNMEASURED)


def _seconds(*policies: Policy | None) -> tuple[float, str]:
    """Seconds a person takes for a comment, and who says so."""
    for policy in policies:
        if policy is not None and policy.review_seconds is not None:
            return policy.review_seconds, f"policy {policy.name}"
    return _SECONDS, _SECONDS_FROM


@dataclass(frozen=True, slots=True)
class _Place:
    """A row of a run."""

    shard: int
    row: int


class _Side(Protocol):
    """One of the two policies that are compared."""

    @property
    def version(self) -> str: ...

    @property
    def labels(self) -> Sequence[str]: ...

    def severities(self, columns: "ScoreColumns", place: _Place) -> Severities:
        """Severities of the rows of a batch that begins at `place`."""

    def fired(self, columns: "ScoreColumns", place: _Place, rows: Rows) -> Fired:
        """Where each (rule, label) is a reason, among `rows` of that batch."""

    def reasons(self, run: Run, place: _Place) -> tuple[Reason, ...]: ...


@dataclass(frozen=True, slots=True)
class _Decided:
    """A policy at hand."""

    policy: Policy

    @property
    def version(self) -> str:
        return self.policy.version

    @property
    def labels(self) -> Sequence[str]:
        return self.policy.labels

    def severities(self, columns: "ScoreColumns", place: _Place) -> Severities:
        return self.policy.severities(columns)

    def fired(self, columns: "ScoreColumns", place: _Place, rows: Rows) -> Fired:
        return self.policy.fired_rules(columns.take(rows))

    def reasons(self, run: Run, place: _Place) -> tuple[Reason, ...]:
        row = take_rows(run.file("scores", run.model, shard=place.shard), [place.row])
        return self.policy.decide(next(scores_of(row))).reasons


class _Stored:
    """Decisions that stand in the run, whatever has become of their policy."""

    labels: Sequence[str] = ()

    def __init__(self, run: Run, version: str) -> None:
        self.version = version
        self._run = run
        self._shard = -1
        self._severities = np.zeros(0, np.int8)
        self._reasons: pa.Array | None = None

    def severities(self, columns: "ScoreColumns", place: _Place) -> Severities:
        if place.shard != self._shard:
            self._open(place.shard)
        return self._severities[place.row : place.row + len(columns)]

    def _open(self, shard: int) -> None:
        table = pq.read_table(self._run.file("decisions", self.version, shard=shard), columns=["action", "reasons"])
        indices = pc.index_in(table["action"], pa.array([str(action) for action in _ACTIONS]))
        self._severities = indices.to_numpy().astype(np.int8)
        self._reasons = table["reasons"]
        self._shard = shard

    def fired(self, columns: "ScoreColumns", place: _Place, rows: Rows) -> Fired:
        assert self._reasons is not None
        lists = pc.take(self._reasons, pa.array(rows + place.row)).combine_chunks()
        owners = pc.list_parent_indices(lists).to_numpy()
        words = lists.flatten()
        if not len(words):
            return {}
        pairs = pa.StructArray.from_arrays([words.field("rule"), words.field("label")], names=["rule", "label"])
        names = pa.Table.from_struct_array(pairs).append_column("owner", pa.array(owners))
        fired: Fired = {}
        for found in names.group_by(["rule", "label"]).aggregate([("owner", "list")]).to_batches():
            for rule, label, places in zip(found["rule"], found["label"], found["owner_list"], strict=True):
                mask = fired.setdefault((rule.as_py(), label.as_py()), np.zeros(len(rows), dtype=bool))
                mask[places.values.to_numpy()] = True
        return fired

    def reasons(self, run: Run, place: _Place) -> tuple[Reason, ...]:
        return next(
            decisions_of(take_rows(run.file("decisions", self.version, shard=place.shard), [place.row]))
        ).reasons


class _Draw:
    """For every pair of actions, the rows with the smallest random numbers: each row has the same chance."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: dict[ActionPair, list[tuple[float, int, int]]] = {}

    def offer(self, shard: int, rows: Rows, pairs: npt.NDArray[np.int64]) -> None:
        lots = np.random.default_rng([1, shard, len(rows)]).random(len(rows))
        for code in np.unique(pairs):
            among = np.flatnonzero(pairs == code)
            best = among[np.argsort(lots[among])[: self._size]]
            pair = _pair(int(code))
            new = [(float(lots[at]), shard, int(rows[at])) for at in best]
            self._kept[pair] = sorted(self._kept.get(pair, []) + new)[: self._size]

    def places(self) -> Iterator[tuple[ActionPair, _Place]]:
        for pair in sorted(self._kept):
            yield from ((pair, _Place(shard, row)) for _, shard, row in self._kept[pair])


def _pair(code: int) -> ActionPair:
    return str(_ACTIONS[code // _WIDTH]), str(_ACTIONS[code % _WIDTH])


def _compare_shard(run: Run, shard: int, before: _Side, after: _Side, changes: Changes, drawn: _Draw) -> None:
    moved = [np.zeros(0, np.int8)]
    row = 0
    path = run.file("scores", run.model, shard=shard)
    with pq.ParquetFile(path, memory_map=True, read_dictionary=["checked", "lang", *_THREAD]) as file:
        for columns in _score_columns(file, {*before.labels, *after.labels, *changes.thresholds}):
            place = _Place(shard, row)
            old, new = before.severities(columns, place), after.severities(columns, place)
            codes = old.astype(np.int64) * _WIDTH + new
            step = np.sign(new - old)
            _count_groups(changes, columns, codes, step)
            if len(rows := np.flatnonzero(step)):
                fired = before.fired(columns, place, rows), after.fired(columns, place, rows)
                _count_reasons(changes, fired, step[rows])
                drawn.offer(shard, rows + row, codes[rows])
            moved.append(step)
            row += len(columns)
        _count_threads(file, np.concatenate(moved), changes)


def _score_columns(file: pq.ParquetFile, labels: set[str]) -> Iterator["ScoreColumns"]:
    """The scores of a shard in batches, with the columns of these labels alone."""
    there = [label for label in file.schema_arrow.names if label in labels]
    sizes = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
    ends = np.cumsum(sizes) // _BATCH
    for batch in np.unique(ends):
        groups = np.flatnonzero(ends == batch).tolist()
        yield view_scores(file.read_row_groups(groups, columns=["checked", "lang", *there]), there)


def _count_groups(changes: Changes, columns: "ScoreColumns", codes: npt.NDArray[np.int64], step: Severities) -> None:
    for code, count in enumerate(np.bincount(codes, minlength=_WIDTH * _WIDTH).tolist()):
        if count:
            changes.actions[_pair(code)] += count
    names, numbers = columns.languages()
    _add_counts(changes.languages, names, numbers, step)
    harsher, softer = step > 0, step < 0
    for label, threshold in changes.thresholds.items():
        if label in columns.probs:
            met = columns.checked & columns.met(label, threshold)
            changes.targets.setdefault(label, Group()).add(*_counts(met, met & harsher, met & softer))


def _counts(*masks: Mask) -> tuple[int, ...]:
    return tuple(int(np.count_nonzero(mask)) for mask in masks)


def _add_counts(
    groups: dict[str, Group], names: Sequence[str], numbers: npt.NDArray[np.int64], step: Severities
) -> None:
    """Count rows by the number of their group."""
    parts = [np.bincount(numbers[rows], minlength=len(names)) for rows in (slice(None), step > 0, step < 0)]
    for name, *counts in zip(names, *(part.tolist() for part in parts), strict=True):
        if counts[0]:
            groups.setdefault(name, Group()).add(*counts)


def _count_reasons(changes: Changes, fired: tuple[Fired, Fired], step: Severities) -> None:
    """Over the rows that change: reasons that cease and begin, and the labels behind either decision."""
    none = np.zeros(len(step), dtype=bool)
    labels: dict[str, Mask] = {}
    for reason in dict.fromkeys((*fired[0], *fired[1])):
        old, new = (side.get(reason, none) for side in fired)
        ceased, begun = _counts(old & ~new, new & ~old)
        if ceased:
            changes.ceased[reason] += ceased
        if begun:
            changes.begun[reason] += begun
        labels[reason[1]] = labels.get(reason[1], none) | old | new
    for label, rows in labels.items():
        if rows.any():
            changes.labels.setdefault(label, Group()).add(*_counts(rows, rows & (step > 0), rows & (step < 0)))


def _count_threads(file: pq.ParquetFile, step: Severities, changes: Changes) -> None:
    """The threads of a shard with the most changes, among those found so far; a thread lies in one shard."""
    if not step.any():
        return
    table = file.read(columns=_THREAD).unify_dictionaries()
    source, thread = (table[name].combine_chunks() for name in _THREAD)
    width = len(thread.dictionary)
    numbers = source.indices.to_numpy().astype(np.int64) * width + thread.indices.to_numpy()
    places, numbers = np.unique(numbers, return_inverse=True)
    changed = np.bincount(numbers[step != 0], minlength=len(places))
    changes.threads_changed += int(np.count_nonzero(changed))
    most = np.argsort(-changed, kind="stable")[:MANY_THREADS]
    for at in most[changed[most] > 0]:
        among = step[numbers == at]
        key = source.dictionary[int(places[at]) // width].as_py(), thread.dictionary[int(places[at]) % width].as_py()
        changes.threads[key] = Group(len(among), *_counts(among > 0, among < 0))
    changes.keep_threads()


def _sample(run: Run, drawn: tuple[ActionPair, _Place], before: _Side, after: _Side) -> Sample:
    pair, place = drawn
    comment = take_rows(run.file("comments", shard=place.shard), [place.row], [*_THREAD, "id", "text"]).to_pylist()[0]
    return Sample(
        key=Key(comment["source"], comment["thread_id"], comment["id"]),
        before=pair[0],
        after=pair[1],
        text=comment["text"] or "",
        reasons_before=before.reasons(run, place),
        reasons_after=after.reasons(run, place),
    )
