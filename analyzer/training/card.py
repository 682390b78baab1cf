"""The model card, written from the manifest and the evaluation: no figure in it is typed by hand."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analyzer.errors import InputError
from analyzer.evaluation import asked_table
from analyzer.training.fitting import assumed


@dataclass(frozen=True, slots=True)
class Corpus:
    """What the catalogue says of a corpus."""

    name: str
    tier: str
    licence: str
    citation: str


def read_catalogue(folder: Path) -> dict[str, Corpus]:
    """The corpora of `CATALOG.md`: its table names corpus, tier, licence and citation in columns."""
    file = folder / "CATALOG.md"
    if not file.is_file():
        raise InputError(f"{file}: not found; the card needs the licences of the corpora")
    corpora: dict[str, Corpus] = {}
    header: list[str] = []
    for line in file.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if "corpus" in cells and "licence" in cells:
            header = cells
        elif header and line.startswith("|") and len(cells) == len(header) and not set(cells[0]) <= set("-:"):
            row = dict(zip(header, cells, strict=True))
            corpora[row["corpus"]] = Corpus(row["corpus"], row["tier"], row["licence"], row["citation"])
    return corpora


def card_text(manifest: Mapping[str, Any], evaluation: Mapping[str, Any], corpora: Iterable[Corpus]) -> str:
    """The card as Markdown."""
    return "\n".join(
        [
            f"# Model card: {manifest['name']}",
            "",
            f"Version `{manifest['name']}@{manifest['hash'][:12]}` · taxonomy `{manifest['taxonomy']}` · seed {manifest['seed']}.",
            "One multilingual encoder (multilingual-e5-small, MIT; Wang et al. 2024, arXiv 2402.05672) with a comment head over",
            f"{len(manifest['labels'])} labels and a span head. Letter n-grams add to {_ngrams(manifest)} of the labels.",
            "Scores a comment with its parent; runs offline on a CPU.",
            "",
            *_for_an_editor(manifest["thresholds"]),
            *_LIMITS,
            *_languages(manifest["languages"], manifest["thresholds"]),
            *_asked(evaluation["asked"]),
            *_labels(evaluation["labels"]),
            *_thresholds(manifest["thresholds"]),
            *_suites(evaluation["suites"]),
            *_bias(evaluation["bias"]),
            *_robustness(evaluation["robustness"]),
            *_spans(manifest, evaluation),
            *_corpora(corpora, manifest["corpora"]),
            "",
        ]
    )


def _for_an_editor(table: Mapping[str, Any]) -> list[str]:
    """What the queue would hold, and what would be missed, in a thousand comments."""
    lines = [
        "## For an editor",
        "",
        "Of 1,000 comments, if a label is as common on your site as assumed here, its `balanced` threshold shows a person so many:",
        "",
        "| label | assumed to have it | shown | rightly | missed | right when shown (95 %) | found (95 %) |",
        "|---|--:|--:|--:|--:|---|---|",
    ]
    for label in _COMMON:
        row, rate = table.get(label, {}).get("balanced", {}), assumed("base_rates", label)
        if rate and row.get("precision") and row.get("recall") is not None:
            found = 1000 * rate * row["recall"]
            counts = [1000 * rate, found / row["precision"], found, 1000 * rate - found]
            kept = [_kept(row, name) for name in ("precision", "recall")]
            lines.append(f"| {label} | " + " | ".join([*(f"{count:.0f}" for count in counts), *kept]) + " |")
    return [
        *lines,
        "",
        "A comment may be shown for several labels. How common each is on your site is told by a random sample of your own",
        "comments (`analyzer suggest --random 1`, `analyzer prevalence`), and so is whether these figures hold there.",
        "",
    ]


def _asked(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """What was asked of the model, whether it was reached or not."""
    _, header, found = asked_table(rows)
    return [
        "## Asked and reached",
        "",
        "What `analyzer/evaluation/asked.toml` asks, at the `balanced` thresholds: corpora on the held-out rows that were",
        "not trained on and on which no threshold was chosen, the project's own suites whole. Where a demand was made of a public",
        "test set, this is not that set. Read them as development results: stages of the training were chosen with these rows and",
        "cases in sight, and later training rows were written for families of cases that had shown to be weak. Blind cases are an",
        "exception: they were written after the fourteenth stage, by authors who read the definitions and a list of kinds of case,",
        "but no other case and no training row: blind to wordings, not to what is asked. No row was written against them; the",
        "stages since were taken, or not, with their figures in sight, and that replies were held to be harmless was seen on them,",
        "too, before the last stage. Cases in reply to comments that have nothing to do with them were made from the others, and",
        "their comments written, while that stage learnt. N1 to N9 are what must not be",
        "flagged as antisemitic: criticism of Israel's policy, quoting and reporting, counter-speech, Holocaust history and",
        "memory, Jewish self-reference, literal use of words that can be coded, names of people and places, conspiracy talk",
        "without Jews, debates about Zionism (`data/README.md`).",
        "",
        "| " + " | ".join(header) + " |",
        "|---|---|---|--:|---|",
        *("| " + " | ".join(cells) + " |" for cells in found),
        "",
    ]


def _labels(report: Mapping[str, Any]) -> list[str]:
    lines = [
        "## By label",
        "",
        "AUC on judged held-out rows, on which nothing was trained and no threshold chosen. The calibration error (ECE) is at the",
        "assumed base rate of a comment section (`analyzer/training/recipe.toml`), not of the enriched corpora.",
        "",
        "| label | AUC (95 %) | n | positives | ECE |",
        "|---|---|--:|--:|--:|",
    ]
    for label, row in report.items():
        auc = row["auc"]
        cells = [label, f"{_figure(auc['value'], 3)} ({_figure(auc['low'], 2)}–{_figure(auc['high'], 2)})"]
        cells += [f"{auc['n']:,}", f"{auc['positives']:,}", _figure(row["calibration_error"]["value"], 3)]
        lines.append("| " + " | ".join(cells) + " |")
    return [*lines, ""]


def _thresholds(table: Mapping[str, Any]) -> list[str]:
    """What each threshold keeps, over all languages and in each that has enough rows."""
    lines = [
        "## Thresholds",
        "",
        "Precision and recall (95 %) on the rows on which no threshold was chosen, at the assumed base rate. Among them are",
        "ordinary comments that nobody judged for a label, which count little and as negatives; sentences of one article count",
        "singly. `=`: a language is held against the threshold of all. `none`: where few are flagged, too many of them are wrong.",
        "A dash: too few positives, or too few rows flagged, to say.",
        "",
        "| label | language | positives | balanced | precision | recall | precise | precision | recall |",
        "|---|---|--:|--:|---|---|--:|---|---|",
    ]
    for label, points in table.items():
        by_language = {name: points.get(name, {}).get("by_language", {}) for name in ("balanced", "precise")}
        for lang in ("all", *sorted({lang for rows in by_language.values() for lang in rows})):
            rows = {
                name: points.get(name, {}) if lang == "all" else by_language[name].get(lang, {}) for name in by_language
            }
            cells = [label, lang, f"{max(row.get('positives', 0) for row in rows.values()):,}"]
            for name, row in rows.items():
                threshold = _figure(row["threshold"], 3) if "threshold" in row else "=" if name in points else "none"
                cells += [threshold, _kept(row, "precision"), _kept(row, "recall")]
            lines.append("| " + " | ".join(cells) + " |")
    return [*lines, ""]


def _kept(row: Mapping[str, Any], name: str) -> str:
    if row.get(name) is None:
        return "–"
    low, high = row[f"{name}_interval"]
    return f"{row[name]:.2f} ({low:.2f}–{high:.2f})"


def _suites(suites: Mapping[str, Any]) -> list[str]:
    """What is right on the project's own cases, which nothing was trained on."""
    lines = [
        "## Functional suites",
        "",
        "Cases of `data/suites`, written from the definitions by other hands than the training rows and never trained on, at the",
        "`balanced` threshold: the share that is right, with 95 % Wilson intervals over wordings. By family: `make evaluate`.",
        "",
        "| suite | label | to be flagged | n | to be left alone | n |",
        "|---|---|---|--:|---|--:|",
    ]
    for suite, parts in suites.items():
        for label, row in parts.items():
            sides = (row["expected_1"], row["expected_0"])
            lines.append(f"| {suite} | {label} | " + " | ".join(f"{_range(s)} | {s['n']:,}" for s in sides) + " |")
    asked = suites.get("hate", {}).get("abuse.identity_attack", {})
    for by, of in (("language", "by_language"), ("group spoken of", "by_target")):
        parts = asked.get(of, {})
        if parts:
            head = f"| {by} | to be flagged | to be left alone |"
            lines += ["", f"Identity attacks by {by}:", "", head, "|---|---|---|"]
        for name in sorted({name.partition(" ")[0] for name in parts}):
            both = [parts.get(f"{name} ({expected})") for expected in (1, 0)]
            cells = [f"{_range(side)}, n {side['n']}" if side else "–" for side in both]
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def _bias(bias: Mapping[str, Any]) -> list[str]:
    """How errors differ between the groups a comment speaks of."""
    lines = [
        "## Bias",
        "",
        "On held-out rows of the corpora that name their targets, at the `balanced` threshold; AUCs after Borkan et al. 2019. The",
        "corpora differ by group in where their rows come from, so a gap is a hint, no proof.",
        "",
        "| label | group | harmless | hateful | false positives | false negatives | subgroup AUC | BPSN AUC | BNSP AUC |",
        "|---|---|--:|--:|---|---|---|---|---|",
    ]
    for label, groups in bias.items():
        for group, row in sorted(groups.items(), key=lambda entry: -entry[1]["n"]):
            figures = [_range(row[name]) for name in ("fpr", "fnr", "subgroup_auc", "bpsn_auc", "bnsp_auc")]
            lines.append(
                f"| {label} | {group} | {row['n'] - row['positives']:,} | {row['positives']:,} | "
                + " | ".join(figures)
                + " |"
            )
    return [*lines, ""]


