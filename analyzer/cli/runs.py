"""analyzer decide, analyzer report: what is made from the stored scores of a run."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.console import print_json, progress_bar, tell, verb
from analyzer.cli.score import Json, PolicyOption, show_actions

if TYPE_CHECKING:
    from analyzer.changes import Changes

RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run.")]


@verb
def decide(
    run: RunFolder,
    policy: PolicyOption = None,
    diff: Annotated[bool, typer.Option("--diff", help="Show what would change and write nothing.")] = False,
    json: Json = False,
) -> None:
    """Decide the stored scores of a run by a policy; the model is not needed."""
    from analyzer.changes import compare_policy
    from analyzer.config import load_config
    from analyzer.pipeline import RunSettings, decide_run

    chosen = load_config({"policy": policy}).policy
    if diff:
        changes = compare_policy(run, chosen)
        if json:
            print_json(changes.to_json())
        else:
            _show_changes(changes)
        return
    with progress_bar() as progress:
        decided = decide_run(run, chosen, settings=RunSettings(progress=progress))
    entry = decided.manifest()["policies"][decided.policy]
    if json:
        print_json({"run": str(run), "model": decided.model, "policy": decided.policy, "actions": entry["counts"]})
        return
    show_actions(entry["counts"])
    tell(f"run: {run} · model: {decided.model} · policy: {decided.policy}")


def _show_changes(changes: "Changes") -> None:
    typer.echo(f"{changes.before} → {changes.after}: {changes.changed:,} of {changes.comments:,} comments change")
    for (before, after), count in changes.actions.items():
        if before != after:
            typer.echo(f"{before:>12} → {after:<8} {count:>10,}")
    for heading, counts in (("rules that cease", changes.ceased), ("rules that begin", changes.begun)):
        for (rule, label), count in counts.items():
            typer.echo(f"{heading:>24} {count:>10,}  {rule} ({label})")
    for key, before, after in changes.examples:
        tell(f"for example {key.source} {key.thread_id} {key.id}: {before} → {after}")


@verb
def report(
    run: RunFolder,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder to write to; reports/ of the run if left out.")
    ] = None,
    format: Annotated[str, typer.Option("--format", help="Formats, separated by commas.")] = "html,json,csv,md",
    redact: Annotated[bool, typer.Option("--redact", help="Leave out all names of authors.")] = False,
    json: Json = False,
) -> None:
    """Write a moderation report for every thread of a run, and an index of them."""
    from analyzer.pipeline import report_run

    formats = [name.strip() for name in format.split(",") if name.strip()]
    written = report_run(run, out=out, formats=formats, redact=redact)
    if json:
        print_json({"run": str(run), "files": [str(path) for path in written]})
        return
    typer.echo(str(written[0]) if written else "")
    tell(f"{len(written):,} files written; begin with {written[0].name}" if written else "nothing to write")
