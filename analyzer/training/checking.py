"""Labelled rows → findings: what would spoil training or measuring, where it stands and what to do about it."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from analyzer.schema import Example
from analyzer.taxonomy import Taxonomy
from analyzer.text import has_letters
from analyzer.training.split import fingerprint
from analyzer.vocabulary import Vocabulary, load_vocabulary

FEW = 30  # positives: the Wilson interval of a recall of 80 % on 30 is 63 to 91 %
_SHOWN = 3
_TENTATIVE = (
    0.667  # alpha below which not even tentative conclusions hold (Krippendorff 2004, Content Analysis, section 11.4.2)
)
_RELIABLE = 0.8
_YES = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is wrong with some rows. `grave`: results will be wrong, not just weaker. `places` are the first three, file:line."""

    kind: str
    grave: bool
    says: str
    count: int
    places: tuple[str, ...]
    remedy: str
    figures: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def validate_labels(
    examples: Sequence[Example],
    *,
    taxonomy: Taxonomy | None = None,
    known: Iterable[str] = (),
    unknown: Mapping[str, Sequence[str]] | None = None,
) -> list[Finding]:
    """Findings over rows that are used together, grave ones first.

    `known` are ids of labels beside the taxonomy's; `unknown` are names the reader found no label for, with their places.
    """
    vocabulary = load_vocabulary(taxonomy, known)
    findings = [
        *_unknown(examples, unknown or {}, vocabulary),
        *_repeats(examples),
        *_leaks(examples),
        *_without_letters(examples),
        *_never_varying(examples),
        *_few(examples),
        *_disagreements(examples),
    ]
    return sorted(findings, key=lambda finding: not finding.grave)


def place_of(row: Example) -> str:
    """file:line of a row, or its source and id where the reader did not say."""
    return str(row.extra.get("where") or f"{row.source}:{row.id}")


def mark_of(row: Example) -> Hashable:
    """Equal for rows that say the same to the same parent, but for case, punctuation and spacing."""
    return _plain(row.text), _plain(row.parent or "")


def _plain(text: str) -> Hashable:
    return fingerprint(text) if any(map(str.isalnum, text)) else text.strip()


def krippendorff_alpha(units: Iterable[Sequence[float]]) -> float | None:
    """Krippendorff's alpha of the values each unit was given; None if none has two, or if all values are the same.

    Interval metric, which for verdicts of 0 and 1 is the nominal one (Krippendorff 2011, Computing Krippendorff's
    Alpha-Reliability; Content Analysis 2004, chapter 11). 1 is full agreement, 0 what chance gives.
    """
    pairable = [values for values in units if len(values) > 1]
    everything = [value for values in pairable for value in values]
    expected = _differences(everything) / (len(everything) - 1) if everything else 0.0
    if expected <= 0:
        return None
    return 1 - sum(_differences(values) / (len(values) - 1) for values in pairable) / expected


def _differences(values: Sequence[float]) -> float:
    """The sum of (a - b)² over all ordered pairs."""
    return 2 * (len(values) * sum(value * value for value in values) - sum(values) ** 2)


def _places(rows: Iterable[Example]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(place_of, rows)))[:_SHOWN]


def _unknown(
    examples: Sequence[Example], unknown: Mapping[str, Sequence[str]], vocabulary: Vocabulary
) -> Iterator[Finding]:
    missed: dict[str, list[str]] = {name: list(places) for name, places in unknown.items()}
    for row in examples:
        for label in row.labels:
            if label not in vocabulary:
                missed.setdefault(label, []).append(place_of(row))
    for name, places in missed.items():
        near = vocabulary.nearest(name)
        yield Finding(
            kind="unknown_label",
            grave=True,
            says=f"no label {name[:60]!r}" + (f"; did you mean {near!r}?" if near else ""),
            count=len(places),
            places=tuple(places[:_SHOWN]),
            remedy="correct the name, or make it known as a label of your own (--known family.name)",
        )


def _repeats(examples: Sequence[Example]) -> Iterator[Finding]:
    together: dict[Hashable, list[Example]] = defaultdict(list)
    for row in examples:
        together[mark_of(row)].append(row)
    several = [rows for rows in together.values() if len(rows) > 1]
    clashing: dict[str, list[Example]] = defaultdict(list)
    for rows in several:
        for label in dict.fromkeys(label for row in rows for label in row.labels):
            if len({row.labels[label] >= _YES for row in rows if label in row.labels}) > 1:
                clashing[label] += [row for row in rows if label in row.labels]
    for label, rows in sorted(clashing.items()):
        yield Finding(
            kind="contradiction",
            grave=True,
            says=f"{label}: the same text is judged yes and no",
            count=len(rows),
            places=_places(rows),
            remedy="decide these texts together and keep one row each, or give the share of annotators who said yes",
        )
    extra = [row for rows in several for row in rows[1:]]
    if extra:
        yield Finding(
            kind="duplicate",
            grave=False,
            says="texts that stand in the file more than once",
            count=len(extra),
            places=_places(row for rows in several for row in rows),
            remedy="keep one row a text: repeated ones count more than once and make figures look surer than they are",
        )


