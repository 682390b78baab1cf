"""Words of comments that look like what pages print around comments: heads, ends, notes, numbers. All pages are invented."""

import time
from collections.abc import Callable

import pytest

from analyzer.readers import page
from analyzer.readers.page_dates import find_stamps
from analyzer.readers.page_draft import Draft, Place, to_comments
from analyzer.readers.page_words import is_pending, is_reply_note
from analyzer.readers.tally import Tally
from analyzer.readers.withheld import read_withheld
from analyzer.schema import Comment

ARTICLE = (
    "A ferry for the north\n\nThe council met for two hours.\n\nIt talked about boats, bridges and what they cost.\n\n"
)
Row = tuple[str | None, str]


def read(text: str) -> list[Comment]:
    return list(page.read(text, "page.txt", Tally()))


def rows(text: str) -> list[Row]:
    return [(one.author, one.text) for one in read(text)]


def head(n: int) -> str:
    return f"Ana{n} May {n}, 2019 at 10:00 am\n\n"


def dated(*texts: str) -> str:
    return f"{ARTICLE}{len(texts)} Comments\n\n" + "".join(f"{head(n)}{text}\n\n" for n, text in enumerate(texts, 1))


def linked(*texts: str) -> str:
    return dated(*(f"{text}\n\nReply" for text in texts))


def says(*texts: str) -> str:
    return f"{ARTICLE}{len(texts)} Comments\n\n" + "".join(
        f"Ana{n} says:\nMay {n}, 2019 at 10:00 am\n\n{text}\n\nReply\n\n" for n, text in enumerate(texts, 1)
    )


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param(
            ("In response to your question, yes, it runs every day.", "Fine."), id="like a note on the answered"
        ),
        pytest.param(("Antwort auf die Frage: nein.", "Fine."), id="like such a note, with a colon"),
        pytest.param(("Why is my first comment still awaiting moderation?", "Fine."), id="like a note on moderation"),
        pytest.param(("Congratulations!", "Congratulations!", "Congratulations!", "At last."), id="alike"),
        pytest.param(
            ("One.", "I wrote to them 3 days ago\n\nNo answer.", "Fine."), id="with a line that ends in a date"
        ),
        pytest.param(("One.", "Fine.", "Copyright law forbids it."), id="like a footer"),
        pytest.param(("One.", "Fine.", "Trending is the wrong word, friends.\n\nSo there."), id="like a menu"),
        pytest.param(("One.", "Fine words.\n\n- Tom"), id="signed with a dash"),
        pytest.param(("One.", "Take with you:\n\n- rope\n- knife\n- lamp\n- bread\n\nAnd a friend."), id="with a list"),
        pytest.param(("Three things:\n- rope\n* knife\n05. lamp", "Fine."), id="with markers of their own"),
    ],
)
@pytest.mark.parametrize("form", [dated, linked])
def test_words_are_kept(form: Callable[..., str], texts: tuple[str, ...]) -> None:
    found = read(form(*texts))
    assert [one.text for one in found] == list(texts)
    assert {str(one.status) for one in found} == {"visible"}


def test_end_words_in_a_comment_do_not_end_the_comments() -> None:
    text = dated("Share this with everyone you know!", "One.", "Two.").replace("3 Comments", "Comments")
    assert [one.text for one in read(text)] == ["Share this with everyone you know!", "One.", "Two."]
    below = f"{text}Leave a Reply\n\nRecent posts\n\n{head(9)}A menu.\n"
    assert len(read(below)) == 3


def test_what_others_said_in_a_comment_is_no_comment() -> None:
    texts = ("My mother always said:\n\nNever trust a boat.", "Ana1 said:\n\nNever trust.\n\nWell, I do.", "Fine.")
    assert rows(says(*texts)) == [(f"Ana{n}", text) for n, text in enumerate(texts, 1)]


