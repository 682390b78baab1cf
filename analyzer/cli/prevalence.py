"""analyzer prevalence: how common each label is among the comments of a run, corrected by a random sample."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.console import print_json, say, tell, verb
from analyzer.cli.runs import RunFolder
from analyzer.cli.score import Json

if TYPE_CHECKING:
    from analyzer.evaluation import Interval, Prevalence


@verb
def prevalence(
    run: RunFolder,
    labels: Annotated[
        Path, typer.Option("--labels", help="Judged comments of the run: .csv with ids, or .jsonl of reviews.")
    ],
    json: Json = False,
) -> None:
    """Say how common each label is in a run, corrected for the model's errors by a random sample."""
    from analyzer.estimates import estimate_prevalences

    found = estimate_prevalences(run, labels)
    if json:
        print_json(found.to_json())
        return
    for doubt in found.doubts:
        tell(f"note: {doubt}")
    width = max([len("label"), *(len(row.label) for row in found.labels)])
    heads = ("corrected (95 %)", "labels only (95 %)", "counted by model")
    say(f"{'label':<{width}}  {heads[0]:>26}  {heads[1]:>26}  {heads[2]:>16}  judged")
    for row in found.labels:
        say(f"{row.label:<{width}}  {_cells(row)}")
        for doubt in row.doubts:
            tell(f"note: {row.label}: {doubt}")
    tell(f"run: {found.run} · model: {found.model} · {len(found.matched.rows):,} judged comments")


def _cells(row: "Prevalence") -> str:
    naive = "–" if row.naive is None else f"{row.naive:.2%}"
    judged = f"{row.n:,}, {row.positives:,} positive"
    alone = _share(row.labels_only, row.labels_only_interval)
    return f"{_share(row.share, row.interval):>26}  {alone:>26}  {naive:>16}  {judged}"


def _share(share: float, interval: "Interval") -> str:
    return f"{share:.2%} ({interval.low:.2%}–{interval.high:.2%})"
