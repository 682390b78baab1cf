"""A run from dump to reports: the same rows however often it is killed, however it is split."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from fakes import THRESHOLDS, WordScorer

from analyzer import partition, pipeline, runs, shards
from analyzer.errors import ConfigError, InputError, ShardError
from analyzer.pipeline import RunSettings, decide_run, report_run, score_dump
from analyzer.readers import ReadOptions
from analyzer.runs import Run, open_run
from analyzer.schema import Action, Checked

TEXTS = [
    "I will threaten you at the bridge",
    "You idiot, the bridge is fine",
    "This is nonsense",
    "Lovely bridge, well done",
    "The paper is quoting him: 'idiot'",
    "12345 !!!",
    "",
    "The cabal built it. whatabout the tunnel?",
]
PLAIN = RunSettings(shards=4)


def write_dump(path: Path, size: int = 60, threads: int = 7) -> Path:
    rows = [
        {
            "id": str(n),
            "thread_id": f"t{n % threads}",
            "parent_id": str(n - threads) if n >= threads and n % 3 else None,
            "author": f"reader {n % 5}",
            "created_at": f"2026-10-01T12:{n % 60:02d}:00Z",
            "text": f"{TEXTS[n % len(TEXTS)]} ({n})" if TEXTS[n % len(TEXTS)] else "",
        }
        for n in range(size)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    return write_dump(tmp_path / "october.jsonl")


def content(run: Run) -> dict[str, list[Any]]:
    """Everything a run says, without the order of the shards and without what the run's own author key changes."""
    return {
        "comments": sorted((replace(c, author=None).to_json() for c in run.comments()), key=str),
        "scores": sorted((score.to_json() for score in run.scores()), key=str),
        "decisions": sorted((decision.to_json() for decision in run.decisions()), key=str),
    }


def test_a_run_holds_every_comment_scored_and_decided(dump: Path, tmp_path: Path) -> None:
    run = score_dump(dump, out=tmp_path / "run", model=WordScorer(), settings=PLAIN)
    comments, scores, decisions = list(run.comments()), list(run.scores()), list(run.decisions())
    assert len(comments) == 60
    assert [c.key for c in comments] == [s.key for s in scores] == [d.key for d in decisions]
    by_id = {d.key.id: d.action for d in decisions}
    assert [by_id[str(n)] for n in range(8)] == [
        Action.REJECT,
        Action.REVIEW,
        Action.REVIEW,
        Action.APPROVE,
        Action.APPROVE,
        Action.NONE,
        Action.NONE,
        Action.REVIEW,
    ]
    manifest = run.manifest()
    assert manifest["inputs"][0]["name"] == "october.jsonl"
    assert manifest["reading"]["counts"]["comments"] == 60
    assert sum(manifest["models"]["words@1"]["counts"].values()) == 60
    assert manifest["policies"][run.policy]["counts"]["reject"] == 8


def test_stored_threads_are_the_threads_that_were_built(dump: Path, tmp_path: Path) -> None:
    run = score_dump(dump, out=tmp_path / "run", model=WordScorer(), settings=PLAIN)
    fresh = partition.build_threads(partition.read_comments(dump, options=ReadOptions(authors="plain")))
    stored = {t.id: [(c.id, c.parent_id, c.text, c.flags) for c in t.comments] for t in run.threads()}
    assert stored == {t.id: [(c.id, c.parent_id, c.text, c.flags) for c in t.comments] for t in fresh}


@pytest.mark.parametrize("shards", [1, 3, 16])
def test_the_number_of_shards_does_not_change_what_a_run_says(dump: Path, tmp_path: Path, shards: int) -> None:
    reference = score_dump(dump, out=tmp_path / "reference", model=WordScorer(), settings=PLAIN)
    other = score_dump(dump, out=tmp_path / "run", model=WordScorer(), settings=RunSettings(shards=shards))
    assert content(other) == content(reference)


def test_two_worker_processes_say_the_same_as_one(dump: Path, tmp_path: Path) -> None:
    reference = score_dump(dump, out=tmp_path / "reference", model=WordScorer(), settings=PLAIN)
    settings = RunSettings(shards=4, workers=2)
    assert content(score_dump(dump, out=tmp_path / "run", model=WordScorer(), settings=settings)) == content(reference)


