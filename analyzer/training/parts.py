"""The user's rows in three parts: to learn from, to stop and calibrate by, to measure on; nothing connected is torn apart."""

import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from analyzer.schema import Example
from analyzer.training.split import fingerprint, without_leaks, without_repeats

FEWEST = 10  # rows of each kind below which a label is not learnt
_LARGEST = 0.2  # share of rows that authors may tie together; beyond it they are not kept apart
_AUTHORS = ("author",)
_THREADS = ("thread", "thread_id")


@dataclass(frozen=True, slots=True)
class Parts:
    """Disjoint rows. `fit` is empty where few rows are to be cross-validated; `groups` names what each train row is tied to."""

    train: list[Example]
    fit: list[Example]
    measure: list[Example]
    groups: list[int]
    notes: list[str] = field(default_factory=list)


def part(rows: Sequence[Example], labels: Sequence[str], shares: tuple[float, float], seed: int) -> Parts:
    """Rows in parts of about (1 - both, fit, measure) `shares`, equally rich in positives of `labels`.

    Rows that share a text, a document, a thread or an author stay together. Rows whose file marks them as held out (split other
    than `train`) are what is measured on, and the others lose what repeats them. Of rows with one text under one parent the first
    counts.
    """
    held_out = [row for row in rows if row.split != "train"]
    given = [row for row in rows if row.split == "train"]
    apart = without_leaks(given, held_out)
    rows = without_repeats(apart, parents=True)
    groups, notes = _tied(rows)
    if leaks := len(given) - len(apart):
        notes.append(f"{leaks:,} rows share a text or a document with held-out rows: they are not learnt from")
    if repeats := len(apart) - len(rows):
        notes.append(
            f"{repeats:,} rows repeat a text under the same parent: only the first of each counts; several people's judgements of "
            "one comment become a share where a column `annotator` tells them apart"
        )
    to_fit, to_measure = shares if not held_out else (shares[0], 0.0)
    places = _places(rows, groups, labels, (to_fit, to_measure), seed)
    train, fit, measure = ([row for row, place in zip(rows, places, strict=True) if place == name] for name in range(3))
    kept = [group for group, place in zip(groups, places, strict=True) if place == 0]
    return Parts(train, fit, measure + held_out, kept, notes)


def _tied(rows: Sequence[Example]) -> tuple[list[int], list[str]]:
    """A number for each row, equal for rows that may not be torn apart."""
    groups = _components(rows, authors=True)
    largest = max(Counter(groups).values(), default=0)
    if largest <= max(_LARGEST * len(rows), FEWEST):
        return groups, []
    without = _components(rows, authors=False)
    if without == groups:
        return groups, []
    return without, ["authors write in too many threads to be kept on one side; texts and threads are"]


def _components(rows: Sequence[Example], *, authors: bool) -> list[int]:
    parent = list(range(len(rows)))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    first: dict[tuple[str, object], int] = {}
    for number, row in enumerate(rows):
        for tie in _ties(row, authors=authors):
            parent[root(number)] = root(first.setdefault(tie, number))
    return [root(number) for number in range(len(rows))]


def _ties(row: Example, *, authors: bool) -> Iterable[tuple[str, object]]:
    yield "text", fingerprint(row.text)
    if row.group:
        yield "group", (row.source, row.group)
    for name in (*_THREADS, *(_AUTHORS if authors else ())):
        if row.extra.get(name):
            yield name, (row.source, str(row.extra[name]))


def _places(
    rows: Sequence[Example], groups: Sequence[int], labels: Sequence[str], shares: tuple[float, float], seed: int
) -> list[int]:
    """0, 1 or 2 for each row: dealt group by group, first those with positives, so that no part lacks them."""
    members: dict[int, list[int]] = defaultdict(list)
    for number, group in enumerate(groups):
        members[group].append(number)
    places = [0] * len(rows)
    for stratum in _strata(rows, members, labels, seed):
        total = sum(len(members[group]) for group in stratum)
        given = [0, 0]
        for group in stratum:
            for place in (1, 0):
                if given[place] + len(members[group]) / 2 < shares[place] * total:
                    given[place] += len(members[group])
                    for number in members[group]:
                        places[number] = place + 1
                    break
    return places


def _strata(
    rows: Sequence[Example], members: Mapping[int, Sequence[int]], labels: Sequence[str], seed: int
) -> list[list[int]]:
    """Groups by the rarest label they hold a positive of, each stratum in an order that only text and seed decide."""
    count = {label: sum(row.labels.get(label, 0) >= 0.5 for row in rows) for label in labels}
    strata: dict[str, list[int]] = defaultdict(list)
    for group, numbers in members.items():
        present = {label for number in numbers for label in labels if rows[number].labels.get(label, 0) >= 0.5}
        strata[min(present, key=lambda label: (count[label], label), default="")].append(group)
    for stratum in strata.values():
        stratum.sort(key=lambda group: zlib.crc32(f"{seed}:{rows[members[group][0]].text}".encode()))
    return [strata[name] for name in sorted(strata)]


def folds(groups: Sequence[int], truth: Sequence[float], count: int) -> list[int]:
    """A fold number for each row: groups dealt in turn, those with positives first."""
    positive: dict[int, float] = defaultdict(float)
    for group, value in zip(groups, truth, strict=True):
        positive[group] = max(positive[group], value)
    order = sorted(positive, key=lambda group: (positive[group] < 0.5, group))
    place = {group: number % count for number, group in enumerate(order)}
    return [place[group] for group in groups]


def learnable(rows: Iterable[Example], labels: Sequence[str]) -> tuple[tuple[str, ...], dict[str, str]]:
    """The labels with enough rows of both kinds, and why each of the others that somebody judged is left out."""
    counts = {label: [0, 0] for label in labels}
    for row in rows:
        for label, value in row.labels.items():
            if label in counts and row.weights.get(label, 1.0) >= 0.5:
                counts[label][value >= 0.5] += 1
    judged = {label: pair for label, pair in counts.items() if sum(pair)}
    enough = tuple(label for label, pair in judged.items() if min(pair) >= FEWEST)
    left = {
        label: f"{yes:,} rows with it and {no:,} without; at least {FEWEST} of each are needed"
        for label, (no, yes) in judged.items()
        if label not in enough
    }
    return enough, left
