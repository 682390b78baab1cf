"""A run from dump to reports: stages strung together, each mapped over shards, each taken up where it stopped.

read → thread → score (once a model) → decide (once a policy) → report. The same call again goes on; what belongs to
another input or another configuration is refused, unless the run holds no comment yet.
"""

import logging
import platform
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from analyzer import partition
from analyzer.errors import InputError, ShardError
from analyzer.partition import Dump
from analyzer.policy import load_policy
from analyzer.readers import ReadOptions, author_namer
from analyzer.reports import FORMATS, Report, build_report, find_patterns, possible_names, write_reports
from analyzer.runners import ShardFunction, map_shards
from analyzer.runs import MANIFEST, Run, locked, open_run
from analyzer.schema import Thread
from analyzer.shards import DecideShard, Model, ScoreShard, open_scorer, own_labels_of
from analyzer.taxonomy import Taxonomy, load_taxonomy
from analyzer.version import VERSION

Progress = Callable[[str, int, int | None], None]
"""Called with a stage, the comments it has done so far, and their total where it is known."""

_RUN_FORMAT = 1
_SCORE = "score"
_NO_RUN = ("lock", f".{MANIFEST}.tmp")  # what a call leaves that was killed before it wrote run.json
_PLAIN_READING = ReadOptions()


def _silent(stage: str, rows: int, total: int | None) -> None:
    """No progress is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """How a run is made. `shards` 0: chosen by the size of the dumps; `cluster`: map shards on Ray, not local
    processes."""

    fmt: str | None = None
    reading: ReadOptions = _PLAIN_READING
    shards: int = 0
    workers: int = 1
    cluster: bool = False
    progress: Progress = _silent


_log = logging.getLogger(__name__)
_DEFAULTS = RunSettings()


def score_dump(
    dumps: str | Path | Sequence[str | Path],
    *,
    out: str | Path,
    model: Model = None,
    policy: str | Path = "default",
    settings: RunSettings = _DEFAULTS,
) -> Run:
    """A finished run of these dumps in the folder `out`; the same call again takes up what was cut short.

    Raises InputError if `out` holds a run of other dumps or of another configuration in which any comment was read, ShardError
    if shards failed (the others are kept).
    """
    taxonomy = load_taxonomy(own=own_labels_of(model))
    load_policy(policy, thresholds={}, taxonomy=taxonomy)  # a mistake in a policy should not wait for the scores
    described = [partition.describe_dump(dump) for dump in ([dumps] if isinstance(dumps, (str, Path)) else dumps)]
    if not described:
        raise InputError("no dump was given; name at least one file")
    run = Run(Path(out))
    run.path.mkdir(parents=True, exist_ok=True)
    with locked(run.path):
        _begin(run, described, settings)
        _mend(run)
        failed = _read(run, described, settings)
        version, scored_failed = _score(run, model, settings, failed)
        failed |= scored_failed
        failed |= _decide(run, policy, version, settings, failed)
    _complain(run, failed)
    return run


def decide_run(run: Run | str | Path, policy: str | Path = "default", *, settings: RunSettings = _DEFAULTS) -> Run:
    """The run with its stored scores decided by another policy, which becomes the current one. No model is loaded."""
    run = run if isinstance(run, Run) else open_run(run)
    with locked(run.path):
        model = run.model
        unscored = {shard: "no scores" for shard in run.shards if not run.file("scores", model, shard=shard).is_file()}
        failed = _decide(run, policy, model, settings, unscored)
    _complain(run, failed)
    _complain(run, unscored, "repeat the `analyzer score` command, which goes on with these")
    return run


def report_run(
    run: Run | str | Path, *, out: str | Path | None = None, formats: Sequence[str] = FORMATS, redact: bool = False
) -> list[Path]:
    """The files written, the index first: a report a thread, in reports/ of the run or in `out`."""
    run = run if isinstance(run, Run) else open_run(run)
    folder = Path(out) if out else run.path / "reports"
    names = _names_called(run) if redact else {}
    patterns = find_patterns(_threads(run, names), redact=redact)
    counts = run.manifest()["reading"]["counts"]
    reports = _reports(run, names, redact=redact)
    return write_reports(reports, folder, formats=formats, patterns=patterns, counts=counts)


def _reports(run: Run, names: Mapping[str, str], *, redact: bool) -> Iterator[Report]:
    """A report a thread, one in memory at a time."""
    taxonomy = taxonomy_of(run, run.model)
    thresholds = thresholds_of(run, run.model)
    notes = tuple(run.manifest()["policies"][run.policy].get("notes", ()))
    for shard in run.shards:
        scores, decisions = run.scores(shard), run.decisions(shard)
        for thread in _threads(run, names, shard):
            size = len(thread.comments)
            report = build_report(
                thread,
                list(islice(scores, size)),
                list(islice(decisions, size)),
                taxonomy=taxonomy,
                thresholds=thresholds,
                redact=redact,
            )
            yield replace(report, policy_notes=notes)


def _names_called(run: Run) -> dict[str, str]:
    """Hash → name of the authors whom their thread calls by name, found by hashing words with the run's key; stored nowhere."""
    key = run.path / partition.KEY_FILE
    if not key.is_file():
        return {}
    hashed = author_namer(ReadOptions(author_key=key.read_bytes()))
    names: dict[str, str] = {}
    for thread in run.threads():
        authors = {comment.author for comment in thread.comments if comment.author}
        for text in (thread.title or "", *(comment.text for comment in thread.comments)):
            names |= {author: name for name in possible_names(text) if (author := hashed(name)) in authors}
    return names


