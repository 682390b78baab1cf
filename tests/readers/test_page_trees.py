"""Trees of names with words below: what speaks for comments where a page prints neither dates nor verbs."""

import textwrap

import pytest

from analyzer.readers import page
from analyzer.readers.tally import Tally

ARTICLE = "A lock for the canal\n\nThe board met on Monday.\n\nIt talked about gates and money.\n\n"
NOTICE = (
    "You are subscribed now to the letter that we send to all readers of this paper on the first Sunday of a month\n\n"
    "Rules of the union: the paper will use what you write here to be in touch with you, and for no other reason.\n"
)

Rows = list[tuple[str | None, str, str | None]]


def read(text: str) -> Rows:
    return [(one.author, one.text, one.parent_id) for one in page.read(ARTICLE + text, "page.txt", Tally())]


@pytest.mark.parametrize("name", ["Horst", "Guest", "O'Hara", "de la Vega", "Магда", "أمين"])
def test_a_lone_comment_counted_by_its_heading_needs_no_full_name(name: str) -> None:
    assert read(f"1 Comment\n\n  1. {name}\n\n    The gates leak.\n\n{NOTICE}") == [(name, "The gates leak.", None)]


def test_two_counted_comments_stand_over_a_long_notice() -> None:
    text = f"2 Kommentare\n\n  • Horst\n\n    Das Tor ist undicht.\n\n    • Gerda\n\n      Seit Jahren.\n\n{NOTICE}"
    assert read(text) == [("Horst", "Das Tor ist undicht.", None), ("Gerda", "Seit Jahren.", "c1")]


def test_a_list_shorter_than_its_heading_says_is_weighed_with_what_follows() -> None:
    assert read(f"7 Comments\n\n  • Gates\n\n    Of oak.\n\n  • Walls\n\n    Of brick.\n\n{NOTICE}") == []


TALK = "  • Horst\n\n    I knew it!\n\n  • Gerda\n\n    You did?\n\n  • Emil\n\n    Thanks for the news.\n\n"
TALK += "  • Frieda\n\n    The gates leak.\n\n  • Karl\n\n    My boat is stuck :(\n"
TALK_ROWS: Rows = [
    ("Horst", "I knew it!", None),
    ("Gerda", "You did?", None),
    ("Emil", "Thanks for the news.", None),
    ("Frieda", "The gates leak.", None),
    ("Karl", "My boat is stuck :(", None),
]


def test_people_who_talk_to_each_other_need_no_full_names() -> None:
    assert read(TALK) == TALK_ROWS


def test_a_line_with_a_colon_introduces_only_what_stands_right_below() -> None:
    assert read(f"See the plan:\n\n\n\n{TALK}") == TALK_ROWS
    assert read(f"They talked about:\n\n{TALK}") == []


@pytest.mark.parametrize("below", ["Reply", "2\n    Reply Share", "Up 2\n    Antworten"])
def test_reply_links_speak_for_names(below: str) -> None:
    said = ("The gates leak.", "The walls stand.", "The boats wait.", "The board sleeps.")
    rows = list(zip(("Horst", "Gerda", "emil_k", "Frieda"), said, strict=True))
    text = "".join(f"  • {name}\n\n    {body}\n\n    {below}\n\n" for name, body in rows)
    assert read(text) == [(name, body, None) for name, body in rows]
    assert read(text.replace(below, "Oak")) == []


def test_a_preposition_is_part_of_a_name_unless_most_names_have_one() -> None:
    said = ("The gates leak.", "The walls stand.", "The boats wait.")

    def names(*printed: str) -> list[str | None]:
        rows = zip(printed, said, strict=False)
        text = "".join(f"  • {name}\n    12 May 2019, 14:05\n\n    {body}\n\n    Reply\n\n" for name, body in rows)
        return [author for author, _, _ in read(text)]

    assert names("Von Stein", "von der Aue", "Gerda") == ["Von Stein", "von der Aue", "Gerda"]
    assert names("By George", "Gerda", "Emil") == ["By George", "Gerda", "Emil"]
    assert names("by George", "by Gerda", "by Emil") == ["George", "Gerda", "Emil"]
    assert names("von Gerda", "von Emil", "von Karl") == ["Gerda", "Emil", "Karl"]


