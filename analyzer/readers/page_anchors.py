"""Heads of comments at the margin, and which of them belong together: those of one column and one form."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from analyzer.readers import page_words as words
from analyzer.readers.page_dates import Stamp
from analyzer.readers.page_heads import looks_like_name
from analyzer.readers.page_lines import Line, Page

_MOST = 0.6  # share of heads that must show a form before others are taken for words of a comment
_NAMED = 0.8  # share of heads that must have a name before titles and sentences are


@dataclass(frozen=True, slots=True)
class Anchor:
    """The head of one comment: its first and last line, column, author, date."""

    top: int
    bottom: int
    column: int
    author: str
    stamp: Stamp | None
    kind: tuple[str, bool]
    verb: str = ""  # "says:", "said..."
    twice: Line | None = None  # the name once more, above the head
    answers: str | None = None
    over: Line | None = None  # the only other line above the date: the author, if the name is the one answered

    @property
    def form(self) -> tuple[str, str]:
        """What the heads of a page share: the verb, and how a date is printed."""
        if self.stamp is None:
            return self.verb, ""
        return self.verb, "relative" if self.stamp.relative else "clock" if self.stamp.clock else "day"


def choose_anchors(page: Page, group: Sequence[Anchor]) -> list[Anchor]:
    """The heads of a group that are heads: not the lines like them within comments, nor those of another column."""
    kept = _of_one_column(group)
    authors = words.cut_prepositions([anchor.author for anchor in kept])
    kept = [replace(anchor, author=author) for anchor, author in zip(kept, authors, strict=True)]
    return _with_addressees(_spoken(kept) if group[0].kind[0] == "says" else _dated(page, kept))


def _of_one_column(group: Sequence[Anchor]) -> list[Anchor]:
    """The heads at the commonest column and, for lists and for replies of the same form, right of it."""
    common = Counter(anchor.column for anchor in group).most_common(1)[0][0]
    usual = Counter(anchor.form for anchor in group if anchor.column == common).most_common(1)[0][0]
    nested = group[0].kind[1]
    kept: list[Anchor] = []
    for anchor in group:
        reply = nested or (bool(kept) and anchor.form == usual)
        if anchor.column == common or (reply and anchor.column > common):
            kept.append(anchor)
    # A name signed under one comment is no part of the next one's head, unless all heads have it
    if sum(anchor.twice is not None for anchor in kept) < 0.8 * len(kept):
        return kept
    return [replace(one, top=one.twice.n, author=one.twice.text) if one.twice else one for one in kept]


def _spoken(group: Sequence[Anchor]) -> list[Anchor]:
    """Without "My mother said:" in somebody's words: another verb, no date where there are dates, right under a head."""
    kept = _usual(_usual(group, lambda anchor: anchor.verb), lambda anchor: anchor.stamp is not None)
    return [anchor for at, anchor in enumerate(kept) if not at or anchor.top > kept[at - 1].bottom + 1]


def _usual(group: Sequence[Anchor], look: Callable[[Anchor], object]) -> list[Anchor]:
    """The heads that look as most do; all of them if none is usual, or if what is usual is to look like nothing."""
    look_of_most, times = Counter(map(look, group)).most_common(1)[0]
    if not look_of_most or times < _MOST * len(group):
        return list(group)
    return [anchor for anchor in group if look(anchor) == look_of_most]


def _dated(page: Page, group: Sequence[Anchor]) -> list[Anchor]:
    """Without "I wrote to them 3 days ago" in somebody's words.

    Recent comments may have other dates than old ones, and pingbacks no names: such a head has to stand where a comment
    can end, below words and, where reply links end comments, below such a link.
    """
    form, times = Counter(anchor.form for anchor in group).most_common(1)[0]
    usual = form if times >= _MOST * len(group) else None
    named = sum(looks_like_name(anchor.author) for anchor in group) >= _NAMED * len(group)
    linked = sum(_has_link_above(page, anchor) for anchor in group[1:]) >= _MOST * (len(group) - 1)
    kept: list[Anchor] = []
    for anchor in group:
        odd = (usual and anchor.form != usual) or (named and not looks_like_name(anchor.author))
        above = page.before(anchor.top, 1)
        wordless = kept and above and above[0].n <= kept[-1].bottom
        if not (odd and kept and (wordless or (linked and not _has_link_above(page, anchor)))):
            kept.append(anchor)
    return kept


def _has_link_above(page: Page, anchor: Anchor) -> bool:
    return any(words.has_reply_link(line.text) for line in page.before(anchor.top, 3))


def _with_addressees(group: Sequence[Anchor]) -> list[Anchor]:
    """The heads with whom they answer cut off the author: "Ana @Tom", "Ana in reply to Tom", or "Ana" over "Tom"."""
    seen: set[str] = set()
    found: list[Anchor] = []
    for anchor in group:
        author, answers = words.cut_addressee(anchor.author)
        if answers in seen:
            anchor = replace(anchor, author=author, answers=answers)
        elif anchor.over and anchor.author in seen and looks_like_name(anchor.over.text):
            anchor = replace(anchor, author=anchor.over.text, top=anchor.over.n, answers=anchor.author)
        seen.add(anchor.author)
        found.append(anchor)
    return found
