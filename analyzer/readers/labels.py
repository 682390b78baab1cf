"""Labelled files for training and evaluation → Examples.

The form read here is JSON Lines (plain or gzip), one text a line: `text`, `labels` {name: 0..1; absent = not judged}, and
optionally `id source split lang parent targets tropes spans silver doc tier`, and in the project's own files `wording` (rows
made from one template). Label names may be taxonomy ids
(`abuse.threat`) or the bare names corpora use (`threat`, `antisemitism`, `propaganda`, a trope or technique id).
"""

import gzip
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from analyzer.errors import InputError
from analyzer.schema import Example, Span
from analyzer.taxonomy import Taxonomy, load_taxonomy

# Families of one word in corpora are the family's summary label; three names have another id here.
_OTHER_NAMES = {
    "antisemitism": "antisemitism.any",
    "propaganda": "propaganda.any",
    "dog_whistle": "antisemitism.coded",
}
_SILVER = 0.5  # weight of a label that a rule or a language model gave
_OTHER_TROPES = 0.3  # weight of "this trope was not named" beside a named one: annotators name the main one
_TARGET_ELSEWHERE = 0.3  # weight of "not antisemitic" derived from targets that were annotated and are not Jewish


def read_labels(path: str | Path, taxonomy: Taxonomy | None = None) -> Iterator[Example]:
    """Examples of one JSON Lines file; raises InputError with file and line at the first row that cannot be used."""
    taxonomy = taxonomy or load_taxonomy()
    names = _names(taxonomy)
    path = Path(path)
    opened = gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # noqa: SIM115  (closed by the with below)
    with opened as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = orjson.loads(line)
                yield _example(row, f"{path.name}:{number}", names, taxonomy)
            except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
                raise InputError(
                    f"{path}:{number}: not a labelled row ({error!r}); it needs 'text' and 'labels'"
                ) from None


def read_corpora(folder: str | Path, tiers: str = "AB", taxonomy: Taxonomy | None = None) -> Iterator[Example]:
    """Examples of every `*.jsonl.gz` below `folder` whose tier is wanted, in the order of the file names."""
    taxonomy = taxonomy or load_taxonomy()
    files = sorted(Path(folder).rglob("*.jsonl.gz"))
    if not files:
        raise InputError(f"{folder}: no *.jsonl.gz files below it; give the folder of the labelled corpora")
    for file in files:
        yield from (row for row in read_labels(file, taxonomy) if row.tier in tiers)


def _names(taxonomy: Taxonomy) -> dict[str, str]:
    bare = {label.rpartition(".")[2]: label for label in taxonomy.ids if not label.endswith(".any")}
    return bare | {label: label for label in taxonomy.ids} | _OTHER_NAMES


def _example(row: Any, where: str, names: Mapping[str, str], taxonomy: Taxonomy) -> Example:
    if not isinstance(row, dict):
        raise ValueError("a row must be a JSON object")
    given = row.get("labels") or {}
    labels = {names[name]: float(value) for name, value in given.items() if name in names}
    if any(not 0 <= value <= 1 for value in labels.values()):
        raise ValueError("label values must lie in 0..1")
    silver = _SILVER if row.get("silver") else 1.0
    weights = dict.fromkeys(labels, silver) if silver < 1 else {}
    if "tropes" in row or "antisemitism.any" in labels:
        _add_tropes(row.get("tropes"), silver, labels, weights, taxonomy)
    if "targets" in row:
        _add_targets(row["targets"], labels, weights, taxonomy)
    marked = row.get("spans")
    return Example(
        source=str(row.get("source") or where.partition(".")[0]),
        id=str(row.get("id") or where),
        text=str(row["text"]),
        labels=labels,
        parent=row.get("parent") or None,
        lang=str(row.get("lang") or "und"),
        weights=weights,
        spans=None if marked is None else tuple(_spans(marked, names)),
        split=str(row.get("split") or "train"),
        group=row.get("doc") or row.get("pair") or row.get("wording"),
        tier=str(row.get("tier") or "A"),
        extra={k: row[k] for k in ("family", "keyword", "unit", "subsource", "expression") if k in row},
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
            weights[trope] = weight if trope in present else weight * _OTHER_TROPES
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


def _spans(marked: Iterable[Mapping[str, Any]], names: Mapping[str, str]) -> Iterator[Span]:
    """Spans under their label; a merged class `a|b` under the family of its members, since it does not say which."""
    for span in marked:
        members = [names[name] for name in str(span["label"]).split("|") if name in names]
        if members:
            label = members[0] if len(members) == 1 else members[0].partition(".")[0]
            yield Span(start=int(span["start"]), end=int(span["end"]), label=label, prob=1.0)
