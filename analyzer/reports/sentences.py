"""The sentences of a report, built from figures alone: no guess about motives, no word a figure cannot carry."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from analyzer.reports import words
from analyzer.reports.findings import ATTACKS, CODED, TECHNIQUE, LabelBook
from analyzer.reports.records import Coverage, Finding, Pattern, Report, ReportedComment, Standing, Turn

_CLOSE = 0.05
_WORDS_A_MINUTE = 200
_MINUTES_A_DECISION = 0.25


def lede(report: Report) -> tuple[str, ...]:
    """What is going on, in one paragraph; the first sentence is the one to print bold."""
    queue = report.queue
    parts = [_need(report.by_action, report.coverage)]
    if report.turning_point:
        parts.append(_turn(report.turning_point, report.many_days))
    elif len(queue) >= 3 and report.dated:
        parts.append("There is no clear turn.")
    if queue:
        parts.append(_found(queue))
    calm = sum(c.standing is Standing.APPROVE and bool(c.stance) for c in report.comments)
    if calm:
        says = words.agree(calm, "answers or reports", "answer or report")
        parts.append(f"{words.plural(calm, 'comment')} {says} hate and {words.agree(calm, 'was', 'were')} not queued.")
    parts += [words.sentence(pattern.text) for pattern in report.coordination[:2]]
    if report.coverage.missing:
        missing = report.coverage.missing
        parts.append(
            f"{words.plural(missing, 'comment')} that the source claims "
            f"{words.agree(missing, 'is', 'are')} not in the dump."
        )
    return tuple(parts)


def _need(by_action: Mapping[str, int], coverage: Coverage) -> str:
    at_once = by_action[Standing.REJECT]
    need = at_once + by_action[Standing.REVIEW]
    unread = by_action[Standing.UNCHECKED]
    if coverage.in_dump == 0:
        return "The thread holds no comment."
    if coverage.scored == 0:
        return (
            "None of the comments could be checked."
            if unread
            else f"All comments are {'deleted or spam' if coverage.spam else 'deleted'}; there is nothing to check."
        )
    start = f"{words.plural(need, 'comment')} {words.agree(need, 'needs', 'need')} a person" if need else ""
    if not need:
        start = "No comment needs a person"
    elif at_once == need:
        start += ", at once" if need == 1 else ", all at once"
    elif at_once:
        start += f", {at_once:,} of them at once"
    if not unread:
        return f"{start}."
    return f"{start}, and {unread:,} could not be checked."


def _turn(turn: Turn, many_days: bool) -> str:
    """Where the thread turns, and the counts before and after."""
    when = f" ({words.moment(turn.created, many_days)})" if turn.created else ""
    first = f", the first with {turn.first_of}" if turn.first_of else ""
    return (
        f"The thread turns at comment {turn.number}{when}{first}: before it {turn.before:,} of {turn.n_before:,} "
        f"checked comments needed a person, from there on {turn.after:,} of {turn.n_after:,}."
    )


def _found(queue: Sequence[ReportedComment]) -> str:
    counts = commonest(queue)
    if not counts:
        return ""
    named = [f"{words.inside(name)} {words.times(count)}" for name, count in counts[:4]]
    rest = len(counts) - 4
    if rest > 0:
        named.append(words.plural(rest, "other label"))
    where = "In it" if len(queue) == 1 else f"Among the {words.small(len(queue))}"
    return f"{where} the analysis found {words.listed(named)}."


def commonest(queue: Iterable[ReportedComment]) -> list[tuple[str, int]]:
    """(name, comments) of every label found, the commonest first; techniques stand last, for they are no ground to act."""
    counts = Counter((finding.family == TECHNIQUE, finding.name) for comment in queue for finding in comment.findings)
    ordered = sorted(counts.items(), key=lambda pair: (pair[0][0], -pair[1], pair[0][1]))
    return [(name, count) for (_, name), count in ordered]


def first_of(comments: Sequence[ReportedComment], number: int) -> str:
    """What the comment at a turn is the first to carry: `a trope`, `abuse`, or nothing."""
    at, earlier = comments[number - 1], comments[: number - 1]
    for family, name in (("antisemitism", "an antisemitic trope"), ("abuse", "abuse")):
        if at.has_family(family) and not any(comment.has_family(family) for comment in earlier):
            return name
    return ""


def why(comment: ReportedComment, parent_gone: bool, book: LabelBook) -> str:
    """Why a comment is in the queue: what was found, of whom it speaks, and what weakens it."""
    attacks = [f for f in comment.findings if f.family in ATTACKS and f.label != CODED]
    own = [f for f in comment.findings if f.family not in (*ATTACKS, TECHNIQUE)]
    techniques = [f for f in comment.findings if f.family == TECHNIQUE]
    parts: list[str] = []
    if attacks or own or techniques:
        named = [words.inside(finding.name) for finding in attacks + own + techniques]
        together = "; ".join(named) if any(" and " in name for name in named) else words.listed(named)
        parts.append(f"{words.sentence(together)}.")
        if comment.targets:
            parts.append(f"It speaks of {words.listed([words.inside(target) for target in comment.targets])}.")
    elif comment.reasons:
        fired = dict.fromkeys(f"{book.name(reason.label)} (rule {reason.rule})" for reason in comment.reasons)
        parts.append(f"A rule of the policy fired for {words.listed(list(fired))}; nothing else was found.")
    if techniques and not attacks and not own:
        parts.append("No abuse and no trope.")
    if any(finding.label == CODED for finding in comment.findings):
        parts.append("A word may be used in a covert meaning.")
    if comment.stance:
        parts.append(f"It may be {words.listed([_stance_word(s) for s in comment.stance], 'or')}.")
    best = max(attacks or own or techniques, key=lambda f: f.prob - f.threshold, default=None)
    if best and best.prob - best.threshold < _CLOSE:
        parts.append("Just over the threshold.")
    if parent_gone:
        parts.append("The comment it answers is not there.")
    return " ".join(parts) or "The policy wants it read."


def _stance_word(name: str) -> str:
    return "a report or quotation" if name.startswith("Report") else words.inside(name)


def todo(comment: ReportedComment, parent_gone: bool, book: LabelBook, lang: str) -> str:
    """What a person should do with a comment of the queue: at most three steps, most urgent first.

    `lang` is the language of the thread: who reads it need not be told.
    """
    attacks = [f for f in comment.findings if f.family in ATTACKS]
    steps: list[str] = []
    threats = [f.prob for f in attacks if f.label in ("abuse.threat", "antisemitism.threat_violence_death_wish")]
    if threats and max(threats) >= 0.5:
        steps.append("Read it now; if it names a person or a place, pass it on by your house rules.")
    elif threats:
        steps.append("Is it a threat, or a figure of speech?")
    if readings := _readings(attacks, book):
        steps.append(readings)
    elif attacks and all(f.contested for f in attacks):
        steps.append("Contested: a person should read this. Criticism of a state or its policy is not enough.")
    elif any(f.family == "antisemitism" for f in attacks):
        steps.append("Read it with what it answers: does it assert this, or report and refute it?")
    if comment.stance and not steps:
        steps.append("Read the whole comment: it may quote or answer what it seems to say.")
    if any(f.family not in (*ATTACKS, TECHNIQUE) for f in comment.findings):
        steps.append("A label of your own: its definition, below, says what counts.")
    elif comment.findings and not attacks:
        steps.append("A way of arguing is no abuse: your house rules decide.")
    if parent_gone:
        steps.append("Decide without the missing comment, or look it up in your own system.")
    if comment.lang not in (lang, "und"):
        steps.append(f"Needs somebody who reads {words.language(comment.lang)}.")
    if not steps:
        steps.append("Read it and decide." if comment.standing is Standing.REJECT else "Your house rules decide.")
    return " ".join(steps[:3])


def nothing_queued(policy: str) -> str:
    """What an empty queue says, and what it does not."""
    return (
        f"No comment needs a person under policy {words.policy_name(policy)}. That says what was checked, not that the thread is "
        "clean: see what could not be checked, and the limits below."
    )


def unsaid(scored: int, *, several: bool) -> list[str]:
    """What the figures cannot say, of one thread or of several."""
    lines = []
    if several:
        lines.append("Threads that were picked are no sample of the site. Shares describe these threads only.")
    elif scored < 100:
        lines.append(
            f"With {words.plural(scored, 'scored comment')} the intervals are wide. Do not compare this thread with another by "
            "shares alone."
        )
    return [
        *lines,
        "Coded language is missed more often than open language. Labels marked “experimental” or “cue” were not tested on enough "
        "human labels.",
        "Images, links, edits after scoring and what happened before the thread were not seen.",
        "A technique is a way of arguing. It does not mean that the claim is false or the writer insincere.",
    ]


def below(nearest: Finding) -> str:
    """How near a trope comes to its threshold, and that this finds nothing."""
    prob, threshold = f"{nearest.prob:.2f}", f"{nearest.threshold:.2f}"
    far = "just below its threshold" if prob == threshold else "below its threshold"
    return f"{prob}, {far} of {threshold}: an orientation, not a finding"


def _readings(attacks: Sequence[Finding], book: LabelBook) -> str:
    """The coded and the literal reading of the first trope that has both, where a code word was found."""
    if not any(finding.label == CODED for finding in attacks):
        return ""
    for finding in attacks:
        label = book.labels.get(finding.label)
        if label and label.coded_reading and label.literal_reading:
            return f"Decide which reading holds here. Coded: {label.coded_reading} Literal: {label.literal_reading}"
    return "Decide which reading holds here, the covert or the literal one."


def reading_minutes(comments: Sequence[ReportedComment]) -> float:
    """Minutes a person needs for the queue: 200 words a minute and 15 seconds a decision."""
    count = sum(len(comment.text.split()) for comment in comments)
    return count / _WORDS_A_MINUTE + _MINUTES_A_DECISION * len(comments)


def pattern_line(pattern: Pattern) -> str:
    """How far a pattern goes: `coordinated` is said with two independent signals only."""
    if pattern.coordinated:
        return f"Two independent signals point to coordination: {words.listed(pattern.signals)}."
    return f"One signal of two: {pattern.signals[0]}. This is not enough to speak of coordination."