def test_replies_further_right_at_the_margin_are_replies() -> None:
    text = f"{ARTICLE}3 Comments\n\nAna says:\nMay 3, 2019 at 10:00 am\n\nOne.\n\nReply\n\n"
    text += "    Tom says:\n    May 3, 2019 at 11:00 am\n\n    Two.\n\n    Reply\n\n"
    text += "Eve says:\nMay 4, 2019 at 10:00 am\n\nThree.\n\nReply\n"
    assert [(one.author, one.text, one.parent_id) for one in read(text)] == [
        ("Ana", "One.", None),
        ("Tom", "Two.", "c1"),
        ("Eve", "Three.", None),
    ]


def test_a_number_alone_is_a_comment_among_numbers_of_likes() -> None:
    texts = ("How many?\n12", "42", "Never.\n3", "I see.\n7")
    text = f"{ARTICLE}4 Comments\nSort by\n\n" + "".join(
        f"@user{n}\n2 years ago\n{words}\nReply\n\n" for n, words in enumerate(texts, 1)
    )
    assert [one.text for one in read(text)] == ["How many?", "42", "Never.", "I see."]


def test_a_heading_without_a_title_is_read() -> None:
    assert read(f"{ARTICLE}5 Comments on | My Blog\n\n  • Ana\n\n    Hi?\n") == []


def test_the_title_in_a_heading_begins_after_a_whole_word() -> None:
    found = read(dated("One.", "Two.").replace("2 Comments", '2 Comments about "The ferry"'))
    assert {one.thread_title for one in found} == {"The ferry"}


def test_a_file_may_begin_with_its_heading() -> None:
    assert [one.text for one in read(dated("One.", "Two.").removeprefix(ARTICLE))] == ["One.", "Two."]


@pytest.mark.parametrize("words", ["Seit Version 1.14.22 geht es.", "Das kostet 10-15-20 Euro."])
def test_numbers_in_a_comment_do_not_change_its_date(words: str) -> None:
    text = f"{ARTICLE}2 Kommentare\n\n  1. Ana sagt:\n    3.5.2019 um 10:00\n\n    {words}\n\n"
    text += "  2. Tom sagt:\n    4.5.2019 um 10:00\n\n    Zwei.\n"
    assert [one.created and (one.created.month, one.created.day) for one in read(text)] == [(5, 3), (5, 4)]


@pytest.mark.parametrize("mark", ["\u200b", "\u200e", "\u202b", "\ufeff"])
def test_marks_without_width_belong_to_no_name(mark: str) -> None:
    text = f"{ARTICLE}2 Comments\n\n" + "".join(
        f"{mark}Ana{n}\n{mark}May {n}, 2019 at 10:00 am\n{mark}\nWords.\n\n" for n in (1, 2)
    )
    assert rows(text) == [("Ana1", "Words."), ("Ana2", "Words.")]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Anh Le May 3, 2019 at 10:00 am", "Anh Le"),
        ("Minh Do · 3 May 2019", "Minh Do ·"),
        ("Kim So 3 May 2019", "Kim So"),
        ("RisingSun May 3, 2019", "RisingSun"),
        ("LaMar 3 May 2019 at 10:00", "LaMar"),
        ("Ana On May 3, 2019", "Ana"),
        ("Ana Do. 9 Apr 2020", "Ana"),
        ("2019-05-30T12:00:00.000Z", ""),
        ("2019-05-30T12:00:00-02:00", ""),
    ],
)
def test_a_date_takes_no_part_of_a_name(line: str, name: str) -> None:
    stamp = find_stamps(line)[0]
    assert line[: stamp.start].strip() == name
    assert line[stamp.end :] == ""


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("In reply to Old trees by Ana", True),
        ("In reply to Why, oh why? by Ana (not verified)", True),
        ("In reply to Ana R.", True),
        ("In reply to Ana, 3 May 2019 at 10:00", True),
        ("In response to your question, yes, it does.", False),
    ],
)
def test_a_note_on_whom_a_reply_answers(line: str, wanted: bool) -> None:
    assert is_reply_note(line) is wanted


