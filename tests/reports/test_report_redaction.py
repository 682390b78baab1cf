"""Redacted reports hold no author."""

import re
import time
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from report_demo import START, demo_decisions, demo_scores, demo_thread

from analyzer.reports import build_index, build_report, find_patterns, write_reports
from analyzer.reports.redact import Redactor, possible_names
from analyzer.reports.render import as_html
from analyzer.reports.tables import as_csv, as_json, as_markdown
from analyzer.schema import Action, Comment, Decision, Score, Span, Thread

WRITERS = (as_html, as_csv, as_json, as_markdown)
# Names nobody's sentence holds by chance, with the characters sites allow in names.
names = st.from_regex(r"q[xz][a-z0-9äöüשא_.\-]{3,12}[a-z0-9]", fullmatch=True)


@st.composite
def threads(draw):
    authors = draw(st.lists(names, min_size=1, max_size=4, unique=True))
    comments = []
    for number in range(draw(st.integers(1, 6))):
        called = draw(st.sampled_from(authors))
        text = draw(
            st.sampled_from(
                ["{0} said so", "@{0}: no!", "(@{0}), {0}.", "so {1} thinks", "nobody", "mail {0}@post.example"]
            )
        )
        comments.append(
            Comment(
                source="dump.jsonl",
                thread_id=f"thread of {authors[0]}",
                id=f"{authors[-1]}-{number}",
                author=draw(st.sampled_from(authors)),
                text=text.format(called, called.upper()),
                created=START + timedelta(minutes=number),
            )
        )
    title = f"An open letter to {authors[0]} and @{authors[-1]}"
    return Thread(
        source="dump.jsonl",
        id=f"thread of {authors[0]}",
        comments=tuple(comments),
        title=title,
        url=f"https://x.example/@{authors[0]}",
    )


@given(threads())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_redacted_reports_hold_no_author(thread):
    probs = {"abuse.insult": 0.9}
    scores = [
        Score(key=c.key, model="m", probs=probs, spans=(Span(start=0, end=5, label="abuse", prob=1),))
        for c in thread.comments
    ]
    decisions = [Decision(key=c.key, action=Action.REVIEW, reasons=(), policy="p") for c in thread.comments]
    report = build_report(thread, scores, decisions, redact=True)
    written = [writer(record) for writer in WRITERS for record in (report, build_index([report]))]
    for author in {comment.author for comment in thread.comments}:
        assert not re.search(re.escape(author), "".join(written) + report.slug, re.IGNORECASE)


def test_reports_that_are_not_redacted_name_authors_only_where_tables_need_them():
    report = build_report(demo_thread(), demo_scores(), demo_decisions())
    assert "truthdrop" in as_csv(report)
    assert "truthdrop" not in as_html(report)
    assert "truthdrop" not in as_markdown(report)


def test_patterns_are_redacted_too(tmp_path):
    text = "Dear readers, qzmaster wrote down every number of this budget and nobody answered him."
    copies = [
        Thread(
            source="d",
            id=f"qzmaster-{n}",
            title="On qzmaster",
            comments=(
                Comment(source="d", thread_id=f"qzmaster-{n}", id="1", author="qzmaster", text=text, created=START),
            ),
        )
        for n in range(3)
    ]
    patterns = find_patterns(copies, redact=True)
    assert len(patterns) == 1
    paths = write_reports((build_report(thread, [], [], redact=True) for thread in copies), tmp_path, patterns=patterns)
    assert all("qzmaster" not in path.read_text(encoding="utf-8") + path.name for path in paths)
    assert set(patterns[0].threads) == {path.stem for path in paths if path.parent.name == "threads"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("@anna is right", "@Reader 1 is right", id="a mention"),
        pytest.param("@ANNA, look", "@Reader 1, look", id="a mention in capitals"),
        pytest.param("I agree with anna.", "I agree with Reader 1.", id="a bare name"),
        pytest.param("annabel sings", "annabel sings", id="a longer word stays"),
        pytest.param("@somebody else", "@… else", id="a mention of a stranger"),
        pytest.param("write to anna@post.example", "write to @…", id="an address"),
        pytest.param(f"write to {'x' * 300}.y+z-1@post.example", "write to @…", id="an address of any length"),
        pytest.param("a@b@c d", "@…@… d", id="an address with two signs"),
        pytest.param("al was here", "al was here", id="two letters are no bare name"),
        pytest.param("@al was here", "@Reader 2 was here", id="but a mention"),
    ],
)
def test_names_become_pseudonyms(text, shown):
    assert Redactor({"anna": "Reader 1", "al": "Reader 2"}).line(text) == shown


