"""The review desk: three queues over a run, pages that only this machine's browser may use, decisions that become Reviews."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from fakes import WordScorer
from starlette.testclient import TestClient
from test_pipeline import write_dump
from typer.testing import CliRunner

from analyzer import desk as desks
from analyzer.cli import app
from analyzer.desk import POLICY, Desk, Verdict
from analyzer.errors import InputError
from analyzer.pipeline import RunSettings, score_dump
from analyzer.readers import read_judged, read_labels
from analyzer.review import Ledger
from analyzer.runs import Run, locked
from analyzer.schema import Action
from analyzer.server import build_desk
from analyzer.suggestion import RANDOM, UNCERTAINTY

PORT = 8081
ADDRESS = f"http://127.0.0.1:{PORT}"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return score_dump(
        write_dump(tmp_path / "october.jsonl"), out=tmp_path / "run", model=WordScorer(), settings=RunSettings(shards=3)
    )


def browser(desk: Desk) -> TestClient:
    return TestClient(build_desk(desk, PORT), base_url=ADDRESS, raise_server_exceptions=True, follow_redirects=False)


def token(page: str) -> str:
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found
    return found[1]


def test_the_queues_hold_what_each_is_for(run: Run) -> None:
    desk = Desk(run, "ann")
    decisions = {decision.key: decision.action for decision in run.decisions()}
    policy = [decisions[entry.key] for entry in desk.queues[POLICY]]
    assert policy == sorted(policy, key=lambda action: action is not Action.REJECT)
    assert set(policy) == {Action.REJECT, Action.REVIEW}
    assert len(policy) == sum(action in (Action.REJECT, Action.REVIEW) for action in decisions.values())
    first = desk.queues[POLICY][0]
    assert (first.label, first.prob) == ("abuse.threat", pytest.approx(0.97))
    assert {entry.label for entry in desk.queues[RANDOM]} == {None}
    assert all(entry.label for entry in desk.queues[UNCERTAINTY])
    assert desk.queues[UNCERTAINTY]
    assert desk.queues[RANDOM]
    again = Desk(run, "bob")
    assert {name: list(entries) for name, entries in again.queues.items()} == {
        name: list(entries) for name, entries in desk.queues.items()
    }


def test_a_page_shows_the_comment_in_its_thread_and_what_the_model_says(run: Run) -> None:
    desk = Desk(run, "ann")
    page = browser(desk).get("/policy/1").text
    case = desk.case(desk.queues[POLICY][0])
    assert "threaten" in page
    assert "Suggested: " in page
    assert 'name="label.abuse.threat" value="1"' in page
    assert re.findall(r"<button[^>]*>", page)[0] == "<button disabled hidden>"  # Enter in a label decides nothing
    assert all(f"<b>{above.number}</b>" in page for above in case.above)
    assert case.report.comments[case.comment.number - 1].id == desk.queues[POLICY][0].key.id


def test_a_comment_drawn_by_chance_is_judged_without_sight_of_the_model(run: Run) -> None:
    desk = Desk(run, "ann")
    client = browser(desk)
    for place, entry in enumerate(desk.queues[RANDOM], 1):
        page = client.get(f"/random/{place}").text
        assert desk.case(entry).blind
        for shown in ("Suggested", "<mark", "lprob", "meter", 'class="cover"', "Rule", "f-c"):
            assert shown not in page, shown
        assert 'name="label.abuse.toxicity"' in page or "abuse.toxicity" not in WordScorer().labels


def test_decisions_become_reviews_to_train_on_and_to_count_with(run: Run) -> None:
    desk = Desk(run, "ann")
    client = browser(desk)
    first = client.get("/policy/1").text
    form = {
        "token": token(first),
        "action": "reject",
        "label.abuse.threat": "1",
        "label.abuse.insult": "",
        "note": " x ",
    }
    moved = client.post("/policy/1", data=form | {"also": "abuse.toxicity", "label.nobody.knows": "1"})
    assert (moved.status_code, moved.headers["location"]) == (303, "/policy/2")
    client.post("/random/1", data={"token": token(first), "action": "approve", "none": "1"})
    ledger = run.path / "reviews.jsonl"
    rejected, approved = map(json.loads, ledger.read_text().splitlines())
    assert (rejected["action"], rejected["sampled_by"], rejected["reviewer"]) == ("reject", "policy", "ann")
    assert (rejected["labels"], rejected["note"]) == ({"abuse.threat": 1.0, "abuse.toxicity": 1.0}, "x")
    assert set(approved["labels"].values()) == {0.0}
    assert {row.labels.get("abuse.threat") for row in read_labels(ledger, run=run)} >= {1.0}
    assert {judged.sampled_by for judged in read_judged(ledger)} == {"policy", "random"}
    assert browser(Desk(run, "bob")).get("/policy").headers["location"] == "/policy/2"


def test_what_was_judged_in_sight_of_the_model_stays_open_in_the_random_queue(run: Run) -> None:
    desk = Desk(run, "ann")
    entry = desk.queues[RANDOM][0]
    seen = desks.Entry(POLICY, entry.key)
    desk.judge(seen, Verdict(action=Action.APPROVE, labels={}))
    assert desk.next_open(RANDOM) == 0
    desk.judge(entry, Verdict(action=Action.APPROVE, labels={}))
    assert desk.next_open(RANDOM) == 1


def test_the_last_decision_can_be_taken_back_and_only_that(run: Run) -> None:
    desk = Desk(run, "ann")
    client = browser(desk)
    sent = {"token": token(client.get("/policy/1").text)}
    client.post("/policy/1", data=sent | {"action": "approve"})
    client.post("/policy/2", data=sent | {"action": "review"})
    assert "Take back: passed on" in client.get("/policy/3").text
    back = client.post("/undo", data=sent)
    assert back.headers["location"] == "/policy/2"
    assert [review.action for review in Ledger(run.path / "reviews.jsonl")] == [Action.APPROVE]
    client.post("/undo", data=sent)
    assert client.post("/undo", data=sent).headers["location"] == "/policy"
    assert (run.path / "reviews.jsonl").read_bytes() == b""


def test_a_judged_queue_says_so_and_an_empty_one_too(run: Run, tmp_path: Path) -> None:
    desk = Desk(run, "ann")
    for entry in desk.queues[POLICY]:
        desk.judge(entry, Verdict(action=Action.APPROVE, labels={}))
    assert "is judged" in browser(desk).get("/policy").text
    calm = tmp_path / "calm.jsonl"
    calm.write_text(json.dumps({"id": "1", "text": "12345"}) + "\n")
    empty = Desk(score_dump(calm, out=tmp_path / "calm", model=WordScorer()), "ann")
    for queue in desks.QUEUES:
        assert "nothing in this queue" in browser(empty).get(f"/{queue}").text


def test_comments_are_inert_on_the_pages(tmp_path: Path) -> None:
    text = "you idiot <script>alert(1)</script> <img src=x onerror=y> {{ 7*7 }} \u202e javascript:x"
    dump = tmp_path / "odd.jsonl"
    row = {"id": "1", "text": text, "author": "<b>", "thread_title": "<i>title</i>", "thread_id": "t"}
    dump.write_text(json.dumps(row) + "\n")
    desk = Desk(score_dump(dump, out=tmp_path / "run", model=WordScorer()), "<u>ann</u>")
    answer = browser(desk).get("/policy/1")
    assert not re.search(r"<script>alert|<img|<u>|<i>title", answer.text)
    assert "49" not in re.sub(r"<svg.*?</svg>", "", answer.text)
    assert "\u202e" not in answer.text
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert "style=" not in answer.text


def test_only_this_machines_browser_and_its_own_forms_are_answered(run: Run) -> None:
    desk = Desk(run, "ann")
    client = browser(desk)
    for host in ("evil.example", f"evil.example:{PORT}", "127.0.0.1", ""):
        assert client.get("/policy/1", headers={"host": host}).status_code == 403
    for sent in ({}, {"token": "guess"}, {"token": "é"}):
        assert client.post("/policy/1", data=sent | {"action": "reject"}).status_code == 403
        assert client.post("/undo", data=sent).status_code == 403
    good = {"token": token(client.get("/policy/1").text)}
    assert client.post("/policy/1", data=good | {"action": "burn"}).status_code == 400
    assert client.post("/policy/1", content=b"\xff\xfe").status_code in (400, 403)
    assert client.post("/policy/1", content=b"a" * 200_000).status_code == 413
    for wrong in ("/policy/0", "/policy/99999", "/nothing", "/nothing/1"):
        assert client.get(wrong).status_code == 404
    assert not (run.path / "reviews.jsonl").exists()


def test_a_line_that_was_cut_off_is_dropped_and_a_strange_one_named(run: Run) -> None:
    desk = Desk(run, "ann")
    desk.judge(desk.queues[POLICY][0], Verdict(action=Action.REJECT, labels={}))
    ledger = run.path / "reviews.jsonl"
    whole = ledger.read_bytes()
    ledger.write_bytes(whole + whole[:40])
    assert len(Ledger(ledger)) == 1
    assert ledger.read_bytes() == whole
    ledger.write_bytes(whole + b"{}\n")
    with pytest.raises(InputError, match=r"reviews\.jsonl:2"):
        Ledger(ledger)


def test_the_verb_needs_a_run(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["review", str(tmp_path), "--port", "18999"])
    assert result.exit_code == 2
    assert "run.json" in result.stderr


def test_a_run_has_one_desk_and_no_new_decisions_under_it(run: Run) -> None:
    with locked(run.path):
        for command in (["review", str(run.path), "--port", "18997"], ["decide", str(run.path)]):
            result = CliRunner().invoke(app, command)
            assert result.exit_code == 2
            assert "another process is working here" in result.stderr


def test_the_verb_opens_a_desk_and_says_what_comes_next(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Any] = []

    def answered(app: Any, listening: Any) -> None:
        opened.append(app)

    monkeypatch.setattr("analyzer.cli.review.run_app", answered)
    result = CliRunner().invoke(app, ["review", str(run.path), "--port", "18998", "--reviewer", "ann"])
    assert result.exit_code == 0, result.output
    assert "http://127.0.0.1:18998" in result.stderr
    assert f"--run {run.path}" in result.stderr
    assert len(opened) == 1
