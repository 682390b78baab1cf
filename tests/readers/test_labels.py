"""Label files of every form become Examples, and what is wrong with them is said with its place."""

import contextlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.errors import ConfigError, InputError
from analyzer.readers import gather_labels, read_labels, sniff_labels
from analyzer.readers.label_desk import verdict, words_of
from analyzer.readers.label_studio import _offsets
from analyzer.schema import Action, Comment, Key, Review, Span, Thread
from analyzer.vocabulary import load_vocabulary

ROOT = Path(__file__).parents[2]
WIDE = "comment,threat,Insult,lang,split\nYou will regret it,yes,0,en,train\nNice bridge,no,0.5,de,validation\n"


def write(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def labels(path: Path, **options: Any) -> list[dict[str, float]]:
    return [dict(row.labels) for row in gather_labels(path, **options).examples]


# tables


@pytest.mark.parametrize(
    ("content", "mapping", "expected"),
    [
        pytest.param(
            WIDE,
            {},
            [{"abuse.threat": 1, "abuse.insult": 0}, {"abuse.threat": 0, "abuse.insult": 0.5}],
            id="a column each",
        ),
        pytest.param(
            "id\ttext\tlabel\texpected\n1\tHello you\tthreat\t0\n1\tHello you\tinsult\t1\n2\tBye\tabuse.threat\t1\n",
            {},
            [{"abuse.threat": 0, "abuse.insult": 1}, {"abuse.threat": 1}],
            id="pairs on one text are one row",
        ),
        pytest.param(
            "text,label,value\nHello you,threat,0\nHello you,threat,1\n",
            {},
            [{"abuse.threat": 0}, {"abuse.threat": 1}],
            id="a judgement that is given twice stays two rows",
        ),
        pytest.param(
            'comment,labels\na fool,"insult, threat"\nfine,\nhm,none\n',
            {},
            [{"abuse.insult": 1, "abuse.threat": 1}] + [{"abuse.insult": 0, "abuse.threat": 0}] * 2,
            id="all that fit in a list",
        ),
        pytest.param(
            "body;verdict\na fool;insult\nfine;none\nhm;threat\n",
            {"text": "body", "label": "verdict"},
            [{"abuse.insult": a, "abuse.threat": b} for a, b in ((1, 0), (0, 0), (0, 1))],
            id="the one that fits best, in a mapped column",
        ),
        pytest.param(
            "body;rude?;x\na fool;ja;0\nfine;nein;1\n",
            {"text": "body", "abuse.toxicity": "rude?"},
            [{"abuse.toxicity": 1}, {"abuse.toxicity": 0}],
            id="a label and its column named",
        ),
        pytest.param(
            "text,toxic,identity_hate\na fool,1,0\nfine,,0\n",
            {},
            [{"abuse.toxicity": 1, "abuse.identity_attack": 0}, {"abuse.identity_attack": 0}],
            id="names of the Jigsaw data; an empty cell was not judged",
        ),
    ],
)
def test_labels_of_a_table(tmp_path: Path, content: str, mapping: dict[str, str], expected: list[object]) -> None:
    assert labels(write(tmp_path, "rows.csv", content), mapping=mapping) == expected


def test_what_nobody_judged_among_suggestions_is_no_negative(tmp_path: Path) -> None:
    head = "id,sampled_by,why,text,labels\n"
    path = write(tmp_path, "judged.csv", f"{head}1,random,x,a fool,insult\n2,random,x,fine,none\n3,random,x,unread,\n")
    found = gather_labels(path)
    assert [(row.text, dict(row.labels)) for row in found.examples] == [
        ("a fool", {"abuse.insult": 1}),
        ("fine", {"abuse.insult": 0}),
    ]
    assert found.counts["without_labels"] == 1


def test_a_row_knows_its_place_language_split_and_source(tmp_path: Path) -> None:
    first, second = gather_labels(write(tmp_path, "rows.csv", WIDE)).examples
    assert (first.source, first.lang, first.split, first.extra["where"]) == ("rows", "en", "train", "rows.csv:2")
    assert (second.lang, second.split, second.extra["where"]) == ("de", "dev", "rows.csv:3")


def test_the_same_rows_in_every_kind_of_table(tmp_path: Path) -> None:
    frame = pd.DataFrame({"text": ["a fool", "fine"], "insult": [1.0, None], "threat": [True, False], "id": ["7", "8"]})
    frame.to_parquet(tmp_path / "a.parquet")
    frame.to_excel(tmp_path / "a.xlsx", index=False)
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_json(tmp_path / "a.json", orient="records")
    frame.to_json(tmp_path / "a.jsonl", orient="records", lines=True)
    expected = [{"abuse.insult": 1, "abuse.threat": 1}, {"abuse.threat": 0}]
    for name in ("a.parquet", "a.xlsx", "a.csv", "a.json", "a.jsonl"):
        assert labels(tmp_path / name) == expected, name
    assert [dict(row.labels) for row in read_labels(frame)] == expected


@pytest.mark.parametrize(
    "row",
    [
        {"labels": {"insult": 1}, "doc": "d\ud83d"},
        {"insult": 1},
        {"comment": {"text": "a \ud83d fool"}, "attributeScores": {"INSULT": {"summaryScore": {"value": 1}}}},
    ],
    ids=["a row of a corpus", "a table", "Perspective"],
)
def test_half_characters_come_to_nobody(tmp_path: Path, row: dict[str, Any]) -> None:
    row = {"id": "7\ud83d", "text": "a \ud83d fool", "parent": "who \ude00?", **row}
    (found,) = gather_labels(write(tmp_path, "a.jsonl", json.dumps(row))).examples
    assert found.text == "a \ufffd fool"
    for field in (found.source, found.id, found.text, found.parent, found.group):
        assert (field or "").encode() is not None


def test_annotators_make_a_share_and_their_votes_are_kept(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "text,annotator,toxicity\na fool,A,1\na fool,B,0\na fool,C,1\nfine,A,0\n")
    first, second = gather_labels(path).examples
    assert first.labels["abuse.toxicity"] == pytest.approx(2 / 3)
    assert first.extra["votes"] == {"abuse.toxicity": (1, 0, 1)}
    assert (second.labels["abuse.toxicity"], "votes" in second.extra) == (0, False)


def test_a_label_not_named_beside_the_best_one_weighs_less(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "text,label\na fool,insult\nfine,none\nhm,threat\n")
    first, second, _ = gather_labels(path).examples
    assert dict(first.weights) == {"abuse.threat": 0.3}
    assert not second.weights


def test_a_parent_is_a_text_or_the_id_of_another_row(tmp_path: Path) -> None:
    rows = "id,text,parent,insult\n1,The bridge is late,,0\n2,you fool,1,1\n3,no you,The tram is late,1\n4,so,9,0\n"
    parents = [row.parent for row in gather_labels(write(tmp_path, "a.csv", rows)).examples]
    assert parents == [None, "The bridge is late", "The tram is late", None]


def test_threads_group_rows_and_authors_are_hashed(tmp_path: Path) -> None:
    rows = "text,thread_id,author,insult\nfool,t1,mo,1\nfine,t2,mo,0\n"
    first, second = gather_labels(write(tmp_path, "a.csv", rows)).examples
    assert (first.group, second.group) == ("t1", "t2")
    assert first.extra["author"] == second.extra["author"] != "mo"


@pytest.mark.parametrize(
    ("content", "mapping", "says"),
    [
        ("text,threat\na,7\n", {}, "7 does not lie in 0..1"),
        ("text,threat\na,perhaps\n", {}, "threat: could not convert"),
        ("text,verdict\na,1\nb,0\n", {"label": "verdict"}, "--map abuse.toxicity=verdict"),
        ("text,threat\na,1\n", {"text": "body"}, "there is no column 'body'"),
        ("text,colour\na,red\nb,blue\n", {}, "no labels found"),
        ("text,label\na,thraet\n", {}, "did you mean 'abuse.threat'"),
        ('{"text": "a"}\n', {}, "no labels found"),
    ],
    ids=[
        "too large",
        "no verdict",
        "verdicts on nothing",
        "no such column",
        "no labels",
        "a label misspelt",
        "text alone",
    ],
)
def test_a_table_that_cannot_be_used_says_why(tmp_path: Path, content: str, mapping: dict[str, str], says: str) -> None:
    with pytest.raises(InputError, match=r"a\.csv") as caught:
        gather_labels(write(tmp_path, "a.csv", content), mapping=mapping)
    assert says in str(caught.value)


# names


def test_unknown_names_are_kept_with_their_places_or_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", '{"text": "a", "labels": {"threat": 1, "thraet": 1}}\n')
    assert gather_labels(path).unknown == {"thraet": ("a.jsonl:1",)}
    assert [dict(row.labels) for row in read_labels(path)] == [{"abuse.threat": 1}]
    with pytest.raises(InputError, match=r"a\.jsonl:1: no label 'thraet'; did you mean 'abuse\.threat'"):
        list(read_labels(path, known=()))


def test_labels_of_ones_own_are_read_once_they_are_known(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "text,site.doxxing,doxx\na,1,0\nb,0,1\n")
    assert labels(path, known=["site.doxxing"]) == [{"site.doxxing": 1}, {"site.doxxing": 0}]
    with pytest.raises(InputError):
        labels(path)
    with pytest.raises(ConfigError, match=r"write family\.name"):
        labels(path, known=["doxxing"])


def test_a_misspelt_column_of_verdicts_is_told(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "text,threat,insul,likes\na,1,0,0\nb,0,1,1\n")
    assert gather_labels(path).unknown == {"insul": ("a.csv:2",)}


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("TOXICITY", "abuse.toxicity"),
        ("PROFANITY", "abuse.obscene"),
        ("IDENTITY_ATTACK", "abuse.identity_attack"),
        ("X_ANTISEMITISM", "antisemitism.any"),
        ("SPAM", None),
    ],
)
def test_a_name_of_another_vocabulary_is_one_label_or_none(name: str, found: str | None) -> None:
    assert load_vocabulary().bridged("perspective", name) == found


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("yes", 1),
        ("Nein", 0),
        ("да", 1),
        ("0,4", 0.4),
        ("30 %", 0.3),
        ("2/3", 2 / 3),
        (True, 1),
        ("", None),
        ("n/a", None),
    ],
    ids=str,
)
def test_a_verdict(cell: object, value: float | None) -> None:
    assert verdict(cell) == (None if value is None else pytest.approx(value))