def test_a_lone_name_behind_by_is_cut() -> None:
    assert read("1 Comment\n\nby Gerda\n12 May 2019, 14:05\n\nThe gates leak.\n\nReply\n") == [
        ("Gerda", "The gates leak.", None)
    ]
    assert read("1 Comment\n\nVon Stein\n12 May 2019, 14:05\n\nThe gates leak.\n\nReply\n") == [
        ("Von Stein", "The gates leak.", None)
    ]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        pytest.param(
            "Three things:\n\n    • oak\n    • iron\n    • grease\n", "Three things:\n\n• oak\n• iron\n• grease"
        ),
        pytest.param("Wanted:\n\n    - oak\n    - iron\n", "Wanted:\n\n- oak\n- iron", id="dashes"),
        pytest.param("* oak\n    * iron\n", "* oak\n* iron", id="stars, nothing above"),
        pytest.param("1. It leaks.\n    2. It creaks.\n", "1. It leaks.\n2. It creaks.", id="numbers in a bullet tree"),
    ],
)
def test_a_list_in_the_words_is_no_reply_and_replies_may_follow_it(words: str, text: str) -> None:
    tree = (
        f"  • Horst\n\n    {words}\n    • emil_k\n\n      You forgot the paint!\n\n  • Gerda Mann\n\n    I paint it.\n"
    )
    assert read(f"3 Comments\n\n{tree}") == [
        ("Horst", text, None),
        ("emil_k", "You forgot the paint!", "c1"),
        ("Gerda Mann", "I paint it.", None),
    ]


@pytest.mark.parametrize("name", ["Link", "Search", "Who?", "⚓⚓", "Tags"])
def test_an_odd_name_does_not_hide_the_answers_beside_it(name: str) -> None:
    tree = f"  • Horst Lang\n\n    Who pays?\n\n    • {name}\n\n      The town.\n\n      • Horst Lang\n\n        I see.\n\n"
    tree += "    • emil_k\n\n      Nobody!\n\n  • Gerda Mann\n\n    I paint it.\n"
    assert read(tree) == [
        ("Horst Lang", "Who pays?", None),
        (name, "The town.", "c1"),
        ("Horst Lang", "I see.", "c2"),
        ("emil_k", "Nobody!", "c1"),
        ("Gerda Mann", "I paint it.", None),
    ]


def test_an_odd_name_may_have_said_nothing() -> None:
    tree = "  • Horst Lang\n\n    Who pays?\n\n    • Who knows?\n  • Gerda Mann\n\n    I paint it.\n\n"
    tree += "    • Emil Ost\n\n      You do?\n"
    assert read(tree)[:2] == [("Horst Lang", "Who pays?", None), ("Who knows?", "", "c1")]
    numbered = "2 Comments\n\n  1. Horst\n\n    1. It leaks.\n    2. It creaks.\n\n  2. Gerda\n\n    I paint it.\n"
    assert read(numbered) == [("Horst", "1. It leaks.\n2. It creaks.", None), ("Gerda", "I paint it.", None)]


TREE = "  • Horst Lang\n\n    Who pays?\n\n    • emil_k\n\n      The town.\n\n      • Horst Lang\n\n        I see.\n\n"
TREE += "  • Gerda Mann\n\n    I paint it.\n"
TREE_ROWS: Rows = [
    ("Horst Lang", "Who pays?", None),
    ("emil_k", "The town.", "c1"),
    ("Horst Lang", "I see.", "c2"),
    ("Gerda Mann", "I paint it.", None),
]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"Related News\n\n\n{TREE}", id="the title of a menu that is gone"),
        pytest.param(f"Tags\n\n  • canal\n  • locks\n\n\n{TREE}", id="the words of a menu, in the same list"),
        pytest.param(f"4 Comments\n\nLatest News:\n\n{TREE}", id="the title of a menu under the heading"),
        pytest.param(f"{TREE}\n\n  • Home\n  • About us\n  • Privacy\n", id="a menu below, in the same list"),
    ],
)
def test_a_menu_beside_people_who_answer_is_cut_off(text: str) -> None:
    assert read(text) == TREE_ROWS


