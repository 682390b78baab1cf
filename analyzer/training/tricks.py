"""Spelling tricks for training: the same trick on abusive and on harmless rows, so that the trick itself says nothing.

Only what `text.normalise` does not undo by rule is taught here: letters dropped, swapped, doubled, masked or replaced by sound,
words split or joined. Kinds of perturbation as in Gröndahl et al. 2018 and Kirk et al. 2022.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import replace

from analyzer.schema import Example

_WORD = re.compile(r"[^\W\d_]{4,}")
_BY_SOUND = (("ck", "k"), ("ph", "f"), ("c", "k"), ("s", "z"), ("you", "u"), ("er", "a"), ("qu", "kw"), ("x", "ks"))
MOST = 3  # words of one comment


def with_tricks(rows: Sequence[Example], share: float, seed: int) -> list[Example]:
    """Copies of a random `share` of `rows`, respelled; their spans are not looked for, since offsets moved."""
    chooser = random.Random(seed)
    chosen = chooser.sample(list(rows), int(len(rows) * share))
    return [replace(row, text=respelled(row.text, chooser), spans=None, span_families=()) for row in chosen]


def respelled(text: str, chooser: random.Random) -> str:
    """`text` with one to three of its longer words respelled."""
    words = list(_WORD.finditer(text))
    chosen = chooser.sample(words, min(len(words), chooser.randint(1, MOST)))
    for word in sorted(chosen, key=lambda word: -word.start()):
        text = text[: word.start()] + _trick(word.group(), chooser) + text[word.end() :]
    return text


def _trick(word: str, chooser: random.Random) -> str:
    at = chooser.randrange(1, len(word) - 1)
    kind = chooser.choice(("drop", "swap", "double", "mask", "dot", "split", "sound"))
    match kind:
        case "drop":
            return word[:at] + word[at + 1 :]
        case "swap":
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        case "double":
            return word[:at] + word[at] + word[at:]
        case "mask":
            return word[:at] + chooser.choice("*#.-_") + word[at + 1 :]
        case "dot":
            return word[:at] + chooser.choice(".-*'") + word[at:]
        case "split":
            return word[:at] + " " + word[at:]
    return _by_sound(word)


def _by_sound(word: str) -> str:
    for old, new in _BY_SOUND:
        if old in word:
            return word.replace(old, new, 1)
    return word + word[-1]
