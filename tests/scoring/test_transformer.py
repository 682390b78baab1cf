import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from analyzer.errors import ModelError
from analyzer.registry import essence_hash, find_model, open_model
from analyzer.schema import Checked, Comment, Status, Thread
from analyzer.scoring import load_scorer
from analyzer.scoring import transformer as module
from analyzer.scoring.network import Batch, pad_windows
from analyzer.scoring.transformer import TransformerScorer
from analyzer.scoring.windows import Windower
from tests.tiny import SENTENCES, tiny_model, tiny_network, tiny_tokenizer


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def scorer(folder: Path) -> TransformerScorer:
    scorer = load_scorer(folder)
    assert isinstance(scorer, TransformerScorer)
    return scorer


def comment(number: int, text: str, parent: int | None = None, **fields: object) -> Comment:
    above = None if parent is None else str(parent)
    return Comment(source="t", thread_id="1", id=str(number), text=text, parent_id=above, **fields)  # type: ignore[arg-type]


def thread(*comments: Comment) -> Thread:
    return Thread(source="t", id="1", comments=comments)


def test_one_score_a_comment_in_order_with_every_label(scorer: TransformerScorer) -> None:
    comments = [comment(n, text) for n, text in enumerate(SENTENCES[:4])]
    scores = list(scorer.score([thread(*comments)]))
    assert [score.key for score in scores] == [one.key for one in comments]
    assert all(set(score.probs) == set(scorer.labels) for score in scores)
    assert all(0 <= prob <= 1 for score in scores for prob in score.probs.values())


def test_scores_do_not_depend_on_what_is_scored_beside_them(
    scorer: TransformerScorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    comments = [comment(n, text * (n % 3 + 1)) for n, text in enumerate(SENTENCES[:4] * 3)]
    together = list(scorer.score([thread(*comments)]))
    monkeypatch.setattr(module, "CHUNK", 1)
    alone = list(scorer.score([thread(*comments)]))
    for left, right in zip(together, alone, strict=True):
        assert left.probs == pytest.approx(right.probs, abs=0.02)


def test_a_reply_is_read_with_its_parent(scorer: TransformerScorer) -> None:
    texts = (SENTENCES[2], SENTENCES[1])
    apart = list(scorer.score([thread(comment(0, texts[0]), comment(1, texts[1]))]))[1]
    reply = list(scorer.score([thread(comment(0, texts[0]), comment(1, texts[1], parent=0))]))[1]
    assert reply.probs != apart.probs


def test_the_context_of_a_thread_is_read_and_never_reaches_the_network_by_itself(
    scorer: TransformerScorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    forward = scorer._forward

    def counted(batch: Batch) -> object:
        read.append(len(batch.ids))
        return forward(batch)

    monkeypatch.setattr(scorer, "_forward", counted)
    above, below = comment(0, SENTENCES[2]), comment(1, SENTENCES[1], parent=0)
    _, reply = scorer.score([thread(above, below)])
    assert sum(read) == 2
    read.clear()
    (alone,) = scorer.score([Thread(source="t", id="1", comments=(below,), context=(above,))])
    assert sum(read) == 1
    assert alone.probs == pytest.approx(reply.probs, abs=0.02)
    assert (alone.key, alone.lang, alone.checked, alone.windows) == (reply.key, reply.lang, reply.checked, 1)


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (comment(1, "", status=Status.DELETED), Checked.DELETED),
        (comment(1, "gone", status=Status.REMOVED), Checked.DELETED),
        (comment(1, "Cheap stools for every museum.", status=Status.SPAM), Checked.SPAM),
        (comment(1, "  "), Checked.EMPTY),
        (comment(1, "👍 100!"), Checked.LETTERLESS),
        (comment(1, "这座桥已经很旧了，没有人修理它，市议会也不说话。"), Checked.LANGUAGE),
    ],
    ids=["deleted", "removed", "spam", "empty", "letterless", "a script the encoder cannot read"],
)
def test_what_cannot_be_judged_says_why_and_has_no_number(
    scorer: TransformerScorer, one: Comment, reason: Checked
) -> None:
    (score,) = scorer.score([thread(one)])
    assert score.checked is reason
    assert not score.probs


def test_a_long_comment_is_split_not_cut(scorer: TransformerScorer) -> None:
    filler = "The council moved the bridge vote to May. " * 60
    (score,) = scorer.score([thread(comment(1, filler))])
    assert score.windows > 3
    head, tail = scorer.logits([(filler, None), (filler + SENTENCES[2], None)])
    assert not np.allclose(head, tail)


def test_spans_lie_inside_the_raw_text_and_speak_for_flagged_labels(scorer: TransformerScorer) -> None:
    comments = [comment(n, f"\u200b{text}  (((ok))) 😀") for n, text in enumerate(SENTENCES)]
    for score, one in zip(scorer.score([thread(*comments)]), comments, strict=True):
        for span in score.spans:
            assert 0 <= span.start < span.end <= len(one.text)
            assert span.label in scorer.labels
            assert one.text[span.start : span.end].strip() == one.text[span.start : span.end]


