"""`analyzer evaluate` from files to pages, with a scorer whose every answer is known."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from analyzer.errors import InputError
from analyzer.examination import examine, probabilities, read_examples, write_examination
from tests.fakes import THRESHOLDS, WordScorer

HEADER = ("id", "text", "parent", "lang", "label", "expected", "family", "pair_id", "why")
CASES = (
    ("1", "I will threaten you", "", "en", "abuse.threat", "1", "direct", "a", "a threat"),
    ("2", "the clouds look grim", "", "en", "abuse.threat", "0", "weather", "a", "no threat"),
    ("3", "watch your back", "", "en", "abuse.threat", "1", "indirect", "b", "a threat without the word"),
    ("4", "Women are idiot people", "", "en", "abuse.insult", "1", "clean", "c", "an insult"),
    ("5", "Women are i diot people", "", "en", "abuse.insult", "1", "spacing", "c", "the same with a trick"),
    ("6", "Women are id eal people", "", "en", "abuse.insult", "0", "benign_spacing", "c", "a harmless twin"),
)


def suite(path: Path, rows: Sequence[Sequence[str]] = CASES, header: Sequence[str] = HEADER) -> Path:
    with path.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines).writerows([header, *rows])
    return path


def labelled(path: Path, rows: Sequence[dict[str, object]]) -> Path:
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return path


def test_a_suite_says_what_is_right_by_family_and_what_spelling_costs(tmp_path: Path) -> None:
    result = examine(WordScorer(), THRESHOLDS, read_examples([suite(tmp_path / "tricks.csv")]))
    threats = result["suites"]["tricks"]["abuse.threat"]
    assert (threats["expected_1"]["value"], threats["expected_1"]["n"]) == (0.5, 2)
    assert threats["expected_0"]["value"] == 1
    assert threats["by_family"]["indirect (1)"]["value"] == 0
    assert threats["pairs"] == {"groups": 1, "right_throughout": 1, "swaps": 0, "flipped": 0}
    none_of_one = {"value": 0.0, "low": 0.0, "high": 0.7935, "n": 1}
    assert result["robustness"]["kept_overall"] == none_of_one
    assert result["robustness"]["benign_flagged_overall"] == none_of_one


def test_labelled_rows_are_measured_by_label_corpus_language_and_group(tmp_path: Path) -> None:
    rows = [
        {
            "id": str(n),
            "text": f"remark {n} {'idiot' if n % 2 else 'fine'}",
            "lang": "de" if n % 3 else "en",
            "labels": {"insult": n % 2, "toxicity": n % 2},
            "targets": ["women"] if n < 100 else [],
            "split": "dev",
        }
        for n in range(200)
    ]
    thresholds = THRESHOLDS | {"abuse.toxicity": THRESHOLDS["abuse.insult"]}
    result = examine(WordScorer(), thresholds, read_examples([labelled(tmp_path / "site.jsonl", rows)]))
    insult = result["labels"]["abuse.insult"]
    assert insult["auc"]["value"] == 1.0
    assert insult["recall"]["value"] == 1.0
    assert insult["false_positive_rate"]["value"] == 0.0
    assert set(result["corpora"]) == {"site"}
    assert set(result["languages"]) == {"de", "en"}
    # "abuse.toxicity" is answered for another word: chance, for the group as for all.
    assert result["bias"]["abuse.toxicity"]["women"]["subgroup_auc"]["value"] == 0.5
    assert result["bias"]["abuse.toxicity"]["women"]["fnr"]["value"] == 1.0


def test_rows_meant_for_training_are_left_out_where_others_are_held_out(tmp_path: Path) -> None:
    rows = [{"text": split, "labels": {"insult": 0}, "split": split} for split in ("train", "dev")]
    assert [row.text for row in read_examples([labelled(tmp_path / "a.jsonl", rows)])] == ["dev"]
    assert [row.text for row in read_examples([labelled(tmp_path / "b.jsonl", rows[:1])])] == ["train"]


def test_most_keeps_that_many_rows_of_each_source(tmp_path: Path) -> None:
    for name, size in (("long", 97), ("short", 3)):
        labelled(tmp_path / f"{name}.jsonl", [{"text": f"{n}", "labels": {"insult": 0}} for n in range(size)])
    kept = read_examples([tmp_path], most=10)
    assert [sum(row.source == name for row in kept) for name in ("long", "short")] == [10, 3]


def test_the_parent_is_read_and_only_the_reply_is_judged(tmp_path: Path) -> None:
    rows = [{"text": "yes", "parent": "idiot", "labels": {"insult": 1}}]
    (probs,) = probabilities(WordScorer(), read_examples([labelled(tmp_path / "a.jsonl", rows)]))
    assert 0 < probs["abuse.insult"] < 0.91


@pytest.mark.parametrize(
    ("header", "row", "says"),
    [
        (("id", "text"), ("1", "x"), "no column label, expected"),
        (HEADER, ("1", "x", "", "en", "abuse.thread", "1", "", "", ""), "no label 'abuse.thread'"),
        (HEADER, ("1", "x", "", "en", "abuse.threat", "yes", "", "", ""), "write 0 or 1"),
    ],
    ids=["a column is missing", "an unknown label", "expected is no digit"],
)
def test_a_broken_suite_says_what_and_where(
    tmp_path: Path, header: Sequence[str], row: Sequence[str], says: str
) -> None:
    path = suite(tmp_path / "broken.csv", [row], header)
    with pytest.raises(InputError, match=says) as caught:
        read_examples([path.parent])
    assert "broken.csv" in str(caught.value)


def test_a_suite_that_a_spreadsheet_saved_is_read(tmp_path: Path) -> None:
    path = suite(tmp_path / "saved.csv")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert [row.id for row in read_examples([path])] == [case[0] for case in CASES]
    path.write_bytes(path.read_bytes().replace(b"\xef\xbb\xbf", b"") + b"9,\xf6,,en,abuse.threat,1,,,\n")
    with pytest.raises(InputError, match=r"saved.csv: not UTF-8 text"):
        read_examples([path])


def test_a_table_of_labels_is_no_suite(tmp_path: Path) -> None:
    table = tmp_path / "decisions.csv"
    table.write_text("text,insult\nyou idiot,1\ngood morning,0\n", "utf-8")
    rows = read_examples([table])
    assert [row.labels["abuse.insult"] for row in rows] == [1, 0]
    assert not any("family" in row.extra for row in rows)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_examples([tmp_path / "nowhere.csv"])


def test_the_pages_hold_every_family_and_escape_what_files_say(tmp_path: Path) -> None:
    hostile = ("7", "hello", "", "en", "abuse.threat", "0", "<script>alert(1)</script>", "", "")
    result = examine(WordScorer(), THRESHOLDS, read_examples([suite(tmp_path / "tricks.csv", [*CASES, hostile])]))
    written = write_examination(result, tmp_path / "out")
    assert [path.name for path in written] == ["evaluation.json", "evaluation.md", "evaluation.html"]
    page, text = written[2].read_text("utf-8"), written[1].read_text("utf-8")
    assert "<script" not in page
    assert all(family in text and family in page for family in ("direct", "weather", "indirect", "benign_spacing"))
    assert json.loads(written[0].read_text("utf-8"))["rows"] == 7


def test_cases_are_counted_by_the_group_they_mainly_speak_of(tmp_path: Path) -> None:
    header = (*HEADER, "targets")
    rows = [(*case, targets) for case, targets in zip(CASES, ("women;black", "women", "", "", "", ""), strict=True)]
    result = examine(WordScorer(), THRESHOLDS, read_examples([suite(tmp_path / "tricks.csv", rows, header)]))
    by_target = result["suites"]["tricks"]["abuse.threat"]["by_target"]
    assert {name: (share["value"], share["n"]) for name, share in by_target.items()} == {
        "women (0)": (1.0, 1),
        "women (1)": (1.0, 1),
    }
    unknown = [(*case, "women;wommen") for case in CASES]
    with pytest.raises(InputError, match=r"odd\.csv:2: no group wommen; groups are .*women"):
        list(read_examples([suite(tmp_path / "odd.csv", unknown, header)]))


def test_names_in_a_suite_are_no_mark_up_on_the_pages(tmp_path: Path) -> None:
    cases = [(*row[:6], "a|b\n# [x](javascript:y) <b>`", *row[7:]) for row in CASES[:3]]
    result = examine(WordScorer(), THRESHOLDS, read_examples([suite(tmp_path / "odd.csv", cases)]))
    _, markdown, html = (path.read_text("utf-8") for path in write_examination(result, tmp_path / "out"))
    assert r"| family a\|b # \[x\](javascript:y) \<b\>\` " in markdown
    assert "<b>" not in html.partition("</style>")[2]


def test_a_row_without_a_language_is_judged_in_the_one_it_was_scored_in(tmp_path: Path) -> None:
    balanced = THRESHOLDS["abuse.insult"]["balanced"]
    thresholds = {"abuse.insult": {"balanced": balanced | {"by_language": {"en": {"threshold": 0.99}}}}}
    said: list[dict[str, object]] = [
        {"id": f"{lang}{n}", "text": f"{'an idiot' if n % 2 else 'a friend'} {lang} {n}", "labels": {"insult": n % 2}}
        | ({"lang": lang} if lang else {})
        for lang in ("", "de")
        for n in range(40)
    ]
    found = examine(WordScorer(), thresholds, read_examples([labelled(tmp_path / "rows.jsonl", said)]))
    recall = found["labels"]["abuse.insult"]["recall"]
    assert (recall["value"], recall["positives"]) == (0.5, 40)  # the scorer takes what names no language for English
