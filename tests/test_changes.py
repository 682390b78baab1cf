"""The back-test: what another policy would change, counted over columns exactly as `Policy.decide` counts."""

import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_policy import SCORES, THRESHOLDS, policies
from typer.testing import CliRunner, Result

from analyzer import changes as module
from analyzer.changes import compare_policy
from analyzer.cli import app
from analyzer.flips import Changes
from analyzer.policy import Policy, load_policy, view_scores
from analyzer.runs import Run, shard_of, write_table_parts
from analyzer.schema import Action, Comment, Score
from analyzer.shards import DecideShard
from analyzer.tables import COMMENTS, comment_row, scores_table
from analyzer.taxonomy import load_taxonomy

LABELS = load_taxonomy().ids
TARGETS = [label.id for label in load_taxonomy().family("target")]
VERSION = "m@1"
HOSTILE = "=cmd|'/c'!A1 \x1b[31mred\u202eevil " + "long " * 100


def write_run(folder: Path, scores: list[Score], shards: int = 2) -> Run:
    """A run of these scores, in their shards, with hostile texts."""
    run = Run(folder)
    for shard in range(shards):
        rows = [score for score in scores if shard_of(score.key.source, score.key.thread_id, shards) == shard]
        comments = [Comment(source=s.key.source, thread_id=s.key.thread_id, id=s.key.id, text=HOSTILE) for s in rows]
        table = pa.Table.from_pylist([comment_row(comment) for comment in comments], COMMENTS)
        write_table_parts(run.file("comments", shard=shard), [table])
        parts = [rows[at : at + 3] for at in range(0, max(len(rows), 1), 3)]
        tables = (scores_table(part, LABELS, model=VERSION) for part in parts)
        write_table_parts(run.file("scores", VERSION, shard=shard), tables)
    model = {"labels": list(LABELS), "thresholds": THRESHOLDS}
    current = {"model": VERSION, "policy": "stored@1"}
    run.write_manifest({"config": {"shards": shards}, "models": {VERSION: model}, "policies": {}, "current": current})
    return run


@contextmanager
def run_of(scores: list[Score]) -> Iterator[Run]:
    with tempfile.TemporaryDirectory() as folder:
        yield write_run(Path(folder), scores)


def store(run: Run, policy: Policy) -> None:
    for shard in run.shards:
        tables = DecideShard(run.path, VERSION, policy).tables(run, shard)
        write_table_parts(run.file("decisions", "stored@1", shard=shard), tables)


def compared(run: Run, after: Policy, before: Policy | None, monkeypatch: pytest.MonkeyPatch) -> Changes:
    """The comparison of two policies that stand in no file."""
    loaded = {"after": after, "before": before}
    monkeypatch.setattr(module, "load_policy", lambda name, **_: loaded[str(name)])
    return compare_policy(run, "after", against="before" if before else None)


def expected(scores: list[Score], before: Policy, after: Policy) -> Changes:
    """The same counts by way of `Policy.decide`, comment by comment."""
    found = Changes(before="", after="", seconds=1, seconds_from="", thresholds={})
    for score in scores:
        old, new = before.decide(score), after.decide(score)
        found.actions[str(old.action), str(new.action)] += 1
        if old.action is not new.action:
            reasons = [{(r.rule, r.label) for r in decision.reasons} for decision in (old, new)]
            found.ceased.update(reasons[0] - reasons[1])
            found.begun.update(reasons[1] - reasons[0])
    return found


def numbered(scores: list[Score]) -> list[Score]:
    """The scores with keys that differ, two comments a thread."""
    return [
        Score(
            key=score.key._replace(thread_id=f"t{n // 2}", id=str(n)),
            model=VERSION,
            probs=score.probs,
            lang=score.lang,
            checked=score.checked,
        )
        for n, score in enumerate(scores)
    ]


MANY = st.lists(SCORES, max_size=8).map(numbered)