def _robustness(result: Mapping[str, Any]) -> list[str]:
    kept, benign = result["kept_overall"], result["benign_flagged_overall"]
    if not kept["n"]:
        return []
    return [
        "## Spelling tricks",
        "",
        f"Of what is found in clean spelling {_range(kept)} is still found under spelling tricks (n {kept['n']}); of harmless",
        f"texts that look like tricks {_range(benign)} are flagged (n {benign['n']}); of their clean forms",
        f"{_range(result['benign_clean_flagged'])} (n {result['benign_clean_flagged']['n']}).",
        "",
    ]


def _range(row: Mapping[str, Any]) -> str:
    if row["value"] is None:
        return "–"
    return f"{row['value']:.3f} ({row['low']:.2f}–{row['high']:.2f})"


def _spans(manifest: Mapping[str, Any], evaluation: Mapping[str, Any]) -> list[str]:
    lines = [
        "## Evidence",
        "",
        "Marked spans against those of annotators, on held-out texts in which they looked for them, whatever the label says.",
        "Character F1 as in SemEval-2021 task 5, overlap F1 as in span identification of SemEval-2020 task 11; 95 % intervals.",
        "Marked is a run of tokens at the first threshold or above it that somewhere reaches the second; the third is the share of",
        "the highest token that each must have.",
        "",
        "| family | corpus | texts | with marks | thresholds | character F1 | overlap F1 |",
        "|---|---|--:|--:|--:|---|---|",
    ]
    for family, corpora in evaluation["spans"].items():
        marking = "{low:.2f}, {high:.2f}, {share:.1f}".format_map(manifest["span_thresholds"][family])
        for corpus, row in corpora.items():
            figures = [_range(row[name]) for name in _SPAN_FIGURES]
            cells = [
                family,
                corpus,
                f"{row['texts']:,}",
                f"{row['marked']:,}",
                marking,
            ]
            lines.append("| " + " | ".join([*cells, *figures]) + " |")
    return [*lines, "", "Other families have no annotated spans: the words that added most to the label are shown.", ""]


