"""analyzer score: dumps into a run, or JSON Lines from standard input to standard output."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analyzer.cli.console import print_json, progress_bar, read_options, say, tell, tell_claimed, tell_reading, verb
from analyzer.cli.read import Authors, Dumps, Encoding, Format, Map
from analyzer.errors import ConfigError

if TYPE_CHECKING:
    from analyzer.config import Config
    from analyzer.policy import Policy
    from analyzer.runs import Run
    from analyzer.schema import Scorer

ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model", help="Model folder, Hugging Face id, `default` (embedded) or `current` (the promoted one)."
    ),
]
PolicyOption = Annotated[str | None, typer.Option("--policy", help="Name of a policy, or a TOML file.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Workers = Annotated[int | None, typer.Option("--workers", help="Processes that score; 1 uses all cores by itself.")]
Cluster = Annotated[bool, typer.Option("--ray", help="Map the shards on Ray instead of local processes.")]


@verb
def score(
    dumps: Dumps,
    out: Annotated[Path | None, typer.Option("--out", help="Folder of the run; repeat the command to go on.")] = None,
    model: ModelOption = None,
    policy: PolicyOption = None,
    format: Format = None,
    map: Map = None,
    authors: Authors = None,
    encoding: Encoding = None,
    workers: Workers = None,
    shards: Annotated[
        int | None, typer.Option("--shards", help="Pieces of the run; chosen by size if left out.")
    ] = None,
    ray: Cluster = False,
    json: Json = False,
) -> None:
    """Score dumps into a run folder. `analyzer score -` scores JSON Lines from standard input instead."""
    from analyzer.config import load_config

    flags = {"model": model, "policy": policy, "authors": authors, "workers": workers, "shards": shards}
    config = load_config(flags)
    if dumps == ["-"]:
        of_a_run: dict[str, Any] = {
            "--out": out,
            "--format": format,
            "--map": map,
            "--ray": ray or None,
        }
        of_a_run |= {"--authors": authors, "--encoding": encoding, "--workers": workers, "--shards": shards}
        _refuse_run_options(of_a_run)
        from analyzer.cli.pipe import score_stream

        score_stream(config.model, policy and config.policy)
        return
    if "-" in dumps:
        raise ConfigError("DUMP: - cannot stand beside files; score standard input by itself: analyzer score -")
    if out is None:
        raise ConfigError("--out is missing; name the folder of the run: analyzer score DUMP --out runs/october")
    run = _make_run(dumps, out, config, {"fmt": format, "map": map, "encoding": encoding, "ray": ray})
    _show(run, as_json=json)


def _refuse_run_options(given: dict[str, Any]) -> None:
    for flag, value in given.items():
        if value is not None:
            raise ConfigError(
                f"{flag}: has no meaning with -, which takes JSON Lines and writes JSON Lines; leave it out"
            )


def _make_run(dumps: list[str], out: Path, config: "Config", options: dict[str, Any]) -> "Run":
    from analyzer.pipeline import RunSettings, score_dump

    with progress_bar() as progress:
        settings = RunSettings(
            fmt=options["fmt"],
            reading=read_options(options["map"], config.authors, config.author_key, options["encoding"]),
            shards=config.shards,
            workers=config.workers,
            cluster=options["ray"],
            progress=progress,
        )
        return score_dump(dumps, out=out, model=model_of(config.model), policy=config.policy, settings=settings)


def model_of(name: str) -> str | None:
    """What `load_scorer` takes: None for the embedded model. `current` is settled here, once for all that a call does."""
    if name != "current":
        return None if name == "default" else name
    from analyzer.registry import find_model

    folder = find_model(name)
    return None if folder == find_model() else str(folder)


def policy_of(name: str, scorer: "Scorer") -> "Policy":
    """A policy with the thresholds and labels of what scores."""
    from analyzer.policy import load_policy
    from analyzer.taxonomy import load_taxonomy

    taxonomy = load_taxonomy(own=getattr(scorer, "own_labels", ()))
    return load_policy(name, thresholds=getattr(scorer, "thresholds", {}), taxonomy=taxonomy, model=scorer.version)


def _show(run: "Run", *, as_json: bool) -> None:
    manifest = run.manifest()
    reading = manifest["reading"]
    tell_reading(reading["counts"], reading["notes"])
    tell_claimed(*_claims(run))
    checked = manifest["models"][run.model]["counts"]
    actions = manifest["policies"][run.policy]["counts"]
    if as_json:
        result = {"run": str(run.path), "model": run.model, "policy": run.policy}
        print_json(result | {"reading": reading, "checked": checked, "actions": actions})
        return
    show_actions(actions, checked)
    tell(f"run: {run.path} · model: {run.model} · policy: {run.policy}")
    tell(f"next: analyzer report {run.path}")


def _claims(run: "Run") -> tuple[Mapping[str, Mapping[str, int]], Counter[tuple[str, str]]]:
    """How many comments the sources count in each thread of the run, where they do, and how many are there."""
    import pyarrow.parquet as pq

    columns = ["source", "thread_id", "thread_claimed"]
    claims: defaultdict[str, dict[str, int]] = defaultdict(dict)
    present: Counter[tuple[str, str]] = Counter()
    for shard in run.shards:
        threads = pq.read_table(run.file("comments", shard=shard), columns=columns).group_by(columns)
        for row in threads.aggregate([([], "count_all")]).to_pylist():
            present[row["source"], row["thread_id"]] += row["count_all"]
            if row["thread_claimed"] is not None:
                claims[row["source"]][row["thread_id"]] = row["thread_claimed"]
    return claims, present


def show_actions(actions: dict[str, int], checked: dict[str, int] | None = None) -> None:
    """The suggested actions, most severe first, and why comments were not checked."""
    for action in ("reject", "review", "approve"):
        say(f"{action:>12} {actions.get(action, 0):>10,}")
    for reason, count in sorted((checked or {}).items()):
        if reason != "ok":
            say(f"{'not checked':>12} {count:>10,}  {reason}")
