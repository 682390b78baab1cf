"""How the shipped model is made: corpora → rows → training → calibration → measured model folder (`make model`).

Run as `python -m analyzer.recipe --corpora DIR --encoder DIR --out DIR [--own DIR] [--tier AB|A] [--work DIR]`.
Stopped and repeated, it goes on from the last checkpoint.
"""

import argparse
import fnmatch
import hashlib
import logging
import random
import re
import sys
import tomllib
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.errors import AnalyzerError, ModelError
from analyzer.readers import read_corpora, read_labels, read_suite
from analyzer.schema import Example
from analyzer.taxonomy import load_taxonomy

if TYPE_CHECKING:
    from torch import nn

log = logging.getLogger(__name__)
OWN = "project_"  # before the source of the project's own rows
FAMILIES = ("abuse", "propaganda")  # span families with annotated spans; the others show contributions as evidence


@dataclass(frozen=True, slots=True)
class Pools:
    """The disjoint sets of a run: rows to train on (by stage; all), to fit calibration on, to measure on; cases of suites."""

    stages: list[list[Example]]
    train: list[Example]
    fit: list[Example]
    measure: list[Example]
    suites: list[Example]


def load_recipe() -> dict[str, Any]:
    """The recipe as tables."""
    return tomllib.loads(files("analyzer.training").joinpath("recipe.toml").read_text("utf-8"))


def pools(corpora: Path, own: Path, tiers: str, recipe: Mapping[str, Any]) -> Pools:
    """Reads the corpora and the project's own rows and splits them; the dev split is never trained on.

    `own`: the folder with `labels`, which are trained on, and `suites`, which only measure.
    """
    from analyzer.training.split import halve, sample, unseen, without_leaks, without_repeats
    from analyzer.training.tricks import with_tricks

    left_out = set(recipe["leave_out"]["corpora"])
    rows = [
        complete(row, recipe)
        for row in read_corpora(corpora, tiers)
        if row.source not in left_out and row.text.strip() and row.labels
    ]
    held_out = [row for row in rows if row.split != "train"]
    train = without_leaks((row for row in rows if row.split == "train"), held_out)
    train = without_repeats(train, parents=False)
    last = max(stage.get("own_rounds", 0) for stage in recipe["stage"])
    own_train, own_held_out = (
        [row for row in rows if _round_of(row.source, recipe) <= last] for rows in own_rows(own / "labels", recipe)
    )
    stages = []
    for stage in recipe["stage"]:
        rows = sample(train, stage["rows"], power=stage["power"], boosts=recipe[stage["boosts"]], seed=stage["seed"])
        own_then = [row for row in own_train if _round_of(row.source, recipe) <= stage.get("own_rounds", 0)]
        whole, part = divmod(stage.get("own", 0), 1)
        rows += own_then * int(whole) + random.Random(stage["seed"]).sample(own_then, round(part * len(own_then)))
        rows += [
            row for row in own_then if any(fnmatch.fnmatch(row.source, name) for name in stage.get("own_again", ()))
        ]
        stages.append(rows + with_tricks(rows, stage.get("tricks", 0.0), stage["seed"]))
    # Rows of our own are written apart from the corpora, and one wording may come up twice: what training saw measures nothing.
    fit, measure = halve(unseen([*held_out, *own_held_out], [*train, *own_train]))
    log.info("%s rows to train on (of %d)", [len(rows) for rows in stages], len(train))
    log.info("%d rows to fit on, %d to measure on", len(fit), len(measure))
    suites = [row for file in sorted((own / "suites").glob("*.csv")) for row in read_suite(file)]
    return Pools(stages, [*train, *own_train], fit, measure, suites)