def _leaks(examples: Sequence[Example]) -> Iterator[Finding]:
    kinds: Mapping[str, tuple[str, Callable[[Example], Hashable]]] = {
        "text": ("texts", lambda row: _plain(row.text)),
        "thread": ("threads or documents", lambda row: row.group and (row.source, row.group)),
        "author": ("authors", lambda row: row.extra.get("author")),
    }
    for kind, (name, key) in kinds.items():
        sides: dict[Hashable, dict[str, list[Example]]] = defaultdict(lambda: defaultdict(list))
        for row in examples:
            if value := key(row):
                sides[value][row.split].append(row)
        across = [splits for splits in sides.values() if len(splits) > 1]
        rows = [row for splits in across for split, held in splits.items() if split != "train" for row in held]
        if across:
            first = [held[0] for splits in across for held in splits.values()]
            yield Finding(
                kind=f"leak_{kind}",
                grave=kind == "text",
                says=f"{len(across):,} {name} stand in more than one split",
                count=len(rows),
                places=_places(first),
                remedy="put all rows of one of them into one split, else what is measured was partly learnt by heart",
            )


def _without_letters(examples: Sequence[Example]) -> Iterator[Finding]:
    rows = [row for row in examples if not has_letters(row.text)]
    if rows:
        yield Finding(
            kind="no_letters",
            grave=False,
            says="texts without a letter (emoji, digits, signs); the model never scores such comments",
            count=len(rows),
            places=_places(rows),
            remedy="leave these rows out",
        )


def _verdicts(examples: Sequence[Example]) -> dict[str, list[tuple[bool, Example]]]:
    judged: dict[str, list[tuple[bool, Example]]] = defaultdict(list)
    for row in examples:
        for label, value in row.labels.items():
            judged[label].append((value >= _YES, row))
    return dict(sorted(judged.items()))


def _never_varying(examples: Sequence[Example]) -> Iterator[Finding]:
    for verdict in (False, True):
        constant = {
            label: [row for _, row in rows]
            for label, rows in _verdicts(examples).items()
            if all(yes is verdict for yes, _ in rows)
        }
        if constant:
            names = [*constant]
            shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
            yield Finding(
                kind="never_varies",
                grave=verdict,
                says=f"always {'yes' if verdict else 'no'} wherever judged: {shown}",
                count=len(names),
                places=_places(rows[0] for rows in constant.values()),
                remedy="add rows of the other kind; from one answer alone a label can neither be learnt nor measured",
            )


def _few(examples: Sequence[Example]) -> Iterator[Finding]:
    for label, rows in _verdicts(examples).items():
        positives: dict[str, list[Example]] = {row.lang.partition("-")[0]: [] for _, row in rows}
        for yes, row in rows:
            if yes:
                positives[row.lang.partition("-")[0]].append(row)
        short = {lang: held for lang, held in sorted(positives.items()) if len(held) < FEW}
        found = [row for held in positives.values() for row in held]
        if short and found and len(found) < len(rows):
            told = ", ".join(f"{'no language' if lang == 'und' else lang} {len(held)}" for lang, held in short.items())
            yield Finding(
                kind="few_positives",
                grave=False,
                says=f"{label}: fewer than {FEW} positives ({told})",
                count=sum(map(len, short.values())),
                places=_places(row for held in short.values() for row in held),
                remedy="label more comments that have it (`analyzer suggest` picks them), or do not rely on it there",
                figures={lang: float(len(held)) for lang, held in short.items()},
            )


def _disagreements(examples: Sequence[Example]) -> Iterator[Finding]:
    voted: dict[str, list[tuple[Example, Sequence[float]]]] = defaultdict(list)
    for row in examples:
        for label, votes in row.extra.get("votes", {}).items():
            voted[label].append((row, votes))
    for label, units in sorted(voted.items()):
        split = [row for row, votes in units if len({vote >= _YES for vote in votes}) > 1]
        alpha = krippendorff_alpha(votes for _, votes in units)
        if split and alpha is not None:
            yield Finding(
                kind="disagreement",
                grave=alpha < _TENTATIVE,
                says=f"{label}: annotators differ on {len(split):,} of {len(units):,} texts ({len(split) / len(units):.0%}), "
                f"Krippendorff's alpha {alpha:.2f} (reliable from {_RELIABLE}, tentative from {_TENTATIVE})",
                count=len(split),
                places=_places(split),
                remedy="settle these texts together and sharpen the definition; a label people do not agree on is not learnt",
                figures={"share": len(split) / len(units), "alpha": alpha},
            )
