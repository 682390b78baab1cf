import errno
import gzip
import json
import os
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from analyzer import recipe as module
from analyzer.errors import InputError, ModelError
from analyzer.readers.labels import read_labels
from analyzer.registry import open_model
from analyzer.schema import Example
from analyzer.scoring.windows import Windower
from analyzer.training import loop
from analyzer.training.batches import collate, plan, tokenise
from analyzer.training.folder import save_tensors
from analyzer.training.keeping import keep_answers
from analyzer.training.loop import Settings, load_trained, train
from analyzer.training.split import fingerprint, halve, sample, unseen, without_leaks, without_repeats
from analyzer.training.strangers import under_strangers
from analyzer.training.tricks import respelled, with_tricks
from tests.tiny import FAMILIES, LABELS, examples, tiny_encoder, tiny_model, tiny_network, tiny_tokenizer

SETTINGS = Settings(tokens=256, frozen_layers=0, encoder_rate=1e-3, head_rate=1e-2, checkpoint_steps=3)
INSULT = LABELS.index("abuse.insult")
PROPAGANDA = LABELS.index("propaganda.any")


def rows(count: int = 80):
    return tokenise(examples(count), Windower(tiny_tokenizer()), LABELS, FAMILIES)


def test_a_label_that_was_not_judged_has_no_weight() -> None:
    for row in rows(4):
        assert row.weights[INSULT] == 1
        assert row.weights[PROPAGANDA] == 0


def test_the_marked_word_is_the_target_of_its_tokens() -> None:
    row = rows(1)[0]
    text = examples(1)[0].text
    pairs = zip(row.window.starts, row.window.ends, row.span_targets[:, 0], strict=True)
    marked = "".join(text[start:end] for start, end, target in pairs if target)
    assert marked.strip() == "fool"


def test_every_row_is_planned_once_and_batches_keep_the_token_limit() -> None:
    tokenised = rows()
    batches = plan(tokenised, 256, seed=1)
    assert sorted(number for batch in batches for number in batch) == list(range(len(tokenised)))
    assert all(len(batch) * max(len(tokenised[n].window.ids) for n in batch) <= 256 for batch in batches)


def test_a_text_whose_labels_hang_on_the_parent_is_never_read_without() -> None:
    row = examples(1)[0]
    both = [
        replace(row, id="a", text="Exactly.", parent="They are vermin", labels={"abuse.insult": 1.0}),
        replace(row, id="b", text="Exactly.", parent="They are neighbours", labels={"abuse.insult": 0.0}),
        replace(row, id="c", text="Well said.", parent="They are neighbours", labels={"abuse.insult": 0.0}),
    ]
    tokenised = tokenise(both, Windower(tiny_tokenizer()), LABELS, FAMILIES)
    assert [row.depends for row in tokenised] == [True, True, False]
    for number, ways in ((0, 1), (2, 2)):
        lengths = {collate([tokenised[number]], 1, random.Random(seed)).inputs.ids.shape[1] for seed in range(20)}
        assert len(lengths) == ways


def test_a_parent_is_dropped_half_of_the_time() -> None:
    reply = next(row for row in rows() if row.with_parent)
    lengths = {collate([reply], 1, random.Random(seed)).inputs.ids.shape[1] for seed in range(20)}
    assert len(lengths) == 2


def test_the_network_learns_the_label_and_the_word(tmp_path: Path) -> None:
    network, tokenised = tiny_network(), rows(200)
    for number in range(4):
        train(network, tokenised, SETTINGS, pad=1, folder=tmp_path / str(number))
    network.eval()
    batch = collate(tokenised, 1, random.Random(0))
    with torch.inference_mode():
        output = network(batch.inputs)
    assert ((output.logits[:, INSULT] > 0) == (batch.targets[:, INSULT] > 0.5)).float().mean() > 0.95
    judged = batch.span_weights[..., 0] > 0
    assert ((output.span_logits[..., 0] > 0) == (batch.span_targets[..., 0] > 0.5))[judged].float().mean() > 0.95


