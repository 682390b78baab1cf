"""Pages without comments that look as if they had some: lists of articles, opinions, teasers, programmes, interviews."""

import pytest

from analyzer.readers import html, page
from analyzer.readers.tally import Tally

ARTICLES = [
    ("On wheels", "Jane Poole", "3 May 2021 10:12", "Old wheels turn slowly, and you can hear them."),
    ("On bread", "Tom Reed", "5 May 2021 11:40", "I baked forty loaves!"),
    ("On water", "Jane Poole", "9 May 2021 09:00", "It rained. Why?"),
    ("On fish", "Lee Wong", "12 May 2021 08:30", "My favourite soup."),
]
HEAD = "Mill Gazette\n\n  • Home\n  • News\n  • About\n\n"
FOOT = "\n  • Imprint\n  • Privacy\n\n© 2023 Mill Gazette\n"


def _listed(form: str) -> str:
    return "".join(form.format(t=t, a=a, d=d, x=x, n=n) for n, (t, a, d, x) in enumerate(ARTICLES, 1))


TEXTS = {
    "a blog's articles, each with its number of comments": _listed(
        "{t}\n\nPosted on {d} by {a}\n\n{x}\n\n{n} Comments\n\n"
    ),
    "the number of comments before the next title": _listed("{t}\n\nBy {a} on {d}\n\n{x}\n\n1 Comment\n\n"),
    "opinions of a newspaper": "Kommentare\n\n"
    + _listed("  • {t}\n\n    Ein Kommentar von {a}\n\n    {d}\n\n    {x}\n\n"),
    "opinions at the margin": "Kommentare\n\n" + _listed("{t}\n\nEin Kommentar von {a}\n\n{d}\n\n{x}\n\n"),
    "teasers with links to read on": _listed("  • {t} {a}, {d}\n\n    {x}\n\n    Read more\n\n"),
    "titles with teasers": "Articles by Jane Poole\n\n" + _listed("  • {t}\n\n    3 May 2021\n\n    {x}\n\n"),
    "dates over titles, comments counted below": _listed("{d}\n\n{t}\n\n{x}\n\nКомментарии: {n}\n\n"),
    "a programme": "Programme\n\n" + _listed("  • {n}:00 {a}\n\n    You will love it!\n\n"),
    "an interview": "Two bakers\n\nJane says:\n\nI love bread.\n\nTom says:\n\nYou do?\n\nAnd then they laughed until noon.\n",
    "videos, their comments turned off": "Baking\n\n57 Comments\n\nComments are turned off.\n\nUp next\n\n"
    + _listed("  • {t}\n\n    {a}\n\n    12K views\n\n    3 days ago\n\n"),
    "teasers under a number of comments": "Baking at home\n\n7 Comments\n\nLog in to comment\n\n"
    + _listed("  • {t} that turn\n\n    The story of a mill in the north.\n\n"),
}


def _markup(text: str) -> str:
    """The text as paragraphs and lists."""
    parts: list[str] = []
    for block in filter(None, text.split("\n\n")):
        marked = block.startswith("  •")
        parts.append(f"<p>{block.strip(' •')}</p>" if not marked else f"<ul><li>{block.strip(' •')}</li></ul>")
    return f"<html><body>{''.join(parts)}</body></html>"


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_no_comments_in_a_text(text: str) -> None:
    tally = Tally()
    assert not list(page.read(HEAD + text + FOOT, "page.txt", tally))
    assert tally.notes


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_no_comments_in_a_saved_page(text: str) -> None:
    assert not list(html.read(_markup(HEAD + text + FOOT).encode(), "page.html", Tally()))


def test_two_sections_of_comments_are_no_list_of_articles() -> None:
    one = "2 Comments\n\nAna Ruiz\n4 March 2021 at 09:12\n\nWho pays?\n\nReply\n\n"
    one += "t_k\n5 March 2021 at 07:09\n\nThe town.\n\nReply\n\n"
    two = "1 Comment\n\nLee Wong\n6 March 2021 at 10:00\n\nIt never comes.\n\nReply\n\n"
    comments = list(page.read(HEAD + "A ferry for the north\n\n" + one + two + FOOT, "page.txt", Tally()))
    assert [c.author for c in comments][:2] == ["Ana Ruiz", "t_k"]
