"""SQLite databases: Isso's comments, or any table with a text column (Cusdis and others)."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from itertools import count
from pathlib import Path

from analyzer.errors import InputError
from analyzer.readers.columns import choose_columns, has_text_column, known_columns
from analyzer.readers.files import DumpStream
from analyzer.readers.markup import html_to_text
from analyzer.readers.tabular import Row, read_rows
from analyzer.readers.tally import Tally
from analyzer.readers.values import as_count, as_id, as_name, as_text, as_time
from analyzer.schema import Comment, Status

# Isso's `mode`. A deleted comment stays while it has replies.
_MODES = {1: Status.VISIBLE, 2: Status.PENDING, 4: Status.DELETED}
_ISSO = """
    SELECT c.id AS id, c.tid AS tid, c.parent AS parent, c.created AS created, c.mode AS mode, c.text AS text,
           c.author AS author, c.likes AS likes, t.uri AS uri, t.title AS title
    FROM comments c LEFT JOIN threads t ON t.id = c.tid ORDER BY c.id
"""
_ISSO_COLUMNS = {"id", "tid", "parent", "created", "mode", "text", "author", "likes"}


def read(stream: DumpStream, source: str, tally: Tally, mapping: Mapping[str, str]) -> Iterator[Comment]:
    """The comments in the database, which is opened read-only."""
    with stream.on_disk() as file:
        address = f"{Path(file.name).resolve().as_uri()}?mode=ro&immutable=1"
        try:
            with closing(sqlite3.connect(address, uri=True)) as database:
                database.row_factory = sqlite3.Row
                database.text_factory = lambda raw: raw.decode("utf-8", "replace")
                yield from _read_database(database, source, tally, mapping)
        except sqlite3.Error as error:
            if not tally.counts["comments"]:
                raise InputError(f"{source}: the database cannot be read ({error}); copy it again") from None
            tally.reject(source, None, f"the database is damaged ({error}); the rows before were read")


def _read_database(
    database: sqlite3.Connection, source: str, tally: Tally, mapping: Mapping[str, str]
) -> Iterator[Comment]:
    tables = _tables(database)
    if tables.get("comments", set()) >= _ISSO_COLUMNS and tables.get("threads", set()) >= {"id", "uri", "title"}:
        for row in database.execute(_ISSO):
            yield _isso_comment(row, source)
        return
    fitting = {name: header for name, header in tables.items() if mapping or has_text_column(sorted(header))}
    if not fitting:
        names = ", ".join(sorted(tables)[:20]) or "none"
        raise InputError(f"{source}: no table in this database has a text column; tables are {names}")
    table = max(fitting, key=lambda name: known_columns(sorted(fitting[name])))
    columns = choose_columns(sorted(fitting[table]), mapping, f"{source} [{table}]")
    yield from read_rows(_rows(database, table, columns.needed), columns, source, tally)


def _tables(database: sqlite3.Connection) -> dict[str, set[str]]:
    """Table → columns. Views are left out: theirs is a query of the file's maker, and it may never end."""
    names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {
        name: {row["name"] for row in database.execute("SELECT name FROM pragma_table_info(?)", (name,))}
        for name in names
    }


def _rows(database: sqlite3.Connection, table: str, needed: list[str]) -> Iterator[Row]:
    chosen = ", ".join(_quoted(column) for column in needed)
    numbers = count(1)
    for row in database.execute(f"SELECT {chosen} FROM {_quoted(table)}"):
        yield next(numbers), dict(zip(needed, row, strict=True))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _isso_comment(row: sqlite3.Row, source: str) -> Comment:
    created, flags = as_time(row["created"])
    return Comment(
        source=source,
        id=as_id(row["id"]) or "unknown",
        thread_id=as_id(row["tid"]) or "unknown",
        parent_id=as_id(row["parent"]),
        author=as_name(row["author"]),
        created=created,
        text=html_to_text(as_text(row["text"])),
        status=_MODES.get(row["mode"], Status.UNKNOWN),
        likes=as_count(row["likes"]),
        thread_title=as_name(row["title"]),
        thread_url=as_name(row["uri"]),
        flags=flags,
    )
