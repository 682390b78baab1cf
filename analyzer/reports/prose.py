"""Sections of a report in Markdown: the turn, who is spoken of and who speaks, the whole thread, definitions, coverage."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from analyzer.reports import sentences, words
from analyzer.reports.evidence import passages, pieces
from analyzer.reports.inert import markdown
from analyzer.reports.records import Coverage, Definition, Finding, Participant, Report, ReportedComment, Standing

_MOST_NUMBERS = 30
_MOST_PEOPLE = 300
_DEEPEST = 7  # CommonMark parsers drop what is nested in more than twenty blocks; a level of a list is two


def label_link(name: str) -> str:
    """A label's name, leading to its definition below: the anchor that GitHub and pandoc give its heading."""
    anchor = re.sub(r"[^\w\- ]", "", name.lower()).replace(" ", "-")
    return f"[{markdown(name)}](#{anchor})"


def listed_numbers(numbers: Sequence[int]) -> str:
    """`3, 9, 14`, and how many more where there are many."""
    rest = f" and {len(numbers) - _MOST_NUMBERS:,} more" if len(numbers) > _MOST_NUMBERS else ""
    return ", ".join(map(str, numbers[:_MOST_NUMBERS])) + rest


def turn_lines(report: Report) -> list[str]:
    """Where the thread turns and how often chance turns as sharply."""
    turn = report.turning_point
    if turn:
        told = (
            f"At comment {turn.number}: before it {turn.before:,} of {turn.n_before:,} checked comments needed a person, "
            f"from there on {turn.after:,} of {turn.n_after:,}. Orders of comments that turn this sharply come up in "
            f"{words.chances(turn.chance)} shuffles."
        )
    elif report.dated:
        told = "No clear turn, or too few comments that need a person to tell."
    else:
        told = "Most comments have no time, so no turn can be told."
    return ["## Where it turns", "", told, ""]


def people_lines(report: Report) -> list[str]:
    """Groups spoken of, and participants with the share of their comments that need a person, in order of appearance."""
    lines = ["## Who is spoken of", ""]
    if report.targets:
        lines += ["| Group | Beside abuse or a trope | Elsewhere | Comments |", "|---|---:|---:|---|"]
        for target in report.targets:
            beside, elsewhere = target.beside_attacks, target.elsewhere
            where = "; ".join(listed_numbers(numbers) for numbers in (beside, elsewhere) if numbers)
            lines.append(f"| {markdown(target.name)} | {len(beside):,} | {len(elsewhere):,} | {where} |")
    else:
        lines.append("No group was found to be spoken of.")
    lines += ["", "## Participants", ""]
    telling = [person for person in report.participants if person.problems or len(person.comments) > 1]
    if telling:
        lines += ["| Pseudonym | Need a person | Share | Comments |", "|---|---:|---:|---|"]
        lines += [_person_row(person) for person in telling[:_MOST_PEOPLE]]
        lines.append("")
    if len(telling) > _MOST_PEOPLE:
        lines.append(f"{len(telling) - _MOST_PEOPLE:,} more are in the CSV file.")
    if single := len(report.participants) - len(telling):
        wrote = words.agree(single, "wrote one comment that needs no", "wrote one comment each, none of which needs a")
        lines.append(f"{words.plural(single, 'other reader')} {wrote} person.")
    return [*lines, "Pseudonyms hold for this report only. One or two comments say little about anybody.", ""]


def _person_row(person: Participant) -> str:
    queued, n = len(person.problems), len(person.comments)
    return (
        f"| {person.reader} | {queued:,} of {n:,} | {words.percent(queued / n)} | {listed_numbers(person.comments)} |"
    )


def tree_lines(report: Report) -> list[str]:
    """The whole thread as a nested list: a line a comment with its marks, its words and the labels found in them."""
    lines = ["## The whole thread", "", "Replies are indented under what they answer.", ""]
    lines += [f"{'  ' * depth}- {_tree_line(report, comment, depth)}" for comment, depth in _in_order(report.comments)]
    return [*lines, ""]


def _in_order(comments: Sequence[ReportedComment]) -> Iterator[tuple[ReportedComment, int]]:
    """Comments in reading order with their depth; deeper replies stay at the deepest level shown."""
    answers: dict[int, list[ReportedComment]] = {}
    for comment in comments:
        answers.setdefault(comment.parent or 0, []).append(comment)
    waiting = [(comment, 0) for comment in reversed(answers.get(0, []))]
    while waiting:
        comment, depth = waiting.pop()
        yield comment, depth
        waiting += [(child, min(depth + 1, _DEEPEST)) for child in reversed(answers.get(comment.number, []))]


def _tree_line(report: Report, comment: ReportedComment, depth: int) -> str:
    head = [f"**{comment.number}** {comment.reader}"]
    if comment.created:
        head.append(words.moment(comment.created, report.many_days))
    if comment.orphan:
        head.append("answers a comment that is not in the dump")
    elif depth == _DEEPEST:
        head.append(f"answers {comment.parent}")
    if report.turning_point and report.turning_point.number == comment.number:
        head.append("**the thread turns here**")
    if comment.standing is not Standing.APPROVE:
        head.append(f"**{'not checked' if comment.standing is Standing.UNCHECKED else comment.standing}**")
    marks = "; ".join(_marks(comment))
    parts = ["" if comment.standing.put_away else markdown(comment.text), f"({marks})" if marks else ""]
    return ": ".join(filter(None, (", ".join(head), " ".join(filter(None, parts)))))


