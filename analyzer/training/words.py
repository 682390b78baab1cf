"""What a training gave, in plain words: for the terminal and for the card."""

from collections.abc import Mapping, Sequence
from typing import Any


def outcome_lines(result: Mapping[str, Any], out: str, measured: str) -> list[str]:
    """What became better, by how much, on how many rows; what happened to the others; what to do next."""
    lines = [line for label, row in result["labels"].items() for line in _label_lines(label, row)]
    lines += [f"{label}: {why}" for label, why in result["left"].items()]
    lines.append(_held_line(result["held"]))
    lines.append(f"candidate {result['candidate']} written to {out}")
    lines.append(f"next: analyzer promote {out} --on {measured} --on data/suites --dry-run")
    return lines


def _label_lines(label: str, row: Mapping[str, Any]) -> list[str]:
    after, before = row["after"], row["before"]
    on = f"on {row['n']:,} rows it has not seen, {row['positives']:,} with the label"
    if not after:
        return [f"{label}: learnt, but {on} are too few to measure"]
    lines = [f"{label} ({'new' if row['new'] else 'corrected'}): {_quality(after)} {on}"]
    if before:
        gain = before["auc_gain"]
        sure = "more than chance" if gain["low"] > 0 else "worse than before" if gain["high"] < 0 else "within chance"
        lines.append(
            f"  before: {_quality(before)}; ranking {gain['value']:+.3f} ({gain['low']:+.3f} to {gain['high']:+.3f}), {sure}"
        )
    lines.append(
        f"  probabilities and thresholds assume that {_share(row['base_rate'])} of comments carry it ({row['base_rate_from']}); "
        f"say --base-rate {label}=SHARE if your site differs"
    )
    return lines


def _quality(figures: Mapping[str, Any]) -> str:
    parts = []
    if (f1 := figures.get("f1_balanced")) and f1["value"] is not None:
        parts.append(f"F1 {_figure(f1)} at its balanced threshold")
    parts.append(f"AUC {_figure(figures['auc'])}")
    return ", ".join(parts)


def _figure(measure: Mapping[str, Any]) -> str:
    if measure["value"] is None:
        return "not measurable"
    return f"{measure['value']:.2f} ({measure['low']:.2f} to {measure['high']:.2f})"


def _share(rate: float) -> str:
    return f"{100 * rate:.3g} %"


def _held_line(held: Mapping[str, Any]) -> str:
    ranking = (
        f", ranking {held['auc_change']:+.4f} AUC (mean of {held['auc_labels']} labels)"
        if held["auc_change"] is not None
        else ""
    )
    verdicts = held["texts"] * len(held["labels"])
    return (
        f"the other {len(held['labels'])} labels on {held['texts']:,} held-out texts: probability moved by "
        f"{held['mean_change']:.4f} on average, {held['flips']:,} of {verdicts:,} verdicts flipped{ranking}"
    )


def card_section(name: str, result: Mapping[str, Any], own: Sequence[Mapping[str, Any]]) -> str:
    """The head of the candidate's card, with what its own labels mean."""
    meanings = {row["id"]: row for table in own for row in table["label"]}
    rows = result["rows"]
    lines = [
        f"# Model card: {name}",
        "",
        "## Retrained from",
        "",
        f"`{result['candidate']}`, made from `{result['from']}` with `analyzer train`, seed {result['seed']}: {rows['train']:,} "
        f"rows learnt from, {rows['fit']:,} to stop and calibrate by, {rows['measure']:,} measured on and used for nothing else.",
        "The encoder's upper layers learnt too." if result["way"] == "many" else "The encoder stayed as it was.",
        "",
        *(f"- {line.strip()}" for label, row in result["labels"].items() for line in _label_lines(label, row)),
        f"- {_held_line(result['held'])}",
        "",
        *_meanings(meanings, result["labels"]),
    ]
    return "\n".join(lines)


def _meanings(meanings: Mapping[str, Mapping[str, Any]], learnt: Mapping[str, Any]) -> list[str]:
    lines = [
        f"**{meanings[label]['name']}** (`{label}`): {meanings[label]['definition']} Not this: {meanings[label]['not_this']}"
        for label in learnt
        if label in meanings
    ]
    return [line for text in lines for line in (text, "")]
