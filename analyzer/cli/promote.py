"""analyzer promote: a candidate through the gate; analyzer rollback: the model before it again."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analyzer.cli.console import print_json, say, tell, verb
from analyzer.cli.score import Json, PolicyOption
from analyzer.errors import GateRefused

if TYPE_CHECKING:
    from analyzer.evaluation import Finding, Verdict

Why = Annotated[str, typer.Option("--why", help="A sentence for the history.")]
_HEADER = ("check", "of", "current", "candidate", "worse", "allowed", "verdict", "why")


@verb
def promote(
    candidate: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the candidate model.")],
    on: Annotated[
        list[Path] | None,
        typer.Option("--on", help="Suites, label files or folders of them, runs; may be given several times."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what the gate says and change nothing.")] = False,
    why: Why = "",
    gate: Annotated[Path | None, typer.Option("--gate", help="A gate of your own, as TOML.")] = None,
    policy: PolicyOption = None,
    json: Json = False,
) -> None:
    """Hold a candidate against the current model on the same rows; it becomes the current one if the gate lets it pass."""
    from analyzer.config import load_config
    from analyzer.release import install, refusal
    from analyzer.weighing import ReleaseSettings, weigh

    config = load_config({"policy": policy})
    settings = ReleaseSettings(gate=gate, policy=config.policy, why=why, tell=tell)
    weighed = weigh(candidate, on or [], settings)
    verdict = weighed.verdict
    record = install(weighed, settings) if verdict.passed and not dry_run else None
    if json:
        print_json({**verdict.to_json(), "promoted": record is not None, "rows": dict(weighed.rows)})
    else:
        for line in _table(verdict):
            say(line)
    if not verdict.passed:
        raise GateRefused(refusal(verdict))
    said = "is the current model now" if record else "would pass; nothing was changed (--dry-run)"
    tell(f"{verdict.candidate} {said}; before: {verdict.current}")


@verb
def rollback(why: Why = "", json: Json = False) -> None:
    """Make the model before the last promotion the current one again."""
    from analyzer.release import rollback as take_back

    record = take_back(why=why)
    if json:
        print_json(record)
        return
    say(f"{record['to']['version']} is the current model again; before: {record['from']['version']}")


def _table(verdict: "Verdict") -> Iterator[str]:
    """Aligned columns: every refusal, and for each check that refuses nothing the row that came nearest to it."""
    rows = [_HEADER, *(_row(finding, count) for finding, count in _told(verdict))]
    widths = [max(len(row[place]) for row in rows) for place in range(len(_HEADER) - 1)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        yield "  ".join([*cells, row[-1]])


def _told(verdict: "Verdict") -> "Iterator[tuple[Finding, int]]":
    """Findings worth a line, with the number of those of their check they stand for."""
    for check in dict.fromkeys(finding.check for finding in verdict.findings):
        mine = [finding for finding in verdict.findings if finding.check == check]
        refused = [finding for finding in mine if finding in verdict.refusals]
        measured = [finding for finding in mine if finding.worse is not None]
        if refused:
            yield from ((finding, 1) for finding in refused)
        elif measured:
            yield max(measured, key=lambda finding: (finding.worse or 0.0) - finding.allowed), len(measured)
        else:
            yield mine[0], len(mine)


def _row(finding: "Finding", count: int) -> tuple[str, ...]:
    several = f" (worst of {count})" if count > 1 and finding.worse is not None else ""
    subject = f"{finding.subject}{several}" if finding.worse is not None or count == 1 else f"{count} figures"
    return (
        finding.check,
        subject,
        _figure(finding.current),
        _figure(finding.candidate),
        _figure(finding.worse),
        f"{finding.allowed:g}",
        str(finding.outcome),
        finding.why,
    )


def _figure(value: Any) -> str:
    return "–" if value is None else f"{round(value, 6) + 0.0:.4g}"
