"""What a report holds and how its page is built: a golden outline, evidence, standing, labels, coverage."""

import json
import os
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from effort import seconds
from lxml import html
from report_demo import MODEL, POLICY, START, THRESHOLDS, demo_decisions, demo_scores, demo_thread

from analyzer.reports import build_index, build_report, render, write_html, write_reports
from analyzer.reports.evidence import Piece, passages, pieces
from analyzer.reports.records import Standing
from analyzer.reports.render import as_html
from analyzer.reports.tables import as_json, as_markdown
from analyzer.schema import Action, Checked, Comment, Decision, Reason, Score, Span, Status, Thread

GOLDEN = Path(__file__).parents[1] / "data" / "report_outline.txt"


@pytest.fixture(scope="module")
def report():
    return build_report(demo_thread(), demo_scores(), demo_decisions(), thresholds=THRESHOLDS)


def outline(page: str) -> str:
    """Headings, the first paragraph, the queue and the figures of a page, as text."""
    tree = html.document_fromstring(page)
    for added in tree.xpath("//*[@class='vh' or self::sup or self::title or self::svg]"):
        added.drop_tree()
    wanted = (
        "//h1 | //h2 | //h3 | //p[@class='lede'] | //*[@class='qhead' or @class='why' or @class='todo' or @class='sug']"
        " | //ul[@class='labs']//*[@class='lname' or @class='lprob'] | //table[@class='rates']//tr | //dl[@class='kv']/*"
        " | //nav | //section[@id='people']//tr"
    )
    return "\n".join(f"{node.tag}: {' '.join(node.text_content().split())}" for node in tree.xpath(wanted)) + "\n"


def test_the_page_is_as_agreed(report):
    # After a change that was meant: write outline(as_html(report)) to the golden file and read its diff.
    assert outline(as_html(report)) == GOLDEN.read_text(encoding="utf-8")


def test_the_report_says_what_made_it(report):
    assert (report.model, report.policy) == (MODEL, POLICY)
    assert report.taxonomy.startswith("taxonomy@")
    page = as_html(report)
    assert all(version in page for version in (MODEL, POLICY, report.taxonomy))


def test_the_queue_is_worst_first(report):
    assert report.top[0] == 21
    assert report.queue[0].standing is Standing.REJECT
    assert report.queue[-1].findings[0].contested


def test_every_comment_stands_somewhere_once(report):
    assert sum(report.by_action.values()) == report.n == 40
    assert report.by_action == {"reject": 1, "review": 7, "approve": 28, "unchecked": 2, "deleted": 2, "spam": 0}


def test_a_technique_without_evidence_is_left_out_and_counted():
    scores = [replace(score, spans=()) for score in demo_scores()]
    report = build_report(demo_thread(), scores, demo_decisions(), thresholds=THRESHOLDS)
    assert not [r for r in report.by_label if r.label.startswith("propaganda.") and r.count]
    assert report.coverage.without_evidence == 4


def test_every_link_on_a_page_leads_somewhere(report):
    tree = html.document_fromstring(as_html(report))
    ids = set(tree.xpath("//@id"))
    inside = [href[1:] for href in tree.xpath("//@href") if href.startswith("#")]
    assert len(inside) > 50
    assert set(inside) <= ids


def test_every_comment_speaks_its_language(report):
    tree = html.document_fromstring(as_html(report))
    (said,) = tree.xpath("//*[@id='c27']//p[contains(@class,'said')]")
    assert (said.get("lang"), said.get("dir")) == ("ar", "rtl")
    (said,) = tree.xpath("//*[@id='c1']//p[contains(@class,'said')]")
    assert (said.get("lang"), said.get("dir")) == ("en", "ltr")


def test_covered_words_can_be_reached_by_keyboard(report):
    tree = html.document_fromstring(as_html(report))
    covers = tree.xpath("//*[@id='q28']//*[@class='cover']")
    assert covers
    assert all(cover.get("tabindex") == "0" and "covered" in cover.text_content() for cover in covers)


