"""Comments as pairs of lines under a heading, name and text by turns: what static copies in `noscript` leave."""

from analyzer.readers import page_words as words
from analyzer.readers.page_draft import Draft
from analyzer.readers.page_heads import is_handle_or_full_name, looks_like_name
from analyzer.readers.page_lines import Line, Page
from analyzer.readers.page_section import Section, Surroundings


def find_pairs(page: Page, around: Surroundings) -> list[Section]:
    """The blocks of such pairs that stand right under a heading over comments."""
    sections = []
    for line in page.lines:
        heading = around.accept(line) if 0 < len(line.text) <= words.MAX_LINE and not line.marked else None
        if heading and heading.comment:
            block = _block(page, line.n)
            if _alternate(block):
                drafts = [
                    Draft(author=name.text, text=text.printed)
                    for name, text in zip(block[::2], block[1::2], strict=True)
                ]
                sections.append(
                    Section(first=line.n, last=block[-1].n, drafts=drafts, layout="pairs of lines", heading=heading)
                )
    return sections


def _block(page: Page, n: int) -> list[Line]:
    """The lines without a gap that follow line `n`, up to what ends comments."""
    while n + 1 < len(page.lines) and not page.lines[n + 1].text:
        n += 1
    block: list[Line] = []
    for line in page.lines[n + 1 :]:
        if not line.text or (len(line.text) < words.MAX_LINE and words.ends_section(line.text)):
            break
        if words.read_heading(line.text):
            break  # a list of articles, each with its number of comments
        block.append(line)
    return block


def _alternate(block: list[Line]) -> bool:
    """True if names and texts take turns, for at least two comments."""
    if len(block) < 4 or len(block) % 2 or any(line.marked for line in block[::2]):
        return False
    names, texts = block[::2], block[1::2]
    # "jane [at] …" is what e-mail protection leaves of an address used as a name
    named = sum(looks_like_name(line.text) for line in names) / len(names)
    shaped = sum(is_handle_or_full_name(line.text) for line in names) / len(names)
    prose = sum(not looks_like_name(line.text) for line in texts) / len(texts)
    return named >= 0.9 and shaped >= 0.5 and prose >= 0.7 and max(len(line.text) for line in names) <= 80
