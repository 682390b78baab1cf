"""The comments of a list that is known to be comments: heads, bodies, and which items under one are replies."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from analyzer.readers import page_words as words
from analyzer.readers.page_draft import Draft
from analyzer.readers.page_heads import Head, Style, read_head, read_signature
from analyzer.readers.page_items import are_tight, is_control, is_titled, look_at, paragraph_of
from analyzer.readers.page_lines import Item, Line
from analyzer.readers.page_section import read_body

_ANSWERS = ">›→▸@"  # between an author's name and the name of the one answered
_BULLETS = "•◦‣▪●"
_COUNTER = re.compile(r"(?:^|\n+)\d[\d.,]*\s?[KM]?$")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a list of siblings was taken for; `linked` is the share of items with a reply link."""

    style: Style
    linked: float
    timed: bool


@dataclass(frozen=True, slots=True)
class _Tree:
    """The verdict on a list, its marker, and the lines on which its items begin."""

    verdict: Verdict
    marker: str
    starts: frozenset[int]


def read_tree(items: Sequence[Item], verdict: Verdict) -> list[Draft]:
    """Drafts of the items and of their replies, in page order."""
    drafts: list[Draft] = []
    starts = frozenset(part.first.n for item in items for part in item.walk())
    tree = _Tree(verdict, items[0].first.marker, starts)
    stack: list[tuple[Item, int | None]] = [(item, None) for item in reversed(items)]
    while stack:
        item, parent = stack.pop()
        replies = _replies(item, tree)
        inside = {id(reply) for reply in replies}
        own = [item.first, *item.lines]
        for child in _without_buttons(item.children):
            if id(child) not in inside:
                own.extend(line for part in child.walk() for line in (part.first, *part.lines))
        draft = _read_item(item, sorted(own, key=lambda line: line.n), verdict)
        draft.parent = parent
        drafts.append(draft)
        stack.extend((reply, len(drafts) - 1) for reply in reversed(replies))
    for draft, name in zip(drafts, words.cut_prepositions([draft.author or "" for draft in drafts]), strict=True):
        draft.author = name or None
    _cut_answered(drafts)
    if verdict.linked >= 0.5:
        _cut_counters(drafts)
    return drafts


def _cut_counters(drafts: Sequence[Draft]) -> None:
    """Where most comments end in a number, over the reply link, cut these numbers of likes off."""
    counted = [draft for draft in drafts if _COUNTER.search(draft.text)]
    if len(counted) >= max(3, 0.8 * len(drafts)):
        for draft in counted:
            draft.text = _COUNTER.sub("", draft.text)


def _cut_answered(drafts: Sequence[Draft]) -> None:
    """Where every reply prints whom it answers ("ana > tom", "ana tom"), cut that name off the author's."""
    names: list[str] = []
    replies, signed = 0, False
    for draft in drafts:
        name = draft.author or ""
        if draft.parent is not None:
            asked = names[draft.parent]
            if not asked or not name.endswith(f" {asked}"):
                return
            name = name.removesuffix(asked).rstrip()
            replies, signed = replies + 1, signed or name.endswith(tuple(_ANSWERS))
            name = name.rstrip(f" {_ANSWERS}")
        names.append(name)
    if replies < 2 and not signed:
        return  # "Ann Lee" may be a sister of Lee
    for draft, name in zip(drafts, names, strict=True):
        draft.author = name or None


def _read_item(item: Item, own: list[Line], verdict: Verdict) -> Draft:
    linked = verdict.linked >= 0.3
    paragraph = paragraph_of(item)
    own[0] = Line(own[0].n, own[0].column, own[0].text)
    if verdict.style is Style.SIGNED:
        for at in range(len(own) - 1, 0, -1):
            signature = read_signature(own[at].text)
            if signature:
                return read_body(own[:at], Head(signature[0], signature[1], 0, Style.SIGNED), linked=linked)
        return read_body(own, None, linked=linked)
    if verdict.style is Style.NAMELESS:
        return read_body(own, None, linked=linked)
    head = read_head(paragraph)
    alone = len(paragraph) == 1 and len(paragraph[0]) <= 100
    if head is None and (alone or verdict.style is Style.TIGHT) and len(paragraph[0]) <= 100:
        # Among comments a name may end in a stop or be long
        name, pingback = words.cut_pingback(paragraph[0].strip())
        head = Head(name, None, 1, verdict.style, pingback=pingback)
    return read_body(own[head.used :] if head else own, head, linked=linked)


