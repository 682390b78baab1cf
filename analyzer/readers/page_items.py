"""What one item of a list shows: its head, its words, links beside them."""

from collections.abc import Sequence
from dataclasses import dataclass

from analyzer.readers import page_words as words
from analyzer.readers.page_heads import Head, is_handle_or_full_name, looks_like_name, read_head, read_signature
from analyzer.readers.page_lines import Item, Line

SAMPLE = 80  # items looked at to judge a list


@dataclass(frozen=True, slots=True)
class Look:
    """What one item shows."""

    head: Head | None
    has_body: bool
    linked: bool
    signed: bool


def look_at(item: Item) -> Look:
    head = read_head(paragraph_of(item))
    linked = bool(head and head.answered) or any(
        words.has_reply_link(line.text) for line in item.lines[-3:] + item.lines[:3]
    )
    signed = bool(item.lines) and read_signature(_last_words(item).text) is not None
    return Look(head, has_body(item, head), linked, signed)


def paragraph_of(item: Item) -> list[str]:
    """The lines of an item up to its first blank line or the first item under it."""
    found, n = [item.first.text], item.first.n
    stop = item.children[0].first.n if item.children else -1
    for line in item.lines[:12]:
        if line.n != n + 1 or line.n == stop:
            break
        found.append(line.text)
        n = line.n
    return found


def has_body(item: Item, head: Head | None) -> bool:
    return bool(words_of(item, head))


def words_of(item: Item, head: Head | None) -> str:
    """What an item says below its head, in up to 40 lines."""
    own = [item.first, *item.lines[:40]][head.used if head else 0 :]
    return " ".join(line.text for line in own if not words.is_links(line.text))


def _last_words(item: Item) -> Line:
    """The last line of an item's own that is not links."""
    return next((line for line in reversed(item.lines) if not words.is_links(line.text)), item.first)


def is_titled(item: Item, head: Head | None, *, named: bool = False) -> bool:
    """True if a name, or a short line that may be an odd one, is a paragraph of its own above words and replies.

    Among comments that are `named`, "Link" and "Search" are odd names too.
    """
    used, text = head.used if head else 1, item.first.text
    below = [line.n for line in item.lines[used - 1 : used]] + [child.first.n for child in item.children[:1]]
    if below and min(below) < item.first.n + used + 1:
        return False
    odd = len(text) <= 60 and len(text.split()) <= 9 and (named or not _is_furniture(text))
    return head is not None or (odd and bool(below))


def _is_furniture(text: str) -> bool:
    return bool(words.is_links(text) or words.ends_section(text) or words.read_heading(text))


def is_control(item: Item) -> bool:
    """True for an item without words of a comment: buttons, an advertisement, "Avatar" over the form to write one."""
    first, rest = item.first.text, [line.text for line in item.lines]
    known = words.is_links(first) or words.is_advert(first) or (bool(rest) and words.is_picture(first))
    return known and not item.children and all(words.is_links(text) or words.ends_section(text) for text in rest)


def are_tight(siblings: Sequence[Item]) -> bool:
    """True if most items have a name as first line and words right below it."""
    paragraphs = [paragraph_of(item) for item in siblings]
    return sum(len(lines) > 1 and looks_like_name(lines[0]) for lines in paragraphs) >= 0.8 * len(siblings)


def without_menu(siblings: list[Item], *, titled: bool) -> list[Item]:
    """Without the links of the page before and after comments: some bare lines, seldom shaped like names.

    `titled`: the title of a menu stands above. Links below stand apart from the last words.
    """
    first = next((at for at, item in enumerate(siblings) if not _is_bare(item)), 0)
    apart = first and siblings[first].first.n > siblings[first - 1].first.n + 1
    if (titled and apart) or _are_links(siblings[:first]):
        siblings = siblings[first:]
    end = len(siblings) - next((at for at, item in enumerate(reversed(siblings)) if not _is_bare(item)), 0)
    below = siblings[end:]
    foot = next((at for at, item in enumerate(below) if words.is_foot(item.first.text)), len(below))
    if end and _are_links(below) and below[0].first.n > siblings[end - 1].last + 2:
        foot = 0
    return siblings[: end + foot]


def _is_bare(item: Item) -> bool:
    return not (item.lines or item.children)


def _are_links(run: Sequence[Item]) -> bool:
    return len(run) > 1 and sum(is_handle_or_full_name(item.first.text) for item in run) < len(run) / 2
