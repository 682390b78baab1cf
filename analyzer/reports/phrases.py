"""Phrases that several accounts of one thread use: runs of three words, lengthened while nearly all go on alike.

What somebody else said is no use of one's own: quotations, mentions, links, words of the title, and words that the
answered comment holds too. Any language that puts spaces between words; time and memory are linear in
the words of the thread.
"""

import math
import re
import unicodedata
import zlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from itertools import count
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from analyzer.reports import copies

Hashes: TypeAlias = NDArray[np.uint64]
Numbers: TypeAlias = NDArray[np.int64]

KEY = 8
"""A longer phrase is known by its first eight words."""
# Words from, least accounts, uses for every word written that no stock phrase of any language reaches. The commonest
# bundle of three words in English talk ("I don't know") stands about once in 1,000 words, one of four once in 10,000
# (Biber et al. 1999, Longman Grammar of Spoken and Written English, ch. 13); four and more are put higher, to be safe.
_LENGTHS = ((7, 3, 1 / 50_000), (5, 4, 1 / 20_000), (4, 5, 1 / 5_000), (3, 5, 1 / 1_000))
_SHORTEST, _LONGEST = 3, 30
_STOCK_CHANCE = 0.0025  # 0.05 over some twenty stock phrases as common as that
_GO_ON = 0.8
_COMMON, _LEAST_COMMON = 0.25, 3
_LONGEST_TEXT = 8_000
# Words with what is stuck to them, and stretches blanked out with NUL.
_CHUNK = re.compile(r"\0+|[^\s\0.,;:!?…/|\\—–،؛؟۔।॥。、，！？]+")
_STUCK = "\"'“”„«»()[]{}*_~#‘’"
_GAP = 0
_PRIME = np.uint64(1_099_511_628_211)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One comment: its number, who wrote it, and the number of the comment it answers."""

    number: int
    account: str
    text: str
    parent: int | None = None
    created: datetime | None = None


class Use(NamedTuple):
    """A comment that uses a phrase; its text is not kept."""

    number: int
    account: str
    created: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """A phrase with the comments that use it: `length` in words, `spoken` the words written in the thread."""

    key: tuple[int, ...]
    length: int
    text: str
    uses: tuple[Use, ...]
    spoken: int

    @property
    def accounts(self) -> int:
        return len({use.account for use in self.uses})

    def outside(self, numbers: Collection[int]) -> "Phrase":
        """The phrase without its uses in these comments."""
        return replace(self, uses=tuple(use for use in self.uses if use.number not in numbers))

    @property
    def is_loud(self) -> bool:
        """True if more accounts use it than would use a stock phrase of its length."""
        least, stock = next((accounts, rate) for words, accounts, rate in _LENGTHS if self.length >= words)
        return self.accounts >= least and _excess(self.accounts, self.spoken * stock) <= _STOCK_CHANCE


class Speech:
    """The words of a thread as hashes, comment after comment, with a gap at every border and at what is not own."""

    def __init__(self, comments: Sequence[Said]) -> None:
        self.comments = comments
        rows = [(_GAP, 0, 0, 0)]
        for at, said in enumerate(comments):
            rows += [(*word, at) for word in _words(said.text)]
            rows.append((_GAP, 0, 0, at))
        self.words: Hashes = np.array([row[0] for row in rows], dtype=np.uint64)
        self._edges = np.array([row[1:3] for row in rows], dtype=np.int32)
        self.owners: Numbers = np.array([row[3] for row in rows], dtype=np.int64)
        ids: dict[str, int] = {}
        people = [ids.setdefault(said.account, len(ids)) for said in comments]
        self.people: Numbers = np.array(people or [0], dtype=np.int64)[self.owners]
        self.accounts = len(ids)
        self.spoken = int((self.words != _GAP).sum())

    def shown(self, at: int, length: int) -> str:
        """The phrase as it stands in the text."""
        start, end = self._edges[at, 0], self._edges[at + length - 1, 1]
        return self.comments[int(self.owners[at])].text[start:end].strip(_STUCK)


def shared_phrases(speech: Speech, *, title: str = "") -> list[Phrase]:
    """Phrases that more accounts use than would use a stock phrase, most accounts first, none told inside another.

    Two words that tell something, neither common in the thread nor of its title, must stand at least two places apart:
    "the supreme court of" is a name among common words.
    """
    people = speech.people
    named = {word for word, _, _ in _words(title)}
    told = _all_windows(title)
    commonness = _accounts_by_word(speech)
    taken = np.zeros(len(speech.words), dtype=bool)
    found: list[Phrase] = []
    for start in _starts(speech):
        free = start[~(taken[start] | taken[start + _SHORTEST - 1])]
        at, length = _lengthened(speech, free)
        accounts = len(np.unique(people[at]))
        words = speech.words[at[0] : at[0] + length] if len(at) else np.empty(0, dtype=np.uint64)
        common = max(_LEAST_COMMON, _COMMON * speech.accounts) + accounts
        telling = [n for n, word in enumerate(map(int, words)) if commonness[word] < common and word not in named]
        if not telling or telling[-1] - telling[0] < _SHORTEST - 1 or len(np.unique(words)) < _SHORTEST:
            continue
        inside, _ = windows(words, _SHORTEST)
        if 2 * np.isin(inside, told).sum() >= len(inside):
            continue
        phrase = Phrase(
            key=tuple(map(int, words[:KEY])),
            length=length,
            text=speech.shown(int(at[0]), length),
            uses=tuple(_use(speech.comments[owner]) for owner in np.unique(speech.owners[at])),
            spoken=speech.spoken,
        )
        if phrase.is_loud:
            found.append(phrase)
            taken[(at[:, None] + np.arange(length)).ravel()] = True
    return found


def _use(said: Said) -> Use:
    return Use(said.number, said.account, said.created)


def windows(words: Hashes, length: int) -> tuple[Hashes, Numbers]:
    """Hashes of all runs of `length` words without a gap, and where they begin. Shape [n] each."""
    n = len(words) - length + 1
    if n <= 0:
        return np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.int64)
    hashes, whole = np.zeros(n, dtype=np.uint64), np.ones(n, dtype=bool)
    for at in range(length):
        hashes = hashes * _PRIME + words[at : at + n]
        whole &= words[at : at + n] != _GAP
    begins = np.flatnonzero(whole)
    return hashes[begins], begins


def _excess(found: int, expected: float) -> float:
    """Chance of `found` or more where `expected` come on average (Poisson)."""
    if expected <= 0:
        return float(found <= 0)
    below = math.fsum(math.exp(k * math.log(expected) - expected - math.lgamma(k + 1)) for k in range(found))
    return max(0.0, 1.0 - below)


def _words(text: str) -> Iterator[tuple[int, int, int]]:
    """Hash, start and end of each word; one gap for each stretch that is not the writer's own."""
    own = text[:_LONGEST_TEXT]
    for foreign in (copies.QUOTED, copies.NOISE):
        own = foreign.sub(lambda found: "\0" * len(found[0]), own)
    for chunk in _CHUNK.finditer(own):
        if chunk[0][0] == "\0":
            yield _GAP, 0, 0
        elif word := _word(chunk[0]):
            yield word, *chunk.span()


