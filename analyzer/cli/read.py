"""analyzer read: a dump as JSON Lines or Parquet, in thread order."""

import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from analyzer.cli.console import (
    merge_tally,
    print_json,
    read_options,
    tell,
    tell_claimed,
    tell_reading,
    tell_rejects,
    verb,
)
from analyzer.errors import ConfigError

if TYPE_CHECKING:
    from analyzer.readers import ReadOptions, Tally
    from analyzer.schema import Comment

# Characters of text, with an allowance a comment, up to which replies are put in order; above, memory would grow.
_ORDERED = 120_000_000
_ALLOWANCE = 400
_REJECTS_TOLD = 5
_ALWAYS = ("id", "parent_id", "thread_id", "author", "created", "text", "status")

Dumps = Annotated[list[str], typer.Argument(metavar="DUMP...", help="Dump files; - is standard input.")]
Format = Annotated[str | None, typer.Option("--format", help="Format of the dumps; found out by content if left out.")]
Map = Annotated[
    str | None,
    typer.Option("--map", help="Columns of a table or keys of JSON, as text=body,author=user."),
]
Authors = Annotated[
    str | None,
    typer.Option("--authors", help="hash: keyed hashes (default); plain: names as in the dump."),
]
Encoding = Annotated[str | None, typer.Option("--encoding", help="Encoding of text that does not say it.")]


@verb
def read(
    dumps: Dumps,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write to this .jsonl or .parquet file instead of standard output."),
    ] = None,
    format: Format = None,
    map: Map = None,
    authors: Authors = None,
    encoding: Encoding = None,
) -> None:
    """Read dumps of any known format and write their comments, one JSON object a line, in thread order."""
    from analyzer.config import load_config
    from analyzer.readers import Reject, Tally

    config = load_config({"authors": authors})
    options = read_options(map, config.authors, config.author_key or secrets.token_hex(32), encoding)
    beside = out.with_name(f"{out.name}.rejects.jsonl") if out else None
    rejects: list[Reject] = []
    present: Counter[tuple[str, str]] = Counter()
    with _rejects_file(beside) as file:

        def keep(reject: Reject) -> None:
            if len(rejects) < _REJECTS_TOLD:
                rejects.append(reject)
            if file:
                print_json(reject.to_json(), file)

        tally = Tally(on_reject=keep)
        _write(_noted(_ordered(_all(dumps, format, options, tally), tally), present), out)
    tell_reading(tally.counts, tally.notes)
    tell_claimed(tally.claims, present)
    tell_rejects(rejects, tally.counts["rejects"], beside)


@contextmanager
def _rejects_file(path: Path | None) -> "Iterator[BinaryIO | None]":
    """A file for what cannot be read, if there is a path for it; it is not left there empty."""
    if path is None:
        yield None
        return
    from analyzer.runs import atomic

    with atomic(path) as temporary, temporary.open("wb") as file:
        yield file
    if not path.stat().st_size:
        path.unlink()


def _all(dumps: Sequence[str], fmt: str | None, options: "ReadOptions", tally: "Tally") -> "Iterator[Comment]":
    from analyzer.readers import gather_sites, name_dumps, read_comments

    gather_sites(dumps, tally, options=options)
    for dump, name in zip(dumps, name_dumps(dumps), strict=True):
        part = tally.next_file()
        yield from read_comments(dump, fmt, options=options, tally=part, name=name)
        if not part.counts["comments"] and not part.notes:
            part.note("no comments found")
        merge_tally(tally, part, name)


def _ordered(comments: "Iterator[Comment]", tally: "Tally") -> "Iterator[Comment]":
    """In thread order with parents resolved; a dump that is too large for that, as it lies."""
    from analyzer.threads import build_threads

    kept: list[Comment] = []
    size = 0
    for comment in comments:
        kept.append(comment)
        size += len(comment.text) + _ALLOWANCE
        if size > _ORDERED:
            tell("note: too large to be put in order; comments and their parents are written as they lie in the dump")
            yield from chain(kept, comments)
            return
    for thread in build_threads(kept):
        tally.count("orphans", thread.orphans)
        tally.count("cycles", sum("cycle" in comment.flags for comment in thread.comments))
        yield from thread.comments


def _noted(comments: "Iterable[Comment]", present: Counter[tuple[str, str]]) -> "Iterator[Comment]":
    for comment in comments:
        present[comment.source, comment.thread_id] += 1
        yield comment


def _write(comments: "Iterable[Comment]", out: Path | None) -> None:
    if out is None:
        for comment in comments:
            print_json(_record(comment))
        return
    from analyzer.runs import atomic, write_table_parts

    if out.suffix == ".parquet":
        write_table_parts(out, _tables(comments))
    elif out.suffix == ".jsonl":
        with atomic(out) as path, path.open("wb") as file:
            for comment in comments:
                print_json(_record(comment), file)
    else:
        raise ConfigError(f"--out: {out.name!r} ends neither in .jsonl nor in .parquet; choose one of them")


def _record(comment: "Comment") -> dict[str, Any]:
    """The JSON form with the fields every reader of the output may count on, null where nothing is known."""
    return dict.fromkeys(_ALWAYS) | comment.to_json()


def _tables(comments: "Iterable[Comment]") -> "Iterator[Any]":
    import pyarrow as pa

    from analyzer.tables import COMMENTS, comment_row

    rows: list[dict[str, Any]] = []
    for comment in comments:
        rows.append(comment_row(comment))
        if len(rows) == 4_000:
            yield pa.Table.from_pylist(rows, COMMENTS)
            rows = []
    yield pa.Table.from_pylist(rows, COMMENTS)
