"""Score maps: flag rates kept, monotone always, chained and walked back; policies translated by them."""

from pathlib import Path

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.continuity import FOLDER, ScoreMap, find_way, read_maps, translate
from analyzer.errors import ConfigError, ModelError
from analyzer.evaluation import link_scores
from analyzer.policy import load_policy

LABEL = "abuse.insult"
CUTS = np.linspace(0.02, 0.98, 49)


def squash(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logits))


def two_models(size: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Scores of two models that mostly agree on the order of texts, and spread them differently."""
    chooser = np.random.default_rng(seed)
    harm = chooser.normal(size=size)
    return squash(2 * harm - 3), squash(1.2 * harm + 0.3 * chooser.normal(size=size) - 1)


def linked(old: np.ndarray, new: np.ndarray, names: tuple[str, str] = ("old@1", "new@1")) -> ScoreMap:
    knots = link_scores(old, new)
    assert knots is not None
    return ScoreMap(old=names[0], new=names[1], rows=len(old), labels={LABEL: knots})


def moved(links: ScoreMap, threshold: float) -> float:
    found = links.translate(LABEL, threshold)
    assert found is not None
    return found


def rate(scores: np.ndarray, threshold: float) -> float:
    return float((scores >= threshold).mean())


def test_flag_rates_are_kept_within_one_point_on_texts_the_map_never_saw() -> None:
    old, new = two_models(20_000)
    links = linked(old[:10_000], new[:10_000])
    gaps = [abs(rate(old[10_000:], cut) - rate(new[10_000:], moved(links, cut))) for cut in CUTS]
    assert max(gaps) < 0.01
    assert max(abs(rate(old, cut) - rate(new, cut)) for cut in CUTS) > 0.2  # without a map


@given(
    st.integers(0, 1000),
    st.floats(0.2, 2),
    st.floats(-2, 2),
    st.lists(st.floats(0.001, 0.999), min_size=1, max_size=5),
)
def test_whatever_the_shapes_a_map_ascends_and_keeps_rates_on_its_own_texts(
    seed: int, steep: float, shift: float, cuts: list[float]
) -> None:
    chooser = np.random.default_rng(seed)
    old, new = squash(chooser.normal(size=600)), squash(steep * chooser.normal(size=600) + shift)
    links = linked(old, new)
    thresholds = [moved(links, cut) for cut in sorted(cuts)]
    assert thresholds == sorted(thresholds)
    assert all(abs(rate(old, c) - rate(new, t)) < 0.01 for c, t in zip(sorted(cuts), thresholds, strict=True))


def test_a_threshold_just_above_a_score_many_texts_share_flags_none_of_them() -> None:
    old = np.array([0.02] * 500 + list(np.linspace(0.3, 0.9, 500)))
    links = linked(old, np.linspace(0.01, 0.99, 1000))
    for cut in (0.05, 0.2, 0.29):
        assert rate(np.linspace(0.01, 0.99, 1000), moved(links, cut)) == pytest.approx(0.5, abs=0.01)


def test_too_few_texts_make_no_map() -> None:
    assert link_scores(*two_models(100)) is None


def test_maps_chain_and_are_walked_back() -> None:
    first, second = two_models(5000)
    third = squash(3 * np.log(second / (1 - second)) + 1)
    maps = [linked(first, second, ("a@1", "b@1")), linked(second, third, ("b@1", "c@1"))]
    there, back = find_way(maps, "a@1", "c@1"), find_way(maps, "c@1", "a@1")
    assert there is not None
    assert back is not None
    threshold = translate(there, LABEL, 0.3)
    assert threshold is not None
    assert rate(third, threshold) == pytest.approx(rate(first, 0.3), abs=0.01)
    assert translate(back, LABEL, threshold) == pytest.approx(0.3, abs=0.01)
    assert find_way(maps, "a@1", "a@1") == ()
    assert find_way(maps, "a@1", "d@1") is None
    assert translate(there, "abuse.threat", 0.3) is None


@pytest.mark.parametrize(
    "content",
    [b"{", b"[]", b'{"old": "a", "new": "b", "rows": 1, "labels": {"x": {"old": [0, 1], "new": [1, 0]}}}'],
    ids=["cut short", "something else", "a map that descends"],
)
def test_a_damaged_map_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "a..b.json").write_bytes(content)
    with pytest.raises(ModelError, match=r"a\.\.b\.json: not a usable map"):
        read_maps(tmp_path)


HOUSE = """\
name = "house"
written_for = "old@1"

[[rules]]
name = "insults"
labels = ["abuse.insult", "abuse.threat"]
threshold = 0.3
action = "review"
"""


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A policy written for old@1, and a models home in the current folder that knows the way to new@1."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models" / FOLDER).mkdir(parents=True)
    links = linked(*two_models(5000))
    (tmp_path / "models" / FOLDER / "old..new.json").write_bytes(orjson.dumps(links.to_json()))
    (tmp_path / "house.toml").write_text(HOUSE, encoding="utf-8")
    return tmp_path / "house.toml"


def thresholds(policy: Path, model: str | None) -> dict[str, float]:
    loaded = load_policy(policy, thresholds={}, model=model)
    return {one.label: one.threshold.general for rule in loaded.rules for one in rule.criteria}


def test_a_policy_written_for_another_model_keeps_its_flag_rate_and_says_what_became_of_its_numbers(
    house: Path,
) -> None:
    old, new = two_models(5000)
    translated = thresholds(house, "new@1")[LABEL]
    assert rate(new, translated) == pytest.approx(rate(old, 0.3), abs=0.01)
    notes = load_policy(house, thresholds={}, model="new@1").notes
    assert f"rule 'insults', abuse.insult: 0.3, written for old@1: {translated:.4g} for new@1" in notes
    assert "rule 'insults', abuse.threat: 0.3, written for old@1: kept as it stands, the label has no map" in notes


@pytest.mark.parametrize("model", [None, "old@1"], ids=["no model named", "the model it was written for"])
def test_numbers_stay_where_there_is_nothing_to_translate(house: Path, model: str | None) -> None:
    assert thresholds(house, model)[LABEL] == pytest.approx(0.3)
    assert load_policy(house, thresholds={}, model=model).notes == ()


def test_without_a_way_the_policy_is_refused_with_its_line(house: Path) -> None:
    with pytest.raises(ConfigError, match=r"house\.toml:2: written for model old@1, and no map") as caught:
        load_policy(house, thresholds={}, model="stranger@1")
    assert "analyzer promote" in str(caught.value)


def test_decisions_name_a_policy_that_tells_translated_from_not(house: Path) -> None:
    versions = {load_policy(house, thresholds={}, model=model).version for model in ("old@1", "new@1")}
    assert len(versions) == 2
