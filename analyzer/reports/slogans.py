"""Repeated phrases as patterns: what many accounts of a thread say in the same words, held against the other threads.

A thread alone is held against stock phrases of the language at large. Where the run has other threads, the phrase must
also be over-used by its log-odds, and stand out when the accounts are dealt out to the threads anew: that permutation
of authors is hypergeometric, so its chance is exact. A phrase in use everywhere on a site is no finding.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from analyzer.reports import phrases, words
from analyzer.reports.figures import dealt, overuse
from analyzer.reports.phrases import KEY, Phrase, Said, Speech
from analyzer.reports.records import Pattern

KIND = "repeated phrase"
_SIGNAL = "more accounts use the phrase than chance explains"
_PRIOR = (1.0, 1_000.0)  # uses and words: the rate of the commonest stock phrases, see `phrases`
_LEAST_Z = 1.645  # 5 %, one-sided: only too much use counts
_CHANCE = 0.05
_MOST_IN_THREAD, _MOST_PATTERNS = 10, 100
_EXCERPT = 280


def within_thread(comments: Sequence[Said], *, slugs: tuple[str, str]) -> list[Pattern]:
    """Phrases that more accounts of one thread use than would use a stock phrase; `slugs`: its slug and its title."""
    speech = Speech(comments)
    found = phrases.shared_phrases(speech, title=slugs[1])[:_MOST_IN_THREAD]
    return _sorted(_pattern([_Place(slugs, phrase, None)]) for phrase in found)


@dataclass(frozen=True, slots=True)
class _Place:
    """A phrase in one thread (slug, title), with the chance to be used there so much; None without other threads."""

    head: tuple[str, str]
    phrase: Phrase
    chance: float | None


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A phrase met in one thread, before the other threads are known."""

    thread: int
    head: tuple[str, str]
    phrase: Phrase

    @property
    def sought(self) -> tuple[int, int]:
        """Length and hash by which the phrase is looked for."""
        key = np.array(self.phrase.key, dtype=np.uint64)
        return len(key), int(phrases.windows(key, len(key))[0][0])


class Gathering:
    """Phrases of many threads. The words wait on disk as hashes, since what is common is known at the end."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._sizes: list[tuple[int, int, int]] = []  # a thread: words and gaps, words, accounts
        self._candidates: list[_Candidate] = []

    def add(self, comments: Sequence[Said], head: tuple[str, str]) -> None:
        """Keep the words of a thread and the phrases that are loud in it."""
        speech = Speech(comments)
        self._file.write(speech.words.tobytes())
        self._file.write(speech.people.tobytes())
        found = phrases.shared_phrases(speech, title=head[1])[:_MOST_IN_THREAD]
        self._candidates += [_Candidate(len(self._sizes), head, phrase) for phrase in found]
        self._sizes.append((len(speech.words), speech.spoken, speech.accounts))

    def patterns(self, copied: Collection[tuple[str, int]]) -> list[Pattern]:
        """The phrases that stand out, most accounts first, at most 100; comments `copied` (slug, number) are left out."""
        told: dict[str, set[int]] = {}
        for slug, number in copied:
            told.setdefault(slug, set()).add(number)
        left = [
            _Candidate(one.thread, one.head, one.phrase.outside(told.get(one.head[0], ()))) for one in self._candidates
        ]
        loud = [one for one in left if one.phrase.is_loud]
        users = self._users({one.sought for one in loud})
        by_key: dict[tuple[int, ...], list[_Place]] = {}
        looked_at = len(users) * len(self._sizes)  # any phrase might have been loud in any thread
        for one in loud:
            if place := self._judged(one, users[one.sought], looked_at):
                by_key.setdefault(one.phrase.key, []).append(place)
        return _sorted(_pattern(places) for places in by_key.values())[:_MOST_PATTERNS]

    def _judged(self, one: _Candidate, users: Counter[int], looked_at: int) -> _Place | None:
        """The phrase in its thread, if it stands out of the other threads."""
        accounts, phrase = one.phrase.accounts, one.phrase
        _, spoken, people = self._sizes[one.thread]
        others = sum(size[1] for size in self._sizes) - spoken
        if not others:
            return _Place(one.head, phrase, None)
        elsewhere = users.total() - users[one.thread]
        z = overuse((accounts, spoken), (elsewhere, others), _PRIOR)
        chance = dealt(accounts, accounts + elsewhere, people, sum(size[2] for size in self._sizes))
        return _Place(one.head, phrase, chance) if z >= _LEAST_Z and chance * looked_at <= _CHANCE else None

    def _users(self, sought: set[tuple[int, int]]) -> dict[tuple[int, int], Counter[int]]:
        """How many accounts of each thread use what is sought."""
        users: dict[tuple[int, int], Counter[int]] = {one: Counter() for one in sought}
        lengths = {length: np.array(sorted(h for n, h in sought if n == length), np.uint64) for length, _ in sought}
        self._file.seek(0)
        for thread, (size, _, _) in enumerate(self._sizes if sought else ()):
            spoken = np.frombuffer(self._file.read(8 * size), dtype=np.uint64)
            people: NDArray[np.int64] = np.frombuffer(self._file.read(8 * size), dtype=np.int64)
            for length, wanted in lengths.items():
                hashes, begins = phrases.windows(spoken, length)
                hit = np.isin(hashes, wanted)
                for found, _ in set(zip(hashes[hit].tolist(), people[begins[hit]].tolist(), strict=True)):
                    users[length, found][thread] += 1
        return users


def _sorted(patterns: Iterable[Pattern]) -> list[Pattern]:
    return sorted(patterns, key=lambda pattern: -pattern.accounts)


def _pattern(places: Sequence[_Place]) -> Pattern:
    """One phrase, in one thread or several."""
    first = places[0].phrase
    uses = [(place.head[0], use) for place in places for use in place.phrase.uses]
    accounts = len({use.account for _, use in uses})
    under = f" in {words.plural(len(places), 'thread')}" if len(places) > 1 else ""
    length = f"{first.length} words" if first.length <= KEY else f"more than {words.small(KEY)} words"
    return Pattern(
        kind=KIND,
        text=f"{words.plural(accounts, 'account')} use the same {length} in {words.plural(len(uses), 'comment')}{under}: "
        "it may be a slogan, a saying, good wishes or a name.",
        accounts=accounts,
        places=tuple((slug, use.number) for slug, use in uses),
        threads=dict(place.head for place in places),
        times=tuple(sorted(use.created for _, use in uses if use.created)),
        signals=(_SIGNAL,),
        chance=max((place.chance for place in places if place.chance is not None), default=None),
        excerpt=first.text[:_EXCERPT],
    )
