"""The taxonomy's patterns at work: evidence beside the model that a moderator can check, never a verdict alone.

A pattern speaks only if its second cue is near, if it is not part of its everyday twin, if nothing near it says that
the words are reported, refuted or remembered, and if its gaps hold no negation ("they do not control …").
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice

from analyzer.taxonomy import Family, Label, Pattern, Taxonomy

# How far a second cue or a hedge may stand from a phrase, in characters: about two sentences of a comment.
_NEAR = 160
# How far an everyday twin ("88 minutes") may reach beyond the phrase it explains away.
_TWIN = 60
_MOST_HITS = 8

_APOSTROPHES = "'’ʼ´`"
_BETWEEN = r"[^\w.!?;…。؟\n]{0,4}"
_OTHER_WORD = rf"{_BETWEEN}(?<!\w)\w{{1,30}}(?:[{_APOSTROPHES}]\w{{1,8}})?(?!\w)"
_LETTERS = re.compile(r"[^\W_]+")
_ANY_LETTERS = r"\w{0,15}"
_GAPS = {"..": 2, "...": 6}
_NEGATION = re.compile(
    rf"\b(?:not|never|no|none|neither|hardly|without|[a-z]+n[{_APOSTROPHES}]t|nicht|nie|niemals|kein\w*|pas|jamais|ne"
    r"|nunca|jamás|لا|ليس|ليسوا|لم|لن|не|никогда|нет)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """A place in a text, `[start, end)` in its code points, that speaks for `label`.

    `cue` is the text there, `why` what it may mean. `coded`: the words have an everyday meaning as well.
    """

    start: int
    end: int
    label: str
    cue: str
    why: str
    coded: bool = False


def find_cues(text: str, taxonomy: Taxonomy) -> list[Cue]:
    """What the patterns point at, in reading order; of overlapping cues for one label the longest.

    Expects normalised text (`analyzer.text`), where respelling is undone; offsets are those of the text given.
    """
    found: list[tuple[int, Cue]] = []
    for rule, phrase in _rulebook(taxonomy).candidates(text):
        label, pattern = rule.label, rule.pattern
        for start, end in rule.hits(phrase, text):
            cue = Cue(start=start, end=end, label=label.id, cue=text[start:end], why=pattern.why, coded=pattern.coded)
            found.append((label.order, cue))
    found.sort(key=lambda pair: (pair[1].label, pair[1].start - pair[1].end, pair[1].start))
    kept: list[tuple[int, Cue]] = []
    for order, cue in found:
        if not any(cue.label == k.label and cue.start < k.end and k.start < cue.end for _, k in kept):
            kept.append((order, cue))
    kept.sort(key=lambda pair: (pair[1].start, pair[0], pair[1].end))
    return [cue for _, cue in kept]


@lru_cache(maxsize=4)
def _rulebook(taxonomy: Taxonomy) -> "_Rulebook":
    return _Rulebook(taxonomy)


class _Phrase:
    """One phrase; compiled when first searched for, since most comments call for few of hundreds."""

    def __init__(self, source: str, words: Mapping[str, tuple[str, ...]]) -> None:
        self.parts = [_alternatives(part, words) for part in source.split()]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Bounded everywhere, so that searching takes time in proportion to the text. Groups hold the gaps."""
        out: list[str] = []
        for part in self.parts:
            between = _BETWEEN if out else ""
            if part.gap:
                out.append(rf"((?:{_OTHER_WORD}){{0,{part.gap}}}?)")
            elif part.optional:
                out.append(rf"(?:{between}{_either(part.words)})?")
            else:
                out.append(between + _either(part.words))
        return re.compile("".join(out), re.IGNORECASE)

    def near(self, text: str, start: int, end: int) -> bool:
        """True if the phrase stands around `[start, end)`, outside of it."""
        low, high = max(0, start - _NEAR), min(len(text), end + _NEAR)
        around = self.pattern.finditer(text, low, high)
        return any(hit.end() <= start or hit.start() >= end for hit in around)

    def covers(self, text: str, start: int, end: int) -> bool:
        """True if the phrase overlaps `[start, end)`: the hit is part of it."""
        low, high = max(0, start - _TWIN), min(len(text), end + _TWIN)
        return any(hit.start() < end and start < hit.end() for hit in self.pattern.finditer(text, low, high))

    def anywhere_near(self, text: str, start: int, end: int) -> bool:
        return bool(self.pattern.search(text, max(0, start - _NEAR), min(len(text), end + _NEAR)))

    @cached_property
    def keys(self) -> frozenset[str] | None:
        """Beginnings of words of which the text must hold one, or None if the phrase names no such word."""
        best: frozenset[str] | None = None
        for part in self.parts:
            keys = frozenset(_key(word) for word in part.words)
            if not part.optional and not part.gap and "" not in keys and (best is None or len(keys) < len(best)):
                best = keys
        return best