def test_empty_comments_at_the_end_are_no_menu() -> None:
    assert read(f"{TREE}\n  • Karl\n  • anna_b\n")[4:] == [("Karl", "", None), ("anna_b", "", None)]


def test_a_list_that_is_refused_is_not_read_in_part() -> None:
    inside = textwrap.indent(TREE, "    ")
    refused = f"  • A lock has two gates.\n\n    Both are of oak.\n\n{inside}\n  • The lower one is higher.\n\n    It leaks.\n"
    assert read(refused) == []


def test_many_odd_names_in_a_tree_beyond_doubt() -> None:
    odd = TREE.replace("Gerda Mann", "Parent").replace("emil_k", "Who?")
    odd += "\n  • Search\n\n    Nothing here!\n\n    • Horst Lang\n\n      Try again.\n\n      • Search\n\n        Thanks.\n"
    assert [author for author, _, _ in read(odd)] == [
        "Horst Lang",
        "Who?",
        "Horst Lang",
        "Parent",
        "Search",
        "Horst Lang",
        "Search",
    ]


@pytest.mark.parametrize(
    "between",
    ["Related Posts", "Ähnliche Beiträge", "Comments powered by Disqus", "blog comments powered by Disqus\n\nLatest"],
)
def test_a_heading_does_not_reach_past_what_ends_its_section(between: str) -> None:
    teasers = "  1. Locks Get Gates\n\n    March 1, 2024\n\n    They are of oak.\n\n"
    teasers += "  2. Board Votes Again\n\n    May 2, 2024\n\n    I knew you would ask.\n"
    assert read(f"2 Comments\n\n{between}\n\n{teasers}") == []


@pytest.mark.parametrize("name", ["Who?", "⚓⚓", "The Friends Of The Old Canal And Lock"])
def test_a_lone_numbered_comment_may_have_an_odd_name(name: str) -> None:
    assert read(f"1 Comment\n\n  1. {name}\n\n    It leaks.\n\nLeave a Reply\n") == [(name, "It leaks.", None)]


@pytest.mark.parametrize("words", ["It leaks.\n\n    It creaks.", "إنه يسرب الماء.\n\n    الخشب قديم."])
def test_a_lone_comment_without_a_name_stays_without(words: str) -> None:
    assert read(f"1 Comment\n\n  1. {words}\n\nLeave a Reply\n") == [(None, words.replace("\n    ", "\n"), None)]


@pytest.mark.parametrize("heading", ["1 Comment Already", "1 Antwort", "تعليق واحد"])
def test_headings_over_one_comment(heading: str) -> None:
    assert read(f"{heading}\n\n  1. Gerda Mann\n\n    It leaks.\n\nSearch\n") == [("Gerda Mann", "It leaks.", None)]


def test_two_sections_with_headings_of_their_own_are_both_read() -> None:
    one = "2 Facebook Comments\n\n  • Gerda Mann\n\n    It leaks.\n\n    • Emil Ost\n\n      It creaks.\n\n"
    two = "2 Comments\n\n  1. Horst Lang\n\n    Who pays?\n\n    1. Karl Roth\n\n      The town.\n\nLeave a Reply\n"
    first: Rows = [("Gerda Mann", "It leaks.", None), ("Emil Ost", "It creaks.", "c1")]
    assert read(one + two) == [*first, ("Horst Lang", "Who pays?", None), ("Karl Roth", "The town.", "c3")]
    assert read(one + one) == first
    assert len(read(one.replace("2 F", "9 F") + two)) == 2
