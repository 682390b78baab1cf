"""The same text under several threads and repeated phrases of each, found in bounded memory: what is
compared waits on disk."""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from tempfile import TemporaryFile
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from analyzer.reports import copies, words
from analyzer.reports.coordination import (
    CLOSE_IN_TIME,
    COPIED,
    LEAST_ACCOUNTS,
    by_accounts,
    closeness,
    is_close,
    spaced,
)
from analyzer.reports.inert import slug
from analyzer.reports.phrases import Said
from analyzer.reports.records import Pattern
from analyzer.reports.redact import Redactor
from analyzer.reports.slogans import Gathering
from analyzer.schema import Comment, Thread

_ROW = np.dtype(
    [
        ("columns", np.uint64, (1 + copies.BANDS,)),
        ("account", np.uint64),
        ("thread", np.uint32),
        ("number", np.uint32),
        ("time", np.float64),
        ("text_at", np.uint64),
        ("text_size", np.uint32),
        ("head_at", np.uint64),
        ("head_size", np.uint32),
        ("times_at", np.uint64),
        ("times_count", np.uint32),
    ]
)
_SPILL_EVERY = 50_000
_LONGEST = 8_000
_MOST_PATTERNS = 100
_EXCERPT = 280


def find_patterns(threads: Iterable[Thread], *, redact: bool = False) -> list[Pattern]:
    """Texts copied over threads, by at least 3 accounts or in at least 2 threads; most accounts first, at most 100.

    Then phrases that many accounts of a thread repeat, more than the other threads do: at most 100 as well.

    Reads the threads once. Memory grows by about 30 bytes a comment of 40 characters or more; texts wait on disk, and
    16 bytes a word. Quotations are left out. The second signal, copies closer in time than chance, is corrected for the
    number of texts looked at.
    """
    with TemporaryFile() as rows_file, TemporaryFile() as kept, TemporaryFile() as times, TemporaryFile() as spoken:
        spill, gathering = _Spill((rows_file, kept, times)), Gathering(spoken)
        for thread in threads:
            redactor = Redactor({c.author: "…" for c in thread.comments if c.author}) if redact else None
            head = _head(thread, redactor)
            texts = [redactor.line(c.text) if redactor else c.text for c in thread.comments]
            spill.add(thread, head, texts)
            said = list(_said(thread, texts))
            gathering.add(said, head)
        rows = spill.rows()
        found = copies.groups(rows["columns"], lambda row: spill.shingles(rows[row])) if len(rows) > 1 else []
        wide = [(rows[members], low) for members, low in found if _is_wide(rows[members])]
        wide.sort(key=lambda pair: (-len(np.unique(pair[0]["account"])), -len(pair[0]), int(pair[0]["text_at"][0])))
        patterns = [_pattern(spill, group, low, len(wide)) for group, low in wide[:_MOST_PATTERNS]]
        copied = {place for group, _ in wide for place in _places(spill.heads(group), group)}
        repeated = gathering.patterns(copied)
    return [*sorted(patterns, key=lambda pattern: not pattern.coordinated), *repeated]


def _head(thread: Thread, redactor: Redactor | None) -> tuple[str, str]:
    """Slug and title of a thread, as its report has them."""
    title = redactor.line(thread.title or "") if redactor else thread.title or ""
    return slug(thread.source, thread.id, readable=redactor is None), title


def _said(thread: Thread, texts: Sequence[str]) -> Iterator[Said]:
    numbers = {comment.id: number for number, comment in enumerate(thread.comments, start=1)}
    for comment, text in zip(thread.comments, texts, strict=True):
        if comment.scorable:
            yield Said(
                number=numbers[comment.id],
                account=comment.author or "",
                text=text,
                parent=numbers.get(comment.parent_id) if comment.parent_id else None,
                created=comment.created,
            )


def _is_wide(group: NDArray[Any]) -> bool:
    return len(np.unique(group["account"])) >= LEAST_ACCOUNTS or len(np.unique(group["thread"])) >= 2


