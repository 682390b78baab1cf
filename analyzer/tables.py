"""Records as Arrow tables and back: the columns of a run's Parquet files, which pandas and DuckDB open as they are."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson
import pyarrow as pa

from analyzer.schema import Action, Checked, Comment, Decision, Key, Reason, Score, Span, Status

_KEY = [("source", pa.string()), ("thread_id", pa.string()), ("id", pa.string())]
COMMENTS = pa.schema(
    [
        *_KEY,
        ("parent_id", pa.string()),
        ("author", pa.string()),
        ("created", pa.timestamp("us", "UTC")),
        ("lang", pa.string()),
        ("status", pa.string()),
        ("likes", pa.int64()),
        ("text", pa.string()),
        ("thread_title", pa.string()),
        ("thread_url", pa.string()),
        ("thread_claimed", pa.int64()),
        ("flags", pa.list_(pa.string())),
        ("extra", pa.string()),
    ]
)
_SPAN = pa.struct([("start", pa.int32()), ("end", pa.int32()), ("label", pa.string()), ("prob", pa.float32())])
_SCORES = [*_KEY, ("model", pa.string()), ("checked", pa.string()), ("lang", pa.string()), ("windows", pa.int32())]
_LARGEST = 2**63


def storable(text: str) -> str:
    """The text with lone surrogates, which no file can hold, as U+FFFD: same length, so that offsets stay right."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in text)
    return text


def comment_row(comment: Comment, claimed: int | None = None) -> dict[str, Any]:
    """A row of `COMMENTS`. `extra` becomes JSON text; a number no column can hold is left out."""
    row = {name: getattr(comment, name) for name in COMMENTS.names if name != "thread_claimed"}
    row = {name: storable(value) if isinstance(value, str) else value for name, value in row.items()}
    row["status"] = str(comment.status)
    row["likes"] = _whole(comment.likes)
    row["flags"] = list(comment.flags)
    row["extra"] = storable(_json_text(comment.extra)) if comment.extra else None
    row["thread_claimed"] = _whole(claimed)
    return row


def _whole(number: int | None) -> int | None:
    """The number if a column of 64 bits holds it."""
    return number if number is not None and -_LARGEST <= number < _LARGEST else None


def comment_of(row: Mapping[str, Any]) -> Comment:
    fields = {name: value for name, value in row.items() if value is not None and name != "thread_claimed"}
    fields["status"] = Status(row["status"])
    fields["flags"] = tuple(row["flags"] or ())
    fields.pop("extra", None)
    if row["extra"]:
        fields["extra"] = orjson.loads(row["extra"])
    return Comment(**fields)


def scores_table(scores: Sequence[Score], labels: Iterable[str], *, model: str) -> pa.Table:
    """A float32 column a label, null where it was not scored, and the evidence as `spans`, a list of structs."""
    keys = [score.key for score in scores]
    columns: dict[str, Any] = {
        name: pa.array([storable(key[n]) for key in keys], pa.string()) for n, (name, _) in enumerate(_KEY)
    }
    columns["model"] = pa.array([model] * len(scores), pa.string())
    columns["checked"] = pa.array([str(score.checked) for score in scores], pa.string())
    columns["lang"] = pa.array([score.lang for score in scores], pa.string())
    columns["windows"] = pa.array([score.windows for score in scores], pa.int32())
    for label in labels:
        columns[label] = pa.array([score.probs.get(label) for score in scores], pa.float32())
    spans = [[span.to_json() for span in score.spans] for score in scores]
    columns["spans"] = pa.array(spans, pa.list_(_SPAN))
    return pa.table(columns)


def score_labels(table: pa.Table) -> list[str]:
    """The label columns of a table of scores: those that the format does not fix."""
    fixed = {name for name, _ in _SCORES} | {"spans"}
    return [name for name in table.column_names if name not in fixed]


def scores_of(table: pa.Table) -> Iterator[Score]:
    labels = score_labels(table)
    for row in table.to_pylist():
        yield Score(
            key=_key(row),
            model=row["model"],
            probs={label: row[label] for label in labels if row[label] is not None},
            spans=tuple(Span(**span) for span in row["spans"] or ()),
            windows=row["windows"],
            lang=row["lang"],
            checked=Checked(row["checked"]),
        )


def decisions_of(table: pa.Table) -> Iterator[Decision]:
    for row in table.to_pylist():
        yield Decision(
            key=_key(row),
            action=Action(row["action"]),
            reasons=tuple(Reason(**reason | {"action": Action(reason["action"])}) for reason in row["reasons"]),
            policy=row["policy"],
        )


def _key(row: Mapping[str, Any]) -> Key:
    return Key(row["source"], row["thread_id"], row["id"])


def _json_text(extra: Mapping[str, Any]) -> str:
    return json.dumps(dict(extra), ensure_ascii=False, default=str)
