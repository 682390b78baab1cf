"""The first half of a run: dumps are read once and spread over shards, each shard becomes threads.

Reading streams: rows are kept for a moment, then appended to one spill file a shard (JSON Lines in zstd frames), so
that memory does not grow with the dump. A reading that was cut short starts over; threading goes on shard by shard.
"""

import hashlib
import io
import json
import os
import secrets
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, BinaryIO

import orjson
import pyarrow as pa
import zstandard

from analyzer.errors import InputError, ShardError
from analyzer.readers import ReadOptions, Reject, Tally, check_repeatable, gather_sites, name_dumps, read_comments
from analyzer.runs import Run, atomic, shard_of, sync_folder, write_table_parts
from analyzer.schema import Comment, Thread
from analyzer.tables import COMMENTS, comment_of, comment_row
from analyzer.threads import Claims, build_threads

READ = "read"
THREAD = "thread"
REJECTS = "rejects.jsonl"
KEY_FILE = "author.key"

_SPILL = "spill"
_CLAIMED = "claimed.json"
_ROWS_KEPT = 20_000
_CHARACTERS_KEPT = 32_000_000
_ROWS_WRITTEN = 4_000
_ROWS_TOLD = 1_000
# Sizes from which the number of shards is chosen: a shard should take a minute or less, and not too many files be open.
_BYTES_A_COMMENT = 500
_COMMENTS_A_SHARD = 2_000
_PACKING = 6
_FEWEST, _MOST = 8, 1024
_MAGIC = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04", b"PAR1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dump:
    """An input file: where it is now, and what identifies it wherever it is."""

    path: Path
    bytes: int
    sha256: str
    packed: bool

    def to_json(self) -> dict[str, Any]:
        return {"name": name_dumps([self.path])[0], "bytes": self.bytes, "sha256": self.sha256}


def describe_dump(path: str | Path) -> Dump:
    """Size and hash of a dump, or InputError if it cannot be opened."""
    path = Path(path)
    check_repeatable(path)
    try:
        with path.open("rb") as file:
            packed = file.read(4).startswith(_MAGIC)
            file.seek(0)
            return Dump(
                path=path,
                bytes=os.fstat(file.fileno()).st_size,
                sha256=hashlib.file_digest(file, "sha256").hexdigest(),
                packed=packed,
            )
    except OSError as error:
        raise InputError(f"{path}: cannot be opened ({error.strerror}); give the path of a dump file") from None