@given(st.one_of(st.text(max_size=12), st.floats(), st.integers(), st.none(), st.lists(st.integers(), max_size=2)))
def test_a_verdict_is_in_0_to_1_or_nothing_or_refused(cell: object) -> None:
    try:
        value = verdict(cell)
    except ValueError:
        return
    assert value is None or 0 <= value <= 1


@pytest.mark.parametrize(
    "cell", [["a", "b"], "a, b", "a|b", '["a","b"]', {"choices": ["a", "b"]}, "['a', 'b']"], ids=str
)
def test_names_in_a_cell(cell: object) -> None:
    assert words_of(cell) == ["a", "b"]


# Label Studio


def annotation(person: int, *results: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"completed_by": person, "result": list(results), **more}


def choice(*names: str, asked: str = "labels") -> dict[str, Any]:
    return {"type": "choices", "from_name": asked, "value": {"choices": list(names)}}


def studio(folder: Path, *tasks: tuple[str, Sequence[dict[str, Any]]]) -> Path:
    rows = [{"id": n, "data": {"text": text}, "annotations": list(said)} for n, (text, said) in enumerate(tasks, 1)]
    return write(folder, "export.json", json.dumps(rows))


def test_label_studio_gives_the_share_of_annotators_who_chose_a_label(tmp_path: Path) -> None:
    path = studio(
        tmp_path,
        ("you fool", [annotation(1, choice("insult")), annotation(2), annotation(3, was_cancelled=True)]),
        ("hm", [annotation(1, {"type": "taxonomy", "value": {"taxonomy": [["abuse", "threat"]]}})]),
        ("skipped", [annotation(1, was_cancelled=True)]),
    )
    file = gather_labels(path)
    assert [dict(row.labels) for row in file.examples] == [
        {"abuse.insult": 0.5, "abuse.threat": 0},
        {"abuse.insult": 0, "abuse.threat": 1},
    ]
    assert file.examples[0].extra["votes"]["abuse.insult"] == (1, 0)
    assert file.counts["without_labels"] == 1


