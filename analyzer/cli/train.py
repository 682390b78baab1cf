"""analyzer train: a candidate model that learnt your labels."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from analyzer.cli.console import parse_map, print_json, say, tell, verb
from analyzer.cli.score import Json
from analyzer.errors import ConfigError


@verb
def train(
    labels: Annotated[Path, typer.Argument(metavar="LABELS", help="Labelled comments: any form of docs/retrain.md.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the candidate; repeat the command to go on.")],
    base: Annotated[
        str, typer.Option("--base", help="Model to start from: a folder, `current` or `default`.")
    ] = "current",
    labels_file: Annotated[
        Path | None, typer.Option("--labels-file", help="TOML file that defines labels of your own.")
    ] = None,
    base_rate: Annotated[
        list[str] | None,
        typer.Option("--base-rate", help="Share of comments on your site with a label: site.doxxing=0.02; repeatable."),
    ] = None,
    texts: Annotated[
        list[Path] | None,
        typer.Option("--texts", help="A dump of yours on which all other labels are to stay as they are."),
    ] = None,
    map: Annotated[str | None, typer.Option("--map", help="Columns of LABELS: text=comment,label=verdict.")] = None,
    run: Annotated[Path | None, typer.Option("--run", help="Run that holds the texts of reviews.")] = None,
    name: Annotated[str, typer.Option("--name", help="Name of the candidate.")] = "",
    seed: Annotated[int, typer.Option("--seed", help="Same labels and seed: same candidate.")] = 17,
    device: Annotated[str, typer.Option("--device", help="cpu, or a device that torch finds, such as cuda.")] = "cpu",
    trust_labels: Annotated[
        bool, typer.Option("--trust-labels", help="Learn labels even where their rows contradict one another.")
    ] = False,
    json: Json = False,
) -> None:
    """Learn better values of known labels, and labels of your own; nothing is promoted."""
    from analyzer.retraining import TrainSettings
    from analyzer.retraining import train as learn
    from analyzer.training import outcome_lines

    settings = TrainSettings(
        name=name,
        own_labels=labels_file,
        base_rates=parse_rates(base_rate or []),
        texts=texts or (),
        mapping=parse_map(map),
        run=run,
        seed=seed,
        device=device,
        trust_labels=trust_labels,
        say=tell,
    )
    candidate = learn(labels, base=base, out=out, settings=settings)
    if json:
        print_json(candidate.outcome)
        return
    for line in outcome_lines(candidate.outcome, str(out), str(candidate.measured)):
        say(line)


def parse_rates(pairs: list[str]) -> Mapping[str, float]:
    """`site.doxxing=0.02` → {"site.doxxing": 0.02}."""
    rates = {}
    for pair in pairs:
        label, _, share = pair.partition("=")
        try:
            rates[label.strip()] = float(share)
        except ValueError:
            raise ConfigError(
                f"--base-rate {pair!r}: write a label and its share: --base-rate site.doxxing=0.02"
            ) from None
    return rates