def test_a_note_on_moderation_may_go_on() -> None:
    assert is_pending("Your comment is awaiting moderation. This is a preview; it will be visible once approved.")
    assert not is_pending("Still awaiting moderation?")


@pytest.mark.parametrize(
    "text", ["The message was hidden for years.", "This reply is blocked as far as I know", "Entfernt"]
)
def test_words_about_removal_are_words(text: str) -> None:
    assert read_withheld(text) is None


def test_an_id_on_the_page_is_given_to_no_other_comment() -> None:
    drafts = [Draft(author="a", text="x", id="c2"), Draft(author="b", text="y"), Draft(author="c", text="z", id="c2")]
    ids = [one.id for one in to_comments(drafts, Place(source="s", thread_id="t"))]
    assert ids[0] == "c2"
    assert len(set(ids)) == 3


def test_a_reply_by_a_namesake_keeps_its_author() -> None:
    text = f"{ARTICLE}3 Comments\n\n  • Lee\n\n    I say so?\n\n    • Ann Lee\n\n      Me too.\n\n  • Bo\n\n    Hm.\n"
    assert [one.author for one in read(text)] == ["Lee", "Ann Lee", "Bo"]


def post(n: int, author: str) -> str:
    return (
        f"{author[0].upper()}\n{author}\nWell-Known Member\nJoined\nJan 7, 2017\nMessages\n123\nNov 2, 2026\n#{n}\n"
        f"Words {n}.\n\nLike Quote Reply\n\n"
    )


TOPICS = "".join(
    f"{title}\nbo\nOct 2, 2026\nRepairs\nReplies\n4\nViews\n1K\nOct 3, 2026\ntom\n\n" for title in ("A keel", "A deck")
)


@pytest.mark.parametrize(
    ("text", "authors"),
    [
        pytest.param(post(1, "oldsalt") + post(2, "gina") + post(3, "eve"), ["oldsalt", "gina", "eve"], id="initials"),
        pytest.param(
            post(1, "oldsalt") + post(2, "gina") + f"Similar threads\n\n{TOPICS}", ["oldsalt", "gina"], id="topics"
        ),
        pytest.param(
            post(1, "oldsalt") + post(2, "gina") + post(4, "eve") + post(5, "bo"),
            ["oldsalt", "gina", "eve", "bo"],
            id="a hidden post",
        ),
        pytest.param(f"#7\n\n{post(1, 'oldsalt')}{post(2, 'gina')}", ["oldsalt", "gina"], id="a number above"),
    ],
)
def test_posts_of_a_thread(text: str, authors: list[str]) -> None:
    assert [one.author for one in read(f"Forums\n\nA hatch that drips\n\n{text}")] == authors


def test_words_of_a_post_are_no_field_about_its_author() -> None:
    bodies = ("Hello all.\nFrom: Kiel to Oslo takes how long?", "Two days.")
    text = "Forum\nRepairs\n\n" + "".join(
        f"02.11.2026, 21:1{n} #{n}\nuser{n}\nView Profile\nSenior Member\nPosts\n123\n{body}\n\nReply With Quote\n\n"
        for n, body in enumerate(bodies, 1)
    )
    assert [one.text for one in read(text)] == list(bodies)


def test_words_over_buttons_are_no_badge_and_no_trade() -> None:
    said = [("Ana Ruiz", "Works at my end too."), ("Admin", "We fixed it."), ("Eve Lin", "New"), ("Bo Li", "Fine")]
    text = "Town\nMost relevant\n" + "".join(f"{name}\n{words}\n2h\nLike\nReply\n" for name, words in said)
    assert rows(text) == said


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x\n\n" + "2019-05-03 Reply\n" * 1500, id="dates with links"),
        pytest.param(
            "Blog\n" + "".join(f"Entry {n}\nWords of it.\n{n} comments\n" for n in range(1, 900)), id="an index"
        ),
    ],
)
def test_long_pages_are_read_in_time(text: str) -> None:
    start = time.process_time()
    read(text)
    assert time.process_time() - start < 15
