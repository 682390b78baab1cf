"""What another policy would change on a run: stored scores are decided twice in memory, and nothing is written.

Ten million scores take seconds: only the columns that the policies look at are read, each rule is one array of booleans
a batch, and no row is touched on its own but the samples.
"""

from collections.abc import Iterator, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analyzer.flips import MANY_THREADS, ActionPair, Changes, Group, Sample
from analyzer.operating import Cut, cut_of
from analyzer.pipeline import taxonomy_of, thresholds_of
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

_ROWS = 131_072
_THREAD = ["source", "thread_id"]
_ACTIONS = list(Action)
_ACTION_NAMES = [str(action) for action in _ACTIONS]
_WIDTH = len(_ACTIONS)
_UNMEASURED = Cut(0.5)  # where a target group begins if the model has no threshold for it
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
    resolve = partial(load_policy, thresholds=thresholds, taxonomy=taxonomy_of(run, run.model), model=run.model)
    after = resolve(policy)
    former = None if against is None else resolve(against)
    before = _Stored(run, run.policy) if former is None else _Decided(former)
    groups = {label.id: cut_of(thresholds, label.id) or _UNMEASURED for label in load_taxonomy().family("target")}
    seconds, source = _seconds(after, former)
    changes = Changes(
        before=before.version, after=after.version, seconds=seconds, seconds_from=source, thresholds=groups
    )
    comparison = _Comparison((before, _Decided(after)), changes, _Draw(samples))
    for pack in _packs(run, {*before.labels, *after.labels, *groups}):
        comparison.add(pack)
    changes.samples += [_sample(run, at, comparison.sides) for at in comparison.draw.places()]
    return changes


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


@dataclass(frozen=True, slots=True)
class _Piece:
    """Rows of one shard within a pack: where they begin in the shard and in the pack, and who wrote in which thread."""

    place: _Place
    offset: int
    threads: pa.Table
    last: bool

    @property
    def rows(self) -> slice:
        return slice(self.offset, self.offset + self.threads.num_rows)


@dataclass(frozen=True, slots=True)
class _Pack:
    """Scores of one or several shards, so many rows that the work on them outweighs the way to it."""

    columns: "ScoreColumns"
    pieces: tuple[_Piece, ...]

    def places(self, rows: Rows) -> Iterator[_Place]:
        """Where rows of the pack lie in the run."""
        starts = np.array([piece.offset for piece in self.pieces])
        for row, at in zip(rows.tolist(), (np.searchsorted(starts, rows, side="right") - 1).tolist(), strict=True):
            piece = self.pieces[at]
            yield _Place(piece.place.shard, piece.place.row + row - piece.offset)


class _Side(Protocol):
    """One of the two policies that are compared."""

    @property
    def version(self) -> str: ...

    @property
    def labels(self) -> Sequence[str]: ...

    def severities(self, pack: _Pack) -> Severities: ...

    def fired(self, pack: _Pack, rows: Rows) -> Fired:
        """Where each (rule, label) is a reason, among these rows."""

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

    def severities(self, pack: _Pack) -> Severities:
        return self.policy.severities(pack.columns)

    def fired(self, pack: _Pack, rows: Rows) -> Fired:
        return self.policy.fired_rules(pack.columns.take(rows))

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
        self._decisions = pa.table({"action": pa.array([], pa.string())})
        self._reasons: pa.ChunkedArray | None = None

    def severities(self, pack: _Pack) -> Severities:
        """The rows of a pack are asked for once, in the order of the run; their reasons are kept for `fired`."""
        parts = [self._rows(piece) for piece in pack.pieces]
        table = pa.concat_tables(parts)
        self._reasons = table["reasons"]
        severities: Severities = pc.index_in(table["action"], pa.array(_ACTION_NAMES)).to_numpy().astype(np.int8)
        return severities

    def _rows(self, piece: _Piece) -> pa.Table:
        if piece.place.shard != self._shard:
            path = self._run.file("decisions", self.version, shard=piece.place.shard)
            self._decisions = pq.read_table(path, columns=["action", "reasons"], memory_map=True)
            self._shard = piece.place.shard
        return self._decisions.slice(piece.place.row, piece.threads.num_rows)

    def fired(self, pack: _Pack, rows: Rows) -> Fired:
        assert self._reasons is not None
        lists = self._reasons.take(pa.array(rows)).combine_chunks()
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

    def offer(self, pack: _Pack, rows: Rows, codes: npt.NDArray[np.int64]) -> None:
        first = pack.pieces[0].place
        lots = np.random.default_rng([1, first.shard, first.row]).random(len(rows))
        for code in np.unique(codes):
            among = np.flatnonzero(codes == code)
            best = among[np.argsort(lots[among])[: self._size]]
            places = ((place.shard, place.row) for place in pack.places(rows[best]))
            new = [(lot, *place) for lot, place in zip(lots[best].tolist(), places, strict=True)]
            pair = _pair(int(code))
            self._kept[pair] = sorted(self._kept.get(pair, []) + new)[: self._size]

    def places(self) -> Iterator[tuple[ActionPair, _Place]]:
        for pair in sorted(self._kept):
            yield from ((pair, _Place(shard, row)) for _, shard, row in self._kept[pair])