def test_headings_step_down_one_at_a_time(report):
    for page in (as_html(report), as_html(build_index([report]))):
        levels = [int(node.tag[1]) for node in html.document_fromstring(page).xpath("//h1|//h2|//h3")]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))


def test_untrained_and_contested_labels_are_marked(report):
    notes = {rate.label: rate.note for rate in report.by_label}
    assert notes["antisemitism.israel_demonisation"] == "contested: a person should read this"
    assert notes["antisemitism.power_control"] == "experimental"
    assert notes["abuse.insult"] == ""


def test_a_contested_label_alone_heats_nothing(report):
    assert report.comments[38].findings[0].contested
    assert report.comments[38].problem < 0.3


def single(text: str, score: dict, decision: Action | None = Action.REVIEW, **fields) -> object:
    """The report of a thread of one comment."""
    comment = Comment(source="s", thread_id="t", id="1", text=text, **fields)
    scores = [Score(key=comment.key, model="m", **score)] if score is not None else []
    reasons = (Reason(rule="r", label="abuse.insult", prob=0.9, threshold=0.5, action=Action.REVIEW),)
    decisions = [Decision(key=comment.key, action=decision, reasons=reasons, policy="p")] if decision else []
    return build_report(Thread(source="s", id="t", comments=(comment,)), scores, decisions).comments[0]


@pytest.mark.parametrize(
    ("text", "fields", "score", "action", "standing", "checked"),
    [
        pytest.param("a", {}, {}, Action.REJECT, "reject", "ok", id="rejected"),
        pytest.param("a", {}, {}, Action.APPROVE, "approve", "ok", id="approved"),
        pytest.param("a", {}, None, None, "unchecked", "unscored", id="no score is not approved"),
        pytest.param("a", {}, {}, None, "unchecked", "undecided", id="no decision is not approved"),
        pytest.param("a", {}, {}, Action.NONE, "unchecked", "undecided", id="nothing decided is not approved"),
        pytest.param("a", {}, {"checked": Checked.FAILED}, Action.APPROVE, "unchecked", "failed", id="a failure is not approved"),
        pytest.param("", {}, None, None, "unchecked", "empty", id="empty"),
        pytest.param("", {"status": Status.REMOVED}, None, None, "deleted", "deleted", id="removed"),
        pytest.param("a", {"status": Status.SPAM}, {}, Action.REJECT, "spam", "spam", id="spam, whatever an older run scored"),
    ],
)  # fmt: skip
def test_standing(text, fields, score, action, standing, checked):
    comment = single(text, score, action, **fields)
    assert (comment.standing, comment.checked) == (standing, checked)


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        pytest.param([], [("you fool there", "")], id="no evidence"),
        pytest.param([(4, 8, "abuse")], [("you ", ""), ("fool", "1"), (" there", "")], id="a family's span"),
        pytest.param([(4, 8, "abuse.insult")], [("you ", ""), ("fool", "1"), (" there", "")], id="a label's span"),
        pytest.param([(4, 8, "abuse"), (6, 10, "abuse")], [("you ", ""), ("fool t", "1"), ("here", "")], id="overlaps merge"),
        pytest.param(
            [(4, 8, "abuse"), (6, 14, "propaganda")],
            [("you ", ""), ("fo", "1"), ("ol", "12"), (" there", "2")],
            id="families are split at the borders",
        ),
        pytest.param(
            [(-3, 3, "abuse"), (12, 99, "abuse")], [("you", "1"), (" fool the", ""), ("re", "1")], id="clamped to the text"
        ),
        pytest.param([(8, 4, "abuse"), (20, 30, "abuse")], [("you fool there", "")], id="impossible spans are dropped"),
        pytest.param([(4, 8, "antisemitism")], [("you fool there", "")], id="a family that was not found"),
    ],
)  # fmt: skip
def test_evidence(spans, expected):
    probs = {"abuse.insult": 0.9, "propaganda.name_calling": 0.9}
    kept = tuple(Span(start=start, end=end, label=label, prob=0.9) for start, end, label in spans)
    if not any(label == "propaganda" for _, _, label in spans):
        probs.pop("propaganda.name_calling")
    cut = pieces(single("you fool there", {"probs": probs, "spans": kept}))
    assert [(piece.text, "".join(map(str, piece.numbers))) for piece in cut] == expected


