"""TOML files that know their lines: an error points at the key, or at the heading it belongs under."""

import pytest

from analyzer.errors import ConfigError
from analyzer.tomlfile import HEAD, TomlFile, suggest

TEXT = """name = "a"

[words]
one = ["x"]

[[rule]]
name = "first"

[[rule]]
  "name" = "second"
[[rule.part]]
name = "inner"
"""
SECOND = HEAD.within("rule", 1)


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "rules.toml"
    path.write_text(TEXT, encoding="utf-8")
    return TomlFile.open(path)


@pytest.mark.parametrize(
    ("key", "place", "line"),
    [
        pytest.param("name", HEAD, 1, id="a key at the top"),
        pytest.param("words", HEAD, 3, id="a table"),
        pytest.param("one", HEAD, 4, id="a key of a table"),
        pytest.param("name", HEAD.within("rule", 0), 7, id="a key under the first heading"),
        pytest.param("name", SECOND, 10, id="a quoted, indented key under the second heading"),
        pytest.param("name", SECOND.within("rule.part", 0), 12, id="a key under a heading within a heading"),
        pytest.param("absent", SECOND, 9, id="an absent key: its heading"),
        pytest.param("absent", HEAD, 1, id="an absent key at the top: the first line"),
        pytest.param("name", HEAD.within("rule", 7), 1, id="a heading that is not there: the first such key"),
    ],
)
def test_a_key_is_found_on_its_line(source, key, place, line):
    assert source.line(key, place) == line


def test_the_getters_give_what_is_there_and_say_what_should_be(source):
    rules = source.rows(source.table, "rule")
    assert [source.text(rule, "name") for rule in rules] == ["first", "second"]
    assert source.texts(source.table["words"], "one") == ("x",)
    assert source.texts(source.table, "absent") == ()
    assert source.flag(source.table, "absent") is False
    with pytest.raises(ConfigError, match=r"rules\.toml:1: name must be a list of texts"):
        source.texts(source.table, "name")
    with pytest.raises(ConfigError, match=r"rules\.toml:3: words must be tables, each under its own \[\[words\]\]"):
        source.rows(source.table, "words")
    with pytest.raises(ConfigError, match=r"rules\.toml:10: name must be true or false"):
        source.flag(rules[1], "name", SECOND)


@pytest.mark.parametrize(
    ("name", "ending"),
    [("treshold", "did you mean 'threshold'?"), ("xyz", "known are threshold, label")],
    ids=["a near miss names its neighbour", "a far miss lists all"],
)
def test_an_unknown_name_is_answered_with_known_ones(name, ending):
    assert suggest(name, ["threshold", "label"]) == ending
