"""Run: one analysed dump as a folder, ground that the pipeline writes and everybody reads.

    run.json                        inputs (name, bytes, sha256), versions, config, counts
    author.key                      key of the author hashes, readable by its owner alone (absent if the config has one)
    comments/<shard>.parquet        what was read, in thread order
    scores/<model>/<shard>.parquet  a float32 column a label, spans as list<struct>; row for row with the comments
    decisions/<policy>/<shard>.parquet
    rejects.jsonl                   rows that could not be read
    done/<stage>/…/<shard>          empty markers, written last
    reports/

Shards are numbered pieces; a thread is never split over two. Every file is written under a temporary name, synced and
renamed before its marker is made, so that a run killed at any moment is taken up by the same command.
"""

import fcntl
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

import pyarrow as pa
import pyarrow.parquet as pq

from analyzer.errors import InputError
from analyzer.schema import Comment, Decision, Score, Thread
from analyzer.tables import comment_of, decisions_of, scores_of, storable

if TYPE_CHECKING:
    import pandas as pd

MANIFEST = "run.json"
BATCH = 4_000
_GROUP_ROWS = 65_536
_GROUP_BYTES = 64_000_000
_ORPHAN = "orphan"
_MAGIC = b"PAR1"
_TABLES = {"thread": "comments", "score": "scores", "decide": "decisions"}  # by stage, the folder of what it writes


def open_run(path: str | Path) -> "Run":
    """The run in a folder, or InputError if there is none."""
    run = Run(Path(path))
    if not (run.path / MANIFEST).is_file():
        raise InputError(f"{path}: no run here (run.json is missing); `analyzer score DUMP --out {path}` makes one")
    run.manifest()
    for table, _ in run.damaged():
        raise InputError(f"{table}: missing or cut off; repeat the `analyzer score` command, which makes it anew")
    return run


def shard_of(source: str, thread_id: str, shards: int) -> int:
    """The shard a thread belongs to: the same on every machine."""
    return crc32(f"{source}\0{thread_id}".encode("utf-8", "surrogatepass")) % shards


def folder_name(version: str) -> str:
    """A version as the name of a folder: signs that file systems dislike become `_`."""
    return re.sub(r"[^\w.@+-]", "_", version).lstrip(".") or "_"


