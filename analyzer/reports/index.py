"""The overview over many reports: one row a thread, the worst comments of all, totals. Reports are read once, not
kept."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from analyzer.reports import sentences, slogans, words
from analyzer.reports.charts import strip_values
from analyzer.reports.figures import LEAST_PROBLEMS, wilson
from analyzer.reports.findings import urgency
from analyzer.reports.records import (
    Coverage,
    FirstRead,
    Index,
    IndexRow,
    LabelRate,
    Pattern,
    Report,
    Standing,
)
from analyzer.reports.summary import lowest, rate

_FIRST = 6
_TURN_CHANCE = 0.05  # that one thread of all shows so sharp a turn in shuffled orders


def build_index(
    reports: Iterable[Report], *, patterns: Sequence[Pattern] = (), counts: Mapping[str, int] | None = None
) -> Index:
    """The overview of `reports`, with `patterns` found across threads and the reader's `counts` (rejects, duplicates,
    …)."""
    builder = IndexBuilder()
    for report in reports:
        builder.add(report)
    return builder.finish(patterns=patterns, counts=counts or {})


class IndexBuilder:
    """Collects what the overview needs from each report: about two kilobytes a thread."""

    def __init__(self) -> None:
        self._rows: list[IndexRow] = []
        self._first: list[FirstRead] = []
        self._by_action: Counter[str] = Counter()
        self._families: dict[str, LabelRate] = {}
        self._totals: Counter[str] = Counter()
        self._unchecked: Counter[str] = Counter()
        self._languages: Counter[str] = Counter()
        self._versions: tuple[set[str], set[str], set[str]] = (set(), set(), set())
        self._policy_notes: dict[str, None] = {}
        self._minutes = 0.0

    def add(self, report: Report) -> None:
        self._rows.append(_row(report))
        self._by_action.update(report.by_action)
        self._unchecked.update(report.coverage.unchecked)
        self._languages.update(report.coverage.languages)
        self._minutes += sentences.reading_minutes(report.queue)
        self._policy_notes.update(dict.fromkeys(report.policy_notes))
        for versions, version in zip(self._versions, (report.model, report.taxonomy, report.policy), strict=True):
            versions.add(version)
        for label in report.by_label:
            if label.is_family or label.family == "stance":
                seen = self._families.get(label.label, replace(label, count=0, n=0))
                precision = lowest(row.precision for row in (seen, label) if row.count)
                self._families[label.label] = replace(
                    seen, count=seen.count + label.count, n=seen.n + label.n, precision=precision
                )
        covered = report.coverage
        self._totals.update(
            {
                "in_dump": covered.in_dump,
                "scored": covered.scored,
                "deleted": covered.deleted,
                "spam": covered.spam,
                "with_replies": covered.deleted_with_replies,
                "split": covered.split,
                "orphans": covered.orphans,
                "without_evidence": covered.without_evidence,
                "claimed": covered.claimed or 0,
                "missing": covered.missing,
                "claims": covered.claimed is not None,
            }
        )
        worst = [FirstRead(slug=report.slug, title=report.title, comment=comment) for comment in report.queue[:_FIRST]]
        self._first = sorted([*self._first, *worst], key=lambda first: urgency(first.comment)[:3])[:_FIRST]

    def finish(self, *, patterns: Sequence[Pattern], counts: Mapping[str, int]) -> Index:
        """The overview of everything added."""
        rows = sorted(self._rows, key=lambda row: (-row.low, -row.needs_person, row.title, row.slug))
        totals = self._totals
        index = Index(
            rows=tuple(rows),
            first=tuple(self._first),
            n=totals["in_dump"],
            by_action={standing: self._by_action[standing] for standing in Standing},
            by_family=tuple(
                replace(rate(label.label, label.name, label.count, label.n), precision=label.precision)
                for label in self._families.values()
            ),
            coverage=Coverage(
                in_dump=totals["in_dump"],
                scored=totals["scored"],
                unchecked=dict(self._unchecked.most_common()),
                deleted=totals["deleted"],
                spam=totals["spam"],
                deleted_with_replies=totals["with_replies"],
                split=totals["split"],
                orphans=totals["orphans"],
                languages=dict(self._languages.most_common()),
                without_evidence=totals["without_evidence"],
                claimed=totals["claimed"] if totals["claims"] else None,
                missing=totals["missing"],
            ),
            patterns=tuple(patterns),
            counts=dict(counts),
            minutes=round(self._minutes),
            model=_one(self._versions[0]),
            taxonomy=_one(self._versions[1]),
            policy=_one(self._versions[2]),
            policy_notes=tuple(self._policy_notes),
            lede=(),
        )
        return replace(index, lede=_lede(index))


def _row(report: Report) -> IndexRow:
    need = report.by_action[Standing.REJECT] + report.by_action[Standing.REVIEW]
    low, _ = wilson(need, report.coverage.scored)
    return IndexRow(
        slug=report.slug,
        thread_id=report.thread_id,
        title=report.title,
        n=report.n,
        readers=report.readers,
        first=report.first,
        last=report.last,
        by_action=report.by_action,
        by_family={
            label.label: label.count for label in report.by_label if label.is_family or label.family == "stance"
        },
        scored=report.coverage.scored,
        claimed=report.coverage.claimed,
        strip=strip_values(report.comments),
        turn=report.turning_point,
        course=_course(report, need),
        low=low if need else 0.0,
        dated=report.dated,
    )


def _course(report: Report, need: int) -> str:
    """One or two sentences on how the thread went."""
    if report.coverage.scored == 0:
        return "Nothing could be checked."
    if not need:
        return "No comment needs a person."
    turn = report.turning_point
    if turn:
        start = (
            f"Before the turn {turn.before:,} of {turn.n_before:,} need a person, "
            f"from there on {turn.after:,} of {turn.n_after:,}."
        )
    else:
        start = (
            f"{need:,} of {report.coverage.scored:,} checked comments {words.agree(need, 'needs', 'need')} a person."
        )
    counts = sentences.commonest(report.queue)
    if not counts:
        return start
    named = [f"{words.inside(name)} {words.times(count)}" for name, count in counts[:2]]
    others = ", among others" if len(counts) > 2 else ""
    return f"{start} Found: {words.listed(named)}{others}."


def _lede(index: Index) -> tuple[str, ...]:
    need, at_once = index.needs_person, index.by_action[Standing.REJECT]
    busy = sum(row.needs_person > 0 for row in index.rows)
    parts: list[str] = []
    if need:
        stand = words.agree(need, "It stands", "They stand")
        takes = words.agree(need, "takes", "take")
        threads = len(index.rows)
        where = words.plural(busy, "thread") if busy == threads else f"{busy:,} of {words.plural(threads, 'thread')}"
        parts.append(f"{stand} in {where} and {takes} {words.minutes(index.minutes)} to read.")
    elif index.rows:
        parts.append(f"{words.plural(len(index.rows), 'thread')} {words.agree(len(index.rows), 'was', 'were')} read.")
    if at_once:
        comes = words.agree(at_once, "is suggested for rejection and comes", "are suggested for rejection and come")
        parts.append(f"{at_once:,} {comes} first.")
    if turned := _clear_turns(index.rows):
        parts.append(f"{words.plural(turned, 'thread')} {words.agree(turned, 'has', 'have')} a clear turn.")
    if unread := index.by_action[Standing.UNCHECKED]:
        parts.append(f"{words.plural(unread, 'comment')} could not be checked.")
    repeated = sum(pattern.kind == slogans.KIND for pattern in index.patterns)
    if found := len(index.patterns) - repeated:
        parts.append(f"{words.plural(found, 'text')} {words.agree(found, 'stands', 'stand')} in more than one place.")
    if repeated:
        is_repeated = words.agree(repeated, "is repeated", "are repeated")
        parts.append(f"{words.plural(repeated, 'phrase')} {is_repeated} by more accounts than chance explains.")
    return tuple(parts)


def _clear_turns(rows: Sequence[IndexRow]) -> int:
    """Threads with a turn so sharp that not one of all threads looked at would be expected to show it by chance."""
    looked_at = sum(row.dated and row.needs_person >= LEAST_PROBLEMS for row in rows)
    return sum(row.turn is not None and row.turn.chance * looked_at <= _TURN_CHANCE for row in rows)


def _one(versions: set[str]) -> str:
    named = sorted(versions - {"none"})
    return ", ".join(named[:3]) + (f" and {len(named) - 3} more" if len(named) > 3 else "") if named else "none"
