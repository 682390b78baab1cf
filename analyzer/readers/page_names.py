"""Comments under a counted heading as names and words alone: no list, no dates, only lines that stand apart."""

from analyzer.readers import page_words as words
from analyzer.readers.page_draft import Draft
from analyzer.readers.page_heads import Head, Style, is_handle_or_full_name, looks_like_name
from analyzer.readers.page_lines import Line, Page
from analyzer.readers.page_section import Section, Surroundings, read_body

_PROSE = 80  # characters of a line in an article: a heading above all prose counts comments that stand elsewhere
_MOST_SHAPED = 0.6  # share of names that must be shaped like one


def find_names(page: Page, around: Surroundings) -> list[Section]:
    """The blocks under headings that claim as many comments as names stand there, each over words."""
    sections = []
    for line in page.lines:
        heading = around.accept(line) if 0 < len(line.text) <= words.MAX_LINE and not line.marked else None
        if heading and heading.comment and heading.count:
            block = _block(page, line.n)
            tops = [at for at in range(len(block)) if _is_name(page, block, at)]
            if len(tops) == heading.count and _are_comments(page, block, tops, line.n):
                drafts = [_draft(block[at:end]) for at, end in zip(tops, [*tops[1:], len(block)], strict=True)]
                sections.append(Section(first=line.n, last=block[-1].n, drafts=drafts, layout="names", heading=heading))
    return sections


def _block(page: Page, n: int) -> list[Line]:
    """The lines with words under line `n`, from the first that is no link to what ends comments.

    None of them where a list or another heading follows: pages that show the beginnings of articles print such numbers, too.
    """
    block: list[Line] = []
    for line in page.lines[n + 1 :]:
        if not line.text or (not block and words.is_links(line.text)):
            continue
        if (words.ends_section(line.text) and not words.is_sentence(line.text)) or words.is_menu_title(line.text):
            break
        if line.marked or words.read_heading(line.text):
            return []
        block.append(line)
    return block


def _is_name(page: Page, block: list[Line], at: int) -> bool:
    """True for a name that begins a paragraph and stands over words that are no name."""
    below = block[at + 1 : at + 2]
    alone = not page.lines[block[at].n - 1].text and bool(below)
    return alone and _may_be_name(block[at].text) and not (words.is_links(below[0].text) or _may_be_name(below[0].text))


def _may_be_name(text: str) -> bool:
    """True for names; "We saw it." ends like "Ana R." and is none."""
    return looks_like_name(text) and (text[-1] != "." or is_handle_or_full_name(text))


def _are_comments(page: Page, block: list[Line], tops: list[int], heading: int) -> bool:
    """True if nothing stands over the first name, and reply links or an article above speak for comments."""
    names = [block[at].text for at in tops]
    shaped = sum(map(is_handle_or_full_name, names)) >= _MOST_SHAPED * len(names)
    linked = sum(words.has_reply_link(line.text) for line in block) >= len(tops)
    below_article = len(tops) > 1 and any(len(line.text) > _PROSE for line in page.lines[:heading])
    return tops[0] == 0 and shaped and (linked or below_article)


def _draft(lines: list[Line]) -> Draft:
    return read_body(lines[1:], Head(lines[0].text, None, 1, Style.NAME), linked=True)