@given(policies(), st.lists(SCORES, max_size=6))
def test_columns_act_and_give_reasons_exactly_as_single_scores_do(policy: Policy, scores: list[Score]) -> None:
    columns = view_scores(scores_table(scores, LABELS, model=VERSION), policy.labels)
    decisions = [policy.decide(score) for score in scores]
    assert [list(Action)[n] for n in policy.severities(columns)] == [decision.action for decision in decisions]
    fired = policy.fired_rules(columns)
    for row, decision in enumerate(decisions):
        reasons = {(reason.rule, reason.label) for reason in decision.reasons}
        assert {reason for reason, rows in fired.items() if rows[row]} == reasons


@pytest.mark.parametrize("stored", [False, True], ids=["against a policy", "against stored decisions"])
@settings(max_examples=25)
@given(before=policies(), after=policies(), scores=MANY)
def test_a_back_test_counts_what_single_decisions_say(
    before: Policy, after: Policy, scores: list[Score], stored: bool
) -> None:
    with run_of(scores) as run, pytest.MonkeyPatch.context() as patch:
        if stored:
            store(run, before)
        found = compared(run, after, None if stored else before, patch)
    wanted = expected(scores, before, after)
    assert (found.actions, found.ceased, found.begun) == (wanted.actions, wanted.ceased, wanted.begun)
    assert found.changed == sum(group.changed for group in found.languages.values())
    assert sum(group.comments for group in found.languages.values()) == len(scores)
    assert found.threads_changed == len(found.threads) <= found.changed
    assert sum(group.changed for group in found.threads.values()) == found.changed
    assert len(found.samples) == sum(min(n, 3) for (old, new), n in found.actions.items() if old != new)


def test_a_column_is_read_right_however_it_is_cut() -> None:
    """Chunks of a column may be slices, and nulls may stand anywhere in them."""
    whole = pa.chunked_array([pa.array([None, 0.25, 0.5, None, 0.75] * 4, pa.float32())])
    table = pa.table({"checked": ["ok"] * 20, "lang": ["en"] * 20, "abuse.insult": whole})
    cut = pa.concat_tables([table.slice(3, 6), table.slice(0, 0), table.slice(9, 11)])
    found = view_scores(cut, ["abuse.insult", "abuse.threat"]).probs
    assert list(found) == ["abuse.insult"]
    assert [None if prob != prob else prob for prob in found["abuse.insult"]] == cut["abuse.insult"].to_pylist()


def scores_of(*probs: dict[str, float], lang: str = "en") -> list[Score]:
    return numbered([Score(key=KEY, model=VERSION, probs=row, lang=lang) for row in probs])


KEY = Comment(source="s", thread_id="t", id="c", text="").key
EXAMPLE = scores_of({"abuse.insult": 0.6, "target.jewish": 0.7}, {"abuse.insult": 0.3, "target.jewish": 0.9}, {})


def write_policy(path: Path, threshold: float, more: str = "") -> Path:
    rule = f'[[rules]]\nname = "insult"\nlabels = ["abuse.insult"]\nthreshold = {threshold}\naction = "review"\n'
    path.write_text(f'name = "{path.stem}"\n{more}\n{rule}', encoding="utf-8")
    return path


