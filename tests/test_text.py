import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.text import has_letters, normalise

ATTACKS = {
    "leet inside a word": ("stup1d f00l", "stupid fool"),
    "at sign for a": ("b@stard", "bastard"),
    "dollar at the start": ("$cum", "scum"),
    "exclamation for i in lower case": ("p!gs", "pigs"),
    "zero-width signs": ("f\u200bo\u200bo\u200bl", "fool"),
    "soft hyphens": ("fo\u00adol", "fool"),
    "full-width letters": ("ｆｏｏｌ", "fool"),
    "mathematical letters": ("𝓯𝓸𝓸𝓵", "fool"),
    "Cyrillic letters in a Latin word": ("fооl", "fool"),
    "spaced letters": ("you f o o l", "you fool"),
    "dotted letters": ("f.o.o.l", "fool"),
    "stretched letters": ("foooool", "fool"),
    "leet at both ends": ("4bu3l4 eats t0m4t0e5, L13b3r", "abuela eats tomatoes, Lieber"),
    "spaced by strokes": ("a f_o_o_l, a f/o/o/l", "a fool, a fool"),
    "accents of several languages": ("öüťđööř", "outdoor"),
    "accents of no one language": ("ïdíôt", "idiot"),
    "struck through": ("f\u0336o\u0336o\u0336l\u0336", "fool"),
    "piles of marks": ("f\u0337\u0322o\u0334o\u0335l", "fool"),
    "an Arabic stroke": ("كـــلب", "كلب"),
    "Arabic vowel marks": ("مُحَمَّدٌ", "محمد"),
    "stress marks": ("за\u0301мок", "замок"),
    "bidi override": ("\u202efool\u202c", "fool"),
}
BENIGN = {
    "ordinary words that hold others": "therapists accumulate obscure assets in Scunthorpe",
    "prices and times": "It costs $500 at 10:30, or 3.50 on 24/12",
    "model and chemical names": "b2b mp3 h264 covid19 CO2 3D 4chan x86 i18n w3c",
    "coordinates": "51.5007 N, 0.1246 W",
    "an address": "write to editor@example.org",
    "initials": "the U.S. and the U.N., e.g. J. R. Smith",
    "a list of letters": "answers: a b c",
    "double letters": "bookkeeper, Mississippi, committee",
    "Russian": "Привет, как дела? Это хорошая статья.",
    "Greek": "Καλημέρα σε όλους",
    "accents": "Dvořák, naïve, façade, Ångström, Nguyễn, Łódź, Çağrı, œuvre, Straße, coöperatie, São, año, brûlée, țară, Þór, nǐ",
    "model names": "iPhone15pro RTX5070 4chan",
    "Hindi": "हिन्दी में ठीक है",
    "Greek accents": "Ελλάδα, ΐ",
    "Arabic": "هذا الجسر قديم جدا",
    "emoji": "well done 👏🏽 👩‍👩‍👧",
    "echo brackets": "(((hugs)))",
    "shouting": "WOW!Great",
    "no space after an exclamation mark": "escroc!le maire, ama!!ve, точно!они",
}


@pytest.mark.parametrize(("raw", "expected"), ATTACKS.values(), ids=ATTACKS.keys())
def test_disguise_is_undone(raw: str, expected: str) -> None:
    assert normalise(raw).text == expected


@pytest.mark.parametrize("raw", BENIGN.values(), ids=BENIGN.keys())
def test_clean_text_stays_as_it_is(raw: str) -> None:
    assert normalise(raw).text == raw


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("ask @maria.k about it", "ask @user about it"),
        ("see https://example.org/a?b=1 now", "see URL now"),
        ("www.example.org", "URL"),
    ],
    ids=["a mention", "a link", "a link without scheme"],
)
def test_names_and_addresses_become_placeholders(raw: str, expected: str) -> None:
    assert normalise(raw).text == expected


def test_a_word_found_in_the_normalised_text_is_the_disguised_word_of_the_raw_text() -> None:
    raw = "well, y\u200b0u f o o l @maria!"
    normalised = normalise(raw)
    start = normalised.text.index("fool")
    begin, end = normalised.to_raw(start, start + 4)
    assert raw[begin:end] == "f o o l"


@given(st.text(max_size=80))
def test_every_character_maps_to_a_raw_range_in_order(raw: str) -> None:
    normalised = normalise(raw)
    assert len(normalised.text) == len(normalised.starts) == len(normalised.ends)
    assert all(0 <= start < end <= len(raw) for start, end in zip(normalised.starts, normalised.ends, strict=True))
    assert list(normalised.starts) == sorted(normalised.starts)


@given(st.text(alphabet="abc ,.", max_size=60))
def test_characters_that_are_kept_map_to_themselves(raw: str) -> None:
    normalised = normalise(raw)
    for index, char in enumerate(normalised.text):
        start, end = normalised.to_raw(index, index + 1)
        assert char in raw[start:end]


@pytest.mark.parametrize("raw", ["", "123 !?", "👍👍", "\u200b"], ids=["empty", "digits", "emoji", "invisible"])
def test_text_without_letters_is_recognised(raw: str) -> None:
    assert not has_letters(raw)


@pytest.mark.parametrize(
    "raw",
    [
        "a" * 200_000,
        "a " * 100_000,
        "@" * 100_000,
        "a\u0301" * 100_000,
        "0a" * 100_000,
        "a0" * 100_000,
        "www." * 50_000,
    ],
    ids=["one letter", "spaced", "at signs", "marks", "leet", "leet with a letter first", "links"],
)
def test_hostile_lengths_take_linear_time(raw: str) -> None:
    began = time.monotonic()
    normalise(raw)
    assert time.monotonic() - began < 5
