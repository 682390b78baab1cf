"""Text pages: invented pages of every layout, trees rendered at random, and what must never become a comment."""

import json
import random
import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.readers import page
from analyzer.readers.tally import Tally
from analyzer.schema import Comment

PAGES = Path(__file__).parent.parent / "data" / "pages"
CASES = sorted(path.stem for path in PAGES.glob("*.txt"))

Tree = list[tuple[str, str, "Tree"]]


def read(text: str, source: str = "page.txt") -> tuple[list[Comment], Tally]:
    tally = Tally()
    return list(page.read(text, source, tally)), tally


def plain(comment: Comment) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": comment.id,
        "parent": comment.parent_id,
        "author": comment.author,
        "text": comment.text,
        "created": comment.created.isoformat() if comment.created else None,
        "status": str(comment.status),
    }
    if "pingback" in comment.flags:
        row["pingback"] = True
    return row | dict(comment.extra)


def test_there_are_enough_invented_pages() -> None:
    assert len(CASES) >= 19


@pytest.mark.parametrize("case", CASES)
def test_invented_page(case: str) -> None:
    wanted = json.loads((PAGES / f"{case}.expected.json").read_text(encoding="utf-8"))
    found, tally = read((PAGES / f"{case}.txt").read_text(encoding="utf-8"), f"{case}.txt")
    assert [plain(comment) for comment in found] == wanted["comments"]
    assert tally.claimed.get(f"{case}.txt") == wanted["claimed"]
    assert {comment.thread_title for comment in found} <= {wanted["title"]}
    assert found or tally.notes


@pytest.mark.parametrize("case", CASES)
def test_line_ends_and_a_byte_order_mark_change_nothing(case: str) -> None:
    text = (PAGES / f"{case}.txt").read_text(encoding="utf-8")
    expected = [plain(comment) for comment in read(text)[0]]
    assert [plain(comment) for comment in read("\ufeff" + text.replace("\n", "\r\n"))[0]] == expected


FRONT_PAGE = """My garden
Spring is here
Posted by Anna on 3 May 2024
The tulips are out and I am happy. Read more
5 comments
Winter notes
Posted by Anna on 3 January 2024
Snow on the beds. Read more
2 comments
Autumn
Posted by Anna on 3 October 2023
Leaves everywhere. Read more
No comments
Older posts
"""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", "no comments found", id="an empty page"),
        pytest.param("\n\n \n", "no comments found", id="a blank page"),
        pytest.param("Title\n\nProse only.\n\nComments are closed.\n", "no comments found", id="closed comments"),
        pytest.param("Title\n\nProse.\n\ncomments powered by Disqus\n", "export them from Disqus", id="a Disqus page"),
        pytest.param("Title\n\nProse.\n\n7 Comments\n\nLeave a Reply\n", "claims 7", id="a heading without comments"),
        pytest.param(FRONT_PAGE, "claims 5", id="the front page of a blog"),
        pytest.param("Title\n\nProse.\n\nNo comments yet\n\n  • Home\n\n    Go home\n", "no comments", id="none yet"),
    ],
)
def test_a_page_without_comments_says_why(text: str, reason: str) -> None:
    found, tally = read(text)
    assert found == []
    assert any(reason in note for note in tally.notes)


@pytest.mark.parametrize(
    "listing",
    [
        pytest.param(
            "Ingredients\n\n  • Two Eggs\n\n    beaten\n\n  • Cold Milk\n\n    from the shop\n", id="ingredients"
        ),
        pytest.param(
            "There are three kinds:\n\n  • Wind Power\n\n    from the sea\n\n  • Water Power\n\n    from the hills\n",
            id="terms",
        ),
        pytest.param("  • Home\n  • About Us\n    • Our Team\n    • Jobs\n  • Contact\n", id="a menu"),
        pytest.param("  1. Smith, J. (2019). Floods. 4 May 2019.\n  2. Moss, C. Files. 3 May 2018.\n", id="footnotes"),
        pytest.param(
            "Recent Comments\n\n  • Ana Ruiz\n\n    I like it.\n\n  • tom_k\n\n    I do not.\n\n  • Ana Ruiz\n\n    Well.\n",
            id="recent comments",
        ),
        pytest.param(
            "By Ana Ruiz\nMay 3, 2019 at 10:00 am\n\nBy Tom Lee\nMay 4, 2019 at 11:00 am\n\nMore prose.\n", id="bylines"
        ),
        pytest.param(
            "10 Comments I Overheard\n\n  1. Nice hat\n\n    said the king\n\n  2. Go away\n\n    said the cat\n",
            id="a list",
        ),
        pytest.param(
            "“We sail,” Smith said.\n\nThe mayor said:\n\nWe do not sail before the storm is over.\n", id="speech"
        ),
        pytest.param("1. One rule.\n2. Another rule.\n\nComment\n", id="rules and the word comment"),
    ],
)
def test_an_article_is_never_a_comment(listing: str) -> None:
    article = "A title of some words\n\nThe council met for two hours and talked about boats, bridges and money.\n\n"
    found, _tally = read(
        f"{article}{listing}\nMore about it tomorrow, when the council meets again in the old town hall.\n"
    )
    assert found == []


