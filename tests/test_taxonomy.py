"""The taxonomy: complete, documented, and refused with file, line and remedy where a file is wrong."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from effort import seconds

from analyzer.errors import ConfigError
from analyzer.taxonomy import BRIDGES, Support, label_docs, load_taxonomy
from analyzer.vocabulary import load_vocabulary

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "analyzer" / "taxonomies").glob("*.toml"))
DOCS = ROOT / "docs" / "labels.md"
DESIGN = ROOT.parent / "shared" / "design" / "labels"
TAXONOMY = load_taxonomy()

GOOD = """family = "weather"
order = 1
name = "Weather"
about = "What the sky does."
groups = ["wet", "dry"]

[words]
clouds = ["cloud*", "fog"]

[[label]]
id = "weather.rain"
name = "Rain"
group = "wet"
definition = "Water falls."
not_this = "Sprinklers."
examples = ["cats and dogs"]
source = "House rule"
support = "cue_only"
bridges = { openai = ["rain"] }

[[label.pattern]]
find = ["@clouds .. rain|drizzle"]
why = "clouds that rain"

[[label]]
id = "weather.sun"
name = "Sun"
group = "dry"
definition = "No clouds."
not_this = "Lamps."
examples = ["bright"]
source = "House rule"
support = "trained"
"""


def load(tmp_path: Path, text: str):
    path = tmp_path / "weather.toml"
    path.write_text(text, encoding="utf-8")
    return load_taxonomy([path])


def test_the_families_come_in_their_order_with_all_labels():
    counts = {family.id: len(TAXONOMY.family(family.id)) for family in TAXONOMY.families}
    assert counts == {"abuse": 7, "antisemitism": 20, "propaganda": 23, "stance": 2, "target": 21}
    assert list(counts) == ["abuse", "antisemitism", "propaganda", "stance", "target"]
    assert len(set(TAXONOMY.ids)) == len(TAXONOMY.ids)
    assert [label.order for label in TAXONOMY.labels] == list(range(len(TAXONOMY.ids)))


@pytest.mark.parametrize("label", TAXONOMY.labels, ids=TAXONOMY.ids)
def test_every_label_can_be_shown_to_an_editor(label):
    assert label.definition.endswith(".")
    assert label.not_this.endswith(".")
    assert label.examples
    assert label.source
    assert not re.search(r"https?://|/work|\bTODO\b", " ".join((label.definition, label.not_this, label.source)))
    assert set(label.bridges) <= set(BRIDGES)


@pytest.mark.parametrize("label", TAXONOMY.family("antisemitism")[1:19], ids=lambda label: label.id)
def test_every_trope_names_its_section_and_is_no_more_than_silver(label):
    assert re.fullmatch(r"T\d\d", label.code)
    assert label.ihra
    assert set(label.ihra) <= {f"S{n}" for n in range(12)}
    assert label.short
    assert label.support is Support.SILVER
    assert label.patterns


def test_contested_tropes_are_those_on_which_the_reference_texts_differ():
    assert {label.code for label in TAXONOMY.labels if label.contested} == {"T10", "T12", "T14", "T15", "T16"}
    assert TAXONOMY.contested == {label.id for label in TAXONOMY.labels if label.contested}


def test_slurs_denial_mockery_and_dehumanisation_are_covered_in_reports():
    assert {label.code for label in TAXONOMY.labels if label.cover} == {"T07", "T09", "T11", "T17"}


def test_every_technique_stands_in_one_of_six_groups():
    techniques = TAXONOMY.family("propaganda")[3:]
    assert len(techniques) == 20
    assert {label.group for label in techniques} == set(TAXONOMY.families[2].groups)
    assert {"propaganda.slogans", "propaganda.straw_man"} <= {t.id for t in techniques if t.support is Support.SILVER}


@pytest.mark.skipif(not DESIGN.is_dir(), reason="the design documents are not beside the repository")
def test_tropes_and_techniques_are_those_of_the_design():
    tropes = re.findall(r"^\| T\d\d `(\w+)`", (DESIGN / "tropes.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert [f"antisemitism.{trope}" for trope in tropes] == [t.id for t in TAXONOMY.family("antisemitism")[1:19]]
    techniques = re.findall(r"^### (\w+)$", (DESIGN / "techniques.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert {f"propaganda.{technique}" for technique in techniques} == {t.id for t in TAXONOMY.family("propaganda")[3:]}


@pytest.mark.parametrize(
    ("vocabulary", "name", "first"),
    [
        ("perspective", "TOXICITY", "abuse.toxicity"),
        ("perspective", "SEXUALLY_EXPLICIT", "abuse.sexual_explicit"),
        ("perspective", "X_PROPAGANDA_WHATABOUTISM", "propaganda.whataboutism"),
        ("perspective", "X_ANTISEMITISM", "antisemitism.any"),
        ("openai", "harassment/threatening", "abuse.threat"),
        ("openai", "hate", "abuse.identity_attack"),
        ("coral", "TOXIC/HATE_SPEECH", "abuse.identity_attack"),
        ("dsa", "CYBER_VIOLENCE:CYBER_HARASSMENT", "abuse.insult"),
    ],
)
def test_bridges_lead_both_ways(vocabulary, name, first):
    found = TAXONOMY.bridged(vocabulary, name)
    assert found[0].id == first
    assert all(name in label.bridges[vocabulary] for label in found)


def test_contested_tropes_have_no_ground_for_removal_elsewhere():
    for label in TAXONOMY.labels:
        if label.code in ("T12", "T15", "T16"):
            assert set(label.bridges) == {"perspective"}


def test_a_name_nobody_uses_has_no_label_and_an_unknown_vocabulary_is_refused():
    assert TAXONOMY.bridged("openai", "self-harm") == ()
    with pytest.raises(ConfigError, match="did you mean 'perspective'"):
        TAXONOMY.bridged("perspektive", "TOXICITY")


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("threat", "abuse.threat"),
        ("abuse.threats", "abuse.threat"),
        ("Name calling", "propaganda.name_calling"),
        ("antisemitism.blood-libel", "antisemitism.blood_libel"),
        ("xyzzy", None),
    ],
)
def test_an_unknown_name_finds_the_nearest_label(name, near):
    assert TAXONOMY.nearest(name) == near


def test_getting_an_unknown_label_names_the_nearest():
    assert TAXONOMY.get("abuse.threat").name == "Threat"
    assert "abuse.threat" in TAXONOMY
    assert "abuse.thread" not in TAXONOMY
    with pytest.raises(ConfigError, match=r"unknown label 'abuse\.thraet'; did you mean 'abuse\.threat'"):
        TAXONOMY.get("abuse.thraet")
    with pytest.raises(ConfigError, match="did you mean 'abuse'"):
        TAXONOMY.family("abusive")


def test_a_good_file_loads(tmp_path):
    taxonomy = load(tmp_path, GOOD)
    assert taxonomy.ids == ("weather.rain", "weather.sun")
    rain = taxonomy.get("weather.rain")
    assert rain.patterns[0].find == ("@clouds .. rain|drizzle",)
    assert (rain.support, rain.anchor) == (Support.CUE_ONLY, "weather-rain")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param(
            'not_this = "Lamps."\n', "", r":25: label 'weather.sun' has no not_this; say what", id="no limits"
        ),
        pytest.param('not_this = "Lamps."', 'not_this = " "', r":30: .* has no not_this", id="limits left blank"),
        pytest.param(
            'source = "House rule"\nsupport = "trained"', 'support = "trained"', "no source; name", id="no source"
        ),
        pytest.param('examples = ["bright"]\n', "", r"has no examples; write at least one", id="no example"),
        pytest.param('["bright"]', '"bright"', r":31: examples must be a list of texts", id="text for a list"),
        pytest.param('"weather.sun"', '"whether.sun"', r":26: id 'whether.sun' must be weather\.", id="another family"),
        pytest.param(
            '"weather.sun"', '"weather.Sun"', r":26: id 'weather.Sun' must be weather\.", id="capital in an id"
        ),
        pytest.param(
            '"weather.sun"', '"weather.rain"', r":26: label 'weather.rain' is defined twice", id="id used twice"
        ),
        pytest.param(
            '"trained"', '"trainned"', r":33: support 'trainned'; did you mean 'trained'", id="unknown support"
        ),
        pytest.param('"dry"\ndef', '"dri"\ndef', r":28: group 'dri'; did you mean 'dry'", id="unknown group"),
        pytest.param(
            'definition = "No', 'definiton = "No', r":29: unknown key 'definiton'; did you mean", id="misspelt key"
        ),
        pytest.param(
            "{ openai", "{ opnai", r":19: unknown vocabulary 'opnai'; did you mean 'openai'", id="unknown bridge"
        ),
        pytest.param("@clouds", "@cloud", r":22: phrase .* did you mean 'clouds'", id="unknown word list"),
        pytest.param("rain|drizzle", "rain|", r":22: phrase .* empty alternative", id="empty alternative"),
        pytest.param(
            "rain|drizzle", "...", r":22: phrase .* must begin and end with a word", id="phrase ends in a gap"
        ),
        pytest.param('why = "clouds that rain"\n', "", r":22: a pattern needs find", id="pattern without a reason"),
        pytest.param("why =", "wy =", r":23: unknown key 'wy'; did you mean 'why'", id="misspelt pattern key"),
        pytest.param("order = 1", 'order = "1"', r":2: order is missing or not a whole number", id="order as text"),
        pytest.param('about = "What the sky does."\n', "", r":1: about is missing", id="family without a description"),
        pytest.param(
            'clouds = ["cloud*", "fog"]', 'clouds = "fog"', r":8: clouds must be a list", id="word list as text"
        ),
        pytest.param('group = "dry"', "contested = 1", r":28: contested must be true or false", id="number for yes"),
        pytest.param("[words]", "[words", r"weather\.toml: not valid TOML", id="broken TOML"),
    ],
)
def test_a_bad_file_is_refused_with_place_and_remedy(tmp_path, old, new, message):
    assert old in GOOD
    before, after = GOOD.rsplit(old, 1)
    with pytest.raises(ConfigError, match=message) as refused:
        load(tmp_path, before + new + after)
    assert "weather.toml" in str(refused.value)


def test_an_id_may_hold_digits_as_it_may_where_it_is_only_named(tmp_path):
    content = GOOD.replace('"weather.sun"', '"weather.sun_2"')
    assert load(tmp_path, content).get("weather.sun_2").id in load_vocabulary(known=["weather.sun_2"]).known


def test_a_file_without_labels_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"no labels; write each one under a \[\[label\]\] heading"):
        load(tmp_path, GOOD.split("[words]")[0])


def test_no_file_a_missing_file_and_a_family_in_two_files_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="at least one file"):
        load_taxonomy([])
    with pytest.raises(ConfigError, match=r"gone\.toml: cannot be read"):
        load_taxonomy([tmp_path / "gone.toml"])
    load(tmp_path, GOOD)
    (tmp_path / "again.toml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(ConfigError, match="family 'weather' is also in"):
        load_taxonomy(sorted(tmp_path.glob("*.toml")))


def test_the_version_follows_content_not_layout(tmp_path):
    version = load(tmp_path, GOOD).version
    assert load(tmp_path, "# a remark\n" + GOOD.replace("order = 1", "order    = 1")).version == version
    assert load(tmp_path, GOOD.replace("Lamps", "Lanterns")).version != version
    assert re.fullmatch(r"taxonomy@[0-9a-f]{12}", version)


def test_loading_takes_less_than_fifty_milliseconds():
    assert seconds(lambda: load_taxonomy(FILES), times=5) < 0.05


def test_loading_imports_nothing_heavy():
    code = "import analyzer.taxonomy as t, sys; t.load_taxonomy(); print(*sorted(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.split()
    assert not {"torch", "transformers", "pandas", "pyarrow", "sklearn", "numpy"} & set(loaded)


def test_the_label_page_is_current():
    assert DOCS.read_text(encoding="utf-8") == label_docs(TAXONOMY), (
        "docs/labels.md is out of date; run: python -m analyzer.taxonomy > docs/labels.md"
    )


def test_the_label_page_has_an_anchor_for_every_label():
    anchors = re.findall(r'<a id="([^"]+)"></a>', DOCS.read_text(encoding="utf-8"))
    assert len(anchors) == len(set(anchors))
    assert {label.anchor for label in TAXONOMY.labels} <= set(anchors)


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_no_phrase_stands_twice_in_a_pattern(path):
    for label in tomllib.loads(path.read_text(encoding="utf-8"))["label"]:
        for pattern in label.get("pattern", []):
            assert len(pattern["find"]) == len(set(pattern["find"]))
