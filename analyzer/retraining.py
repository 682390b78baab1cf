"""A candidate model from label files: `train` reads, checks and gathers, `analyzer.training` learns, nothing is promoted."""

import logging
import random
import shutil
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from analyzer.errors import ConfigError, InputError, ModelError
from analyzer.learnt import keep_learnt
from analyzer.own_labels import Table, merged, own_ids, read_own_labels
from analyzer.readers import gather_labels, read_comments, read_labels, read_suite
from analyzer.registry import MANIFEST, ModelFolder, find_model, folder_of, models_home, open_model, read_pointer
from analyzer.schema import Example
from analyzer.taxonomy import Taxonomy, load_taxonomy

log = logging.getLogger(__name__)
_DATA = (
    Path(__file__).parent.parent / "data"
)  # beside the package in a checkout; absent where only the package is installed
_MOST_REPLAYED = 8000
_TOLD = 5
_JUDGED = 0.5  # a label that weighs less was derived, not judged


def _silent(sentence: str) -> None:
    """Nobody is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainSettings:
    """How a candidate is made.

    `own_labels`: a TOML file that defines labels of your own; `base_rates`: label → share of comments that carry it on your site;
    `mapping`: field → column, for a label file whose columns have other names; `run`: the run that holds the texts of reviews;
    `texts`: dumps of your own on which all other labels are to stay as they are; `trust_labels`: learn labels even where their rows
    contradict one another; `say` is called with lines of progress.
    """

    name: str = ""
    own_labels: str | Path | None = None
    base_rates: Mapping[str, float] = field(default_factory=dict)
    texts: Sequence[str | Path] = ()
    mapping: Mapping[str, str] = field(default_factory=dict)
    run: str | Path | None = None
    seed: int = 17
    device: str = "cpu"
    trust_labels: bool = False
    say: Callable[[str], None] = _silent


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model folder that was just made; the rows nobody learnt from, as a label file; and what the training gave.

    `outcome` is the `retrained` part of the folder's evaluation.json.
    """

    path: Path
    measured: Path
    outcome: Mapping[str, Any]

    def __fspath__(self) -> str:
        return str(self.path)


_DEFAULTS = TrainSettings()


def train(
    labels: str | Path | Iterable[Example],
    *,
    base: str | Path = "current",
    out: str | Path,
    settings: TrainSettings = _DEFAULTS,
) -> Candidate:
    """A candidate in the folder `out` that learnt `labels`: a label file, or examples read from one.

    Known labels are corrected, labels of your own are added, all others stay as they are. Cut short, the same call goes on.
    """
    out = Path(out)
    folder = _open_base(base)
    _require_free(out, folder)
    added = read_own_labels(settings.own_labels) if settings.own_labels else None
    own = merged(folder.own_labels, added)
    taxonomy = load_taxonomy(own=own)
    rows = _read(labels, taxonomy, settings) if isinstance(labels, str | Path) else list(labels)
    _check(rows, own, folder, settings)

    from analyzer.training import Naming, Task, retrain, write_candidate

    rates, guessed = _rates(rows, settings.base_rates)
    work = out.with_name(f"{out.name}.work")
    task = Task(
        base=folder,
        rows=rows,
        own=own_ids(own),
        rates=rates,
        replay=lambda: _replayed(rows, settings),
        work=work,
        seed=settings.seed,
        device=settings.device,
        say=settings.say,
        trusting=settings.trust_labels,
    )
    learnt = retrain(task)
    naming = Naming(name=settings.name or f"{folder.manifest['name']}-retrained", out=out, own=own, guessed=guessed)
    outcome = write_candidate(task, learnt, naming, _watched(settings))
    keep_learnt(out, (*learnt.parts.train, *learnt.parts.fit), folder)
    measured = out.with_name(f"{out.name}-measured.jsonl")
    _write_rows(learnt.parts.measure, learnt.all_labels, measured)
    shutil.rmtree(work, ignore_errors=True)
    return Candidate(out, measured, outcome)


def _open_base(base: str | Path) -> ModelFolder:
    folder = find_model(base)
    if folder is None or not (folder / MANIFEST).is_file():
        raise ModelError(f"--base {base}: no model folder there; name one, or `current`")
    return open_model(folder)


def _require_free(out: Path, base: ModelFolder) -> None:
    """`out` may be new, empty or a model folder other than the base and those in use: it is replaced."""
    if out.exists() and out.resolve() == base.path.resolve():
        raise InputError(f"--out {out}: that is the model to learn from; name another folder")
    if out.exists() and out.resolve() in _in_use():
        raise InputError(f"--out {out}: a promoted model stands there; name another folder, and promote that one")
    if out.exists() and not (out.is_dir() and ((out / MANIFEST).is_file() or not any(out.iterdir()))):
        raise InputError(f"--out {out}: something else stands there; name a new folder")


def _in_use() -> set[Path]:
    """The embedded model, the current one and those a rollback comes back to."""
    home = models_home()
    pointer = read_pointer(home)
    named = () if pointer is None else (pointer["to"], *pointer["earlier"])
    return {folder_of(home, name).resolve() for name in (None, *(one["folder"] for one in named))}


