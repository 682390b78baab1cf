"""The run folder and its runners: names, round trips through Parquet, workers that fail or die."""

import os
import sys
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer import runners, runs
from analyzer.errors import InputError, MissingError
from analyzer.runners import ShardStats, map_shards
from analyzer.runs import Run, atomic, folder_name, open_run, shard_of, take_rows, write_table_parts
from analyzer.schema import Action, Checked, Comment, Decision, Key, Reason, Score, Span, Status
from analyzer.tables import COMMENTS, comment_of, comment_row, decisions_of, scores_of, scores_table, storable

WORDS = st.text(st.characters(codec="utf-8"), max_size=8)
SINGLE = st.floats(0, 1, width=32)
COMMENT = st.builds(
    Comment,
    source=WORDS,
    id=WORDS,
    thread_id=WORDS,
    text=WORDS,
    parent_id=st.none() | WORDS,
    author=st.none() | WORDS,
    created=st.none() | st.datetimes(timezones=st.just(UTC)),
    status=st.sampled_from(Status),
    likes=st.none() | st.integers(-(2**63), 2**63 - 1),
    flags=st.lists(WORDS, max_size=2).map(tuple),
    extra=st.dictionaries(WORDS, st.none() | st.integers(0, 99) | WORDS, max_size=2),
)
SCORE = st.builds(
    Score,
    key=st.builds(Key, WORDS, WORDS, WORDS),
    model=st.just("m@1"),
    probs=st.dictionaries(st.sampled_from(["abuse.threat", "abuse.insult"]), SINGLE),
    spans=st.lists(st.builds(Span, start=st.just(0), end=st.just(3), label=st.just("abuse"), prob=SINGLE)).map(tuple),
    windows=st.integers(0, 9),
    lang=st.sampled_from(["en", "und"]),
    checked=st.sampled_from(Checked),
)


@given(st.lists(COMMENT, max_size=4))
def test_comments_come_back_from_parquet_as_they_were(comments: list[Comment]) -> None:
    table = pa.Table.from_pylist([comment_row(comment, 5) for comment in comments], COMMENTS)
    assert [comment_of(row) for row in table.to_pylist()] == comments


@given(st.lists(SCORE, max_size=4))
def test_scores_come_back_from_parquet_as_they_were(scores: list[Score]) -> None:
    table = scores_table(scores, ["abuse.threat", "abuse.insult", "abuse.obscene"], model="m@1")
    assert list(scores_of(table)) == scores
    assert table["abuse.threat"].type == pa.float32()


def test_decisions_come_back_as_they_were() -> None:
    reason = Reason(rule="r", label="abuse.threat", prob=0.5, threshold=0.25, action=Action.REVIEW)
    decision = Decision(key=Key("s", "t", "1"), action=Action.REVIEW, reasons=(reason,), policy="p@1")
    row = dict(zip(("source", "thread_id", "id"), decision.key, strict=True)) | {
        "action": "review",
        "reasons": [reason.to_json()],
        "policy": "p@1",
    }
    assert list(decisions_of(pa.Table.from_pylist([row]))) == [decision]


def test_small_tables_share_a_row_group_and_rows_are_found_in_any(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "_GROUP_ROWS", 10)
    tables = (pa.table({"n": [n, n + 1, n + 2], "p": [0.5] * 3, "s": [[{"w": "x"}]] * 3}) for n in range(0, 42, 3))
    assert write_table_parts(tmp_path / "a.parquet", tables) == 42
    metadata = pq.read_metadata(tmp_path / "a.parquet")
    assert [metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)] == [12, 12, 12, 6]
    columns = [metadata.row_group(0).column(n) for n in range(3)]
    assert [column.compression for column in columns] == ["ZSTD", "UNCOMPRESSED", "ZSTD"]
    assert take_rows(tmp_path / "a.parquet", [0, 11, 12, 41])["n"].to_pylist() == [0, 11, 12, 41]
    assert take_rows(tmp_path / "a.parquet", [], ["n"]).num_rows == 0


def test_lone_surrogates_become_one_mark_each() -> None:
    assert storable("a\ud800b\udfffc") == "a\ufffdb\ufffdc"


def test_numbers_that_no_column_holds_are_left_out() -> None:
    row = comment_row(Comment(source="s", id="1", thread_id="t", text="x", likes=2**63), 2**70)
    assert (row["likes"], row["thread_claimed"]) == (None, None)


@pytest.mark.parametrize(
    ("source", "thread", "shard"),
    [("a.jsonl", "t1", 4), ("a.jsonl", "t2", 6), ("b.jsonl", "t1", 7), ("", "", 5), ("\ud800", "x", 0)],
)
def test_a_thread_is_in_the_same_shard_on_every_machine(source: str, thread: str, shard: int) -> None:
    assert shard_of(source, thread, 8) == shard