def own_rows(folder: Path, recipe: Mapping[str, Any]) -> tuple[list[Example], list[Example]]:
    """The project's own rows: to train on, and one wording in eight held out.

    Their sources are named `project_…`. Every trope was judged, so those not named weigh in full. Held out they speak only for the
    labels of `[own] measures`: for the others real comments do.
    """
    train: list[Example] = []
    held_out: list[Example] = []
    for file in sorted(folder.glob("*.jsonl")):
        for given in read_labels(file):
            row = replace(complete(replace(given, source=OWN + given.source), recipe), weights={})
            if given.spans is None:
                row = replace(row, spans=None, span_families=())
            if zlib.crc32(f"{row.source}:{row.group or row.id}".encode()) % 8:
                train.append(row)
            else:
                kept = {n: v for n, v in row.labels.items() if n in _matching(tuple(recipe["own"]["measures"]))}
                held_out.append(replace(row, labels=kept, spans=None, span_families=()))
    return train, held_out


def _round_of(source: str, recipe: Mapping[str, Any]) -> int:
    """In which round a source of own rows was written: a stage that came before reads none of it."""
    rounds: dict[str, int] = recipe["own"]["round"]
    return next(number for name, number in rounds.items() if fnmatch.fnmatch(source, name))


def complete(row: Example, recipe: Mapping[str, Any]) -> Example:
    """`row` with the span families its corpus looked for and the negatives that follow from what it is."""
    families = tuple(recipe["span_families"].get(row.source, ()))
    labels, weights = dict(row.labels), dict(row.weights)
    for label, weight in recipe["unsafe_negatives"].get(row.source, {}).items():
        if labels.get(label, 1.0) < 0.5:
            weights[label] = weight
    implied = recipe["implied_negatives"]
    if not re.search(implied["unless"], f"{row.text} {row.parent or ''}"):
        for label in _matching(tuple(implied["labels"])):
            if label not in labels:
                labels[label], weights[label] = 0.0, implied["weight"]
    reporting = recipe["implied_not_reporting"]
    if "stance.reports_or_quotes" not in labels and any(row.labels.get(name, 0) > 0.5 for name in reporting["when"]):
        labels["stance.reports_or_quotes"], weights["stance.reports_or_quotes"] = 0.0, reporting["weight"]
    return replace(
        row, labels=labels, weights=weights, span_families=families, spans=row.spans or (() if families else None)
    )