def test_a_run_that_was_stopped_goes_on_to_the_same_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings, tokenised = replace(SETTINGS, checkpoint_steps=2), rows(60)

    def network():
        made = tiny_network()
        made.dropout.p = 0.0
        for layer in made.encoder.modules():
            if isinstance(layer, torch.nn.Dropout):
                layer.p = 0.0
        made.encoder.config.attention_probs_dropout_prob = 0.0
        return made

    whole, stopped = network(), network()
    train(whole, tokenised, settings, pad=1, folder=tmp_path / "whole")
    write = loop._checkpoint

    def stop_after_first(*arguments) -> None:
        write(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(loop, "_checkpoint", stop_after_first)
    with pytest.raises(KeyboardInterrupt):
        train(stopped, tokenised, settings, pad=1, folder=tmp_path / "stopped")
    monkeypatch.setattr(loop, "_checkpoint", write)
    resumed = network()
    train(resumed, tokenised, settings, pad=1, folder=tmp_path / "stopped")
    for left, right in zip(whole.parameters(), resumed.parameters(), strict=True):
        assert torch.allclose(left, right, atol=1e-5)


@pytest.mark.parametrize("other", ["rows", "label", "start", "settings", "dropout"])
def test_a_checkpoint_of_another_run_is_not_continued(tmp_path: Path, other: str) -> None:
    def left(settings: Settings = SETTINGS, seed: int = 0, taught=None, dropout: float = 0.1) -> int:
        """Checkpoints the run had still to make."""
        network = tiny_network(seed)
        module.set_attention_dropout(network.encoder, dropout)
        return len(list(loop.steps(network, taught or rows(20), settings, pad=1, folder=tmp_path)))

    corrected = rows(20)
    corrected[7].targets[INSULT] = 1 - corrected[7].targets[INSULT]
    assert left()
    assert not left()
    assert {
        "rows": lambda: left(taught=rows(20)[::-1]),
        "label": lambda: left(taught=corrected),
        "start": lambda: left(seed=1),
        "settings": lambda: left(replace(SETTINGS, clip=0.5)),
        "dropout": lambda: left(dropout=0.0),
    }[other]()


def test_a_folder_that_cannot_be_replaced_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tiny_model(tmp_path / "model")
    before = (folder / "model.json").read_bytes()
    move = os.replace

    def fails(source: Path, target: Path) -> None:
        if Path(source).name == "model.tmp":
            raise OSError(errno.EACCES, "no right", str(source))
        move(source, target)

    monkeypatch.setattr("analyzer.training.folder.os.replace", fails)
    with pytest.raises(OSError, match="no right"):
        tiny_model(folder)
    assert (folder / "model.json").read_bytes() == before
    monkeypatch.undo()
    tiny_model(folder)
    assert not [*tmp_path.glob("model.*")]


def test_labels_nobody_judged_keep_the_answers_of_the_network(tmp_path: Path) -> None:
    network, tokenised = tiny_network(), rows(40)
    kept = keep_answers(network, tokenised, 0.25, pad=1, folder=tmp_path)
    alone = next(number for number, row in enumerate(tokenised) if not row.with_parent)
    before, after = tokenised[alone], kept[alone]
    with torch.inference_mode():
        said = network(collate([before], 1, random.Random(0)).inputs).logits.sigmoid()[0]
    assert after.targets[PROPAGANDA] == pytest.approx(float(said[PROPAGANDA]), abs=0.02)
    assert after.weights[PROPAGANDA] == 0.25
    assert (after.targets[INSULT], after.weights[INSULT]) == (before.targets[INSULT], 1)
    assert before.weights[PROPAGANDA] == 0  # the rows themselves stay as they are


def test_answers_are_kept_for_a_stage_that_goes_on_and_for_no_other(tmp_path: Path) -> None:
    def answers(network, tokenised) -> list[float]:
        return [row.targets[PROPAGANDA] for row in keep_answers(network, tokenised, 0.25, pad=1, folder=tmp_path)]

    first = answers(tiny_network(), rows(8))
    written = (tmp_path / "answers.safetensors").stat().st_mtime_ns
    assert answers(tiny_network(), rows(8)) == first
    assert (tmp_path / "answers.safetensors").stat().st_mtime_ns == written
    assert answers(tiny_network(seed=1), rows(8)) != first
    assert answers(tiny_network(), rows(8)[::-1]) != first


def test_a_text_under_a_stranger_keeps_its_words_and_labels() -> None:
    own = [replace(row, parent=None) for row in examples(40)]
    strange = [replace(row, lang="xx", text="dies ist etwas ganz anderes") for row in own[:2]]
    before = tokenise([*own, *strange], Windower(tiny_tokenizer()), LABELS, FAMILIES)
    after = under_strangers(before, 0.5, seed=3)
    assert 10 <= sum(row.with_parent is not None for row in after) <= 32
    for old, new in zip(before, after, strict=True):
        assert (new.window, new.targets is old.targets, new.weights is old.weights) == (old.window, True, True)
        if reply := new.with_parent:
            said = slice(reply.first, reply.first + len(reply.starts))
            assert reply.ids[said] == old.window.ids[1:-1]
            above = reply.ids[1 : reply.first - 1]
            assert above in {row.window.ids[1:-1][-48:] for row in before if row.lang == old.lang}
            assert reply.ids[reply.first - 1] == reply.ids[-1] == old.window.ids[-1]


def test_a_row_with_a_parent_of_its_own_gets_no_stranger() -> None:
    tokenised = [row for row in rows() if row.with_parent]
    assert tokenised
    assert under_strangers(tokenised, 1.0, seed=1) == tokenised


def test_a_stranger_is_read_as_a_parent_is() -> None:
    above, below = "you are kind to everybody", "go away fool"
    row = examples(1)[0]
    windower = Windower(tiny_tokenizer())
    both = tokenise(
        [replace(row, text=below, parent=None), replace(row, text=above, parent=None)], windower, LABELS, FAMILIES
    )
    [joined] = next(windower.windows([(below, above)]))
    found = {new.with_parent for seed in range(20) for new in under_strangers(both, 1.0, seed)[:1]}
    assert joined in found


def test_layers_that_one_stage_froze_learn_in_the_next(tmp_path: Path) -> None:
    network = tiny_network()
    layers = network.encoder.encoder.layer
    for number, (frozen, learning) in enumerate([(2, [False, False]), (1, [False, True]), (0, [True, True])]):
        before = [layer.output.dense.weight.clone() for layer in layers]
        settings = replace(SETTINGS, frozen_layers=frozen)
        train(network, rows(20), settings, pad=1, folder=tmp_path / str(number))
        moved = [
            not torch.equal(layer.output.dense.weight, weight) for layer, weight in zip(layers, before, strict=True)
        ]
        assert moved == learning


def test_a_setting_that_is_not_said_leaves_older_checkpoints_valid() -> None:
    noted = json.loads(loop._identity(tiny_network(), rows(4), SETTINGS))
    assert "embedding_rate" not in noted
    said = json.loads(loop._identity(tiny_network(), rows(4), replace(SETTINGS, embedding_rate=1e-4)))
    assert said["embedding_rate"] == 1e-4


def test_a_stage_cannot_begin_with_a_later_one(tmp_path: Path) -> None:
    recipe = module.load_recipe()
    recipe["stage"] = [recipe["stage"][0] | {"begins_at": {"1": 1}}]
    with pytest.raises(ModelError, match="stage 1 of the recipe begins with stage 1"):
        module.fit_network([examples(4)], tiny_encoder(tmp_path / "encoder"), tmp_path, recipe)


def test_embeddings_learn_at_a_rate_of_their_own(tmp_path: Path) -> None:
    def moved(rate: float | None) -> float:
        network = tiny_network()
        words = network.encoder.embeddings.word_embeddings.weight
        before = words.detach().clone()
        settings = replace(SETTINGS, embedding_rate=rate, weight_decay=0.0)
        train(network, rows(20), settings, pad=1, folder=tmp_path / str(rate))
        return float((words.detach() - before).abs().max())

    assert moved(0.0) == 0.0
    assert 0 < 5 * moved(SETTINGS.encoder_rate / 10) < moved(None)


def test_of_several_checkpoints_the_mean_is_taken(tmp_path: Path) -> None:
    network = tiny_network()
    ones = {name: torch.ones_like(tensor) for name, tensor in network.state_dict().items()}
    for part in (1, 4):
        folder = tmp_path / str(part)
        folder.mkdir()
        save_tensors(
            {f"model.{name}": tensor * part for name, tensor in ones.items()}, folder / "checkpoint.safetensors"
        )
    load_trained(network, {tmp_path / "1": 1, tmp_path / "4": 1})
    floats = [tensor for tensor in network.state_dict().values() if tensor.is_floating_point()]
    assert floats
    assert all((tensor == 2.5).all() for tensor in floats)


def test_a_text_or_document_of_the_held_out_side_never_trains() -> None:
    held = [Example(source="a", id="1", text="The Bridge, again!", labels={}, group="doc1")]
    candidates = [
        Example(source="b", id="2", text="the bridge again", labels={}),
        Example(source="a", id="3", text="another sentence", labels={}, group="doc1"),
        Example(source="a", id="4", text="a third one", labels={}),
        Example(source="a", id="5", text="The bridge: again.", labels={}, parent="And now?"),
    ]
    assert [row.id for row in without_leaks(candidates, held)] == ["4"]


def test_a_text_is_learnt_from_once_or_once_under_each_parent() -> None:
    rows = [
        Example(source="a", id="1", text="Yes, exactly.", labels={}, parent="The bridge is old."),
        Example(source="a", id="2", text="yes, exactly", labels={}, parent="the bridge is old"),
        Example(source="a", id="3", text="Yes, exactly.", labels={}, parent="The vote is in May."),
        Example(source="b", id="4", text="Yes, exactly.", labels={}),
    ]
    assert [row.id for row in without_repeats(rows, parents=True)] == ["1", "3", "4"]
    assert [row.id for row in without_repeats(rows, parents=False)] == ["1", "4"]


def test_a_held_out_row_that_training_repeats_measures_nothing() -> None:
    train_rows = [Example(source="a", id="1", text="Yes, exactly.", labels={}, parent="The bridge is old.")]
    held = [
        Example(source="b", id="2", text="yes, exactly", labels={}, parent="The bridge is old"),
        Example(source="b", id="3", text="Yes, exactly.", labels={}, parent="The vote is in May."),
        Example(source="b", id="4", text="Yes, exactly.", labels={}),
    ]
    assert [row.id for row in unseen(held, train_rows)] == ["3", "4"]


def test_halves_share_no_document_and_no_text() -> None:
    rows = [Example(source="a", id=str(n), text=f"text {n % 50}", labels={}, group=None) for n in range(200)]
    fit, measure = halve(rows)
    assert not {fingerprint(row.text) for row in fit} & {fingerprint(row.text) for row in measure}
    assert min(len(fit), len(measure)) > 40


def test_halves_share_no_text_though_one_copy_of_it_has_a_document() -> None:
    rows = [
        Example(source="a", id=f"{n} {group}", text=f"text {n}", labels={}, group=group and f"{group} {n}")
        for n in range(200)
        for group in (None, "document")
    ]
    fit, measure = halve(rows)
    assert not {row.text for row in fit} & {row.text for row in measure}
    assert not {row.group for row in fit if row.group} & {row.group for row in measure}
    assert min(len(fit), len(measure)) > 40


def test_small_corpora_are_not_drowned_and_limits_hold() -> None:
    pool = [Example(source="big", id=str(n), text=f"b{n}", labels={}) for n in range(9000)]
    pool += [Example(source="small", id=str(n), text=f"s{n}", labels={}) for n in range(100)]
    chosen = sample(pool, 1000, power=0.5, boosts={"small": 2.0}, seed=0)
    small = sum(row.source == "small" for row in chosen)
    assert 150 <= small <= 200
    assert abs(len(chosen) - 1000) <= 2
    assert [row.id for row in chosen] == [
        row.id for row in sample(pool, 1000, power=0.5, boosts={"small": 2.0}, seed=0)
    ]


def test_labels_of_a_corpus_become_taxonomy_labels(tmp_path: Path) -> None:
    row = {
        "text": "x y",
        "labels": {"toxicity": 0.5, "antisemitism": 1, "sexism": 1},
        "tropes": ["power_control"],
        "targets": ["jewish"],
        "spans": [{"start": 0, "end": 1, "label": "whataboutism|straw_man"}],
        "silver": True,
    }
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(row))
    (example,) = read_labels(file)
    assert example.labels["abuse.toxicity"] == 0.5
    assert example.labels["antisemitism.power_control"] == 1
    assert example.labels["antisemitism.greed_money"] == 0
    assert example.weights["antisemitism.greed_money"] < example.weights["antisemitism.power_control"] < 1
    assert example.labels["target.jewish"] == 1
    assert "sexism" not in " ".join(example.labels)
    assert example.spans is not None
    assert example.spans[0].label == "propaganda"


