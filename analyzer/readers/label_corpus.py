"""Rows in the form of the corpora: a text, `labels` {name: 0..1; absent = not judged} and what else is known of it.

Optional: `id source split lang parent targets tropes spans silver doc tier author thread`, and in the project's own files `wording`
(rows made from one template) and `pair` (a row and its mirror). Names of labels may be taxonomy ids (`abuse.threat`) or the bare
names corpora use (`threat`, `antisemitism`, `propaganda`, a trope or technique id).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from analyzer.readers.label_desk import MAIN_ONE, SILVER, Desk, author_mark, stem
from analyzer.readers.values import as_id
from analyzer.schema import Example, Span
from analyzer.taxonomy import Taxonomy

DESCRIPTION = "rows with text and labels (JSON Lines)"
_TARGET_ELSEWHERE = 0.3  # weight of "not antisemitic" derived from targets that were annotated and are not Jewish
_CARRIED = ("family", "keyword", "unit", "subsource", "expression")


def sniff(record: Mapping[str, object]) -> bool:
    """True for a record with its labels in an object."""
    return "text" in record and (isinstance(record.get("labels"), Mapping) or "tropes" in record or "targets" in record)


def read(rows: Iterable[tuple[int, object]], desk: Desk) -> Iterator[Example]:
    """An Example a row; a row that cannot be used is told to the desk."""
    for number, row in rows:
        try:
            yield _example(row, number, desk)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            desk.reject(number, f"not a labelled row ({error!r}); it needs 'text' and 'labels'")


def _example(row: Any, number: int, desk: Desk) -> Example:
    if not isinstance(row, dict):
        raise ValueError("a row must be a JSON object")
    if not isinstance(row["text"], str):
        raise TypeError("the text is no string")
    given = row.get("labels") or {}
    found = {desk.label(name, number): float(value) for name, value in given.items()}
    labels = {label: value for label, value in found.items() if label is not None}
    if any(not 0 <= value <= 1 for value in labels.values()):
        raise ValueError("label values must lie in 0..1")
    taxonomy = desk.vocabulary.taxonomy
    silver = SILVER if row.get("silver") else 1.0
    weights = dict.fromkeys(labels, silver) if silver < 1 else {}
    if "tropes" in row or "antisemitism.any" in labels:
        _add_tropes(row.get("tropes"), silver, labels, weights, taxonomy)
    if "targets" in row:
        _add_targets(row["targets"], labels, weights, taxonomy)
    marked = row.get("spans")
    author = as_id(row.get("author"))
    return Example(
        source=str(row.get("source") or stem(desk.source)),
        id=str(row.get("id") or desk.place(number)),
        text=row["text"],
        labels=labels,
        parent=row.get("parent") or None,
        lang=str(row.get("lang") or "und"),
        weights=weights,
        spans=None if marked is None else tuple(_spans(marked, row["text"], number, desk)),
        split=str(row.get("split") or "train"),
        group=row.get("doc") or row.get("pair") or row.get("wording") or as_id(row.get("thread")),
        tier=str(row.get("tier") or "A"),
        extra={name: row[name] for name in _CARRIED if name in row}
        | {"where": desk.place(number)}
        | ({"author": author_mark(author)} if author else {}),
    )


def _add_tropes(
    named: Iterable[str] | None,
    weight: float,
    labels: dict[str, float],
    weights: dict[str, float],
    taxonomy: Taxonomy,
) -> None:
    """Named tropes are 1; beside them, and in texts judged not antisemitic, the others are 0; else they stay unjudged."""
    tropes = [label.id for label in taxonomy.family("antisemitism") if label.code]
    if named:
        codes = {label.code: label.id for label in taxonomy.family("antisemitism") if label.code}
        present = {codes.get(trope, f"antisemitism.{trope}") for trope in named}
        if unknown := present - set(tropes):
            raise ValueError(f"no trope {sorted(unknown)[0].rpartition('.')[2]!r}")
        for trope in tropes:
            labels[trope] = 1.0 if trope in present else 0.0
            weights[trope] = weight if trope in present else weight * MAIN_ONE
    elif labels.get("antisemitism.any") == 0:
        labels.update(dict.fromkeys(tropes, 0.0))


def _add_targets(
    targets: Iterable[str], labels: dict[str, float], weights: dict[str, float], taxonomy: Taxonomy
) -> None:
    present = {f"target.{target}" for target in targets}
    for label in taxonomy.family("target"):
        labels[label.id] = float(label.id in present)
    if "target.jewish" not in present and "antisemitism.any" not in labels:
        labels["antisemitism.any"] = 0.0
        weights["antisemitism.any"] = _TARGET_ELSEWHERE


def _spans(marked: Iterable[Mapping[str, Any]], text: str, number: int, desk: Desk) -> Iterator[Span]:
    """Spans under their label; a merged class `a|b` under the family of its members, since it does not say which."""
    for span in marked:
        start, end = int(span["start"]), int(span["end"])
        if not 0 <= start < end <= len(text):
            raise ValueError(f"span {start} to {end} does not lie within the text's {len(text)} characters")
        members = [found for name in str(span["label"]).split("|") if (found := desk.label(name, number))]
        if members:
            label = members[0] if len(members) == 1 else members[0].partition(".")[0]
            yield Span(start=start, end=end, label=label, prob=1.0)
