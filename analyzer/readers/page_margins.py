"""Comments that stand at the margin: each begins with a line that names its author and date, or says who says it."""

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from analyzer.readers import page_words as words
from analyzer.readers.page_anchors import Anchor, choose_anchors
from analyzer.readers.page_dates import Stamp, find_stamps
from analyzer.readers.page_draft import Draft
from analyzer.readers.page_heads import Head, Style, lone_stamp, looks_like_name, read_head
from analyzer.readers.page_lines import Line, Page
from analyzer.readers.page_section import Section, Surroundings, read_body
from analyzer.readers.page_words import Heading

_REACH = 4  # lines above a date in which its author is looked for
_LONGEST_NAME = 80
_MOST_LINKS = 30  # lines of links right under a date
_LEAST_SUBJECT = 8  # characters of a comment that begin it once more, as its subject
_LEAST_COUNTED_BELOW = 0.3  # share of comments with a number of likes below: YouTube and Disqus print none for zero
_LEAST_COUNTED_ABOVE = 0.6  # the same over the words, where the Guardian has it

_CLOSED = re.compile(r"\bclosed\W*$", re.I)  # "The comments to this entry are closed." is a sentence nobody wrote
_ANSWERED = re.compile(r"^[→➔▸]\s*[^•·]{1,60}[•·]\s*")  # "→ Ana • 2 years ago": whom the comment answers


def find_margins(page: Page, around: Surroundings) -> list[Section]:
    """All blocks of such comments, as sections."""
    groups: dict[tuple[str, bool], list[Anchor]] = {}
    for line in page.lines:
        anchor = _read_anchor(page, line) if 0 < len(line.text) <= words.MAX_LINE else None
        if anchor:
            group = groups.setdefault(anchor.kind, [])
            if not group or anchor.top > group[-1].bottom:
                group.append(anchor)
    return [section for group in groups.values() if (section := _read_group(page, around, group))]


def _read_anchor(page: Page, line: Line) -> Anchor | None:
    if words.cut_verb(line.text) and line.text.endswith((":", "...", "…")):
        head = read_head([line.text])
        if head and head.style is Style.SAYS and looks_like_name(head.author):
            below = page.lines[line.n + 1] if line.n + 1 < len(page.lines) else line
            stamp = head.stamp or lone_stamp(below.text)
            bottom = below.n if stamp and not head.stamp else line.n
            verb = words.spoken_form(line.text.removeprefix(head.author))
            return Anchor(line.n, bottom, line.column, head.author, stamp, ("says", line.bullet), verb)
        return None
    stamp = lone_stamp(_ANSWERED.sub("", line.text), short=True) or _placed_stamp(page, line)
    if stamp:
        return _over_a_date(page, line, stamp)
    if not find_stamps(line.text):
        return None
    head = read_head([line.text])
    if head is None or head.stamp is None or not 0 < len(head.author) <= _LONGEST_NAME:
        return None
    return Anchor(line.n, _past_links(page, line.n), line.column, head.author, head.stamp, ("inline", line.bullet))


def _placed_stamp(page: Page, line: Line) -> Stamp | None:
    """The date of "Portland, OR | 3 May 2022" right under a name that begins a paragraph."""
    stamps = find_stamps(line.text)
    above = [page.lines[n].text for n in (line.n - 2, line.n - 1) if n >= 0]
    if not stamps or len(above) < 2 or above[0] or not looks_like_name(above[1]):
        return None
    placed = re.fullmatch(r"[^|]{2,60}\|\s*", line.text[: stamps[0].start]) and stamps[-1].end == len(line.text)
    return stamps[0] if placed else None


def _over_a_date(page: Page, line: Line, stamp: Stamp) -> Anchor | None:
    """The head whose date has a line of its own: the name stands above it, or right below it."""
    above = _lines_above(page, line)
    names = [other for other in above if not _is_ornament(other)]
    names = names or [other for other in above if other.text.isdecimal()]
    names = [other for other in names if not words.is_badge(other.text)] or names
    top = above[-1].n if above else line.n
    bottom = _past_links(page, line.n)
    if names:
        name = names[0]
        top = min(name.n, *(other.n for other in above if _is_ornament(other)), top if len(names) == 1 else name.n)
    else:
        before = page.before(top, 1)
        after = page.lines[line.n + 1 : line.n + 2]
        if not above and after and looks_like_name(after[0].text) and line.n + 2 < len(page.lines):
            if page.lines[line.n + 2].text:
                return None
            name, bottom = after[0], after[0].n
        elif before and top - before[0].n == 2 and looks_like_name(before[0].text):
            name = before[0]
            top = name.n
        else:
            return None
    over = names[1] if len(names) == 2 and not page.lines[names[1].n - 1].text else None
    author = words.cut_by(name.text, bare=False)[0].strip(" ,|·•–—-")
    if words.read_heading(author) or words.counts_views(author):
        return None
    if not author or len(author) > _LONGEST_NAME or (not looks_like_name(author) and len(author.split()) > 8):
        return None
    return Anchor(
        top,
        bottom,
        line.column,
        author,
        stamp,
        ("date", line.bullet),
        twice=_printed_twice(page, author, top),
        over=over,
    )


