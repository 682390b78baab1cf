"""Reviews as JSON Lines → Examples: what was decided stands there, the text is looked up in the run it was decided in."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from analyzer.errors import InputError
from analyzer.readers.label_desk import Desk, Draft, families_of
from analyzer.schema import Comment, Example, Key, Review, Span

DESCRIPTION = "reviews (JSON Lines); texts come from their run"
_KEY_PARTS = 3


def sniff(record: Mapping[str, object]) -> bool:
    """True for the JSON form of a Review."""
    key = record.get("key")
    return isinstance(key, list) and len(key) == _KEY_PARTS and "labels" in record and "reviewer" in record


def read(rows: Iterable[tuple[int, object]], desk: Desk) -> Iterator[Example]:
    """An Example a reviewed comment: the last word of each reviewer counts, several reviewers make a share."""
    if desk.run is None:
        raise InputError(
            f"{desk.source}: reviews hold no texts; name the run they were made on (--run RUN of check and train)"
        )
    reviews = sorted(_reviews(rows, desk), key=lambda numbered: numbered[1].at)
    found = look_up(desk.run, {review.key for _, review in reviews})
    drafts: dict[Key, Draft] = {}
    for number, review in reviews:
        if review.key not in found:
            desk.reject(number, f"comment {review.key.id!r} is not in the run; name the run the review was made on")
        elif not review.labels:
            desk.tally.count("without_labels")
        else:
            draft = drafts.setdefault(review.key, _draft(found[review.key], number))
            _add(draft, review, number, desk)
    yield from (draft.example(desk) for draft in sorted(drafts.values(), key=lambda draft: draft.number))


def _reviews(rows: Iterable[tuple[int, object]], desk: Desk) -> Iterator[tuple[int, Review]]:
    for number, row in rows:
        try:
            review = Review.from_json(row)  # type: ignore[arg-type]
            if any(not 0 <= value <= 1 for value in review.labels.values()):
                raise ValueError("label values must lie in 0..1")
            yield number, review
        except (InputError, KeyError, TypeError, ValueError, AttributeError) as error:
            desk.reject(
                number, f"not a review ({error}); it needs key, labels, action, reviewer, at, model, sampled_by"
            )


def _draft(known: tuple[Comment, str | None], number: int) -> Draft:
    return Draft(comment=known[0], number=number, parent=known[1])


def _add(draft: Draft, review: Review, number: int, desk: Desk) -> None:
    values = {label: value for name, value in review.labels.items() if (label := desk.label(name, number))}
    draft.vote(values, review.reviewer)
    draft.extra = {"sampled_by": review.sampled_by}
    spans = [
        replace(span, label=label)
        for span in review.spans
        if _fits(span, draft.comment) and (label := desk.label(span.label, number))
    ]
    if spans:
        draft.spans = (*(draft.spans or ()), *spans)
        draft.families = families_of(span.label for span in draft.spans)


def _fits(span: Span, comment: Comment) -> bool:
    return 0 <= span.start < span.end <= len(comment.text)


def look_up(run: Any, keys: Iterable[Key]) -> dict[Key, tuple[Comment, str | None]]:
    """Comments of a run (a folder or an open Run) by their keys, each with the text of its parent; missing ones are absent."""
    from analyzer.runs import open_run, shard_of

    opened = open_run(run) if isinstance(run, (str, Path)) else run
    wanted: dict[int, set[Key]] = defaultdict(set)
    for key in keys:
        wanted[shard_of(key.source, key.thread_id, len(opened.shards))].add(key)
    found: dict[Key, tuple[Comment, str | None]] = {}
    for shard, in_shard in wanted.items():
        threads = {(key.source, key.thread_id) for key in in_shard}
        for thread in opened.threads(shard):
            if (thread.source, thread.id) in threads:
                for comment, above in thread.with_context(1):
                    if comment.key in in_shard:
                        found[comment.key] = (comment, above[-1].text or None if above else None)
    return found