def _read(path: str | Path, taxonomy: Taxonomy, settings: TrainSettings) -> list[Example]:
    """The rows of a label file; bad ones are told and left out, unknown labels are an error."""
    found = gather_labels(path, taxonomy, mapping=settings.mapping, run=settings.run)
    if found.unknown:
        parts = []
        for name, places in list(found.unknown.items())[:_TOLD]:
            near = taxonomy.nearest(name)
            hint = f"did you mean {near!r}?" if near else "define it in the file of --labels-file"
            parts.append(f"{places[0]}: no label is called {name[:60]!r} ({len(places):,} rows); {hint}")
        raise InputError("; ".join(parts))
    for reject in found.rejects[:_TOLD]:
        settings.say(f"not read: {reject.file}{f':{reject.line}' if reject.line else ''}: {reject.reason}")
    if len(found.rejects) > _TOLD:
        settings.say(f"not read: and {len(found.rejects) - _TOLD:,} more rows; analyzer check {path} lists them")
    return list(found.examples)


def _check(rows: Sequence[Example], own: Iterable[Table], base: ModelFolder, settings: TrainSettings) -> None:
    """InputError or ConfigError for what would only be noticed after minutes."""
    if not rows:
        raise InputError("no labelled rows were given; see docs/retrain.md for the forms of label files")
    known = (*base.labels, *own_ids(own))
    judged = {label for row in rows for label in row.labels}
    if not judged & set(known):
        raise InputError(f"none of the labels {', '.join(sorted(judged)[:_TOLD])} is one this model can learn")
    for label, rate in settings.base_rates.items():
        if label not in judged:
            raise ConfigError(
                f"--base-rate {label}: no row judges this label; judged are {', '.join(sorted(judged)[:12])}"
            )
        if not 0 < rate < 1:
            raise ConfigError(f"--base-rate {label}={rate}: must lie between 0 and 1; write 0.02 for 2 %")
    if settings.name and ("@" in settings.name or "/" in settings.name):
        raise ConfigError(f"--name {settings.name!r}: leave @ and / out, they separate name and version")


def _rates(rows: Sequence[Example], given: Mapping[str, float]) -> tuple[dict[str, float], frozenset[str]]:
    """The base rate of each judged label: given, or the recipe's for labels of the package, or the share in the rows."""
    from analyzer.training import assumed

    judged = {label for row in rows for label in row.labels}
    found = {label: assumed("base_rates", label) for label in judged}
    recipe = {label: rate for label, rate in found.items() if rate is not None}
    guessed = judged - given.keys() - recipe.keys()
    shares = {}
    for label in guessed:
        values = [row.labels[label] >= 0.5 for row in rows if label in row.labels]
        shares[label] = min(max(sum(values) / len(values), 1e-4), 1 - 1e-4)
    return {**shares, **recipe, **given}, frozenset(guessed)


def _replayed(rows: Sequence[Example], settings: TrainSettings) -> list[Example]:
    """Texts on which the other labels are held beside the rows themselves, without labels: your own first, then the project's."""
    room = min(_MOST_REPLAYED, max(2000, len(rows) // 2))
    mine = _drawn(
        (
            Example(source="texts", id=comment.id, text=comment.text, labels={})
            for dump in settings.texts
            for comment in read_comments(dump)
            if comment.scorable
        ),
        room,
        settings.seed,
    )
    shipped = _drawn(
        (
            replace(row, labels={}, weights={}, spans=None, span_families=())
            for file in sorted((_DATA / "labels").glob("*.jsonl"))
            for row in read_labels(file)
        ),
        room - len(mine),
        settings.seed,
    )
    judged = {row.text for row in rows}
    return [row for row in (*mine, *shipped) if row.text not in judged]


def _watched(settings: TrainSettings) -> list[Example]:
    """The project's suites: texts nobody learns from, to compare the other labels on."""
    suites = [row for file in sorted((_DATA / "suites").glob("*.csv")) for row in read_suite(file)]
    if not suites:
        settings.say("the project's suites are not beside the package: other labels are compared on your own rows")
    return suites


def _write_rows(rows: Iterable[Example], known: Collection[str], file: Path) -> None:
    """A label file that the gate can measure on: what was judged of the labels the candidate knows, marked as held out."""
    import orjson

    lines = []
    for row in rows:
        judged = {
            label: value
            for label, value in row.labels.items()
            if label in known and row.weights.get(label, 1.0) >= _JUDGED
        }
        record = {
            "id": row.id,
            "source": row.source,
            "split": "dev",
            "lang": row.lang,
            "text": row.text,
            "labels": judged,
        }
        lines.append(orjson.dumps(record | ({"parent": row.parent} if row.parent else {})) + b"\n")
    file.write_bytes(b"".join(lines))


def _drawn(rows: Iterable[Example], most: int, seed: int) -> list[Example]:
    """At most `most` of `rows`, each as likely as any other, without keeping more (algorithm R, Vitter 1985)."""
    if most <= 0:
        return []
    chooser = random.Random(seed)
    kept: list[Example] = []
    for number, row in enumerate(rows):
        if number < most:
            kept.append(row)
        elif (place := chooser.randrange(number + 1)) < most:
            kept[place] = row
    return kept