def _languages(languages: Mapping[str, Sequence[str]], table: Mapping[str, Any]) -> list[str]:
    """Languages, and for which labels there are held-out comments enough to say how good each is in them."""
    measured: dict[str, list[str]] = {lang: [] for lang in languages["tested"]}
    for label, points in table.items():
        for lang in points.get("balanced", {}).get("by_language", {}):
            measured.setdefault(lang, []).append(label)
    lines = [
        "## Languages",
        "",
        "| language | labels measured on held-out comments (20 and more with the label, and as many without) |",
        "|---|---|",
    ]
    for lang, labels in measured.items():
        said = ", ".join(labels) if len(labels) <= _FEW else f"{len(labels)} labels (see Thresholds)"
        lines.append(
            f"| {lang} | {said or 'none: too few held-out comments; what there is stands in the tables below'} |"
        )
    return [
        *lines,
        "",
        f"Scored by transfer, without figures: {', '.join(languages['transfer'])}. A comment that is recognised with near",
        "certainty as another language is reported as not checked; shorter or mixed ones are scored all the same.",
        "",
    ]


_FEW = 9  # labels that are named one by one
_COMMON = ("abuse.toxicity", "abuse.insult", "abuse.identity_attack", "abuse.threat", "antisemitism.any")
_SPAN_FIGURES = ("character_f1", "overlap_f1")
_LIMITS = [
    "## Limits",
    "",
    "- Tropes and most techniques rest on few or rule-made labels (`support` in `docs/labels.md`): they point, a person decides.",
    "- Technique labels come from news sentences, memes and arguments written on demand; ordinary comments are messier.",
    "- Irony, images, links and what happened outside the thread are not seen.",
    "- Definitions differ between corpora, above all of identity attacks and of antisemitism related to Israel.",
    "- Precision depends on how common a label is on your site: measure it on a random sample of your own comments.",
    "",
    "## Not to be used for",
    "",
    "- removing comments or punishing people without a person reading the comment;",
    "- judging a person, an account or a group by scores added up;",
    "- deciding whether a statement is true, or whether somebody is paid or a machine;",
    "- surveillance, law enforcement, or texts that are not public comments.",
    "",
]


def _ngrams(manifest: Mapping[str, Any]) -> int:
    return len(manifest["ngrams"]["sizes"])


def _corpora(corpora: Iterable[Corpus], used: Mapping[str, int]) -> list[str]:
    lines = [
        "## Training data",
        "",
        "Tier A: open licence. Tier B: none stated, or released for research; `make model TIER=A` leaves them out.",
        "",
        "Rows: as often as the network was trained on them. The n-grams read every training row of these corpora once.",
        "",
        "| corpus | rows | tier | licence | source |",
        "|---|--:|---|---|---|",
    ]
    known = {corpus.name: corpus for corpus in corpora}
    for name, rows in sorted(used.items()):
        own = Corpus(name, "A", "this project's", "written for this project, `data/labels/`")
        corpus = own if name.startswith("project_") else known.get(name, Corpus(name, "?", "not in the catalogue", ""))
        lines.append(f"| {name} | {rows:,} | {corpus.tier} | {corpus.licence} | {corpus.citation} |")
    return lines


def _figure(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
