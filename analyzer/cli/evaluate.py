"""analyzer evaluate: how good a model is, on labelled files and functional suites."""

from pathlib import Path
from typing import Annotated, Any

import typer

from analyzer.cli.console import print_json, say, tell, verb
from analyzer.cli.score import Json, model_of


@verb
def evaluate(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="Model folder, `default` (embedded) or `current` (the promoted one).")
    ],
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILES...", help="Suites (.csv), labelled rows in any form of docs/retrain.md, or folders of them."
        ),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for evaluation.json, .md and .html; else runs/evaluation.")
    ] = None,
    most: Annotated[int | None, typer.Option("--most", min=1, help="Rows of each source at most.")] = None,
    json: Json = False,
) -> None:
    """Measure a model: by label, corpus, language and group, suites by family, calibration, robustness, bias."""
    from analyzer.errors import ModelError
    from analyzer.examination import examine, read_examples, write_examination
    from analyzer.registry import find_model, open_model
    from analyzer.scoring import load_scorer
    from analyzer.taxonomy import load_taxonomy

    folder = find_model(model)
    if folder is None:
        raise ModelError(f"{model}: no model folder there; a model is measured at the thresholds of its own model.json")
    opened = open_model(folder)
    examples = read_examples(files, most, load_taxonomy(own=opened.own_labels))
    tell(f"{len(examples):,} rows of {len({row.source for row in examples})} sources")
    scorer = load_scorer(model_of(model))
    result = examine(scorer, opened.thresholds, examples)
    written = write_examination(result, out or Path("runs/evaluation"))
    if json:
        print_json(result)
        return
    for line in _lines(result):
        say(line)
    say(f"written: {', '.join(map(str, written))}")


def _lines(result: dict[str, Any]) -> list[str]:
    """What a reader wants first: what is asked and reached, suites with both halves, then AUC of the most judged labels."""
    from analyzer.evaluation import asked_table

    lines = [f"{result['model']}, {result['rows']:,} rows, {result['not_scored']:,} not scored"]
    for what, asked, reached, n, met in asked_table(result["asked"])[2]:
        lines.append(f"{what}: {reached}, n {n}" + (f"; asked {asked}: {met}" if asked else ""))
    for suite, parts in result["suites"].items():
        for label, figures in parts.items():
            halves = [_share(figures[name]) for name in ("all", "expected_1", "expected_0")]
            lines.append(f"suite {suite}, {label}: right {halves[0]}; to flag {halves[1]}; to leave alone {halves[2]}")
    for label, row in sorted(result["labels"].items(), key=lambda entry: -entry[1]["positives"])[:12]:
        auc = row["auc"]
        span = f"{auc['value']:.3f} ({auc['low']:.3f}–{auc['high']:.3f})"
        lines.append(f"{label}: AUC {span}, n {row['n']:,}, {row['positives']:,} positive")
    return lines


def _share(figures: dict[str, Any]) -> str:
    if figures["value"] is None:
        return "–"
    return f"{figures['value']:.1%} ({figures['low']:.1%}–{figures['high']:.1%}, n {figures['n']:,})"
