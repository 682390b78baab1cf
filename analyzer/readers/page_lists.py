"""Comments that stand in lists: bullet trees and numbered lists, with the name before, after or lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from analyzer.readers import page_words as words
from analyzer.readers.page_draft import Draft
from analyzer.readers.page_heads import Head, Style, is_handle_or_full_name, looks_like_name, read_head, read_signature
from analyzer.readers.page_lines import Item, Line, Page
from analyzer.readers.page_section import Section, Surroundings, read_body
from analyzer.readers.page_words import Heading

_SAMPLE = 80  # items looked at to judge a list
_MOST = 0.6  # share of items that must show a style
_ANSWERS = ">›→▸@"  # between an author's name and the name of the one answered


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
    for at, listed in enumerate(page.lists):
        siblings = _without_menu([item for item in listed if not _is_control(item)])
        if not siblings or listed[0].first.n <= taken:
            continue
        above = around.heading_above(listed[0].first.n)
        heading = above[0] if above else None
        verdict = _judge(siblings, around, heading)
        if verdict is None:
            continue
        items = list(siblings)
        for more in page.lists[at + 1 :]:
            if more[0].first.n <= items[-1].last:
                continue
            if not _goes_on(page, items[-1], more, verdict, around):
                break
            items.extend(item for item in more if not _is_control(item))
        taken = items[-1].last
        drafts = _read_tree(items, verdict)
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


def _goes_on(page: Page, last: Item, more: Sequence[Item], verdict: _Verdict, around: Surroundings) -> bool:
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
    looks = [_look(item) for item in more[:_SAMPLE]]
    return sum(look.head is not None and look.head.style is verdict.style for look in looks) >= _MOST * len(looks)


def _pages(line: Line) -> bool:
    """True for what may interrupt comments: links, "Older comments"."""
    return words.is_links(line.text) or words.names_comments(line.text)


def _judge(siblings: Sequence[Item], around: Surroundings, heading: Heading | None) -> _Verdict | None:
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
    lasting = linked >= 0.5 or any(head.stamp and not head.stamp.short for head in stamped)
    if len(stamped) >= _MOST * count and bodies >= 0.5 and lasting:
        named = sum(looks_like_name(head.author) for head in stamped) / count
        talk = any(words.is_talk(_words(item, look.head)) for item, look in zip(siblings, looks, strict=False))
        if heading or linked >= 0.5 or (timed >= _MOST and named >= _MOST and bodies >= 0.8 and count > 1 and talk):
            return _Verdict(Style.DATED, linked, timed >= _MOST)
    if sum(look.signed for look in looks) >= _MOST * count and (heading or count > 1):
        return _Verdict(Style.SIGNED, linked, False)
    style = _judge_undated(siblings, looks, around, heading)
    return _Verdict(style, linked, False) if style else None


def _judge_undated(
    siblings: Sequence[Item], looks: Sequence[_Look], around: Surroundings, heading: Heading | None
) -> Style | None:
    """NAME, TIGHT or NAMELESS, or None: without dates and verbs, what stands around the list has to speak for it."""
    count = len(looks)
    named = sum(look.head is not None for look in looks) / count
    titled = sum(_is_titled(item, look.head) for item, look in zip(siblings, looks, strict=False)) / count
    if named >= 0.5 and titled >= 0.8 and _weigh_names(siblings, around, heading) >= 4:
        return Style.NAME
    if heading is None:
        return None
    if _are_tight(siblings[:_SAMPLE]):
        return Style.TIGHT
    if heading.comment and heading.title is None and heading.count == len(siblings) and not named:
        return Style.NAMELESS
    return None


def _are_tight(siblings: Sequence[Item]) -> bool:
    """True if most items have a name as first line and words right below it."""
    paragraphs = [_paragraph(item) for item in siblings]
    return sum(len(lines) > 1 and looks_like_name(lines[0]) for lines in paragraphs) >= 0.8 * len(siblings)


def _is_titled(item: Item, head: Head | None) -> bool:
    """True if a name, or a short line that may be an odd one, is a paragraph of its own above words and replies."""
    used, text = head.used if head else 1, item.first.text
    below = [line.n for line in item.lines[used - 1 : used]] + [child.first.n for child in item.children[:1]]
    if below and min(below) < item.first.n + used + 1:
        return False
    odd = len(text) <= 60 and len(text.split()) <= 9 and not _is_furniture(text)
    return head is not None or (odd and bool(below))


def _is_furniture(text: str) -> bool:
    return bool(words.is_links(text) or words.ends_section(text) or words.read_heading(text))


def _without_menu(siblings: list[Item]) -> list[Item]:
    """Without the links of the page that run into the first comment: some bare lines, seldom shaped like names."""
    bare = next((number for number, item in enumerate(siblings) if item.lines or item.children), 0)
    names = sum(is_handle_or_full_name(item.first.text) for item in siblings[:bare])
    return siblings[bare:] if bare > 1 and names < bare / 2 else siblings


def _is_control(item: Item) -> bool:
    """True for an item without words of a comment: buttons, an advertisement, "Avatar" over the form to write one."""
    first, rest = item.first.text, [line.text for line in item.lines]
    known = words.is_links(first) or words.is_advert(first) or (bool(rest) and words.is_picture(first))
    return known and not item.children and all(words.is_links(text) or words.ends_section(text) for text in rest)


def _weigh_names(siblings: Sequence[Item], around: Surroundings, heading: Heading | None) -> int:
    """How much speaks for "name, then body" being comments and not an article's list of terms; 4 is enough."""
    tree = [part for item in siblings[:_SAMPLE] for part in islice(item.walk(), _SAMPLE) if not _is_control(part)]
    heads = [(part, head) for part in tree if (head := read_head(_paragraph(part)))]
    spoken = [(part, head) for part, head in heads if part.parent is siblings[0].parent or _has_body(part, head)]
    bodies = [_words(part, read_head(_paragraph(part))) for part in tree]
    claimed = heading is not None and heading.comment and heading.count in (len(siblings), len(tree))
    said = [body for body in bodies if body]
    # Names alone under "1 Comment" are empty comments where a theme numbers them, else perhaps a menu
    if len(said) < 0.3 * len(bodies) and not (claimed and (said or siblings[0].first.number is not None)):
        return 0
    replies = sum(part.parent is not siblings[0].parent for part, _ in spoken)
    names = [head.author for _, head in heads]
    shaped = sum(is_handle_or_full_name(head.author) for _, head in spoken) / max(1, len(spoken))
    first, last = siblings[0].first.n, siblings[-1].last
    introduced = any(line.text.endswith(":") for line in around.page.before(first, 1))
    silent = not claimed and len(said) >= (3 if heading else 4) and sum(map(words.is_talk, said)) <= 0.1 * len(said)
    weight = 4 * (heading is not None) + claimed + 2 * (replies >= 1) + (replies >= 5)
    weight += 2 * (len(set(names)) < len(names)) + (len(spoken) >= 4) + (len(spoken) >= 12)
    weight += 2 * any(map(_answers_back, tree)) + 2 * (shaped >= _MOST) - 2 * (shaped < 0.3)
    weight += around.ended_below(last) - around.prose_below(last)
    return weight - 3 * introduced - 3 * silent


