"""A model examined: label files and suites → scored examples → everything measured, as JSON, Markdown and one HTML page."""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.errors import InputError
from analyzer.readers import is_suite, read_corpora, read_labels, read_suite
from analyzer.schema import Comment, Example, Score, Scorer, Thread
from analyzer.taxonomy import Taxonomy

if TYPE_CHECKING:
    from analyzer.evaluation import Held, Weigh

_MARKED = ("abuse", "propaganda")  # families whose spans corpora mark

log = logging.getLogger(__name__)


def read_examples(
    paths: Iterable[str | Path], most: int | None = None, taxonomy: Taxonomy | None = None
) -> list[Example]:
    """Rows of suites (CSV), label files of any form, and folders of suites, JSON Lines or corpora, in order.

    Rows meant for training are left out where a file also holds others. `most` keeps that many rows of each source, evenly spread;
    suites are read whole, since their cases belong together.
    """
    cases: list[Example] = []
    rows: list[Example] = []
    files = [Path(path) for path in paths]
    for path in files:
        if not path.exists():
            raise InputError(f"{path}: there is no such file or folder; correct the path")
        if path.is_dir():
            cases += [case for suite in sorted(path.glob("*.csv")) for case in read_suite(suite, taxonomy)]
            rows += _folder(path, taxonomy)
        elif is_suite(path):
            cases += _held_out(read_suite(path, taxonomy))
        else:
            rows += _held_out(read_labels(path, taxonomy))
    if not cases and not rows:
        raise InputError(f"{', '.join(map(str, files))}: no rows to examine a model with")
    return cases + (_thinned(rows, most) if most else rows)


def _folder(path: Path, taxonomy: Taxonomy | None) -> list[Example]:
    """The labelled rows of a folder, without those of suites."""
    rows = [row for file in sorted(path.glob("*.jsonl")) for row in _held_out(read_labels(file, taxonomy))]
    if any(path.rglob("*.jsonl.gz")):
        rows += _unused(read_corpora(path))
    return rows


def _unused(corpora: Iterable[Example]) -> list[Example]:
    """The half of the held-out rows on which nothing of the embedded model was chosen: no calibration, no threshold."""
    from analyzer.training import halve

    return halve(row for row in corpora if row.split != "train" and row.labels)[1]


def _held_out(rows: Iterable[Example]) -> list[Example]:
    kept = [row for row in rows if row.labels]
    return [row for row in kept if row.split != "train"] or kept


def _thinned(rows: Sequence[Example], most: int) -> list[Example]:
    sizes = Counter(row.source for row in rows)
    seen: Counter[str] = Counter()
    kept = []
    for row in rows:
        step = max(1.0, sizes[row.source] / most)
        if int(seen[row.source] / step) != int((seen[row.source] - 1) / step) or seen[row.source] == 0:
            kept.append(row)
        seen[row.source] += 1
    return kept


def answers(scorer: Scorer, examples: Sequence[Example]) -> list[Score | None]:
    """What `scorer` says of each example read with its parent; None where it gave no score. A text is read once."""
    pairs = list(dict.fromkeys((row.text, row.parent, row.lang) for row in examples))
    said = {}
    for score in scorer.score(_threads(pairs)):
        said[pairs[int(score.key.source)]] = score
    return [said.get((row.text, row.parent, row.lang)) for row in examples]


def probabilities(scorer: Scorer, examples: Sequence[Example]) -> list[Mapping[str, float]]:
    """The probabilities of each example; empty where there was no score."""
    return [score.probs if score else {} for score in answers(scorer, examples)]


def _threads(pairs: Sequence[tuple[str, str | None, str]]) -> Iterator[Thread]:
    for number, (text, parent, lang) in enumerate(pairs):
        name = str(number)
        above = [Comment(source=name, thread_id=name, id="parent", text=parent)] if parent else []
        below = Comment(
            source=name,
            thread_id=name,
            id="comment",
            text=text,
            lang=None if lang == "und" else lang.partition("-")[0],
            parent_id="parent" if above else None,
        )
        yield Thread(source=name, id=name, comments=(below,), context=tuple(above))


def examine(scorer: Scorer, thresholds: Mapping[str, Any], examples: Sequence[Example]) -> dict[str, Any]:
    """Everything `evaluation.assess` measures, evidence against marked spans, the model's version and the rows it rests on."""
    from analyzer.evaluation import reached, span_figures
    from analyzer.training import natural_weights

    said = answers(scorer, examples)
    held = _beside(scorer, thresholds, examples, said)
    spans = span_figures(_looked_for(examples), [score.spans if score else () for score in said])
    result = describe(scorer.version, held, thresholds, natural_weights) | {"spans": spans}
    by_family = {family: {name: by[family] for name, by in spans.items() if family in by} for family in _MARKED}
    return result | {"asked": reached(held, thresholds, labels=result["labels"], spans=by_family)}


def _looked_for(examples: Iterable[Example]) -> list[Example]:
    """Examples of corpora whose rows without spans were looked through all the same, with the families that were looked for."""
    from analyzer.training import looked_for

    families = {row.source: looked_for(row.source) for row in examples}
    return [
        replace(row, spans=row.spans or (), span_families=(*row.span_families, *families[row.source]))
        if families[row.source]
        else row
        for row in examples
    ]


def hold(scorer: Scorer, thresholds: Mapping[str, Any], examples: Sequence[Example]) -> "Held":
    """The examples beside what `scorer` says of them, for the labels that have a threshold or were judged."""
    return _beside(scorer, thresholds, examples, answers(scorer, examples))


def _beside(
    scorer: Scorer, thresholds: Mapping[str, Any], examples: Sequence[Example], said: Sequence[Score | None]
) -> "Held":
    import numpy as np

    from analyzer.evaluation import Held

    labels = [label for label in scorer.labels if label in thresholds or any(label in row.labels for row in examples)]
    scores = np.full((len(examples), len(labels)), np.nan, np.float32)
    for index, score in enumerate(said):
        probs = score.probs if score else {}
        scores[index] = [probs.get(label, np.nan) for label in labels]
    return Held([_in_its_language(*pair) for pair in zip(examples, said, strict=True)], scores, labels)


def _in_its_language(example: Example, score: Score | None) -> Example:
    """A row that names no language counts as in the one it was scored in: its thresholds are those that scoring would use."""
    return replace(example, lang=score.lang) if score and example.lang == "und" else example


def describe(
    version: str, held: "Held", thresholds: Mapping[str, Any], natural: "Weigh | None" = None
) -> dict[str, Any]:
    """The examination of a model whose scores are at hand; `natural` as for `evaluation.assess`."""
    import numpy as np

    from analyzer.evaluation import assess

    return {
        "model": version,
        "rows": len(held.examples),
        "not_scored": int(np.isnan(held.scores).all(axis=1).sum()),
        "sources": dict(sorted(Counter(row.source for row in held.examples).items())),
        **assess(held, thresholds, natural),
    }


def write_examination(result: Mapping[str, Any], out: Path) -> list[Path]:
    """evaluation.json, evaluation.md and evaluation.html in `out`."""
    import orjson

    from analyzer.evaluation import as_html, as_markdown

    out.mkdir(parents=True, exist_ok=True)
    texts = {
        "evaluation.json": orjson.dumps(result, option=orjson.OPT_INDENT_2).decode(),
        "evaluation.md": as_markdown(result),
        "evaluation.html": as_html(result),
    }
    for name, text in texts.items():
        (out / name).write_text(text, "utf-8")
    return [out / name for name in texts]