def test_contributions_add_up_to_the_logit() -> None:
    network, windower = tiny_network(), Windower(tiny_tokenizer())
    windows = [group[0] for group in windower.windows([(text, SENTENCES[0]) for text in SENTENCES])]
    batch = pad_windows(windows, windower.pad)
    with torch.inference_mode():
        output = network(batch)
        added = network.contributions(output, batch).sum(dim=1) + network.comment_head.bias
    assert torch.allclose(added, output.logits, atol=1e-4)


def test_a_damaged_file_is_refused_before_it_is_loaded(folder: Path, tmp_path: Path) -> None:
    copy = tiny_model(tmp_path / "copy")
    weights = copy / open_model(folder).manifest["weights"][0]
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    with pytest.raises(ModelError, match="its hash is not the one"):
        load_scorer(copy)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 9}, "format 9"),
        ({"files": {"../x": "0"}}, "leaves the folder"),
        ({"weights": ["../evil.safetensors"]}, "leaves the folder"),
        ({"weights": ["evil.safetensors"]}, "no hash of evil.safetensors"),
        ({"files": None}, "'files' is missing"),
        ({"encoder": []}, "'encoder' is missing or of another kind"),
        ({"calibration": {"abuse.threat": [9.0, 9.0]}}, "not those of its hash"),
        ({"labels": ["abuse.threat"]}, "not those of its hash"),
    ],
)
def test_a_wrong_manifest_is_a_clear_error(tmp_path: Path, change: dict[str, object], message: str) -> None:
    copy = tiny_model(tmp_path / "copy")
    manifest = json.loads((copy / "model.json").read_text())
    manifest |= change
    (copy / "model.json").write_text(json.dumps({name: part for name, part in manifest.items() if part is not None}))
    with pytest.raises(ModelError, match=message):
        open_model(copy)


def test_a_file_beside_the_weights_is_verified_too(tmp_path: Path) -> None:
    copy = tiny_model(tmp_path / "copy")
    manifest = json.loads((copy / "model.json").read_text())
    (copy / "model.json").write_text(json.dumps(manifest | {"files": manifest["files"] | {"gone": "0"}}))
    with pytest.raises(ModelError, match="missing"):
        open_model(copy)


def test_the_embedded_model_has_the_hash_of_what_is_in_it() -> None:
    folder = open_model(find_model() or "")
    assert essence_hash(folder.manifest) == folder.manifest["hash"]


@pytest.mark.parametrize("name", ["nowhere", "/nowhere/at/all"], ids=["a bare name", "a path"])
def test_a_model_that_is_not_there_is_a_clear_error(name: str) -> None:
    with pytest.raises(ModelError):
        load_scorer(name)


def test_the_version_names_the_weights(scorer: TransformerScorer) -> None:
    other = replace(scorer.folder, manifest=dict(scorer.folder.manifest) | {"hash": "0" * 64})
    assert scorer.version.startswith("tiny@")
    assert other.version != scorer.version


def test_a_short_comment_is_in_the_language_of_its_thread(scorer: TransformerScorer) -> None:
    long = [
        "Die Gemeinde hat den Spielplatz am Bahnhof endlich wieder freigegeben.",
        "Warum dauert die Baustelle in der Hauptstraße schon seit drei Jahren?",
        "Ich finde den Vorschlag der Bürgermeisterin gar nicht so schlecht.",
    ]
    comments = [comment(n, text) for n, text in enumerate([*long, "Genau", "Exactly"])]
    comments[4] = replace(comments[4], lang="en")
    usual = module.usual_language(thread(*comments))
    assert usual == "de"
    scores = list(scorer.score([thread(*comments)]))
    assert [score.lang for score in scores[3:]] == ["de", "en"]
    assert [score.lang for score in scorer.score([thread(comments[3])])] == ["und"]


@pytest.mark.parametrize("order", [("de", "en"), ("en", "de")])
def test_a_text_in_two_languages_is_pointed_at_by_the_thresholds_of_each(
    tmp_path: Path, order: tuple[str, str]
) -> None:
    """The same text under no parent, in a German and an English thread, scored together."""
    folder = open_model(tiny_model(tmp_path / "tiny"))
    never_in_german = {"balanced": {"threshold": 0.0, "by_language": {"de": {"threshold": 1.5}}}}
    thresholds = dict.fromkeys(folder.labels, never_in_german)
    scorer = TransformerScorer(replace(folder, manifest=dict(folder.manifest) | {"thresholds": thresholds}))
    scores = scorer.score(thread(comment(n, "You are a fool", lang=lang)) for n, lang in enumerate(order))
    assert {score.lang: bool(score.spans) for score in scores} == {"de": False, "en": True}
