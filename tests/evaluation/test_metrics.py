import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from analyzer.evaluation import area_under_roc, average_precision, bootstrap, calibration_error, choose_thresholds, kept
from analyzer.evaluation.metrics import draws

pairs = st.lists(st.tuples(st.booleans(), st.integers(0, 8), st.integers(1, 3)), min_size=4, max_size=60).filter(
    lambda rows: 0 < sum(truth for truth, _, _ in rows) < len(rows)
)


@given(pairs)
def test_areas_agree_with_scikit_learn_ties_and_weights_included(rows: list[tuple[bool, int, int]]) -> None:
    truth, scores, weights = (np.array(column, float) for column in zip(*rows, strict=True))
    assert area_under_roc(truth, scores, weights) == pytest.approx(roc_auc_score(truth, scores, sample_weight=weights))
    assert average_precision(truth, scores, weights) == pytest.approx(
        average_precision_score(truth, scores, sample_weight=weights)
    )


def test_calibration_error_is_small_for_honest_and_large_for_boastful_probabilities() -> None:
    chooser = np.random.default_rng(0)
    probs = chooser.random(20_000)
    truth = (chooser.random(20_000) < probs).astype(float)
    assert calibration_error(truth, probs) < 0.02
    assert calibration_error(truth, probs**4) > 0.15


def test_few_rows_do_not_raise_the_calibration_error_and_a_real_one_stays() -> None:
    chooser = np.random.default_rng(3)
    honest, boastful, plain = [], [], []
    for _ in range(12):
        probs = chooser.random(300)
        truth = (chooser.random(300) < probs).astype(float)
        measure = bootstrap(calibration_error, truth, probs, raised=True)
        assert measure.interval is not None
        assert measure.value is not None
        assert measure.interval.low <= measure.value <= measure.interval.high
        honest.append(measure.value)
        boastful.append(bootstrap(calibration_error, truth, probs**4, raised=True).value or 0.0)
        plain.append(calibration_error(truth, probs))
    assert np.mean(honest) < 0.75 * np.mean(plain)
    assert np.mean(boastful) > 0.15


def test_the_interval_holds_the_value_and_shrinks_with_n() -> None:
    chooser = np.random.default_rng(0)
    widths = []
    for n in (200, 5000):
        truth = (chooser.random(n) < 0.3).astype(float)
        measure = bootstrap(area_under_roc, truth, truth + chooser.normal(0, 1, n))
        assert measure.interval is not None
        assert measure.value is not None
        assert measure.interval.low <= measure.value <= measure.interval.high
        widths.append(measure.interval.high - measure.interval.low)
    assert widths[1] < widths[0] / 2


def test_one_class_alone_cannot_be_measured() -> None:
    measure = bootstrap(area_under_roc, np.ones(10), np.arange(10.0))
    assert measure.value is None
    assert measure.to_json()["positives"] == 10


def test_the_precise_threshold_keeps_its_precision_and_is_never_below_the_balanced_one() -> None:
    chooser = np.random.default_rng(0)
    truth = (chooser.random(4000) < 0.2).astype(float)
    probs = 1 / (1 + np.exp(-(chooser.normal(3 * truth - 2, 1))))
    points = choose_thresholds(truth, probs, np.ones_like(truth))
    flagged = probs >= points["precise"].threshold
    assert truth[flagged].mean() == pytest.approx(points["precise"].precision)
    assert points["precise"].precision >= 0.9
    assert points["precise"].threshold >= points["balanced"].threshold


def test_topmost_rows_that_are_right_by_luck_are_no_precise_threshold() -> None:
    probs = np.linspace(1, 0, 2000)
    truth = np.zeros(2000)
    truth[:3] = 1  # these three alone would be precise, and find one in a hundred
    truth[10:400:2] = 1
    truth[3:10] = [0, 1, 1, 0, 1, 1, 1]
    point = choose_thresholds(truth, probs, np.ones(2000))["precise"]
    assert point.recall >= 0.05
    assert point.precision < 0.9


def test_of_thresholds_about_as_good_the_one_that_finds_most_is_taken() -> None:
    truth = np.array([1] * 90 + [0] * 10 + [1] * 8 + [0] * 890 + [1] * 2, float)
    point = choose_thresholds(truth, np.linspace(1, 0, 1000), np.ones(1000))["balanced"]
    assert (point.recall, point.precision) == (0.98, pytest.approx(98 / 108))  # F1 .942; the first ninety alone .947


