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

_QUOTATION_MARKS = '"“”„«»'
_APOSTROPHES = "'’ʼ´`"
_BETWEEN = r"[^\w.!?;…。؟\n]{0,4}"
_OTHER_WORD = rf"{_BETWEEN}(?<!\w)\w{{1,30}}(?:[{_APOSTROPHES}]\w{{1,8}})?(?!\w)"
_LETTERS = re.compile(r"[^\W_]+")
_KEY_LETTERS = 3
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
    def keys(self) -> list[frozenset[str]]:
        """For each part that must be there, the keys of which the text must hold one; the fewest first."""
        wanted = (frozenset(map(_key, part.words)) for part in self.parts if not part.optional and not part.gap)
        return sorted((keys for keys in wanted if "" not in keys), key=len)

    def may_occur(self, present: set[str]) -> bool:
        return not any(keys.isdisjoint(present) for keys in self.keys)


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
    # Longest first: an alternation takes the first that fits, and a cue should show the whole name. One boundary for all
    # words instead of one each: half the time of a search.
    longest = sorted(words, key=len, reverse=True)
    signs = [re.escape(word) for word in longest if not _is_word(word)]
    plain = [_word(word) for word in longest if _is_word(word)]
    if plain:
        signs.append(rf"\b(?:{'|'.join(plain)})\b")
    return f"(?:{'|'.join(signs)})"


def _is_word(word: str) -> bool:
    return any(char.isalnum() for char in word)


def _word(word: str) -> str:
    body = "".join(_letter(char) for char in word.strip("*"))
    return (_ANY_LETTERS if word.startswith("*") else "") + body + (_ANY_LETTERS if word.endswith("*") else "")


def _letter(char: str) -> str:
    if char == "_":
        return r"[\s\-]{1,2}"
    if char in _APOSTROPHES:
        return f"[{_APOSTROPHES}]?"
    if char == "*":  # inside a word: one letter, or the star that masks it
        return r"[\w*]"
    return re.escape(char)


def _key(word: str) -> str:
    """What `_keys` of a text must hold for `word` to occur there: its longest word, or its beginning; "" if not known."""
    if word.startswith("*"):
        return ""
    if not _is_word(word):
        return word[0]
    runs = []
    for run in _LETTERS.finditer(word):
        cut = word[run.end() : run.end() + 1] in ("*", *_APOSTROPHES)
        runs.append(run.group().lower()[:_KEY_LETTERS] + "*" if cut else run.group().lower())
        if cut:
            break
    return max(runs, key=len, default="")


def _keys(text: str) -> set[str]:
    words = set(_LETTERS.findall(text.lower()))
    signs = {char for char in set(text) if not char.isalnum()}
    return words | signs | {word[:size] + "*" for word in words for size in range(1, _KEY_LETTERS + 1)}


class _Rule:
    """A pattern of a label with its phrases and the hedges of its family."""

    def __init__(self, label: Label, pattern: Pattern, family: Family) -> None:
        self.label, self.pattern = label, pattern
        self.find, self.needs, self.unless, self.away_from = (
            [_Phrase(source, family.words) for source in sources]
            for sources in (pattern.find, pattern.needs, pattern.unless, (*pattern.away_from, *family.hedges))
        )

    def may_speak(self, present: set[str]) -> bool:
        return not self.needs or any(phrase.may_occur(present) for phrase in self.needs)

    def hits(self, phrase: _Phrase, text: str) -> Iterator[tuple[int, int]]:
        """Where one phrase of `find` counts."""
        for found in islice(phrase.pattern.finditer(text), _MOST_HITS):
            negated = any(_NEGATION.search(gap) for gap in found.groups() if gap)
            if not negated and not _quoted(text, *found.span()) and self._stands(text, *found.span()):
                yield found.span()

    def _stands(self, text: str, start: int, end: int) -> bool:
        if self.needs and not any(phrase.near(text, start, end) for phrase in self.needs):
            return False
        if any(phrase.covers(text, start, end) for phrase in self.unless):
            return False
        return not any(phrase.anywhere_near(text, start, end) for phrase in self.away_from)


def _quoted(text: str, start: int, end: int) -> bool:
    """True if `[start, end)` stands wholly between quotation marks of its paragraph, or fills single ones."""
    before, after = text[:start].rpartition("\n")[2], text[end:].partition("\n")[0]
    if before.endswith(("'", "‘", "‚")) and after.startswith(("'", "’", "‘")):
        return True
    # Languages disagree on which mark opens and which closes, so every mark counts as a turn.
    return sum(map(before.count, _QUOTATION_MARKS)) % 2 == 1 and any(mark in after for mark in _QUOTATION_MARKS)


class _Rulebook:
    """All rules of a taxonomy, found by the beginnings of the words a text holds."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        families = {family.id: family for family in taxonomy.families}
        self._always: list[tuple[_Rule, _Phrase]] = []
        self._by_key: dict[str, list[tuple[_Rule, _Phrase]]] = defaultdict(list)
        for label in taxonomy.labels:
            for rule in (_Rule(label, pattern, families[label.family]) for pattern in label.patterns):
                for phrase in rule.find:
                    if not phrase.keys:
                        self._always.append((rule, phrase))
                    for key in phrase.keys[0] if phrase.keys else ():
                        self._by_key[key].append((rule, phrase))

    def candidates(self, text: str) -> list[tuple[_Rule, _Phrase]]:
        """The phrases whose words all occur in a text, each once."""
        present = _keys(text)
        chosen = dict.fromkeys(self._always)
        for key in sorted(present & self._by_key.keys()):
            for rule, phrase in self._by_key[key]:
                if phrase.may_occur(present) and rule.may_speak(present):
                    chosen[rule, phrase] = None
        return list(chosen)
