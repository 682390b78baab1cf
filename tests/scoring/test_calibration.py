import numpy as np
import pytest

from analyzer.scoring.calibration import Calibration, Rates, fit_platt, prior_weights


def logits_and_truth(seed: int = 0, n: int = 20_000, share: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    chooser = np.random.default_rng(seed)
    truth = (chooser.random(n) < share).astype(float)
    return chooser.normal(2 * truth - 1, 1.0), truth


def test_probabilities_mean_what_they_say_at_the_base_rate() -> None:
    logits, truth = logits_and_truth()
    slope, intercept = fit_platt(logits, truth, np.ones_like(truth), Rates(0.05, 0.5))
    natural_logits, natural = logits_and_truth(seed=1, n=200_000, share=0.05)
    probs = Calibration(np.array([slope]), np.array([intercept]))(natural_logits[:, None])[:, 0]
    for low, high in ((0.0, 0.05), (0.05, 0.2), (0.2, 0.5), (0.5, 1.0)):
        inside = (probs >= low) & (probs < high)
        assert natural[inside].mean() == pytest.approx(probs[inside].mean(), abs=0.03)


def test_rows_weigh_to_the_base_rate() -> None:
    truth = np.array([1.0, 1.0, 1.0, 0.0])
    weights = prior_weights(truth, 0.1)
    assert weights[truth > 0.5].sum() / weights.sum() == pytest.approx(0.1)


def test_with_too_few_positives_only_the_prior_moves() -> None:
    few = np.array([1.0, -1.0, 0.0]), np.array([1.0, 0.0, 0.0]), np.ones(3)
    assert fit_platt(*few, Rates(0.01, 0.01)) == (1.0, 0.0)
    assert fit_platt(*few, Rates(0.01, 0.1))[1] < -2


def test_a_handful_of_positives_does_not_bend_the_map_far() -> None:
    logits, truth = np.array([-6.0] * 500 + [5.0] * 6), np.array([0.0] * 500 + [1.0] * 6)
    slope, _ = fit_platt(logits, truth, np.ones_like(truth), Rates(0.01, 0.01))
    assert 0.5 < slope < 1.5


def test_the_map_never_turns_the_order_round() -> None:
    logits, truth = logits_and_truth(n=500)
    slope, _ = fit_platt(-logits, truth, np.ones_like(truth), Rates(0.1, 0.5))
    assert slope > 0


def test_the_json_form_gives_the_same_map_back() -> None:
    calibration = Calibration(np.array([1.5, 0.7]), np.array([-2.0, 0.1]))
    again = Calibration.from_json(calibration.to_json(["a", "b"]), ["a", "b"])
    logits = np.array([[0.3, -4.0]])
    assert again(logits) == pytest.approx(calibration(logits))
