"""A house rule learnt by the embedded model from 300 invented labels, and recognised in wordings it has not seen."""

import json
from pathlib import Path

import pytest

from analyzer import retraining
from analyzer.own_labels import read_own_labels
from analyzer.readers import read_labels
from analyzer.registry import find_model
from analyzer.retraining import TrainSettings, train
from analyzer.schema import Comment, Thread
from analyzer.scoring import load_scorer
from analyzer.taxonomy import load_taxonomy

SAMPLES = Path(__file__).parent.parent.parent / "data" / "samples"
LABELS, OWN = SAMPLES / "labels-doxxing.jsonl", SAMPLES / "own-labels.toml"
LABEL = "site.doxxing"


def test_the_sample_has_as_many_labels_as_it_says_and_no_wording_on_both_sides() -> None:
    rows = list(read_labels(LABELS, load_taxonomy(own=[read_own_labels(OWN)])))
    train_rows, dev_rows = ([row for row in rows if row.split == split] for split in ("train", "dev"))
    assert (len(train_rows), len(dev_rows)) == (300, 120)
    assert len({row.text for row in rows}) == 420
    assert not {row.group for row in train_rows} & {row.group for row in dev_rows}
    assert sum(row.labels[LABEL] for row in dev_rows) == 45


@pytest.mark.slow
def test_publishing_private_details_is_recognised_in_unseen_wordings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retraining, "_DATA", tmp_path)  # suites are compared by `analyzer train` itself, not here
    base = find_model("default")
    assert base is not None
    settings = TrainSettings(own_labels=OWN, base_rates={LABEL: 0.1})
    candidate = train(LABELS, base=base, out=tmp_path / "house", settings=settings)
    figures = candidate.outcome["labels"][LABEL]
    assert (figures["n"], figures["positives"]) == (120, 45)
    assert figures["after"]["f1_balanced"]["value"] >= 0.75
    assert candidate.outcome["held"]["mean_change"] == 0
    measured = [json.loads(line) for line in candidate.measured.read_text("utf-8").splitlines()]
    assert {row["split"] for row in measured} == {"dev"}
    texts = (
        "She lives at 9 Fuller Street, flat 3, go and ring her bell.",
        "The town hall is at 9 Fuller Street, ring the bell.",
    )
    comments = tuple(Comment(source="t", thread_id="1", id=str(n), text=text) for n, text in enumerate(texts))
    private, public = load_scorer(candidate.path).score([Thread(source="t", id="1", comments=comments)])
    assert private.probs[LABEL] > public.probs[LABEL]