def _threads(run: Run, names: Mapping[str, str], shard: int | None = None) -> Iterator[Thread]:
    """The threads of the run with the names that are known in place of the hashes."""
    for thread in run.threads(shard):
        comments = (replace(c, author=names.get(c.author or "", c.author)) for c in thread.comments)
        yield replace(thread, comments=tuple(comments)) if names else thread


def thresholds_of(run: Run, model: str) -> Mapping[str, Mapping[str, Any]]:
    """The thresholds the model brought when it scored the run."""
    thresholds: Mapping[str, Mapping[str, Any]] = run.manifest()["models"].get(model, {}).get("thresholds", {})
    return thresholds


def taxonomy_of(run: Run, model: str) -> Taxonomy:
    """The labels of the package and those of the user's own that the model knew when it scored the run."""
    return load_taxonomy(own=run.manifest()["models"].get(model, {}).get("own_labels", ()))


def _begin(run: Run, dumps: Sequence[Dump], settings: RunSettings) -> None:
    """Write run.json, or refuse a folder that holds another run; one without any comment is begun anew."""
    reading = settings.reading
    wanted = {
        "inputs": [dump.to_json() for dump in dumps],
        "config": {
            "format": settings.fmt,
            "mapping": dict(reading.mapping),
            "authors": reading.authors,
            "author_key": "given" if reading.author_key else "run",
            "encoding": reading.encoding,
            "shards": settings.shards or partition.choose_shards(dumps),
        },
        "analyzer": VERSION,
    }
    if (run.path / MANIFEST).is_file():
        difference = _difference(run, wanted, ask_shards=bool(settings.shards))
        if not difference:
            return
        if not partition.is_void(run):
            raise InputError(difference)
        partition.clear(run)
    elif any(path.name not in _NO_RUN for path in run.path.iterdir()):
        raise InputError(f"{run.path}: the folder is not empty and holds no run; give --out another folder")
    versions = {"python": platform.python_version(), "machine": platform.machine()}
    run.write_manifest({"run": _RUN_FORMAT} | wanted | {"versions": versions, "models": {}, "policies": {}})


def _mend(run: Run) -> None:
    """Forget what a stage wrote and somebody lost since, so that it is made anew; what was read cannot be."""
    for table, marker in run.damaged():
        if marker.parent.name == partition.THREAD:
            raise InputError(
                f"{table}: missing or cut off, and what was read is gone with it; give --out another folder"
            )
        _log.warning("%s: missing or cut off; made anew", table)
        marker.unlink()


def _difference(run: Run, wanted: Mapping[str, Any], *, ask_shards: bool) -> str:
    """What the run was made with that is not wanted now; empty if nothing is."""
    there = run.manifest()
    config = {name: value for name, value in wanted["config"].items() if ask_shards or name != "shards"}
    parts = {f"config {name}": (there["config"].get(name), value) for name, value in config.items()}
    parts["analyzer"] = (there.get("analyzer"), wanted["analyzer"])
    parts["inputs"] = (_names(there["inputs"]), _names(wanted["inputs"]))
    for part, (before, now) in parts.items():
        if before != now:
            return (
                f"{run.path / MANIFEST}: made with other {part}: {before!r}, now {now!r}; "
                "repeat the command it was made with, or give --out another folder"
            )
    return ""


def _names(inputs: Iterable[Mapping[str, Any]]) -> list[str]:
    return sorted(f"{entry['name']} ({entry['bytes']} bytes, sha256 {entry['sha256'][:12]}…)" for entry in inputs)


