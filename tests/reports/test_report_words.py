"""The sentences of a report: numbers agree, probabilities have one word, nothing is said that no figure carries."""

from datetime import UTC, datetime

import pytest

from analyzer.reports import build_report, words
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
    ("rate", "said"), [(0, "0 %"), (0.0004, "0 %"), (0.006, "0.6 %"), (0.0099, "1 %"), (0.13, "13 %"), (1, "100 %")]
)
def test_shares_are_whole_percents_above_one(rate, said):
    assert words.percent(rate) == said


@pytest.mark.parametrize(
    ("precision", "said"),
    [(None, ""), (0.84, "8 in 10"), (0.85, "9 in 10"), (0.02, "under 1 in 10"), (1.0, "10 in 10")],
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
}


def report_of(*kinds: str, claimed: int | None = None):
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
            status=Status.DELETED if deleted else Status.VISIBLE,
        )
        checked = {"emoji": Checked.LETTERLESS, "deleted": Checked.DELETED}.get(kind, Checked.OK)
        reasons = tuple(
            Reason(rule="r", label=label, prob=p, threshold=0.5, action=action) for label, p in probs.items()
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
                "1 comment answers or reports such words and was not queued.",
            ],
            id="an answer",
        ),
        pytest.param(
            ["insult", "calm", "calm", "insult", "calm", "insult", "calm", "calm"],
            [
                "3 comments need a person.",
                "They are spread over the thread: there is no clear turn.",
                "Among the three the analysis found insult 3 times.",
            ],
            id="no clear turn",
        ),
        pytest.param(
            ["calm"] * 8 + ["insult"] * 5,
            [
                "5 comments need a person.",
                "The thread turns at comment 9, the first with abuse: before it 0 of 8 checked comments needed a person, "
                "from there on 5 of 5.",
                "Among the five the analysis found insult 5 times.",
            ],
            id="a turn",
        ),
    ],
)
def test_the_first_paragraph(kinds, lede):
    assert list(report_of(*kinds).lede) == lede


def test_missing_comments_are_said():
    assert report_of("calm", claimed=3).lede[-1] == "2 comments that the page claims are not in the dump."
