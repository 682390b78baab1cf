"""Comments on a profile page: one person's comments, each under the title of the article it was written on."""

import re
from collections.abc import Sequence
from statistics import median

from analyzer.readers import page_words as words
from analyzer.readers.page_lines import Item, Line, Page
from analyzer.readers.page_section import Section, Surroundings, read_body

_PERSON = re.compile(
    r"(?:profile(?: of|:)?|(?:all |recent )?comments (?:by|from|of)) (?P<name>\S.{0,39})|(?P<owner>\S.{0,39})['’]s comments",
    re.IGNORECASE,
)
_PROSE = 150  # characters of a comment at the least, in the middle of them all: an outline has shorter points
_ASIDE = 60  # lines outside the list are menu lines; longer ones are an article, and the list is a part of it


def find_profile(page: Page, _around: Surroundings) -> list[Section]:
    """The page as one section, if it is nothing but titles with prose under each."""
    tops = [item for siblings in page.lists for item in siblings if item.parent is None]
    if len(tops) < 2 or not all(map(_is_title, tops)):
        return []
    comments = [(top, comment) for top in tops for comment in top.children]
    lengths = [len(" ".join(line.text for line in _own(comment))) for _, comment in comments]
    if median(lengths) < _PROSE or _is_article(page, tops):
        return []
    person = next((name for line in page.lines[: tops[0].first.n] if (name := _person(line.text))), None)
    drafts = [read_body(_own(comment), None, linked=False) for _, comment in comments]
    for draft, (top, _) in zip(drafts, comments, strict=True):
        draft.author, draft.article = person, top.first.text
    return [Section(first=tops[0].first.n, last=tops[-1].last, drafts=drafts, layout="profile")]


def _is_title(top: Item) -> bool:
    """True for one line that is a title, with items under it and nothing else."""
    text = top.first.text
    return (
        bool(top.children)
        and not top.lines
        and top.first.bullet
        and 3 <= len(text.split()) <= 30
        and not text.endswith((":", ";", ","))
        and len({child.column for child in top.children}) == 1
    )


def _own(comment: Item) -> list[Line]:
    inside = [line for item in comment.walk() for line in (item.first, *item.lines)]
    first = inside[0]
    return [Line(first.n, first.column, first.text), *inside[1:]]


def _is_article(page: Page, tops: Sequence[Item]) -> bool:
    """True if sentences stand outside the list."""
    inside = {n for top in tops for n in range(top.first.n, top.last + 1)}
    return any(len(line.text) > _ASIDE and not words.is_links(line.text) for line in page.lines if line.n not in inside)


def _person(line: str) -> str | None:
    match = _PERSON.fullmatch(line.strip())
    return (match["name"] or match["owner"]).strip() if match else None