def _replies(item: Item, tree: _Tree) -> list[Item]:
    """The items under a comment that are comments; the others are lists in its text."""
    groups: list[list[Item]] = []
    children = [child for child in _without_buttons(item.children) if not _is_typed(child, tree)]
    for child in children[_listed(item, children) :]:
        if (
            groups
            and not _text_between(item, groups[-1][-1], child)
            and groups[-1][-1].first.bullet == child.first.bullet
            and (child.first.bullet or (child.first.number or 0) > (groups[-1][-1].first.number or 0))
        ):
            groups[-1].append(child)
        else:
            groups.append([child])
    last_text = max((line.n for line in item.lines if not words.is_links(line.text)), default=item.first.n)
    return [
        child for group in groups if group[-1].last > last_text and _are_replies(item, group, tree) for child in group
    ]


def _is_typed(child: Item, tree: _Tree) -> bool:
    """True for a line of a list that somebody typed: another marker than the comments have."""
    if child.first.number is not None:
        return tree.marker in _BULLETS
    return child.first.marker in "-*" and child.first.marker != tree.marker


def _listed(item: Item, children: Sequence[Item]) -> int:
    """How many of the first children are a list in the words: lines together, behind a colon, a gap behind the last."""
    if not children or not _before(item, children[0]).endswith(":"):
        return 0
    for at, (child, following) in enumerate(itertools.pairwise(children), 1):
        if child.lines or child.children:
            return 0
        if following.first.n > child.first.n + 1:
            return at if at > 1 else 0
    return 0


def _without_buttons(children: Sequence[Item]) -> list[Item]:
    """The items that are not a list of buttons with their counters: "4", "Reply", "Share ›"."""
    left = [child for child in children if not is_control(child)]
    if len(left) == len(children):
        return left
    return [child for child in left if child.lines or child.children or not child.first.text.isdecimal()]


def _text_between(item: Item, one: Item, other: Item) -> bool:
    return any(one.first.n < line.n < other.first.n for line in item.lines)


def _are_replies(item: Item, group: Sequence[Item], tree: _Tree) -> bool:
    looks, verdict = [look_at(child) for child in group], tree.verdict
    if verdict.style in (Style.SAYS, Style.DATED):
        same = sum(
            look.head is not None and (look.head.stamp is not None or look.head.style is Style.SAYS) for look in looks
        )
        return same >= len(group) / 2
    if verdict.style is Style.SIGNED:
        return any(look.signed for look in looks)
    if verdict.style is Style.TIGHT:
        return are_tight(group)
    if verdict.style is not Style.NAME:
        return False
    titled = [
        look.head is not None or is_titled(child, None, named=True) for child, look in zip(group, looks, strict=True)
    ]
    empty = [_is_empty(child, tree) for child in group]
    named = sum(one or two for one, two in zip(titled, empty, strict=True))
    if named < 0.8 * len(group) or not (any(titled) or len(group) == 1):
        return False
    if any(look.has_body and one for look, one in zip(looks, titled, strict=True)) or any(
        child.children for child in group
    ):
        return True
    # No words under any of them: one is an empty comment, several are a list in the text, unless they are blanked names
    blanked = all(child.first.text.startswith("[") for child in group)
    return blanked or (len(group) == 1 and not _before(item, group[0]).endswith(":"))


def _is_empty(child: Item, tree: _Tree) -> bool:
    """True for an odd name alone: the next item right below it, or too short for a line of a list in the words."""
    text = child.first.text
    short = len(text.split()) <= 3 and text[-1:] not in (".", ",", ";", ":")
    return not (child.lines or child.children) and (child.first.n + 1 in tree.starts or short)


def _before(item: Item, child: Item) -> str:
    return next((line.text for line in reversed([item.first, *item.lines]) if line.n < child.first.n), "")
