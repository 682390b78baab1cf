"""Rows are parted without leaks and heads are fitted as their formula says."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.schema import Example
from analyzer.training import heads
from analyzer.training.parts import folds, learnable, part

LABEL = "abuse.insult"


def row(
    number: int, *, text: str = "", group: str | None = None, author: str | None = None, split: str = "train"
) -> Example:
    return Example(
        source="a",
        id=str(number),
        text=text or f"text number {number}",
        labels={LABEL: float(number % 3 == 0)},
        group=group,
        split=split,
        extra={"author": author} if author else {},
    )


TIES = st.lists(
    st.tuples(st.integers(0, 30), st.none() | st.integers(0, 12), st.none() | st.integers(0, 12)),
    min_size=1,
    max_size=60,
)


def test_one_text_is_learnt_under_every_parent_and_what_is_left_out_is_counted() -> None:
    under = [replace(row(n, text="Yes, exactly."), parent=f"parent {n}") for n in range(40)]
    rows = [
        *under,
        under[0],
        replace(under[1], labels={LABEL: 0.5}),
        row(50),
        row(51, text="held out"),
        row(52, text="Held out!", split="dev"),
    ]
    parts = part(rows, [LABEL], (0.0, 0.0), 0)
    assert {one.parent for one in parts.train} == {None, *(one.parent for one in under)}
    assert len(parts.train) == 41
    assert [note.partition(" rows ")[0] for note in parts.notes] == ["1", "2"]
    assert "held-out rows" in parts.notes[0]
    assert "`annotator`" in parts.notes[1]


@given(TIES, st.integers(0, 5))
def test_what_shares_a_text_or_a_thread_stands_on_one_side(
    ties: list[tuple[int, int | None, int | None]], seed: int
) -> None:
    rows = [
        row(
            n,
            text=f"text {text}",
            group=None if group is None else str(group),
            author=None if who is None else str(who),
        )
        for n, (text, group, who) in enumerate(ties)
    ]
    parts = part(rows, [LABEL], (0.1, 0.2), seed)
    sides: dict[object, set[str]] = defaultdict(set)
    for name in ("train", "fit", "measure"):
        for one in getattr(parts, name):
            sides["text", one.text].add(name)
            if one.group:
                sides["group", one.group].add(name)
            if "author" in one.extra and not any("authors" in note for note in parts.notes):
                sides["author", one.extra["author"]].add(name)
    assert all(len(names) == 1 for names in sides.values())
    assert len(parts.groups) == len(parts.train)


def test_every_part_gets_its_share_of_both_kinds() -> None:
    parts = part([row(n) for n in range(300)], [LABEL], (0.1, 0.2), seed=1)
    for rows, share in ((parts.train, 0.7), (parts.fit, 0.1), (parts.measure, 0.2)):
        assert len(rows) == pytest.approx(300 * share, abs=5)
        assert sum(one.labels[LABEL] for one in rows) == pytest.approx(100 * share, abs=3)


def test_rows_that_the_file_holds_out_are_what_is_measured_on() -> None:
    rows = [row(n) for n in range(60)] + [row(n, split="dev") for n in range(50, 80)]
    parts = part(rows, [LABEL], (0.0, 0.25), seed=1)
    assert len(parts.measure) == 30
    assert {one.text for one in parts.train} == {f"text number {n}" for n in range(50)}


def test_authors_who_tie_everything_together_are_let_go_and_it_is_said() -> None:
    rows = [row(n, author=str(n % 7), group=str(n % 40)) for n in range(200)]
    parts = part(rows, [LABEL], (0.1, 0.2), seed=1)
    assert "authors write in too many threads" in parts.notes[0]
    assert min(len(parts.fit), len(parts.measure)) > 10


def test_folds_keep_groups_whole_and_give_each_fold_positives() -> None:
    groups = [n // 3 for n in range(90)]
    truth = [float(group % 4 == 0) for group in groups]
    place = folds(groups, truth, 5)
    assert all(len({place[n] for n in range(90) if groups[n] == group}) == 1 for group in set(groups))
    assert {fold for fold, value in zip(place, truth, strict=True) if value} == set(range(5))


def test_a_label_with_too_few_of_a_kind_is_left_out_with_its_counts() -> None:
    rows = [row(n) for n in range(40)] + [Example(source="a", id="x", text="t", labels={"abuse.threat": 1.0})]
    enough, left = learnable(rows, (LABEL, "abuse.threat", "abuse.obscene"))
    assert enough == (LABEL,)
    assert left == {"abuse.threat": "1 rows with it and 0 without; at least 10 of each are needed"}


def judged(count: int, width: int, *, signal: float, seed: int = 0) -> heads.Judged:
    chooser = np.random.default_rng(seed)
    truth = (np.arange(count) % 3 == 0).astype(float)
    features = chooser.normal(size=(count, width))
    features[:, 0] += signal * truth
    return heads.Judged(features, truth, np.ones(count), list(range(count)), np.zeros(count))


@pytest.mark.parametrize(
    ("count", "width"), [(30, 80), (80, 30)], ids=["fewer rows than features", "more rows than features"]
)
def test_a_step_solves_the_ridge_equations_in_either_form(count: int, width: int) -> None:
    chooser = np.random.default_rng(1)
    design, curvature, gradient = (
        chooser.normal(size=(count, width)),
        chooser.random(count) + 0.1,
        chooser.normal(size=width),
    )
    ridge = chooser.random(width) + 0.5
    step = heads._solve(design, curvature, ridge, gradient)
    whole = design.T @ (design * curvature[:, None]) + np.diag(ridge)
    assert np.allclose(whole @ step, gradient)


def test_the_fitted_head_is_where_the_loss_is_flat() -> None:
    rows = judged(120, 10, signal=2.0)
    fitted = heads.fit(rows, (0.1,))
    scale = rows.features.std(axis=0) + 1e-3
    logits = rows.features @ fitted.weight + fitted.bias
    pull = (rows.features - rows.features.mean(axis=0)) / scale
    gradient = pull.T @ (1 / (1 + np.exp(-logits)) - rows.truth) + fitted.weight * scale / 0.1
    assert np.abs(gradient).max() < 1e-2


def test_a_correction_is_kept_for_signal_and_refused_for_noise() -> None:
    for signal, kept in ((3.0, True), (0.0, False)):
        rows = judged(200, 20, signal=signal)
        assert heads.helps(rows, heads.fit(rows, heads.KNOWN + heads.NEW)) is kept