@pytest.mark.parametrize(
    "line",
    [
        '{"labels": {}}',
        '{"text": "a", "labels": {"threat": 7}}',
        "{",
        "[]",
        '{"text": "ab", "labels": {"threat": 1}, "spans": [{"start": 1, "end": 1, "label": "threat"}]}',
        '{"text": "ab", "labels": {"threat": 1}, "spans": [{"start": -1, "end": 1, "label": "threat"}]}',
        '{"text": "ab", "labels": {"threat": 1}, "spans": [{"start": 0, "end": 3, "label": "threat"}]}',
    ],
)
def test_a_bad_label_row_is_named_by_file_and_line(tmp_path: Path, line: str) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"text": "a", "labels": {"threat": 0}}\n' + line)
    with pytest.raises(InputError, match=r"rows\.jsonl:2"):
        list(read_labels(file))


def test_the_recipe_makes_a_model_folder_that_scores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpora = tmp_path / "corpora"
    corpora.mkdir()
    header = "| corpus | tier | licence | citation |\n|---|---|---|---|\n"
    (corpora / "CATALOG.md").write_text(header + "| made_up | A | CC0 | written for this test |\n")
    with gzip.open(corpora / "made_up.jsonl.gz", "wt") as lines:
        for row in examples(400):
            number = int(row.id)
            record = {
                "id": row.id,
                "source": "made_up",
                "split": "dev" if number % 4 < 2 else "train",
                "lang": "en",
                "text": row.text,
                "labels": {"insult": row.labels["abuse.insult"], "toxicity": row.labels["abuse.toxicity"]},
                "spans": [{"start": span.start, "end": span.end, "label": "insult"} for span in row.spans or ()],
            }
            lines.write(json.dumps(record) + "\n")
    recipe = module.load_recipe()
    stage = recipe["stage"][0] | {
        "rows": 200,
        "steps": 0,
        "frozen": 0,
        "encoder_rate": 1e-3,
        "head_rate": 1e-2,
        "tokens": 256,
    }
    still = {"begins_at": {"1": 2, "2": 1}, "rows": 20, "encoder_rate": 0.0, "head_rate": 0.0}
    recipe["stage"] = [stage, stage | {"kept": 0.1, "order": 2, "strangers": 0.5}, stage | still]
    recipe["averaged"] = {"1": 1, "2": 1}
    recipe["span_families"] = {"made_up": ["abuse"]}
    monkeypatch.setattr(module, "load_recipe", lambda: recipe)
    encoder = tiny_encoder(tmp_path / "encoder")
    folders = [f"--{name}={tmp_path / name}" for name in ("corpora", "own", "out", "work")]
    module.main([*folders, f"--encoder={encoder}"])
    folder = open_model(tmp_path / "out")
    assert folder.manifest["corpora"] == {"made_up": 420}
    assert [(tmp_path / f"work/stage-{n}/answers.safetensors").exists() for n in (1, 2, 3)] == [False, True, False]
    first, second, third = (load_file(tmp_path / f"work/stage-{n}/checkpoint.safetensors") for n in (1, 2, 3))
    head = "model.comment_head.weight"
    assert torch.allclose(third[head], (2 * first[head] + second[head]) / 3, atol=1e-6)
    assert not torch.allclose(third[head], second[head], atol=1e-4)
    insult = json.loads((tmp_path / "out" / "evaluation.json").read_text())["labels"]["abuse.insult"]
    assert insult["auc"]["value"] > 0.9
    card = (tmp_path / "out" / "card.md").read_text()
    assert "| made_up | 420 | A | CC0 | written for this test |" in card
    assert "| abuse.insult | all | " in card
    assert "| abuse.insult | en | " in card
    assert all(file.stat().st_size < 50_000_000 for file in (tmp_path / "out").iterdir())
    from analyzer.schema import Comment, Thread
    from analyzer.scoring import load_scorer

    comments = tuple(Comment(source="t", thread_id="1", id=str(n), text=row.text) for n, row in enumerate(examples(2)))
    insulting, thanking = load_scorer(tmp_path / "out").score([Thread(source="t", id="1", comments=comments)])
    assert insulting.probs["abuse.insult"] > thanking.probs["abuse.insult"]
    assert np.isfinite(list(insulting.probs.values())).all()


