"""A thread with its scores and decisions becomes a report: counts, rates, queue, course, coverage. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from analyzer.reports import coordination, sentences, words
from analyzer.reports.figures import turning_point, wilson
from analyzer.reports.findings import ATTACKS, COUNTER_SPEECH, LabelBook, is_umbrella, urgency
from analyzer.reports.inert import is_rtl, language_tag, slug
from analyzer.reports.records import (
    UNNAMED,
    Coverage,
    LabelRate,
    Participant,
    Report,
    ReportedComment,
    Standing,
    Target,
    Turn,
)
from analyzer.reports.redact import Redactor
from analyzer.schema import Action, Checked, Comment, Decision, Key, Score, Thread
from analyzer.taxonomy import Taxonomy, load_taxonomy

_STANDINGS = {Action.APPROVE: Standing.APPROVE, Action.REVIEW: Standing.REVIEW, Action.REJECT: Standing.REJECT}


def build_report(
    thread: Thread,
    scores: Iterable[Score],
    decisions: Iterable[Decision],
    *,
    taxonomy: Taxonomy | None = None,
    thresholds: Mapping[str, Mapping[str, Any]] | None = None,
    redact: bool = False,
) -> Report:
    """The moderation report of one thread.

    `scores` and `decisions` may be those of many threads. `thresholds` are the model's; without them labels are shown
    from 0.5 on. With `redact` the report holds no author: mentions, and names that the comments hold in clear, become pseudonyms.
    """
    book = LabelBook(taxonomy or load_taxonomy(), thresholds or {})
    work = _prepared(thread, scores, decisions, book, redact=redact)
    comments, without_evidence = _comments(work)
    line = work.redactor.line if work.redactor else str
    scored = [comment for comment in comments if comment.problem is not None]
    page = slug(thread.source, thread.id, readable=not redact)
    title = line(thread.title or "") or "Untitled thread"
    report = Report(
        source=line(thread.source),
        thread_id=line(thread.id),
        slug=page,
        title=title,
        url=line(thread.url or ""),
        n=len(comments),
        readers=len(work.readers),
        first=min((c.created for c in comments if c.created), default=None),
        last=max((c.created for c in comments if c.created), default=None),
        by_action={standing: sum(c.standing is standing for c in comments) for standing in Standing},
        by_label=_rates(work, scored),
        turning_point=None,
        top=_queue(comments),
        comments=comments,
        targets=_targets(comments),
        participants=_participants(comments),
        coverage=_coverage(work, comments, without_evidence),
        definitions=book.definitions(f.label for c in comments for f in (*c.findings, c.nearest) if f),
        model=", ".join(sorted({score.model for score in work.scores.values()})) or "none",
        taxonomy=book.taxonomy.version,
        policy=", ".join(sorted({decision.policy for decision in work.decisions.values()})) or "none",
        coordination=coordination.within_thread(comments, slug=page, title=title),
        redacted=redact,
        lang=work.lang,
        label_names={reason.label: book.name(reason.label) for c in comments for reason in c.reasons},
    )
    if report.dated:
        report = replace(report, turning_point=_turn(comments, scored))
    return replace(report, lede=sentences.lede(report))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """What all steps look up."""

    thread: Thread
    book: LabelBook
    scores: Mapping[Key, Score]
    decisions: Mapping[Key, Decision]
    readers: Mapping[str, str]
    redactor: Redactor | None
    lang: str


def _prepared(
    thread: Thread, scores: Iterable[Score], decisions: Iterable[Decision], book: LabelBook, *, redact: bool
) -> _Work:
    """The scores and decisions of this thread alone, and its readers under their pseudonyms."""
    keys = {comment.key for comment in thread.comments}
    readers = _pseudonyms(thread.comments)
    by_key = {score.key: score for score in scores if score.key in keys}
    return _Work(
        thread=thread,
        book=book,
        scores=by_key,
        decisions={decision.key: decision for decision in decisions if decision.key in keys},
        readers=readers,
        redactor=Redactor(readers) if redact else None,
        lang=_main_language(thread.comments, by_key),
    )


def _pseudonyms(comments: Sequence[Comment]) -> dict[str, str]:
    authors = dict.fromkeys(comment.author for comment in comments if comment.author)
    return {author: f"Reader {number}" for number, author in enumerate(authors, start=1)}


def _language(comment: Comment, score: Score | None) -> str:
    return language_tag(score.lang if score and score.lang != "und" else comment.lang)


def _main_language(comments: Sequence[Comment], scores: Mapping[Key, Score]) -> str:
    """The commonest language told; `und` if none is."""
    told = Counter(_language(comment, scores.get(comment.key)) for comment in comments)
    del told["und"]
    return told.most_common(1)[0][0] if told else "und"


def _comments(work: _Work) -> tuple[tuple[ReportedComment, ...], int]:
    numbers = {comment.id: number for number, comment in enumerate(work.thread.comments, start=1)}
    built: list[ReportedComment] = []
    without_evidence = 0
    for comment in work.thread.comments:
        reported, lacking = _reported(work, comment, numbers)
        without_evidence += lacking
        parent = built[reported.parent - 1] if reported.parent and reported.parent <= len(built) else None
        if reported.needs_person:
            gone = reported.orphan or (parent is not None and parent.standing.put_away)
            why = sentences.why(reported, gone, work.book)
            reported = replace(reported, why=why, todo=sentences.todo(reported, gone, work.book, work.lang))
        if work.redactor:
            text, spans = work.redactor.text(reported.text, reported.spans)
            reported = replace(reported, text=text, spans=spans, author=None, id=work.redactor.line(reported.id))
        built.append(reported)
    return tuple(built), without_evidence


def _reported(work: _Work, comment: Comment, numbers: Mapping[str, int]) -> tuple[ReportedComment, int]:
    score, decision = work.scores.get(comment.key), work.decisions.get(comment.key)
    standing, checked = _standing(comment, score, decision)
    reasons = decision.reasons if decision else ()
    reported = ReportedComment(
        number=numbers[comment.id],
        id=comment.id,
        reader=work.readers.get(comment.author or "", UNNAMED),
        author=comment.author,
        text=comment.text,
        standing=standing,
        parent=numbers.get(comment.parent_id) if comment.parent_id else None,
        orphan="orphan" in comment.flags,
        created=comment.created,
        lang=_language(comment, score),
        rtl=is_rtl(comment.text),
        checked=checked,
        windows=score.windows if score else 0,
    )
    if score is None or score.checked is not Checked.OK or standing.put_away:
        return reported, 0
    # What a rule brought in and a lowering cleared is told, but no finding of the report.
    findings, without_evidence = work.book.findings(score, reasons if standing.needs_person else ())
    families = {finding.family for finding in findings}
    length = len(comment.text)
    return (
        replace(
            reported,
            problem=work.book.problem(score),
            findings=findings,
            nearest=work.book.nearest(score, findings) if standing.needs_person else None,
            reasons=reasons,
            spans=tuple(
                replace(span, start=max(0, span.start), end=min(length, span.end))
                for span in score.spans
                if span.label.split(".")[0] in families and max(0, span.start) < min(length, span.end)
            ),
            targets=tuple(label.name for label, _ in work.book.present(score, "target")[:3]),
            stance=tuple(label.name for label, _ in work.book.present(score, "stance")),
        ),
        without_evidence,
    )


def _standing(comment: Comment, score: Score | None, decision: Decision | None) -> tuple[Standing, str]:
    away = comment.put_away or (score.checked if score else None)
    if away in (Checked.DELETED, Checked.SPAM):
        return Standing(away), str(away)
    if score is None:
        return Standing.UNCHECKED, "unscored" if comment.text.strip() else "empty"
    if score.checked is not Checked.OK:
        return Standing.UNCHECKED, str(score.checked)
    if decision is None or decision.action not in _STANDINGS:
        return Standing.UNCHECKED, "undecided"
    return _STANDINGS[decision.action], "ok"


def _queue(comments: Sequence[ReportedComment]) -> tuple[int, ...]:
    """Numbers of the comments that need a person: worst first."""
    waiting = [comment for comment in comments if comment.needs_person]
    waiting.sort(key=urgency)
    return tuple(comment.number for comment in waiting)


def _rates(work: _Work, scored: Sequence[ReportedComment]) -> tuple[LabelRate, ...]:
    """Family rows, each followed by its labels, commonest first; then counter-speech."""
    by_label: Counter[str] = Counter()
    by_family: Counter[str] = Counter()
    precisions: dict[str, list[float | None]] = {}
    for comment in scored:
        by_label.update({finding.label for finding in comment.findings})
        by_family.update({finding.family for finding in comment.findings})
        for finding in comment.findings:
            precisions.setdefault(finding.label, []).append(finding.precision)
    rates: list[LabelRate] = []
    for family in work.book.shown_families:
        rates.append(rate(family, work.book.name(family), by_family[family], len(scored)))
        labels = [label_id for label_id in by_label if label_id.split(".")[0] == family and not is_umbrella(label_id)]
        for label_id in sorted(labels, key=lambda name: (-by_label[name], name)):
            rates.append(
                replace(
                    rate(label_id, work.book.name(label_id), by_label[label_id], len(scored)),
                    precision=lowest(precisions[label_id]),
                    note=work.book.note(label_id),
                )
            )
    counter_speech = work.book.name(COUNTER_SPEECH)
    answers = [comment for comment in scored if counter_speech in comment.stance]
    calm = rate(COUNTER_SPEECH, counter_speech, len(answers), len(scored))
    return (*rates, replace(calm, precision=lowest(work.book.precision(COUNTER_SPEECH, c.lang) for c in answers)))


def lowest(precisions: Iterable[float | None]) -> float | None:
    """The lowest of some precisions; None where one of them was not measured, or there is none."""
    told = list(precisions)
    measured = [precision for precision in told if precision is not None]
    return min(measured) if measured and len(measured) == len(told) else None


def rate(label: str, name: str, count: int, n: int) -> LabelRate:
    """The share of `count` in `n` with its interval."""
    low, high = wilson(count, n)
    return LabelRate(
        label=label,
        name=name,
        family=label.split(".")[0],
        count=count,
        n=n,
        rate=count / n if n else 0.0,
        low=low,
        high=high,
    )


def _turn(comments: Sequence[ReportedComment], scored: Sequence[ReportedComment]) -> Turn | None:
    rise = turning_point([comment.needs_person for comment in scored])
    if rise is None:
        return None
    at = scored[rise.at]
    return Turn(
        number=at.number,
        created=at.created,
        before=rise.before,
        n_before=rise.at,
        after=rise.after,
        n_after=len(scored) - rise.at,
        chance=rise.chance,
        first_of=sentences.first_of(comments, at.number),
    )


def _targets(comments: Sequence[ReportedComment]) -> tuple[Target, ...]:
    beside: dict[str, list[int]] = {}
    elsewhere: dict[str, list[int]] = {}
    for comment in comments:
        attack = comment.needs_person and comment.has_family(*ATTACKS)
        for name in comment.targets:
            (beside if attack else elsewhere).setdefault(name, []).append(comment.number)
    names = sorted({*beside, *elsewhere}, key=lambda name: (-len(beside.get(name, ())), name))
    return tuple(
        Target(name=name, beside_attacks=tuple(beside.get(name, ())), elsewhere=tuple(elsewhere.get(name, ())))
        for name in names
    )


def _participants(comments: Sequence[ReportedComment]) -> tuple[Participant, ...]:
    """Everybody with a pseudonym in order of the first comment: readers are not ranked."""
    numbers: dict[str, list[ReportedComment]] = {}
    for comment in comments:
        if comment.reader != UNNAMED:
            numbers.setdefault(comment.reader, []).append(comment)
    return tuple(
        Participant(
            reader=reader,
            comments=tuple(comment.number for comment in own),
            problems=tuple(comment.number for comment in own if comment.needs_person),
        )
        for reader, own in numbers.items()
    )


def _coverage(work: _Work, comments: Sequence[ReportedComment], without_evidence: int) -> Coverage:
    unchecked = Counter(comment.checked for comment in comments if comment.standing is Standing.UNCHECKED)
    languages = Counter(words.language(c.lang) for c in comments if not c.standing.put_away)
    deleted = {comment.number for comment in comments if comment.standing is Standing.DELETED}
    known = work.book.labels
    return Coverage(
        in_dump=len(comments),
        scored=sum(comment.problem is not None for comment in comments),
        unchecked=dict(unchecked.most_common()),
        deleted=len(deleted),
        spam=sum(comment.standing is Standing.SPAM for comment in comments),
        deleted_with_replies=len({comment.parent for comment in comments} & deleted),
        split=sum(comment.windows > 1 for comment in comments),
        orphans=work.thread.orphans,
        languages=dict(languages.most_common()),
        without_evidence=without_evidence,
        unknown_labels=tuple(sorted({label for s in work.scores.values() for label in s.probs if label not in known})),
        claimed=work.thread.claimed,
        missing=max(0, (work.thread.claimed or 0) - len(comments)),
    )