@pytest.mark.parametrize(
    ("version", "folder"),
    [
        ("default@1a2b", "default@1a2b"),
        ("owner/model@2", "owner_model@2"),
        ("../../etc", "_.._etc"),
        ("..", "_"),
        ("a b\0c", "a_b_c"),
    ],
)
def test_versions_become_harmless_folder_names(version: str, folder: str) -> None:
    assert folder_name(version) == folder


def test_what_fails_halfway_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text("old", encoding="utf-8")

    def write() -> None:
        with atomic(path) as temporary:
            temporary.write_text("new", encoding="utf-8")
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write()
    assert path.read_text(encoding="utf-8") == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.json"]


@pytest.mark.parametrize("content", ["{", "[]", "{}", "\udcff"])
def test_a_damaged_manifest_is_said_with_its_path(tmp_path: Path, content: str) -> None:
    (tmp_path / "run.json").write_text(content, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(InputError, match=r"run\.json: "):
        open_run(tmp_path)


def test_a_run_without_scores_says_what_to_do(tmp_path: Path) -> None:
    Run(tmp_path).write_manifest({"config": {"shards": 2}})
    with pytest.raises(InputError, match="no model has finished on this run; `analyzer score` goes on"):
        list(open_run(tmp_path).scores())


# Functions of the tests below stand at the top level, because a worker process imports them.


def tenfold(shard: int) -> int:
    if shard == 3:
        raise ValueError("three\nis   bad")
    return shard * 10


def dying(shard: int) -> int:
    if shard == 0:
        os._exit(9)
    return shard


def rows_of(stats: list[ShardStats]) -> dict[int, int | str]:
    return {entry.shard: entry.error or entry.rows for entry in stats}


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_stays_with_its_shard(workers: int) -> None:
    stats = list(map_shards(tenfold, range(5), workers=workers))
    assert rows_of(stats) == {0: 0, 1: 10, 2: 20, 3: "ValueError: three is bad", 4: 40}


def test_a_worker_that_dies_takes_down_only_what_was_under_way() -> None:
    outcome = rows_of(list(map_shards(dying, range(8), workers=2)))
    assert sorted(outcome) == list(range(8))
    assert "a worker died" in str(outcome[0])
    assert sum(isinstance(rows, int) for rows in outcome.values()) >= 6


def test_a_worker_that_dies_before_the_next_shard_is_handed_out_fails_that_shard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A pool that is found broken only when something is handed to it; the next one works."""

    class Pool:
        broken = 2  # the third hand-over

        def submit(self, function: Any, *arguments: Any) -> Future[ShardStats]:
            Pool.broken -= 1
            if Pool.broken == -1:
                raise BrokenProcessPool
            future: Future[ShardStats] = Future()
            future.set_result(function(*arguments))
            return future

        def shutdown(self, **options: bool) -> None:
            pass

    monkeypatch.setattr(runners, "_pool", lambda workers: Pool())
    outcome = rows_of(list(map_shards(lambda shard: shard, range(6), workers=2)))
    assert sorted(outcome) == list(range(6))
    assert "a worker died" in str(outcome[2])
    assert all(rows == shard for shard, rows in outcome.items() if shard != 2)


def test_without_ray_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingError, match=r"pip install -e '\.\[cluster\]'"):
        list(map_shards(tenfold, range(2), cluster=True))


def test_on_ray_the_same_function_is_mapped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in with the five names of Ray that are used; a lost worker is a RayError of `get`."""

    class RayError(Exception):
        pass

    def get(reference: tuple[Any, ...]) -> ShardStats:
        function, arguments = reference
        if arguments[1] == 4:
            raise RayError("node lost")
        stats: ShardStats = function(*arguments)
        return stats

    ray: Any = ModuleType("ray")
    ray.is_initialized = lambda: False
    ray.init = lambda **options: None
    ray.remote = lambda function: SimpleNamespace(remote=lambda *arguments: (function, arguments))
    ray.wait = lambda references, num_returns: (references[:num_returns], references[num_returns:])
    ray.get = get
    ray.exceptions = SimpleNamespace(RayError=RayError)
    monkeypatch.setitem(sys.modules, "ray", ray)
    stats = list(map_shards(tenfold, range(5), cluster=True))
    assert rows_of(stats) == {0: 0, 1: 10, 2: 20, 3: "ValueError: three is bad", 4: "RayError: node lost"}


def test_created_is_stored_in_utc() -> None:
    moment = datetime(2026, 10, 1, 12, tzinfo=UTC)
    table = pa.Table.from_pylist(
        [comment_row(Comment(source="s", id="1", thread_id="t", text="x", created=moment))], COMMENTS
    )
    assert table["created"].type == pa.timestamp("us", "UTC")
