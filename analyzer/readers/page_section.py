"""A comment section found on a text page, and the context that makes a block of lines one: heading, menu title, end."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from analyzer.readers import page_words as words
from analyzer.readers.page_draft import Draft
from analyzer.readers.page_heads import Head, lone_stamp
from analyzer.readers.page_lines import Line, Page
from analyzer.readers.page_words import Heading

_HEADING_REACH = (
    6  # non-blank lines between a heading and the first comment: "Comments are closed", "← Older comments", …
)


@dataclass(slots=True, kw_only=True)
class Section:
    """Comments of one block, first and last line, its heading if any; `sure`: reply links or verbs speak for it."""

    first: int
    last: int
    drafts: list[Draft]
    layout: str
    heading: Heading | None = None
    sure: bool = False

    @property
    def rank(self) -> tuple[bool, bool, int]:
        return self.heading is not None, self.sure, len(self.drafts)


def join_sections(sections: Sequence[Section]) -> Section:
    """The first section, with all others that stand apart and hold what headings of their own claim: a script's, a site's."""
    whole, said = [sections[0]], _said(sections[0])
    for one in sections[1:] if _is_whole(sections[0]) else ():
        apart = all(one.last < two.first or one.first > two.last for two in whole)
        if apart and _is_whole(one) and said.isdisjoint(_said(one)):
            whole.append(one)
            said |= _said(one)
    if len(whole) == 1:
        return sections[0]
    drafts: list[Draft] = []
    for section in sorted(whole, key=lambda section: section.first):
        before = len(drafts)
        drafts += (replace(one, parent=None if one.parent is None else one.parent + before) for one in section.drafts)
    return replace(
        sections[0],
        first=min(section.first for section in whole),
        last=max(section.last for section in whole),
        drafts=drafts,
        heading=Heading(len(drafts), True, sections[0].heading.title if sections[0].heading else None),
    )


def _said(section: Section) -> set[tuple[str | None, str]]:
    return {(draft.author, draft.text) for draft in section.drafts}


def _is_whole(section: Section) -> bool:
    return section.heading is not None and section.heading.comment and section.heading.count == len(section.drafts)


@dataclass(frozen=True)
class Surroundings:
    """What the lines above and below a block say."""

    page: Page

    @cached_property
    def titles(self) -> frozenset[str]:
        """Keys of all lines that could be the title a heading quotes; prepared once, for the few pages that need it."""
        plain = (line.text for line in self.page.lines if 0 < len(line.text) <= words.MAX_LINE)
        return frozenset(title_key(text) for text in plain if not words.read_heading(text))

    def heading_above(self, n: int) -> tuple[Heading, int] | None:
        """The heading a block at line `n` stands under, and its line; short lines and links may stand between."""
        for line in self.page.before(n, _HEADING_REACH):
            if words.says_none(line.text) or words.closes_heading(line.text):
                return None
            heading = self.accept(line)
            if heading:
                return None if heading.count == 0 else (heading, line.n)
            if len(line.text) > 60 and not words.is_links(line.text) and not words.ends_section(line.text):
                return None
        return None

    def accept(self, line: Line) -> Heading | None:
        """The heading a line is; one that goes on must quote the page's own title, else it is a list in an article."""
        heading = words.read_heading(line.text)
        if heading is None:
            return None
        if heading.title is not None and not self.page.before(line.n, 1):
            return None  # the page's own title
        if line.marked and not heading.comment:
            return None  # a category in a menu: "Opinie (6)"
        if heading.title is None:
            return heading
        quoted = heading.title[0] in "“”„\"«‚‘'‹「" or (heading.comment and heading.title[-1] in "”“\"»'")
        return heading if quoted or title_key(heading.title) in self.titles else None

    def under_menu(self, n: int) -> bool:
        """True if the line above is the title of a menu or list that is never comments."""
        return any(words.is_menu_title(line.text) for line in self.page.before(n, 1))

    def ended_below(self, n: int) -> bool:
        """True if the page ends after line `n`, or goes on with what follows comments."""
        below = self.page.after(n, 2)
        return not below or any(words.ends_section(line.text) for line in below)

    def prose_below(self, n: int) -> int:
        """How surely an article goes on right after line `n`: 3, 1 for a lone long line (a notice?), 0 for none."""
        below = self.page.after(n, 3)
        prose = [len(line.text) > 100 and not words.ends_section(line.text) for line in below]
        return 0 if not any(prose[:1]) else 3 if sum(prose) >= min(2, len(prose)) else 1


def title_key(text: str) -> str:
    """The first letters of a title, for comparing it with the title a heading quotes."""
    return re.sub(r"[\W_]+", "", text.casefold())[:24]


def read_body(lines: Sequence[Line], head: Head | None, *, linked: bool, repeated: Iterable[str] = ()) -> Draft:
    """A draft of the comment whose own lines these are, head excluded. `linked`: links stand under its like.

    A line of links that is all a comment says is kept where no links are to be expected. `repeated` are lines that
    stand under most comments of the block.
    """
    stamp, pending = (head.stamp if head else None), False
    start, end, tails = 0, len(lines), frozenset(repeated)
    while start < end:
        text = lines[start].text
        if words.is_pending(text):
            pending = True
        elif stamp is None and lone_stamp(text):
            stamp = lone_stamp(text)
        elif text and not (
            (words.is_badge(text) and end - start > 1 and head)
            or (words.is_reply_note(text) and any(not words.is_links(line.text) for line in lines[start + 1 : end]))
            or (linked and words.is_links(text))
        ):
            break
        start += 1
    while end > start:
        text = lines[end - 1].text
        if words.is_pending(text):
            pending = True
        elif stamp is None and end - start > 1 and (below := lone_stamp(text)) and (below.clock or below.relative):
            stamp = below
        elif not (
            (text in tails and end - start > 1) or not text or (words.is_links(text) and (linked or end - start > 1))
        ):
            break
        end -= 1
    text = join_lines(lines[start:end])
    return Draft(
        author=head.author if head else None,
        text=text,
        stamp=stamp,
        pending=pending,
        pingback=bool(head and head.pingback) or is_excerpt(text),
    )


def is_excerpt(text: str) -> bool:
    """True for the text of a pingback: "[…] words of the linking page […]"."""
    ends = ("[…]", "[...]", "[&#8230;]", "[&hellip;]")
    return len(text) > 6 and text.startswith(ends) and text.rstrip().endswith(ends)


def join_lines(lines: Sequence[Line]) -> str:
    """The text of lines, an empty line wherever the page has one or more."""
    parts: list[str] = []
    for at, line in enumerate(lines):
        if at:
            parts.append("\n\n" if line.n - lines[at - 1].n > 1 else "\n")
        parts.append(line.printed)
    return "".join(parts).strip()
