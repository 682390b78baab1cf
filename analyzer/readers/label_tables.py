"""Labelled tables → Examples: CSV, TSV, Excel, Parquet, JSON records, data frames.

Labels stand in one of four ways: a column each (0/1, yes/no, a share), a column `label` beside a column `value` or `expected`, a
column `label` alone (the one that fits best), or a column `labels` with all that fit. Rows of several annotators become one text.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from analyzer.cells import unguarded
from analyzer.errors import InputError
from analyzer.readers.columns import FIELDS, Columns, choose_columns, normal
from analyzer.readers.label_desk import (
    MAIN_ONE,
    Desk,
    Draft,
    is_none_of_them,
    is_verdict,
    split_name,
    stem,
    verdict,
    words_of,
)
from analyzer.readers.tabular import Row, row_comment
from analyzer.schema import Comment, Example

DESCRIPTION = "table with a text column and labels"
_ROLES: Mapping[str, tuple[str, ...]] = {
    "label": ("label",),
    "value": ("value", "expected"),
    "labels": ("labels",),
    "annotator": ("annotator", "annotator_id", "rater", "rater_id", "coder", "worker_id", "reviewer"),
    "split": ("split", "partition"),
    "parent": ("parent_text", "parent_comment", "context", "parent"),
}


class Way(StrEnum):
    """How labels stand in a table."""

    WIDE = "a column each"
    PAIRS = "a label and its value in each row"
    LISTED = "all that fit in one column"
    NAMED = "the one that fits best"


@dataclass(frozen=True, slots=True)
class Plan:
    """Which column is what: `columns` the comment's, `roles` {role: column}, `wide` {column: label}."""

    columns: Columns
    roles: Mapping[str, str]
    wide: Mapping[str, str]
    way: Way


def has_labels(header: Sequence[str], desk: Desk) -> bool:
    """True if some column can hold labels."""
    return _way(*_roles(header, desk)) is not None


def read(header: Sequence[str], rows: Iterable[Row], desk: Desk) -> Iterator[Example]:
    """The Examples of a table; InputError if it has no text or no labels."""
    kept = [(number, {column: _unguarded(cell) for column, cell in row.items()}) for number, row in rows]
    plan = _plan(header, kept, desk)
    desk.tally.note(f"{desk.source}: {_told(plan)}")
    drafts = list(_drafts(kept, plan, desk))
    if plan.way in (Way.LISTED, Way.NAMED):
        _close(drafts, plan)
    for draft in _joined(drafts, plan):
        if draft.votes:
            yield draft.example(desk)
        else:
            desk.tally.count("without_labels")


def _unguarded(cell: object) -> object:
    return unguarded(cell) if isinstance(cell, str) else cell


def _roles(header: Sequence[str], desk: Desk) -> tuple[dict[str, str], dict[str, str]]:
    """{role: column} and {column: label}, from the mapping first, then by the columns' names."""
    present = {normal(column): column for column in reversed(header)}
    roles: dict[str, str] = {}
    wide: dict[str, str] = {}
    for field, column in desk.mapping.items():
        chosen = column if column in header else present.get(normal(column))
        if chosen is None:
            shown = ", ".join(str(name)[:40] for name in header[:20])
            raise InputError(f"{desk.source}: there is no column {column!r}; columns are {shown}")
        if field in _ROLES:
            roles[field] = chosen
        elif field not in FIELDS and (label := desk.label(field, 1)):
            wide[chosen] = label
    named = any(role in roles for role in ("label", "labels"))
    for role, names in _ROLES.items():
        guessed = next((present[normal(name)] for name in names if normal(name) in present), None)
        if role not in roles and guessed is not None and guessed not in desk.mapping.values():
            roles[role] = guessed
    if not named:
        by_name = {column: desk.vocabulary.find(str(column)) for column in header if column not in roles.values()}
        wide = {column: label for column, label in by_name.items() if label} | wide
    return roles, wide


def _way(roles: Mapping[str, str], wide: Mapping[str, str]) -> Way | None:
    if wide:
        return Way.WIDE
    if "label" in roles and "value" in roles:
        return Way.PAIRS
    if "labels" in roles:
        return Way.LISTED
    return Way.NAMED if "label" in roles else None


def _plan(header: Sequence[str], rows: Sequence[Row], desk: Desk) -> Plan:
    roles, wide = _roles(header, desk)
    way = _way(roles, wide)
    if way is None:
        shown = ", ".join(str(name)[:40] for name in header[:20])
        raise InputError(
            f"{desk.source}: no column holds labels; columns are {shown}; name them, for example --map abuse.threat=COLUMN "
            "or --map label=COLUMN,value=COLUMN"
        )
    taken = {*wide, *(column for role, column in roles.items() if role != "parent")}
    mapping = {field: column for field, column in desk.mapping.items() if field in FIELDS and field != "parent"}
    columns = choose_columns([column for column in header if column not in taken], mapping, desk.source)
    if way is Way.WIDE:
        _look_for_misspelt(header, rows, {*taken, *columns.needed}, desk)
    return Plan(columns, roles, wide, way)


