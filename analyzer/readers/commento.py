"""Commento exports, and those of its successor Comentario (version 3)."""

from collections.abc import Iterable, Iterator, Mapping

from analyzer.readers.markup import html_to_text
from analyzer.readers.tally import Tally
from analyzer.readers.values import (
    UNKNOWN_THREAD,
    as_count,
    as_id,
    as_list,
    as_name,
    as_object,
    as_text,
    as_time,
    dig,
    first,
    objects,
    reject,
)
from analyzer.schema import Comment, Status

NAME = "commento"

_STATE = {"approved": Status.VISIBLE, "unapproved": Status.PENDING, "flagged": Status.SPAM}

_Record = Mapping[str, object]


def sniff(value: object) -> bool:
    record = as_object(value)
    entries = as_list(record.get("comments"))
    head = as_object(entries[0]) if entries else record
    return "commentHex" in head or ("pageId" in head and "markdown" in head) or "commenters" in record


def read(document: Iterable[object], source: str, tally: Tally) -> Iterator[Comment]:
    for value in document:
        export = as_object(value)
        if not isinstance(export.get("comments"), list):
            reject(tally, source, "a Commento export is an object with a list of comments", value)
            continue
        names = _by_id(export.get("commenters"), "commenterHex", "id")
        pages = _by_id(export.get("pages"), "id")
        for entry in as_list(export.get("comments")):
            record = as_object(entry)
            if "commentHex" in record:
                comment = _from_commento(record, names, source)
            else:
                comment = _from_comentario(record, names, pages, source)
            if comment is None:
                reject(tally, source, "Commento comment without an id", entry)
            else:
                yield comment


def _by_id(entries: object, *keys: str) -> _Record:
    return {identity: entry for entry in objects(entries) if (identity := as_id(first(entry, *keys)))}


def _from_commento(record: _Record, names: _Record, source: str) -> Comment | None:
    identity = as_id(record.get("commentHex"))
    if identity is None:
        return None
    deleted = record.get("deleted") is True
    domain, path = as_text(record.get("domain")).strip(), as_text(record.get("url")).strip()
    parent = as_id(record.get("parentHex"))
    created, flags = as_time(record.get("creationDate"))
    return Comment(
        source=source,
        id=identity,
        thread_id=(domain + path) or UNKNOWN_THREAD,
        text="" if deleted else _text(record),
        parent_id=None if parent == "root" else parent,
        author=as_name(dig(names.get(as_id(record.get("commenterHex")) or ""), "name")),
        created=created,
        status=Status.DELETED if deleted else _STATE.get(as_text(record.get("state")), Status.UNKNOWN),
        likes=as_count(record.get("score")),
        thread_url=_address(domain, path),
        flags=flags,
    )


def _from_comentario(record: _Record, names: _Record, pages: _Record, source: str) -> Comment | None:
    identity = as_id(record.get("id"))
    if identity is None:
        return None
    page_id = as_id(record.get("pageId"))
    page = as_object(pages.get(page_id or ""))
    status = Status.VISIBLE
    if record.get("isDeleted") is True:
        status = Status.DELETED
    elif record.get("isPending") is True:
        status = Status.PENDING
    elif record.get("isApproved") is False:
        status = Status.REMOVED
    user = as_id(first(record, "userCreated", "commenterHex"))
    created, flags = as_time(record.get("createdTime"))
    return Comment(
        source=source,
        id=identity,
        thread_id=page_id or UNKNOWN_THREAD,
        text="" if status in (Status.DELETED, Status.REMOVED) else _text(record),
        parent_id=as_id(record.get("parentId")),
        author=as_name(dig(names.get(user or ""), "name")) or as_name(record.get("authorName")),
        created=created,
        status=status,
        likes=as_count(record.get("score")),
        thread_title=as_name(page.get("title")),
        thread_url=_address(as_text(page.get("domain")), as_text(page.get("path"))),
        flags=flags,
    )


def _text(record: _Record) -> str:
    """What was typed (Markdown), else what was shown."""
    return as_text(record.get("markdown")) or html_to_text(as_text(record.get("html")))


def _address(domain: str, path: str) -> str | None:
    return f"https://{domain}{path}" if domain and path.startswith("/") else None
