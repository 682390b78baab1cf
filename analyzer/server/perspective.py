"""Perspective's `comments:analyze` and `comments:suggestscore`: requests → what is asked, Scores → answers. Pure.

The form is that of the Comment Analyzer API v1alpha1 (discovery revision 20190414 and the service's reference pages). What differs
is said in docs/api.md: the parent is read with the comment, and a comment that the model cannot judge has no number.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from analyzer.schema import Checked, Score
from analyzer.server.attributes import unpinned
from analyzer.server.wire import RefusedError, conform, invalid
from analyzer.tables import storable

LONGEST = 20_480  # bytes of a comment
_LONGEST_CONTEXT = 1_000_000
_MOST_PARTS = 64  # sentences that are scored by themselves; more are taken together
_SENTENCE = re.compile(r"[^.!?…。！？\n]*[.!?…。！？\n]+[\"'”’»)\]]*\s*|[^.!?…。！？\n]+\Z")

_ENTRY = {"text": str, "type": str}
_CONTEXT = {"entries": [_ENTRY], "articleAndParentComment": {"article": _ENTRY, "parentComment": _ENTRY}}
_SCORE = {"value": float, "type": str}
_CALLER = {"languages": [str], "clientToken": str, "sessionId": str, "communityId": str}
_ANALYZE = _CALLER | {
    "comment": _ENTRY,
    "context": _CONTEXT,
    "requestedAttributes": {"*": {"scoreType": str, "scoreThreshold": float}},
    "spanAnnotations": bool,
    "doNotStore": bool,
    "dropUnsupportedAttributes": bool,
}
_SUGGEST = _CALLER | {
    "comment": _ENTRY,
    "context": _CONTEXT,
    "attributeScores": {"*": {"summaryScore": _SCORE, "spanScores": [{"begin": int, "end": int, "score": _SCORE}]}},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """What an analyze request asks. `attributes`: name as asked → (label, threshold or None)."""

    text: str
    parent: str | None
    languages: tuple[str, ...]
    attributes: Mapping[str, tuple[str, float | None]]
    by_sentence: bool
    drop: bool
    token: str | None

    @property
    def lang(self) -> str | None:
        """The language that was declared first, without its region: a hint."""
        return re.split(r"[-_]", self.languages[0])[0].lower() or None if self.languages else None


def read_analysis(record: Any, known: Mapping[str, str]) -> Analysis:
    """The request; RefusedError says in the service's words what is wrong. `known`: attribute → label."""
    asked = conform(record, _ANALYZE)
    text = _comment(asked)
    wanted = asked.get("requestedAttributes", {})
    if not wanted:
        raise RefusedError("Missing requested_attributes", error_type="NO_REQUESTED_ATTRIBUTES")
    drop = asked.get("dropUnsupportedAttributes", False)
    attributes: dict[str, tuple[str, float | None]] = {}
    for name, options in wanted.items():
        kind = options.get("scoreType", "PROBABILITY")
        label = known.get(unpinned(name))
        if label is None and not drop:
            raise RefusedError(f"Unknown requested attribute: {name[:80]}", error_type="INVALID_REQUEST")
        if kind not in ("PROBABILITY", "SCORE_TYPE_UNSPECIFIED"):
            said = f"Requested score type {kind[:40]} is not supported by attribute {name[:80]}"
            raise RefusedError(said, error_type="INVALID_REQUEST")
        if label is not None:
            attributes[name] = label, options.get("scoreThreshold")
    return Analysis(
        text=text,
        parent=_parent(asked.get("context", {})),
        languages=tuple(asked.get("languages", ())),
        attributes=attributes,
        by_sentence=asked.get("spanAnnotations", False),
        drop=drop,
        token=asked.get("clientToken"),
    )


def _comment(asked: Mapping[str, Any]) -> str:
    entry = asked.get("comment", {})
    kind = entry.get("type", "PLAIN_TEXT")
    if kind not in ("PLAIN_TEXT", "TEXT_TYPE_UNSPECIFIED"):
        html = kind == "HTML"
        said = "Currently, only 'PLAIN_TEXT' comments are supported" if html else "Unknown text type"
        raise RefusedError(said, error_type="INVALID_REQUEST")
    text = storable(entry.get("text", ""))
    if not text.strip():
        raise RefusedError("Comment must be non-empty.", error_type="COMMENT_EMPTY")
    if len(text.encode()) > LONGEST:
        raise RefusedError("Comment text too long.", error_type="COMMENT_TOO_LONG")
    return text


def _parent(context: Mapping[str, Any]) -> str | None:
    """The text that the comment answers: the last entry, or the parent comment; an article is none."""
    entries, both = context.get("entries", []), context.get("articleAndParentComment")
    if entries and both is not None:
        said = "Context can have either entries or article_and_parent_comment, but both fields were populated."
        raise RefusedError(said, error_type="INVALID_REQUEST")
    given = [entry.get("text", "") for entry in entries] + [part.get("text", "") for part in (both or {}).values()]
    if any(len(text) > _LONGEST_CONTEXT for text in given):
        raise RefusedError("Context text too long.", error_type="INVALID_REQUEST")
    said = entries[-1].get("text", "") if entries else (both or {}).get("parentComment", {}).get("text", "")
    return storable(said) if said.strip() else None


