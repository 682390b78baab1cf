"""The words everything else is said in: frozen records without I/O, and their one JSON form.

A `Comment` is read, belongs to a `Thread`, gets a `Score` (probabilities for every label, kept for good), from which a
policy makes a `Decision`; a person makes a `Review`. `Report` is defined beside the function that builds it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol, Self

from analyzer.errors import InputError


class Status(StrEnum):
    """Where a comment stood on its site when the dump was made."""

    VISIBLE = "visible"
    PENDING = "pending"
    SPAM = "spam"
    DELETED = "deleted"  # by its author
    REMOVED = "removed"  # by a moderator
    UNKNOWN = "unknown"


class Action(StrEnum):
    """What a policy suggests, mildest first; `severity` orders them. NONE: nothing to decide (deleted, empty)."""

    NONE = "none"
    APPROVE = "approve"
    REVIEW = "review"
    REJECT = "reject"

    @property
    def severity(self) -> int:
        return _SEVERITIES[self]


_SEVERITIES = {action: number for number, action in enumerate(Action)}


class Key(NamedTuple):
    """What names a comment everywhere: the dump it came from, its thread and its id (ids may repeat between threads)."""

    source: str
    thread_id: str
    id: str


_EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """One reader comment as posted.

    `text` is never altered after reading (mark-up of the source is turned into text once, by the reader). `author` is a keyed
    hash unless plain names were asked for. `created` is in UTC; without a zone it is taken for that. `flags` are remarks of the
    reader (`orphan`, `duplicate`, `tz_unknown`, `approx`, `pingback`, …). `extra` is carried and read by no code.
    """

    source: str
    id: str
    thread_id: str
    text: str
    parent_id: str | None = None
    author: str | None = None
    created: datetime | None = None
    lang: str | None = None
    status: Status = Status.UNKNOWN
    likes: int | None = None
    thread_title: str | None = None
    thread_url: str | None = None
    flags: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=lambda: _EMPTY)

    @property
    def key(self) -> Key:
        return Key(self.source, self.thread_id, self.id)

    @property
    def put_away(self) -> "Checked | None":
        """How the site took the comment out of its thread, if it did: it stays in the tree as a node without a score."""
        return _PUT_AWAY.get(self.status)

    @property
    def scorable(self) -> bool:
        """True if there is text to judge, and the site shows it or may show it."""
        return self.put_away is None and bool(self.text.strip())

    def to_json(self) -> dict[str, Any]:
        return _record(self)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        return cls(
            **_known(cls, record)
            | {
                "created": _time(record.get("created")),
                "status": _status(record.get("status", "unknown")),
                "flags": tuple(record.get("flags") or ()),
                "extra": record.get("extra") or _EMPTY,
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """Comments under one article or post: parents before replies, then by time, then by id; undated ones as in the dump.

    `orphans` counts replies whose parent is not in the dump (they are kept as roots), `claimed` is the number of comments the
    source says exist, where it says so. `context`: comments that others answer and that get no score of their own.
    """

    source: str
    id: str
    comments: tuple[Comment, ...]
    title: str | None = None
    url: str | None = None
    orphans: int = 0
    claimed: int | None = None
    context: tuple[Comment, ...] = ()

    def with_context(self, depth: int = 1) -> Iterator[tuple[Comment, tuple[Comment, ...]]]:
        """Each comment with up to `depth` ancestors, oldest first."""
        by_id = {comment.id: comment for comment in (*self.context, *self.comments)}
        for comment in self.comments:
            ancestors: list[Comment] = []
            parent = by_id.get(comment.parent_id) if comment.parent_id else None
            while parent is not None and len(ancestors) < depth:
                ancestors.append(parent)
                parent = by_id.get(parent.parent_id) if parent.parent_id else None
            yield comment, tuple(reversed(ancestors))

    def to_json(self) -> dict[str, Any]:
        return _record(self)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        return cls(
            **_known(cls, record)
            | {
                "comments": tuple(Comment.from_json(c) for c in record.get("comments") or ()),
                "context": tuple(Comment.from_json(c) for c in record.get("context") or ()),
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Evidence: `[start, end)` in code points of `Comment.text`, the label it speaks for, and a probability."""

    start: int
    end: int
    label: str
    prob: float

    def to_json(self) -> dict[str, Any]:
        return _record(self)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        return cls(**_known(cls, record))


class Checked(StrEnum):
    """Why a comment has probabilities (`ok`), or why it has none. Not checked is never the same as clean."""

    OK = "ok"
    EMPTY = "empty"
    DELETED = "deleted"  # deleted or removed: a node of the tree, nothing to judge
    SPAM = "spam"  # the site took it for spam: a node of the tree, not judged
    LETTERLESS = "letterless"  # emoji, digits, punctuation only
    LANGUAGE = "language"  # a language or script the model does not know
    FAILED = "failed"