class _Spill:
    """Rows, texts, titles and arrival times of what was read, on disk until a group asks for them."""

    def __init__(self, files: tuple[BinaryIO, BinaryIO, BinaryIO]) -> None:
        self._rows, self._texts, self._times = files
        self._waiting: list[tuple[Any, ...]] = []
        self._threads = 0

    def add(self, thread: Thread, head_of: tuple[str, str], texts: Sequence[str]) -> None:
        """Keep what a later comparison needs from each comment of a thread that is long enough to be a copy."""
        head = self._keep(self._texts, "\0".join(head_of).encode("utf-8", "replace"))
        arrivals = np.array([c.created.timestamp() for c in thread.comments if c.created], dtype=np.float64)
        times_at, _ = self._keep(self._times, arrivals.tobytes())
        self._threads += 1
        for number, (comment, text) in enumerate(zip(thread.comments, texts, strict=True), start=1):
            columns = _columns(comment)
            if columns is None:
                continue
            where = self._keep(self._texts, text[:_LONGEST].encode("utf-8", "replace"))
            moment = comment.created.timestamp() if comment.created else np.nan
            # Comments without an author count as one account, 0: an unknown number of people is no evidence.
            who = zlib.crc32((comment.author or "").encode("utf-8", "replace"))
            row = (columns, who, self._threads, number, moment, *where, *head, times_at, len(arrivals))
            self._waiting.append(row)
        if len(self._waiting) >= _SPILL_EVERY:
            self._flush()

    def rows(self) -> NDArray[Any]:
        """All rows, mapped from disk."""
        self._flush()
        self._rows.flush()
        size = self._rows.tell()
        if size == 0:
            return np.empty(0, dtype=_ROW)
        return np.memmap(self._rows, dtype=_ROW, mode="r")

    def shingles(self, row: Any) -> copies.Hashes:
        return copies.shingles(copies.normalised(self.text(row)))

    def text(self, row: Any) -> str:
        return self._read(self._texts, int(row["text_at"]), int(row["text_size"])).decode("utf-8", "replace")

    def heads(self, group: NDArray[Any]) -> list[tuple[str, str]]:
        """Slug and title of the thread of each row; rows of one thread share them."""
        read: dict[int, tuple[str, str]] = {}
        for row in group[np.unique(group["head_at"], return_index=True)[1]]:
            raw = self._read(self._texts, int(row["head_at"]), int(row["head_size"])).decode("utf-8", "replace")
            thread_slug, _, title = raw.partition("\0")
            read[int(row["head_at"])] = thread_slug, title
        return [read[int(at)] for at in group["head_at"]]

    def arrivals(self, rows: Iterable[Any]) -> Iterator[NDArray[np.float64]]:
        """The times of all comments of the thread of each row, read once for rows of one thread."""
        thread, there = -1, np.empty(0)
        for row in rows:
            if int(row["thread"]) != thread:
                raw = self._read(self._times, int(row["times_at"]), 8 * int(row["times_count"]))
                thread, there = int(row["thread"]), np.frombuffer(raw, np.float64)
            yield there

    def _keep(self, file: BinaryIO, raw: bytes) -> tuple[int, int]:
        at = file.seek(0, 2)
        file.write(raw)
        return at, len(raw)

    def _read(self, file: BinaryIO, at: int, size: int) -> bytes:
        file.seek(at)
        return file.read(size)

    def _flush(self) -> None:
        self._rows.seek(0, 2)
        self._rows.write(np.array(self._waiting, dtype=_ROW).tobytes())
        self._waiting.clear()


def _columns(comment: Comment) -> copies.Hashes | None:
    """What copies of the comment are found by; None if it is too short to be one."""
    plain = copies.normalised(comment.text) if comment.scorable else ""
    if not plain:
        return None
    return np.concatenate([[np.uint64(copies.exact(plain))], copies.bands(copies.shingles(plain))])


def _pattern(spill: _Spill, group: NDArray[Any], similarity: float, looked_at: int) -> Pattern:
    accounts = len(np.unique(group["account"])) if group["account"].any() else 0
    heads = spill.heads(group)
    threads = dict(heads)
    dated = group[~np.isnan(group["time"])]
    moments = dated["time"].tolist()
    chance: float | None = None
    if len(dated) > 2 and accounts >= LEAST_ACCOUNTS:
        chance = closeness(moments, spill.arrivals(spaced(dated)), looked_at)
    under = f" in {words.plural(len(threads), 'thread')}" if len(threads) > 1 else ""
    return Pattern(
        kind="copied text",
        text=f"the same text stands {words.times(len(group))}{under}{by_accounts(accounts)}.",
        accounts=accounts,
        places=tuple(_places(heads, group)),
        threads=threads,
        times=tuple(datetime.fromtimestamp(moment, UTC) for moment in sorted(moments)),
        signals=(COPIED, CLOSE_IN_TIME) if is_close(chance, looked_at) else (COPIED,),
        chance=chance,
        similarity=similarity,
        excerpt=spill.text(group[0])[:_EXCERPT],
    )


def _places(heads: list[tuple[str, str]], group: NDArray[Any]) -> Iterator[tuple[str, int]]:
    for (thread_slug, _), row in zip(heads, group, strict=True):
        yield thread_slug, int(row["number"])
