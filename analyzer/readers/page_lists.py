"""Comments that stand in lists: bullet trees and numbered lists, with the name before, after or lost."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analyzer.readers import page_words as words
from analyzer.readers.page_draft import Draft
from analyzer.readers.page_heads import Head, Style, is_handle_or_full_name, looks_like_name, read_head, read_signature
from analyzer.readers.page_lines import Item, Line, Page
from analyzer.readers.page_section import Section, Surroundings, read_body

_SAMPLE = 80  # items looked at to judge a list
_MOST = 0.6  # share of items that must show a style


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What a list of siblings was taken for; `linked` is the share of items with a reply link."""

    style: Style
    linked: float
    timed: bool


@dataclass(frozen=True, slots=True)
class _Look:
    """What one item shows."""

    head: Head | None
    has_body: bool
    linked: bool
    signed: bool


def find_lists(page: Page, around: Surroundings) -> list[Section]:
    """All lists that are comments, as sections."""
    sections: list[Section] = []
    taken = -1
    for at, siblings in enumerate(page.lists):
        if siblings[0].first.n <= taken:
            continue
        heading = around.heading_above(siblings[0].first.n)
        verdict = _judge(siblings, around, heading)
        if verdict is None:
            continue
        items = list(siblings)
        for more in page.lists[at + 1 :]:
            if more[0].first.n <= items[-1].last:
                continue
            if not _goes_on(page, items[-1], more, verdict, around):
                break
            items.extend(more)
        taken = items[-1].last
        drafts = _read_tree(items, verdict)
        sections.append(
            Section(
                first=heading[1] if heading else items[0].first.n,
                last=taken,
                drafts=drafts,
                layout=f"list, {verdict.style}",
                heading=heading[0] if heading else None,
                sure=verdict.linked >= 0.5 or verdict.style is Style.SAYS,
            )
        )
    return sections


def _goes_on(page: Page, last: Item, more: Sequence[Item], verdict: _Verdict, around: Surroundings) -> bool:
    """True if `more` is the same list, interrupted by a page link or a stray line."""
    if more[0].column != last.column or more[0].parent is not last.parent or more[0].first.n - last.last > 8:
        return False
    between = [line for line in page.lines[last.last + 1 : more[0].first.n] if line.text]
    if any(len(line.text) > 80 or words.ends_section(line.text) or words.is_menu_title(line.text) for line in between):
        return False
    if len(between) > 2 or any(words.read_heading(line.text) for line in between):
        return False
    looks = [_look(item) for item in more[:_SAMPLE]]
    return sum(look.head is not None and look.head.style is verdict.style for look in looks) >= _MOST * len(looks)


def _judge(siblings: Sequence[Item], around: Surroundings, heading: object) -> _Verdict | None:
    """What style of comments the siblings are, or None."""
    looks = [_look(item) for item in siblings[:_SAMPLE]]
    count = len(looks)
    linked = sum(look.linked for look in looks) / count
    bodies = sum(look.has_body for look in looks) / count
    heads = [look.head for look in looks if look.head]
    says = sum(head.style is Style.SAYS for head in heads) / count
    stamped = [head for head in heads if head.stamp]
    timed = (
        sum(head.stamp is not None and (head.stamp.clock is not None or head.stamp.relative) for head in heads) / count
    )
    if around.under_menu(siblings[0].first.n) and not (linked >= 0.5 and bodies >= 0.5):
        return None
    if says >= _MOST and bodies >= 0.5 and (heading or stamped or linked or count > 1):
        return _Verdict(Style.SAYS, linked, timed >= _MOST)
    if len(stamped) >= _MOST * count and bodies >= 0.5:
        named = sum(looks_like_name(head.author) for head in stamped) / count
        if heading or linked >= 0.5 or (timed >= _MOST and named >= _MOST and bodies >= 0.8 and count > 1):
            return _Verdict(Style.DATED, linked, timed >= _MOST)
    if sum(look.signed for look in looks) >= _MOST * count and (heading or count > 1):
        return _Verdict(Style.SIGNED, linked, False)
    style = _judge_undated(siblings, looks, around, heading)
    return _Verdict(style, linked, False) if style else None


def _judge_undated(
    siblings: Sequence[Item], looks: Sequence[_Look], around: Surroundings, heading: object
) -> Style | None:
    """NAME, TIGHT or NAMELESS, or None: without dates and verbs, what stands around the list has to speak for it."""
    count = len(looks)
    named = sum(look.head is not None for look in looks) / count
    bodies = sum(look.has_body for look in looks) / count
    strong = heading is not None
    if named >= 0.8 and bodies >= 0.5 and _weigh_names(siblings, looks, around, strong) >= 4:
        return Style.NAME
    if not strong:
        return None
    tight = [_paragraph(item) for item in siblings[:_SAMPLE]]
    if sum(len(lines) > 1 and looks_like_name(lines[0]) for lines in tight) >= 0.8 * count:
        return Style.TIGHT
    counted, _line = heading if isinstance(heading, tuple) else (None, 0)
    if counted and counted.comment and counted.title is None and counted.count == len(siblings) and not named:
        return Style.NAMELESS
    return None