_PUT_AWAY = {Status.DELETED: Checked.DELETED, Status.REMOVED: Checked.DELETED, Status.SPAM: Checked.SPAM}


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Calibrated probabilities (0..1, multi-label) of one comment by one model.

    A label that was not scored is absent from `probs`, never 0. `windows` > 1: the text was longer than one window, was read in
    overlapping windows and merged, not cut. `lang` is the language the text was taken for (short ones:
    that of their thread; `und` if undecided).
    """

    key: Key
    model: str
    probs: Mapping[str, float] = field(default_factory=lambda: _EMPTY)
    spans: tuple[Span, ...] = ()
    windows: int = 0
    lang: str = "und"
    checked: Checked = Checked.OK

    def to_json(self) -> dict[str, Any]:
        return _record(self)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        return cls(
            **_known(cls, record)
            | {
                "key": Key(*record["key"]),
                "probs": dict(record.get("probs") or {}),
                "spans": tuple(Span.from_json(s) for s in record.get("spans") or ()),
                "checked": Checked(record.get("checked", "ok")),
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A rule that fired: its name, the label, the probability met and the threshold it was held against."""

    rule: str
    label: str
    prob: float
    threshold: float
    action: Action

    def to_json(self) -> dict[str, Any]:
        return _record(self)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        return cls(**_known(cls, record) | {"action": Action(record["action"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a policy suggests for a comment, with every rule that fired. `policy` is name@hash, so it can be recomputed."""

    key: Key
    action: Action
    reasons: tuple[Reason, ...]
    policy: str

    def to_json(self) -> dict[str, Any]:
        return _record(self)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        return cls(
            key=Key(*record["key"]),
            action=Action(record["action"]),
            reasons=tuple(Reason.from_json(r) for r in record.get("reasons") or ()),
            policy=record["policy"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What a person decided. A label absent from `labels` was not judged. Only `sampled_by="random"` gives honest rates."""

    key: Key
    labels: Mapping[str, float]
    action: Action
    reviewer: str
    at: datetime
    model: str
    sampled_by: str
    spans: tuple[Span, ...] = ()
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        return _record(self)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        at = _time(record["at"])
        if at is None:
            raise InputError(f"review of {record.get('key')}: 'at' must be an ISO 8601 time with a zone")
        return cls(
            **_known(cls, record)
            | {
                "key": Key(*record["key"]),
                "labels": dict(record.get("labels") or {}),
                "action": Action(record["action"]),
                "at": at,
                "spans": tuple(Span.from_json(s) for s in record.get("spans") or ()),
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A text with labels judged by somebody: what models are trained and evaluated on.

    `labels` holds 0..1 (a share of raters, or a verdict); a label that is absent was not judged and is masked, never a negative.
    `weights` (label → 0..1, default 1) weighs labels down that a rule derived or a model guessed. `spans` is None where nobody
    marked spans; `span_families` names the families that were looked for. `group` keeps rows of one document in one split.
    """

    source: str
    id: str
    text: str
    labels: Mapping[str, float]
    parent: str | None = None
    lang: str = "und"
    weights: Mapping[str, float] = field(default_factory=lambda: _EMPTY)
    spans: tuple[Span, ...] | None = None
    span_families: tuple[str, ...] = ()
    split: str = "train"
    group: str | None = None
    tier: str = "A"
    extra: Mapping[str, Any] = field(default_factory=lambda: _EMPTY)


class Scorer(Protocol):
    """Anything that scores threads. Batches inside; one Score a comment, in the order of the threads and their comments."""

    @property
    def version(self) -> str: ...

    @property
    def labels(self) -> tuple[str, ...]: ...

    def score(self, threads: Iterable[Thread]) -> Iterator[Score]: ...


def _known(cls: type, record: Mapping[str, Any]) -> dict[str, Any]:
    names = {f.name for f in fields(cls)}
    unknown = sorted(set(record) - names)
    if unknown:
        raise InputError(f"{cls.__name__}: unknown field {unknown[0]!r}; known fields are {', '.join(sorted(names))}")
    return dict(record)


def _status(value: str) -> Status:
    try:
        return Status(value)
    except ValueError:
        raise InputError(f"{value!r} is no status of a comment; write one of {', '.join(Status)}") from None


def _time(value: str | datetime | None) -> datetime | None:
    if value is None or value == "":
        return None
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):  # the year 1 or 9999 shifted over the edge
        raise InputError(f"{value!r} is not an ISO 8601 time; write it as 2026-11-22T09:30:00+00:00") from None


def _record(record: Any) -> dict[str, Any]:
    """The JSON form of a dataclass: empty and absent fields left out."""
    pairs = ((f.name, getattr(record, f.name)) for f in fields(record))
    return {name: _plain(value) for name, value in pairs if value is not None and value != () and value != {}}


def _plain(record: Any) -> Any:
    """The strict JSON form of any value: lists for tuples, ISO 8601 for times."""
    if isinstance(record, StrEnum):
        return str(record)
    if isinstance(record, datetime):
        return record.isoformat()
    if isinstance(record, Mapping):
        return {name: _plain(value) for name, value in record.items()}
    if isinstance(record, (list, tuple)):
        return [_plain(value) for value in record]
    return _record(record) if hasattr(record, "__dataclass_fields__") else record
