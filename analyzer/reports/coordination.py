"""Patterns over several comments of one thread: copied text, bursts, dog-piling, single-issue accounts, repeated phrases.

Each pattern has a null by permutation (of times, of attacks, of labels), so a chance level needs no labelled threads.
They are patterns, not verdicts: no account is named, and `coordinated` needs two independent signals.
"""

import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from analyzer.reports import words
from analyzer.reports.figures import dealt
from analyzer.reports.findings import ATTACKS
from analyzer.reports.records import UNNAMED, Pattern, ReportedComment

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

COPIED, CLOSE_IN_TIME = "the text is copied", "the copies arrive closer together than chance"
LEAST_ACCOUNTS = 3
_MOST_POSTS = 200  # of a text that are compared in time
_Post = TypeVar("_Post")
_CLOSE_CHANCE = 0.05
_DRAWS_OF_TIMES, _MOST_DRAWS_OF_TIMES = 1_999, 20_000
_WINDOW = 10 * 60.0
_JITTER = 60 * 60.0
_LEAST_BURST, _LEAST_BURST_ACCOUNTS, _BURST_FACTOR, _BURST_CHANCE = 8, 5, 3.0, 0.01
_LEAST_PILE, _PILE_WITHIN, _PILE_CHANCE = 4, 6 * 3600.0, 0.05
_LEAST_COMMENTS, _ONE_ISSUE, _ISSUE_CHANCE = 5, 0.8, 0.05
_DRAWS = 199
_EXCERPT = 280


def within_thread(comments: Sequence[ReportedComment], *, slug: str, title: str) -> tuple[Pattern, ...]:
    """Patterns of one thread, copied texts first. Needs authors; times where a pattern is about time."""
    place = _Place(slug, title)
    copied = _copied(place, comments)
    found = [*copied, *_burst(place, comments), *_dog_piles(place, comments), *_single_issue(place, comments)]
    return tuple(covered_as(pattern, comments, slug) for pattern in (*found, *_repeated(place, comments, copied)))


def covered_as(pattern: Pattern, comments: Sequence[ReportedComment], slug: str) -> Pattern:
    """The pattern, its excerpt covered if a comment of this thread that holds it carries a covered label."""
    here = [comments[number - 1] for where, number in pattern.places if where == slug]
    hidden = any(finding.covered for comment in here for finding in comment.findings)
    return replace(pattern, covered=pattern.covered or hidden)


def by_accounts(accounts: int) -> str:
    """`, by 3 accounts`; nothing where the dump names no author."""
    return f", by {words.plural(accounts, 'account')}" if accounts else ""


class _Place:
    """Where patterns of one thread stand."""

    def __init__(self, thread_slug: str, title: str) -> None:
        self.slug = thread_slug
        self.title = title
        self.threads = {thread_slug: title}

    def of(self, comments: Sequence[ReportedComment]) -> tuple[tuple[str, int], ...]:
        return tuple((self.slug, comment.number) for comment in comments)


def _copied(place: _Place, comments: Sequence[ReportedComment]) -> list[Pattern]:
    import numpy as np

    from analyzer.reports import copies

    plain = [(c, copies.normalised(c.text)) for c in comments if not c.standing.put_away]
    kept = [(comment, text, copies.shingles(text)) for comment, text in plain if text]
    if len(kept) < LEAST_ACCOUNTS:
        return []
    columns = np.array([[copies.exact(text), *copies.bands(hashes)] for _, text, hashes in kept], dtype=np.uint64)
    all_times = np.array([comment.created.timestamp() for comment in comments if comment.created])
    groups = [
        ([kept[row][0] for row in rows], similarity)
        for rows, similarity in copies.groups(columns, lambda row: kept[row][2])
        if len({kept[row][0].reader for row in rows}) >= LEAST_ACCOUNTS
    ]
    found: list[Pattern] = []
    for group, similarity in groups:
        accounts, times = len({comment.reader for comment in group}), _moments(group)
        chance: float | None = None
        if len(times) > 2:
            chance = closeness([t.timestamp() for t in times], [all_times] * len(spaced(times)), len(groups))
        found.append(
            Pattern(
                kind="copied text",
                text=f"the same text was posted {words.times(len(group))} by {words.plural(accounts, 'account')}.",
                accounts=accounts,
                places=place.of(group),
                threads=place.threads,
                times=times,
                signals=(COPIED, CLOSE_IN_TIME) if is_close(chance, len(groups)) else (COPIED,),
                chance=chance,
                similarity=similarity,
                excerpt=group[0].text[:_EXCERPT],
            )
        )
    return sorted(found, key=lambda pattern: -pattern.accounts)