@lru_cache(maxsize=50_000)
def _word(chunk: str) -> int:
    """The hash of a word without case and punctuation; 0 if no letter or digit is left."""
    plain = unicodedata.normalize("NFKC", chunk).casefold()
    letters = "".join(char for char in plain if unicodedata.category(char)[0] in "LNM")
    raw = letters.encode("utf-8", "surrogatepass")
    return (zlib.crc32(raw) << 32) | zlib.adler32(raw) if letters else _GAP


def _all_windows(text: str) -> Hashes:
    whole = np.array([word for word, _, _ in _words(text)], dtype=np.uint64)
    return windows(whole, _SHORTEST)[0]


def _accounts_by_word(speech: Speech) -> dict[int, int]:
    words, which = np.unique(speech.words, return_inverse=True)
    pairs = np.unique(which.astype(np.int64) * (speech.accounts + 1) + speech.people)
    counts = np.bincount(pairs // (speech.accounts + 1), minlength=len(words))
    return dict(zip(words.tolist(), counts.tolist(), strict=True))


def _starts(speech: Speech) -> Iterator[Numbers]:
    """Where each run of three words stands that enough accounts use, most accounts first."""
    hashes, begins = windows(speech.words, _SHORTEST)
    own = ~_echoes(speech, hashes, speech.owners[begins])
    hashes, begins = hashes[own], begins[own]
    if not len(hashes):
        return
    least = next(n for n in count(_LENGTHS[0][1]) if _excess(n, speech.spoken * _LENGTHS[0][2]) <= _STOCK_CHANCE)
    runs, which = np.unique(hashes, return_inverse=True)
    pairs = np.unique(which.astype(np.int64) * (speech.accounts + 1) + speech.people[begins])
    accounts = np.bincount(pairs // (speech.accounts + 1), minlength=len(runs))
    order = np.argsort(which, kind="stable")
    ends = np.cumsum(np.bincount(which, minlength=len(runs)))
    many = np.flatnonzero(accounts >= least)
    places = [begins[order[ends[run - 1] if run else 0 : ends[run]]] for run in many]
    yield from sorted(places, key=lambda at: (-len(np.unique(speech.people[at])), int(at[0])))


def _echoes(speech: Speech, hashes: Hashes, owners: Numbers) -> NDArray[np.bool_]:
    """True where the answered comment holds the same words: an answer takes them up."""
    index = {said.number: at for at, said in enumerate(speech.comments)}
    parents = np.array([index.get(said.parent or 0, -1) for said in speech.comments] or [-1], dtype=np.int64)[owners]
    mixed = hashes * _PRIME
    above = mixed ^ parents.astype(np.uint64)
    return np.asarray((parents >= 0) & np.isin(above, mixed ^ owners.astype(np.uint64)))


def _lengthened(speech: Speech, at: Numbers) -> tuple[Numbers, int]:
    """The run of three words made longer, to the right and to the left, while nearly all accounts go on alike."""
    length, people = _SHORTEST, speech.people
    enough = max(_LENGTHS[0][1], _GO_ON * len(np.unique(people[at])))
    if len(np.unique(people[at])) < enough:
        return at[:0], length
    for back in (False, True):
        while length < _LONGEST:
            words, which, counts = np.unique(
                speech.words[at - 1 if back else at + length], return_inverse=True, return_counts=True
            )
            counts[words == _GAP] = 0
            kept = at[which == counts.argmax()]
            if not counts.max() or len(np.unique(people[kept])) < enough:
                break
            at, length = kept - int(back), length + 1
    return at, length
