"""Judged rows by id: tables and lines of JSON, with the place of the first row that cannot be used."""

import gzip
import json
from pathlib import Path

import pytest

from analyzer.errors import InputError
from analyzer.readers import Judged, read_judged

REVIEW = {
    "key": ["site", "t1", "7"],
    "labels": {"abuse.insult": 1},
    "action": "reject",
    "reviewer": "b",
    "at": "2026-11-22T09:30:00+00:00",
    "model": "words@1",
    "sampled_by": "random",
}

LISTED = ("abuse.insult", "site.doxxing", "abuse.threat")


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (
            "id,abuse.insult,threat,note\n1,1,no,x\n2,,0.4,y\n3,,,z\n",
            [
                Judged(id="1", labels={"abuse.insult": 1, "abuse.threat": 0}),
                Judged(id="2", labels={"abuse.threat": 0.4}),
            ],
        ),
        (
            "source;id;label;expected;sampled_by\na;1;abuse.insult;1;random\na;1;threat;0;random\n",
            [
                Judged(id="1", source="a", sampled_by="random", labels={"abuse.insult": 1}),
                Judged(id="1", source="a", sampled_by="random", labels={"abuse.threat": 0}),
            ],
        ),
        ("\ufeffid,site.doxxing\n1,yes\n", [Judged(id="1", labels={"site.doxxing": 1})]),
        (
            'id,sampled_by,labels\n1,random,"insult, site.doxxing"\n2,random,none\n3,random,\n4,random,threat\n',
            [
                Judged(id=name, sampled_by="random", labels=dict(zip(LISTED, values, strict=True)))
                for name, values in (("1", (1, 1, 0)), ("2", (0, 0, 0)), ("4", (0, 0, 1)))
            ],
        ),
        (
            "id,source,thread_id,insult\n'-c1,'@site,'-Vid,1\n'c2,'',''=t,0\n",
            [
                Judged(id="-c1", source="@site", thread_id="-Vid", labels={"abuse.insult": 1}),
                Judged(id="'c2", source="''", thread_id="'=t", labels={"abuse.insult": 0}),
            ],
        ),
        (
            json.dumps(REVIEW)
            + "\n\n"
            + json.dumps({"id": 8, "labels": {"insult": 0, "threat": None}, "split": "dev"}),
            [
                Judged(id="7", source="site", thread_id="t1", sampled_by="random", labels={"abuse.insult": 1}),
                Judged(id="8", split="dev", labels={"abuse.insult": 0}),
            ],
        ),
    ],
    ids=[
        "a column each",
        "label and expected",
        "a label of one's own",
        "all that fit",
        "guarded cells",
        "reviews and rows of JSON",
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_forms(tmp_path: Path, text: str, rows: list[Judged], packed: bool) -> None:
    path = tmp_path / ("judged.gz" if packed else "judged")
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    assert read_judged(path) == rows


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name,abuse.insult\n1,1\n", r":1: no column id"),
        ("id,mood\n1,1\n", r":1: no column is a label"),
        ("id,labels\n1,mood\n", r":2: no label 'mood'"),
        ("id,labels\n1,\n2,none\n", r"no row has a label that was judged"),
        ("id,abuse.insult\n1,1\n2,perhaps\n", r":3: .*perhaps"),
        ("id,abuse.insult\n,1\n", r":2: id is empty"),
        ("id,abuse.insult\n1,7\n", r":2: 7 does not lie in 0..1"),
        ("id,label,expected\n1,mood,1\n", r":2: no label 'mood'"),
        ("id,label,expected\n1\n", r":2: no label ''"),
        ("id,abuse.insult\n1,\n", r"no row has a label that was judged"),
        ('{"id": "1"}\n', r":1: not a judged row"),
        ('{"id": "1", "labels": {"insult": 1}}\n{broken\n', r":2: not a judged row"),
        ('{"id": "1", "labels": [1]}\n', r":1: not a judged row"),
        (json.dumps(REVIEW | {"at": "today"}), r":1: not a judged row .*ISO 8601"),
        (json.dumps(REVIEW | {"at": "0001-01-01T00:00:00+05:00"}), r":1: not a judged row .*ISO 8601"),
    ],
)
def test_what_cannot_be_used_is_told_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "judged.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError, match=says):
        read_judged(path)


def test_files_that_are_missing_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_judged(tmp_path / "nowhere.csv")
    for name in ("latin.csv", "broken.gz"):
        (tmp_path / name).write_bytes(b"id,abuse.insult\n\xfc,1\n")
        with pytest.raises(InputError, match="UTF-8"):
            read_judged(tmp_path / name)
