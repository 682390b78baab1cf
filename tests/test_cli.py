"""The command line: what each verb prints, its exit codes, its one sentence an error."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from fakes import WordScorer
from test_pipeline import write_dump
from typer.testing import CliRunner, Result

import analyzer.scoring
from analyzer import shards
from analyzer.cli import app, console, pipe
from analyzer.errors import InputError
from analyzer.runs import open_run
from analyzer.schema import Comment, Score, Thread

ROOT = Path(__file__).parent.parent
HOSTILE = "you idiot \x1b[31mred\u202eevil\x07"


@pytest.fixture(autouse=True)
def _words_for_a_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    monkeypatch.setattr(analyzer.scoring, "load_scorer", lambda model=None, threads=None: WordScorer())
    monkeypatch.setattr(shards, "load_scorer", lambda model=None, threads=None: WordScorer())
    shards._loaded.cache_clear()


def call(*arguments: object, stdin: str | bytes = "") -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)


def lines(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    return write_dump(tmp_path / "october.jsonl", size=24, threads=3)


@pytest.fixture
def run(dump: Path, tmp_path: Path) -> Path:
    result = call("score", dump, "--out", tmp_path / "run", "--shards", 2)
    assert result.exit_code == 0, result.stderr
    return tmp_path / "run"


# read


def test_read_writes_every_comment_in_thread_order_with_its_fields(dump: Path) -> None:
    records = lines(result := call("read", dump, "--authors", "plain"))
    assert len(records) == 24
    assert [record["id"] for record in records[:3]] == ["0", "3", "6"]
    assert {"id", "parent_id", "thread_id", "author", "created", "text", "status"} <= set(records[0])
    assert (records[0]["parent_id"], records[0]["author"]) == (None, "reader 0")
    assert "24 comments" in result.stderr


def test_read_hides_authors_unless_asked(dump: Path) -> None:
    assert "reader" not in call("read", dump).stdout


def test_read_reports_orphans_rejects_and_mapped_columns(tmp_path: Path) -> None:
    odd = tmp_path / "odd.jsonl"
    odd.write_text('{"nr": "2", "body": "a reply", "above": "1"}\n{broken\n', encoding="utf-8")
    (record,) = lines(result := call("read", odd, "--map", "id=nr,text=body,parent=above"))
    assert (record["id"], record["parent_id"], record["text"]) == ("2", None, "a reply")
    assert "orphan" in record["flags"]
    assert "1 reply answers a comment that is not in the dump" in result.stderr
    assert "1 place could not be read" in result.stderr
    assert "not read: odd.jsonl:2: the line is not valid JSON" in result.stderr


@pytest.mark.parametrize("name", ["out.jsonl", "out.parquet"])
def test_read_writes_files(dump: Path, tmp_path: Path, name: str) -> None:
    result = call("read", dump, "--out", tmp_path / name)
    assert (result.exit_code, result.stdout) == (0, "")
    assert len(lines(call("read", tmp_path / name))) == 24


def test_read_of_standard_input(dump: Path) -> None:
    assert len(lines(call("read", "-", stdin=dump.read_text(encoding="utf-8")))) == 24


def test_read_writes_a_large_dump_as_it_lies_and_says_so(dump: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analyzer.cli.read._ORDERED", 2000)
    records = lines(result := call("read", dump))
    assert [record["id"] for record in records] == [str(n) for n in range(24)]
    assert "too large to be put in order" in result.stderr


# score -


STREAM = [
    ('{"id": "a", "text": "you idiot"}', {"id": "a", "abuse.insult": 0.91}),
    ('{"text": "no id"}', {"id": None, "abuse.insult": 0.02}),
    ('{"id": 7, "text": "and you", "parent_text": "idiot"}', {"id": 7, "abuse.insult": 0.455}),
    ("{broken", {"id": None, "error": "line 4: not JSON"}),
    ("", {"id": None, "error": "line 5: not JSON"}),
    ('["text"]', {"id": None, "error": "line 6: not a JSON object"}),
    ('{"id": "b"}', {"id": "b", "error": "line 7: text is missing"}),
    ('{"id": "c", "text": 3}', {"id": "c", "error": "line 8: text must be text"}),
    ('{"id": {}, "text": "x"}', {"id": None, "error": "line 9: id must be text or a whole number"}),
    ('{"id": "d", "text": ""}', {"id": "d", "checked": "empty"}),
    ('{"id": "e", "text": "hm", "lang": "xx"}', {"id": "e", "checked": "language"}),
    ('{"id": "f", "text": "\\ud800 idiot"}', {"id": "f", "abuse.insult": 0.91}),
    ("[" * 100_000, {"id": None, "error": "line 13: not JSON"}),
    ('{"id": "a", "text": "same id again"}', {"id": "a", "abuse.insult": 0.02}),
]


def test_score_stream_gives_one_line_a_line_in_order() -> None:
    records = lines(call("score", "-", stdin="".join(line + "\n" for line, _ in STREAM)))
    assert len(records) == len(STREAM)
    for record, (_, expected) in zip(records, STREAM, strict=True):
        for name, value in expected.items():
            if name == "error":
                assert record["error"].startswith(str(value))
            else:
                assert record.get(name, record.get("probs", {}).get(name)) == value


def test_score_stream_record_holds_what_was_promised() -> None:
    (record,) = lines(call("score", "-", stdin=json.dumps({"id": "1", "text": "you idiot"})))
    assert list(record) == ["id", "model", "lang", "checked", "windows", "probs", "spans"]
    assert record["spans"] == [{"start": 4, "end": 9, "label": "abuse.insult", "prob": 0.91}]


def test_score_stream_decides_each_line_if_a_policy_is_named(tmp_path: Path) -> None:
    house = tmp_path / "house.toml"
    rule = 'name = "rude"\nlabels = ["abuse.insult"]\nthreshold = 0.5\naction = "review"\n'
    house.write_text(f'name = "house"\ndescription = "d"\n[[rules]]\n{rule}')
    asked = '{"text": "you idiot"}\n{"text": "good"}\n{"text": ""}\n{broken\n'
    rude, good, empty, broken = lines(call("score", "-", "--policy", str(house), stdin=asked))
    assert [record["action"] for record in (rude, good, empty)] == ["review", "approve", "none"]
    assert rude["policy"].startswith("house@")
    (reason,) = rude["reasons"]
    assert reason.pop("prob") == pytest.approx(0.91)
    assert reason == {"rule": "rude", "label": "abuse.insult", "threshold": 0.5, "action": "review"}
    assert good["reasons"] == []
    assert "action" not in broken


def test_score_stream_refuses_other_encodings_line_by_line() -> None:
    records = lines(call("score", "-", stdin='{"text": "schön"}\n'.encode("latin-1") + b'{"text": "good"}\n'))
    assert records[0]["error"].startswith("line 1: not UTF-8")
    assert records[1]["checked"] == "ok"


def test_the_parent_of_a_line_is_read_with_it_and_not_scored() -> None:
    scored: list[tuple[str, str]] = []

    class Counting(WordScorer):
        def _score(self, comment: Comment, parent: str) -> Score:
            scored.append((comment.text, parent))
            return super()._score(comment, parent)

    texts = [("and you", "idiot"), ("idiot", None), ("so it is", "")]
    batch = [(n, json.dumps({"text": text, "parent_text": above}).encode()) for n, (text, above) in enumerate(texts)]
    answers = pipe.answers(batch, Counting())
    assert scored == [(text, above or "") for text, above in texts]
    above = Comment(source="-", thread_id="0", id="parent", text="idiot")
    below = Comment(source="-", thread_id="0", id="comment", text="and you", parent_id="parent")
    _, both_scored = WordScorer().score([Thread(source="-", id="0", comments=(above, below))])
    assert answers[0] == {"id": None} | pipe._outcome(both_scored)
    assert answers[0]["probs"]["abuse.insult"] == 0.455


def test_a_line_that_breaks_the_scorer_costs_only_itself() -> None:
    batch = [(n, json.dumps({"id": n, "text": text}).encode()) for n, text in enumerate(["good", "bad", "good"])]
    answers = pipe.answers(batch, WordScorer(fail_on="bad"))
    assert [answer.get("error") for answer in answers] == [None, "line 1: could not be scored (RuntimeError)", None]


def test_an_endless_line_is_refused_and_the_next_is_scored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipe, "_LONGEST", 50)
    records = lines(call("score", "-", stdin=json.dumps({"text": "x" * 333}) + '\n{"text": "good"}\n'))
    assert [record.get("checked") for record in records] == [None, "ok"]
    assert "longer than" in records[0]["error"]


def test_score_stream_answers_when_the_input_pauses(tmp_path: Path) -> None:
    program = (
        # A shell that starts tests in the background has interrupts ignored; children would inherit that.
        "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "import analyzer.scoring\nfrom fakes import WordScorer\n"
        "analyzer.scoring.load_scorer = lambda model=None, threads=None: WordScorer()\n"
        "import sys\nsys.argv = ['analyzer', 'score', '-']\nfrom analyzer.cli import main\nmain()"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(b'{"id": "1", "text": "you idiot"}\n')
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["id"] == "1"
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130


# score, decide, report


def test_score_makes_a_run_and_prints_what_it_suggests(dump: Path, tmp_path: Path) -> None:
    result = call("score", dump, "--out", tmp_path / "run", "--shards", 2)
    assert result.exit_code == 0, result.stderr
    assert [line.split()[:2] for line in result.stdout.splitlines()[:3]] == [
        ["reject", "3"],
        ["review", "9"],
        ["approve", "6"],
    ]
    assert len(list(open_run(tmp_path / "run").scores())) == 24


def test_score_prints_json_and_resumes(dump: Path, run: Path) -> None:
    (record,) = lines(call("score", dump, "--out", run, "--json"))
    assert record["actions"] == {"approve": 6, "none": 6, "reject": 3, "review": 9}
    assert record["checked"] == {"empty": 3, "letterless": 3, "ok": 18}


def test_decide_diff_shows_changes_and_writes_nothing(run: Path) -> None:
    before = open_run(run).policy
    (record,) = lines(call("decide", run, "--policy", "strict", "--diff", "--json"))
    assert record["before"] == before
    assert record["changed"] == sum(row["count"] for row in record["actions"] if row["before"] != row["after"]) > 0
    assert record["begun"][0]["rule"]
    assert "change" in call("decide", run, "--policy", "strict", "--diff").stdout
    assert open_run(run).policy == before


def test_decide_makes_a_policy_the_current_one(run: Path) -> None:
    assert "reject" in call("decide", run, "--policy", "strict").stdout
    assert open_run(run).policy.startswith("strict@")
    (record,) = lines(call("decide", run, "--policy", "strict", "--diff", "--json"))
    assert record["changed"] == 0


def test_decide_tells_which_rules_go_less_far_than_the_file_says(run: Path, tmp_path: Path) -> None:
    policy = tmp_path / "house.toml"
    policy.write_text(
        'name = "house"\n[[rules]]\nname = "low"\nlabels = ["abuse.insult"]\nthreshold = 0.05\naction = "reject"'
    )
    told = "rule 'low' goes no further than review for abuse.insult: "
    assert f"note: {told}" in call("decide", run, "--policy", policy).stderr
    (record,) = lines(call("decide", run, "--policy", policy, "--json"))
    assert record["actions"].get("reject", 0) == 0
    assert [note.startswith(told) for note in record["notes"]] == [True]


def test_report_names_the_index_first(run: Path) -> None:
    (record,) = lines(call("report", run, "--format", "html", "--redact", "--json"))
    assert Path(record["files"][0]).name == "index.html"
    assert len(record["files"]) == 4


# explain, check


def test_explain_says_labels_evidence_and_suggestion_in_words() -> None:
    result = call("explain", "you idiot, whatabout the bridge")
    assert result.exit_code == 0, result.stderr
    assert "very likely" in result.stdout
    assert "Evidence for Insult: “idiot”" in result.stdout
    assert "Suggested: review" in result.stdout
    assert "Rule “abuse”: Insult is very likely (0.91, threshold 0.50) → review." in result.stdout


def test_explain_sends_no_command_to_the_terminal() -> None:
    shown = call("explain", HOSTILE).stdout
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
    assert "red\ufffdevil\ufffd" in shown


def test_explain_uses_the_parent_and_prints_json() -> None:
    (record,) = lines(call("explain", "so are you", "--parent", "idiot", "--json"))
    assert record["probs"]["abuse.insult"] == 0.455
    assert record["action"] == "approve"


def test_explain_says_that_not_checked_is_not_harmless() -> None:
    assert "Not checked: there are no letters to read" in call("explain", "123").stdout


def test_check_lists_what_there_is() -> None:
    result = call("check")
    assert result.exit_code == 0, result.stderr
    for part in ("abuse.threat", "policies: default, strict", "disqus", "settings:"):
        assert part in result.stdout


def test_check_knows_what_a_file_is(dump: Path, run: Path, tmp_path: Path) -> None:
    settings = tmp_path / "analyzer.toml"
    settings.write_text('policy = "strict"\n', encoding="utf-8")
    policy, taxonomy = ROOT / "analyzer/policies/strict.toml", ROOT / "analyzer/taxonomies/abuse.toml"
    result = call("check", dump, run, policy, taxonomy, settings, "--json")
    assert [entry["kind"] for entry in json.loads(result.stdout)] == ["dump", "run", "policy", "taxonomy", "settings"]


# errors


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        pytest.param(
            ("score", "missing.jsonl", "--out", "r"), 2, "missing.jsonl: cannot be opened", id="a missing dump"
        ),
        pytest.param(("score", "x.jsonl"), 2, "--out is missing", id="no run folder"),
        pytest.param(("score", "-", "--out", "r"), 2, "--out: has no meaning with -", id="a run out of the pipe form"),
        pytest.param(("score", "-", "--workers", "2"), 2, "--workers: has no meaning with -", id="workers of a pipe"),
        pytest.param(("score", "-", "--shards", "2"), 2, "--shards: has no meaning with -", id="shards of a pipe"),
        pytest.param(("score", "-", "--authors", "plain"), 2, "--authors: has no meaning", id="authors of a pipe"),
        pytest.param(("score", "-", "--encoding", "x"), 2, "--encoding: has no meaning", id="an encoding of a pipe"),
        pytest.param(("score", "-", "x.jsonl", "--out", "r"), 2, "cannot stand beside files", id="- beside files"),
        pytest.param(("read", "missing.jsonl"), 2, "missing.jsonl", id="nothing to read"),
        pytest.param(("read", ".", "--map", "text"), 2, "--map: 'text' is not a list", id="a bad mapping"),
        pytest.param(("read", "x", "--authors", "none"), 2, "--authors", id="a bad choice"),
        pytest.param(("decide", "."), 2, "no run here", id="no run"),
        pytest.param(("decide", ".", "--policy", "strct"), 2, "no run here", id="no run, whatever the policy"),
        pytest.param(("explain", "x", "--policy", "strct"), 2, "did you mean 'strict'", id="a policy misspelt"),
        pytest.param(("check", "missing.toml"), 2, "missing.toml: there is no such file", id="a missing file"),
        pytest.param(("scor",), 2, "scor", id="an unknown verb"),
    ],
)
def test_errors_are_one_sentence_and_a_code(arguments: tuple[str, ...], code: int, sentence: str) -> None:
    result = call(*arguments)
    assert result.exit_code == code
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr


def test_a_failed_shard_is_exit_code_4(dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "load_scorer", lambda model=None, threads=None: WordScorer(fail_on="(7)"))
    result = call("score", dump, "--out", tmp_path / "run", "--shards", 2)
    assert result.exit_code == 4
    assert "1 of 2 shards failed" in result.stderr


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (KeyboardInterrupt(), 130),
        (OSError(28, "No space left on device", "x"), 3),
        (FileExistsError(17, "File exists", "x"), 2),
        (TypeError("oops"), 1),
    ],
    ids=["an interrupt", "a full disk", "a file where a folder is needed", "a bug"],
)
def test_every_end_has_its_exit_code(monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("analyzer.config.load_config", fail)
    result = call("explain", "x")
    assert result.exit_code == code
    assert len(result.stderr.splitlines()) == 1


class _Cable:
    """An input that gives these parts, then breaks off."""

    def __init__(self, *parts: bytes) -> None:
        self._parts = iter(parts)

    def read(self, size: int) -> bytes:
        for part in self._parts:
            return part
        raise OSError(5, "Input/output error")


def test_an_input_that_breaks_off_is_told_after_what_came(monkeypatch: pytest.MonkeyPatch) -> None:
    batches = pipe._batches(_Cable(b"one\ntw", b"o\nthr"))  # type: ignore[arg-type]
    assert next(batches) == [(1, b"one"), (2, b"two")]
    with pytest.raises(InputError, match="standard input: broke off"):
        next(batches)


def test_heavy_lines_are_scored_in_smaller_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipe, "_HEAVY", 100)
    monkeypatch.setattr(pipe, "_PAUSE", 9)
    text = b"\n".join([b"x" * 60] * 5 + [b"y"])
    batches = list(pipe._batches(io.BytesIO(text)))
    assert [len(batch) for batch in batches] == [2, 2, 2]
    assert [number for batch in batches for number, _ in batch] == [1, 2, 3, 4, 5, 6]


def test_a_closed_pipe_is_no_error(dump: Path) -> None:
    write_dump(dump, size=5000)
    command = f"{sys.executable} -m analyzer read {dump} | head -n 1; exit ${{PIPESTATUS[0]}}"
    ended = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True)
    assert (ended.returncode, len(ended.stdout.splitlines())) == (0, 1)
    assert "BrokenPipe" not in ended.stderr


def test_screen_text_keeps_letters_of_every_script_and_length() -> None:
    text = "Grüße שלום 👩\u200d👧 \u2066x\u2069\ttab"
    assert console.screen_text(text) == text.replace("\u2066", "\ufffd").replace("\u2069", "\ufffd")


def test_json_on_the_screen_holds_no_command_and_every_character(tmp_path: Path) -> None:
    text = "a\x7f\x85\x9b31m\u061c\u200e\u2028\u202e\u2066b \u05d0\u064b\U0001f468\u200d\U0001f469"
    (tmp_path / "rows.json").write_text(json.dumps([{"id": "1", "text": text.replace("\x7f", "").replace("\x85", "")}]))
    shown = call("read", "rows.json").stdout
    assert not re.search("[\x7f-\x9f\u061c\u200e\u2028\u202e\u2066]", shown)
    file = io.BytesIO()
    console.print_json({"text": text}, file)
    assert json.loads(file.getvalue())["text"] == text
    assert file.getvalue().decode().startswith(r'{"text":"a\u007f\u0085\u009b31m\u061c\u200e\u2028\u202e\u2066b')


def test_a_version_out_of_a_folder_sends_no_command_to_the_terminal(run: Path) -> None:
    manifest = (run / "run.json").read_text(encoding="utf-8").replace("words@1", "words\x9b31m\u202e@1")
    (run / "run.json").write_text(manifest, encoding="utf-8")
    for verb in ("check", "report"):
        shown = call(verb, run)
        assert "\x9b" not in shown.output
        assert "\u202e" not in shown.output
    assert "words\ufffd31m" in call("check", run).stdout


def test_only_one_module_writes_to_the_terminal_unscreened() -> None:
    folder = ROOT / "analyzer" / "cli"
    found = [
        path.name for path in folder.glob("*.py") if re.search(r"typer\.s?echo|\bprint\(", path.read_text("utf-8"))
    ]
    assert sorted(found) == ["console.py", "explain.py"]  # explain prints through rich, and screens what it prints


def test_progress_is_silent_unless_at_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with console.progress_bar() as progress:
        progress("score", 1, 2)
    assert capsys.readouterr().err == ""


def test_progress_shows_stages_at_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with console.progress_bar() as progress:
        progress("score", 1, 2)
        time.sleep(0.01)
        progress("score", 2, 2)
    assert "score" in capsys.readouterr().err


def _video_page(*names: str, more: bool = False) -> str:
    """A page of the Data API whose comments are named so; `A.1` answers `A`."""
    comments = [
        {
            "kind": "youtube#comment",
            "id": name,
            "snippet": {
                "videoId": "harbour",
                "textOriginal": f"words of {name}",
                "authorDisplayName": "Mo",
                "publishedAt": "2024-05-01T10:00:00Z",
            }
            | ({"parentId": name.partition(".")[0]} if "." in name else {}),
        }
        for name in names
    ]
    page: dict[str, object] = {"kind": "youtube#commentListResponse", "items": comments}
    return json.dumps(page | ({"nextPageToken": "next"} if more else {}))


def test_read_joins_a_thread_that_is_spread_over_files(tmp_path: Path) -> None:
    for name, page in {
        "one.json": _video_page("A", "B", more=True),
        "two.json": _video_page("B", "C", more=True),
        "three.json": _video_page("A.1"),
    }.items():
        (tmp_path / name).write_text(page, encoding="utf-8")
    result = call("read", *(tmp_path / name for name in ("one.json", "two.json", "three.json")))
    records = lines(result)
    assert [(record["id"], record["parent_id"]) for record in records] == [
        ("A", None),
        ("A.1", "A"),
        ("B", None),
        ("C", None),
    ]
    assert {record["source"] for record in records} == {"youtube"}
    assert len({record["author"] for record in records}) == 1
    assert result.stderr.splitlines()[:2] == ["4 comments", "  1 comment was given twice and is kept once"]
    assert "note: one.json, two.json: A page of comments says that another page follows" in result.stderr
    assert "orphan" not in result.stdout


def test_read_keeps_dumps_of_one_name_apart(tmp_path: Path) -> None:
    for year in ("2023", "2024"):
        (tmp_path / year).mkdir()
        (tmp_path / year / "rows.json").write_text('[{"id": "1", "text": "words", "thread": "t"}]', encoding="utf-8")
    records = lines(call("read", "2023/rows.json", "2024/rows.json"))
    assert [(record["source"], record["id"]) for record in records] == [
        ("2023/rows.json", "1"),
        ("2024/rows.json", "1"),
    ]


def test_read_refuses_a_format_that_finds_nothing_where_the_content_tells_another(tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text('[{"id": "1", "text": "words"}]', encoding="utf-8")
    result = call("read", tmp_path / "rows.json", "--format", "disqus")
    assert result.exit_code == 2
    assert "its content looks like json" in result.stderr


def test_read_says_once_that_nothing_was_found(tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_text("The quay was closed on Monday.\n", encoding="utf-8")
    assert call("read", tmp_path / "page.txt").stderr.count("no comments found") == 1


BAD_LINES = "".join(f"{{broken {n}\n" for n in range(8))


def test_read_keeps_every_place_it_could_not_read_beside_its_output(tmp_path: Path) -> None:
    (tmp_path / "odd.jsonl").write_text('{"id": "1", "text": "words"}\n' + BAD_LINES, encoding="utf-8")
    told = call("read", "odd.jsonl").stderr
    assert "not read: and 3 more; with --out FILE each is kept in FILE.rejects.jsonl" in told
    result = call("read", "odd.jsonl", "--out", "out.jsonl")
    assert "not read: and 3 more\nnot read: kept in out.jsonl.rejects.jsonl\n" in result.stderr
    kept = [json.loads(line) for line in (tmp_path / "out.jsonl.rejects.jsonl").read_text("utf-8").splitlines()]
    assert [(row["file"], row["line"]) for row in kept] == [("odd.jsonl", n) for n in range(2, 10)]


def test_read_leaves_no_list_of_rejects_where_there_are_none(dump: Path, tmp_path: Path) -> None:
    (tmp_path / "out.jsonl.rejects.jsonl").write_text("of an earlier call\n", encoding="utf-8")
    assert "kept in" not in call("read", dump, "--out", "out.jsonl").stderr
    assert not (tmp_path / "out.jsonl.rejects.jsonl").exists()


def test_score_says_how_many_comments_the_source_counts(tmp_path: Path) -> None:
    thread = {"kind": "youtube#commentThread", "id": "A", "snippet": {"videoId": "harbour", "totalReplyCount": 4}}
    top = json.loads(_video_page("A"))["items"][0]
    page = {"kind": "youtube#commentThreadListResponse", "items": [thread]}
    thread["snippet"] = {**thread["snippet"], "topLevelComment": top}  # type: ignore[dict-item]
    (tmp_path / "video.json").write_text(json.dumps(page), encoding="utf-8")
    sentence = "1 thread is incomplete: of 5 comments the source counts, 1 are in the dump"
    for verb in (("read",), ("score", "--out", "run", "--shards", 2)):
        assert sentence in call(*verb, "video.json").stderr, verb


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("report", "no-run"), id="an expected error"),
        pytest.param(("read", "dump.jsonl", "--out", "file/out.jsonl"), id="an error of the system"),
    ],
)
def test_debug_logs_the_traceback_of_every_error(
    arguments: tuple[str, ...], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    write_dump(tmp_path / "dump.jsonl", size=2)
    with caplog.at_level("DEBUG", "analyzer"):
        result = call("--debug", *arguments)
    assert result.exit_code in (2, 3)
    assert "Traceback (most recent call last)" in caplog.text
    assert "Traceback" not in call(*arguments).stderr