def test_a_stage_reads_a_part_of_the_own_rows_and_some_of_them_once_more(tmp_path: Path) -> None:
    (tmp_path / "corpora").mkdir()
    (tmp_path / "corpora/CATALOG.md").write_text(
        "| corpus | tier | licence | citation |\n|---|---|---|---|\n| made_up | A | CC0 | – |\n"
    )
    with gzip.open(tmp_path / "corpora/made_up.jsonl.gz", "wt"):
        pass
    (tmp_path / "labels").mkdir()
    for source in ("hate", "tropes"):
        rows = [
            {"id": f"{n}", "source": source, "text": f"{source} text {n}", "labels": {"insult": 1}} for n in range(99)
        ]
        (tmp_path / f"labels/{source}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    recipe = module.load_recipe()
    recipe["stage"] = [
        recipe["stage"][0] | {"own_rounds": 1, "own": own, "own_again": ["*_tropes"]} for own in (1, 0.4)
    ]
    whole, part = module.pools(tmp_path / "corpora", tmp_path, "A", recipe).stages
    count = Counter(row.source for row in whole)
    assert count["project_tropes"] > 1.5 * count["project_hate"] > 90
    assert (
        len(part) == round(0.4 * (count["project_hate"] + count["project_tropes"] // 2)) + count["project_tropes"] // 2
    )
    assert len({row.id for row in part if row.source == "project_hate"}) == sum(
        row.source == "project_hate" for row in part
    )


@pytest.mark.parametrize("seed", range(40))
def test_a_trick_changes_one_to_three_words_and_leaves_the_rest(seed: int) -> None:
    text = "Nobody mentioned the harbour bridge yesterday, but it is 12 km off"
    respelt = respelled(text, random.Random(seed))
    assert respelt != text
    assert respelt.endswith("12 km off")


def test_rows_with_tricks_keep_their_labels_and_lose_their_spans() -> None:
    rows = [replace(row, spans=(), span_families=("abuse",)) for row in examples(12)]
    tricked = with_tricks(rows, 0.5, seed=3)
    assert len(tricked) == len(rows) // 2
    assert all(row.spans is None and not row.span_families for row in tricked)
    known = {row.id: row.labels for row in rows}
    assert all(known[row.id] == row.labels for row in tricked)


def test_heads_and_ngrams_stand_apart_from_the_encoder(tmp_path: Path) -> None:
    folder = open_model(tiny_model(tmp_path / "model"))
    *encoder, fitted = (load_file(folder.path / name) for name in folder.manifest["weights"])
    assert {name.partition(".")[0] for name in fitted} == {"comment_head", "span_head", "ngrams"}
    assert {name.partition(".")[0] for shard in encoder for name in shard} == {"encoder"}


def test_tensors_that_cannot_be_written_are_a_disk_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="missing"):
        save_tensors({"a": torch.zeros(2)}, tmp_path / "missing" / "a.safetensors")
