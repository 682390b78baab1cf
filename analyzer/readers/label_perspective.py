"""Perspective `suggestscore` records → Examples: what a site told the service its comments should have scored."""

from collections.abc import Iterable, Iterator, Mapping

from analyzer.readers.label_desk import Desk, Draft, families_of, stem
from analyzer.readers.markup import html_to_text
from analyzer.readers.values import UNKNOWN_THREAD, as_id, as_list, as_object, as_text, dig, objects
from analyzer.schema import Comment, Example, Span

DESCRIPTION = "Perspective suggestscore records (JSON)"
_SAID = 0.5  # a span suggested below it says that there is nothing


def sniff(record: Mapping[str, object]) -> bool:
    return isinstance(dig(record, "comment", "text"), str) and isinstance(record.get("attributeScores"), Mapping)


def read(rows: Iterable[tuple[int, object]], desk: Desk) -> Iterator[Example]:
    """An Example a record; attributes become labels through the taxonomy's bridges."""
    for number, row in rows:
        record = as_object(row)
        text = as_text(dig(record, "comment", "text"))
        if dig(record, "comment", "type") == "HTML":
            text = html_to_text(text)
        scores = as_object(record.get("attributeScores"))
        values: dict[str, float] = {}
        spans: list[Span] = []
        for name, score in scores.items():
            value = dig(score, "summaryScore", "value")
            label = desk.vocabulary.bridged("perspective", str(name)) or desk.label(str(name), number)
            if label and isinstance(value, (int, float)) and 0 <= value <= 1:
                values[label] = float(value)
                spans += _spans(score, label, text)
        if not text.strip() or not values:
            desk.reject(number, "not a suggestion; it needs comment.text and attributeScores.NAME.summaryScore.value")
            continue
        draft = Draft(comment=_comment(record, text, number, desk), number=number, parent=_parent(record))
        draft.vote(values)
        if spans:
            draft.spans, draft.families = tuple(spans), families_of(span.label for span in spans)
        yield draft.example(desk)


def _comment(record: Mapping[str, object], text: str, number: int, desk: Desk) -> Comment:
    languages = as_list(record.get("languages"))
    return Comment(
        source=as_text(record.get("communityId")) or stem(desk.source),
        id=as_id(record.get("clientToken")) or f"row{number}",
        thread_id=UNKNOWN_THREAD,
        text=text,
        lang=as_text(languages[0]) or None if languages else None,
    )


def _parent(record: Mapping[str, object]) -> str | None:
    entries = objects(dig(record, "context", "entries"))
    return as_text(entries[-1].get("text")) or None if entries else None


def _spans(score: object, label: str, text: str) -> Iterator[Span]:
    """Spans that speak for a part of the text."""
    for span in objects(as_object(score).get("spanScores")):
        start, end, value = span.get("begin"), span.get("end"), dig(span, "score", "value")
        if not (isinstance(start, int) and isinstance(end, int) and isinstance(value, (int, float))):
            continue
        if 0 <= start < end <= len(text) and end - start < len(text) and _SAID <= value <= 1:
            yield Span(start=start, end=end, label=label, prob=1.0)
