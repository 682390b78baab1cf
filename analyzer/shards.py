"""What is done with one shard: scored, decided. Each is a callable that can be sent to another process.

A shard is done when its file stands under its final name and its marker is set; cut short before that, it is done
again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from analyzer.errors import ModelError
from analyzer.policy import Policy
from analyzer.registry import CURRENT, MANIFEST, file_hash, find_model, open_model
from analyzer.runs import BATCH, Run, write_table_parts
from analyzer.schema import Scorer
from analyzer.scoring import load_scorer
from analyzer.tables import scores_table

Model = str | Path | Scorer | None
"""A scorer, or what `load_scorer` takes: a model folder, a Hugging Face id, or None for the embedded model."""

_ROWS_DECIDED = 65_536
_NEEDED = ("source", "thread_id", "id", "model", "checked", "lang")


def open_scorer(model: Model, threads: int | None) -> Scorer:
    """The scorer meant, loaded once a process."""
    if str(model) == CURRENT:
        model = find_model(CURRENT)  # before the cache, which would keep the model of an earlier promotion
    if model is not None and not isinstance(model, (str, Path)):
        return model
    folder = find_model(model)
    manifest = folder / MANIFEST if folder else None
    # A folder may be made anew under the same name while this process lives.
    return _loaded(model, threads, file_hash(manifest) if manifest and manifest.is_file() else "")


def own_labels_of(model: Model) -> Sequence[Mapping[str, Any]]:
    """Definitions of the user's own labels that a model has learnt, for `load_taxonomy(own=…)`; nothing is loaded."""
    if model is not None and not isinstance(model, (str, Path)):
        return tuple(getattr(model, "own_labels", ()))
    folder = find_model(model)
    return open_model(folder, verify=False).own_labels if folder and (folder / MANIFEST).is_file() else ()


@lru_cache(maxsize=1)
def _loaded(model: str | Path | None, threads: int | None, manifest: str) -> Scorer:
    return load_scorer(model, threads=threads)


@dataclass(frozen=True, slots=True)
class ScoreShard:
    """Called with a shard, writes its scores row for row with its comments; the number of rows."""

    path: Path
    version: str
    model: Model
    threads: int | None

    def __call__(self, shard: int) -> int:
        run = Run(self.path)
        rows = write_table_parts(run.file("scores", self.version, shard=shard), self._tables(run, shard))
        run.mark_done("score", self.version, shard=shard)
        return rows

    def _tables(self, run: Run, shard: int) -> Iterator[pa.Table]:
        scorer = open_scorer(self.model, self.threads)
        if scorer.version != self.version:
            raise ModelError(
                f"the model changed from {self.version} to {scorer.version} during the run; start it again"
            )
        scores = iter(scorer.score(run.threads(shard)))
        keys = (comment.key for comment in run.comments(shard))
        while True:
            batch = list(islice(scores, BATCH))
            for score, key in zip(batch, islice(keys, len(batch)), strict=True):
                if score.key != key:
                    raise ModelError(f"scorer {self.version} gave a score for {score.key} where {key} was due")
            yield scores_table(batch, scorer.labels, model=self.version)
            if len(batch) < BATCH:
                break
        if (left := next(keys, None)) is not None:
            raise ModelError(f"scorer {self.version} stopped before {left}; every comment needs a score")


@dataclass(frozen=True, slots=True)
class DecideShard:
    """Called with a shard, writes its decisions row for row with its scores; the number of rows."""

    path: Path
    model: str
    policy: Policy

    def __call__(self, shard: int) -> int:
        run = Run(self.path)
        tables = self.tables(run, shard)
        rows = write_table_parts(run.file("decisions", self.policy.version, shard=shard), tables)
        run.mark_done("decide", self.policy.version, shard=shard)
        return rows

    def tables(self, run: Run, shard: int) -> Iterator[pa.Table]:
        """Decisions in batches; of the scores, only the columns the policy looks at are read."""
        with pq.ParquetFile(run.file("scores", self.model, shard=shard)) as file:
            there = set(file.schema_arrow.names)
            columns = [*_NEEDED, *(label for label in self.policy.labels if label in there)]
            empty = file.schema_arrow.empty_table().select(columns)
            yield self.policy.decide_table(empty)
            for batch in file.iter_batches(batch_size=_ROWS_DECIDED, columns=columns, use_threads=False):
                yield self.policy.decide_table(pa.table(batch))
