"""Comments of a Hacker News page copied as text: "ana 2 hours ago | parent | next [–]", the words, "reply"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from analyzer.readers.page_dates import Stamp, find_stamps
from analyzer.readers.page_draft import Draft
from analyzer.readers.page_lines import Line, Page
from analyzer.readers.page_section import Section, Surroundings, join_lines
from analyzer.readers.page_words import Heading

# The site speaks English only
_HEAD = re.compile(
    r"(?:\d+ points? by )?(?P<name>\S{1,20}) (?P<age>\S.{2,30}?)(?P<dead>(?: \[(?:flagged|dead)\])*)"
    r"(?P<links>(?: ?\| ?(?:root|parent|prev|next|context|favorite|unfavorite|flag|unflag|vouch|delete|edit|hide|un-?vote))*)"
    r" ?\[(?:[–−+-]|\d+ more)\]"
)
_POST = re.compile(r"\d+ points? by \S+ .{4,40}\|.*?(?:(?P<count>\d+)\s+comments?|discuss)")
_FOOTER = re.compile(r"Guidelines \| FAQ|(?:Consider applying|Applications are open) for YC")


@dataclass(frozen=True, slots=True)
class _Head:
    line: Line
    author: str
    stamp: Stamp
    links: frozenset[str]


def find_hackernews(page: Page, _around: Surroundings) -> list[Section]:
    """The comments of the page, as one section."""
    heads = [head for line in page.lines if (head := _read_head(line))]
    if not heads:
        return []
    drafts: list[Draft] = []
    tops = [head.line.n for head in heads]
    footer = next((line.n for line in page.lines[tops[-1] :] if _FOOTER.match(line.text)), len(page.lines))
    for head, until in zip(heads, [*tops[1:], footer], strict=True):
        body = [line for line in page.lines[head.line.n + 1 : until] if line.text]
        # A comment that cannot be answered, as a flagged one, has no such link
        ends = (at for at in range(len(body) - 1, -1, -1) if body[at].text == "reply")
        drafts.append(Draft(author=head.author, text=join_lines(body[: next(ends, None)]), stamp=head.stamp))
    _find_parents(heads, drafts)
    heading = _heading(page, tops[0])
    return [Section(first=tops[0], last=footer - 1, drafts=drafts, layout="hackernews", heading=heading, sure=True)]


def _read_head(line: Line) -> _Head | None:
    match = _HEAD.fullmatch(line.text) if len(line.text) <= 200 else None
    stamps = find_stamps(match["age"]) if match else ()
    if match is None or not stamps or stamps[0].start or stamps[-1].end != len(match["age"]):
        return None
    return _Head(line, match["name"], stamps[0], frozenset(re.findall(r"[\w-]+", match["links"])))


def _heading(page: Page, n: int) -> Heading | None:
    """The line under the post's title, with the number of comments it claims."""
    for line in reversed(page.lines[:n]):
        post = _POST.search(line.text) if len(line.text) <= 300 else None
        if post:
            above = page.before(line.n, 1)
            return Heading(int(post["count"] or 0), True, above[0].text if above else None)
    return None


def _find_parents(heads: Sequence[_Head], drafts: Sequence[Draft]) -> None:
    """The parents as far as the links tell them, for the page does not show how deep a comment stands.

    Without "parent" a comment answers the post; without "root" it answers the last one that does. Deeper down the first
    answer ("prev" is missing) stands right under its parent. Of a later one only this is known: it answers somebody; its
    parent is told where a single comment is left that it can stand beside.
    """
    chain: list[int | None] = []  # the comments that lead to the one above, outermost first; None: not known
    for at, (head, draft) in enumerate(zip(heads, drafts, strict=True)):
        if "parent" not in head.links:
            chain = []
        elif "root" not in head.links:
            chain = chain[:1]
        elif "prev" in head.links:
            # It stands beside one of the deeper comments of the chain
            chain = chain[:2] if len(chain) == 3 else [*chain[:1], None]
        draft.parent = chain[-1] if chain else None
        draft.orphan = bool(chain) and draft.parent is None
        chain.append(at)
