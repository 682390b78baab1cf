"""XML as it lies in the wild: what is repaired, what is told, what never happens."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.readers import wordpress, xml
from analyzer.readers.files import DumpStream
from analyzer.readers.tally import Tally
from analyzer.readers.xml import Record, read_records

NAMES = frozenset({"thread", "post"})


def records(markup: str | bytes, step: int = 7) -> tuple[list[Record], Tally]:
    """Read in steps of a few bytes, so that every token is torn somewhere."""
    raw = markup.encode() if isinstance(markup, str) else markup
    tally = Tally()
    chunks = (raw[start : start + step] for start in range(0, len(raw), step))
    return list(read_records(DumpStream("dump.xml", chunks, tally), NAMES, "post", tally)), tally


@pytest.mark.parametrize(
    ("inside", "text", "repaired"),
    [
        ("<m>words</m>", "words", False),
        ("<m><![CDATA[a <b>bold</b> word]]></m>", "a <b>bold</b> word", False),
        ("<m><![CDATA[one]]]]><![CDATA[>two]]></m>", "one]]>two", False),
        ("<m><![CDATA[code ]]> in it]]></m>", "code ]]> in it", False),
        ("<m>caf&eacute; &amp; &#8230; &lt;b&gt;</m>", "café & … <b>", False),
        ("<m>a &unknown; b & c</m>", "a &unknown; b & c", False),
        ("<m>3 < 4 and 5 > 4</m>", "3 < 4 and 5 > 4", True),
        ("<m>an <b>open tag</m>", "an open tag", True),
        ("<m>a stray </i>end</m>", "a stray end", True),
        ("<m>a stray ]]> sign</m>", "a stray ]]> sign", False),
        ("<m><!-- a <m> comment -->words</m>", "words", False),
        ("<m>a \x01control\x02 sign</m>", "a \x01control\x02 sign", False),
        ("<m/>", "", False),
    ],
    ids=[
        *("plain text", "CDATA", "split CDATA", "CDATA end inside", "named references", "unknown references"),
        *(
            "bare signs",
            "open tag",
            "stray end",
            "stray CDATA end",
            "comment",
            "controls are left to the door",
            "empty element",
        ),
    ],
)
@pytest.mark.parametrize("step", [1, 7, 4096])
def test_a_value_is_read_whatever_was_done_to_it(inside: str, text: str, repaired: bool, step: int) -> None:
    found, tally = records(f"<x><post>{inside}</post></x>", step)
    assert [record.value("m") for record in found] == [text]
    assert bool(tally.counts["xml_repairs"]) is repaired
    assert bool(tally.notes) is repaired


@pytest.mark.parametrize("end", ["", "\n", " \n" * 30, "&", "<", "é"], ids=repr)
@pytest.mark.parametrize("step", [1, 7, 4096])
def test_a_file_may_end_in_anything(end: str, step: int) -> None:
    found, _ = records(f"<x><post><m>words</m></post></x>{end}", step)
    assert [record.value("m") for record in found] == ["words"]


@pytest.mark.parametrize("attribute", ['dsq:id="12"', "dsq:id='12'", "dsq:id=12", ' dsq:id = "12"'], ids=str)
def test_an_attribute_is_read_with_any_quotes_or_none(attribute: str) -> None:
    found, _ = records(f"<x><post {attribute}><m>w</m></post></x>")
    assert found[0].attributes == {"id": "12"}


def test_a_record_left_open_ends_where_the_next_begins() -> None:
    found, tally = records("<x><thread><t>one</t><post><m>a</m><thread id='1'/><post><m>b</m></post></x>")
    assert [(record.name, record.value("m")) for record in found] == [("thread", ""), ("post", "a"), ("post", "b")]
    assert tally.counts["xml_repairs"] > 0


def test_junk_and_document_type_before_the_root_are_passed_over() -> None:
    markup = '`<?xml version="1.0"?><!DOCTYPE x [<!ENTITY bad "<post><m>evil</m></post>">]><x><post><m>a &bad; b</m></post></x>'
    found, _ = records(markup)
    assert [record.value("m") for record in found] == ["a &bad; b"]


def test_an_entity_bomb_stays_asleep() -> None:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    found, _ = records(f'<!DOCTYPE x [<!ENTITY l0 "lol">{entities}]><x><post><m>&l9;</m></post></x>', 4096)
    assert [record.value("m") for record in found] == ["&l9;"]


def test_no_file_of_the_machine_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    markup = f'<!DOCTYPE x [<!ENTITY s SYSTEM "{secret.as_uri()}">]><x><post><m>&s;</m></post></x>'
    found, _ = records(markup)
    assert [record.value("m") for record in found] == ["&s;"]


def test_nesting_without_end_is_cut_and_told() -> None:
    found, tally = records("<x><post><m>ok</m></post><post>" + "<d>" * 100_000, 4096)
    assert [(record.value("m"), record.closed) for record in found] == [("ok", True), ("", False)]
    assert tally.counts["rejects"] >= 1


def test_a_file_cut_off_keeps_what_was_whole() -> None:
    found, tally = records("<x><post><m>one</m></post><post><m>two</m><m>thr")
    assert [(record.closed, [child.text for child in record.children]) for record in found] == [
        (True, ["one"]),
        (False, ["two"]),
    ]
    assert "cut off" in tally.notes[0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "windows-1251", "iso-8859-2"])
def test_the_declared_encoding_is_used(encoding: str) -> None:
    word = "Žluťoučký" if encoding == "iso-8859-2" else "Привет"
    markup = f'<?xml version="1.0" encoding="{encoding}"?><x><post><m>{word}</m></post></x>'
    found, _ = records(markup.encode(encoding), 4096)
    assert found[0].value("m") == word


@given(st.text(alphabet="<>/![]-?&;\"' =aCDATpostmx\n", max_size=200), st.integers(1, 20))
def test_any_rubbish_ends_without_an_error(rubbish: str, step: int) -> None:
    whole, _ = records("<x><post><m>a</m></post>" + rubbish + "<post><m>b</m></post></x>", step)
    assert whole[0].value("m") == "a"


@given(st.text(max_size=50))
def test_escaped_text_comes_back_as_it_was(text: str) -> None:
    clean = text.encode("utf-8", "replace").decode()
    escaped = clean.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    found, _ = records(f"<x><post><m>|{escaped}|</m></post></x>", 5)
    assert found[0].value("m") == f"|{clean}|"


def test_a_record_without_end_is_cut_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml, "_MAX_RECORD", 1000)
    long = "<post><m>" + "words " * 900 + "</m></post>"
    many = "<post>\n" + "<m>a</m>" * 900 + "</post>"
    found, tally = records(f"<x>{long}<post><m>one</m></post>{many}<post><m>two</m></post></x>")
    assert [len(record.children) for record in found] == [1, 1, 3, 1]
    assert [len(found[0].value("m")) < 1001, found[1].value("m"), found[3].value("m")] == [True, "one", "two"]
    assert all(record.closed for record in found)
    assert tally.counts["rejects"] == 2


def test_remarks_of_a_shop_on_orders_are_no_comments() -> None:
    def comment(number: int, kind: str) -> str:
        return (
            f"<wp:comment><wp:comment_id>{number}</wp:comment_id><wp:comment_content>words {number}</wp:comment_content>"
            f"<wp:comment_type>{kind}</wp:comment_type></wp:comment>"
        )

    kinds = ("comment", "order_note", "", "action_log", "webhook_delivery", "review")
    inside = "".join(comment(number, kind) for number, kind in enumerate(kinds, 1))
    dump = f"<rss><channel><item><wp:post_id>7</wp:post_id>{inside}</item></channel></rss>"
    tally = Tally()
    found = list(wordpress.read(DumpStream("dump.xml", iter([dump.encode()]), tally), "dump.xml", tally))
    assert [comment.id for comment in found] == ["1", "3", "6"]
    assert tally.counts["service_messages"] == 3
