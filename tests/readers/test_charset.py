"""Encodings: found, named, and never a reason to lose a dump."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.errors import ConfigError
from analyzer.readers.charset import decode, detect_encoding, to_utf8
from analyzer.readers.files import DumpStream
from analyzer.readers.tally import Tally


def stream(raw: bytes) -> DumpStream:
    return DumpStream("dump", (raw[start : start + 5] for start in range(0, len(raw), 5)), Tally())


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", "id,text\n1,größer – “so”"),
        ("cp1252", "id,text\n1,Das ist schön und größer, “gut”"),
        ("cp1252", "C’est déjà l’été – où êtes-vous ? à côté, garçon"),
        ("cp1252", "El niño cañón, ¿qué pasó? ¡Así!"),
        ("cp1252", '[{"id": 1, "text": "für"}]'),
        ("cp1252", '[{"id": 1, "text": "C\'est ça"}, {"id": 2, "text": "Très bien"}]'),
        ("cp1252", '[{"id": 1, "text": "não, São Paulo"}]'),
        ("cp1252", "id,text\n1,hyvää päivää\n"),
        ("cp1250", "Zażółć gęślą jaźń, proszę państwa, to jest źle"),
        ("cp1251", "Привет, это обычный комментарий, ничего особенного."),
        ("koi8-r", "Привет, это обычный комментарий, ничего особенного."),
        ("cp1254", "Öncelikle arkasında çok büyük bir araştırma olduğunu gördüm, teşekkür ederim"),
        ("cp1256", "هذا تعليق عادي على المقال وشكرا للكاتب"),
        ("cp932", "これはとても良い記事だと思います。コメントありがとう。"),
        ("euc_jp", "これはとても良い記事だと思います。コメントありがとう。"),
        ("gb18030", "我认为这篇文章写得很好，谢谢作者。"),
        ("cp1252", '[{"id": 1, "text": "süß"}]'),
        ("gb18030", '[{"id": 1, "text": "这篇文章写得很好"}, {"id": 2, "text": "OK"}]'),
        ("big5", '[{"id": 1, "text": "這是很好的文章"}, {"id": 2, "text": "OK"}]'),
        ("cp949", '[{"id": 1, "text": "좋은 글이라고 생각합니다"}]'),
        ("utf-16", "id,text\n1,größer"),
        ("utf-16-le", "id,text\n1,größer"),
        ("utf-16-be", "id,text\n1,größer"),
        ("utf-32", "id,text\n1,größer"),
        ("utf-8-sig", "id,text\n1,größer"),
        ("ascii", "id,text\n1,plain"),
    ],
)
def test_an_encoding_is_found_and_the_text_comes_out(encoding: str, text: str) -> None:
    raw = text.encode(encoding)
    assert b"".join(to_utf8(stream(raw), None, Tally()).chunks()).decode() == text


def test_a_character_torn_by_the_end_of_the_head_is_no_damage() -> None:
    assert detect_encoding("größer".encode()[:3]) == "utf-8"


def test_a_few_damaged_bytes_leave_it_utf_8() -> None:
    assert detect_encoding(("größer als früher " * 20).encode() + b"\xff") == "utf-8"


def test_a_named_encoding_wins() -> None:
    assert b"".join(to_utf8(stream("größer".encode("cp850")), "cp850", Tally()).chunks()).decode() == "größer"


@pytest.mark.parametrize("name", ["klingon", "rot13", "undefined", "idna", "\ud800"])
def test_an_unknown_encoding_is_an_error_with_the_next_step(name: str) -> None:
    with pytest.raises(ConfigError, match="try utf-8"):
        to_utf8(stream(b"x"), name, Tally())


@pytest.mark.parametrize(
    ("name", "written"),
    [
        *(("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("utf-16", "utf-16-le"), ("utf-32", "utf-32-le")),
        *(("cp1252", "utf-8-sig"), ("utf-16-le", "utf-16"), ("utf-8", "utf-8-sig")),
    ],
)
def test_a_named_encoding_needs_no_mark_and_a_mark_wins(name: str, written: str) -> None:
    assert b"".join(to_utf8(stream("größer".encode(written)), name, Tally()).chunks()).decode() == "größer"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"plain", "plain"),
        ("größer".encode(), "größer"),
        (b"caf\xe9 \x93so\x94", "café “so”"),
        ("größer ".encode() + b"\xff", "größer \ufffd"),
    ],
    ids=["ASCII", "UTF-8", "stray Windows-1252 bytes", "a damaged byte in UTF-8"],
)
def test_bytes_that_should_be_utf_8_become_text(raw: bytes, text: str) -> None:
    assert decode(raw) == text


@given(st.binary(max_size=300))
def test_any_bytes_become_text(raw: bytes) -> None:
    assert isinstance(decode(raw), str)
    assert isinstance(decode(b"".join(to_utf8(stream(raw), None, Tally()).chunks())), str)
