"""Mastodon: a status's context, lists of statuses, and the `outbox.json` of an archive."""

from collections.abc import Iterable, Iterator, Mapping

from analyzer.readers.markup import html_to_text
from analyzer.readers.tally import Tally
from analyzer.readers.values import (
    Ancestry,
    as_count,
    as_id,
    as_list,
    as_name,
    as_object,
    as_text,
    as_time,
    batched,
    dig,
    objects,
    reject,
)
from analyzer.schema import Comment, Status

NAME = "mastodon"
STREAM = ("orderedItems.item", "item")

_PUBLIC = ("https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public")

_Record = Mapping[str, object]


def sniff(value: object) -> bool:
    record = as_object(value[0] if isinstance(value, list) and value else value)
    if _is_context(record) or isinstance(record.get("orderedItems"), list):
        return True
    return _is_status(record) or _is_activity(record)


def read(document: Iterable[object], source: str, tally: Tally) -> Iterator[Comment]:
    yield from read_items(_entries(document), source, tally)


def read_items(items: Iterable[object], source: str, tally: Tally) -> Iterator[Comment]:
    """Statuses and activities; those that stand in no context belong to the topmost status their chain names."""
    ancestry = Ancestry()
    for batch in batched(items):
        for record in objects(batch):
            status = _status(record)
            ancestry.add(_id(status), _parent(status))
        for entry in batch:
            if isinstance(entry, Mapping) and _is_context(entry):
                yield from _from_context(entry, source, tally)
            else:
                yield from _from_entry(entry, ancestry, source, tally)


def _entries(document: Iterable[object]) -> Iterator[object]:
    for value in document:
        activities = as_object(value).get("orderedItems")
        if isinstance(activities, list):
            yield from activities
        elif isinstance(value, list):
            yield from value
        else:
            yield value


def _is_context(record: _Record) -> bool:
    return isinstance(record.get("ancestors"), list) and isinstance(record.get("descendants"), list)


def _is_status(record: _Record) -> bool:
    return isinstance(record.get("content"), str) and "in_reply_to_id" in record and "account" in record


def _is_activity(record: _Record) -> bool:
    return record.get("type") in ("Create", "Announce") and "object" in record and "actor" in record


def _from_context(record: _Record, source: str, tally: Tally) -> Iterator[Comment]:
    """What stands above and below one status. That status itself is not in the file; replies name it."""
    above, below = objects(record.get("ancestors")), objects(record.get("descendants"))
    top = _id(above[0]) if above else _parent(below[0]) or _id(below[0]) if below else None
    in_context = Ancestry()
    for status in (*above, *below):
        in_context.add(_id(status), top)
    for entry in (*as_list(record.get("ancestors")), *as_list(record.get("descendants"))):
        yield from _from_entry(entry, in_context, source, tally)


def _from_entry(entry: object, ancestry: Ancestry, source: str, tally: Tally) -> Iterator[Comment]:
    record = as_object(entry)
    status = _status(record)
    identity = _id(status)
    if record.get("type") == "Announce" or isinstance(record.get("reblog"), Mapping):
        tally.count("reblogs")
    elif _is_private(status):
        tally.count("private")
    elif identity is None or not isinstance(status.get("content"), str):
        reject(tally, source, "Mastodon status without an id or a content", entry)
    else:
        yield _comment(status, identity, ancestry.root(identity), source)


def _status(record: _Record) -> _Record:
    """The status itself, or the one that an activity of an outbox creates."""
    return as_object(record.get("object")) if "object" in record and "actor" in record else record


def _id(status: _Record) -> str | None:
    return as_id(status.get("id"))


def _parent(status: _Record) -> str | None:
    return as_id(status.get("in_reply_to_id", status.get("inReplyTo")))


def _is_private(status: _Record) -> bool:
    """True for direct messages: said so by the API; in an archive, addressed neither to the public nor to followers."""
    if status.get("visibility") == "direct":
        return True
    receivers = [as_text(name) for field in ("to", "cc") for name in _names(status.get(field))]
    return bool(receivers) and not any(name in _PUBLIC or name.endswith("/followers") for name in receivers)


def _names(value: object) -> list[object]:
    return value if isinstance(value, list) else [value] if isinstance(value, str) else []


def _comment(status: _Record, identity: str, thread_id: str, source: str) -> Comment:
    warning = as_text(status.get("spoiler_text") or status.get("summary")).strip()
    body = html_to_text(as_text(status.get("content")))
    created, flags = as_time(status.get("created_at", status.get("published")))
    languages = [name for name in as_object(status.get("contentMap")) if isinstance(name, str)]
    return Comment(
        source=source,
        id=identity,
        thread_id=thread_id,
        text=f"{warning}\n{body}" if warning else body,
        parent_id=_parent(status),
        author=as_name(dig(status, "account", "acct")) or as_name(status.get("attributedTo")),
        created=created,
        lang=as_name(status.get("language")) or (languages[0] if len(languages) == 1 else None),
        status=Status.VISIBLE,
        likes=as_count(status.get("favourites_count")),
        flags=(*flags, "cw") if warning else flags,
    )