def sentences(text: str) -> list[tuple[int, int]]:
    """`[start, end)` of the sentences, without the spaces around them; neighbours are joined where there are too many."""
    places = []
    for match in _SENTENCE.finditer(text):
        words = match[0].strip()
        if words:
            start = match.start() + match[0].index(words)
            places.append((start, start + len(words)))
    size = -(-len(places) // _MOST_PARTS)
    groups = [places[first : first + size] for first in range(0, len(places), size or 1)]
    return [(group[0][0], group[-1][1]) for group in groups]


def answer_analysis(asked: Analysis, score: Score, parts: Sequence[tuple[int, int, Score]] = ()) -> dict[str, Any]:
    """The answer; RefusedError if the comment could not be judged. `parts`: sentences of the text with Scores of their own."""
    _require_judged(asked, score)
    units = list(accumulate((1 + (ord(char) > 0xFFFF) for char in asked.text), initial=0))
    scores = {}
    for name, (label, threshold) in asked.attributes.items():
        prob = score.probs.get(label)
        if prob is None or (threshold is not None and prob < threshold):
            continue
        spans = [
            _span(units[start], units[end], part.probs[label]) for start, end, part in parts if label in part.probs
        ]
        scores[name] = {"spanScores": spans or [_span(0, units[-1], prob)], "summaryScore": _value(prob)}
    found = [score.lang]
    answer: dict[str, Any] = {"attributeScores": scores} if scores else {}
    answer |= {"languages": list(asked.languages) or found, "detectedLanguages": found}
    return answer | ({"clientToken": asked.token} if asked.token is not None else {})


def _require_judged(asked: Analysis, score: Score) -> None:
    if score.checked is Checked.FAILED:
        raise RefusedError("The comment could not be scored.", 503, "UNAVAILABLE")
    if score.checked in (Checked.LETTERLESS, Checked.EMPTY):
        raise RefusedError("Unable to detect language", error_type="LANGUAGE_DETECTION_FAILED")
    if score.checked is Checked.LANGUAGE and not asked.drop:
        first = next(iter(asked.attributes))
        raise RefusedError(
            f"Attribute {first} does not support request languages: {score.lang}",
            error_type="LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
            details={
                "languageNotSupportedByAttributeError": {"detectedLanguages": [score.lang], "attribute": first},
            },
        )


def _span(begin: int, end: int, prob: float) -> dict[str, Any]:
    """Offsets are UTF-16 code units, the end exclusive."""
    return {"begin": begin, "end": end, "score": _value(prob)}


def _value(prob: float) -> dict[str, Any]:
    return {"value": prob, "type": "PROBABILITY"}


def read_suggestion(record: Any, known: Mapping[str, str]) -> dict[str, Any]:
    """A suggested score as a row that `analyzer check` and `train` read; RefusedError says what is wrong.

    Coral writes a JSON object with the place of the comment where a context belongs: it is kept as `coral`.
    """
    row: dict[str, Any] = conform(record, _SUGGEST)
    row["comment"] = {"text": _comment(row)}
    if not row.get("attributeScores"):
        raise RefusedError("Missing attribute_scores", error_type="INVALID_REQUEST")
    for name, scores in row["attributeScores"].items():
        if unpinned(name) not in known:
            raise RefusedError(f"Unknown requested attribute: {name[:80]}", error_type="INVALID_REQUEST")
        if not scores:
            raise invalid(f"Invalid value at 'attributeScores.{name[:80]}': no score is given.")
        for value in _values(scores, name):
            if not 0 <= value <= 1:
                raise invalid(f"Invalid value at 'attributeScores.{name[:80]}': a score must lie between 0 and 1.")
    _parent(row.get("context", {}))
    place = _coral_place(row.get("context", {}))
    if place is not None:
        row["coral"] = place
        del row["context"]
    return row


def _values(scores: Mapping[str, Any], name: str) -> Iterator[float]:
    spans = scores.get("spanScores", [])
    for given in (scores.get("summaryScore"), *(span.get("score") for span in spans)):
        if given is not None:
            if "value" not in given:
                raise invalid(f"Invalid value at 'attributeScores.{name[:80]}': a score without a value.")
            yield given["value"]
    if any("begin" not in span or "end" not in span for span in spans):
        raise invalid(f"Invalid value at 'attributeScores.{name[:80]}': a span needs begin and end.")


def _coral_place(context: Mapping[str, Any]) -> dict[str, Any] | None:
    entries = context.get("entries", [])
    if len(entries) != 1:
        return None
    try:
        place = json.loads(entries[0].get("text", ""))
    except (ValueError, RecursionError):
        return None
    return place if isinstance(place, dict) and "Coral_comment_id" in place else None


def answer_suggestion(row: Mapping[str, Any]) -> dict[str, Any]:
    """What the service answers to a suggestion."""
    languages = row.get("languages")
    answer: dict[str, Any] = {"requestedLanguages": languages} if languages else {}
    return answer | ({"clientToken": row["clientToken"]} if "clientToken" in row else {})