@cache
def _matching(patterns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(label for label in load_taxonomy().ids if any(fnmatch.fnmatch(label, pattern) for pattern in patterns))


def fit_network(stages: Sequence[Sequence[Example]], encoder: Path, work: Path, recipe: Mapping[str, Any]) -> None:
    """Trains the network stage by stage; the last checkpoint of each ends up in its folder `stage-…` below `work`."""
    import torch

    from analyzer.scoring.network import Network, new_encoder
    from analyzer.scoring.windows import Windower
    from analyzer.training.batches import tokenise
    from analyzer.training.keeping import keep_answers
    from analyzer.training.loop import Settings, load_trained, train
    from analyzer.training.strangers import under_strangers

    windower = Windower.from_folder(encoder)
    labels = load_taxonomy().ids
    torch.manual_seed(
        recipe["stage"][0]["seed"]
    )  # the heads begin alike, so that a run that was stopped is known again
    network = Network(new_encoder(encoder), len(labels), len(FAMILIES))
    # One product after the other: torch's fused attention is slow backwards on a CPU.
    network.encoder.set_attn_implementation("eager")  # type: ignore[operator]
    for number, (rows, stage) in enumerate(zip(stages, recipe["stage"], strict=True), 1):
        log.info("stage %d: tokenising %d rows", number, len(rows))
        tokenised = tokenise(rows, windower, labels, FAMILIES)
        if "begins_at" in stage:
            latest = max(map(int, stage["begins_at"]))
            if latest >= number:
                raise ModelError(f"stage {number} of the recipe begins with stage {latest}, which is not before it")
            load_trained(network, _shares(work, stage["begins_at"]))
        set_attention_dropout(network.encoder, stage.get("attention_dropout", 0.1))
        folder = work / f"stage-{number}"
        if "kept" in stage:
            tokenised = keep_answers(network, tokenised, stage["kept"], pad=windower.pad, folder=folder)
        tokenised = under_strangers(tokenised, stage.get("strangers", 0.0), stage["seed"])
        names = ("seed", "steps", "encoder_rate", "embedding_rate", "head_rate", "tokens", "span_weight", "bfloat16")
        chosen = {name: stage[name] for name in names if name in stage} | {"seed": stage.get("order", stage["seed"])}
        settings = Settings(frozen_layers=stage["frozen"], **chosen)
        train(network, tokenised, settings, pad=windower.pad, folder=folder)


def _shares(work: Path, stages: Mapping[str, float]) -> dict[Path, float]:
    """The folders of stages with the share that each has in a mean of weights."""
    return {work / f"stage-{number}": share for number, share in stages.items()}


def set_attention_dropout(encoder: "nn.Module", share: float) -> None:
    """Drops `share` of the attention weights while training; without it attention is much faster on a CPU."""
    for name, module in encoder.named_modules():
        if name.endswith("attention.self.dropout"):
            module.p = share


def finish(
    parts: Pools, encoder: Path, work: Path, out: Path, recipe: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Calibrates and measures the trained network and writes the model folder; returns manifest and evaluation."""
    import numpy as np

    from analyzer.evaluation import Held, assess, reached
    from analyzer.scoring.network import Network, new_encoder
    from analyzer.scoring.windows import Windower
    from analyzer.training import fitting
    from analyzer.training.folder import write_folder, write_json
    from analyzer.training.loop import load_trained
    from analyzer.training.ngrams import Wanted, choose_shares, fit_ngrams
    from analyzer.training.ordinary import Ordinary, refit_head
    from analyzer.training.predict import logits_of, read_spans

    rows = [row for stage in parts.stages for row in stage]
    labels, rates = load_taxonomy().ids, recipe["base_rates"]
    windower = Windower.from_folder(encoder)
    network = Network(new_encoder(encoder), len(labels), len(FAMILIES))
    load_trained(network, _shares(work, recipe["averaged"]))
    ordinary = Ordinary(**recipe["ordinary"])
    halves = [
        [ordinary.marked(row, labels) for row in thinned(half, **recipe["measure"])]
        for half in (parts.fit, parts.measure)
    ]
    log.info("reading %d rows to fit on and %d to measure on", *map(len, halves))
    ngrams = fit_ngrams(parts.train, windower, labels, Wanted(**recipe["ngrams"]))
    choose_shares(ngrams, Held(halves[0], logits_of(network, windower, halves[0]), labels), windower)
    network.ngrams = ngrams
    refit_head(network, windower, parts.train, labels, ordinary)
    fit, measure = (Held(half, logits_of(network, windower, half), labels) for half in halves)
    calibration = fitting.calibrate(fit, rates, fitting.trained_rates(parts.stages[-1], labels))
    thresholds = fitting.thresholds(fit, measure, calibration, rates, recipe["betas"])
    marking = {
        family: fitting.choose_marking(read_spans(network, windower, halves[0], FAMILIES, family), family)
        for family in FAMILIES
    }
    asked = [*measure.examples, *parts.suites]
    logits = np.concatenate([measure.scores, logits_of(network, windower, parts.suites)])
    whole = Held([*fit.examples, *measure.examples], np.concatenate([fit.scores, measure.scores]), labels)
    evaluation: dict[str, Any] = {
        "labels": fitting.evaluate(measure, calibration, thresholds, rates),
        "headlines": fitting.headlines(whole, recipe["headline"]),
        "spans": {
            family: fitting.span_quality(
                read_spans(network, windower, halves[1], FAMILIES, family), family, marking[family]
            )
            for family in FAMILIES
        },
    }
    held = Held(asked, calibration(logits).astype(np.float32), labels)
    examined = assess(held, thresholds)
    evaluation |= {part: examined[part] for part in ("suites", "bias", "robustness")}
    evaluation["asked"] = reached(held, thresholds, labels=evaluation["labels"], spans=evaluation["spans"])
    manifest = {
        "name": recipe["name"],
        "taxonomy": load_taxonomy().version,
        "labels": list(labels),
        "span_families": list(FAMILIES),
        "span_thresholds": {family: asdict(one) for family, one in marking.items()},
        "ngrams": ngrams.shape.to_json(labels),
        "encoder": network.encoder.config.to_diff_dict() | {"model_type": network.encoder.config.model_type},  # type: ignore
        "calibration": calibration.to_json(labels),
        "thresholds": thresholds,
        "languages": recipe["languages"],
        "seed": recipe["stage"][0]["seed"],
        "corpora": dict(sorted(census(rows).items())),
        "made_from": {"rows": rows_hash([*rows, *parts.train]), "code": code_hash()},
    }
    manifest = write_folder(network, encoder / "tokenizer.json", manifest, out)
    write_json(out / "evaluation.json", evaluation)
    return manifest, evaluation


def thinned(rows: Sequence[Example], most: int, whole: Sequence[str] = ()) -> list[Example]:
    """At most `most` rows of each corpus, chosen by their text, so that measuring stays affordable; of those in `whole`, all.

    The project's own are read whole, too.
    """
    by_source: dict[str, list[Example]] = defaultdict(list)
    for row in rows:
        by_source[row.source].append(row)
    return [
        row
        for name, group in by_source.items()
        for row in sorted(group, key=lambda row: zlib.crc32(row.text.encode()))[
            : None if name.startswith(OWN) or name in whole else most
        ]
    ]


def rows_hash(rows: Iterable[Example]) -> str:
    """sha256 over the texts and labels a model was trained on, in order."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(repr((row.source, row.id, row.text, sorted(row.labels.items()))).encode())
    return digest.hexdigest()


def code_hash() -> str:
    """sha256 over the code and the recipe that make a model."""
    digest = hashlib.sha256()
    root = Path(str(files("analyzer")))
    chosen = [root / f"evaluation/{name}.py" for name in ("held", "metrics", "thresholds")]
    chosen += [*root.glob("scoring/*.py"), *root.glob("training/*"), root / "recipe.py", root / "text.py"]
    for file in sorted(chosen):
        if file.is_file():
            digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()


def census(rows: Iterable[Example]) -> Counter[str]:
    """Rows of each corpus."""
    return Counter(row.source for row in rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line of the recipe."""
    parser = argparse.ArgumentParser(prog="python -m analyzer.recipe", description=__doc__)
    parser.add_argument("--corpora", type=Path, required=True)
    parser.add_argument(
        "--own", type=Path, default=Path("data"), help="folder with the project's own labels and suites"
    )
    parser.add_argument("--encoder", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("build/model"))
    parser.add_argument("--tier", default="AB", choices=("A", "AB"))
    options = parser.parse_args(arguments)
    try:
        _make(options)
    except AnalyzerError as error:
        parser.exit(2, f"{error}\n")


def _make(options: argparse.Namespace) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    from analyzer.training.card import card_text, read_catalogue

    recipe = load_recipe()
    parts = pools(options.corpora, options.own, options.tier, recipe)
    fit_network(parts.stages, options.encoder, options.work, recipe)
    manifest, evaluation = finish(parts, options.encoder, options.work, options.out, recipe)
    card = card_text(manifest, evaluation, read_catalogue(options.corpora).values())
    (options.out / "card.md").write_text(card, "utf-8")
    for row in evaluation["headlines"]:
        print(f"{row['name']}: AUC {row['value']} (aimed at {row['target']}), n {row['n']}")
    print(f"written to {options.out}")


if __name__ == "__main__":
    main()
