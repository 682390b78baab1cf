"""The sentences of a report: numbers agree, probabilities have one word, nothing is said that no figure carries."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from analyzer.reports import build_index, build_report, words
from analyzer.reports.records import Finding
from analyzer.reports.render import as_html
from analyzer.reports.sentences import commonest
from analyzer.reports.tables import as_markdown
from analyzer.schema import Action, Checked, Comment, Decision, Reason, Score, Status, Thread


@pytest.mark.parametrize(
    ("prob", "word"),
    [
        (1.0, "very likely"),
        (0.90, "very likely"),
        (0.8999, "likely"),
        (0.70, "likely"),
        (0.50, "more likely than not"),
        (0.30, "possible"),
        (0.2999, "unlikely"),
        (0.0, "unlikely"),
    ],
)
def test_a_probability_has_one_word(prob, word):
    assert words.probability(prob) == word


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 comments"), (1, "1 comment"), (2, "2 comments"), (1204, "1,204 comments")]
)
def test_noun_and_number_agree(count, said):
    assert words.plural(count, "comment") == said


@pytest.mark.parametrize(
    ("parts", "said"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_lists_read_as_sentences(parts, said):
    assert words.listed(parts) == said


@pytest.mark.parametrize(
    ("rate", "said"),
    [(0, "0 %"), (0.0004, "under 0.1 %"), (0.006, "0.6 %"), (0.0099, "1 %"), (0.13, "13 %"), (1, "100 %")],
)
def test_shares_are_whole_percents_above_one(rate, said):
    assert words.percent(rate) == said


@pytest.mark.parametrize(
    ("precision", "said"),
    [(None, ""), (0.84, "8 in 10"), (0.85, "9 in 10"), (0.02, "under 1 in 10"), (0.977, "over 9 in 10")],
)
def test_precision_is_told_in_tens(precision, said):
    assert words.right_in_ten(precision) == said


@pytest.mark.parametrize(("chance", "said"), [(0.002, "fewer than 1 of 100"), (0.01, "1 of 100"), (0.067, "7 of 100")])
def test_chance_is_told_in_shuffles(chance, said):
    assert words.chances(chance) == said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Insult", "insult"),
        ("Nazi comparison", "Nazi comparison"),
        ("LGBTQ people", "LGBTQ people"),
        ("A nationality", "a nationality"),
    ],
)
def test_names_keep_their_capital_only_where_they_are_names(name, said):
    assert words.inside(name) == said


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        pytest.param((2026, 10, 14, 8, 52), (2026, 10, 14, 8, 52), "14 October 2026, 08:52 UTC", id="one moment"),
        pytest.param((2026, 10, 14, 8, 52), (2026, 10, 14, 10, 21), "14 October 2026, 08:52 to 10:21 UTC", id="one day"),
        pytest.param((2026, 10, 14, 8, 52), (2026, 10, 15, 7, 1), "14 Oct, 08:52 to 15 October 2026, 07:01 UTC", id="two days"),
        pytest.param((2025, 12, 31, 8, 0), (2026, 1, 1, 7, 0), "31 December 2025, 08:00 to 1 January 2026, 07:00 UTC", id="years"),
    ],
)  # fmt: skip
def test_periods(first, last, said):
    assert words.period(datetime(*first, tzinfo=UTC), datetime(*last, tzinfo=UTC)) == said


def test_languages_fall_back_to_their_tag():
    assert [words.language(tag) for tag in ("de", "pt-BR", "xx", "und")] == [
        "German",
        "Portuguese",
        "xx",
        "language not told",
    ]


KINDS = {
    "calm": ({"abuse.insult": 0.02}, Action.APPROVE),
    "insult": ({"abuse.insult": 0.9}, Action.REVIEW),
    "threat": ({"abuse.threat": 0.95}, Action.REJECT),
    "answer": ({"stance.counter_speech": 0.9}, Action.APPROVE),
    "emoji": ({}, Action.NONE),
    "deleted": ({}, Action.NONE),
    "spam": ({}, Action.NONE),
}


def report_of(*kinds: str, claimed: int | None = None, dated: bool = True):
    comments, scores, decisions = [], [], []
    for number, kind in enumerate(kinds):
        probs, action = KINDS[kind]
        deleted = kind == "deleted"
        comment = Comment(
            source="s",
            thread_id="t",
            id=str(number),
            text="" if deleted else f"words {number}",
            author=f"reader{number}",
            created=datetime(2026, 10, 14, 8, number, tzinfo=UTC) if dated else None,
            status={"deleted": Status.DELETED, "spam": Status.SPAM}.get(kind, Status.VISIBLE),
        )
        checked = {"emoji": Checked.LETTERLESS, "deleted": Checked.DELETED, "spam": Checked.SPAM}.get(kind, Checked.OK)
        reasons = tuple(
            Reason(rule="r", label=label, prob=p, threshold=0.5, action=action) for label, p in probs.items() if p > 0.5
        )
        comments.append(comment)
        scores.append(Score(key=comment.key, model="m@1", probs=probs, checked=checked, lang="en"))
        decisions.append(Decision(key=comment.key, action=action, reasons=reasons, policy="p@1"))
    return build_report(Thread(source="s", id="t", comments=tuple(comments), claimed=claimed), scores, decisions)


@pytest.mark.parametrize(
    ("kinds", "lede"),
    [
        pytest.param([], ["The thread holds no comment."], id="no comment"),
        pytest.param(["calm"] * 3, ["No comment needs a person."], id="nothing found"),
        pytest.param(
            ["calm", "emoji"], ["No comment needs a person, and 1 could not be checked."], id="one not checked"
        ),
        pytest.param(["emoji"], ["None of the comments could be checked."], id="none checked"),
        pytest.param(["deleted"] * 2, ["All comments are deleted; there is nothing to check."], id="all deleted"),
        pytest.param(
            ["deleted", "spam"], ["All comments are deleted or spam; there is nothing to check."], id="none to check"
        ),
        pytest.param(
            ["calm", "insult"], ["1 comment needs a person.", "In it the analysis found insult once."], id="one comment"
        ),
        pytest.param(
            ["threat", "calm"],
            ["1 comment needs a person, at once.", "In it the analysis found threat once."],
            id="one at once",
        ),
        pytest.param(
            ["threat", "threat", "calm"],
            ["2 comments need a person, all at once.", "Among the two the analysis found threat twice."],
            id="all at once",
        ),
        pytest.param(
            ["insult", "threat", "calm", "emoji", "emoji"],
            [
                "2 comments need a person, 1 of them at once, and 2 could not be checked.",
                "Among the two the analysis found insult once and threat once.",
            ],
            id="one of two at once",
        ),
        pytest.param(
            ["insult", "answer"],
            [
                "1 comment needs a person.",
                "In it the analysis found insult once.",
                "1 comment answers or reports hate and was not queued.",
            ],
            id="an answer",
        ),
        pytest.param(
            ["insult", "calm", "calm", "insult", "calm", "insult", "calm", "calm"],
            [
                "3 comments need a person.",
                "There is no clear turn.",
                "Among the three the analysis found insult 3 times.",
            ],
            id="no clear turn",
        ),
        pytest.param(
            ["calm"] * 8 + ["insult"] * 5,
            [
                "5 comments need a person.",
                "The thread turns at comment 9 (08:08), the first with abuse: before it 0 of 8 checked comments needed a person, "
                "from there on 5 of 5.",
                "Among the five the analysis found insult 5 times.",
            ],
            id="a turn",
        ),
    ],
)
def test_the_first_paragraph(kinds, lede):
    assert list(report_of(*kinds).lede) == lede


def test_spam_is_a_node_under_its_own_word_and_counts_in_no_rate():
    report = report_of("calm", "spam")
    assert (report.coverage.scored, report.coverage.deleted, report.coverage.spam) == (1, 0, 1)
    assert {rate.n for rate in report.by_label} == {1}
    assert report.by_action["spam"] == 1
    assert "The site took it for spam." in as_html(report)
    assert "words 1" not in as_html(report)
    assert "- Spam: 1" in as_markdown(report)
    assert build_index([report]).coverage.spam == 1


def test_missing_comments_are_said():
    assert report_of("calm", claimed=3).lede[-1] == "2 comments that the source claims are not in the dump."


@pytest.mark.parametrize("kinds", [["insult"] * 5 + ["calm"] * 8, ["insult"] * 13, ["calm"] * 8 + ["insult"] * 5])
def test_without_times_nothing_is_said_about_a_turn(kinds):
    report = report_of(*kinds, dated=False)
    assert report.turning_point is None
    assert "turn" not in " ".join(report.lede)
    assert "in order of time" not in as_html(report)
    assert "order of time" not in as_html(build_index([report]))


def test_a_thread_of_several_days_tells_the_day():
    comments = tuple(
        Comment(source="s", thread_id="t", id=str(day), text="words", created=datetime(2026, 10, day, 8, tzinfo=UTC))
        for day in (14, 15)
    )
    decisions = [Decision(key=c.key, action=Action.REVIEW, reasons=(), policy="p") for c in comments]
    scores = [Score(key=c.key, model="m", probs={}) for c in comments]
    report = build_report(Thread(source="s", id="t", comments=comments), scores, decisions)
    for written in (as_html(report), as_html(build_index([report])), as_markdown(report)):
        assert "15 Oct 2026, 08:00" in written


def test_the_index_adds_reading_time_before_it_rounds():
    index = build_index(report_of("insult", "calm") for _ in range(8))
    assert index.minutes == 2
    assert "take about 2 minutes to read." in index.lede[0]


def test_the_index_counts_only_turns_that_chance_does_not_explain():
    turned = report_of(*["calm"] * 8, *["insult"] * 5)
    weak = replace(turned, turning_point=replace(turned.turning_point, chance=0.02))
    assert "1 thread has a clear turn." in build_index([weak]).lede
    assert not any("turn" in sentence for sentence in build_index([weak] * 3).lede)


def test_claims_are_added_over_the_threads_that_make_one():
    reports = [report_of(*["calm"] * n, claimed=claimed) for n, claimed in ((4, 10), (11, 5), (7, None))]
    covered = build_index(reports).coverage
    assert (covered.in_dump, covered.claimed, covered.missing) == (22, 15, 6)
    assert words.held(22, 15, 6) == "22 comments; where the source says how many exist, 6 of 15 are missing"


def test_no_reader_is_counted_where_the_dump_names_none():
    comment = Comment(source="s", thread_id="t", id="1", text="words")
    report = build_report(Thread(source="s", id="t", comments=(comment,)), [], [])
    for written in (as_html(report), as_html(build_index([report])), as_markdown(report)):
        assert "1 comment" in written
        assert "0 reader" not in written


def test_the_language_is_told_where_it_is_not_that_of_the_thread():
    def report(*langs):
        comments = [
            Comment(source="s", thread_id="t", id=str(n), text="words", lang=lang) for n, lang in enumerate(langs)
        ]
        scores = [Score(key=c.key, model="m", probs={"abuse.insult": 0.9}, lang=c.lang) for c in comments]
        decisions = [Decision(key=c.key, action=Action.REVIEW, reasons=(), policy="p") for c in comments]
        return build_report(Thread(source="s", id="t", comments=tuple(comments)), scores, decisions)

    told = ["Needs somebody who reads" in comment.todo for comment in report("de", "de", "en").comments]
    assert told == [False, False, True]


def test_a_rule_on_who_is_spoken_of_is_named_and_is_no_way_of_arguing():
    reason = Reason(rule="groups", label="target.jewish", prob=0.9, threshold=0.5, action=Action.REVIEW)
    comment = Comment(source="s", thread_id="t", id="1", text="words")
    report = build_report(
        Thread(source="s", id="t", comments=(comment,)),
        [Score(key=comment.key, model="m", probs={"target.jewish": 0.9})],
        [Decision(key=comment.key, action=Action.REVIEW, reasons=(reason,), policy="p")],
    )
    (shown,) = report.comments
    assert shown.why == "A rule of the policy fired for Jewish people (rule groups); nothing else was found."
    assert "way of arguing" not in shown.todo


@pytest.mark.parametrize(
    ("reasons", "told"),
    [
        pytest.param(True, "fired, then cleared: it answers or reports hate", id="a lowering"),
        pytest.param(False, "no rule fired, no action", id="no rule"),
    ],
)
def test_a_comment_with_findings_that_is_approved_says_why(reasons, told):
    comment = Comment(source="s", thread_id="t", id="1", text="words")
    fired = (Reason(rule="r", label="abuse.insult", prob=0.9, threshold=0.5, action=Action.REVIEW),) if reasons else ()
    report = build_report(
        Thread(source="s", id="t", comments=(comment,)),
        [Score(key=comment.key, model="m", probs={"abuse.insult": 0.9, "stance.counter_speech": 0.9})],
        [Decision(key=comment.key, action=Action.APPROVE, reasons=fired, policy="p")],
    )
    assert told in as_html(report)


def test_readers_are_listed_as_they_came_and_all_are_counted():
    report = report_of("calm", *["insult"] * 30, "calm")
    assert [person.comments[0] for person in report.participants] == list(range(1, 33))
    page = as_html(report)
    assert "10 other readers wrote comments that need a person. 2 other readers wrote none that needs a person." in page


def test_a_probability_under_one_half_is_not_called_unlikely_beside_a_finding():
    assert [words.found_at(prob) for prob in (0.05, 0.49, 0.5)] == ["above its threshold"] * 2 + [
        "more likely than not"
    ]


def test_counts_of_a_reading_are_sentences():
    counts = {"comments": 184, "pingbacks": 1, "pages_with_more": 2, "stray_rows": 3, "rejects": 0}
    assert words.counts_in_words(counts) == [
        "1 pingback was left out",
        "2 pages of an answer say that another follows",
        "3 stray rows",
    ]


@pytest.mark.parametrize(
    ("low", "high", "said"), [(0.04, 0.25, "4–25"), (0.0001, 0.0004, "<0.1"), (0.0, 0.0004, "0–<0.1"), (0, 0, "0")]
)
def test_intervals_are_short(low, high, said):
    assert words.between(low, high) == said


def test_techniques_are_named_after_what_a_person_can_act_on() -> None:
    def finding(name: str, family: str) -> Finding:
        return Finding(label=f"{family}.x", name=name, family=family, prob=0.9, threshold=0.5)

    insult, trope, fallacy = (
        finding("Insult", "abuse"),
        finding("Blood libel", "antisemitism"),
        finding("Fallacy", "propaganda"),
    )
    found = [(fallacy, trope), (fallacy,), (insult, trope)]
    comments = report_of("calm", "calm", "calm").comments
    queue = [replace(comment, findings=own) for comment, own in zip(comments, found, strict=True)]
    assert commonest(queue) == [("Blood libel", 2), ("Insult", 1), ("Fallacy", 2)]