def test_label_studio_choices_of_yes_and_no_are_on_the_label_asked_for(tmp_path: Path) -> None:
    path = studio(tmp_path, ("you", [annotation(1, choice("Yes", asked="threat"), choice("none"))]))
    assert labels(path) == [{"abuse.threat": 1}]


@pytest.mark.parametrize(
    ("start", "end", "place"),
    [(6, 10, (6, 10)), (7, 11, (6, 10)), (0, 4, None)],
    ids=["code points", "UTF-16", "elsewhere"],
)
def test_marked_words_are_found_however_they_were_counted(start: int, end: int, place: object) -> None:
    assert _offsets({"start": start, "end": end, "text": "fool"}, "😀 you fool") == place


def test_label_studio_spans_speak_for_their_family(tmp_path: Path) -> None:
    mark = {"type": "labels", "value": {"start": 4, "end": 8, "text": "fool", "labels": ["insult"]}}
    path = studio(tmp_path, ("you fool", [annotation(1, choice("insult"), mark)]), ("hm", [annotation(1)]))
    first, second = gather_labels(path).examples
    assert first.spans == (Span(start=4, end=8, label="abuse.insult", prob=1.0),)
    assert (second.spans, second.span_families) == ((), ("abuse",))


# reviews


class FakeRun:
    """A run of one thread."""

    shards = range(1)

    def threads(self, shard: int | None = None) -> list[Thread]:
        above = Comment(source="s", thread_id="t", id="1", text="The bridge is late", author="a1")
        below = Comment(source="s", thread_id="t", id="2", text="you fool", parent_id="1", author="a2", lang="en")
        return [Thread(source="s", id="t", comments=(above, below))]


