"""analyzer suggest: which comments of a run to label next."""

from pathlib import Path
from typing import Annotated

import typer

from analyzer.cli.console import print_json, say, tell, verb
from analyzer.cli.runs import RunFolder
from analyzer.cli.score import Json


@verb
def suggest(
    run: RunFolder,
    out: Annotated[Path, typer.Option("--out", help="File to write; it must not be there yet.")],
    n: Annotated[int, typer.Option("-n", help="Comments to suggest.", min=1)] = 200,
    format: Annotated[str, typer.Option("--format", help="queue, label-studio or csv.")] = "queue",
    labels: Annotated[
        list[str] | None, typer.Option("--labels", help="A label file: its texts are not suggested again.")
    ] = None,
    random: Annotated[
        float, typer.Option("--random", help="Share drawn at random, for honest rates.", min=0, max=1)
    ] = 0.2,
    seed: Annotated[int, typer.Option("--seed", help="Another number draws other comments.", min=0)] = 0,
    json: Json = False,
) -> None:
    """Suggest comments worth a label: doubtful ones that differ, and a random slice for honest rates."""
    from analyzer.suggestion import SuggestSettings, check_file, count_labels, suggest_comments, write_suggestions

    check_file(out, format)
    settings = SuggestSettings(n=n, random=random, seed=seed, labels=tuple(labels or ()))
    suggestions = suggest_comments(run, settings)
    write_suggestions(suggestions, out, format)
    by_label = count_labels(suggestions)
    by_chance = len(suggestions) - by_label.total()
    if json:
        counts = {"uncertainty": by_label.total(), "random": by_chance}
        print_json({"run": str(run), "out": str(out), "format": format} | counts | {"labels": dict(by_label)})
        return
    say(str(out))
    tell(f"{len(suggestions):,} comments: {by_label.total():,} in doubt, {by_chance:,} at random")
    if len(suggestions) < n:
        tell(f"note: {n:,} were asked for; the run holds no more that are checked, different and without a label")
