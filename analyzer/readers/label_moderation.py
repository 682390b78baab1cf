"""What moderators of a site did → weak labels: Coral statuses with reasons, WordPress and Disqus statuses.

A rejection says that somebody did not want a comment, rarely why, and an approval is often automatic: the labels weigh less than
those of annotators. `mapping` may name the labels: `rejected=site.rejected`, `spam=site.spam`, or `spam=none` to leave spam out.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from analyzer.readers import coral, disqus, wordpress
from analyzer.readers.files import DumpStream
from analyzer.readers.label_desk import Desk, Draft, is_none_of_them, stem
from analyzer.readers.repair import strip_controls
from analyzer.readers.tally import Tally
from analyzer.readers.values import as_object, as_text, dig, first, objects
from analyzer.schema import Comment, Example, Key, Status

DESCRIPTIONS = {
    "coral": "Coral comments with what moderators did (JSON)",
    "wordpress": "WordPress export, its statuses as weak labels",
    "disqus": "Disqus export, its statuses as weak labels",
}
REASONED = 0.5  # rejected, and the reason names abuse
REJECTED = 0.3  # rejected or removed without a reason
APPROVED = 0.3
SPAM = 0.1  # sometimes a short way to be rid of an abusive comment, mostly advertising
_TOXICITY = "abuse.toxicity"
_LOOKED_AT = frozenset({"APPROVED", "ACCEPTED", "REJECTED"})  # NONE: published, and nobody said anything
_ABUSE = frozenset({"OFFENSIVE", "ABUSIVE", "HATE_SPEECH", "HARASSMENT", "BULLYING", "BANNED_WORD", "TOXIC"})
_ADVERTISING = frozenset({"SPAM", "AD"})

_Record = Mapping[str, object]


def sniff(record: _Record) -> bool:
    """True for a Coral comment."""
    return coral.sniff(record)


def read_coral(rows: Iterable[tuple[int, object]], desk: Desk) -> Iterator[Example]:
    """Examples of the comments a moderator looked at; reasons from the comment or from the moderation actions beside it."""
    comments: list[tuple[int, _Record]] = []
    reasons: dict[str, str] = {}
    for number, row in rows:
        for record in _records(as_object(row)):
            code = _code(record)
            if "commentID" in record:
                reasons |= {as_text(record["commentID"]): code} if code else {}
            else:
                comments.append((number, record))
    judged = [
        (number, comment, reasons.get(comment.id) or _code(record))
        for number, record in comments
        if (comment := _coral_comment(record, number, desk)) is not None
    ]
    yield from _examples(judged, desk)


def read_export(stream: DumpStream, form: str, desk: Desk) -> Iterator[Example]:
    """Examples of a WordPress or Disqus export."""
    module = wordpress if form == "wordpress" else disqus
    comments = enumerate(module.read(stream, stem(desk.source), desk.tally), 1)
    yield from _examples(((number, comment, "") for number, comment in comments), desk)


def _records(record: _Record) -> list[_Record]:
    """The comments, then the moderation actions, of a record that holds both; else the record itself."""
    if "comments" not in record:
        return [record]
    actions = first(record, "commentModerationActions", "moderationActions")
    return [*objects(record["comments"]), *objects(actions)]


def _code(record: _Record) -> str:
    """The reason of a rejection: a bare code, or `rejectionReason` {code} (comments), {reason} (moderation actions)."""
    reason = record.get("rejectionReason")
    found = first(as_object(reason), "code", "reason") if isinstance(reason, Mapping) else reason
    return as_text(found or dig(record, "moderationReason", "code")).upper()


def _coral_comment(record: _Record, number: int, desk: Desk) -> Comment | None:
    comment = next(coral.read([record], stem(desk.source), Tally()), None)
    if comment is None:
        desk.reject(number, "Coral comment without an id")
        return None
    text = "" if comment.status is Status.DELETED else coral.body(record)
    status = comment.status if as_text(record.get("status")) in _LOOKED_AT else Status.PENDING
    return replace(comment, text=text, status=Status.DELETED if comment.status is Status.DELETED else status)


def _examples(judged: Iterable[tuple[int, Comment, str]], desk: Desk) -> Iterator[Example]:
    seen = [(number, comment, code) for number, comment, code in judged if "pingback" not in comment.flags]
    texts = {comment.key: comment.text for _, comment, _ in seen}
    rejected, spam = (_chosen(desk, role) for role in ("rejected", "spam"))
    for number, comment, code in seen:
        values = _values(comment.status, code, rejected, spam, desk)
        text = strip_controls(comment.text)
        if not values or not text.strip():
            desk.tally.count("not_judged")
            continue
        parent = texts.get(Key(comment.source, comment.thread_id, comment.parent_id or ""))
        draft = Draft(comment=replace(comment, text=text), number=number, parent=parent or None)
        draft.vote({label: value for label, (value, _) in values.items()})
        draft.weights = {label: weight for label, (_, weight) in values.items()}
        yield draft.example(desk)
    if desk.tally.counts["spam"] and "spam" not in desk.mapping:
        desk.tally.note(
            f"{desk.source}: {desk.tally.counts['spam']:,} spam comments count a little as {spam}; "
            "give them a label of their own (--map spam=site.spam) or leave them out (--map spam=none)"
        )


def _chosen(desk: Desk, role: str) -> str | None:
    """The label that stands for a status; None if it is to be left out."""
    name = desk.mapping.get(role, _TOXICITY)
    return None if is_none_of_them(name) else desk.label(name, 1)


def _values(
    status: Status, code: str, rejected: str | None, spam: str | None, desk: Desk
) -> dict[str, tuple[float, float]]:
    """{label: (0 or 1, weight)} that a status stands for; empty where it says nothing about the comment's words."""
    if status is Status.SPAM or (status is Status.REMOVED and code in _ADVERTISING):
        desk.tally.count("spam")
        return {spam: (1.0, SPAM)} if spam else {}
    if status is Status.VISIBLE:
        return {label: (0.0, APPROVED) for label in (rejected, spam) if label}
    if status is not Status.REMOVED or rejected is None:
        return {}
    if not code:
        return {rejected: (1.0, REJECTED)}
    if code not in _ABUSE and rejected == _TOXICITY:
        desk.tally.count("rejected_for_other_reasons")
        return {}
    named = _label_of(code, desk)
    return {label: (1.0, REASONED) for label in (rejected, named) if label}


def _label_of(code: str, desk: Desk) -> str | None:
    """The one label of abuse whose bridge to Coral names this reason."""
    sharing = [
        label.id
        for label in desk.vocabulary.taxonomy.family("abuse")
        if any(code in name.split("/") for name in label.bridges.get("coral", ()))
    ]
    return sharing[0] if len(sharing) == 1 else None