class Killed(BaseException):
    """Stands for the end of the process: nothing in the pipeline may catch it."""


def dying(function: Callable[..., Any], countdown: list[int]) -> Callable[..., Any]:
    def call(*args: Any, **options: Any) -> Any:
        countdown[0] -= 1
        if countdown[0] < 0:
            raise Killed
        return function(*args, **options)

    return call


def test_killed_at_any_step_and_repeated_a_run_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process dies at the n-th rename or marker, for every n: these are the places where files change hands."""
    dump, settings = write_dump(tmp_path / "small.jsonl", size=16, threads=3), RunSettings(shards=2)
    reference = content(score_dump(dump, out=tmp_path / "reference", model=WordScorer(), settings=settings))
    steps = 0
    while True:
        out = tmp_path / f"run{steps}"
        with monkeypatch.context() as patch:
            countdown = [steps]
            patch.setattr(runs, "sync_folder", dying(runs.sync_folder, countdown))
            patch.setattr(Run, "mark_done", dying(Run.mark_done, countdown))
            try:
                score_dump(dump, out=out, model=WordScorer(), settings=settings)
                break
            except Killed:
                pass
        resumed = score_dump(dump, out=out, model=WordScorer(), settings=settings)
        assert content(resumed) == reference, f"killed at step {steps}"
        assert not list(out.rglob("*.tmp"))
        steps += 1
    assert steps > 20


def test_a_process_killed_outright_leaves_a_run_that_goes_on(dump: Path, tmp_path: Path) -> None:
    write_dump(dump, size=400, threads=80)
    program = (
        "import sys; from fakes import WordScorer; from analyzer.pipeline import RunSettings, score_dump\n"
        "score_dump(sys.argv[1], out=sys.argv[2], model=WordScorer(), settings=RunSettings(shards=24))"
    )
    paths = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parent.parent)])
    out = tmp_path / "run"
    process = subprocess.Popen([sys.executable, "-c", program, dump, out], env={**os.environ, "PYTHONPATH": paths})
    deadline = time.monotonic() + 30
    while len(list(out.glob("done/score/*/*"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    settings = RunSettings(shards=24)
    kept = {path: path.stat().st_mtime_ns for path in out.glob("scores/*/*.parquet")}
    assert 3 <= len(kept) < 24
    resumed = score_dump(dump, out=out, model=WordScorer(), settings=settings)
    reference = score_dump(dump, out=tmp_path / "reference", model=WordScorer(), settings=settings)
    assert content(resumed) == content(reference)
    rewritten = [path for path, moment in kept.items() if path.stat().st_mtime_ns != moment]
    assert len(rewritten) <= 1, "only a shard whose marker was not set yet is done again"


@pytest.mark.parametrize("table", ["scores", "decisions"])
@pytest.mark.parametrize("lose", [Path.unlink, lambda path: os.truncate(path, 100)], ids=["deleted", "cut off"])
def test_a_table_lost_after_it_was_written_is_told_and_made_anew(
    lose: Callable[[Path], None], table: str, dump: Path, tmp_path: Path
) -> None:
    run = score_dump(dump, out=tmp_path / "run", model=WordScorer(), settings=PLAIN)
    whole = run.to_pandas()
    lost = next((run.path / table).rglob("00002.parquet"))
    lose(lost)
    with pytest.raises(InputError, match=f"{lost}: missing or cut off; repeat the `analyzer score` command"):
        open_run(run.path)
    score_dump(dump, out=run.path, model=WordScorer(), settings=PLAIN)
    pd.testing.assert_frame_equal(open_run(run.path).to_pandas(), whole)


def test_comments_lost_after_they_were_read_are_told(dump: Path, tmp_path: Path) -> None:
    run = score_dump(dump, out=tmp_path / "run", model=WordScorer(), settings=PLAIN)
    run.file("comments", shard=1).unlink()
    with pytest.raises(InputError, match=r"comments/00001.parquet: missing or cut off, .*give --out another folder"):
        score_dump(dump, out=run.path, model=WordScorer(), settings=PLAIN)


def test_pseudonyms_stay_the_same_when_a_run_is_resumed(
    dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(pipeline.partition, "spread", dying(partition.spread, [0]))
        with pytest.raises(Killed):
            score_dump(dump, out=tmp_path / "run", model=WordScorer(), settings=PLAIN)
    key = (tmp_path / "run" / "author.key").read_bytes()
    run = score_dump(dump, out=tmp_path / "run", model=WordScorer(), settings=PLAIN)
    assert (run.path / "author.key").read_bytes() == key
    assert (run.path / "author.key").stat().st_mode & 0o077 == 0
    given = RunSettings(shards=4, reading=ReadOptions(author_key=key))
    same = score_dump(dump, out=tmp_path / "given", model=WordScorer(), settings=given)
    assert not (same.path / "author.key").exists()
    assert {c.key: c.author for c in run.comments()} == {c.key: c.author for c in same.comments()}
    assert not any("reader" in str(c.author) for c in run.comments())


@pytest.mark.parametrize(
    ("change", "part"),
    [
        pytest.param({"shards": 5}, "config shards", id="another number of shards"),
        pytest.param({"fmt": "csv"}, "config format", id="another format"),
        pytest.param({"reading": ReadOptions(authors="plain")}, "config authors", id="plain authors"),
        pytest.param({"reading": ReadOptions(mapping={"text": "body"})}, "config mapping", id="another mapping"),
    ],
)
def test_a_resume_with_another_configuration_says_which_part(
    dump: Path, tmp_path: Path, change: dict[str, Any], part: str
) -> None:
    score_dump(dump, out=tmp_path / "run", model=WordScorer(), settings=PLAIN)
    with pytest.raises(InputError, match=f"made with other {part}"):
        score_dump(dump, out=tmp_path / "run", model=WordScorer(), settings=replace(PLAIN, **change))


def test_a_resume_with_another_dump_is_refused(dump: Path, tmp_path: Path) -> None:
    score_dump(dump, out=tmp_path / "run", model=WordScorer(), settings=RunSettings())
    write_dump(dump, size=61)
    with pytest.raises(InputError, match="made with other inputs"):
        score_dump(dump, out=tmp_path / "run", model=WordScorer(), settings=RunSettings())


@pytest.mark.parametrize(
    ("names", "first"),
    [
        pytest.param(["empty.jsonl"], PLAIN, id="an empty dump"),
        pytest.param(["scan.bin"], PLAIN, id="a dump of no format"),
        pytest.param(["october.jsonl", "scan.bin"], PLAIN, id="a dump of no format beside a good one"),
        pytest.param(["head.csv"], PLAIN, id="a table without rows"),
        pytest.param(["october.jsonl"], replace(PLAIN, fmt="reddit"), id="a wrong format"),
    ],
)
def test_a_run_that_holds_no_comment_is_begun_anew(
    dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: list[str], first: RunSettings
) -> None:
    (tmp_path / "empty.jsonl").write_bytes(b"")
    (tmp_path / "head.csv").write_bytes(b"id,text,author\n")
    (tmp_path / "scan.bin").write_bytes(bytes(range(256)) * 40)
    out = tmp_path / "run"
    dumps = [tmp_path / name for name in names]
    with suppress(InputError):
        score_dump(dumps, out=out, model=WordScorer(version="words@0"), settings=first)
    assert (out / "run.json").is_file()
    (out / "mine.txt").write_text("a note of the user", encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(Run, "write_manifest", dying(Run.write_manifest, [0]))
        with pytest.raises(Killed):
            score_dump(dump, out=out, model=WordScorer(), settings=PLAIN)
    run = score_dump(dump, out=out, model=WordScorer(), settings=PLAIN)
    assert content(run) == content(score_dump(dump, out=tmp_path / "reference", model=WordScorer(), settings=PLAIN))
    assert list(run.manifest()["models"]) == [path.name for path in (out / "scores").iterdir()] == ["words@1"]
    assert (out / "rejects.jsonl").read_bytes() == b""
    assert (out / "mine.txt").is_file()
    with pytest.raises(InputError, match="made with other"):
        score_dump(dumps, out=out, model=WordScorer(), settings=first)


def test_a_folder_with_other_things_in_it_is_left_alone(dump: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("work", encoding="utf-8")
    with pytest.raises(InputError, match="not empty"):
        score_dump(dump, out=tmp_path / "thesis", model=WordScorer())
    with pytest.raises(InputError, match="no run here"):
        open_run(tmp_path / "thesis")


def test_a_second_process_is_kept_off(dump: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with runs.locked(tmp_path / "run"), pytest.raises(InputError, match="another process"):
        score_dump(dump, out=tmp_path / "run", model=WordScorer())


def test_failed_shards_are_named_and_the_others_kept(dump: Path, tmp_path: Path) -> None:
    settings = RunSettings(shards=16)
    with pytest.raises(ShardError, match=r"1 of 16 shards failed \(shard \d+: score: RuntimeError: the scorer broke\)"):
        score_dump(dump, out=tmp_path / "run", model=WordScorer(fail_on="(23)"), settings=settings)
    run = open_run(tmp_path / "run")
    assert len(list(run.path.glob("decisions/*/*.parquet"))) == 15
    with pytest.raises(InputError, match="the run is not finished"):
        list(run.scores())
    mended = score_dump(dump, out=run.path, model=WordScorer(), settings=settings)
    reference = score_dump(dump, out=tmp_path / "reference", model=WordScorer(), settings=settings)
    assert content(mended) == content(reference)


def test_a_scorer_that_skips_a_comment_fails_its_shard(dump: Path, tmp_path: Path) -> None:
    class Skipping(WordScorer):
        def score(self, threads: Any) -> Any:
            yield from (score for score in super().score(threads) if score.key.id != "23")

    with pytest.raises(ShardError, match="where Key"):
        score_dump(dump, out=tmp_path / "run", model=Skipping(), settings=PLAIN)


def test_a_second_model_is_scored_beside_the_first(dump: Path, tmp_path: Path) -> None:
    run = score_dump(dump, out=tmp_path / "run", model=WordScorer(), settings=PLAIN)
    score_dump(dump, out=run.path, model=WordScorer(version="owner/words@2"), settings=PLAIN)
    assert sorted(path.name for path in run.path.glob("scores/*")) == ["owner_words@2", "words@1"]
    assert {s.model for s in run.scores()} == {"owner/words@2"}
    assert {s.model for s in run.scores(model="words@1")} == {"words@1"}
    assert {row["model"] for row in run.to_pandas().to_dict("records")} == {"owner/words@2"}


def test_another_policy_decides_without_the_model(dump: Path, tmp_path: Path) -> None:
    run = score_dump(dump, out=tmp_path / "run", model=WordScorer(fail_on=""), settings=PLAIN)
    before = run.policy
    decide_run(run, "strict")
    assert run.policy.startswith("strict@")
    assert {d.policy for d in run.decisions()} == {run.policy}
    assert {d.policy for d in run.decisions(policy=before)} == {before}


def test_scores_of_one_model_are_never_shown_with_decisions_of_another(
    dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = score_dump(dump, out=tmp_path / "run", model=WordScorer(), settings=PLAIN)
    before = run.model, run.policy
    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "_decide", dying(pipeline._decide, [0]))
        with pytest.raises(Killed):
            score_dump(dump, out=run.path, model=WordScorer(version="words@2"), settings=PLAIN)
    assert (run.model, run.policy) == before
    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "_map", dying(pipeline._map, [2]))  # while it decides again
        with pytest.raises(Killed):
            score_dump(dump, out=run.path, model=WordScorer(version="words@2"), settings=PLAIN)
    for show in (run.to_pandas, lambda: report_run(run), lambda: list(run.decisions())):
        with pytest.raises(InputError, match="decided by the scores of words@2, while words@1 is the model of the run"):
            show()
    score_dump(dump, out=run.path, model=WordScorer(version="words@2"), settings=PLAIN)
    assert set(run.to_pandas(["model"])["model"]) == {"words@2"}


def test_deciding_a_run_that_lacks_scores_says_which_command_goes_on(
    dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = score_dump(dump, out=tmp_path / "run", model=WordScorer(), settings=PLAIN)
    for parts in (("comments",), ("scores", run.model)):
        run.file(*parts, shard=2).unlink()
    with pytest.raises(ShardError, match=r"1 of 4 shards failed \(shard 2: no scores\); repeat the `analyzer score`"):
        decide_run(run, "strict")
    assert run.policy.startswith("strict@")
    assert len(list(run.path.glob("decisions/strict*/*.parquet"))) == 3


def test_a_manifest_cut_short_does_not_make_a_folder_somebody_elses(dump: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / ".run.json.tmp").write_text('{"ru', encoding="utf-8")
    assert len(list(score_dump(dump, out=tmp_path / "run", model=WordScorer(), settings=PLAIN).scores())) == 60


def threaded_in_part(dump: Path, out: Path, monkeypatch: pytest.MonkeyPatch, steps: int = 3) -> Run:
    """A run that was killed at a marker: reading, then shards 0 and 1 are marked, shard 2 is not any more."""
    with monkeypatch.context() as patch:
        patch.setattr(Run, "mark_done", dying(Run.mark_done, [steps]))
        with pytest.raises(Killed):
            score_dump(dump, out=out, model=WordScorer(), settings=PLAIN)
    return open_run(out)


@pytest.mark.parametrize("gone", [0, 3], ids=["of a shard whose marker was lost", "of a shard that waited"])
def test_what_was_read_and_lost_is_read_again(
    dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gone: int
) -> None:
    """After a power cut a marker or a file of the reading may be missing; no shard may come out empty."""
    reference = score_dump(dump, out=tmp_path / "reference", model=WordScorer(), settings=PLAIN)
    run = threaded_in_part(dump, tmp_path / "run", monkeypatch)
    (run.path / "done" / "thread" / "00000").unlink()
    (run.path / "spill" / f"{gone:05d}.jsonl.zst").unlink()
    with pytest.raises(ShardError, match="is missing: what was read is lost"):
        partition.ThreadShard(run.path)(gone)
    assert content(score_dump(dump, out=run.path, model=WordScorer(), settings=PLAIN)) == content(reference)
    assert not (run.path / "spill").exists()


def test_fewer_comments_than_were_read_are_an_error(
    dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = threaded_in_part(dump, tmp_path / "run", monkeypatch)
    (run.path / "spill" / "00003.jsonl.zst").write_bytes(b"")
    with pytest.raises(ShardError, match=r"60 comments were read, \d+ are in the shards"):
        score_dump(dump, out=run.path, model=WordScorer(), settings=PLAIN)
    assert (run.path / "spill").exists()


def test_a_second_dump_in_the_same_folder_has_its_own_thread_sizes(tmp_path: Path) -> None:
    for size in (3, 5):
        path = tmp_path / "claimed.json"
        path.write_text(json.dumps({"t": size}), encoding="utf-8")
        os.utime(path, ns=(size, size))
        assert partition._claimed(path) == {"t": size}


def test_a_model_folder_made_anew_is_loaded_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loads: list[str] = []
    monkeypatch.setattr(shards, "load_scorer", lambda model, threads: loads.append(str(model)) or WordScorer())
    (tmp_path / "candidate").mkdir()
    for content in ("first", "first", "second"):
        (tmp_path / "candidate" / "model.json").write_text(content, encoding="utf-8")
        shards.open_scorer(tmp_path / "candidate", None)
    assert len(loads) == 2


def test_a_bad_policy_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="policy 'missing'"):
        score_dump("no-such-dump.jsonl", out=tmp_path / "run", model=WordScorer(), policy="missing")
    assert not (tmp_path / "run").exists()


def test_rows_that_cannot_be_read_are_kept(dump: Path, tmp_path: Path) -> None:
    with dump.open("a", encoding="utf-8") as file:
        file.write("{broken\n")
    run = score_dump(dump, out=tmp_path / "run", model=WordScorer(), settings=PLAIN)
    (reject,) = [json.loads(line) for line in (run.path / "rejects.jsonl").read_text().splitlines()]
    assert (reject["file"], reject["line"], reject["excerpt"].strip()) == ("october.jsonl", 61, "{broken")
    assert run.manifest()["reading"]["counts"]["rejects"] == 1


def test_dumps_of_one_name_keep_their_threads_apart(tmp_path: Path) -> None:
    dumps = [tmp_path / year / "comments.jsonl" for year in ("2023", "2024")]
    for path in dumps:
        path.parent.mkdir()
        rows = [{"id": "1", "thread": "t", "text": f"root of {path.parent.name}"}]
        rows.append({"id": "2", "parent_id": "1", "thread": "t", "text": f"reply of {path.parent.name}"})
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    run = score_dump(dumps, out=tmp_path / "run", model=WordScorer(), settings=PLAIN)
    threads = {thread.source: [(c.id, c.parent_id, c.text) for c in thread.comments] for thread in run.threads()}
    assert threads == {
        f"{year}/comments.jsonl": [("1", None, f"root of {year}"), ("2", "1", f"reply of {year}")]
        for year in ("2023", "2024")
    }
    manifest = run.manifest()
    assert list(manifest["reading"]["formats"]) == ["2023/comments.jsonl", "2024/comments.jsonl"]
    assert [entry["name"] for entry in manifest["inputs"]] == ["comments.jsonl"] * 2
    score_dump(dumps[::-1], out=run.path, model=WordScorer(), settings=PLAIN)


def test_a_dump_whose_name_is_no_utf_8_is_scored_and_taken_up(tmp_path: Path) -> None:
    dump = Path(os.fsdecode(os.fsencode(tmp_path) + b"/d\xff.jsonl"))
    dump.write_text('{"id": "1", "text": "you idiot"}\n{broken\n', encoding="utf-8")
    for _ in range(2):
        run = score_dump(dump, out=tmp_path / "run", model=WordScorer(), settings=PLAIN)
    assert run.manifest()["inputs"][0]["name"] == "d\\udcff.jsonl"
    assert [comment.source for comment in run.comments()] == ["d\\udcff.jsonl"]
    run.update({"reading": {"notes": ["a \udcff in a note"]}})
    assert run.manifest()["reading"]["notes"] == ["a \ufffd in a note"]


def test_text_that_no_file_can_hold_is_scored_and_stored(tmp_path: Path) -> None:
    dump = tmp_path / "odd.jsonl"
    dump.write_text('{"id": "1", "text": "you \\ud800 idiot", "likes": 99999999999999999999}\n', encoding="utf-8")
    run = score_dump(dump, out=tmp_path / "run", model=WordScorer(), settings=PLAIN)
    (comment,), (score,) = run.comments(), run.scores()
    assert score.checked is Checked.OK
    assert comment.text[score.spans[0].start : score.spans[0].end] == "idiot"


def test_a_run_opens_in_duckdb_as_it_is(dump: Path, tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    run = score_dump(dump, out=tmp_path / "run", model=WordScorer(), settings=PLAIN)
    ((count, top),) = duckdb.sql(
        f"""select count(*), max(s."abuse.threat") from '{run.path}/comments/*.parquet' c
        join '{run.path}/scores/words@1/*.parquet' s using (source, thread_id, id)"""
    ).fetchall()
    assert (count, round(top, 2)) == (60, 0.97)
    frame = run.to_pandas(["id", "abuse.threat", "action"])
    assert frame.shape == (60, 3)
    assert str(frame["abuse.threat"].dtype) == "float32"


def test_a_frame_holds_the_columns_asked_for(dump: Path, tmp_path: Path) -> None:
    run = score_dump(dump, out=tmp_path / "run", model=WordScorer(), settings=PLAIN)
    whole = run.to_pandas()
    for names in (["text"], ["lang", "lang_scored"], ["policy", "model", "id"]):
        assert run.to_pandas(names).equals(whole[names])
    with pytest.raises(KeyError):
        run.to_pandas(["mood"])


def test_reports_are_written_for_every_thread(dump: Path, tmp_path: Path) -> None:
    run = score_dump(dump, out=tmp_path / "run", model=WordScorer(), settings=PLAIN)
    written = report_run(run, formats=("html", "json"), redact=True)
    assert len(written) == 2 * (1 + 7)
    assert all(path.is_relative_to(run.path / "reports") and path.stat().st_size for path in written)


def test_redacted_pages_take_the_place_of_plain_ones(dump: Path, tmp_path: Path) -> None:
    run = score_dump(dump, out=tmp_path / "run", model=WordScorer(), settings=PLAIN)
    plain = report_run(run)
    redacted = report_run(run, formats=("html",), redact=True)
    left = {path for path in (run.path / "reports").rglob("*") if path.is_file()}
    assert left == {*redacted, run.path / "reports" / ".analyzer-pages"}
    assert not left & {path for path in plain if path.parent.name == "threads"}


def test_reports_tell_what_the_policy_of_the_run_cannot_do(dump: Path, tmp_path: Path) -> None:
    run = score_dump(dump, out=tmp_path / "run", model=WordScorer(), settings=PLAIN)
    notes = run.manifest()["policies"][run.policy]["notes"]
    assert any("cannot fire" in note for note in notes)
    for path in report_run(run, formats=("json",)):
        assert json.loads(path.read_text(encoding="utf-8"))["policy_notes"] == notes
    assert all(
        "The policy with this model" in path.read_text(encoding="utf-8")
        for path in report_run(run, formats=("html", "md"))
    )


def test_a_redacted_report_replaces_names_that_the_run_holds_as_hashes(tmp_path: Path) -> None:
    copied = "Dear readers, please write to the council about this budget before the winter comes."
    rows = [
        ("t1", "Hanna Berg", "The rain falls."),
        ("t1", "old_tom", "Hanna Berg is right; so was (Hanna Berg)."),
        ("t1", "rain", "Old_tom, Hanna or Mary Poppins may stand. What does old_tom say of the rain?"),
        *((thread, "Hanna Berg", copied) for thread in ("t1", "t2", "t3")),
        ("t2", "rain", "Was old_tom here? He is no author of this thread."),
    ]
    keys = ("thread_id", "author", "text")
    lines = [json.dumps({"id": str(n), **dict(zip(keys, row, strict=True))}) for n, row in enumerate(rows)]
    (tmp_path / "dump.jsonl").write_text("\n".join(lines), encoding="utf-8")
    run = score_dump(tmp_path / "dump.jsonl", out=tmp_path / "run", model=WordScorer(), settings=PLAIN)
    said: dict[str, list[str]] = {}
    for out, redact in ((tmp_path / "plain", False), (tmp_path / "redacted", True)):
        index, *pages = report_run(run, out=out, formats=("json",), redact=redact)
        assert [p["accounts"] for p in json.loads(index.read_text(encoding="utf-8"))["patterns"]] == [1]
        said[out.name] = [c["text"] for page in pages for c in json.loads(page.read_text(encoding="utf-8"))["comments"]]
    changed = {old: new for old, new in zip(said["plain"], said["redacted"], strict=True) if old != new}
    assert changed == {
        rows[1][2]: "Reader 1 is right; so was (Reader 1).",
        rows[2][2]: "Reader 2, Hanna or Mary Poppins may stand. What does Reader 2 say of the rain?",
    }
    assert not {comment.author for comment in run.comments()} & {author for _, author, _ in rows}
    (run.path / "author.key").unlink()
    *_, page = report_run(run, out=tmp_path / "keyless", formats=("md",), redact=True)
    assert page.is_file()


def test_progress_reaches_the_number_of_comments(dump: Path, tmp_path: Path) -> None:
    told: list[tuple[str, int, int | None]] = []
    settings = RunSettings(shards=4, progress=lambda *state: told.append(state))
    score_dump(dump, out=tmp_path / "run", model=WordScorer(), settings=settings)
    assert [state for state in told if state[0] in ("score", "decide") and state[1] == 60] == [
        ("score", 60, 60),
        ("decide", 60, 60),
    ]


def test_thresholds_of_the_model_are_kept_for_later_policies(dump: Path, tmp_path: Path) -> None:
    run = score_dump(dump, out=tmp_path / "run", model=WordScorer(), settings=PLAIN)
    assert pipeline.thresholds_of(run, "words@1") == THRESHOLDS
