"""Comments that stand in lists: bullet trees and numbered lists, with the name before, after or lost."""

from collections.abc import Sequence, Set

from analyzer.readers import page_words as words
from analyzer.readers.page_heads import Style, looks_like_name
from analyzer.readers.page_items import (
    SAMPLE,
    Look,
    are_tight,
    is_control,
    is_titled,
    look_at,
    without_menu,
    words_of,
)
from analyzer.readers.page_lines import Item, Line, Page
from analyzer.readers.page_section import Section, Surroundings
from analyzer.readers.page_trees import Verdict, read_tree
from analyzer.readers.page_weights import is_answered, weigh_names
from analyzer.readers.page_words import Heading

_MOST = 0.6  # share of items that must show a style
_LEAST_NAMED = 0.3  # share of items that must look like names where the tree is beyond doubt: people choose odd ones
_BEYOND_DOUBT = 8  # of the weight for which 4 is enough


def find_lists(page: Page, around: Surroundings) -> list[Section]:
    """All lists that are comments, as sections."""
    sections: list[Section] = []
    taken, rejected = -1, set[int]()
    for at, listed in enumerate(page.lists):
        titled = around.under_menu(listed[0].first.n)
        siblings = without_menu([item for item in listed if not is_control(item)], titled=titled)
        if not siblings or listed[0].first.n <= taken:
            continue
        above = around.heading_above(listed[0].first.n)
        heading = above[0] if above else None
        verdict = _judge(siblings, around, heading)
        if verdict is None or (verdict.style is Style.NAME and _part_of_rejected(listed[0], rejected, above)):
            rejected.update(map(id, siblings))
            continue
        items = list(siblings)
        for more in page.lists[at + 1 :]:
            if more[0].first.n <= items[-1].last:
                continue
            if not _goes_on(page, items[-1], more, verdict, around):
                break
            items.extend(item for item in more if not is_control(item))
        taken = items[-1].last
        drafts = read_tree(items, verdict)
        sections.append(
            Section(
                first=above[1] if above else items[0].first.n,
                last=taken,
                drafts=drafts,
                layout=f"list, {verdict.style}",
                heading=heading,
                sure=verdict.linked >= 0.5 or verdict.style is Style.SAYS,
            )
        )
    return sections


def _part_of_rejected(item: Item, rejected: Set[int], above: tuple[Heading, int] | None) -> bool:
    """True under an item of a list that is no comments, without a heading in between."""
    while item.parent:
        item = item.parent
        if id(item) in rejected:
            return above is None or above[1] < item.first.n
    return False


def _goes_on(page: Page, last: Item, more: Sequence[Item], verdict: Verdict, around: Surroundings) -> bool:
    """True if `more` is the same list, interrupted by a page link or a stray line."""
    if more[0].column != last.column or more[0].parent is not last.parent or more[0].first.n - last.last > 8:
        return False
    between = [line for line in page.lines[last.last + 1 : more[0].first.n] if line.text]
    if any(len(line.text) > 80 or words.ends_section(line.text) or words.is_menu_title(line.text) for line in between):
        return False
    if len(between) > 2 or any(words.read_heading(line.text) for line in between):
        return False
    if verdict.style in (Style.NAME, Style.TIGHT) and any(
        line.column < last.column and not _pages(line) for line in between
    ):
        return False  # the title of another list
    looks = [look_at(item) for item in more[:SAMPLE]]
    return sum(look.head is not None and look.head.style is verdict.style for look in looks) >= _MOST * len(looks)


def _pages(line: Line) -> bool:
    """True for what may interrupt comments: links, "Older comments"."""
    return words.is_links(line.text) or words.names_comments(line.text)


def _judge(siblings: Sequence[Item], around: Surroundings, heading: Heading | None) -> Verdict | None:
    """What style of comments the siblings are, or None."""
    looks = [look_at(item) for item in siblings[:SAMPLE]]
    count = len(looks)
    linked = sum(look.linked for look in looks) / count
    bodies = sum(look.has_body for look in looks) / count
    heads = [look.head for look in looks if look.head]
    says = sum(head.style is Style.SAYS for head in heads) / count
    stamped = [head for head in heads if head.stamp]
    timed = (
        sum(head.stamp is not None and (head.stamp.clock is not None or head.stamp.relative) for head in heads) / count
    )
    answered = (linked >= 0.5 and bodies >= 0.5) or is_answered(siblings)
    if around.under_menu(siblings[0].first.n) and not answered:
        return None
    teasers = sum(any(words.is_teaser_link(line.text) for line in item.lines[-1:]) for item in siblings[:SAMPLE])
    if heading is None and linked < 0.5 and teasers >= _MOST * count:
        return None
    if says >= _MOST and bodies >= 0.5 and (heading or stamped or linked or count > 1):
        return Verdict(Style.SAYS, linked, timed >= _MOST)
    lasting = linked >= 0.5 or any(head.stamp and not head.stamp.short for head in stamped)
    if len(stamped) >= _MOST * count and bodies >= 0.5 and lasting:
        named = sum(looks_like_name(head.author) for head in stamped) / count
        talk = any(words.is_talk(words_of(item, look.head)) for item, look in zip(siblings, looks, strict=False))
        if heading or linked >= 0.5 or (timed >= _MOST and named >= _MOST and bodies >= 0.8 and count > 1 and talk):
            return Verdict(Style.DATED, linked, timed >= _MOST)
    if sum(look.signed for look in looks) >= _MOST * count and (heading or count > 1):
        return Verdict(Style.SIGNED, linked, False)
    style = _judge_undated(siblings, looks, around, heading)
    return Verdict(style, linked, False) if style else None


def _has_odd_name(siblings: Sequence[Item]) -> bool:
    """True for one numbered comment whose first line is a paragraph of one word, of capital ones, or of signs."""
    parts = siblings[0].first.text.split()
    odd = len(parts) == 1 or all(part[0].isupper() or not part[0].isalpha() for part in parts)
    return len(siblings) == 1 and siblings[0].first.number == 1 and odd and is_titled(siblings[0], None, named=True)


def _judge_undated(
    siblings: Sequence[Item], looks: Sequence[Look], around: Surroundings, heading: Heading | None
) -> Style | None:
    """NAME, TIGHT or NAMELESS, or None: without dates and verbs, what stands around the list has to speak for it."""
    count = len(looks)
    linked = sum(look.linked for look in looks) / count
    named = sum(look.head is not None for look in looks) / count
    weight = weigh_names(siblings, around, heading, linked) if named >= _LEAST_NAMED else 0
    beyond_doubt = weight >= _BEYOND_DOUBT
    titled = sum(is_titled(item, look.head, named=beyond_doubt) for item, look in zip(siblings, looks, strict=False))
    if weight >= 4 and titled >= 0.8 * count and (named >= 0.5 or beyond_doubt):
        return Style.NAME
    if heading is None:
        return None
    if are_tight(siblings[:SAMPLE]):
        return Style.TIGHT
    if heading.comment and heading.title is None and heading.count == len(siblings) and not named:
        return Style.NAME if _has_odd_name(siblings) else Style.NAMELESS
    return None
