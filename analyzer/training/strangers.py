"""Rows under parents that have nothing to do with them, so that a reply is not read as harmless, or as bad, for being a reply.

Hardly any corpus gives the comment that a text answers, and where one does, most of its rows are of one kind: a network trained on
them takes the mere presence of a parent for a sign. Under a stranger the labels of a text stay what they are.
"""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from analyzer.scoring.windows import CONTEXT, Window
from analyzer.training.batches import Row

SHORTEST = 5  # tokens a text needs to be somebody's parent


def under_strangers(rows: Sequence[Row], share: float, seed: int) -> list[Row]:
    """`rows`, a `share` of those without a parent under another row's text of the same language."""
    if not share:
        return list(rows)
    chooser = random.Random(seed)
    texts: dict[str, list[Window]] = defaultdict(list)
    for row in rows:
        if len(row.window.starts) >= SHORTEST:
            texts[row.lang].append(row.window)
    placed = []
    for row in rows:
        if row.with_parent is None and texts[row.lang] and chooser.random() < share:
            stranger = chooser.choice(texts[row.lang])
            row = replace(row, with_parent=_below(stranger, row.window))
        placed.append(row)
    return placed


def _below(parent: Window, window: Window) -> Window:
    """`window`, which has no parent, below the last tokens of `parent`."""
    start, *text = window.ids
    said = parent.ids[parent.first : parent.first + len(parent.starts)][-CONTEXT:]
    return replace(window, ids=(start, *said, text[-1], *text), first=len(said) + 2)
