"""Names and words alone under a counted heading: read where as many names stand there as the heading claims."""

import pytest

from analyzer.readers import page
from analyzer.readers.tally import Tally

ARTICLE = (
    "A lock for the canal\n\n"
    + "The board met on Monday and talked for hours about gates, walls and money. " * 2
    + "\n\n"
)
NAMED = "Horst Lang\n\nIt leaks.\n\nemil_k\n\nIt creaks.\n\nAnd it sticks.\n\nGerda Mann\n\nWe paint it.\n\n"


def read(text: str) -> list[tuple[str | None, str]]:
    return [(one.author, one.text) for one in page.read(text, "page.txt", Tally())]


WANTED = [("Horst Lang", "It leaks."), ("emil_k", "It creaks.\n\nAnd it sticks."), ("Gerda Mann", "We paint it.")]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"3 Comments\n\n{NAMED}Leave a Reply\n", id="a gap under the names"),
        pytest.param("3 Kommentare\n\n" + NAMED.replace("g\n\nIt", "g\nIt").replace("k\n\nIt", "k\nIt"), id="no gap"),
        pytest.param(
            "3 comentarios\n\n" + NAMED.replace(".\n\n", ".\n\nResponder\n\n", 1), id="a link under the first"
        ),
    ],
)
def test_as_many_names_as_the_heading_claims(text: str) -> None:
    assert read(ARTICLE + text) == WANTED


def test_one_name_needs_a_reply_link() -> None:
    lone = "1 Comment\n\nHorst Lang\n\nIt leaks.\n\n"
    assert read(f"{ARTICLE}{lone}Reply\n\nLeave a Reply\n") == [("Horst Lang", "It leaks.")]
    assert read(f"{ARTICLE}{lone}Leave a Reply\n") == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{ARTICLE}4 Comments\n\n{NAMED}Leave a Reply\n", id="a name short of the claim"),
        pytest.param(f"A lock\n\n3 Comments\n\n{NAMED}", id="a counter over the article"),
        pytest.param(f"{ARTICLE}3 Comments\n\nIt is old.\n\n{NAMED}", id="words over the first name"),
        pytest.param(
            f"{ARTICLE}2 Comments\n\nWind Power\n\nNora Feld\n\nFrom the sea.\n\nNo comments yet\n",
            id="a title, an author",
        ),
        pytest.param(f"{ARTICLE}3 Comments\n\n{NAMED}5 Comments\n\nMore\n", id="beginnings of articles"),
    ],
)
def test_other_lines_under_a_number_are_no_comments(text: str) -> None:
    assert read(text) == []