def _marks(comment: ReportedComment) -> Iterator[str]:
    """What is said of a comment beside its words."""
    cut = pieces(comment)
    for number, finding in enumerate(comment.findings, start=1):
        yield f"{label_link(finding.name)} {finding.prob:.2f}{quoted_evidence(passages(cut, number))}"
    if comment.stance:
        yield markdown(words.listed(comment.stance))
    if comment.standing is Standing.APPROVE and comment.reasons:
        yield "fired, then cleared: it answers or reports hate"
    elif comment.standing is Standing.APPROVE and comment.findings:
        yield "no rule fired, no action"
    if comment.standing is Standing.UNCHECKED:
        yield markdown(words.unchecked(comment.checked, comment.lang))
    if comment.windows > 1:
        yield f"long: read in {comment.windows} parts"


def quoted_evidence(stretches: Iterable[str]) -> str:
    """The words that led to a label, quoted; nothing where no words can be pointed at."""
    quoted = ", ".join(f"“{markdown(stretch)}”" for stretch in stretches)
    return f", evidence {quoted}" if quoted else ""


def finding_line(finding: Finding, evidence: Sequence[str]) -> str:
    """A label of a comment: how likely, from where on it is shown, how often it is right there, and its words."""
    note = f" ({finding.note})" if finding.note else ""
    right = words.right_in_ten(finding.precision)
    return (
        f"- {label_link(finding.name)}{note}: {words.found_at(finding.prob)}, {finding.prob:.2f}, "
        f"shown from {finding.threshold:.2f} on"
        + (f", right {right} when shown" if right else "")
        + quoted_evidence(evidence)
    )


def fact_lines(report: Report, comment: ReportedComment) -> list[str]:
    """Of whom a comment speaks, its stance and language, and the rules that fired with their thresholds."""
    lines: list[str] = []
    if near := comment.nearest:
        note = f" ({near.note})" if near.note else ""
        lines.append(f"- No single trope was found; nearest is {label_link(near.name)}{note}: {sentences.below(near)}")
    lines += [f"- Speaks of {markdown(words.listed(comment.targets)) or 'no group that was found'}"]
    if comment.stance:
        lines.append(f"- Stance: {markdown(words.listed(comment.stance))}")
    if comment.lang not in (report.lang, "und"):
        lines.append(f"- Language: {words.language(comment.lang)}")
    for reason in comment.reasons:
        name = markdown(report.label_names.get(reason.label, reason.label))
        lines.append(
            f"- Rule {markdown(reason.rule)}: {name} {reason.prob:.2f} ≥ {reason.threshold:.2f}, {reason.action}"
        )
    return lines


def definition_lines(definitions: Sequence[Definition]) -> list[str]:
    """What each label on the page means, what it does not mean, and where that comes from."""
    lines = ["## Names used here", ""] if definitions else []
    for label in definitions:
        lines += [f"### {markdown(label.name)}", "", markdown(label.definition), ""]
        lines += [f"- Not this: {markdown(label.not_this)}"]
        if all(label.readings):
            coded, literal = map(markdown, label.readings)
            lines.append(f"- Coded reading: {coded} Literal reading: {literal}")
        support = ", ".join(filter(None, (label.support.replace("_", " "), label.note)))
        lines += [f"- {markdown(label.label)}: {markdown(support)}", f"- Source: {markdown(label.source)}", ""]
    return lines


def coverage_lines(covered: Coverage, counts: Mapping[str, int]) -> list[str]:
    """What was read and checked, and what was not; `counts` are the reader's."""
    unchecked = ", ".join(f"{words.unchecked(reason)} {count:,}" for reason, count in covered.unchecked.items())
    languages = ", ".join(f"{name} {count:,}" for name, count in covered.languages.items())
    kept = f"; the replies to {covered.deleted_with_replies:,} of them are kept" if covered.deleted_with_replies else ""
    told = [
        ("In the dump", words.held(covered.in_dump, covered.claimed, covered.missing)),
        ("Scored", f"{covered.scored:,}"),
        ("Not checked", unchecked or "0"),
        ("Deleted", f"{covered.deleted:,}{kept}"),
        ("Spam", f"{covered.spam:,}"),
    ]
    if covered.split:
        told.append(("Long", f"{words.plural(covered.split, 'comment')} read in parts, to the end"))
    if covered.orphans and not counts.get("orphans"):
        cut_off = words.plural(covered.orphans, "reply", "replies")
        told.append(("Cut off", f"{cut_off} to a comment that is not in the dump"))
    told += [("Reading", sentence) for sentence in words.counts_in_words(counts)]
    if covered.without_evidence:
        places = words.plural(covered.without_evidence, "place")
        told.append(("Not shown", f"a technique in {places}: likely enough, but no passage to point at"))
    if covered.unknown_labels:
        told.append(("Unknown labels, left out", ", ".join(covered.unknown_labels)))
    told.append(("Languages", languages or "–"))
    return [f"- {name}: {markdown(text)}" for name, text in told]
