"""The project's own label files and suites: readable, complete, and apart from each other."""

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from analyzer.readers import read_labels, read_suite
from analyzer.schema import Example
from analyzer.taxonomy import load_taxonomy
from analyzer.training.split import fingerprint

ROOT = Path(__file__).parent.parent
LABELS = sorted((ROOT / "data/labels").glob("*.jsonl"))
SUITES = sorted((ROOT / "data/suites").glob("*.csv"))
TROPES = [label.id for label in load_taxonomy().family("antisemitism") if label.code]
TECHNIQUES = [
    label.id
    for label in load_taxonomy().family("propaganda")
    if label.name and label.id.partition(".")[2] not in ("any", "fallacy", "conspiracy")
]


_NAMED = "jewish muslim christian hindu black white asian latino arab indigenous polish roma gay trans disabled"
GROUPS = {name: (f"an? {name} person", f"{name} people", name) for name in _NAMED.split()}
GROUPS |= {
    "immigrants": ("an immigrant", "immigrants", "immigrant"),
    "women": ("a woman", "women", "female"),
    "men": ("a man", "men", "male"),
}
for _id, _word in (
    *(("religion_other", "hindu"), ("nationality", "polish"), ("ethnicity_other", "roma")),
    *(("lgbtq", "gay"), ("disability", "disabled"), ("immigrant", "immigrants")),
):
    GROUPS[_id] = GROUPS.pop(_word)


@cache
def rows(path: Path) -> tuple[Example, ...]:
    return tuple(read_suite(path) if path.suffix == ".csv" else read_labels(path))


@pytest.mark.parametrize("path", [*LABELS, *SUITES], ids=lambda path: path.name)
def test_every_row_can_be_read_and_none_stands_twice(path: Path) -> None:
    assert len(rows(path)) > 100
    assert len({row.id for row in rows(path)}) == len(rows(path))
    judged = Counter((row.text, row.parent, label) for row in rows(path) for label in row.labels)
    assert max(judged.values()) == 1


@pytest.mark.parametrize("path", LABELS, ids=lambda path: path.name)
def test_spans_lie_within_their_text(path: Path) -> None:
    assert all(0 <= span.start < span.end <= len(row.text) for row in rows(path) for span in row.spans or ())


def test_no_case_of_a_suite_is_trained_on() -> None:
    trained = {
        (row.lang, fingerprint(row.text), fingerprint(row.parent or "")) for path in LABELS for row in rows(path)
    }
    asked = {(row.lang, fingerprint(row.text), fingerprint(row.parent or "")) for path in SUITES for row in rows(path)}
    assert not trained & asked


def test_the_suite_asks_for_every_trope_and_every_family_that_must_not_be_flagged() -> None:
    cases = [row for row in rows(ROOT / "data/suites/tropes.csv") if row.lang == "en"]
    tropes = Counter(label for row in cases for label, expected in row.labels.items() if expected)
    families = Counter(str(row.extra["family"]) for row in cases if row.labels.get("antisemitism.any") == 0)
    assert all(tropes[trope] >= 20 for trope in TROPES)
    assert all(families[f"N{number}"] >= 25 for number in range(1, 10))


def test_the_suite_asks_for_every_technique_and_its_near_misses() -> None:
    cases = [row for row in rows(ROOT / "data/suites/techniques.csv") if row.lang == "en"]
    asked = Counter((label, int(expected)) for row in cases for label, expected in row.labels.items())
    assert len(TECHNIQUES) == 20
    assert all(asked[technique, expected] >= 20 for technique in TECHNIQUES for expected in (0, 1))


def test_the_hate_suite_asks_in_eleven_languages_and_swaps_groups() -> None:
    cases = rows(ROOT / "data/suites/hate.csv")
    assert len({row.lang for row in cases}) >= 11
    swaps = Counter(row.extra["pair_id"] for row in cases if str(row.extra.get("pair_id", "")).startswith("swap-"))
    assert sum(size >= 5 for size in swaps.values()) >= 40


def test_sentences_of_the_identity_suite_differ_in_the_group_alone() -> None:
    cases = rows(ROOT / "data/suites/identity.csv")
    pairs: dict[str, dict[str, str]] = {}
    for row in cases:
        target, text = str(row.extra["targets"]), row.text.lower()
        for term in GROUPS[target]:
            text = re.sub(rf"\b{term}\b", "…", text)
        pairs.setdefault(str(row.extra["pair_id"]), {})[target] = text
    assert {tuple(sorted(said)) for said in pairs.values()} == {tuple(sorted(GROUPS))}
    assert all(len(set(said.values())) == 1 and "…" in next(iter(said.values())) for said in pairs.values())
