"""A comment cut into pieces at the borders of its evidence, for the writers to mark."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from analyzer.reports.records import ReportedComment

_GRAVITY = {"abuse": 0, "antisemitism": 1, "propaganda": 3}
_OWN = 2  # labels of the user's own


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text with the findings it speaks for: their numbers beside the text, the family of the gravest.

    `ends` are the numbers of findings whose evidence ends here, with their names: there the reader is led to the label.
    """

    text: str
    numbers: tuple[int, ...] = ()
    family: str = ""
    ends: tuple[tuple[int, str], ...] = ()
    covered: bool = False


def pieces(comment: ReportedComment) -> list[Piece]:
    """The whole text in order; evidence of covered labels is covered, and the whole text where such a label has no
    span."""
    marks = _marks(comment)
    text = comment.text
    pointed_at = {number for _, _, number in marks}
    all_covered = any(
        finding.covered and number not in pointed_at for number, finding in enumerate(comment.findings, start=1)
    )
    begun: defaultdict[int, set[int]] = defaultdict(set)
    ended: defaultdict[int, set[int]] = defaultdict(set)
    for start, end, number in marks:
        begun[start].add(number)
        ended[end].add(number)
    cut: list[Piece] = []
    inside: set[int] = set()
    for start, end in pairwise(sorted({0, len(text), *begun, *ended})):
        inside = inside - ended[start] | begun[start]
        numbers = tuple(sorted(inside))
        found = [comment.findings[number - 1] for number in numbers]
        family = min((finding.family for finding in found), key=lambda name: _GRAVITY.get(name, _OWN), default="")
        ends = tuple((n, comment.findings[n - 1].name) for n in sorted(inside & ended[end]))
        covered = all_covered or any(finding.covered for finding in found)
        cut.append(Piece(text[start:end], numbers, family, ends, covered))
    return cut


def passages(cut: Sequence[Piece], number: int) -> list[str]:
    """The evidence of one finding, each stretch whole where other evidence divides it; lone marks are left out."""
    stretches = (
        "".join(piece.text for piece in run) for told, run in groupby(cut, lambda p: number in p.numbers) if told
    )
    return [stretch.strip() for stretch in stretches if stretch.strip(" \n\t.,;:!?")]


def runs(cut: Sequence[Piece]) -> list[tuple[bool, list[Piece]]]:
    """Neighbouring pieces with the same cover, so that one cover spans what belongs together."""
    grouped: list[tuple[bool, list[Piece]]] = []
    for piece in cut:
        if grouped and grouped[-1][0] == piece.covered:
            grouped[-1][1].append(piece)
        else:
            grouped.append((piece.covered, [piece]))
    return grouped


def shortened(cut: Sequence[Piece], most: int) -> list[Piece]:
    """The first `most` characters of a quotation, without marks; covers stay."""
    kept: list[Piece] = []
    for piece in cut:
        room = most - sum(len(k.text) for k in kept)
        if room <= 0:
            break
        short = piece.text if len(piece.text) <= room else piece.text[:room].rstrip() + " …"
        kept.append(Piece(short, covered=piece.covered))
    return kept


def _marks(comment: ReportedComment) -> list[tuple[int, int, int]]:
    """(start, end, number of the finding): a span of a family speaks for the likeliest finding of that family."""
    by_label = {finding.label: number for number, finding in enumerate(comment.findings, start=1)}
    by_family: dict[str, int] = {}
    for number, finding in enumerate(comment.findings, start=1):
        by_family.setdefault(finding.family, number)
    marks: set[tuple[int, int, int]] = set()
    for span in comment.spans:
        number = by_label.get(span.label) or by_family.get(span.label.split(".")[0], 0)
        if number and span.start < span.end:
            marks.add((span.start, span.end, number))
    return _merged(marks)


def _merged(marks: set[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Overlapping or touching spans of one finding as one."""
    merged: list[tuple[int, int, int]] = []
    for start, end, number in sorted(marks, key=lambda mark: (mark[2], mark[0])):
        if merged and merged[-1][2] == number and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]), number)
        else:
            merged.append((start, end, number))
    return merged