def _answers_back(item: Item) -> bool:
    """True if its author was answered by the one it answers: two people talking, which no list of terms holds."""
    above = item.parent and item.parent.parent
    return bool(above and above.first.text == item.first.text)


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
    return bool(_words(item, head))


def _words(item: Item, head: Head | None) -> str:
    """What an item says below its head, in up to 40 lines."""
    own = [item.first, *item.lines[:40]][head.used if head else 0 :]
    return " ".join(line.text for line in own if not words.is_links(line.text))


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
        for child in _without_buttons(item.children):
            if id(child) not in inside:
                own.extend(line for part in child.walk() for line in (part.first, *part.lines))
        draft = _read_item(item, sorted(own, key=lambda line: line.n), verdict)
        draft.parent = parent
        drafts.append(draft)
        stack.extend((reply, len(drafts) - 1) for reply in reversed(replies))
    _cut_answered(drafts)
    return drafts


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
        name, pingback = words.cut_pingback(paragraph[0].strip())
        head = Head(name, None, 1, verdict.style, pingback=pingback)
    return read_body(own[head.used :] if head else own, head, linked=linked)


def _replies(item: Item, verdict: _Verdict) -> list[Item]:
    """The items under a comment that are comments; the others are lists in its text."""
    groups: list[list[Item]] = []
    for child in _without_buttons(item.children):
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
        child
        for group in groups
        if group[-1].last > last_text and _are_replies(item, group, verdict)
        for child in group
    ]


def _without_buttons(children: Sequence[Item]) -> list[Item]:
    """The items that are not a list of buttons with their counters: "4", "Reply", "Share ›"."""
    left = [child for child in children if not _is_control(child)]
    if len(left) == len(children):
        return left
    return [child for child in left if child.lines or child.children or not child.first.text.isdecimal()]


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
    if verdict.style is Style.TIGHT:
        return _are_tight(group)
    titled = sum(look.head is not None or _is_titled(child, None) for child, look in zip(group, looks, strict=True))
    if verdict.style is not Style.NAME or titled < 0.8 * len(group):
        return False
    if any(look.has_body for look in looks) or any(child.children for child in group):
        return True
    # No words under any of them: one is an empty comment, several are a list in the text, unless they are blanked names
    blanked = all(child.first.text.startswith("[") for child in group)
    return blanked or (len(group) == 1 and not _before(item, group[0]).endswith(":"))


def _before(item: Item, child: Item) -> str:
    return next((line.text for line in reversed([item.first, *item.lines]) if line.n < child.first.n), "")
