"""What a report is made of: frozen records, filled by `summary` and `index`, read by the writers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from analyzer.schema import Reason, Span

UNNAMED = "unnamed reader"


class Standing(StrEnum):
    """Where a comment stands in a report, worst first. UNCHECKED is never counted as approved."""

    REJECT = "reject"
    REVIEW = "review"
    APPROVE = "approve"
    UNCHECKED = "unchecked"
    DELETED = "deleted"
    SPAM = "spam"

    @property
    def put_away(self) -> bool:
        """True for a node whose words are not shown, because the site took it out of the thread."""
        return self in (Standing.DELETED, Standing.SPAM)

    @property
    def needs_person(self) -> bool:
        return self in (Standing.REJECT, Standing.REVIEW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A label met in a comment, with the threshold it passed and how often it is right there (None: not measured)."""

    label: str
    name: str
    family: str
    prob: float
    threshold: float
    precision: float | None = None
    note: str = ""
    contested: bool = False
    covered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedComment:
    """One comment as the report shows it.

    `number` counts from 1 in the order of the thread. `parent` is the number of the comment it answers. `problem` is the
    likeliest uncontested abuse or trope label, None if not checked. `spans` are offsets in `text`, which is as posted
    unless the report is redacted. `author` is absent from redacted reports; `reader` is a pseudonym that holds for this
    report only. `nearest` is no finding: where no trope reached its threshold, the one that comes nearest to it.
    """

    number: int
    id: str
    reader: str
    text: str
    standing: Standing
    parent: int | None = None
    orphan: bool = False
    author: str | None = None
    created: datetime | None = None
    lang: str = "und"
    rtl: bool = False
    checked: str = "ok"
    windows: int = 0
    problem: float | None = None
    findings: tuple[Finding, ...] = ()
    nearest: Finding | None = None
    spans: tuple[Span, ...] = ()
    reasons: tuple[Reason, ...] = ()
    targets: tuple[str, ...] = ()
    stance: tuple[str, ...] = ()
    why: str = ""
    todo: str = ""

    @property
    def needs_person(self) -> bool:
        return self.standing.needs_person

    def has_family(self, *families: str) -> bool:
        return any(finding.family in families for finding in self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRate:
    """How many scored comments carry a label: count, share and its 95 % Wilson interval. `label` may be a family.

    `precision` is the lowest measured for any comment counted; None if it was not measured for all of them.
    """

    label: str
    name: str
    family: str
    count: int
    n: int
    rate: float
    low: float
    high: float
    precision: float | None = None
    note: str = ""

    @property
    def is_family(self) -> bool:
        return self.label == self.family


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The comment where the share that needs a person rises most, and how many of 100 shuffles turn as sharply."""

    number: int
    created: datetime | None
    before: int
    n_before: int
    after: int
    n_after: int
    chance: float
    first_of: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A group spoken of: the numbers of the comments that do, apart those that need a person for abuse or a trope.

    Whether the abuse is meant for the group is not known.
    """

    name: str
    beside_attacks: tuple[int, ...]
    elsewhere: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """A pseudonym with its comments and, among them, those that need a person."""

    reader: str
    comments: tuple[int, ...]
    problems: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A pattern over several comments; it names no account.

    `signals` are the independent signals found; only with two of them is the pattern `coordinated`. `chance` is the
    share of permutations at least as striking (None: nothing to permute). `places` are (slug of the thread, number of
    the comment); `threads` maps each slug to its title. `accounts` is 0 where the dump names no author. `covered`: the
    excerpt is from a comment with a label whose words are covered.
    """

    kind: str
    text: str
    accounts: int
    places: tuple[tuple[str, int], ...]
    threads: Mapping[str, str]
    times: tuple[datetime, ...] = ()
    signals: tuple[str, ...] = ()
    chance: float | None = None
    similarity: float | None = None
    excerpt: str = ""
    covered: bool = False

    @property
    def coordinated(self) -> bool:
        return len(self.signals) >= 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What was read and what was not. `claimed` is what the source says exists; None where it does not say.

    In an index `claimed` and `missing` are sums over the threads of which the source says it.
    """

    in_dump: int
    scored: int
    unchecked: Mapping[str, int]
    deleted: int
    deleted_with_replies: int
    split: int
    orphans: int
    languages: Mapping[str, int]
    spam: int = 0
    without_evidence: int = 0
    unknown_labels: tuple[str, ...] = ()
    claimed: int | None = None
    missing: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A label as the page defines it."""

    label: str
    name: str
    family: str
    definition: str
    not_this: str
    source: str
    support: str
    note: str = ""
    readings: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything a moderation report of one thread says; every writer reads this and nothing else.

    `slug` is its safe file name. `top`: numbers of the comments that need a person, worst first. `lang` is the commonest
    language. `label_names` are those of the labels for which a rule fired. `policy_notes` say which rules of the policy are
    capped or cannot act with the model.
    """

    source: str
    thread_id: str
    slug: str
    title: str
    url: str
    n: int
    readers: int
    first: datetime | None
    last: datetime | None
    by_action: Mapping[str, int]
    by_label: tuple[LabelRate, ...]
    turning_point: Turn | None
    top: tuple[int, ...]
    comments: tuple[ReportedComment, ...]
    targets: tuple[Target, ...]
    participants: tuple[Participant, ...]
    coverage: Coverage
    definitions: tuple[Definition, ...]
    model: str
    taxonomy: str
    policy: str
    lede: tuple[str, ...] = ()
    coordination: tuple[Pattern, ...] = ()
    redacted: bool = False
    lang: str = "und"
    label_names: Mapping[str, str] = field(default_factory=dict)
    policy_notes: tuple[str, ...] = ()

    @property
    def dated(self) -> bool:
        """True if most comments have a time; else their order says nothing about the course of the thread."""
        return 2 * sum(comment.created is not None for comment in self.comments) > self.n

    @property
    def many_days(self) -> bool:
        return bool(self.first and self.last and self.first.date() != self.last.date())

    @property
    def queue(self) -> tuple[ReportedComment, ...]:
        """The comments that need a person, worst first."""
        return tuple(self.comments[number - 1] for number in self.top)

    @property
    def unchecked(self) -> tuple[ReportedComment, ...]:
        return tuple(comment for comment in self.comments if comment.standing is Standing.UNCHECKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexRow:
    """One thread in the overview: enough to rank it and to draw its strip, none of its comments."""

    slug: str
    thread_id: str
    title: str
    n: int
    readers: int
    first: datetime | None
    last: datetime | None
    by_action: Mapping[str, int]
    by_family: Mapping[str, int]
    scored: int
    claimed: int | None
    strip: tuple[float, ...]
    turn: Turn | None
    course: str
    low: float
    dated: bool

    @property
    def needs_person(self) -> int:
        return self.by_action[Standing.REJECT] + self.by_action[Standing.REVIEW]


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstRead:
    """One of the worst comments of all threads, with the thread it stands in."""

    slug: str
    title: str
    comment: ReportedComment


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """The overview over all threads of a run, threads ordered by the lower end of the share that needs a person.

    `counts` are the reader's: rejects, duplicates, pingbacks, … `policy_notes` are those of the reports, each once.
    """

    rows: tuple[IndexRow, ...]
    first: tuple[FirstRead, ...]
    n: int
    by_action: Mapping[str, int]
    by_family: tuple[LabelRate, ...]
    coverage: Coverage
    lede: tuple[str, ...]
    patterns: tuple[Pattern, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    minutes: int = 0
    model: str = ""
    taxonomy: str = ""
    policy: str = ""
    policy_notes: tuple[str, ...] = ()

    @property
    def needs_person(self) -> int:
        return self.by_action[Standing.REJECT] + self.by_action[Standing.REVIEW]