def test_many_spans_are_cut_in_one_sweep():
    labels = ("abuse.insult", "propaganda.name_calling")
    text = "you fool " * 2_000
    spans = tuple(Span(start=9 * n, end=9 * n + 5, label=labels[n % 2], prob=0.9) for n in range(2_000))
    comment = single(text, {"probs": dict.fromkeys(labels, 0.9), "spans": spans})
    assert seconds(lambda: pieces(comment)) < 0.3  # every span looked at for every piece: a second and more
    cut = pieces(comment)
    assert (len(cut), sum(len(piece.ends) for piece in cut), "".join(piece.text for piece in cut)) == (
        4_000,
        2_000,
        text,
    )


def test_the_passage_of_a_finding_is_whole_in_markdown():
    cut = [Piece("you ", (1,)), Piece("fool", (1, 2)), Piece(" there", (1,)), Piece(" "), Piece(".", (2,))]
    assert [passages(cut, number) for number in (1, 2)] == [["you fool there"], ["fool"]]


def test_a_redacted_page_promises_no_more_than_was_done():
    page = as_html(build_report(demo_thread(), demo_scores(), demo_decisions(), redact=True))
    assert "authors and @-mentions removed" in page
    assert "a name written without @ may stand" in page


def test_a_covered_label_without_a_span_covers_the_whole_text():
    comment = single("words", {"probs": {"antisemitism.slur_insult_exclusion": 0.95}})
    assert [piece.covered for piece in pieces(comment)] == [True]


def test_deep_threads_nest_no_deeper_than_a_browser_bears():
    comments = tuple(
        Comment(source="s", thread_id="t", id=str(n), parent_id=str(n - 1) if n else None, text="deeper", created=START)
        for n in range(800)
    )
    page = as_html(build_report(Thread(source="s", id="t", comments=comments), [], []))
    assert page.count("answers <a href") == 800 - 13
    tree = html.document_fromstring(page)
    assert len(tree.xpath("//article")) == 800
    assert max(len(node.xpath("ancestor::ol")) for node in tree.xpath("//article")) == 13


def test_scores_of_other_threads_do_not_matter(report):
    other = [replace(score, key=score.key._replace(thread_id="other"), model="x") for score in demo_scores()]
    again = build_report(demo_thread(), [*other, *demo_scores()], demo_decisions(), thresholds=THRESHOLDS)
    assert again == report


def test_a_page_is_whole_or_not_there(tmp_path, report):
    write_html(report, tmp_path / "thread.html")
    assert [path.name for path in tmp_path.iterdir()] == ["thread.html"]


def test_two_calls_never_share_a_temporary_name(tmp_path, report, monkeypatch):
    parts = []
    monkeypatch.setattr(render.os, "replace", lambda part, path: parts.append(part.name) or part.rename(path))
    for _ in range(2):
        write_html(report, tmp_path / "thread.html")
    assert len(set(parts)) == 2
    assert os.listdir(tmp_path) == ["thread.html"]


def test_what_an_earlier_call_wrote_is_removed_and_nothing_else(tmp_path, report):
    names = ("index.css", "threads/notes.html", "notes-0123456789abcdef.html", "threads/old-0123456789abcdef.html")
    foreign = [tmp_path / name for name in names]
    (tmp_path / "threads").mkdir()
    for path in foreign:
        path.write_text("mine", encoding="utf-8")
    write_reports([report, replace(report, slug="plain-name")], tmp_path)
    (tmp_path / "threads" / f".{'0' * 16}.part").write_text("left by a call that was killed", encoding="utf-8")
    second = write_reports([replace(report, slug="another")], tmp_path, formats=("json",))
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == {*foreign, *second, tmp_path / ".analyzer-pages"}
    assert all(path.read_text(encoding="utf-8") == "mine" for path in foreign)