def test_comments_are_read_inside_an_enclosing_list() -> None:
    text = "  • EN\n\n    • The crisis\n\n    2 Comments\n\n    1. Jo Lind, Do 9 Apr 2020 / 08:34 Antworten\n\n      One.\n\n"
    text += "      • Rob, Do 9 Apr 2020 / 20:50 Antworten\n\n        Two.\n\n    WRITE A COMMENT\n\n    1. Be kind.\n"
    found, _tally = read(text)
    assert [(one.author, one.text, one.parent_id) for one in found] == [
        ("Jo Lind", "One.", None),
        ("Rob", "Two.", "c1"),
    ]


def test_american_dates_are_read_month_first_where_the_page_says_so() -> None:
    text = "Title of it\n\nProse.\n\n2 Comments\n\n"
    text += "  1. Ann\n    3/09/15 8:12am\n\n    One.\n\n  2. Bob\n    3/29/15 8:12am\n\n    Two.\n"
    assert [one.created and one.created.month for one in read(text)[0]] == [3, 3]


NAMES = [
    "Ana Ruiz",
    "tomasz_k",
    "Old Sailor",
    "mr_fox",
    "Lee Park",
    "[deleted]",
    "Zoë",
    "Ирина Белова",
    "سمير",
    "1235711",
]
WORDS = [
    "boat",
    "bridge",
    "rain",
    "never",
    "council",
    "price",
    "because",
    "winter",
    "engine",
    "again",
    "ferry",
    "market",
    "morning",
    "why",
    "not",
]


def sentence(dice: random.Random) -> str:
    return " ".join(dice.choices(WORDS, k=dice.randint(3, 14))).capitalize() + dice.choice([".", "!", "?", "…", " :)"])


def grow(dice: random.Random, depth: int, most: int) -> Tree:
    count = dice.randint(1, most) if depth else dice.randint(3, most + 3)
    return [
        (
            dice.choice(NAMES),
            "\n\n".join(
                "\n".join(sentence(dice) for _ in range(dice.randint(1, 2))) for _ in range(dice.randint(1, 3))
            ),
            grow(dice, depth + 1, most - 1) if depth < 6 and most > 1 and dice.random() < 0.5 else [],
        )
        for _ in range(count)
    ]


def flat(tree: Tree, parent: int | None = None, rows: list[Any] | None = None) -> list[tuple[str, str, int | None]]:
    rows = [] if rows is None else rows
    for name, text, replies in tree:
        rows.append((name, text, parent))
        flat(replies, len(rows) - 1, rows)
    return rows


def render(tree: Tree, form: str, depth: int = 0) -> str:
    """The tree as a text tool writes it: bullets without dates, or numbers with a verb, a date and a reply link."""
    out, margin = "", "  " * (depth + 1)
    for n, (name, text, replies) in enumerate(tree, 1):
        body = "".join(f"{margin}  {line}\n" if line else "\n" for line in text.split("\n"))
        if form == "bullets":
            out += f"{margin}• {name}\n\n{body}\n{render(replies, form, depth + 1)}"
        elif form == "says":
            head = f"{margin}{n}. {name} says:\n{margin}  {n} May 2019 at 10:0{n % 10} am\n"
            out += f"{head}\n{body}\n{margin}  Reply\n{render(replies, form, depth + 1)}"
        else:
            out += f"{margin}{n}. {name} May {n}, 2019 at 9:41 pm Reply\n\n{body}\n{render(replies, form, depth + 1)}"
    return out