def _pair(code: int) -> ActionPair:
    return _ACTION_NAMES[code // _WIDTH], _ACTION_NAMES[code % _WIDTH]


def _packs(run: Run, labels: Set[str]) -> Iterator[_Pack]:
    """The scores of a run with the columns of these labels alone; the next pack is read while one is worked on."""
    packs = _read_packs(run, labels)
    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(next, packs, None)
        while (pack := coming.result()) is not None:
            coming = reader.submit(next, packs, None)
            yield pack


def _read_packs(run: Run, labels: Set[str]) -> Iterator[_Pack]:
    tables: list[pa.Table] = []
    pieces: list[_Piece] = []
    size = 0
    for place, table, last in _read_pieces(run, labels):
        tables.append(table)
        pieces.append(_Piece(place, size, table.select(_THREAD), last))
        size += table.num_rows
        if size >= _ROWS:
            yield _Pack(view_scores(pa.concat_tables(tables, promote_options="default"), labels), tuple(pieces))
            tables, pieces, size = [], [], 0
    if pieces:
        yield _Pack(view_scores(pa.concat_tables(tables, promote_options="default"), labels), tuple(pieces))


def _read_pieces(run: Run, labels: Set[str]) -> Iterator[tuple[_Place, pa.Table, bool]]:
    """Groups of rows, shard by shard, joined to a useful size where a shard has many small ones."""
    words = ["checked", "lang", *_THREAD]
    for shard in run.shards:
        path = run.file("scores", run.model, shard=shard)
        with pq.ParquetFile(path, memory_map=True, read_dictionary=words) as file:
            names = [*words, *(label for label in file.schema_arrow.names if label in labels)]
            sizes = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
            numbers = (np.cumsum(sizes) - 1) // _ROWS
            start = 0
            for number in np.unique(numbers):
                groups = np.flatnonzero(numbers == number).tolist()
                table = file.read_row_groups(groups, columns=names)
                yield _Place(shard, start), table, bool(number == numbers[-1])
                start += table.num_rows


@dataclass(frozen=True, slots=True)
class _Comparison:
    """What is counted while the packs go by; `shard` holds the parts of the shard that is not complete yet."""

    sides: tuple[_Side, _Side]
    changes: Changes
    draw: _Draw
    shard: list[tuple[pa.Table, Severities]] = field(default_factory=list)

    def add(self, pack: _Pack) -> None:
        old, new = (side.severities(pack) for side in self.sides)
        codes = old.astype(np.int64) * _WIDTH + new
        step = np.sign(new - old)
        _count_groups(self.changes, pack.columns, codes, step)
        if len(rows := np.flatnonzero(step)):
            fired = self.sides[0].fired(pack, rows), self.sides[1].fired(pack, rows)
            _count_reasons(self.changes, fired, step[rows])
            self.draw.offer(pack, rows, codes[rows])
        for piece in pack.pieces:
            self.shard.append((piece.threads, step[piece.rows]))
            if piece.last:
                _count_threads(self.changes, self.shard)
                self.shard.clear()


def _count_groups(changes: Changes, columns: "ScoreColumns", codes: npt.NDArray[np.int64], step: Severities) -> None:
    for code, count in enumerate(np.bincount(codes, minlength=_WIDTH * _WIDTH).tolist()):
        if count:
            changes.actions[_pair(code)] += count
    names, numbers = columns.languages()
    _add_counts(changes.languages, names, numbers, step)
    harsher, softer = step > 0, step < 0
    for label, cut in changes.thresholds.items():
        if label in columns.probs:
            met = columns.checked & columns.met(label, cut)
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


def _count_threads(changes: Changes, shard: Sequence[tuple[pa.Table, Severities]]) -> None:
    """The threads of a complete shard; a thread lies in one."""
    tables, steps = zip(*shard, strict=True)
    step = np.concatenate(steps)
    if not step.any():
        return
    table = pa.concat_tables(tables).unify_dictionaries()
    source, thread = (table[name].combine_chunks() for name in _THREAD)
    width = len(thread.dictionary)
    numbers = source.indices.to_numpy().astype(np.int64) * width + thread.indices.to_numpy()
    places, numbers = np.unique(numbers, return_inverse=True)
    counts = [np.bincount(numbers[rows], minlength=len(places)) for rows in (slice(None), step > 0, step < 0)]
    changed = counts[1] + counts[2]
    changes.threads_changed += int(np.count_nonzero(changed))
    most = np.argsort(-changed, kind="stable")[:MANY_THREADS]
    for at in most[changed[most] > 0].tolist():
        here = int(places[at])
        key = source.dictionary[here // width].as_py(), thread.dictionary[here % width].as_py()
        changes.threads[key] = Group(*(int(count[at]) for count in counts))
    changes.keep_threads()


def _sample(run: Run, drawn: tuple[ActionPair, _Place], sides: tuple[_Side, _Side]) -> Sample:
    pair, place = drawn
    comment = take_rows(run.file("comments", shard=place.shard), [place.row], [*_THREAD, "id", "text"]).to_pylist()[0]
    return Sample(
        key=Key(comment["source"], comment["thread_id"], comment["id"]),
        before=pair[0],
        after=pair[1],
        text=comment["text"] or "",
        reasons_before=sides[0].reasons(run, place),
        reasons_after=sides[1].reasons(run, place),
    )