def choose_shards(dumps: Iterable[Dump]) -> int:
    """So many shards that each holds a few thousand comments, guessed from the bytes."""
    text = sum(dump.bytes * (_PACKING if dump.packed else 1) for dump in dumps)
    return min(max(text // (_BYTES_A_COMMENT * _COMMENTS_A_SHARD), _FEWEST), _MOST)


def author_key(run: Run, options: ReadOptions) -> ReadOptions:
    """Options with the key of the author hashes: the one given, or the run's own, made once and readable by its
    owner."""
    if options.authors == "plain" or options.author_key is not None:
        return options
    path = run.path / KEY_FILE
    if not path.is_file():
        with atomic(path) as temporary:
            temporary.touch(mode=0o600)
            temporary.write_bytes(secrets.token_bytes(32))
    return replace(options, author_key=path.read_bytes())


@dataclass(slots=True)
class Reading:
    """What a reading brought: counts of all tallies, the format of each dump, sentences for the person."""

    counts: Counter[str] = field(default_factory=Counter)
    formats: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        return {"counts": dict(sorted(self.counts.items())), "formats": self.formats, "notes": self.notes}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is read, how, and over how many shards it is spread."""

    dumps: tuple[Dump, ...]
    shards: int
    options: ReadOptions
    fmt: str | None = None


def spread(run: Run, plan: Plan, progress: Callable[[int], None]) -> Reading:
    """Read all dumps into the spill files of a run; rows that cannot be read go to rejects.jsonl."""
    spill = run.path / _SPILL
    shutil.rmtree(spill, ignore_errors=True)
    spill.mkdir(parents=True)
    for shard in range(plan.shards):
        _spill_file(spill, shard).touch()  # a shard without comments has an empty one: a missing one was lost
    reading = Reading()
    with atomic(run.path / REJECTS) as rejects, rejects.open("wb") as file:
        whole = Tally(on_reject=partial(_keep, file))
        gather_sites((dump.path for dump in plan.dumps), whole, options=plan.options)
        for dump, name in zip(plan.dumps, name_dumps(dump.path for dump in plan.dumps), strict=True):
            tally = whole.next_file()
            before = reading.counts["comments"]
            comments = read_comments(dump.path, plan.fmt, options=plan.options, tally=tally, name=name)
            _spill(spill, plan.shards, _counted(comments, reading, progress))
            reading.counts.update({name: n for name, n in tally.counts.items() if name != "comments"})
            reading.formats[name] = tally.format
            reading.notes += tally.notes_on(name)
            if reading.counts["comments"] == before and not tally.notes:
                reading.notes.append(f"{name}: no comments found")
    with atomic(spill / _CLAIMED) as path:
        path.write_bytes(orjson.dumps(whole.claims))
    for shard in range(plan.shards):
        with _spill_file(spill, shard).open("rb") as written:
            os.fsync(written.fileno())
    sync_folder(spill)
    return reading


def _keep(file: BinaryIO, reject: Reject) -> None:
    file.write(json.dumps(reject.to_json()).encode("ascii") + b"\n")


def _counted(comments: Iterable[Comment], reading: Reading, progress: Callable[[int], None]) -> Iterator[Comment]:
    for comment in comments:
        reading.counts["comments"] += 1
        if reading.counts["comments"] % _ROWS_TOLD == 0:
            progress(reading.counts["comments"])
        yield comment


def _spill(folder: Path, shards: int, comments: Iterable[Comment]) -> None:
    lines: defaultdict[int, list[bytes]] = defaultdict(list)
    rows = characters = 0
    for comment in comments:
        line = orjson.dumps(comment_row(comment))
        lines[shard_of(comment.source, comment.thread_id, shards)].append(line)
        rows, characters = rows + 1, characters + len(line)
        if rows >= _ROWS_KEPT or characters >= _CHARACTERS_KEPT:
            _append(folder, lines)
            lines.clear()
            rows = characters = 0
    _append(folder, lines)


def _append(folder: Path, lines: Mapping[int, list[bytes]]) -> None:
    """One more zstd frame a shard: frames stand one after another, a reader takes them as one stream."""
    packer = zstandard.ZstdCompressor(level=1)
    for shard, shard_lines in lines.items():
        with _spill_file(folder, shard).open("ab") as file:
            file.write(packer.compress(b"\n".join(shard_lines) + b"\n"))


def _spill_file(folder: Path, shard: int) -> Path:
    return folder / f"{shard:05d}.jsonl.zst"


@dataclass(frozen=True, slots=True)
class ThreadShard:
    """Called with a shard, turns its spill into comments/<shard>.parquet in thread order; the number of comments."""

    path: Path

    def __call__(self, shard: int) -> int:
        run = Run(self.path)
        threads = build_threads(_spilled(run, shard), claimed=_claimed(run.path / _SPILL / _CLAIMED))
        rows = write_table_parts(run.file("comments", shard=shard), _comment_tables(threads))
        run.mark_done(THREAD, shard=shard)
        return rows


def _spilled(run: Run, shard: int) -> Iterator[Comment]:
    path = _spill_file(run.path / _SPILL, shard)
    if not path.is_file():
        raise ShardError(f"{path} is missing: what was read is lost; the same command reads the dumps again")
    with path.open("rb") as packed:
        frames = zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True)
        for line in io.BufferedReader(frames):
            row = orjson.loads(line)
            row["created"] = datetime.fromisoformat(row["created"]) if row["created"] else None
            yield comment_of(row)


def _claimed(path: Path) -> Claims:
    return _claimed_then(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=1)
def _claimed_then(path: Path, changed: int) -> Claims:
    claimed: Claims = orjson.loads(path.read_bytes())
    return claimed


def _comment_tables(threads: Iterable[Thread]) -> Iterator[pa.Table]:
    rows: list[dict[str, Any]] = []
    for thread in threads:
        for comment in thread.comments:
            rows.append(comment_row(comment, thread.claimed))
            if len(rows) == _ROWS_WRITTEN:
                yield pa.Table.from_pylist(rows, COMMENTS)
                rows = []
    yield pa.Table.from_pylist(rows, COMMENTS)


def is_void(run: Run) -> bool:
    """True if the run holds no comment: its dumps had none, or were not read to the end, which would start over anyway."""
    return not run.manifest().get("reading", {}).get("counts", {}).get("comments")


def clear(run: Run) -> None:
    """Remove what a run without comments has written, all but run.json; the markers first: nothing half removed is done."""
    for name in ("done", _SPILL, "comments", "scores", "decisions"):
        if (run.path / name).is_dir():
            shutil.rmtree(run.path / name)
    for name in (REJECTS, KEY_FILE):
        (run.path / name).unlink(missing_ok=True)
    sync_folder(run.path)


def lost(run: Run) -> bool:
    """True if what was read for a shard is gone before the shard was threaded: the dumps must be read again."""
    waiting = [shard for shard in run.shards if not run.is_done(THREAD, shard=shard)]
    return run.is_done(READ, shard=0) and any(not _spill_file(run.path / _SPILL, shard).is_file() for shard in waiting)


def drop_spill(run: Run, comments: int) -> None:
    """Remove what reading left behind, once every shard is threaded; ShardError if fewer or more comments than were
    read are there."""
    if not (run.path / _SPILL).is_dir():
        return
    threaded = sum(run.rows(shard) for shard in run.shards)
    if threaded != comments:
        raise ShardError(
            f"{run.path}: {comments:,} comments were read, {threaded:,} are in the shards; start anew in another --out"
        )
    shutil.rmtree(run.path / _SPILL, ignore_errors=True)
