"""SQLite databases: Isso, any table, and hostile ones."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from analyzer.errors import InputError
from analyzer.readers import ReadOptions, Tally, read_comments
from analyzer.schema import Comment

ISSO = """
CREATE TABLE threads (id INTEGER PRIMARY KEY, uri VARCHAR UNIQUE, title VARCHAR);
CREATE TABLE comments (tid REFERENCES threads(id), id INTEGER PRIMARY KEY, parent INTEGER, created FLOAT, modified FLOAT,
  mode INTEGER, remote_addr VARCHAR, text VARCHAR, author VARCHAR, email VARCHAR, website VARCHAR, likes INTEGER,
  dislikes INTEGER, voters BLOB, notification INTEGER);
INSERT INTO threads VALUES (1, '/bread/', 'Bread & butter');
INSERT INTO comments VALUES
  (1, 1, NULL, 1700000000.5, NULL, 1, '203.0.113.4', '<p>Rye keeps</p>', 'Priya', 'p@mail.example', '', 3, 0, x'00', 0);
INSERT INTO comments VALUES (1, 2, 1, 1700000100, NULL, 2, '203.0.113.4', 'Does it?', NULL, NULL, NULL, 0, 0, x'00', 0);
INSERT INTO comments VALUES (1, 3, 1, 1700000200, NULL, 4, '127.0.0.1', 'taken back', 'Gus', NULL, NULL, 0, 0, x'00', 0);
"""


def database(path: Path, script: str) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
    return path


def read(path: Path, **mapping: str) -> tuple[list[Comment], Tally]:
    tally = Tally()
    return list(read_comments(path, options=ReadOptions(authors="plain", mapping=mapping), tally=tally)), tally


def test_isso_comments_are_read(tmp_path: Path) -> None:
    comments, tally = read(database(tmp_path / "upload", ISSO))
    assert tally.format == "isso"
    assert [(c.id, c.parent_id, c.author, c.text, str(c.status), c.likes) for c in comments] == [
        ("1", None, "Priya", "Rye keeps", "visible", 3),
        ("2", "1", None, "Does it?", "pending", 0),
        ("3", "1", "Gus", "", "deleted", 0),
    ]
    assert comments[0].thread_id == "1"
    assert comments[0].thread_url == "/bread/"
    assert comments[0].thread_title == "Bread & butter"
    assert str(comments[0].created) == "2023-11-14 22:13:20.500000+00:00"
    assert "mail.example" not in str(comments)


def test_cusdis_and_other_tables_are_read_by_their_columns(tmp_path: Path) -> None:
    script = """
    CREATE TABLE pages (id TEXT, slug TEXT, title TEXT);
    CREATE TABLE comments (id TEXT, pageId TEXT, content TEXT, by_nickname TEXT, by_email TEXT, approved BOOLEAN,
      parentId TEXT, created_at DATETIME);
    INSERT INTO comments VALUES ('a', 'p', 'Hello', 'Mo', 'mo@mail.example', 1, NULL, '2024-05-01 08:00:00');
    INSERT INTO comments VALUES ('b', 'p', 'Hi', 'Li', NULL, 0, 'a', 1700000000000);
    """
    comments, _ = read(database(tmp_path / "upload", script))
    assert [(c.id, c.thread_id, c.parent_id, c.text, str(c.status)) for c in comments] == [
        ("a", "p", None, "Hello", "visible"),
        ("b", "p", "a", "Hi", "pending"),
    ]


def test_a_mapping_names_the_columns(tmp_path: Path) -> None:
    comments, _ = read(database(tmp_path / "db", "CREATE TABLE x (w TEXT); INSERT INTO x VALUES ('words')"), text="w")
    assert [comment.text for comment in comments] == ["words"]


def test_a_database_without_text_is_refused_with_its_tables(tmp_path: Path) -> None:
    path = database(tmp_path / "db", "CREATE TABLE accounts (n INTEGER); INSERT INTO accounts VALUES (1)")
    with pytest.raises(InputError, match="tables are accounts"):
        read(path)


def test_a_view_that_never_ends_is_not_run(tmp_path: Path) -> None:
    endless = "WITH RECURSIVE n(text) AS (SELECT 'a' UNION ALL SELECT text FROM n) SELECT text FROM n"
    with pytest.raises(InputError, match="tables are x"):
        read(database(tmp_path / "db", f"CREATE TABLE x (n INTEGER); CREATE VIEW comments AS {endless}"))


def test_names_of_columns_cannot_leave_their_quotes(tmp_path: Path) -> None:
    script = (
        'CREATE TABLE "t"" ; DROP" ("te xt" TEXT, "a""b" TEXT); INSERT INTO "t"" ; DROP" VALUES (\'words\', \'mo\')'
    )
    comments, _ = read(database(tmp_path / "db", script), text="te xt", author='a"b')
    assert [(comment.text, comment.author) for comment in comments] == [("words", "mo")]


def test_a_damaged_database_ends_in_one_sentence_or_keeps_its_rows(tmp_path: Path) -> None:
    rows = "".join(f"INSERT INTO c VALUES ({number}, '{'w' * 500}');" for number in range(2000))
    path = database(tmp_path / "db", f"CREATE TABLE c (id INTEGER, text TEXT); BEGIN; {rows} COMMIT;")
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2 :] = b"\xff" * (len(raw) - len(raw) // 2)
    path.write_bytes(raw)
    comments, tally = read(path)
    assert 0 < len(comments) < 2000
    assert tally.counts["rejects"] == 1