def is_close(chance: float | None, looked_at: int) -> bool:
    """True if copies this close in time are rare enough, after correction for the number of texts looked at."""
    return chance is not None and chance * looked_at <= _CLOSE_CHANCE


def spaced(posts: Sequence[_Post]) -> Sequence[_Post]:
    """The posts whose times `closeness` draws: all, or 200 at even distances, which can only raise the chance."""
    step = max(1.0, len(posts) / _MOST_POSTS)
    return [posts[int(at * step)] for at in range(min(len(posts), _MOST_POSTS))]


def closeness(
    times: Sequence[float], arrivals: "Iterable[Sequence[float] | NDArray[np.float64]]", looked_at: int = 1
) -> float:
    """Chance that posts drawn at random from the same threads stand as close in time as these.

    `arrivals`: of each `spaced` post the times of all comments of its thread; one thread's are held at a time. The more texts
    are looked at, the more draws, up to 20,000: the least chance that can be told must outlive the correction.
    """
    import numpy as np

    draws = min(_MOST_DRAWS_OF_TIMES, _DRAWS_OF_TIMES * looked_at)
    rng = np.random.default_rng(zlib.crc32(repr(sorted(times)).encode()))
    first, last = np.full(draws, np.inf), np.full(draws, -np.inf)
    for there in arrivals:
        drawn = rng.choice(np.asarray(there), size=draws)
        np.minimum(first, drawn, out=first)
        np.maximum(last, drawn, out=last)
    return float((1 + np.sum(last - first <= max(times) - min(times))) / (draws + 1))


def _burst(place: _Place, comments: Sequence[ReportedComment]) -> list[Pattern]:
    """The ten minutes with most arrivals, held against the thread's own course.

    The null moves every arrival by up to an hour: the slow decay of a thread and its days and nights survive, a burst
    not.
    """
    import numpy as np

    dated = sorted(_dated(comments), key=lambda pair: pair[1])
    if len(dated) < _LEAST_BURST:
        return []
    times = np.array([time for _, time in dated])
    counts = np.searchsorted(times, times + _WINDOW) - np.arange(len(times))
    at, most = int(counts.argmax()), int(counts.max())
    group = [comment for comment, _ in dated[at : at + most]]
    accounts = len({comment.reader for comment in group})
    near = (times >= times[at] - _JITTER) & (times <= times[at] + _WINDOW + _JITTER)
    lasted = min(times[at] + _WINDOW + _JITTER, times[-1]) - max(times[at] - _JITTER, times[0])
    around = (int(near.sum()) - most) * _WINDOW / max(_WINDOW, lasted - _WINDOW)
    if most < max(_LEAST_BURST, _BURST_FACTOR * around) or accounts < _LEAST_BURST_ACCOUNTS or lasted < 3 * _WINDOW:
        return []
    rng = np.random.default_rng(zlib.crc32(times.tobytes()))
    as_many = 1
    for _ in range(_DRAWS):
        moved = times + rng.uniform(-_JITTER, _JITTER, len(times))
        moved = np.sort(np.where(moved < times[0], 2 * times[0] - moved, moved))
        as_many += int((np.searchsorted(moved, moved + _WINDOW) - np.arange(len(moved))).max()) >= most
    chance = as_many / (_DRAWS + 1)
    if chance > _BURST_CHANCE:
        return []
    often = (
        f", {most / around:.0f} times as many as in an average ten minutes of the two hours around"
        if around >= 0.5
        else ""
    )
    return [
        Pattern(
            kind="burst",
            text=f"{most:,} comments by {accounts:,} accounts came within 10 minutes{often}.",
            accounts=accounts,
            places=place.of(group),
            threads=place.threads,
            times=_moments(group),
            signals=("comments arrive much faster than before and after",),
            chance=chance,
        )
    ]


