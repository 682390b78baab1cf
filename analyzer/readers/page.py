"""Comments of an article page that was turned into plain text, in any of the layouts such pages have."""

import re
from collections.abc import Iterator

from analyzer.readers import csvs
from analyzer.readers import page_words as words
from analyzer.readers.page_dates import day_first, find_stamps
from analyzer.readers.page_draft import Draft, Place, to_comments
from analyzer.readers.page_feet import find_feet
from analyzer.readers.page_hackernews import find_hackernews
from analyzer.readers.page_lines import Line, Page, read_page
from analyzer.readers.page_lists import find_lists
from analyzer.readers.page_margins import find_margins
from analyzer.readers.page_names import find_names
from analyzer.readers.page_pairs import find_pairs
from analyzer.readers.page_posts import find_posts, lists_topics
from analyzer.readers.page_profile import find_profile
from analyzer.readers.page_section import Section, Surroundings, join_sections
from analyzer.readers.tally import Tally
from analyzer.schema import Comment

_SCRIPTED = re.compile(
    r"\b(disqus|coral talk|facebook comments|hyvor|commento|intensedebate|livefyre)\b", re.IGNORECASE
)
_LAYOUTS = (find_hackernews, find_feet, find_posts, find_lists, find_margins, find_pairs, find_names, find_profile)
# What is found so is nothing else's form; and a profile page is what nothing else fits
_ALONE = (find_hackernews, find_feet, find_posts, find_pairs)
_TITLE_REACH = 80  # non-blank lines in which the title is looked for


def looks_like_page(text: str) -> bool:
    """True for text of several paragraphs, or with a list or a comment heading: what a page turned into text has."""
    lines = text[:200_000].splitlines()
    if sum(len(line) > 80 for line in lines) >= 2:
        return True
    return any(re.match(r"\s*(?:•|\d+\. )", line) or words.read_heading(line) for line in lines)


def find_drafts(text: str) -> list[Draft]:
    """The comments of a page's text, in page order, before they have their ids; empty where none are beyond doubt."""
    page = read_page(text)
    section = _best(page, Surroundings(page))
    return section.drafts if section else []


def read(text: str, source: str, tally: Tally) -> Iterator[Comment]:
    """The comments of one page, in page order; none, and a note in the tally, where no section is beyond doubt."""
    page = read_page(text)
    around = Surroundings(page)
    section = _best(page, around)
    if section is None:
        _note_none(page, around, source, tally)
        if csvs.is_bare_table(text):
            tally.note(
                "this looks like a table whose columns have no names; give the number of the text's, for example --map text=#2"
            )
        return
    if section.heading and section.heading.count is not None:
        tally.claimed[source] = section.heading.count
    stamps = [draft.stamp for draft in section.drafts if draft.stamp]
    place = Place(
        source=source,
        thread_id=source,
        title=_title(page, section),
        day_first=day_first(stamps, (line.text for line in page.lines[section.first : section.last + 1])),
    )
    yield from to_comments(section.drafts, place)


def _best(page: Page, around: Surroundings) -> Section | None:
    """The section most like comments; the looser layouts are tried only where no list stands under a heading."""
    found: list[Section] = []
    if lists_topics(page):
        # "Similar threads" may stand under one
        return next(iter(find_posts(page, around)), None)
    for find in _LAYOUTS:
        found += find(page, around)
        if any(section.heading for section in found) or (found and find in _ALONE):
            break
    found = [section for section in found if not _are_opinions(section)]
    best = max(found, key=lambda section: section.rank, default=None)
    return join_sections([best, *(section for section in found if section is not best)]) if best else None


def _are_opinions(section: Section) -> bool:
    """True for a newspaper's own comments, "A comment by Ana Ruiz" over most of them."""
    over = ([draft.author or "", *draft.text.splitlines()[:3]] for draft in section.drafts)
    return sum(any(map(words.is_opinion, lines)) for lines in over) >= 0.6 * len(section.drafts)


def _note_none(page: Page, around: Surroundings, source: str, tally: Tally) -> None:
    """Say that the page has no comments, and what it says about them."""
    for line in page.lines:
        heading = around.accept(line) if 0 < len(line.text) <= words.MAX_LINE else None
        if heading and heading.count and not line.marked:
            tally.claimed[source] = heading.count
            tally.note(f"no comments found under the heading in line {line.n + 1}, which claims {heading.count}")
            break
    system = next((match[1] for line in page.lines[-400:] if (match := _SCRIPTED.search(line.text))), None)
    if system:
        unread = "; what stands here of them is in a form this reader does not know" if source in tally.claimed else ""
        tally.note(f"comments are loaded by a script{unread}; export them from {system.title()}")
    tally.note("no comments found: no bullet tree, numbered list, dated or named lines that are comments beyond doubt")


def _title(page: Page, section: Section) -> str | None:
    """The article's title: the one a comment heading quotes, else the longest line alone above the text."""
    quoted = (section.heading.title or "").strip(" “”„\"«»‚‘’'") if section.heading else ""
    if quoted:
        return quoted
    candidates: list[Line] = []
    seen = 0
    for line in page.lines[: section.first]:
        if not line.text:
            continue
        seen += 1
        if seen > _TITLE_REACH or (len(line.text) > words.MAX_LINE and candidates):
            break
        if (
            _stands_alone(page, line)
            and 2 <= len(line.text.split()) <= 30
            and line.text[-1] not in ".,:;|"
            and not find_stamps(line.text)
        ):
            candidates.append(line)
    most = max((len(line.text.split()) for line in candidates), default=0)
    return next((line.text for line in candidates if len(line.text.split()) >= 0.6 * most), None)


def _stands_alone(page: Page, line: Line) -> bool:
    above = page.lines[line.n - 1].text if line.n else ""
    below = page.lines[line.n + 1].text if line.n + 1 < len(page.lines) else ""
    return not (line.marked or above or below or len(line.text) > words.MAX_LINE or words.is_links(line.text))