def _read(run: Run, dumps: Sequence[Dump], settings: RunSettings) -> dict[int, str]:
    if partition.lost(run):
        run.unmark(partition.READ)
    if not run.is_done(partition.READ, shard=0):
        options = partition.author_key(run, settings.reading)
        plan = partition.Plan(dumps=tuple(dumps), shards=len(run.shards), options=options, fmt=settings.fmt)
        reading = partition.spread(run, plan, lambda rows: settings.progress(partition.READ, rows, None))
        run.update({"reading": reading.to_json()})
        run.mark_done(partition.READ, shard=0)
    failed = _map(run, (partition.THREAD,), partition.ThreadShard(run.path), settings, {})
    if not failed:
        partition.drop_spill(run, run.manifest()["reading"]["counts"].get("comments", 0))
    return failed


def _score(run: Run, model: Model, settings: RunSettings, skip: Mapping[int, str]) -> tuple[str, dict[int, str]]:
    """Score what is not scored yet; the model's version and the shards that failed."""
    threads = 1 if settings.workers > 1 else None  # several processes share the cores, one takes them all
    scorer = open_scorer(model, threads)
    version = scorer.version
    entry = {"labels": list(scorer.labels), "thresholds": getattr(scorer, "thresholds", {})}
    if own := getattr(scorer, "own_labels", ()):
        entry["own_labels"] = list(own)
    run.update({"models": run.manifest()["models"] | {version: entry}})
    failed = _map(run, (_SCORE, version), ScoreShard(run.path, version, model, threads), settings, skip)
    counts = _count(run, ("scores", version), "checked", {**failed, **skip})
    run.update({"models": run.manifest()["models"] | {version: entry | {"counts": counts}}})
    return version, failed


def _decide(run: Run, policy: str | Path, model: str, settings: RunSettings, skip: Mapping[int, str]) -> dict[int, str]:
    """Decide what is not decided yet; only then are model and policy the current ones, both at once."""
    loaded = load_policy(policy, thresholds=thresholds_of(run, model), taxonomy=taxonomy_of(run, model), model=model)
    version = loaded.version
    if run.manifest()["policies"].get(version, {}).get("model", model) != model:
        run.unmark("decide", version)  # the same rules over the scores of another model: cheap enough to do again
    entry: dict[str, Any] = {"name": loaded.name, "model": model, "notes": list(loaded.remarks)}
    run.update({"policies": run.manifest()["policies"] | {version: entry}})
    failed = _map(run, ("decide", version), DecideShard(run.path, model, loaded), settings, skip)
    entry["counts"] = _count(run, ("decisions", version), "action", {**failed, **skip})
    policies = run.manifest()["policies"] | {version: entry}
    run.update({"policies": policies, "current": {"model": model, "policy": version}})
    return failed


def _map(
    run: Run, stage: tuple[str, ...], function: ShardFunction, settings: RunSettings, skip: Mapping[int, str]
) -> dict[int, str]:
    """Map over the shards that are not done; those that failed, with the error of each."""
    waiting = [shard for shard in run.shards if shard not in skip and not run.is_done(*stage, shard=shard)]
    total = None if stage[0] == partition.THREAD else sum(run.rows(shard) for shard in waiting)
    failed: dict[int, str] = {}
    done = 0
    # Threading and deciding take a hundredth of the time of scoring: starting processes for them would cost more.
    spread = settings if stage[0] == _SCORE else _DEFAULTS
    for stats in map_shards(function, waiting, workers=spread.workers, cluster=spread.cluster):
        done += stats.rows
        settings.progress(stage[0], done, total)
        if stats.error:
            failed[stats.shard] = f"{stage[0]}: {stats.error}"
    return failed


def _count(run: Run, parts: tuple[str, ...], column: str, skip: Mapping[int, str]) -> dict[str, int]:
    """How often each value stands in a column, over all shards that are there: right after any number of resumes."""
    counts: Counter[str] = Counter()
    for shard in run.shards:
        if shard not in skip:
            values = pq.read_table(run.file(*parts, shard=shard), columns=[column], use_threads=False)[column]
            counts.update({pair["values"]: pair["counts"] for pair in pc.value_counts(values).to_pylist()})
    return dict(sorted(counts.items()))


def _complain(
    run: Run, failed: Mapping[int, str], remedy: str = "the others are kept, the same command tries these again"
) -> None:
    if failed:
        first = "; ".join(f"shard {shard}: {error}" for shard, error in sorted(failed.items())[:5])
        raise ShardError(f"{run.path}: {len(failed)} of {len(run.shards)} shards failed ({first}); {remedy}")