def test_with_too_few_positives_nothing_is_promised() -> None:
    truth = np.zeros(500)
    truth[:10] = 1
    assert choose_thresholds(truth, np.linspace(0, 1, 500), np.ones(500)) == {}


def test_scores_that_are_mostly_wrong_get_no_precise_threshold() -> None:
    chooser = np.random.default_rng(0)
    truth = (chooser.random(4000) < 0.02).astype(float)
    points = choose_thresholds(truth, chooser.random(4000), np.ones_like(truth))
    assert set(points) == {"balanced"}


def test_a_precision_is_not_measured_on_a_handful_of_flagged_rows() -> None:
    truth = np.array([1.0] * 30 + [0.0] * 70)
    probs = np.where(np.arange(100) < 5, 0.9, 0.1)  # five flagged, all of them right
    few = kept(truth, probs, np.ones(100), 0.5)
    assert (few["precision"], few["recall"]) == (None, 0.167)
    assert kept(truth, probs, np.ones(100), 0.05)["precision"] == 0.3


def _weak(share: float, beta: float) -> tuple[float, float]:
    """The share of negatives that `balanced` flags, and of positives, where scores say little and misses weigh `beta` times."""
    chooser = np.random.default_rng(1)
    truth = (chooser.random(20_000) < share).astype(float)
    probs = 1 / (1 + np.exp(-(chooser.normal(truth, 1))))
    points = choose_thresholds(truth, probs, np.ones_like(truth), beta=beta)
    flagged = probs >= points["balanced"].threshold
    return flagged[truth == 0].mean(), truth.mean()


def test_a_rare_label_flags_at_most_one_negative_in_ten() -> None:
    assert _weak(0.05, beta=4.0)[0] == pytest.approx(0.1, abs=0.002)


def test_a_common_label_flags_no_more_wrongly_than_there_are_positives() -> None:
    wrongly, positives = _weak(0.3, beta=4.0)
    assert wrongly == pytest.approx(positives / (1 - positives), abs=0.002)


def test_none_wrongly_flagged_among_few_is_not_never() -> None:
    truth = np.array([1.0] * 12 + [0.0] * 300)
    probs = np.where(truth > 0.5, 0.9, 0.1)
    weights = np.where(truth > 0.5, 0.03 / 12, 0.97 / 300)
    found = kept(truth, probs, weights, 0.5)
    assert (found["precision"], found["recall"]) == (1.0, 1.0)
    low, high = found["precision_interval"]
    assert low < 0.85  # none of 300 leaves more than one in a hundred possible, and positives are three in a hundred
    assert high == 1.0
    assert 0.7 < found["recall_interval"][0] < 0.9


def test_rows_that_weigh_differently_count_as_fewer() -> None:
    truth = np.array([1.0, 0.0] * 100)
    probs = np.where(np.arange(200) % 4 < 2, 0.9, 0.1)
    even, uneven = (kept(truth, probs, w, 0.5)["recall_interval"] for w in (np.ones(200), np.geomspace(0.01, 1, 200)))
    assert uneven[1] - uneven[0] > even[1] - even[0]


def test_whole_clusters_are_drawn_wherever_their_rows_stand() -> None:
    sizes = np.arange(1, 13)  # the cluster of number n has n + 1 rows
    clusters = np.random.default_rng(1).permutation(np.repeat(np.arange(12), sizes))
    drawn = list(draws(clusters, 50))
    for rows in drawn:
        times = np.bincount(rows, minlength=len(clusters))
        for number in range(12):
            assert len(set(times[clusters == number])) == 1
        assert sum(times[clusters == number][0] for number in range(12)) == 12
    assert len({len(rows) for rows in drawn}) > 10
    alone = next(draws(np.arange(30), 1, seed=4))
    assert (alone == np.random.default_rng(4).integers(0, 30, 30)).all()


def test_few_clusters_do_not_make_an_interval_vanish() -> None:
    chooser = np.random.default_rng(3)
    truth = np.repeat([0.0, 1.0], 30)
    scores = truth + chooser.normal(0, 1, 60)
    by_cluster = bootstrap(area_under_roc, truth, scores, clusters=np.repeat([0, 1], 30))
    assert by_cluster == bootstrap(area_under_roc, truth, scores)
    assert by_cluster.interval is not None
    assert by_cluster.interval.high - by_cluster.interval.low > 0.1
