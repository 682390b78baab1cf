"""Who wrote a comment and when: the first lines of an item, or a line of its own, read as a head."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from analyzer.readers import page_words as words
from analyzer.readers.page_dates import Stamp, find_short, find_stamps

_MOST_WORDS = 6
_REDDIT = re.compile(
    r"^\[[–+-]\]|(?:\[\w{1,2}\])?\s+-?[\d.,]+k? points?(?:\s?-?[\d.,]+k? points?)*$"
)  # "[–]ana[S] 12 points"
_COUNTED = re.compile(r"[+-]?\d[\d.,]*\s?[KM]?")
_LONGEST_AUTHOR = 200  # the author of a pingback is the title of a page


class Style(StrEnum):
    """How a head shows that it is one, strongest first."""

    SAYS = "says"  # "Priya says:"
    DATED = "dated"  # "Priya 4 June 2021 at 08:12 Reply"
    SIGNED = "signed"  # body first, then "Comment by Priya — 4 June 2021"
    NAME = "name"  # "Priya", then the body as a paragraph of its own
    TIGHT = "tight"  # "Priya", the body on the next line
    NAMELESS = "nameless"  # the body at once: the name was lost


@dataclass(frozen=True, slots=True)
class Head:
    """A read head: the author, the date, how many lines it took, and whether a reply link stood in it."""

    author: str
    stamp: Stamp | None
    used: int
    style: Style
    answered: bool = False
    pingback: bool = False


def read_head(lines: Sequence[str]) -> Head | None:
    """The head that the first lines of a comment are, or None. `lines` are those up to the first blank one."""
    return _read_head(tuple(lines))


@lru_cache(maxsize=4096)
def _read_head(lines: tuple[str, ...]) -> Head | None:
    at = 0
    # A printed comment number, links or the text of a picture may stand before the name
    while at + 1 < len(lines) and _stands_before_name(lines[at]):
        at += 1
    if at >= len(lines):
        return None
    line, pingback = words.cut_pingback(lines[at].strip())
    text, answered = words.cut_links(line)
    head = _on_one_line(text, lines[at + 1] if at + 1 < len(lines) else "") or _over_two_lines(line, lines[at + 1 :])
    if head is None:
        return None
    author, stamp, more, style = head
    used = at + 1 + more
    while used < len(lines) and (words.is_links(lines[used]) or _is_beside_name(lines[used])):
        answered = answered or words.has_reply_link(lines[used])
        used += 1
    if style is Style.NAME and used < len(lines):
        return None
    return Head(author, stamp, used, style, answered, pingback)


def _on_one_line(text: str, following: str) -> tuple[str, Stamp | None, int, Style] | None:
    """Author, date, further lines used and style, where one line holds name and date or name and verb."""
    stamps = find_stamps(text)
    if not stamps:
        return None
    # "#1 Ana (3 May 2019, 10:00)", "1. 3 May 2019, by Ana"
    before = re.sub(r"^(?:[+-]?\d{1,5})?#\d{1,5}\s+|^\d{1,5}[.)]\s*$", "", text[: stamps[0].start]).rstrip("( ")
    after = text[stamps[-1].end :].lstrip(") ")
    after = "" if words.is_links(after) or _COUNTED.fullmatch(after) else after  # "(edited)", "+1"
    verb = words.cut_verb(before)
    left = _author(verb[0] if verb else before)
    right = _author(after)
    style = Style.SAYS if verb and verb[1] else Style.DATED
    if left and (not right or words.cut_verb(f"x {right}:")):
        return left, stamps[0], 0, style
    if right and not left:
        spoken = words.cut_verb(after)
        author = _author(spoken[0]) if spoken else right
        return (
            (author, stamps[0], 0, Style.SAYS if spoken and spoken[1] else Style.DATED)
            if looks_like_name(author)
            else None
        )
    if not left and not right and looks_like_name(_author(following)):
        return _author(following), stamps[0], 1, Style.DATED
    return None


def _over_two_lines(line: str, following: Sequence[str]) -> tuple[str, Stamp | None, int, Style] | None:
    """The same where the name, with or without a verb, has a line of its own."""
    stamp, skip = None, 0
    while skip < min(2, len(following)) and stamp is None:
        stamp = lone_stamp(following[skip], short=True)
        if stamp is None and not words.is_links(following[skip]) and not _is_beside_name(following[skip]):
            break
        skip += 1
    more = skip if stamp else 0
    verb = words.cut_verb(line)
    if verb and (verb[1] or stamp) and _author(verb[0]):
        return _author(verb[0]), stamp, more, Style.SAYS
    text, answered = words.cut_links(line)
    author = _author(text if answered else line)
    if stamp and author and len(author) <= _LONGEST_AUTHOR:
        return author, stamp, more, Style.DATED
    return (author, None, 0, Style.NAME) if looks_like_name(author) else None


def _author(text: str) -> str:
    """A name without "Comment by", "says:" and the signs around it; "" if too long for one."""
    text, _ = words.cut_by(_REDDIT.sub("", text.strip()), bare=False)
    text = text.strip(" \t\u00a0,:;|·•–—-/@»«>→*")
    # A lone sign is a name too: the author of "·" printed "· · 11 March"
    return text if len(text) <= _LONGEST_AUTHOR else ""


def _stands_before_name(line: str) -> bool:
    return bool(re.fullmatch(r"#?\d{1,5}\.?", line.strip())) or words.is_links(line) or words.is_picture(line)


def _is_beside_name(line: str) -> bool:
    """True for a user name under the name, or a badge."""
    return words.is_badge(line) or re.fullmatch(r"\s*@[\w.-]{1,40}\s*", line) is not None


def lone_stamp(line: str, *, short: bool = False) -> Stamp | None:
    """The date of a line that holds nothing but a date (printed once or twice) and links.

    `short` takes "2h", "just now" and "yesterday" too: dates only where one is expected.
    """
    stamps = find_stamps(line) or (find_short(line) if short else ())
    if not stamps:
        return None
    # "#3 — 2 days ago"
    rest = re.sub(r"^\s*#\d{1,5}\b", "", line[: stamps[0].start]) + " " + line[stamps[-1].end :]
    return stamps[0] if not words.bare(rest) or words.is_links(rest) else None


def read_signature(line: str) -> tuple[str, Stamp | None] | None:
    """Name and date of "Comment by Priya — 4 June 2021 @ 08:12" or "Posted by: Priya | 4 June 2021", else None."""
    line = words.cut_links(line.strip())[0]
    text, marked = words.cut_by(line)
    stamps = find_stamps(text)
    if not marked or len(line) > words.MAX_LINE:
        return None
    # "Comment by Priya" says enough; "from the sea" needs a date to be a signature
    spoken = words.bare(line[: line.find(text)]).split()
    if not stamps and (len(spoken) < 2 or not looks_like_name(text)):
        return None
    author = _author(text[: stamps[0].start] if stamps else text)
    return (author, stamps[0] if stamps else None) if author else None


def looks_like_name(text: str) -> bool:
    """True for at most six words without an end stop that are no link, heading, menu title or date."""
    text = text.strip()
    count = len(text.split())
    if not 0 < len(text) <= 60 or not 0 < count <= _MOST_WORDS or "://" in text or not any(map(str.isalnum, text)):
        return False
    if text[-1] in ".,;:!?…" and not re.search(r"(?:^|[\s.])[^\W\d_]{1,3}\.$", text):
        return False
    if re.fullmatch(r"v?\d+(?:\.\d+)+\S*|\d{1,2}:\d\d .*", text, re.IGNORECASE):
        return False  # a release; "10:00 Ana Ruiz" of a programme
    if ": " in text or re.search(r"[.!?] [^\W\d_][^\W\d_]", re.sub(r"\b[^\W\d_]{1,3}\. ", "", text)):
        return False
    return not (
        words.is_links(text)
        or words.ends_section(text)
        or words.read_heading(text)
        or words.is_menu_title(text)
        or (text[0].isdecimal() and words.counts_views(text))
        or lone_stamp(text)
    )


def is_handle_or_full_name(text: str) -> bool:
    """True for what article lists seldom hold: a user name (tomasz_k, MrFox, [deleted]), two to four capitals."""
    parts = text.split()
    if len(parts) == 1:
        word = parts[0]
        return (
            bool(re.search(r"[\d_@.\[\]-]", word))
            or word.islower()
            or not (word.istitle() or word.isupper())
            or _caseless(word)
        )
    return len(parts) <= 4 and all(not part[0].isalpha() or not part[0].islower() for part in parts)


def _caseless(word: str) -> bool:
    """Scripts without capitals (Arabic, Hebrew, Han) say nothing about names."""
    return word.upper() == word.lower()