@pytest.mark.parametrize(
    ("name", "text", "shown"),
    [
        ("Mary O'Neil", "so MARY O'NEIL says", "so Reader 7 says"),
        ("★anna★", "by ★Anna★!", "by Reader 7!"),
        ("★★★", "by ★★★ again", "by Reader 7 again"),
        ("İdil", "idil, dear", "…, dear"),
        ("mary", "mary-jane and mary ann", "Reader 7-jane and Reader 7 ann"),
        ("mary ann", "mary ann and mary", "Reader 7 and mary"),
    ],
    ids=["two words", "signs around", "signs alone", "a dotted I", "hyphens part names", "the longer name"],
)
def test_names_are_found_among_those_of_many(name, text, shown):
    many = {f"qx{n:04d}": "Reader 1" for n in range(2_000)}
    assert Redactor(many | {name: "Reader 7"}).line(text) == shown


def test_names_are_looked_for_in_the_time_of_the_text():
    names = {f"{n:016x}": f"Reader {n}" for n in range(50_000)}
    redactor = Redactor(names)
    began = time.monotonic()
    for n in range(5_000):
        assert redactor.line(f"{n:016x} said that the ferry is late, and nobody wrote back to us") != ""
    assert time.monotonic() - began < 5


def test_a_mention_in_a_copied_text_is_cut_once():
    text = "Hey @qzanna, write to the council about the bill before the winter comes, we all should."
    rows = [("t1", "qzanna"), ("t2", "qzbernard"), ("t3", "qzclara")]
    threads = [
        Thread(
            source="d",
            id=name,
            comments=(Comment(source="d", thread_id=name, id="1", author=author, text=text, created=START),),
        )
        for name, author in rows
    ]
    (pattern,) = find_patterns(threads, redact=True)
    assert pattern.excerpt.startswith("Hey @…, write")


@pytest.mark.parametrize(
    "text",
    ["a" * 200_000, "a@" * 50_000, "@a" * 50_000, "." * 200_000, "A" + "." * 200_000, "Ab " * 70_000],
    ids=["letters", "open ends", "mentions", "points", "a letter and points", "names"],
)
def test_hostile_lengths_take_linear_time(text):
    began = time.monotonic()
    Redactor({}).line(text)
    assert sum(map(len, possible_names(text))) < 300 * len(text)
    assert time.monotonic() - began < 5


def test_spans_stay_on_their_words():
    text = "@anna you fool, and bernard too"
    spans = [
        Span(start=text.index(w), end=text.index(w) + len(w), label="abuse", prob=1)
        for w in ("you fool", "too", "bernard")
    ]
    shown, moved = Redactor({"anna": "Reader 1", "bernard": "Reader 2"}).text(text, spans)
    assert shown == "@Reader 1 you fool, and Reader 2 too"
    assert [shown[span.start : span.end] for span in moved] == ["you fool", "too", "Reader 2"]


def test_a_span_that_cuts_a_name_takes_the_whole_pseudonym():
    shown, (span,) = Redactor({"bernard": "Reader 2"}).text("oh bernard", [Span(start=3, end=6, label="abuse", prob=1)])
    assert shown[span.start : span.end] == "Reader 2"
