"""The sample dumps of the project: read whole, threaded as meant, nothing private, and labels that fit them."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from analyzer.readers import ReadOptions, Tally, read_comments, sniff_format
from analyzer.schema import Comment, Thread
from analyzer.taxonomy import load_taxonomy
from analyzer.threads import build_threads

SAMPLES = Path(__file__).parent.parent / "data" / "samples"
DUMPS = SAMPLES / "dumps"
FILES = ("harbour-bridge.xml", "museum.xml", "plaza.txt", "water-tariff.csv")


def read(name: str) -> tuple[list[Comment], Tally]:
    tally = Tally()
    plain = ReadOptions(authors="plain")
    return list(read_comments(DUMPS / name, options=plain, tally=tally)), tally


def thread_of(name: str) -> Thread:
    comments, tally = read(name)
    (thread,) = build_threads(comments, claimed=tally.claims)
    return thread


def comment_of(name: str, comment_id: str) -> Comment:
    return next(comment for comment in read(name)[0] if comment.id == comment_id)


def depth_of(thread: Thread) -> int:
    depths: dict[str | None, int] = {None: -1}
    for comment in thread.comments:  # parents come first
        depths[comment.id] = depths[comment.parent_id] + 1
    return max(depths.values())


def label_rows() -> list[dict[str, str]]:
    with (SAMPLES / "labels.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_sample_is_tested() -> None:
    assert sorted(path.name for path in DUMPS.iterdir()) == sorted(FILES)


@pytest.mark.parametrize(
    ("name", "fmt", "statuses"),
    [
        pytest.param(
            "harbour-bridge.xml",
            "wordpress",
            {"visible": 52, "pending": 1, "spam": 1, "removed": 1},
            id="WordPress export",
        ),
        pytest.param("museum.xml", "disqus", {"visible": 51, "deleted": 1, "spam": 1}, id="Disqus export"),
        pytest.param("water-tariff.csv", "csv", {"visible": 46, "pending": 1, "removed": 1}, id="table"),
        pytest.param("plaza.txt", "page", {"visible": 28}, id="page as plain text"),
    ],
)
def test_a_sample_is_read_whole(name: str, fmt: str, statuses: dict[str, int]) -> None:
    comments, tally = read(name)
    assert sniff_format(DUMPS / name) == tally.format == fmt
    assert Counter(str(comment.status) for comment in comments) == statuses
    assert tally.counts["rejects"] == 0
    assert all(comment.created and comment.author for comment in comments)


@pytest.mark.parametrize(
    ("name", "title", "depth", "orphans", "roots"),
    [
        pytest.param("harbour-bridge.xml", "Port Ellery council votes", 10, 1, 22, id="a quarrel ten replies deep"),
        pytest.param("museum.xml", "Hinter dem Salzmarkt", 5, 1, 24, id="short conversations"),
        pytest.param("water-tariff.csv", "Water tariff and river metro", 4, 1, 28, id="mostly roots"),
        pytest.param("plaza.txt", "La plaza de la Fuente se queda sin coches", 3, 0, 13, id="indented replies"),
    ],
)
def test_a_sample_is_one_thread(name: str, title: str, depth: int, orphans: int, roots: int) -> None:
    thread = thread_of(name)
    assert thread.title
    assert thread.title.startswith(title)
    assert (depth_of(thread), thread.orphans) == (depth, orphans)
    assert sum(comment.parent_id is None for comment in thread.comments) == roots


@pytest.mark.parametrize(
    ("name", "comment_id"),
    [
        pytest.param("harbour-bridge.xml", "61055", id="removed by moderators"),
        pytest.param("museum.xml", "7310031", id="deleted by its author"),
        pytest.param("water-tariff.csv", "w45", id="rejected in a table"),
    ],
)
def test_withdrawn_words_stay_out(name: str, comment_id: str) -> None:
    comment = comment_of(name, comment_id)
    assert comment.text == ""
    assert not comment.scorable


@pytest.mark.parametrize("name", FILES)
def test_no_address_of_a_person_is_read(name: str) -> None:
    raw = (DUMPS / name).read_text("utf-8")
    read_text = "".join(str(comment.to_json()) for comment in read(name)[0])
    for private in ("@mail.example", "@post.example", "192.0.2.", "198.51.100."):
        assert private not in read_text
    assert name == "plaza.txt" or "mail.example" in raw or "post.example" in raw


@pytest.mark.parametrize(
    ("name", "comment_id", "expected"),
    [
        pytest.param("harbour-bridge.xml", "61015", "<script>alert('bridge')</script>", id="mark-up stays text"),
        pytest.param("water-tariff.csv", "w41", '=HYPERLINK("http://tariff.example"', id="a formula stays text"),
        pytest.param("water-tariff.csv", "w42", "[2J[31mRED[0m is", id="terminal control characters are dropped"),
        pytest.param("water-tariff.csv", "w43", "bill\u202efdp.exe", id="turned-round text is kept as posted"),
        pytest.param(
            "water-tariff.csv", "w4", ".\n\nThe table is on the ministry's page under \"", id="lines of a cell"
        ),
    ],
)
def test_hostile_and_odd_text_is_harmless(name: str, comment_id: str, expected: str) -> None:
    assert expected in comment_of(name, comment_id).text


def test_pingbacks_menus_and_bodyless_names_are_told_apart() -> None:
    _, tally = read("harbour-bridge.xml")
    page, _ = read("plaza.txt")
    assert tally.counts["pingbacks"] == 1
    assert [comment.author for comment in page if not comment.text] == ["Lolo Barrientos"]
    assert {"Portada", "Deportes", "Correo", "Imprimir"}.isdisjoint({comment.author for comment in page})


def test_one_advertisement_is_posted_by_three_accounts_in_two_threads() -> None:
    sellers = {
        (name, comment.author) for name in FILES for comment in read(name)[0] if "Veltrane Concessions" in comment.text
    }
    assert len({author for _, author in sellers}) == 3
    assert {name for name, _ in sellers} == {"harbour-bridge.xml", "water-tariff.csv"}


def test_a_long_comment_needs_several_windows() -> None:
    assert len(comment_of("harbour-bridge.xml", "61053").text.split()) > 300


def test_expected_labels_name_comments_and_labels_that_exist() -> None:
    rows = label_rows()
    known = {(name, comment.id) for name in FILES for comment in read(name)[0] if comment.scorable}
    assert {(row["file"], row["id"]) for row in rows} <= known
    assert {row["label"] for row in rows} <= set(load_taxonomy().ids)
    assert {row["expected"] for row in rows} == {"0", "1"}
    assert all(row["why"] for row in rows)
    assert len({(row["file"], row["id"], row["label"]) for row in rows}) == len(rows)


@pytest.mark.parametrize("family", ["abuse", "antisemitism", "propaganda"])
def test_expected_labels_hold_cases_and_traps_of_every_family(family: str) -> None:
    found = Counter(row["expected"] for row in label_rows() if row["label"].startswith(f"{family}."))
    assert min(found["0"], found["1"]) >= 10


def test_most_comments_carry_no_expected_abuse_or_trope() -> None:
    flagged = {
        (row["file"], row["id"])
        for row in label_rows()
        if row["expected"] == "1" and row["label"].startswith(("abuse.", "antisemitism."))
    }
    assert len(flagged) * 2 < sum(len(read(name)[0]) for name in FILES)