def _lines_above(page: Page, line: Line) -> list[Line]:
    """The lines with words right above, nearest first; a lone bullet between them is no gap."""
    above: list[Line] = []
    for other in reversed(page.lines[max(0, line.n - 2 * _REACH) : line.n]):
        if other.text and len(above) < _REACH:
            above.append(other)
        elif not other.bullet:
            break
    return above


def _is_ornament(line: Line) -> bool:
    """True for links, the words of a picture, votes, and a dot between the parts of a head."""
    text = line.text
    return words.is_links(text) or words.is_picture(text) or text.isdecimal() or not any(map(str.isalnum, text))


def _printed_twice(page: Page, author: str, top: int) -> Line | None:
    """The line above that the author's line begins with: "Ana", then "AnaTom", where Ana answers Tom."""
    before = page.before(top, 1)
    twice = before and author.startswith(before[0].text) and top - before[0].n <= 2 and looks_like_name(before[0].text)
    return before[0] if twice else None


def _past_links(page: Page, n: int) -> int:
    """The last line of links or bullets that stand right under line `n`, or `n`."""
    for line in page.lines[n + 1 : n + 1 + _MOST_LINKS]:
        linked = words.is_links(line.text) or (line.bullet and len(line.text) < 60 and not lone_stamp(line.text))
        if not line.text or not linked or (not line.bullet and find_stamps(line.text)):
            break
        n = line.n
    return n


def _read_group(page: Page, around: Surroundings, group: list[Anchor]) -> Section | None:
    """The section these heads make, or None: a heading or reply links have to speak for them."""
    group = choose_anchors(page, group)
    start, heading = 0, None
    for at, anchor in enumerate(group):
        found = around.heading_above(anchor.top)
        if found:
            start, heading = at, found
            break
    linked = [
        _answered(page, anchor, group[at + 1].top if at + 1 < len(group) else None) for at, anchor in enumerate(group)
    ]
    if heading is None:
        if group[0].kind[0] != "says":
            while start < len(group) and not linked[start]:
                start += 1
        if len(group) - start < 2 or (group[0].kind[0] != "says" and sum(linked[start:]) < 0.6 * (len(group) - start)):
            return None
    share = sum(linked[start:]) / (len(group) - start)
    if share < 0.6 and all(anchor.stamp and anchor.stamp.short for anchor in group[start:]):
        return None  # "2h" under a short line is a recipe's too
    anchors = _until_end(page, group[start:], heading[0].count if heading else None)
    # "Jane says:" is an article's, too; "said..." is Blogger's
    bare = not share and all(anchor.stamp is None and anchor.verb.endswith(":") for anchor in anchors)
    if (heading is None and len(anchors) < (3 if bare else 2)) or _is_index(
        page, around, anchors, heading[0] if heading else None
    ):
        return None
    bodies = [
        _lines_between(
            page, anchor.bottom, anchors[at + 1].top if at + 1 < len(anchors) else _end(page, around, anchor, share)
        )
        for at, anchor in enumerate(anchors)
    ]
    if heading and _stand_below(page, anchors, heading[1], bodies[-1]):
        tops = [heading[1], *(anchor.bottom for anchor in anchors)]
        bodies = [_lines_between(page, above, anchor.top) for above, anchor in zip(tops, anchors, strict=False)]
    drafts = _read_drafts(anchors, bodies, linked=share >= 0.3)
    last = max((body[-1].n for body in bodies if body), default=anchors[-1].bottom)
    return Section(
        first=heading[1] if heading else anchors[0].top,
        last=last,
        drafts=drafts,
        layout=f"margin, {anchors[0].kind[0]}",
        heading=heading[0] if heading else None,
        sure=share >= 0.5 or anchors[0].kind[0] == "says",
    )


def _is_index(page: Page, around: Surroundings, anchors: Sequence[Anchor], heading: Heading | None) -> bool:
    """True for articles one below the other, each with its title, and the number of its comments below it."""
    if heading is None or heading.count is None or len(anchors) < 2:
        return False
    titled = sum(_title_follows_count(page, around, one, two) for one, two in itertools.pairwise(anchors))
    return titled > 0.5 * (len(anchors) - 1)