def test_pages_of_a_call_that_broke_off_are_removed_by_the_next(tmp_path, report):
    def broken():
        yield replace(report, slug="plain-name")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_reports(broken(), tmp_path)
    assert list((tmp_path / "threads").iterdir())
    write_reports([replace(report, slug="another")], tmp_path)
    assert {path.stem for path in (tmp_path / "threads").iterdir()} == {"another"}


def test_a_folder_of_reports(tmp_path, report):
    paths = write_reports(iter([report, replace(report, slug="b")]), tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in paths[:4]] == [
        f"index.{ending}" for ending in ("html", "json", "csv", "md")
    ]
    assert len(paths) == 12
    assert all(path.stat().st_size > 500 for path in paths)
    for page in (path for path in paths if path.suffix == ".html"):
        for href in html.document_fromstring(page.read_text(encoding="utf-8")).xpath("//@href"):
            assert href.startswith("#") or (page.parent / href.split("#")[0]).resolve().exists()


def test_the_index_adds_up(report):
    calm = build_report(demo_thread(), [], [])
    index = build_index([calm, report], counts={"rejects": 3})
    assert [row.needs_person for row in index.rows] == [8, 0]
    assert index.n == 80
    assert sum(index.by_action.values()) == 80
    assert index.needs_person == 8
    assert [first.comment.number for first in index.first] == list(report.top[:6])
    assert "3 places could not be read" in as_html(index)


def test_notes_on_the_policy_are_shown_once_and_only_if_there_are_any(report):
    note = "rule 'a <b>' cannot fire for abuse.threat: the model has no such threshold"
    noted = replace(report, policy_notes=(note,))
    for plain, told in ((report, noted), (build_index([report] * 2), build_index([noted] * 2))):
        assert "The policy with this model" not in as_html(plain) + as_markdown(plain)
        assert as_html(told).count("<li>Rule &#39;a &lt;b&gt;&#39; cannot fire for abuse.threat: the model has") == 1
        assert as_markdown(told).count("\n- Rule 'a \\<b\\>' cannot fire for abuse\\.threat\\: the model has") == 1
        assert json.loads(as_json(told))["policy_notes"] == [note]


def test_an_index_of_many_threads_links_them_all(report):
    index = build_index(replace(report, slug=f"thread-{n}", comments=report.comments) for n in range(320))
    hrefs = html.document_fromstring(as_html(index)).xpath("//@href")
    assert {f"threads/thread-{n}.html" for n in range(320)} <= set(hrefs)
    assert len(index.first) == 6


def test_long_threads_get_a_strip_of_sixty_columns():
    comments = tuple(
        Comment(source="s", thread_id="t", id=str(n), text="calm words", created=START) for n in range(500)
    )
    scores = [
        Score(key=c.key, model="m", probs={"abuse.insult": 0.95 if n == 250 else 0.1}) for n, c in enumerate(comments)
    ]
    report = build_report(Thread(source="s", id="t", comments=comments), scores, [])
    tree = html.document_fromstring(as_html(report))
    columns = tree.xpath("//section[@id='turn']/*[local-name()='svg']//*[local-name()='rect']/@class")
    assert len(columns) == 60
    assert columns[30] == "h4"
    assert set(columns) == {"h0", "h4"}


def test_replies_without_their_parent_are_told_once():
    orphan = Comment(source="s", thread_id="t", id="1", text="words", flags=("orphan",))
    index = build_index([build_report(Thread(source="s", id="t", comments=(orphan,), orphans=1), [], [])])
    assert "1 reply to a comment that is not in the dump" in as_html(index)
    told = as_html(replace(index, counts={"orphans": 1}))
    assert "1 reply answers a comment that is not in the dump" in told
    assert "1 reply to a comment" not in told