def _look_for_misspelt(header: Sequence[str], rows: Sequence[Row], taken: set[str], desk: Desk) -> None:
    """Columns of verdicts whose names are nearly those of labels."""
    for column in header:
        cells = [row.get(column) for _, row in rows]
        if column in taken or desk.vocabulary.nearest(str(column)) is None:
            continue
        if all(map(is_verdict, cells)) and any(cell not in (None, "") for cell in cells):
            desk.miss(str(column), rows[0][0])


def _told(plan: Plan) -> str:
    labels = ", ".join(f"{label} = {column!r}" for column, label in plan.wide.items()) or ", ".join(
        f"{role} = {plan.roles[role]!r}" for role in ("label", "value", "labels") if role in plan.roles
    )
    return f"labels: {plan.way} ({labels}); {plan.columns}"


def _drafts(rows: Iterable[Row], plan: Plan, desk: Desk) -> Iterator[Draft]:
    texts: dict[str, str] = {}
    parsed: list[tuple[Draft, Any]] = []
    for number, row in rows:
        if isinstance(row.get(plan.columns.chosen["text"]), (list, dict)):
            desk.reject(number, "the text is neither a string nor empty")
            continue
        comment = row_comment(row, number, plan.columns, stem(desk.source))
        if not comment.text.strip():
            desk.reject(number, "the row has no text")
            continue
        if _is_open(row, plan):
            desk.tally.count("without_labels")
            continue
        try:
            values = _values(row, number, plan, desk)
        except ValueError as error:
            desk.reject(number, f"a label's value cannot be read ({error}); write 0, 1, yes, no or a share such as 0.4")
            continue
        draft = Draft(comment=comment, number=number, split=split_name(row.get(plan.roles.get("split", ""))))
        draft.vote(values, str(row.get(plan.roles.get("annotator", ""), "")))
        texts[comment.id] = comment.text
        parsed.append((draft, row.get(plan.roles.get("parent", ""))))
    for draft, parent in parsed:
        draft.parent = _parent(parent, texts)
        yield draft


def _is_open(row: Mapping[str, object], plan: Plan) -> bool:
    """True for a comment of `analyzer suggest` that nobody has judged yet: no label at all is written `none` there."""
    return plan.way is Way.LISTED and "sampled_by" in row and not words_of(row.get(plan.roles["labels"]))


def _parent(cell: object, texts: Mapping[str, str]) -> str | None:
    """The text of the parent: the cell itself, or that of the row it names."""
    text = "" if cell is None or cell != cell else str(cell).strip()
    if text in texts:
        return texts[text]
    return text if " " in text else None


def _values(row: Mapping[str, object], number: int, plan: Plan, desk: Desk) -> dict[str, float]:
    """The labels that the row itself speaks of."""
    if plan.way is Way.WIDE:
        judged = {label: _read(row.get(column), column) for column, label in plan.wide.items()}
        return {label: value for label, value in judged.items() if value is not None}
    if plan.way is Way.PAIRS:
        value = _read(row.get(plan.roles["value"]), plan.roles["value"])
        label = desk.label(str(row.get(plan.roles["label"], "")).strip(), number)
        return {label: value} if label and value is not None else {}
    column = plan.roles["labels" if plan.way is Way.LISTED else "label"]
    names = words_of(row.get(column))
    if plan.way is Way.NAMED and names and all(map(is_verdict, names)) and not all(map(is_none_of_them, names)):
        raise InputError(
            f"{desk.place(number)}: column {column!r} holds verdicts, not names of labels; "
            f"say which label they are on: --map abuse.toxicity={column}"
        )
    found = [desk.label(name, number) for name in names if not is_none_of_them(name)]
    return {label: 1.0 for label in found if label}


def _read(cell: object, column: str) -> float | None:
    try:
        return verdict(cell)
    except ValueError as error:
        raise ValueError(f"{column}: {str(error)[:80]}") from None


def _close(drafts: Sequence[Draft], plan: Plan) -> None:
    """Labels used in the file and not named for a text are 0 there: in full where all that fit were asked for."""
    used = sorted({label for draft in drafts for label in draft.votes})
    for draft in drafts:
        (who,) = {who for said in draft.votes.values() for who in said} or {""}
        absent = [label for label in used if label not in draft.votes]
        if plan.way is Way.NAMED and draft.votes:
            draft.weights = dict.fromkeys(absent, MAIN_ONE)
        draft.vote(dict.fromkeys(absent, 0.0), who)


def _joined(drafts: Iterable[Draft], plan: Plan) -> list[Draft]:
    """Rows on one text put together: the labels of a table of pairs, the votes of annotators. A repeated row stays its own."""
    annotated = "annotator" in plan.roles
    if plan.way is not Way.PAIRS and not annotated:
        return list(drafts)
    latest: dict[object, Draft] = {}
    kept: list[Draft] = []
    for draft in drafts:
        key = _key(draft.comment, plan)
        first = latest.get((*key, draft.parent))
        if first is None or any(
            not first.votes.get(label, {}).keys().isdisjoint(said) for label, said in draft.votes.items()
        ):
            latest[(*key, draft.parent)] = draft
            kept.append(draft)
            continue
        for label, said in draft.votes.items():
            first.votes.setdefault(label, {}).update(said)
        first.weights |= draft.weights
    return kept


def _key(comment: Comment, plan: Plan) -> tuple[str, ...]:
    if "id" in plan.columns.chosen:
        return (comment.thread_id, comment.id, comment.text)
    return (comment.text,)