@dataclass(frozen=True, slots=True)
class _Part:
    words: tuple[str, ...]
    optional: bool = False
    gap: int = 0


def _alternatives(part: str, words: Mapping[str, tuple[str, ...]]) -> _Part:
    if part in _GAPS:
        return _Part((), gap=_GAPS[part])
    listed: list[str] = []
    for word in part.removesuffix("?").split("|"):
        listed += words[word[1:]] if word.startswith("@") else [word]
    return _Part(tuple(listed), optional=part.endswith("?"))


def _either(words: tuple[str, ...]) -> str:
    # Longest first: an alternation takes the first that fits, and a cue should show the whole name.
    return "(?:" + "|".join(_word(word) for word in sorted(words, key=len, reverse=True)) + ")"


def _word(word: str) -> str:
    if not any(char.isalnum() for char in word):
        return re.escape(word)
    body = "".join(_letter(char) for char in word.strip("*"))
    head = _ANY_LETTERS if word.startswith("*") else ""
    tail = _ANY_LETTERS if word.endswith("*") else ""
    return rf"(?<!\w){head}{body}{tail}(?!\w)"


def _letter(char: str) -> str:
    if char == "_":
        return r"[\s\-]{1,2}"
    if char in _APOSTROPHES:
        return f"[{_APOSTROPHES}]?"
    if char == "*":  # inside a word: one letter, or the star that masks it
        return r"[\w*]"
    return re.escape(char)


def _key(word: str) -> str:
    """The first letters, at most three, that a word of the text must begin with; "" if they are not known."""
    run = _LETTERS.match(word)
    return run.group()[:3].lower() if run else ""


class _Rule:
    """A pattern of a label with its phrases and the hedges of its family."""

    def __init__(self, label: Label, pattern: Pattern, family: Family) -> None:
        self.label, self.pattern = label, pattern
        self.find, self.needs, self.unless, self.away_from = (
            [_Phrase(source, family.words) for source in sources]
            for sources in (pattern.find, pattern.needs, pattern.unless, (*pattern.away_from, *family.hedges))
        )

    def hits(self, phrase: _Phrase, text: str) -> Iterator[tuple[int, int]]:
        """Where one phrase of `find` counts."""
        for found in islice(phrase.pattern.finditer(text), _MOST_HITS):
            negated = any(_NEGATION.search(gap) for gap in found.groups() if gap)
            if not negated and self._stands(text, *found.span()):
                yield found.span()

    def _stands(self, text: str, start: int, end: int) -> bool:
        if self.needs and not any(phrase.near(text, start, end) for phrase in self.needs):
            return False
        if any(phrase.covers(text, start, end) for phrase in self.unless):
            return False
        return not any(phrase.anywhere_near(text, start, end) for phrase in self.away_from)


class _Rulebook:
    """All rules of a taxonomy, found by the beginnings of the words a text holds."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        families = {family.id: family for family in taxonomy.families}
        self._always: list[tuple[_Rule, _Phrase]] = []
        self._by_key: dict[str, list[tuple[_Rule, _Phrase]]] = defaultdict(list)
        for label in taxonomy.labels:
            for rule in (_Rule(label, pattern, families[label.family]) for pattern in label.patterns):
                for phrase in rule.find:
                    if phrase.keys is None:
                        self._always.append((rule, phrase))
                    for key in phrase.keys or ():
                        self._by_key[key].append((rule, phrase))

    def candidates(self, text: str) -> list[tuple[_Rule, _Phrase]]:
        """The phrases that may occur in a text, each once."""
        beginnings = {word[:size] for word in _LETTERS.findall(text.lower()) for size in (1, 2, 3)}
        chosen = dict.fromkeys(self._always)
        for key in beginnings & self._by_key.keys():
            chosen.update(dict.fromkeys(self._by_key[key]))
        return list(chosen)
