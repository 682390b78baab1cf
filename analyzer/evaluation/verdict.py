"""What the gate is made of: rules, what is compared, and findings that add up to a verdict."""

from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from analyzer.evaluation.paired import Draws


class Outcome(StrEnum):
    """What a check came to."""

    PASS = "pass"
    REFUSE = "refuse"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How much worse a candidate may be at one check, from how many rows on that is measured, and why the rule is there."""

    check: str
    most: float
    fewest: int
    reason: str
    labels: tuple[str, ...] = ("*",)
    measure: str = "average_precision"
    required: bool = False

    def covers(self, label: str) -> bool:
        return any(fnmatchcase(label, pattern) for pattern in self.labels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The rules a candidate is held against; `version` is name@hash of the file."""

    version: str
    rules: tuple[Rule, ...]

    @property
    def ranking(self) -> str:
        """The measure by which labels are ranked."""
        return next((rule.measure for rule in self.rules if rule.check == "primary"), "average_precision")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flips:
    """Of `comments` decided with both models under `policy`, how many have another action."""

    comments: int
    flipped: int
    policy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What two results cannot say by themselves, since both models must be asked at once; empty: not measured.

    `seconds` a text (current, candidate), measured on `timed` texts; `known`: labels of the current model, `lost`: those of them
    that the candidate lacks, `gained`: labels that only the candidate knows.
    """

    known: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    gained: tuple[str, ...] = ()
    draws: Draws = field(default_factory=dict)
    seconds: tuple[float, float] | None = None
    timed: int = 0
    flips: Flips | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A row of the verdict; figures are None where there are none. `worse` may be `allowed` at most, `reason` is the rule's."""

    check: str
    subject: str
    current: float | None
    candidate: float | None
    worse: float | None
    allowed: float
    outcome: Outcome
    why: str
    reason: str

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__} | {"outcome": str(self.outcome)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Every finding of one comparison; `passed` if none refuses."""

    current: str
    candidate: str
    gate: str
    findings: tuple[Finding, ...]

    @property
    def refusals(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.outcome is Outcome.REFUSE)

    @property
    def passed(self) -> bool:
        return not self.refusals

    def to_json(self) -> dict[str, Any]:
        names = {"current": self.current, "candidate": self.candidate, "gate": self.gate, "passed": self.passed}
        return names | {"findings": [finding.to_json() for finding in self.findings]}
