"""Comments that end with their buttons and their age: name, words, "2h Like Reply", as copied from Facebook."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analyzer.readers import page_words as words
from analyzer.readers.page_dates import Stamp, find_age, find_stamps
from analyzer.readers.page_draft import Draft
from analyzer.readers.page_heads import looks_like_name
from analyzer.readers.page_lines import Line, Page
from analyzer.readers.page_section import Section, Surroundings, join_lines

_REACH = 60  # lines over the first buttons in which the first comment begins
_LONGEST_NAME = 80
_MOST_NAMED = 0.8  # share of comments whose first line is a name
_COUNT = re.compile(r"[\d.,\s·•]+[KM]?")


@dataclass(frozen=True, slots=True)
class _Foot:
    """The buttons and the age under one comment: first and last line, and the date if one is printed."""

    first: int
    last: int
    stamp: Stamp | None


@dataclass(frozen=True, slots=True)
class _Block:
    """What stands above a foot: "Ana replied · 2 replies", if so; then the name and the words."""

    lines: list[Line]
    replier: str | None = None
    replies: int = 0


def find_feet(page: Page, around: Surroundings) -> list[Section]:
    """The comments over such buttons, as one section; none if what stands above the buttons are no names."""
    feet = _feet(page)
    blocks: list[_Block] = []
    for at, foot in enumerate(feet):
        above = feet[at - 1].last + 1 if at else _start(page, around, foot)
        blocks.append(_block([line for line in page.lines[above : foot.first] if line.text]))
    named = sum(bool(block.lines) and looks_like_name(_name(block.lines[0])) for block in blocks)
    if not blocks or named < _MOST_NAMED * len(blocks):
        return []
    kept = [(block, foot) for block, foot in zip(blocks, feet, strict=True) if block.lines]
    drafts: list[Draft] = []
    for block, foot in kept:
        text = join_lines(_without_badges(block.lines[1:]))
        drafts.append(Draft(author=_name(block.lines[0]), text=text, stamp=foot.stamp))
    _find_parents(drafts, [block for block, _ in kept])
    first = kept[0][0].lines[0].n
    heading = around.heading_above(first)
    return [
        Section(
            first=first,
            last=kept[-1][1].last,
            drafts=drafts,
            layout="feet",
            heading=heading[0] if heading else None,
            sure=True,
        )
    ]


def _feet(page: Page) -> list[_Foot]:
    """The runs of lines that hold buttons to like and to reply, and an age."""
    feet, run = [], list[Line]()
    for line in [*page.lines, Line(len(page.lines), 0, "end")]:
        if _in_foot(line) or (run and (not line.text or _COUNT.fullmatch(line.text))):
            run.append(line)
            continue
        ages = [one for one in run if _age(one)]
        liked = any(words.without_like(one.text) != one.text for one in run)
        if ages and liked and any(words.has_reply_link(_bare(one)) for one in run):
            stamp = find_stamps(ages[0].text)
            feet.append(_Foot(run[0].n, max(one.n for one in run if one.text), stamp[0] if stamp else None))
        run = []
    return feet


def _age(line: Line) -> tuple[Stamp, ...]:
    return find_stamps(line.text) or find_age(line.text)


def _bare(line: Line) -> str:
    """The line without the ages and the button to like."""
    text = line.text
    for stamp in reversed(_age(line)):
        text = f"{text[: stamp.start]} · {text[stamp.end :]}"
    return words.without_like(text)


def _in_foot(line: Line) -> bool:
    """True for buttons and ages alone."""
    if not line.text or line.marked or len(line.text) > words.MAX_LINE:
        return False
    rest = _bare(line)
    return words.is_links(rest) or (rest != line.text and _COUNT.fullmatch(rest) is not None)


def _start(page: Page, around: Surroundings, foot: _Foot) -> int:
    """The line after the buttons of the post, its heading or "Most relevant"; else where the last paragraph begins."""
    paragraph = foot.first
    for n in range(foot.first - 1, max(-1, foot.first - _REACH), -1):
        line = page.lines[n]
        if _in_foot(line) or (line.text and (_is_boundary(line) or around.accept(line))):
            return n + 1
        if line.text and paragraph == foot.first and not (n and page.lines[n - 1].text):
            paragraph = n
    return paragraph


def _is_boundary(line: Line) -> bool:
    return words.is_links(line.text) or words.is_order(line.text) or words.ends_section(line.text)


def _block(lines: Sequence[Line]) -> _Block:
    """The lines without the links, labels and badges over the name."""
    replier, replies, at = None, 0, 0
    while at < len(lines):
        note = words.read_replied(lines[at].text)
        count = re.search(r"\d{1,9}", lines[at].text)
        if note and at + 1 < len(lines):
            replier, replies = note, 1
        elif not (_is_boundary(lines[at]) or _is_label(lines, at) or _COUNT.fullmatch(lines[at].text)):
            break
        if replier and count:
            replies = int(count[0])
        at += 1
    return _Block(list(lines[at:]), replier, replies)


def _is_label(lines: Sequence[Line], at: int) -> bool:
    """True for a badge over a name; over words alone it is the name: "Admin"."""
    left = len(lines) - at - 1
    if left != 1:
        return words.is_badge(lines[at].text) and left > 1
    below = _name(lines[at + 1])
    return words.is_badge(lines[at].text) and looks_like_name(below) and below[-1] not in ".!?"


def _name(line: Line) -> str:
    return words.cut_links(line.text)[0].strip(" \t\u00a0·•")


def _without_badges(lines: list[Line]) -> list[Line]:
    while len(lines) > 1 and (words.is_badge(lines[0].text) or words.is_trade(lines[0].text)):
        lines = lines[1:]
    return lines


def _find_parents(drafts: Sequence[Draft], blocks: Sequence[_Block]) -> None:
    """Replies are those that "Ana replied" announces, and those that begin with the full name of one who wrote before."""
    latest: dict[str, int] = {}
    until, thread = 0, None
    for at, (draft, block) in enumerate(zip(drafts, blocks, strict=True)):
        if block.replier and block.replier == draft.author and at:
            until, thread = at + block.replies, at - 1
        told = [name for name in _full_names(draft.text) if name in latest]
        if told and draft.author not in told:
            draft.parent = latest[max(told, key=len)]
        elif at < until:
            draft.parent = thread
        if draft.author:
            latest[draft.author] = at


def _full_names(text: str) -> Iterator[str]:
    """What the text begins with that may be a name of two words and more: its starts that end where a word ends."""
    for end in range(3, min(len(text), _LONGEST_NAME) + 1):
        if " " in text[:end] and not re.match(r"\w", text[end : end + 1]):
            yield text[:end]
