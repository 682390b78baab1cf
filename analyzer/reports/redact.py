"""Texts without mentions and without the names of their authors that the run holds, with the way for spans to follow.

A run whose authors are keyed hashes holds no names: there a name written without @ can be told from other words only by
hashing them with the key of the run, and only in the author's own spelling.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from analyzer.schema import Span

# Any mention is somebody's name, known to the dump or not. E-mail addresses are caught by the same sign.
_MENTION = re.compile(r"[@＠][\w.\-]+")
_SHORTEST_BARE_NAME = 3
_RUN = re.compile(r"\w+")
_WORD = re.compile(r"\w[\w.'’-]*\w")
_MOST_WORDS, _CHARACTERS = 3, range(4, 100)


class Redactor:
    """Replaces names of authors by the pseudonyms of the report, and every other mention by `@…`."""

    def __init__(self, pseudonyms: Mapping[str, str]) -> None:
        self._pseudonyms = {name.casefold(): reader for name, reader in pseudonyms.items()}
        # Names by their first word: a text is searched for those alone whose word it holds, not for 50,000 of them.
        self._by_word: dict[str, list[str]] = {}
        for name in pseudonyms:
            if len(name) >= _SHORTEST_BARE_NAME:
                self._by_word.setdefault(next(_runs(name), ""), []).append(name)

    def text(self, text: str, spans: Iterable[Span] = ()) -> tuple[str, tuple[Span, ...]]:
        """The redacted text, and the spans at the same words in it."""
        swaps = self._swaps(text)
        if not swaps:
            return text, tuple(spans)
        parts: list[str] = []
        ends: list[int] = []
        shifts: list[int] = []
        done = shift = 0
        for start, end, instead in swaps:
            parts += [text[done:start], instead]
            done = end
            shift += len(instead) - (end - start)
            ends.append(end)
            shifts.append(shift)
        parts.append(text[done:])

        def moved(at: int, edge: int) -> int:
            inside = next(((s, e, new) for s, e, new in swaps if s < at < e), None)
            if inside:  # a border inside a name goes to the edge of its replacement
                start, _, new = inside
                at, extra = (start, 0) if edge < 0 else (start, len(new))
                return at + extra + _shift(ends, shifts, start)
            return at + _shift(ends, shifts, at)

        shown = "".join(parts)
        return shown, tuple(replace(span, start=moved(span.start, -1), end=moved(span.end, 1)) for span in spans)

    def line(self, text: str) -> str:
        return self.text(text)[0]

    def _swaps(self, text: str) -> list[tuple[int, int, str]]:
        found = [(start, end, self._mention(mention)) for start, end, mention in _mentions(text)]
        if names := [name for word in {"", *_runs(text)} for name in self._by_word.get(word, ())]:
            pattern = _any_of(tuple(sorted(names, key=lambda name: (-len(name), name))))
            found += [(m.start(), m.end(), self._pseudonyms.get(m[0].casefold(), "…")) for m in pattern.finditer(text)]
        swaps: list[tuple[int, int, str]] = []
        for start, end, instead in sorted(found, key=lambda swap: (swap[0], -swap[1])):
            if swaps and start < swaps[-1][1]:
                swaps[-1] = (swaps[-1][0], max(end, swaps[-1][1]), swaps[-1][2])
            else:
                swaps.append((start, end, instead))
        return swaps

    def _mention(self, mention: str) -> str:
        name = re.split("[@＠]", mention)[-1].rstrip(".-").casefold()
        return f"@{self._pseudonyms[name]}" if name in self._pseudonyms else "@…"


def possible_names(text: str) -> Iterator[str]:
    """One to three words that may be the name of an author whose hash is known: no ordinary lower-case word comes first."""
    words = list(_WORD.finditer(text))
    for at, first in enumerate(words):
        if not (first[0].isalpha() and first[0].islower()):
            names = (text[first.start() : last.end()] for last in words[at : at + _MOST_WORDS])
            yield from (name for name in names if len(name) in _CHARACTERS)


def _mentions(text: str) -> Iterator[tuple[int, int, str]]:
    """Where each mention stands, with the name before the @ if it is an e-mail address, and the @ and what follows it."""
    done = 0
    for mention in _MENTION.finditer(text):
        start = mention.start()
        while start > done and (text[start - 1].isalnum() or text[start - 1] in "_.+-"):
            start -= 1
        done = mention.end()
        yield start, done, mention[0]


def _runs(text: str) -> Iterator[str]:
    """The words of a text, equal where a pattern that does not mind case takes them for the same."""
    return (run[0].replace("İ", "i").replace("ı", "i").casefold() for run in _RUN.finditer(text))


@lru_cache(maxsize=1_000)
def _any_of(names: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, names)) + r")(?!\w)", re.IGNORECASE)


def _shift(ends: list[int], shifts: list[int], at: int) -> int:
    passed = bisect_right(ends, at)
    return shifts[passed - 1] if passed else 0