def test_flips_are_counted_by_label_language_target_thread_and_minutes(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", EXAMPLE)
    old, new = write_policy(tmp_path / "old.toml", 0.5), write_policy(tmp_path / "new.toml", 0.9)
    record = compare_policy(run, new, against=old).to_json()
    assert (record["comments"], record["changed"]) == (3, 1)
    group = {"comments": 1, "harsher": 0, "softer": 1}
    assert record["labels"] == {"abuse.insult": group}
    assert record["languages"] == {"en": group | {"comments": 3}}
    assert record["targets"]["target.jewish"] == group | {"comments": 2, "threshold": 0.5, "by_language": {"de": 0.3}}
    assert record["threads"] == [{"source": "s", "thread_id": "t0"} | group | {"comments": 2}]
    assert record["ceased"] == [{"rule": "insult", "label": "abuse.insult", "count": 1}]
    assert record["queue"]["comments"] == [1, 0]
    assert record["queue"]["minutes"] == [0.5, 0.0]
    assert "default" in record["queue"]["seconds_from"]
    (sample,) = record["samples"]
    assert (sample["key"], sample["before"], sample["after"]) == (["s", "t0", "0"], "review", "approve")
    assert sample["reasons_before"][0]["threshold"] == 0.5
    assert sample["reasons_after"] == []


def test_who_is_spoken_of_is_told_by_the_threshold_of_the_language(tmp_path: Path) -> None:
    probs = {"target.jewish": 0.6, "abuse.insult": 0.6}
    run = write_run(tmp_path / "run", numbered([*scores_of(probs, lang="de"), *scores_of(probs, probs, lang="en")]))
    manifest = run.manifest()
    point = {"threshold": 0.5, "by_language": {"de": {"threshold": 0.9}}}
    manifest["models"][VERSION]["thresholds"] = {**THRESHOLDS, "target.jewish": {"balanced": point}}
    run.write_manifest(manifest)
    old, new = write_policy(tmp_path / "old.toml", 0.5), write_policy(tmp_path / "new.toml", 0.9)
    told = compare_policy(run, new, against=old).to_json()["targets"]["target.jewish"]
    assert told == {"threshold": 0.5, "by_language": {"de": 0.9}, "comments": 2, "harsher": 0, "softer": 2}


@pytest.mark.parametrize(
    ("old", "new", "seconds", "source"),
    [
        ("", "", 30, "default"),
        ("review_seconds = 12", "", 12, "policy old"),
        ("review_seconds = 12", "review_seconds = 6.5", 6.5, "policy new"),
    ],
    ids=["said nowhere", "said by the old policy", "the new policy has the word"],
)
def test_the_time_of_a_person_comes_from_the_policy(
    tmp_path: Path, old: str, new: str, seconds: float, source: str
) -> None:
    run = write_run(tmp_path / "run", EXAMPLE)
    paths = write_policy(tmp_path / "new.toml", 0.9, new), write_policy(tmp_path / "old.toml", 0.5, old)
    found = compare_policy(run, paths[0], against=paths[1])
    assert found.seconds == seconds
    assert found.seconds_from.startswith(source)
    assert load_policy(paths[1], thresholds={}).version == load_policy(paths[1], thresholds={}).version


def test_samples_are_the_same_each_time_and_bounded(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", scores_of(*[{"abuse.insult": 0.6}] * 40))
    old, new = write_policy(tmp_path / "old.toml", 0.5), write_policy(tmp_path / "new.toml", 0.9)
    first, second = (compare_policy(run, new, against=old, samples=4).samples for _ in range(2))
    assert first == second
    assert len({sample.key for sample in first}) == 4
    assert Counter(sample.before for sample in first) == {"review": 4}


# the command


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_table_says_counts_minutes_and_samples_and_obeys_no_text(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", EXAMPLE)
    old, new = write_policy(tmp_path / "old.toml", 0.5), write_policy(tmp_path / "new.toml", 0.9)
    result = call("decide", run.path, "--policy", new, "--against", old)
    assert result.exit_code == 0, result.stderr
    for sentence in (
        "1 of 3 comments change",
        "review → approve           1",
        "to be read by a person: 1 → 0 comments, 0 → 0 minutes",
        "at 30 s a comment",
        "reasons that cease: insult (abuse.insult)",
        "target: target.jewish",
        "thread: s t0",
        "before: insult (abuse.insult 0.60 ≥ 0.50)",
        "after:  no rule fires",
    ):
        assert sentence in result.stdout
    assert not {"\x1b", "\u202e"} & set(result.stdout)
    assert not list(run.path.glob("decisions"))
    assert json.loads(call("decide", run.path, "--policy", new, "--against", old, "--json").stdout)["changed"] == 1


def test_one_thing_to_compare_with(tmp_path: Path) -> None:
    result = call("decide", tmp_path, "--diff", "--against", "strict")
    assert (result.exit_code, "leave one of them out" in result.stderr) == (2, True)
