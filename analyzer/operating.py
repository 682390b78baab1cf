"""Where a probability counts as found: a threshold for a label, and those of languages that have one of their own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Thresholds = Mapping[str, Mapping[str, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Cut:
    """A threshold on the probability. `own` holds (language, threshold) where enough was measured to choose one apart."""

    general: float
    own: tuple[tuple[str, float], ...] = ()

    def at(self, lang: str | None) -> float:
        """The threshold in that language (ISO 639-1; `und` or None: not known)."""
        return next((threshold for name, threshold in self.own if name == lang), self.general)

    def over(self, langs: Iterable[str]) -> list[float]:
        """The threshold of each row, given the language of each."""
        own = dict(self.own)
        return [own.get(lang, self.general) for lang in langs]


def cut_of(thresholds: Thresholds, label: str, name: str = "balanced") -> Cut | None:
    """The threshold of that name in a model's table, {label: {name: {"threshold", …, "by_language": {lang: {"threshold", …}}}}}.

    None if the table has none.
    """
    entry = thresholds.get(label, {}).get(name) or {}
    general = entry.get("threshold")
    if general is None:
        return None
    rows = entry.get("by_language") or {}
    own = tuple(
        (lang, float(row["threshold"])) for lang, row in sorted(rows.items()) if row.get("threshold") is not None
    )
    return Cut(float(general), own)


def precision_of(thresholds: Thresholds, label: str, name: str, lang: str | None = None) -> tuple[float, float] | None:
    """The precision measured at the threshold of that name, and the lower end of its interval (itself, where there is none).

    In a language looked at apart the one measured there counts, else the one over all. None: not measurable.
    """
    entry = thresholds.get(label, {}).get(name) or {}
    row = (entry.get("by_language") or {}).get(lang, entry)
    precision = row.get("precision")
    if precision is None:
        return None
    low, _ = row.get("precision_interval") or (precision, None)
    return float(precision), float(low)