def _dog_piles(place: _Place, comments: Sequence[ReportedComment]) -> list[Pattern]:
    """Comments answered with attacks by several accounts; the null deals the attacks out to other replies."""
    import numpy as np

    replies = [c for c in comments if c.parent and c.reader != comments[c.parent - 1].reader]
    attacks = np.array([c.needs_person and c.has_family(*ATTACKS) for c in replies], dtype=bool)
    if attacks.sum() < _LEAST_PILE:
        return []
    rng = np.random.default_rng(zlib.crc32(attacks.tobytes()))
    nulls: list[int] | None = None
    found: list[Pattern] = []
    for target, group in _attackers(replies, attacks).items():
        accounts = len({comment.reader for comment in group})
        times = _moments(group)
        together = len(times) < 2 or (times[-1] - times[0]).total_seconds() <= _PILE_WITHIN
        if accounts < _LEAST_PILE or not together:
            continue
        if nulls is None:
            nulls = [_most_attackers(replies, rng.permutation(attacks)) for _ in range(_DRAWS)]
        chance = (1 + sum(most >= accounts for most in nulls)) / (_DRAWS + 1)
        if chance <= _PILE_CHANCE:
            found.append(
                Pattern(
                    kind="dog-piling",
                    text=f"{words.plural(accounts, 'account')} answered comment {target} with attacks.",
                    accounts=accounts,
                    places=place.of(group),
                    threads=place.threads,
                    times=times,
                    signals=("attacks gather on one comment",),
                    chance=chance,
                )
            )
    return sorted(found, key=lambda pattern: -pattern.accounts)


def _attackers(replies: Sequence[ReportedComment], attacks: "NDArray[np.bool_]") -> dict[int, list[ReportedComment]]:
    gathered: dict[int, list[ReportedComment]] = {}
    for reply, attack in zip(replies, attacks, strict=True):
        if attack and reply.parent:
            gathered.setdefault(reply.parent, []).append(reply)
    return gathered


def _most_attackers(replies: Sequence[ReportedComment], attacks: "NDArray[np.bool_]") -> int:
    return max(len({reply.reader for reply in group}) for group in _attackers(replies, attacks).values())


def _single_issue(place: _Place, comments: Sequence[ReportedComment]) -> list[Pattern]:
    """Accounts that return to one label; the null deals comments out at random, so its chance is hypergeometric."""
    scored = [comment for comment in comments if comment.problem is not None]
    overall = Counter(label for comment in scored for label in {f.label for f in comment.findings})
    by_reader: dict[str, list[ReportedComment]] = {}
    for comment in scored:
        if comment.reader != UNNAMED:
            by_reader.setdefault(comment.reader, []).append(comment)
    busy = [own for own in by_reader.values() if len(own) >= _LEAST_COMMENTS]
    found: list[Pattern] = []
    for own in busy:
        counts = Counter((f.label, f.name) for comment in own for f in comment.findings)
        if not counts:
            continue
        (label, name), count = counts.most_common(1)[0]
        chance = min(1.0, len(busy) * dealt(count, len(own), overall[label], len(scored)))
        if count < _ONE_ISSUE * len(own) or chance > _ISSUE_CHANCE:
            continue
        found.append(
            Pattern(
                kind="single-issue account",
                text=f"one account wrote {len(own)} comments, {count} of them with the label {words.inside(name)}.",
                accounts=1,
                places=place.of(own),
                threads=place.threads,
                times=_moments(own),
                signals=("one account returns to one label",),
                chance=chance,
            )
        )
    return found


def _repeated(place: _Place, comments: Sequence[ReportedComment], copied: Sequence[Pattern]) -> list[Pattern]:
    """Phrases of comments that are no copies: a copied text is told once."""
    from analyzer.reports import phrases, slogans

    told = {number for pattern in copied for _, number in pattern.places}
    said = [
        phrases.Said(number=c.number, account=c.reader, text=c.text, parent=c.parent, created=c.created)
        for c in comments
        if c.number not in told and not c.standing.put_away
    ]
    if len({comment.account for comment in said}) < LEAST_ACCOUNTS:
        return []
    return slogans.within_thread(said, slugs=(place.slug, place.title))


def _dated(comments: Sequence[ReportedComment]) -> list[tuple[ReportedComment, float]]:
    return [(comment, comment.created.timestamp()) for comment in comments if comment.created]


def _moments(comments: Sequence[ReportedComment]) -> tuple[datetime, ...]:
    return tuple(sorted(comment.created for comment in comments if comment.created))