def review(name: str, reviewer: str, hour: int, **given: Any) -> str:
    defaults: dict[str, Any] = {"labels": {"abuse.insult": 1.0}, "sampled_by": "random"}
    at = datetime(2026, 3, 1, hour, tzinfo=UTC)
    known = {"key": Key("s", "t", name), "action": Action.REJECT, "reviewer": reviewer, "at": at, "model": "m@1"}
    return json.dumps(Review(**(known | defaults | given)).to_json())


def test_reviews_take_their_texts_from_the_run_and_the_last_word_of_each_reviewer(tmp_path: Path) -> None:
    lines = [
        review("2", "ann", 9, labels={"abuse.insult": 0.0}),
        review("2", "ann", 10, spans=(Span(start=4, end=8, label="abuse.insult", prob=1.0),)),
        review("2", "bob", 8, labels={"abuse.insult": 0.0}),
        review("9", "ann", 8),
    ]
    file = gather_labels(write(tmp_path, "reviews.jsonl", "\n".join(lines)), run=FakeRun())
    (row,) = file.examples
    assert (row.text, row.parent, row.lang, row.group) == ("you fool", "The bridge is late", "en", "t")
    assert row.labels == {"abuse.insult": 0.5}
    assert row.extra["sampled_by"] == "random"
    assert row.spans is not None
    assert "comment '9' is not in the run" in file.rejects[0].reason


def test_reviews_without_their_run_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--run RUN"):
        gather_labels(write(tmp_path, "reviews.jsonl", review("2", "ann", 9)))


# Perspective and moderation


def test_perspective_suggestions_become_labels_over_the_bridges(tmp_path: Path) -> None:
    score = {"summaryScore": {"value": 1}, "spanScores": [{"begin": 4, "end": 8, "score": {"value": 1}}]}
    record = {
        "comment": {"text": "you fool"},
        "context": {"entries": [{"text": "The bridge is late"}]},
        "attributeScores": {"INSULT": score, "PROFANITY": {"summaryScore": {"value": 0.25}}},
        "languages": ["en"],
    }
    (row,) = gather_labels(write(tmp_path, "suggest.jsonl", json.dumps(record) + "\n")).examples
    assert dict(row.labels) == {"abuse.insult": 1, "abuse.obscene": 0.25}
    assert (row.parent, row.lang) == ("The bridge is late", "en")
    assert row.spans == (Span(start=4, end=8, label="abuse.insult", prob=1.0),)


CORAL = [
    {"id": "a", "status": "REJECTED", "revisions": [{"body": "<p>you fool</p>"}]},
    {"id": "b", "status": "APPROVED", "revisions": [{"body": "fine"}], "parentID": "a"},
    {"id": "c", "status": "NONE", "revisions": [{"body": "nobody looked"}]},
    {"id": "d", "status": "REJECTED", "revisions": [{"body": "bad"}], "rejectionReason": {"code": "HATE_SPEECH"}},
    {"id": "e", "status": "REJECTED", "revisions": [{"body": "off topic"}], "rejectionReason": {"code": "OTHER"}},
    {"id": "f", "status": "REJECTED", "revisions": [{"body": "buy"}], "rejectionReason": {"code": "SPAM"}},
]


