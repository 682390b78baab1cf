"""Evidence against marked spans, on texts whose figures can be counted by hand."""

from collections.abc import Sequence

import pytest

from analyzer.evaluation import span_figures
from analyzer.schema import Example, Span

Runs = Sequence[tuple[int, int]]


def spans(runs: Runs, label: str = "abuse.insult") -> tuple[Span, ...]:
    return tuple(Span(start=start, end=end, label=label, prob=1.0) for start, end in runs)


def figures(pairs: Sequence[tuple[Runs, Runs]], times: int = 20):
    """The figures of texts of one corpus, each (marked, found), repeated until there are enough."""
    rows = [
        Example(source="made", id=str(n), text="x" * 100, labels={}, spans=spans(marked), span_families=("abuse",))
        for n, (marked, _) in enumerate(pairs * times)
    ]
    return span_figures(rows, [spans(found) for _, found in pairs * times])["made"]["abuse"]


@pytest.mark.parametrize(
    ("marked", "found", "characters", "precision", "recall"),
    [
        ([(0, 10)], [(0, 10)], 1.0, 1.0, 1.0),
        ([(0, 10)], [], 0.0, 0.0, 0.0),
        ([(0, 10)], [(0, 5)], 2 / 3, 1.0, 0.5),
        ([(0, 10)], [(0, 5), (5, 10)], 1.0, 1.0, 1.0),  # spans that touch are one
        ([(0, 10), (20, 30)], [(5, 25)], 0.5, 0.5, 0.5),
        ([(0, 10)], [(0, 10), (50, 60)], 2 / 3, 0.5, 1.0),
        ([(0, 10), (40, 40)], [(0, 10), (60, 60)], 1.0, 1.0, 1.0),  # an empty span marks nothing
    ],
)
def test_figures_of_one_kind_of_text(
    marked: Runs, found: Runs, characters: float, precision: float, recall: float
) -> None:
    said = figures([(marked, found)])
    assert said["character_f1"]["value"] == pytest.approx(characters, abs=1e-3)
    assert said["overlap_precision"]["value"] == pytest.approx(precision, abs=1e-3)
    assert said["overlap_recall"]["value"] == pytest.approx(recall, abs=1e-3)


def test_a_text_with_nothing_marked_counts_where_nothing_is_found_and_costs_precision_elsewhere() -> None:
    quiet = figures([([(0, 10)], [(0, 10)]), ([], [])])
    loud = figures([([(0, 10)], [(0, 10)]), ([], [(3, 9)])])
    assert (quiet["character_f1"]["value"], loud["character_f1"]["value"]) == (1.0, 0.5)
    assert (quiet["overlap_precision"]["value"], loud["overlap_precision"]["value"]) == (1.0, 0.5)
    assert quiet["texts"] == 40
    assert quiet["marked"] == 20


def test_other_families_and_texts_nobody_marked_say_nothing() -> None:
    row = Example(source="made", id="1", text="x" * 50, labels={}, spans=spans([(0, 9)]))
    unmarked = Example(source="other", id="2", text="x" * 50, labels={})
    table = span_figures([row] * 20 + [unmarked] * 20, [spans([(0, 9)], "propaganda.doubt")] * 40)
    assert list(table) == ["made"]
    assert table["made"]["abuse"]["character_f1"]["value"] == 0
    assert span_figures([row] * 5, [()] * 5) == {}