def _title_follows_count(page: Page, around: Surroundings, one: Anchor, two: Anchor) -> bool:
    counted = False
    for line in _lines_between(page, one.bottom, two.top):
        heading = around.accept(line) if len(line.text) <= words.MAX_LINE else None
        if heading and heading.count is not None and heading.comment:
            counted = True
        elif counted and not (words.is_links(line.text) or words.is_order(line.text) or words.ends_section(line.text)):
            return True
    return False


def _stand_below(page: Page, anchors: Sequence[Anchor], heading: int, last: Sequence[Line]) -> bool:
    """True if these lines sign the text above them: "Posted by: Ana | 3 May 2019", with no words under the last."""
    over_first = _lines_between(page, heading, anchors[0].top)
    signed = all(words.cut_by(page.lines[anchor.top].text)[1] for anchor in anchors)
    return signed and not last and any(not words.is_links(line.text) for line in over_first)


def _answered(page: Page, anchor: Anchor, until: int | None) -> bool:
    """True if a reply link ends the comment, or follows the last one."""
    if until is not None:
        tail = page.before(until, 3)
        return any(words.has_reply_link(line.text) for line in tail if line.n > anchor.bottom) or any(
            words.has_reply_link(line.text) for line in page.lines[anchor.top : anchor.bottom + 1]
        )
    for line in page.after(anchor.bottom, 60):
        if words.has_reply_link(line.text):
            return True
        if words.ends_section(line.text):
            return False
    return any(words.has_reply_link(line.text) for line in page.lines[anchor.top : anchor.bottom + 1])


def _until_end(page: Page, group: list[Anchor], count: int | None) -> list[Anchor]:
    """The heads up to the first reply form or footer between two of them, once the claimed number is reached.

    A sentence that begins like either is a comment's, as long as heads like the first follow it.
    """
    last = max(at for at, anchor in enumerate(group) if anchor.form == group[0].form)
    for at in range(1, len(group)):
        if count is not None and at < count:
            continue
        between = [line.text for line in page.lines[group[at - 1].bottom + 1 : group[at].top] if len(line.text) <= 80]
        if any(words.ends_section(text) and (at > last or not words.is_sentence(text)) for text in between):
            return group[:at]
    return group


def _end(page: Page, around: Surroundings, last: Anchor, share: float) -> int:
    """The line after the last comment: its reply links, a reply form, a heading, a menu, or the end of the page."""
    lines = page.lines
    first = next((line.n for line in page.after(last.bottom, 1)), len(lines))
    for n in range(first, len(lines)):
        line = lines[n]
        if not line.text:
            continue
        ended = words.ends_section(line.text) or words.is_menu_title(line.text) or around.accept(line)
        said = n == first and words.is_sentence(line.text) and not _CLOSED.search(line.text)
        if (ended and not said) or _starts_menu(page, line):
            return n
        if share >= 0.6 and words.has_reply_link(line.text) and n > last.bottom:
            return n + 1
    return len(lines)


def _starts_menu(page: Page, line: Line) -> bool:
    """True for the first bullet of a list that stands apart; one that a person typed needs a title and three more."""
    if not line.bullet or words.is_links(line.text) or not all(other.bullet for other in page.after(line.n, 3)):
        return False
    above = page.before(line.n, 1)
    titled = bool(above) and looks_like_name(above[0].text)
    if line.marker in "*-":
        return titled and len(page.after(line.n, 3)) == 3
    return titled or not page.lines[line.n - 1].text


def _lines_between(page: Page, after: int, before: int) -> list[Line]:
    return [line for line in page.lines[after + 1 : before] if line.text]


def _read_drafts(anchors: Sequence[Anchor], bodies: Sequence[list[Line]], *, linked: bool) -> list[Draft]:
    said = [body for body in bodies if sum(not words.is_links(line.text) for line in body) > 1]
    tails = Counter(line.text for body in said for line in body[-2:])
    repeated = {text for text, times in tails.items() if times >= 3 and times >= 0.6 * len(bodies)}
    bodies = _without_next_subjects(bodies)
    button = _glued_button(bodies)
    bodies = _without_counters([_without(button, body) for body in bodies])
    subjects = _subjects(bodies)
    drafts: list[Draft] = []
    open_columns: list[tuple[int, int]] = []
    latest: dict[str, int] = {}
    for at, (anchor, body) in enumerate(zip(anchors, bodies, strict=True)):
        head = Head(anchor.author, anchor.stamp, 0, Style.DATED)
        rest = body[subjects[at] :]
        draft = read_body(rest, head, linked=linked, repeated=repeated)
        draft.subject = body[subjects[at] - 1].text if subjects[at] else None
        while open_columns and open_columns[-1][0] >= anchor.column:
            open_columns.pop()
        over_words, answers = words.cut_addressee(rest[0].text) if rest else ("", None)
        answers = anchor.answers or (None if over_words else answers)
        draft.parent = open_columns[-1][1] if open_columns else latest.get(answers or "")
        latest[anchor.author] = at
        open_columns.append((anchor.column, at))
        drafts.append(draft)
    return drafts


