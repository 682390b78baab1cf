"""analyzer threshold: the threshold that keeps a promise, or how many labels are missing to make it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analyzer.cli.console import print_json, say, tell, verb
from analyzer.cli.score import Json, ModelOption, model_of
from analyzer.errors import ConfigError

if TYPE_CHECKING:
    from analyzer.estimates import Promised
    from analyzer.evaluation import Guarantee, Measure

_NAMES = {
    "precision": "precision",
    "recall": "recall",
    "false_positive_rate": "false positives",
    "flagged": "flagged",
}
_MANY = 1_000_000  # comments of which the queue is told where nobody says how many come a day


@verb
def threshold(
    promise: Annotated[
        str,
        typer.Argument(metavar="PROMISE", help='"maximum recall @ precision >= 0.95 where label=abuse.threat"'),
    ],
    labels: Annotated[
        Path, typer.Option("--labels", help="Labelled rows: .csv, .jsonl, a folder; with --run, judged ids.")
    ],
    run: Annotated[Path | None, typer.Option("--run", help="Take the scores stored in this run, by id.")] = None,
    model: ModelOption = None,
    per_day: Annotated[
        int | None, typer.Option("--per-day", min=1, help="Comments a day: how long the queue would be.")
    ] = None,
    json: Json = False,
) -> None:
    """Find the threshold that keeps a promise with 95 % confidence, or say how many labels are missing."""
    from analyzer.evaluation import parse_promise

    asked = parse_promise(promise)
    if run is not None and model is not None:
        raise ConfigError("--model: has no meaning with --run, whose scores are stored; leave one of them out")
    if run is not None:
        from analyzer.estimates import promise_threshold_on_run

        found = promise_threshold_on_run(asked, labels, run)
    else:
        from analyzer.config import load_config
        from analyzer.estimates import promise_threshold
        from analyzer.scoring import load_scorer

        found = promise_threshold(asked, labels, load_scorer(model_of(load_config({"model": model}).model)))
    if json:
        print_json(_record(found, per_day))
        return
    for note in found.notes:
        tell(f"note: {note}")
    for line in _lines(found, per_day):
        say(line)


def _record(found: "Promised", per_day: int | None) -> dict[str, Any]:
    queue = found.guarantee.queue(per_day) if per_day else None
    told = None if queue is None else dict(zip(("comments", "low", "high"), (round(n, 1) for n in queue), strict=True))
    return found.to_json() | {"per_day": per_day, "queue": told}


def _lines(found: "Promised", per_day: int | None) -> list[str]:
    guarantee = found.guarantee
    promise = guarantee.promise
    rows = f"{guarantee.n:,} judged, {guarantee.positives:,} positive"
    if guarantee.threshold is None:
        lines = [f"cannot promise {promise.kept} for {promise.label}: {_lacking(guarantee)}", f"{'rows':>16}  {rows}"]
        return lines + [f"{'rests on':>16}  {ground}" for ground in guarantee.rests_on]
    lines = [
        f"{promise.label} at or above {guarantee.threshold:.6f}",
        f"{'promised':>16}  {promise.kept}, with confidence {1 - promise.delta:.0%}",
    ]
    lines += [f"{_NAMES[name]:>16}  {_share(measure)}" for name, measure in guarantee.measures.items()]
    lines += [f"{'rows':>16}  {rows}", f"{'queue':>16}  {_queue(guarantee, per_day)}"]
    return lines + [f"{'rests on':>16}  {ground}" for ground in guarantee.rests_on]


def _lacking(guarantee: "Guarantee") -> str:
    if guarantee.missing is None:
        return "nowhere is the ranking that good, and more labels alone would not help; lower the bound or improve the model"
    return f"needs about {guarantee.missing:,} more labels"


def _share(measure: "Measure") -> str:
    if measure.value is None or measure.interval is None:
        return "–"
    return f"{measure.value:.1%} ({measure.interval.low:.1%}–{measure.interval.high:.1%})"


def _queue(guarantee: "Guarantee", per_day: int | None) -> str:
    queue = guarantee.queue(per_day or _MANY)
    if queue is None:
        return "unknown: it needs --run or base_rate"
    comments, low, high = (f"{count:,.0f}" for count in queue)
    span = "" if low == high else f" ({low}–{high})"
    return f"{comments}{span} of {per_day:,} comments a day" if per_day else f"{comments}{span} of a million comments"
