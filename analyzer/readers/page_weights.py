"""How much speaks for a list of names with words below being comments: replies, talk, a heading, what stands around."""

from collections.abc import Sequence
from itertools import islice

from analyzer.readers import page_words as words
from analyzer.readers.page_heads import is_handle_or_full_name, read_head
from analyzer.readers.page_items import SAMPLE, has_body, is_control, paragraph_of, words_of
from analyzer.readers.page_lines import Item
from analyzer.readers.page_section import Surroundings
from analyzer.readers.page_words import Heading

_MOST = 0.6  # share of names, or of bodies, that must look like people's


def weigh_names(siblings: Sequence[Item], around: Surroundings, heading: Heading | None, linked: float) -> int:
    """How much speaks for "name, then body" being comments and not an article's list of terms; 4 is enough.

    `linked` is the share of the siblings with a reply link.
    """
    tree = [part for item in siblings[:SAMPLE] for part in islice(item.walk(), SAMPLE) if not is_control(part)]
    heads = [(part, head) for part in tree if (head := read_head(paragraph_of(part)))]
    spoken = [(part, head) for part, head in heads if part.parent is siblings[0].parent or has_body(part, head)]
    bodies = [words_of(part, read_head(paragraph_of(part))) for part in tree]
    claimed = heading is not None and heading.comment and heading.count in (len(siblings), len(tree))
    said = [body for body in bodies if body]
    # Names alone under "1 Comment" are empty comments where a theme numbers them, else perhaps a menu
    numbered = siblings[0].first.number is not None and not around.prose_below(siblings[-1].last)
    if len(said) < 0.3 * len(bodies) and not (claimed and (said or numbered)):
        return 0
    replies = sum(part.parent is not siblings[0].parent for part, _ in spoken)
    names = [head.author for _, head in heads]
    shaped = sum(is_handle_or_full_name(head.author) for _, head in spoken) / max(1, len(spoken))
    talk = sum(map(words.is_talk, said)) / max(1, len(said))
    titles = sum(" " in head.author and not is_handle_or_full_name(head.author) for _, head in spoken)
    if heading is None and not replies and linked < 0.5 and titles >= _MOST * len(spoken):
        return 0
    answered, chatty = linked >= 0.5, talk >= _MOST and len(said) >= 4
    weight = 4 * (heading is not None) + claimed + 4 * answered + 2 * chatty + 2 * (replies >= 1) + (replies >= 5)
    weight += 2 * (len(set(names)) < len(names)) + (len(spoken) >= 4) + (len(spoken) >= 12)
    weight += 2 * any(map(_answers_back, tree)) + 2 * (shaped >= _MOST)
    weight -= 2 * (shaped < 0.3 and not claimed and not chatty)
    weight -= 3 * (talk <= 0.1 and len(said) >= (3 if heading else 4) and not claimed and not answered)
    return weight + _weigh_place(siblings, around, claimed=claimed)


def _weigh_place(siblings: Sequence[Item], around: Surroundings, *, claimed: bool) -> int:
    """What the lines above and below the list add; a list as long as the heading says is not an article's."""
    first, last = siblings[0].first.n, siblings[-1].last
    introduced = any(line.text.endswith(":") and first - line.n <= 2 for line in around.page.before(first, 1))
    return (
        around.ended_below(last)
        - 3 * (introduced or around.under_menu(first))
        - (0 if claimed else around.prose_below(last))
    )


def is_answered(siblings: Sequence[Item]) -> bool:
    """True if names with words below stand under one of the first siblings, too."""
    under = (part for item in siblings[:SAMPLE] for child in item.children for part in islice(child.walk(), SAMPLE))
    return any((head := read_head(paragraph_of(part))) and has_body(part, head) for part in under)


def _answers_back(item: Item) -> bool:
    """True if its author was answered by the one it answers: two people talking, which no list of terms holds."""
    above = item.parent and item.parent.parent
    return bool(above and above.first.text == item.first.text)