def coral(folder: Path) -> Path:
    actions = [{"commentID": "a", "status": "REJECTED", "rejectionReason": {"reason": "ABUSIVE"}}]
    comments = [{"storyID": "s", "authorID": "u"} | record for record in CORAL]
    return write(folder, "coral.json", json.dumps({"comments": comments, "commentModerationActions": actions}))


def test_coral_rejections_are_weak_labels_and_their_reasons_name_them(tmp_path: Path) -> None:
    file = gather_labels(coral(tmp_path))
    both = ("abuse.toxicity", "abuse.identity_attack")
    assert {row.id: (dict(row.labels), dict(row.weights)) for row in file.examples} == {
        "a": ({"abuse.toxicity": 1}, {"abuse.toxicity": 0.5}),
        "b": ({"abuse.toxicity": 0}, {"abuse.toxicity": 0.3}),
        "d": (dict.fromkeys(both, 1), dict.fromkeys(both, 0.5)),
        "f": ({"abuse.toxicity": 1}, {"abuse.toxicity": 0.1}),
    }
    assert file.examples[0].text == "you fool"
    assert file.examples[1].parent == "you fool"
    assert "--map spam=site.spam" in file.notes[0]


def test_statuses_can_stand_for_labels_of_ones_own(tmp_path: Path) -> None:
    mapping = {"rejected": "site.rejected", "spam": "none"}
    found = labels(coral(tmp_path), known=["site.rejected"], mapping=mapping)
    assert found[:2] == [{"site.rejected": 1}, {"site.rejected": 0}]
    assert len(found) == 4


@pytest.mark.parametrize(
    ("name", "form", "expected"),
    [
        ("harbour-bridge.xml", "wordpress", {(0, 0.3), (1, 0.3), (1, 0.1)}),
        ("museum.xml", "disqus", {(0, 0.3), (1, 0.1)}),
    ],
    ids=["WordPress: approved, trash, spam", "Disqus: visible, spam"],
)
def test_statuses_of_an_export_are_weak_labels(name: str, form: str, expected: set[tuple[float, float]]) -> None:
    file = gather_labels(ROOT / "data/samples/dumps" / name)
    assert file.form == form
    found = {(row.labels["abuse.toxicity"], row.weights["abuse.toxicity"]) for row in file.examples}
    assert found == expected


# forms


@pytest.mark.parametrize(
    ("content", "form"),
    [
        ("text,threat\na,1\n", "table"),
        ("text,likes\na,1\nb,2\n", None),
        ('{"text": "a", "labels": {"threat": 1}}\n', "corpus"),
        ('[{"text": "a", "labels": {"threat": 1}}]', "corpus"),
        ('[{"text": "a", "labels": ["threat"]}]', "table"),
        ('{"body": "a", "subreddit": "b", "id": "c"}\n', None),
        ("An article.\n\nIts first line, and a threat, and more.\n", None),
    ],
)
def test_a_label_file_is_told_by_its_content(tmp_path: Path, content: str, form: str | None) -> None:
    assert sniff_labels(write(tmp_path, "file", content)) == form


@given(st.binary(max_size=300))
def test_no_bytes_give_anything_but_rows_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("any") / "file.jsonl"
    path.write_bytes(b'{"text": "a", "labels": {"threat": 1}}\n' + content)
    with contextlib.suppress(InputError):
        assert len(gather_labels(path).examples) >= 1


@pytest.mark.parametrize(
    "hostile",
    [
        '{"comment": {"text": 7}, "attributeScores": {"X": []}}',
        '{"data": {"text": "a"}, "annotations": [{"result": [{"value": {"start": -1, "end": 1e99, "labels": [[]]}}]}]}',
        '{"text": "a", "labels": {"threat": {}}}',
        '{"text": "a", "labels": {"threat": 1}, "spans": [{"label": "threat"}]}',
        '{"key": ["a", 1, {}], "labels": 5, "reviewer": []}',
        '{"storyID": 1, "revisions": 7, "status": [], "rejectionReason": []}',
        '{"text": ["a"], "labels": ["threat"]}',
    ],
    ids=range(7),
)
def test_hostile_records_are_refused_in_a_sentence(tmp_path: Path, hostile: str) -> None:
    path = write(tmp_path, "a.jsonl", hostile + "\n")
    with pytest.raises(InputError, match=r"a\.jsonl"):
        gather_labels(path, run=FakeRun())