def _glued_button(bodies: Sequence[list[Line]]) -> str:
    """A link that the text tool glued to the last word of most comments ("… in WP.Report"), or ""."""
    own = [next((line.text for line in reversed(body) if not words.is_links(line.text)), "") for body in bodies]
    ends = Counter(match[0] for text in own if (match := re.search(r"(?<=\W)[^\W\d_]+$", text)))
    word, times = ends.most_common(1)[0] if ends else ("", 0)
    return word if times >= 3 and times >= 0.6 * len(bodies) and words.is_links(word) else ""


def _without(button: str, body: list[Line]) -> list[Line]:
    """The lines of a body without that link at the end of one of the last."""
    cut = [replace(line, text=line.text.removesuffix(button).rstrip()) if button else line for line in body[-3:]]
    return body[:-3] + [new if new.text else old for old, new in zip(body[-3:], cut, strict=True)]


def _without_counters(bodies: Sequence[list[Line]]) -> list[list[Line]]:
    """The bodies without the numbers of likes that stand above the words or the links of many of them; votes stand in two lines."""
    bodies = list(bodies)
    for edge, least, share in (
        (_ends, 3, _LEAST_COUNTED_BELOW),
        (_ends, 3, _LEAST_COUNTED_BELOW),
        (_starts, 2, _LEAST_COUNTED_ABOVE),
    ):
        counters = {line.n for body in bodies if (line := edge(body)) and re.fullmatch(r"\d[\d.,]*\s?[KM]?", line.text)}
        if len(counters) >= max(least, share * len(bodies)):
            bodies = [[line for line in body if line.n not in counters] for body in bodies]
    return bodies


def _ends(body: list[Line]) -> Line | None:
    """The last line that is no link; a number alone is the comment."""
    said = [line for line in body if not words.is_links(line.text)]
    return said[-1] if len(said) > 1 else None


def _starts(body: list[Line]) -> Line | None:
    return next((line for line in body[:-1] if not words.is_reply_note(line.text)), None)


def _subjects(bodies: Sequence[list[Line]]) -> list[int]:
    """How many lines of each body are its subject: Drupal prints one, as a paragraph of its own, over every comment.

    Where nobody wrote one, it is the beginning of the words: "I think that" over "I think that boats are slow."
    """
    found, begun = [], 0
    for body in bodies:
        at = 1 if body and words.is_reply_note(body[0].text) else 0
        while at + 1 < len(body) and words.is_links(body[at].text):
            at += 1
        alone = len(body) > at + 1 and body[at + 1].n - body[at].n > 1
        begins = alone and _begins(body[at].text, body[at + 1].text)
        fits = (
            alone
            and len(body[at].text) <= 100
            and body[at].text[-1] not in ".,:;!?…"
            and not words.is_links(body[at + 1].text)
        )
        begun += begins
        found.append(at + 1 if fits or begins else 0)
    most = sum(map(bool, found)) >= 0.9 * len(found)
    return found if (most and len(found) >= 3) or begun >= 0.8 * len(found) else [0] * len(found)


def _begins(subject: str, text: str) -> bool:
    return text == subject or (len(subject) >= _LEAST_SUBJECT and text.startswith(subject))


def _without_next_subjects(bodies: Sequence[list[Line]]) -> list[list[Line]]:
    """The bodies without the subject of the next comment, where it stands between the links of one and the head of the next."""
    cut: list[list[Line]] = []
    for body in bodies[:-1]:
        linked = len(body) > 2 and words.has_reply_link(body[-2].text) and not words.is_links(body[-1].text)
        apart = linked and body[-1].n - body[-2].n > 1 and len(body[-1].text) <= 100
        cut.append(body[:-1] if apart else body)
    shortened = sum(len(new) < len(old) for new, old in zip(cut, bodies, strict=False))
    return [*cut, *bodies[-1:]] if shortened and shortened >= 0.8 * len(cut) else list(bodies)
