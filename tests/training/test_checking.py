"""Findings over labelled rows: each kind is found with its count, its places and what to do; good rows give none."""

from typing import Any

import pytest

from analyzer.schema import Example
from analyzer.training.checking import Finding, krippendorff_alpha, validate_labels

TOXICITY = "abuse.toxicity"


def row(number: int, text: str = "", value: float = 0.0, **more: Any) -> Example:
    extra = {"where": f"a.csv:{number}"} | more.pop("extra", {})
    known: dict[str, Any] = {"source": "a", "id": str(number), "labels": {TOXICITY: value}, "lang": "en"}
    return Example(**(known | {"text": text or f"word{number} here", "extra": extra} | more))


def good() -> list[Example]:
    return [row(number, value=number % 2) for number in range(1, 81)]


def find(rows: list[Example], kind: str, **options: Any) -> Finding:
    (finding,) = [finding for finding in validate_labels(rows, **options) if finding.kind == kind]
    return finding


def test_good_rows_give_no_findings() -> None:
    assert validate_labels(good()) == []


@pytest.mark.parametrize(
    ("kind", "added", "count", "says"),
    [
        ("unknown_label", [row(90, labels={"abuse.toxcity": 1.0})], 1, "did you mean 'abuse.toxicity'"),
        ("contradiction", [row(90, "Word2, HERE!", 1.0), row(91, "word2 here", 0.0)], 3, "judged yes and no"),
        ("duplicate", [row(90, "word2 here!", 0.0)], 1, "more than once"),
        ("leak_text", [row(90, "Word2 here", 0.0, split="test")], 1, "texts stand in more than one split"),
        (
            "leak_thread",
            [row(90, group="t", split="test"), row(91, group="t"), row(92, group="u", split="test")],
            1,
            "1 threads",
        ),
        (
            "leak_author",
            [row(90, extra={"author": "x"}, split="dev"), row(91, extra={"author": "x"}), row(92)],
            1,
            "1 authors",
        ),
        ("no_letters", [row(90, "😀 42 !!"), row(91, "...")], 2, "without a letter"),
        (
            "never_varies",
            [row(90, labels={"abuse.threat": 1.0}), row(91, labels={"abuse.threat": 1.0})],
            1,
            "always yes",
        ),
        ("few_positives", [row(90, lang="de-AT", value=1.0), row(91, lang="fr")], 1, "(de 1, fr 0)"),
        (
            "disagreement",
            [row(n, extra={"votes": {TOXICITY: votes}}) for n, votes in ((90, (1, 0)), (91, (0, 1)), (92, (1, 1)))],
            2,
            "differ on 2 of 3 texts (67%)",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and "_" in value else None,
)
def test_a_finding_has_its_count_its_places_and_a_remedy(
    kind: str, added: list[Example], count: int, says: str
) -> None:
    finding = find(good() + added, kind)
    assert finding.count == count
    assert says in finding.says
    assert 1 <= len(finding.places) <= 3
    assert all(place.startswith("a.csv:") for place in finding.places)
    assert finding.remedy


def test_letterless_texts_are_not_taken_for_one_another() -> None:
    findings = validate_labels([*good(), row(90, "😀"), row(91, "!!", 1.0)])
    assert {finding.kind for finding in findings} == {"no_letters"}


def test_the_same_words_under_another_parent_contradict_nothing() -> None:
    findings = validate_labels([*good(), row(90, "exactly", 1.0, parent="a"), row(91, "exactly", 0.0, parent="b")])
    assert findings == []


def test_labels_of_ones_own_are_known_and_names_the_reader_missed_are_told() -> None:
    rows = [*good(), row(90, labels={"site.doxxing": 1.0}), row(91, labels={"site.doxxing": 0.0})]
    finding = find(rows, "unknown_label", known=["site.doxxing"], unknown={"doxing": ["a.csv:3"]})
    assert (finding.places, finding.count) == (("a.csv:3",), 1)
    assert "did you mean 'site.doxxing'" in finding.says


def test_grave_findings_come_first() -> None:
    findings = validate_labels([*good(), row(90, "word2 here", 1.0), row(91, "😀")])
    assert [finding.grave for finding in findings] == sorted((f.grave for f in findings), reverse=True)
    assert findings[0].kind == "contradiction"


A = (0, 1, 0, 0, 0, 0, 0, 0, 1, 0)
B = (1, 1, 1, 0, 0, 1, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("units", "alpha"),
    [
        pytest.param(list(zip(A, B, strict=True)), 0.095, id="the binary example of Krippendorff 2011"),
        pytest.param([(1, 1), (0, 0), (1, 1)], 1.0, id="full agreement"),
        pytest.param([(1, 0), (0, 1)], -0.5, id="worse than chance"),
        pytest.param([(1, 1), (1, 1)], None, id="no variation"),
        pytest.param([(1,), (0,)], None, id="one annotator"),
    ],
)
def test_alpha(units: list[tuple[float, ...]], alpha: float | None) -> None:
    found = krippendorff_alpha(units)
    assert found == (None if alpha is None else pytest.approx(alpha, abs=5e-4))
