"""Markdown holds what the page holds: each section, and no link that leads nowhere."""

import re
from dataclasses import replace

import pytest
from lxml import html
from report_demo import START, THRESHOLDS, demo_decisions, demo_scores, demo_thread

from analyzer.reports import build_index, build_report
from analyzer.reports.render import as_html
from analyzer.reports.tables import as_markdown
from analyzer.schema import Comment, Thread


@pytest.fixture(scope="module")
def report():
    return build_report(demo_thread(), demo_scores(), demo_decisions(), thresholds=THRESHOLDS)


@pytest.fixture(scope="module")
def written(report):
    return as_markdown(report)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("| Suggested: review | 7 | 18 % |", id="counts by action"),
        pytest.param("shuffles.", id="how often chance turns as sharply"),
        pytest.param(
            "- [Threat](#threat): very likely, 0.94, shown from 0.55 on, right 9 in 10 when shown", id="label"
        ),
        pytest.param("- Rule threat: Threat 0.94 ≥ 0.60, reject", id="rule with its threshold"),
        pytest.param("- Speaks of Jewish people", id="who a comment speaks of"),
        pytest.param("- Language: Arabic", id="another language"),
        pytest.param("Answers the article.", id="a root"),
        pytest.param("| Insult | 3 | 8 % | 3 to 22 % | 8 in 10 |", id="rate, interval, precision"),
        pytest.param("| Jewish people | 3 | 1 | 13, 15, 28; 16 |", id="who is spoken of"),
        pytest.param("| Reader 8 | 2 of 4 | 50 % | 9, 17, 19, 30 |", id="participant with share"),
        pytest.param("  - **9** Reader 8, 09:19: And what about the hospital road?", id="reply, indented"),
        pytest.param("      - **18** Reader 12, 09:47, **deleted**\n", id="deleted node of the tree"),
        pytest.param("**the thread turns here**", id="the turn in the tree"),
        pytest.param("0.71, evidence “And what about the hospital road?”; no rule fired", id="marks"),
        pytest.param("(Georgian is not a language the model knows)", id="not checked"),
        pytest.param("- Not this: Criticism of conduct", id="definition"),
        pytest.param("- Coded reading: Globalists", id="both readings"),
        pytest.param("- Long: 1 comment read in parts, to the end", id="coverage"),
    ],
)
def test_markdown_tells(written, line):
    assert line in written


def test_every_comment_stands_in_the_tree_with_its_words(report, written):
    tree = written.partition("## The whole thread")[2].partition("## Coverage")[0]
    numbers = [int(number) for number in re.findall(r"^ *- \*\*(\d+)\*\*", tree, re.MULTILINE)]
    assert sorted(numbers) == [comment.number for comment in report.comments]
    assert numbers.index(19) == numbers.index(18) + 1


@pytest.mark.parametrize("redact", [False, True])
def test_every_link_of_the_page_leads_to_a_heading(redact):
    written = as_markdown(build_report(demo_thread(), demo_scores(), demo_decisions(), redact=redact))
    headings = re.findall(r"^### (.+)$", written, re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9 -]", "", name.lower()).replace(" ", "-") for name in headings}
    assert set(re.findall(r"\]\(#([^)]*)\)", written)) <= anchors
    assert ("Authors and @-mentions are removed" in written) is redact


def test_the_limits_are_those_of_the_pages(report):
    for one in (report, build_index([report])):
        page = html.document_fromstring(as_html(one)).text_content()
        told = as_markdown(one).partition("What the figures cannot say:\n\n")[2].partition("\n\n")[0].splitlines()
        assert len(told) > 3
        assert [line for line in told if line.removeprefix("- ").replace("\\", "") not in page] == []


def test_an_empty_queue_says_what_it_does_not_mean(report):
    empty = replace(report, top=())
    for text in (html.document_fromstring(as_html(empty)).text_content(), as_markdown(empty)):
        assert "not that the thread is clean" in text


def test_a_deep_thread_is_nested_as_deep_as_parsers_go():
    markdown_it = pytest.importorskip("markdown_it")
    comments = tuple(
        Comment(source="s", thread_id="t", id=str(n), parent_id=str(n - 1) if n else None, text=f"w{n}", created=START)
        for n in range(60)
    )
    written = as_markdown(build_report(Thread(source="s", id="t", comments=comments), [], []))
    page = markdown_it.MarkdownIt("commonmark").render(written)
    assert all(f"w{n}" in page for n in range(60))
    assert "answers 59" in page


def test_the_index_has_actions_and_rates_a_thread(report):
    calm = replace(build_report(demo_thread(), [], []), title="Calm | waters", slug="calm")
    written = as_markdown(build_index([report, calm], counts={"rejects": 2}))
    head = next(line for line in written.splitlines() if line.startswith("| Thread |"))
    row, other = (line for line in written.splitlines() if line.startswith("| ["))
    assert head.startswith("| Thread | Comments | Need a person | Share | 95 % interval | Reject | Review | Approve |")
    assert "| 40 | 8 | 22 % | 12 to 38 % | 1 | 7 | 28 | 2 | 2 |" in row
    assert "[Calm \\| waters](threads/calm.md) | 40 | 0 | – | – |" in other
    assert "## Read first" in written
    assert "| **Abuse, any** | 4 | 11 % | 4 to 25 % |" in written
    assert "- Reading: 2 places could not be read" in written
