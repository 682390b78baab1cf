"""Which examples train, and how often: no text on both sides, small corpora not drowned by large ones."""

import random
import re
import unicodedata
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from analyzer.schema import Example

_NOT_ALNUM = re.compile(r"[\W_]+")


def fingerprint(text: str) -> int:
    """Equal for texts that differ only in case, punctuation, spacing or accents' encoding (64 bits)."""
    plain = _NOT_ALNUM.sub("", unicodedata.normalize("NFKC", text).casefold()).encode()
    return zlib.crc32(plain) << 32 | zlib.crc32(plain[::-1])


def without_leaks(train: Iterable[Example], held_out: Iterable[Example]) -> list[Example]:
    """`train` without texts or documents that are also in `held_out`."""
    texts: set[int] = set()
    groups: set[tuple[str, str]] = set()
    for row in held_out:
        texts.add(fingerprint(row.text))
        if row.group:
            groups.add((row.source, row.group))
    return [
        row
        for row in train
        if fingerprint(row.text) not in texts and not (row.group and (row.source, row.group) in groups)
    ]


def without_repeats(rows: Iterable[Example], *, parents: bool) -> list[Example]:
    """The first row of each text in a corpus; with `parents`, of each text under each parent."""
    first: dict[tuple[str, int, int], Example] = {}
    for row in rows:
        above = fingerprint(row.parent or "") if parents else 0
        first.setdefault((row.source, fingerprint(row.text), above), row)
    return list(first.values())


def unseen(held_out: Iterable[Example], train: Iterable[Example]) -> list[Example]:
    """`held_out` without rows that `train` repeats, text and parent; one text may mean two things under two parents."""
    seen = {(fingerprint(row.text), fingerprint(row.parent or "")) for row in train}
    return [row for row in held_out if (fingerprint(row.text), fingerprint(row.parent or "")) not in seen]


def halve(rows: Iterable[Example]) -> tuple[list[Example], list[Example]]:
    """Two halves for fitting calibration and for measuring; one document, or one text, is always on one side.

    A text that two documents share, or one and a row without, may fall on both: then it is left out of what is fitted on.
    """
    halves: tuple[list[Example], list[Example]] = ([], [])
    for row in rows:
        mark = f"{row.source}:{row.group}" if row.group else str(fingerprint(row.text))
        # The lowest bits choose which of our own rows are held out.
        halves[zlib.crc32(mark.encode()) >> 3 & 1].append(row)
    fit, measure = halves
    return without_leaks(fit, measure), measure


def sample(
    rows: Sequence[Example],
    total: int,
    *,
    power: float,
    boosts: Mapping[str, float],
    seed: int,
) -> list[Example]:
    """About `total` rows, each corpus with a share ∝ boost · size**power (power 1: as it lies; 0: all corpora alike).

    `boosts` names corpora, and `default` for those it does not name. A corpus is read at most `boost` times, or once; what it
    cannot give goes to the others.
    """
    by_source: dict[str, list[Example]] = defaultdict(list)
    for row in rows:
        by_source[row.source].append(row)
    boost = {name: boosts.get(name, boosts.get("default", 1.0)) for name in by_source}
    limits = {name: int(len(group) * max(1.0, boost[name])) for name, group in by_source.items()}
    shares = {name: boost[name] * len(group) ** power for name, group in by_source.items()}
    quotas = _fill(shares, limits, total)
    chooser = random.Random(seed)
    chosen: list[Example] = []
    for name, group in sorted(by_source.items()):
        whole, rest = divmod(quotas[name], len(group))
        chosen += group * whole + chooser.sample(group, rest)
    chooser.shuffle(chosen)
    return chosen


def _fill(shares: Mapping[str, float], limits: Mapping[str, int], total: int) -> dict[str, int]:
    """Quotas in proportion to `shares`, none above its limit; what a full one leaves is shared again among the others."""
    quotas: dict[str, int] = {}
    open_names = {name for name in shares if shares[name] > 0}
    left = min(total, sum(limits[name] for name in open_names))
    while open_names:
        unit = left / sum(shares[name] for name in open_names)
        full = {name for name in open_names if shares[name] * unit >= limits[name]}
        for name in full or open_names:
            quotas[name] = limits[name] if full else int(shares[name] * unit)
        left -= sum(quotas[name] for name in full)
        open_names = open_names - full if full else set()
    return {name: quotas.get(name, 0) for name in shares}