@dataclass(frozen=True, slots=True)
class Run:
    """A run folder. Iterators stream shard by shard; `model` and `policy` default to those used last."""

    path: Path

    def manifest(self) -> dict[str, Any]:
        """The content of run.json."""
        path = self.path / MANIFEST
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: cannot be read ({error}); restore it or start a new run folder") from None
        if not isinstance(content, dict) or "config" not in content:
            raise InputError(f"{path}: not the run.json of a run; choose another folder")
        return content

    def write_manifest(self, manifest: Mapping[str, Any]) -> None:
        text = storable(json.dumps(manifest, ensure_ascii=False, indent=2))
        with atomic(self.path / MANIFEST) as path:
            path.write_text(text + "\n", encoding="utf-8")

    def update(self, parts: Mapping[str, Any]) -> None:
        """Replace some parts of run.json."""
        self.write_manifest(self.manifest() | dict(parts))

    def rows(self, shard: int) -> int:
        """The number of comments in a shard."""
        count: int = pq.read_metadata(self.file("comments", shard=shard)).num_rows
        return count

    @property
    def shards(self) -> range:
        return range(self.manifest()["config"]["shards"])

    @property
    def model(self) -> str:
        return self._last("model", "analyzer score")

    @property
    def policy(self) -> str:
        """The policy used last; InputError if its decisions are of another model than the scores."""
        policy, model = self._last("policy", "analyzer decide"), self.model
        decided = self.manifest()["policies"].get(policy, {}).get("model", model)
        if decided != model:
            raise InputError(
                f"{self.path}: decided by the scores of {decided}, while {model} is the model of the run; "
                "repeat the `analyzer score` command, or decide again with `analyzer decide`"
            )
        return policy

    def _last(self, what: str, remedy: str) -> str:
        name: str | None = self.manifest().get("current", {}).get(what)
        if not name:
            raise InputError(f"{self.path}: no {what} has finished on this run; `{remedy}` goes on")
        return name

    def file(self, *parts: str, shard: int) -> Path:
        """Where a shard of comments, ("scores", model) or ("decisions", policy) lies."""
        return self.path.joinpath(*map(folder_name, parts), f"{shard:05d}.parquet")

    def is_done(self, *stage: str, shard: int) -> bool:
        return self._marker(*stage, shard=shard).exists()

    def mark_done(self, *stage: str, shard: int) -> None:
        marker = self._marker(*stage, shard=shard)
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.touch()
        folder = marker.parent
        while folder != self.path:  # new folders as well: what a stage worked from is removed once it is marked
            sync_folder(folder)
            folder = folder.parent

    def damaged(self) -> Iterator[tuple[Path, Path]]:
        """Tables that a stage has finished and that are missing or cut off, each with the mark that says it was done."""
        for marker in sorted(self.path.joinpath("done").glob("*/**/[0-9]*")):
            stage, *version, shard = marker.relative_to(self.path / "done").parts
            if stage in _TABLES:
                table = self.path.joinpath(_TABLES[stage], *version, f"{shard}.parquet")
                if not _is_whole(table):
                    yield table, marker

    def unmark(self, *stage: str) -> None:
        """Forget that a stage was done, for all shards."""
        for marker in self.path.joinpath("done", *map(folder_name, stage)).glob("[0-9]*"):
            marker.unlink()
            sync_folder(marker.parent)

    def _marker(self, *stage: str, shard: int) -> Path:
        return self.path.joinpath("done", *map(folder_name, stage), f"{shard:05d}")

    def comments(self, shard: int | None = None) -> Iterator[Comment]:
        for _, row in self._comment_rows(shard):
            yield comment_of(row)

    def threads(self, shard: int | None = None) -> Iterator[Thread]:
        """The threads as they were built, one in memory at a time."""
        for (_, source, thread_id), rows in groupby(
            self._comment_rows(shard), key=lambda pair: (pair[0], pair[1]["source"], pair[1]["thread_id"])
        ):
            yield _thread(source, thread_id, (row for _, row in rows))

    def thread(self, source: str, thread_id: str) -> tuple[Thread, list[Score], list[Decision]]:
        """One thread with its scores and decisions, without making the rows of others. KeyError if it is not there."""
        shard = shard_of(source, thread_id, len(self.shards))
        asked = [("source", "=", source), ("thread_id", "=", thread_id)]
        parts = (("comments",), ("scores", self.model), ("decisions", self.policy))
        comments, scores, decisions = (pq.read_table(self.file(*part, shard=shard), filters=asked) for part in parts)
        if not comments.num_rows:
            raise KeyError(thread_id)
        return _thread(source, thread_id, comments.to_pylist()), list(scores_of(scores)), list(decisions_of(decisions))

    def scores(self, shard: int | None = None, *, model: str | None = None) -> Iterator[Score]:
        for batch in self._batches(("scores", model or self.model), shard):
            yield from scores_of(batch)

    def decisions(self, shard: int | None = None, *, policy: str | None = None) -> Iterator[Decision]:
        for batch in self._batches(("decisions", policy or self.policy), shard):
            yield from decisions_of(batch)

    def to_pandas(self, columns: Sequence[str] | None = None) -> "pd.DataFrame":
        """One row a comment: what was read, `checked`, `windows`, `lang_scored`, a column a label, `action`, `reasons`.

        All in memory; of the files only those of `columns` are read, if some are named.
        """
        tables = [self._joined(shard, columns) for shard in self.shards]
        joined = pa.concat_tables(tables, promote_options="default")
        frame: pd.DataFrame = (joined.select(list(columns)) if columns else joined).to_pandas()
        return frame

    def _joined(self, shard: int, wanted: Sequence[str] | None) -> pa.Table:
        """The files of a shard side by side; what stands in several is taken from the first."""
        sources: tuple[tuple[Path, Mapping[str, str]], ...] = (
            (self.file("comments", shard=shard), {}),
            (self.file("scores", self.model, shard=shard), {"lang": "lang_scored"}),
            (self.file("decisions", self.policy, shard=shard), {}),
        )
        known: set[str] = set()
        joined: dict[str, pa.ChunkedArray] = {}
        for path, renamed in sources:
            new = {renamed.get(name, name): name for name in pq.read_schema(path).names}
            new = {name: column for name, column in new.items() if name not in known}
            known |= new.keys()
            chosen = {name: column for name, column in new.items() if wanted is None or name in wanted}
            table = pq.read_table(path, columns=list(chosen.values()))
            joined |= {name: table[column] for name, column in chosen.items()}
        return pa.table(joined)

    def _comment_rows(self, shard: int | None) -> Iterator[tuple[int, dict[str, Any]]]:
        for number in self.shards if shard is None else (shard,):
            for batch in self._batches(("comments",), number):
                for row in batch.to_pylist():
                    yield number, row

    def _batches(self, parts: tuple[str, ...], shard: int | None) -> Iterator[pa.RecordBatch]:
        for number in self.shards if shard is None else (shard,):
            path = self.file(*parts, shard=number)
            if not path.is_file():
                raise InputError(f"{path} is missing: the run is not finished; repeat the `analyzer score` command")
            with pq.ParquetFile(path) as file:
                yield from file.iter_batches(batch_size=BATCH, use_threads=False)


