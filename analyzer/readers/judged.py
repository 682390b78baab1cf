"""Comments that somebody judged, named by id → Judged rows: tables (CSV), label rows and Reviews (JSON Lines).

A table has a column `id`, optionally `source thread_id sampled_by split`, and either a column a label (0..1, yes or no; empty: not
judged), the pair `label`, `expected`, or a column `labels` with all that fit (`none` for none of them; empty: not judged; labels
named elsewhere in the file are then 0). A line of JSON is a Review, or holds `id` and `labels` {name: 0..1} and the same options.
Label names may be taxonomy ids or the bare names corpora use; other columns are not looked at.
"""

import csv
import gzip
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from analyzer.cells import unguarded
from analyzer.errors import AnalyzerError, InputError
from analyzer.readers.label_desk import is_none_of_them, verdict, words_of
from analyzer.schema import Review
from analyzer.vocabulary import Vocabulary, load_vocabulary

_HEAD = 1 << 16
_NAMED = ("id", "source", "thread_id")  # cells of a table that may hold anything


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Labels somebody gave the comment of this id; what nothing says of it (`source`, `sampled_by`, …) is None."""

    id: str
    labels: Mapping[str, float]
    source: str | None = None
    thread_id: str | None = None
    sampled_by: str | None = None
    split: str | None = None


def read_judged(path: str | Path) -> list[Judged]:
    """The judged rows of a file; raises InputError with file and line at the first row that cannot be used."""
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: there is no such file; correct the path")
    content = path.read_bytes()
    try:
        text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8-sig")
    except (UnicodeDecodeError, OSError, EOFError) as error:
        raise InputError(f"{path}: not UTF-8 text ({error}); save it as UTF-8") from None
    rows = list(_lines(text, path) if text.lstrip().startswith("{") else _table(text, path))
    if not rows:
        raise InputError(f"{path}: no row has a label that was judged")
    return rows


def _lines(text: str, path: Path) -> Iterator[Judged]:
    import orjson

    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
            judged = _reviewed(Review.from_json(row)) if "reviewer" in row else _labelled(_named(row))
        except (AnalyzerError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"{path}:{number}: not a judged row ({error}); it needs 'id' and 'labels'") from None
        if judged.labels:
            yield judged


def _reviewed(review: Review) -> Judged:
    source, thread_id, name = review.key
    labels = _checked(review.labels)
    return Judged(id=name, labels=labels, source=source, thread_id=thread_id, sampled_by=review.sampled_by)


def _named(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row with its id; a comment of `analyzer suggest` has a key, and no labels until somebody judged it."""
    if "key" not in row:
        return row
    return {"labels": {}, **row, **dict(zip(("source", "thread_id", "id"), row["key"], strict=True))}


def _labelled(row: Mapping[str, Any]) -> Judged:
    return _judged(row, _checked({_label(name): value for name, value in row["labels"].items()}))


def _label(name: str) -> str:
    """The id of the label; a dotted name that is unknown here may be one of the user's own."""
    found = _vocabulary().find(name)
    if found is None and "." not in name.strip("."):
        raise ValueError(f"no label {name[:60]!r}; `analyzer check` lists the labels")
    return found or name


def _checked(cells: Mapping[str, Any]) -> dict[str, float]:
    """The labels that were judged."""
    read = {label: verdict(cell) for label, cell in cells.items()}
    return {label: value for label, value in read.items() if value is not None}


def _judged(row: Mapping[str, Any], labels: Mapping[str, float]) -> Judged:
    if row["id"] in (None, ""):
        raise ValueError("id is empty")
    known = {name: str(row[name]) for name in ("source", "thread_id", "sampled_by", "split") if row.get(name)}
    return Judged(id=str(row["id"]), labels=labels, **known)


def _table(text: str, path: Path) -> Iterator[Judged]:
    from analyzer.readers.csvs import find_delimiter

    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=find_delimiter(text[:_HEAD]))
    read = _reader([name or "" for name in rows.fieldnames or ()], path)
    judged: list[Judged] = []
    try:
        for row in rows:
            named = {name: unguarded(row[name] or "") for name in _NAMED if name in row}
            if (labels := read(row)) is not None:
                judged.append(_judged(row | named, labels))
    except (csv.Error, ValueError) as error:
        raise InputError(f"{path}:{rows.line_num}: {error}; correct this row") from None
    others = {label: 0.0 for row in judged for label in row.labels} if read is _chosen else {}
    yield from (replace(row, labels={**others, **row.labels}) for row in judged if others or row.labels)


def _reader(header: list[str], path: Path) -> Callable[[Mapping[str, Any]], dict[str, float] | None]:
    """What reads the labels of a row: from a column each, from a pair of columns, or from a column with all that fit."""
    if "id" not in header:
        raise InputError(f"{path}:1: no column id; it says which comment was judged")
    if {"label", "expected"} <= set(header):
        return lambda row: _checked({_label((row["label"] or "").strip()): row["expected"]})
    find = _vocabulary().find
    columns = {name: find(name) or name for name in header if find(name) or "." in name.strip(".")}
    if columns:
        return lambda row: _checked({label: row[column] for column, label in columns.items()})
    if "labels" in header:
        return _chosen
    raise InputError(
        f"{path}:1: no column is a label; name columns like abuse.threat, or give the two columns label and expected, or labels"
    )


def _chosen(row: Mapping[str, Any]) -> dict[str, float] | None:
    """The labels named in a cell with all that fit; None where nobody judged the row."""
    names = words_of(row["labels"])
    return {_label(name): 1.0 for name in names if not is_none_of_them(name)} if names else None


@lru_cache(maxsize=1)
def _vocabulary() -> Vocabulary:
    return load_vocabulary()