def _weigh_names(siblings: Sequence[Item], looks: Sequence[_Look], around: Surroundings, headed: bool) -> int:
    """How much speaks for "name, then body" being comments and not an article's list of terms; 4 is enough."""
    names = [look.head.author for look in looks if look.head]
    inner = [item for top in siblings[:_SAMPLE] for item in _below(top)]
    replies = [head for item in inner if (head := read_head(_paragraph(item))) and _has_body(item, head)]
    everyone = names + [head.author for head in replies]
    shaped = sum(is_handle_or_full_name(name) for name in everyone) / max(1, len(everyone))
    first, last = siblings[0].first.n, siblings[-1].last
    introduced = any(line.text.endswith(":") for line in around.page.before(first, 1))
    weight = 4 * headed + 2 * (len(replies) >= 1) + (len(replies) >= 5)
    weight += 2 * (len(set(everyone)) < len(everyone)) + (len(everyone) >= 4) + (len(everyone) >= 12)
    weight += 2 * (shaped >= _MOST) - 2 * (shaped < 0.3)
    weight += 1 if around.ended_below(last) else 0
    weight -= 3 * around.prose_below(last) + 3 * introduced
    return weight


def _below(top: Item) -> Iterator[Item]:
    below = top.walk()
    next(below)
    yield from below


def _paragraph(item: Item) -> list[str]:
    """The lines of an item up to its first blank line or the first item under it."""
    found, n = [item.first.text], item.first.n
    stop = item.children[0].first.n if item.children else -1
    for line in item.lines[:12]:
        if line.n != n + 1 or line.n == stop:
            break
        found.append(line.text)
        n = line.n
    return found


def _has_body(item: Item, head: Head | None) -> bool:
    own = [item.first, *item.lines[:40]][head.used if head else 0 :]
    return any(not words.is_links(line.text) for line in own)


def _look(item: Item) -> _Look:
    head = read_head(_paragraph(item))
    linked = bool(head and head.answered) or any(
        words.has_reply_link(line.text) for line in item.lines[-3:] + item.lines[:3]
    )
    signed = bool(item.lines) and read_signature(_last_words(item).text) is not None
    return _Look(head, _has_body(item, head), linked, signed)


def _last_words(item: Item) -> Line:
    """The last line of an item's own that is not links."""
    return next((line for line in reversed(item.lines) if not words.is_links(line.text)), item.first)


def _read_tree(items: Sequence[Item], verdict: _Verdict) -> list[Draft]:
    """Drafts of the items and of their replies, in page order."""
    drafts: list[Draft] = []
    stack: list[tuple[Item, int | None]] = [(item, None) for item in reversed(items)]
    while stack:
        item, parent = stack.pop()
        replies = _replies(item, verdict)
        inside = {id(reply) for reply in replies}
        own = [item.first, *item.lines]
        for child in item.children:
            if id(child) not in inside:
                own.extend(line for part in child.walk() for line in (part.first, *part.lines))
        draft = _read_item(item, sorted(own, key=lambda line: line.n), verdict)
        draft.parent = parent
        drafts.append(draft)
        stack.extend((reply, len(drafts) - 1) for reply in reversed(replies))
    return drafts


def _read_item(item: Item, own: list[Line], verdict: _Verdict) -> Draft:
    linked = verdict.linked >= 0.3
    paragraph = _paragraph(item)
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
        head = Head(paragraph[0].strip(), None, 1, verdict.style)
    return read_body(own[head.used :] if head else own, head, linked=linked)


def _replies(item: Item, verdict: _Verdict) -> list[Item]:
    """The items under a comment that are comments; the others are lists in its text."""
    groups: list[list[Item]] = []
    for child in item.children:
        if (
            groups
            and not _text_between(item, groups[-1][-1], child)
            and groups[-1][-1].first.bullet == child.first.bullet
        ):
            groups[-1].append(child)
        else:
            groups.append([child])
    last_text = max((line.n for line in item.lines if not words.is_links(line.text)), default=item.first.n)
    return [
        child
        for group in groups
        if group[-1].last > last_text and _are_replies(item, group, verdict)
        for child in group
    ]


def _text_between(item: Item, one: Item, other: Item) -> bool:
    return any(one.first.n < line.n < other.first.n for line in item.lines)


def _are_replies(item: Item, group: Sequence[Item], verdict: _Verdict) -> bool:
    looks = [_look(child) for child in group]
    if verdict.style in (Style.SAYS, Style.DATED):
        same = sum(
            look.head is not None and (look.head.stamp is not None or look.head.style is Style.SAYS) for look in looks
        )
        return same >= len(group) / 2
    if verdict.style is Style.SIGNED:
        return any(look.signed for look in looks)
    if verdict.style is not Style.NAME or sum(look.head is not None for look in looks) < 0.8 * len(group):
        return False
    if any(look.has_body for look in looks) or any(child.children for child in group):
        return True
    # No words under any of them: one is an empty comment, several are a list in the text, unless they are blanked names
    blanked = all(child.first.text.startswith("[") for child in group)
    return blanked or (len(group) == 1 and not _before(item, group[0]).endswith(":"))


def _before(item: Item, child: Item) -> str:
    return next((line.text for line in reversed([item.first, *item.lines]) if line.n < child.first.n), "")
