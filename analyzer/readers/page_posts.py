"""Posts of a forum's thread: "by Ana » 3 May 2019" of phpBB, "#3" of XenForo and vBulletin, with columns about authors."""

import re
from collections import Counter
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass

from analyzer.readers import page_words as words
from analyzer.readers.page_dates import Stamp, find_stamps
from analyzer.readers.page_draft import Draft
from analyzer.readers.page_heads import lone_stamp, looks_like_name
from analyzer.readers.page_lines import Line, Page
from analyzer.readers.page_section import Section, Surroundings, join_lines

_MOST = 0.8  # share of posts that must show what makes them posts
_COLUMN = 14  # lines of a column about an author, at the most
_MOST_HIDDEN = 20  # posts between two that are shown
_SHORT = 40  # characters of a line in it: a rank, a place
_NUMBER = re.compile(r"(?P<date>.*?)[\s,·•|]*#(?P<number>\d{1,5})")
_RULE = re.compile(r"[_-]{5,}")
_PAGES = re.compile(r"\d+ \S{1,20} [•·] .*\d+.*\d+")  # "6 posts • Page 1 of 1"
_WEEKDAY = re.compile(r"^[^\W\d]{2,4}[.,]+\s*(?=\d)")
_ANSWER = re.compile(r"(?:re|aw|antw|odp|sv|vs|rif)(?:\[\d+\])?:\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Head:
    """Everything printed over the words of a post: first and last line, author, date."""

    first: int
    last: int
    author: str
    stamp: Stamp | None


def find_posts(page: Page, _around: Surroundings) -> list[Section]:
    """The posts of the page, as one section."""
    for find in (_signed_heads, _numbered_heads):
        heads = find(page)
        if heads:
            subjects = {_ANSWER.sub("", line.text) for line in page.lines if _ANSWER.match(line.text)}
            bodies = [_body(page, heads, at, subjects) for at in range(len(heads))]
            last = max(bodies[-1][-1].n if bodies[-1] else 0, heads[-1].last)
            drafts = _drafts(heads, bodies)
            return [Section(first=heads[0].first, last=last, drafts=drafts, layout="posts", sure=True)]
    return []


def lists_topics(page: Page) -> bool:
    """True for a forum's list of topics, each with its numbers of replies and views: nobody's words stand there."""
    viewed = (line for line in page.lines if words.counts_views(line.text))
    return sum(any(words.has_reply_link(near.text) for near in page.before(line.n, 2)) for line in viewed) > 1


def _signed_heads(page: Page) -> list[_Head]:
    """Heads like "by Ana » Mon Nov 02, 2026 9:12 pm" of one thread: under one title, or beside columns about authors."""
    heads, titles, beside = [], Counter[str](), 0
    for line in page.lines:
        name, sign, rest = line.text.rpartition(" » ") if len(line.text) <= words.MAX_LINE else ("", "", "")
        author = words.cut_post_by(name)
        # French weekdays ("mar. 3 nov. 2026") are months and names too
        stamps = find_stamps(_WEEKDAY.sub("", rest)) if sign and author else ()
        if not stamps or stamps[0].start or words.bare(_WEEKDAY.sub("", rest)[stamps[-1].end :]):
            continue
        above = page.before(line.n, 1)
        subject = above[0] if above and line.n - above[0].n <= 2 and len(above[0].text) <= words.MAX_LINE else line
        titles[_ANSWER.sub("", subject.text)] += 1
        beside += any(words.is_field(near.text) for near in [*page.before(line.n, 8), *page.after(line.n, 1)])
        heads.append(_Head(subject.n, line.n, author, stamps[0]))
    one_thread = max([beside, *titles.values()]) >= _MOST * len(heads)
    # A list of topics has such lines too, each under a title of its own
    return heads if one_thread and (len(heads) > 1 or beside) else []


def _numbered_heads(page: Page) -> list[_Head]:
    """Heads with a rising number; the author stands over the number (XenForo) or under it (vBulletin)."""
    numbered = list[tuple[int, Line]]()
    for line in page.lines:
        match = _NUMBER.fullmatch(line.text) if len(line.text) <= words.MAX_LINE and not line.marked else None
        if match and (not match["date"] or lone_stamp(match["date"])):
            numbered.append((int(match["number"]), line))
    anchors = _longest_chain(numbered)
    over = sum(_column_over(page, line.n) is not None for line in anchors)
    read: Callable[[Page, Line], _Head | None] = _head_over if over >= _MOST * len(anchors) else _head_under
    heads = [head for line in anchors if (head := read(page, line)) and head.stamp and looks_like_name(head.author)]
    return heads if len(heads) > 1 and len(heads) >= _MOST * len(anchors) else []


def _longest_chain(numbered: Sequence[tuple[int, Line]]) -> list[Line]:
    """The most lines whose numbers rise, with few left out: posts may be hidden, and "#7" stand above the first."""
    lengths: list[int] = []  # of the longest chain that ends with each line, which comes after `befores`
    befores: list[int | None] = []
    latest: dict[int, int] = {}
    for at, (number, _line) in enumerate(numbered):
        ends = [latest[lower] for lower in range(number - 1, number - 2 - _MOST_HIDDEN, -1) if lower in latest]
        before = max(ends, key=lambda end: lengths[end], default=None)
        lengths.append(1 if before is None else lengths[before] + 1)
        befores.append(before)
        if number not in latest or lengths[at] > lengths[latest[number]]:
            latest[number] = at
    chain: list[Line] = []
    at_end = max(range(len(numbered)), key=lambda at: lengths[at], default=None)
    while at_end is not None:
        chain.append(numbered[at_end][1])
        at_end = befores[at_end]
    return chain[::-1]


def _is_beside_number(line: Line) -> bool:
    return words.is_links(line.text) or words.is_badge(line.text) or lone_stamp(line.text) is not None


def _stamp_of(lines: Sequence[Line]) -> Stamp | None:
    return next((stamp for line in lines for stamp in find_stamps(line.text)), None)


def _column_over(page: Page, n: int) -> list[Line] | None:
    """The lines over line `n`, nearest first, from the first field of the column there upwards; None without one."""
    above = page.before(n, 2 * _COLUMN)
    while above and _is_beside_number(above[0]):
        above = above[1:]
    start = next((at for at, line in enumerate(above[:2]) if words.is_field(line.text)), None)
    if start is None:
        return None
    # "Joined", then the date; "Posts: 14" holds its value
    fields = start
    while fields + 1 < len(above) and any(words.is_field(line.text) for line in above[fields + 1 : fields + 3]):
        fields += 1 if words.is_field(above[fields + 1].text) else 2
    return above[fields + 1 :]


def _head_over(page: Page, line: Line) -> _Head | None:
    names = _column_over(page, line.n)
    if not names:
        return None
    # Under the name stands a title: one of the usual ones, or the author's own
    at = next((at for at, one in enumerate(names[:5]) if not words.is_title(one.text)), 0) or min(1, len(names) - 1)
    top = next((at for at, one in enumerate(names[:4]) if not page.lines[one.n - 1].text), 0)
    if top and any(words.has_reply_link(one.text) for one in page.before(names[top].n, 1)):
        # Right under the buttons of the post before, perhaps with the initial that stands for a picture
        at = top - (names[top].text == names[top - 1].text[:1].upper())
    name = names[at]
    over = page.before(name.n, 1)
    initial = bool(over) and over[0].text == name.text[:1].upper()
    between = [one for one in page.lines[name.n : line.n + 1] if one.text]
    return _Head(over[0].n if initial else name.n, line.n, name.text, _stamp_of(between[::-1]))


def _head_under(page: Page, line: Line) -> _Head | None:
    above = page.before(line.n, 1)
    dated = bool(above) and lone_stamp(above[0].text) is not None
    below = page.after(line.n, _COLUMN)
    at = next((at for at, one in enumerate(below) if not _is_beside_number(one)), None)
    if at is None:
        return None
    name, end, fields = below[at], at + 1, 0
    for then, one in enumerate(below[at + 1 :], at + 1):
        if fields and one.text[-1] in ".!?":
            break  # the words of the post
        holds_value = words.is_field(one.text) and ":" not in one.text and then + 1 < len(below)
        if words.is_field(one.text):
            end, fields = then + 1 + holds_value, fields + 1
        elif then == end and (_is_beside_number(one) or words.is_title(one.text)):
            end = then + 1
        elif len(one.text) > _SHORT or then - end > 2 or _ends_post(one):
            break
    stamp = _stamp_of([*above[:dated], line, *below[:end]])
    return _Head(above[0].n if dated else line.n, below[end - 1].n, name.text, stamp)


def _body(page: Page, heads: Sequence[_Head], at: int, subjects: Set[str]) -> list[Line]:
    """The lines of a post's words: without the columns, links, signature, notes and one of the `subjects` around them."""
    head = heads[at]
    until = heads[at + 1].first if at + 1 < len(heads) else len(page.lines)
    lines = [line for line in page.lines[head.last + 1 : until] if line.text]
    authors = {head.author, heads[at + 1].author if at + 1 < len(heads) else head.author}
    ends = (n for n, line in enumerate(lines) if _ends_post(line) or _starts_column(lines, n, authors))
    lines = lines[: next(ends, len(lines))]
    while lines and words.is_links(lines[-1].text):
        lines = lines[:-1]
    if len(lines) > 1 and _ANSWER.sub("", lines[0].text) in subjects:
        lines = lines[1:]
    return lines


def _ends_post(line: Line) -> bool:
    text = line.text
    short = len(text) <= words.MAX_LINE and not line.marked
    return short and bool(
        words.ends_post(text)
        or words.has_reply_link(text)
        or words.ends_section(text)
        or _RULE.fullmatch(text)
        or _PAGES.fullmatch(text)
    )


def _starts_column(lines: Sequence[Line], at: int, authors: set[str]) -> bool:
    """True for an author's name over lines that are about the author, or over nothing."""
    below = lines[at + 1 : at + _COLUMN]
    return lines[at].text in authors and (not below or any(words.is_field(line.text) for line in below[:4]))


def _drafts(heads: Sequence[_Head], bodies: Sequence[list[Line]]) -> list[Draft]:
    """The posts; one that begins with the words of another answers it."""
    endings = Counter((head.author, body[-1].text) for head, body in zip(heads, bodies, strict=True) if len(body) > 1)
    drafts: list[Draft] = []
    latest: dict[str, int] = {}
    for at, (head, body) in enumerate(zip(heads, bodies, strict=True)):
        signed = len(body) > 1 and endings[head.author, body[-1].text] > 1
        own = body[:-1] if signed else body
        quoted = words.read_quoted(own[0].text) if own else None
        parent = latest.get(quoted) if quoted else None
        drafts.append(Draft(author=head.author, text=join_lines(own), parent=parent, stamp=head.stamp))
        latest[head.author] = at
    return drafts
