"""Reports as JSON, CSV and Markdown."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from analyzer.reports import prose, sentences, words
from analyzer.reports.evidence import passages, pieces
from analyzer.reports.figures import wilson
from analyzer.reports.inert import csv_cell, json_text, markdown, markdown_quote
from analyzer.reports.records import (
    FirstRead,
    Index,
    IndexRow,
    LabelRate,
    Pattern,
    Report,
    ReportedComment,
    Standing,
)

NEVER = (
    "to ban, block or punish anybody without a person who reads the comment in its thread",
    "to call a reader antisemitic, a propagandist, a troll or a bot",
    "to decide whether a claim is true",
    "to rank readers, or to find out who they are",
    "as evidence in a legal case: a probability is no proof",
)
_ACTIONS = {
    Standing.REJECT: "Suggested: reject",
    Standing.REVIEW: "Suggested: review",
    Standing.APPROVE: "Suggested: approve",
    Standing.UNCHECKED: "Not checked",
    Standing.DELETED: "Deleted",
    Standing.SPAM: "Spam",
}
SAMPLING = (
    "The 95 % interval holds what chance does to a count of this size, not the errors of the model: "
    "“analyzer prevalence” corrects for those with comments that people judged."
)
_INDEX_ROWS_IN_MARKDOWN = 500
_MOST_PLACES = 30  # threads named with a pattern
_FIRST_SHOWN = 600  # characters of a comment on the index


def action_name(standing: Standing | str) -> str:
    """An action in words: always a suggestion, never a fact."""
    return _ACTIONS[Standing(standing)]


def as_json(report: Report | Index) -> str:
    """Everything the report holds; times in ISO 8601, absent values left out."""
    kind = "report" if isinstance(report, Report) else "index"
    return json_text({"kind": kind} | _plain(report))


def as_csv(report: Report | Index) -> str:
    """One row a comment (report) or a thread (index), every cell quoted and safe in a spreadsheet."""
    lines = io.StringIO()
    rows = _comment_rows(report) if isinstance(report, Report) else map(_thread_row, report.rows)
    writer = csv.writer(lines, quoting=csv.QUOTE_ALL, lineterminator="\n")
    head = _COMMENT_HEAD if isinstance(report, Report) else _THREAD_HEAD
    writer.writerow(head)
    for row in rows:
        writer.writerow([csv_cell(cell) for cell in row])
    return lines.getvalue()


def as_markdown(report: Report | Index) -> str:
    """What the page holds, to read in a text window: summary, queue, figures, people, the whole thread, coverage."""
    lines = _report_lines(report) if isinstance(report, Report) else _index_lines(report)
    return "\n".join(lines) + "\n"


def _plain(record: Any) -> Any:
    if isinstance(record, Enum):
        return str(record.value)
    if isinstance(record, datetime):
        return record.isoformat()
    if isinstance(record, float):
        return round(record, 6)
    if isinstance(record, Mapping):
        return {str(name): _plain(value) for name, value in record.items()}
    if isinstance(record, (list, tuple)):
        return [_plain(value) for value in record]
    if is_dataclass(record):
        named = ((field.name, getattr(record, field.name)) for field in fields(record))
        return {name: _plain(value) for name, value in named if value not in (None, "", ())}
    return record


_COMMENT_HEAD = (
    "source", "thread_id", "number", "comment_id", "answers", "reader", "author", "created", "suggested", "labels",
    "nearest_trope", "evidence", "rules", "speaks_of", "stance", "language", "checked", "text", "model", "taxonomy", "policy",
)  # fmt: skip
_THREAD_HEAD = (
    "thread_id", "title", "page", "comments", "claimed", "readers", "first", "last", "scored", "reject", "review", "approve",
    "unchecked", "deleted", "spam", "abuse", "antisemitism", "propaganda", "counter_speech", "turns_at", "share_low",
)  # fmt: skip


def _comment_rows(report: Report) -> Iterable[tuple[str, ...]]:
    for comment in report.comments:
        yield (
            report.source,
            report.thread_id,
            str(comment.number),
            comment.id,
            str(comment.parent or ""),
            comment.reader,
            comment.author or "",
            comment.created.isoformat() if comment.created else "",
            str(comment.standing),
            "; ".join(f"{finding.label} {finding.prob:.2f}" for finding in comment.findings),
            f"{near.label} {near.prob:.2f} < {near.threshold:.2f}" if (near := comment.nearest) else "",
            " | ".join(piece.text for piece in pieces(comment) if piece.numbers),
            "; ".join(f"{r.rule}: {r.label} {r.prob:.2f} >= {r.threshold:.2f}" for r in comment.reasons),
            "; ".join(comment.targets),
            "; ".join(comment.stance),
            comment.lang,
            comment.checked,
            comment.text,
            report.model,
            report.taxonomy,
            report.policy,
        )


def _thread_row(row: IndexRow) -> tuple[str, ...]:
    return (
        row.thread_id,
        row.title,
        f"threads/{row.slug}.html",
        str(row.n),
        "" if row.claimed is None else str(row.claimed),
        str(row.readers),
        row.first.isoformat() if row.first else "",
        row.last.isoformat() if row.last else "",
        str(row.scored),
        *(str(row.by_action[standing]) for standing in Standing),
        *(str(row.by_family.get(f, 0)) for f in ("abuse", "antisemitism", "propaganda", "stance.counter_speech")),
        str(row.turn.number) if row.turn else "",
        f"{row.low:.4f}",
    )


def _report_lines(report: Report) -> list[str]:
    when = words.period(report.first, report.last)
    lines = [f"# {markdown(report.title)}", ""]
    lines += [f"{words.comments_by(report.n, report.readers)}{', ' if when else ''}{when}.", ""]
    lines += [f"Source: {markdown(report.source)}{', ' if report.url else ''}{markdown(report.url)}", ""]
    if report.redacted:
        lines += ["Authors and @-mentions are removed; a name written without @ may stand.", ""]
    lines += [" ".join(markdown(sentence) for sentence in report.lede), ""]
    lines += _action_lines(report)
    lines += prose.turn_lines(report)
    lines += ["## Needs a person, worst first", ""]
    for rank, comment in enumerate(report.queue, start=1):
        lines += _comment_lines(report, comment, rank)
    if not report.queue:
        lines += [markdown(sentences.nothing_queued(report.policy)), ""]
    if report.unchecked:
        lines += ["## Not checked: please read these yourself", ""]
        for comment in report.unchecked:
            reason = words.unchecked(comment.checked, comment.lang)
            lines += [f"Comment {comment.number}, {comment.reader} ({markdown(reason)})", ""]
            lines += [markdown_quote(comment.text), ""] if comment.text.strip() else []
    lines += _rate_lines("How often each label was found", report.by_label, report.coverage.scored)
    lines += prose.people_lines(report)
    if report.coordination:
        lines += ["## Patterns", ""]
        lines += [_pattern_line(pattern) for pattern in report.coordination]
        lines.append("")
    lines += prose.tree_lines(report)
    return lines + _limits(report, {}) + prose.definition_lines(report.definitions)


def _action_lines(report: Report | Index) -> list[str]:
    """How many comments each action is suggested for; the shares are of all comments."""
    lines = ["| Action | Comments | Share |", "|---|---:|---:|"]
    for standing, count in report.by_action.items():
        share = words.percent(count / report.n) if report.n else "–"
        lines.append(f"| {action_name(standing)} | {count:,} | {share} |")
    policy = markdown(words.policy_name(report.policy))
    return [*lines, "", f"Suggested under policy {policy}; nothing has been done yet.", ""]


def _pattern_line(pattern: Pattern) -> str:
    """The pattern, what was said, where and when."""
    numbers: dict[str, list[int]] = {}
    for slug, number in pattern.places:
        numbers.setdefault(slug, []).append(number)
    where = [
        (f"{markdown(pattern.threads.get(slug, '')) or 'Untitled thread'}: " if len(numbers) > 1 else "")
        + f"{words.agree(len(own), 'comment', 'comments')} {prose.listed_numbers(own)}"
        for slug, own in list(numbers.items())[:_MOST_PLACES]
    ]
    when = words.period(pattern.times[0], pattern.times[-1]) if pattern.times else ""
    excerpt = "covered: the comments show it" if pattern.covered else f"“{markdown(pattern.excerpt)}”"
    said = f" {excerpt}" if pattern.excerpt else ""
    there = f"{words.sentence('; '.join(where))}{', ' if when else ''}{when}."
    return f"- {markdown(words.sentence(pattern.text))}{said} {there} {markdown(sentences.pattern_line(pattern))}"


def _comment_lines(report: Report, comment: ReportedComment, rank: int) -> list[str]:
    when = f", {words.moment(comment.created, report.many_days)}" if comment.created else ""
    lines = [f"### {rank}. Comment {comment.number}, {comment.reader}{when}", ""]
    lines += [f"**{action_name(comment.standing)}**", ""]
    if comment.parent:
        parent = report.comments[comment.parent - 1]
        quoted = "" if parent.standing.put_away else f": “{markdown(parent.text[:280])}”"
        lines += [f"Answers comment {comment.parent}, {parent.reader}{quoted}", ""]
    else:
        lines += ["Answers a comment that is not in the dump." if comment.orphan else "Answers the article.", ""]
    lines += [markdown_quote(comment.text), ""]
    cut = pieces(comment)
    for number, finding in enumerate(comment.findings, start=1):
        lines.append(prose.finding_line(finding, passages(cut, number)))
    lines += prose.fact_lines(report, comment)
    lines += ["", f"{markdown(comment.why)} **To do:** {markdown(comment.todo)}", ""]
    return lines


def _rate_lines(heading: str, rates: Iterable[LabelRate], scored: int) -> list[str]:
    share = f"Share of the {words.plural(scored, 'scored comment')}. One comment can have several labels. {SAMPLING}"
    lines = [f"## {heading}", "", share, ""]
    lines += ["| Label | Comments | Share | 95 % interval | Right when shown |", "|---|---:|---:|---|---|"]
    for rate in rates:
        name = f"**{markdown(rate.name)}, any**" if rate.is_family else markdown(rate.name)
        note = f" ({rate.note})" if rate.note else ""
        shares = f"{words.percent(rate.rate)} | {_interval(rate.low, rate.high)}" if rate.n else "– | –"
        lines.append(f"| {name}{note} | {rate.count:,} | {shares} | {words.right_in_ten(rate.precision)} |")
    return [*lines, ""]


def _interval(low: float, high: float) -> str:
    return f"{markdown(words.percent_number(low))} to {words.percent(high)}"


def _limits(report: Report | Index, counts: Mapping[str, int]) -> list[str]:
    lines = ["## Coverage and limits", "", *prose.coverage_lines(report.coverage, counts)]
    lines += [f"- Model {markdown(report.model)}, {markdown(report.taxonomy)}, policy {markdown(report.policy)}", ""]
    if report.policy_notes:
        lines += ["The policy with this model:", ""]
        lines += [*(f"- {markdown(words.sentence(note))}." for note in report.policy_notes), ""]
    unsaid = sentences.unsaid(report.coverage.scored, several=isinstance(report, Index))
    lines += ["What the figures cannot say:", "", *(f"- {markdown(limit)}" for limit in unsaid), ""]
    return [*lines, "Not to be used:", "", *(f"- {use}" for use in NEVER), ""]


def _index_lines(index: Index) -> list[str]:
    need = index.needs_person
    lines = [f"# {need:,} of {words.plural(index.n, 'comment')} {words.agree(need, 'needs', 'need')} a person", ""]
    lines += [" ".join(index.lede), "", *_action_lines(index)]
    if index.first:
        lines += ["## Read first", ""]
        for first in index.first:
            lines += _first_lines(first)
    lines += _thread_lines(index.rows)
    lines += _rate_lines("All threads together", index.by_family, index.coverage.scored)
    if index.patterns:
        lines += ["## Across threads", ""]
        lines += [_pattern_line(pattern) for pattern in index.patterns]
        lines.append("")
    return lines + _limits(index, index.counts)


def _first_lines(first: FirstRead) -> list[str]:
    """One of the worst comments with its thread and the gravest of its labels."""
    comment = first.comment
    found = ", ".join(f"{markdown(finding.name)} {finding.prob:.2f}" for finding in comment.findings[:2])
    where = f"[{markdown(first.title)}](threads/{first.slug}.md), comment {comment.number}"
    when = f", {words.moment(comment.created, many_days=True)}" if comment.created else ""
    said = comment.text if len(comment.text) <= _FIRST_SHOWN else comment.text[:_FIRST_SHOWN] + " …"
    lines = [f"**{action_name(comment.standing)}**, {where}{when}{': ' if found else ''}{found}", ""]
    return [*lines, markdown_quote(said), ""]


def _thread_lines(rows: Sequence[IndexRow]) -> list[str]:
    """A row a thread: its actions, the share of scored comments that need a person, and how it went."""
    actions = [words.sentence(action_name(standing).removeprefix("Suggested: ")) for standing in Standing]
    lines = ["## Threads", "", "Ordered by the lower end of the share that needs a person.", ""]
    lines.append(f"| Thread | Comments | Need a person | Share | 95 % interval | {' | '.join(actions)} | Course |")
    lines.append(f"|---|---:|---:|---:|---|{'---:|' * len(actions)}---|")
    for row in rows[:_INDEX_ROWS_IN_MARKDOWN]:
        link = f"[{markdown(row.title)}](threads/{row.slug}.md)"
        need = row.needs_person
        share = "– | –"
        if row.scored:
            share = f"{words.percent(need / row.scored)} | {_interval(*wilson(need, row.scored))}"
        counts = " | ".join(f"{row.by_action[standing]:,}" for standing in Standing)
        lines.append(f"| {link} | {row.n:,} | {need:,} | {share} | {counts} | {markdown(row.course)} |")
    if len(rows) > _INDEX_ROWS_IN_MARKDOWN:
        lines += ["", f"{len(rows) - _INDEX_ROWS_IN_MARKDOWN:,} more threads are in index.csv."]
    return [*lines, ""]
