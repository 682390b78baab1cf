"""Labelled files for training and evaluation → Examples: the form is told by the content.

`read_labels` raises at the first row that cannot be used; `gather_labels` reads a whole file and keeps what was wrong with it.
`analyzer.readers.label_*` hold one family of forms each; docs/retrain.md shows all of them.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn

from analyzer.errors import InputError
from analyzer.readers.label_desk import Desk
from analyzer.readers.tally import Reject, Tally
from analyzer.schema import Example
from analyzer.taxonomy import Taxonomy
from analyzer.vocabulary import load_vocabulary

if TYPE_CHECKING:
    import pandas as pd

    from analyzer.runs import Run

_log = logging.getLogger(__name__)
_EMPTY: Mapping[str, str] = MappingProxyType({})
_WORDS = ("source", "id", "text", "parent", "lang", "split", "group")


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFile:
    """A label file that was read to its end.

    `unknown`: names no label has → places (file:line) they stand at; `rejects` are rows that could not be used, `counts` says what
    was left out, `notes` which columns were taken.
    """

    form: str
    examples: tuple[Example, ...]
    unknown: Mapping[str, tuple[str, ...]]
    rejects: tuple[Reject, ...]
    notes: tuple[str, ...]
    counts: Mapping[str, int]


def read_labels(
    path: "str | Path | pd.DataFrame",
    taxonomy: Taxonomy | None = None,
    *,
    known: Iterable[str] | None = None,
    mapping: Mapping[str, str] = _EMPTY,
    run: "str | Path | Run | None" = None,
) -> Iterator[Example]:
    """Examples of a label file or data frame; InputError with file and line at the first row that cannot be used.

    `known`: ids of labels beside the taxonomy's (`site.doxxing`); where it is given, even empty, a name that no label has is an
    error that says the nearest one, else it is left out with a warning. `mapping`: text, label, value, labels, … or a label →
    column. `run`: where the texts of reviews are looked up.
    """
    vocabulary = load_vocabulary(taxonomy, known or ())
    tally = Tally(on_reject=_refuse)
    desk = Desk(vocabulary, tally, mapping=mapping, run=run, strict=known is not None)
    yield from _read(path, desk)[1]
    for name, places in desk.unknown.items():
        _log.warning("%s: no label %r (%d rows); left out", places[0], name[:60], len(places))


def gather_labels(
    path: "str | Path | pd.DataFrame",
    taxonomy: Taxonomy | None = None,
    *,
    known: Iterable[str] = (),
    mapping: Mapping[str, str] = _EMPTY,
    run: "str | Path | Run | None" = None,
) -> LabelFile:
    """Everything a label file holds, and what is wrong with its rows; InputError only if it cannot be used at all."""
    rejects: list[Reject] = []
    tally = Tally(on_reject=rejects.append)
    desk = Desk(load_vocabulary(taxonomy, known), tally, mapping=mapping, run=run)
    form, rows = _read(path, desk)
    examples = tuple(rows)
    if not examples:
        raise InputError(
            f"{_name(path)}: no row can be used{_first_problem(rejects, desk)}; docs/retrain.md shows the forms of label files"
        )
    return LabelFile(
        form=form,
        examples=examples,
        unknown={name: tuple(places) for name, places in desk.unknown.items()},
        rejects=tuple(rejects),
        notes=tuple(tally.notes),
        counts=dict(tally.counts),
    )


def read_corpora(folder: str | Path, tiers: str = "AB", taxonomy: Taxonomy | None = None) -> Iterator[Example]:
    """Examples of every `*.jsonl.gz` below `folder` whose tier is wanted, in the order of the file names.

    Names that no label has are left out: corpora hold more than the taxonomy.
    """
    from analyzer.readers import label_corpus

    files = sorted(Path(folder).rglob("*.jsonl.gz"))
    if not files:
        raise InputError(f"{folder}: no *.jsonl.gz files below it; give the folder of the labelled corpora")
    vocabulary = load_vocabulary(taxonomy)
    for file in files:
        desk = Desk(vocabulary, Tally(on_reject=_refuse), source=file.name)
        yield from (row for row in label_corpus.read(_packed_lines(file), desk) if row.tier in tiers)


def sniff_labels(path: str | Path, *, known: Iterable[str] = (), mapping: Mapping[str, str] = _EMPTY) -> str | None:
    """The form of a label file; None for a file that holds no labels. Dumps with moderators' statuses name their format."""
    from analyzer.readers import label_forms
    from analyzer.readers.files import open_dump

    desk = Desk(load_vocabulary(None, known), Tally(), mapping=mapping)
    for stream in open_dump(path, desk.tally):
        desk.source = stream.name
        return label_forms.sniff(stream, desk)[0]
    return None


def _read(path: Any, desk: Desk) -> tuple[str, Iterator[Example]]:
    from analyzer.readers import label_forms

    if hasattr(path, "to_dict") and hasattr(path, "columns"):
        form, rows = "table", label_forms.read_frame(path, desk)
    else:
        form, rows = label_forms.read_file(path, desk)
    return form, map(_storable, rows)


def _storable(row: Example) -> Example:
    """The row without lone surrogates, which neither a hash nor a file takes."""
    from analyzer.tables import storable

    words = {name: value for name in _WORDS if isinstance(value := getattr(row, name), str)}
    mended: dict[str, Any] = {n: kept for n, value in words.items() if (kept := storable(value)) is not value}
    return replace(row, **mended) if mended else row


def _packed_lines(file: Path) -> Iterator[tuple[int, object]]:
    import gzip

    import orjson

    with gzip.open(file, "rb") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    yield number, orjson.loads(line)
                except orjson.JSONDecodeError as error:
                    raise InputError(f"{file}:{number}: the line is not valid JSON ({error})") from None


def _refuse(reject: Reject) -> NoReturn:
    raise InputError(f"{reject.file}{f':{reject.line}' if reject.line else ''}: {reject.reason}")


def _first_problem(rejects: list[Reject], desk: Desk) -> str:
    if rejects:
        return f" ({rejects[0].file}:{rejects[0].line}: {rejects[0].reason})"
    for name, places in desk.unknown.items():
        near = desk.vocabulary.nearest(name)
        return f" ({places[0]}: no label {name[:60]!r}{f', did you mean {near!r}?' if near else ''})"
    return ""


def _name(path: Any) -> str:
    return str(path) if isinstance(path, (str, Path)) else "the data frame"