BEFORE = [
    "  • Home\n  • About\n    • Team\n\n",
    "Recent Comments\n\n  • Ann on Boats\n  • Bob on Bridges\n\n",
    "Share\n0\n\n",
]
AFTER = [
    "Share this:\n\n  • Print\n  • Mail\n",
    "Leave a Reply\n\nYour email address will not be published.\n",
    "Copyright 2019\n",
]


@given(seed=st.integers(0, 10**9), form=st.sampled_from(["bullets", "says", "dated"]))
def test_a_tree_rendered_with_random_surroundings_is_recovered_exactly(seed: int, form: str) -> None:
    dice = random.Random(seed)
    tree = grow(dice, 0, 3)
    rows = flat(tree)
    article = "The ferry will stop\n\nThe council met for two hours and talked about boats, bridges and money.\n\n"
    # Three names in a flat list without any heading might as well be an article's list of terms: that is left alone
    headed = form != "bullets" or len(rows) < 4 or dice.random() < 0.5
    heading = f"{len(rows)} Comments\n\n" if headed else ""
    text = "".join(dice.sample(BEFORE, dice.randint(0, 3))) + article + heading + render(tree, form)
    text += "".join(dice.sample(AFTER, dice.randint(1, 3)))
    found, _tally = read(text)
    assert [(one.author, one.text, one.parent_id) for one in found] == [
        (name, body, None if parent is None else f"c{parent + 1}") for name, body, parent in rows
    ]


@given(st.text(alphabet="•1. \n-abZ:,0M(ا–says@", max_size=400))
def test_any_text_is_read_without_an_error(text: str) -> None:
    found, tally = read(text)
    assert found or tally.notes
    assert all(one.parent_id is None or re.fullmatch(r"c\d+", one.parent_id) for one in found)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param("Title\n\n  • Ana\n\n    Hello\n", True, id="a bullet"),
        pytest.param("x\n12 Comments\n", True, id="a heading"),
        pytest.param("hello", False, id="one word"),
    ],
)
def test_looks_like_page(text: str, wanted: bool) -> None:
    assert page.looks_like_page(text) is wanted


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("says: " * 20_000, id="verbs in one line"),
        pytest.param(("says: " * 25 + "\n") * 2_000, id="verbs in many lines"),
        pytest.param((" " * 2000 + "• x\n") * 100, id="bullets far to the right"),
        pytest.param("".join(" " * (2 * n) + f"• user{n}\n\n" for n in range(1, 700)), id="a very deep tree"),
        pytest.param("1.1.1.1 " * 30_000, id="numbers that are no dates"),
        pytest.param("a" * 500_000, id="one long word"),
    ],
)
def test_hostile_text_is_read_in_time(text: str) -> None:
    start = time.process_time()
    found, tally = read(text)
    assert time.process_time() - start < 10
    assert found or tally.notes


_OPINION = (
    "I lived beside that quay for thirty years and never once saw the sluice opened in time, so spare us the talk."
)
_PROFILE = (
    f"Profile: Marta K.\n\n  • The sluice that was never opened\n    • {_OPINION} {_OPINION}\n\n"
    f"  • Who pays for the new quay?\n    • {_OPINION} {_OPINION}\n      A second paragraph.\n    • {_OPINION} {_OPINION}\n"
)


def test_a_profile_page_is_one_persons_comments_under_their_articles() -> None:
    comments, _ = read(_PROFILE)
    assert [comment.thread_id for comment in comments] == [
        "The sluice that was never opened",
        *["Who pays for the new quay?"] * 2,
    ]
    assert all(comment.thread_title == comment.thread_id for comment in comments)
    assert {(comment.author, comment.parent_id) for comment in comments} == {("Marta K.", None)}
    assert comments[1].text.endswith("so spare us the talk.\nA second paragraph.")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(_PROFILE.replace(f"{_OPINION} {_OPINION}", "A short point of an outline."), id="an outline"),
        pytest.param(_PROFILE.replace("Profile: Marta K.", f"{_OPINION} {_OPINION}"), id="a list within an article"),
        pytest.param(_PROFILE.replace("opened\n", "opened:\n"), id="an enumeration"),
        pytest.param("\n".join(_PROFILE.split("\n")[:4]), id="one title alone"),
        pytest.param(_PROFILE.replace("Who pays for the new quay?", "Contact"), id="a menu"),
    ],
)
def test_titles_with_texts_are_no_profile(text: str) -> None:
    comments, tally = read(text)
    assert comments == []
    assert tally.notes
