"""analyzer decide, analyzer report: what is made from the stored scores of a run."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.console import print_json, progress_bar, say, screen_text, tell, verb
from analyzer.cli.score import Json, PolicyOption, show_actions
from analyzer.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from analyzer.flips import Changes, Group
    from analyzer.schema import Reason

_SHOWN = 10  # lines of a table; --json has them all
_TEXT_SHOWN = 240

RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run.")]


@verb
def decide(
    run: RunFolder,
    policy: PolicyOption = None,
    diff: Annotated[bool, typer.Option("--diff", help="Show what would change and write nothing.")] = False,
    against: Annotated[
        str | None, typer.Option("--against", help="Show what would change against this policy and write nothing.")
    ] = None,
    samples: Annotated[int, typer.Option("--samples", help="Comments shown for each kind of change.", min=0)] = 3,
    json: Json = False,
) -> None:
    """Decide the stored scores of a run by a policy; the model is not needed."""
    from analyzer.changes import compare_policy
    from analyzer.config import load_config
    from analyzer.pipeline import RunSettings, decide_run

    chosen = load_config({"policy": policy}).policy
    if diff and against is not None:
        raise ConfigError(
            "--diff: compares with the run's own decisions, --against with a policy; leave one of them out"
        )
    if diff or against is not None:
        changes = compare_policy(run, chosen, against=against, samples=samples)
        if json:
            print_json(changes.to_json())
        else:
            _show_changes(changes)
        return
    with progress_bar() as progress:
        decided = decide_run(run, chosen, settings=RunSettings(progress=progress))
    entry = decided.manifest()["policies"][decided.policy]
    if json:
        told = {"run": str(run), "model": decided.model, "policy": decided.policy}
        print_json(told | {"actions": entry["counts"], "notes": entry["notes"]})
        return
    show_actions(entry["counts"])
    for note in entry["notes"]:
        tell(f"note: {note}")
    tell(f"run: {run} · model: {decided.model} · policy: {decided.policy}")


def _show_changes(changes: "Changes") -> None:
    from analyzer.flips import by_change

    say(f"{changes.before} → {changes.after}: {changes.changed:,} of {changes.comments:,} comments change")
    for (before, after), count in changes.actions.most_common():
        if before != after:
            say(f"{before:>12} → {after:<8} {count:>10,}")
    (queued, queues), (spent, spends) = changes.queue, changes.minutes
    say(f"to be read by a person: {queued:,} → {queues:,} comments, {spent:,.0f} → {spends:,.0f} minutes")
    say(f"at {changes.seconds:g} s a comment ({changes.seconds_from})")
    if not changes.changed:
        return
    for heading, counts in (("reasons that cease", changes.ceased), ("reasons that begin", changes.begun)):
        _show_rows(heading, ((f"{rule} ({label})", (count,)) for (rule, label), count in counts.most_common()))
    for heading, groups in (("label", changes.labels), ("language", changes.languages), ("target", changes.targets)):
        _show_groups(heading, by_change(groups))
    _show_groups("thread", [(f"{source} {thread}", group) for (source, thread), group in changes.threads.items()])
    for sample in changes.samples:
        say(f"\n{sample.before} → {sample.after}: {' '.join(sample.key)}".replace("\t", " "))
        text = " ".join(screen_text(sample.text[:_TEXT_SHOWN]).split())
        say(f"    “{text}{'…' if len(sample.text) > _TEXT_SHOWN else ''}”")
        say(f"    before: {_in_words(sample.reasons_before)}")
        say(f"    after:  {_in_words(sample.reasons_after)}")


def _show_groups(heading: str, groups: "list[tuple[str, Group]]") -> None:
    changed = [(name, group) for name, group in groups if group.changed]
    if changed:
        say(f"{'comments':>12} {'harsher':>10} {'softer':>10}")
    _show_rows(heading, ((name, (g.comments, g.harsher, g.softer)) for name, g in changed))


def _show_rows(heading: str, rows: "Iterable[tuple[str, tuple[int, ...]]]") -> None:
    rows = list(rows)
    for name, counts in rows[:_SHOWN]:
        figures = " ".join(f"{count:>{12 if n == 0 else 10},}" for n, count in enumerate(counts))
        say(f"{figures}  {heading}: {' '.join(screen_text(name).split())}")
    if len(rows) > _SHOWN:
        say(f"{'':>12}  {heading}: and {len(rows) - _SHOWN} more (--json)")


def _in_words(reasons: "tuple[Reason, ...]") -> str:
    words = (f"{reason.rule} ({reason.label} {reason.prob:.2f} ≥ {reason.threshold:.2f})" for reason in reasons)
    return "; ".join(words) or "no rule fires"


@verb
def report(
    run: RunFolder,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder to write to; reports/ of the run if left out.")
    ] = None,
    format: Annotated[str, typer.Option("--format", help="Formats, separated by commas.")] = "html,json,csv,md",
    redact: Annotated[
        bool, typer.Option("--redact", help="Leave out authors, @-mentions and e-mail addresses; nothing else.")
    ] = False,
    json: Json = False,
) -> None:
    """Write a moderation report for every thread of a run, and an index of them."""
    from analyzer.pipeline import report_run

    formats = [name.strip() for name in format.split(",") if name.strip()]
    written = report_run(run, out=out, formats=formats, redact=redact)
    if json:
        print_json({"run": str(run), "files": [str(path) for path in written]})
        return
    say(str(written[0]) if written else "")
    tell(f"{len(written):,} files written; begin with {written[0].name}" if written else "nothing to write")