def _thread(source: str, thread_id: str, rows: Iterable[dict[str, Any]]) -> Thread:
    claimed: list[int | None] = []
    comments = tuple(_noting(rows, claimed))
    return Thread(
        source=source,
        id=thread_id,
        comments=comments,
        title=next((c.thread_title for c in comments if c.thread_title), None),
        url=next((c.thread_url for c in comments if c.thread_url), None),
        orphans=sum(_ORPHAN in c.flags for c in comments),
        claimed=claimed[0],
    )


def _noting(rows: Iterable[dict[str, Any]], claimed: list[int | None]) -> Iterator[Comment]:
    for row in rows:
        claimed.append(row["thread_claimed"])
        yield comment_of(row)


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`; what was written there takes the name of `path` only once it is safely on
    disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _is_whole(path: Path) -> bool:
    """True for a Parquet file that ends as one does: nothing was cut off."""
    try:
        with path.open("rb") as file:
            file.seek(-len(_MAGIC), os.SEEK_END)
            return file.read() == _MAGIC
    except OSError:  # missing, or shorter than that
        return False


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep a second process off the folder; the lock goes with the process, however it ends."""
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise InputError(f"{folder}: another process is working here; wait for it or end it") from None
        yield


def sync_folder(path: Path) -> None:
    """Make a rename or a new name in the folder survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_table_parts(path: Path, tables: Iterable[pa.Table]) -> int:
    """Tables of one schema as one Parquet file, written as they come; the number of rows."""
    rows = 0
    with atomic(path) as temporary:
        writer: pq.ParquetWriter | None = None
        try:
            for table in _gathered(tables):
                writer = writer or pq.ParquetWriter(temporary, table.schema, **_layout(table.schema))
                writer.write_table(table)
                rows += table.num_rows
        finally:
            if writer:
                writer.close()
    return rows


def take_rows(path: Path, rows: Sequence[int], columns: Sequence[str] | None = None) -> pa.Table:
    """These rows (ascending numbers) of a Parquet file; only the groups of rows that hold them are read."""
    found: list[pa.Table] = []
    with pq.ParquetFile(path, memory_map=True) as file:
        start = 0
        for group in range(file.num_row_groups):
            end = start + file.metadata.row_group(group).num_rows
            within = [row - start for row in rows if start <= row < end]
            if within:
                found.append(file.read_row_group(group, columns=columns, use_threads=False).take(within))
            start = end
        return pa.concat_tables(found) if found else file.schema_arrow.empty_table()


def _gathered(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The tables joined to groups of rows that are worth reading: many small groups cost more than their content."""
    waiting: list[pa.Table] = []
    for table in tables:
        waiting.append(table)
        if (
            sum(part.num_rows for part in waiting) >= _GROUP_ROWS
            or sum(part.nbytes for part in waiting) >= _GROUP_BYTES
        ):
            yield pa.concat_tables(waiting)
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting)


def _layout(schema: pa.Schema) -> dict[str, Any]:
    """Texts in zstd; probabilities plain, since they do not repeat: a tenth more space, read three times as fast."""
    plain = {field.name for field in schema if pa.types.is_floating(field.type)}
    leaves = [path for field in schema for path in _leaves(field.name, field.type)]
    return {
        "compression": {path: "none" if path in plain else "zstd" for path in leaves},
        "use_dictionary": [path for path in leaves if path not in plain],
    }


def _leaves(path: str, kind: pa.DataType) -> Iterator[str]:
    """The columns of a Parquet file that a column of a table becomes, by their paths."""
    if pa.types.is_list(kind):
        yield from _leaves(f"{path}.list.element", kind.value_type)
    elif pa.types.is_struct(kind):
        for field in kind:
            yield from _leaves(f"{path}.{field.name}", field.type)
    else:
        yield path
