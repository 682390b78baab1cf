"""The evaluation as Markdown and as one HTML page with plots: no script, nothing fetched, every figure with n and interval."""

import re
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from typing import Any

from markupsafe import Markup

Row = Sequence[str]
Table = tuple[str, Row, list[Row]]
_WIDTH, _HEIGHT = 220, 160


def tables(result: Mapping[str, Any]) -> list[Table]:
    """(title, header, rows) of every table, in reading order."""
    found = [asked_table(result.get("asked", []))]
    found += [
        _suite(suite, label, figures) for suite, parts in result["suites"].items() for label, figures in parts.items()
    ]
    found.append(("Labels", _HEADER, [_label_row(label, row) for label, row in result["labels"].items()]))
    for kind, title in (("corpora", "Label by corpus"), ("languages", "Label by language")):
        rows: list[Row] = [
            (part, *_label_row(label, row)) for part, figures in result[kind].items() for label, row in figures.items()
        ]
        found.append((title, (kind[:-1] if kind == "languages" else "corpus", *_HEADER), rows))
    found += [_bias(label, groups) for label, groups in result["bias"].items()]
    found.append(_robustness(result["robustness"]))
    found.append(_spans(result.get("spans", {})))
    return [table for table in found if table[2]]


def asked_table(rows: Iterable[Mapping[str, Any]]) -> Table:
    """What is asked of the embedded model beside what is reached; demands without rows are left out."""
    words = {True: "yes", False: "no", None: ""}
    lines: list[Row] = [
        (row["name"], row["asked"], figure(row), f"{row['n']:,}", words[row["met"]])
        for row in rows
        if row["value"] is not None
    ]
    return ("Asked and reached", ("what", "asked", "reached (95 %)", "n", "met"), lines)


_HEADER = (
    "label",
    "n",
    "positive",
    "AUC",
    "average precision",
    "precision",
    "recall",
    "F1",
    "macro-F1",
    "false positives",
    "ECE",
)


def _label_row(label: str, row: Mapping[str, Any]) -> Row:
    names = (
        "auc",
        "average_precision",
        "precision",
        "recall",
        "f1",
        "macro_f1",
        "false_positive_rate",
        "calibration_error",
    )
    return (label, f"{row['n']:,}", f"{row['positives']:,}", *(figure(row.get(name)) for name in names))


def _suite(suite: str, label: str, figures: Mapping[str, Any]) -> Table:
    rows: list[Row] = [
        ("all", *_share(figures["all"])),
        ("to be flagged", *_share(figures["expected_1"])),
        ("to be left alone", *_share(figures["expected_0"])),
    ]
    rows += [(f"language {name}", *_share(row)) for name, row in figures["by_language"].items()]
    rows += [(f"family {name}", *_share(row)) for name, row in figures["by_family"].items()]
    rows += [(f"group {name}", *_share(row)) for name, row in figures["by_target"].items()]
    if len(figures["by_label"]) > 2:
        rows += [(f"label {name}", *_share(row)) for name, row in figures["by_label"].items()]
    pairs = figures["pairs"]
    if pairs["groups"]:
        rows.append(
            ("pairs right throughout", f"{pairs['right_throughout'] / pairs['groups']:.3f}", "", str(pairs["groups"]))
        )
    if pairs["swaps"]:
        rows.append(("same wording, answer flips", f"{pairs['flipped'] / pairs['swaps']:.3f}", "", str(pairs["swaps"])))
    return (f"Suite {suite}: {label}", ("cases", "right", "95 %", "n"), rows)


def _share(row: Mapping[str, Any]) -> tuple[str, str, str]:
    if row["value"] is None:
        return "–", "", "0"
    return f"{row['value']:.3f}", f"{row['low']:.3f}–{row['high']:.3f}", f"{row['n']:,}"


def _bias(label: str, groups: Mapping[str, Any]) -> Table:
    names = ("subgroup_auc", "bpsn_auc", "bnsp_auc", "fpr", "fnr")
    rows: list[Row] = [
        (group, f"{row['n']:,}", f"{row['positives']:,}", *(figure(row[name]) for name in names))
        for group, row in sorted(groups.items(), key=lambda entry: -entry[1]["n"])
    ]
    header = ("group", "n", "positive", "subgroup AUC", "BPSN AUC", "BNSP AUC", "false positives", "false negatives")
    return (f"Bias: {label}", header, rows)


def _robustness(result: Mapping[str, Any]) -> Table:
    rows: list[Row] = []
    for kind, name in (("kept", "recall kept"), ("benign_flagged", "harmless twins flagged")):
        parts = {**result[kind], "all": result[f"{kind}_overall"]}
        rows += [(name, part, figure(row), str(row["n"])) for part, row in parts.items() if row["n"]]
    return ("Spelling tricks", ("what", "trick", "share (95 %)", "n"), rows)


def _spans(result: Mapping[str, Mapping[str, Any]]) -> Table:
    names = ("character_f1", "overlap_precision", "overlap_recall", "overlap_f1")
    rows: list[Row] = [
        (source, family, f"{row['texts']:,}", f"{row['marked']:,}", *(figure(row[name]) for name in names))
        for source, families in result.items()
        for family, row in families.items()
    ]
    header = (
        "corpus",
        "family",
        "texts",
        "with marks",
        "character F1",
        "overlap precision",
        "overlap recall",
        "overlap F1",
    )
    return ("Evidence against marked spans", header, rows)


def figure(row: Mapping[str, Any] | None) -> str:
    """`0.913 (0.90–0.92)`, or a dash."""
    if row is None or row["value"] is None:
        return "–"
    return f"{row['value']:.3f} ({row['low']:.2f}–{row['high']:.2f})"


def as_markdown(result: Mapping[str, Any]) -> str:
    """The tables as Markdown."""
    lines = [f"# Evaluation of {result['model']}", "", _preface(result), ""]
    for title, header, rows in tables(result):
        lines += [f"## {_plain(title)}", "", _line(header), _line(["---"] * len(header)), *map(_line, rows), ""]
    return "\n".join(lines)


def _preface(result: Mapping[str, Any]) -> str:
    return (
        f"{result['rows']:,} rows, {result['not_scored']:,} of them not scored. "
        "Brackets: 95 % intervals (bootstrap, rows of one article or document together except in bias and marked spans; "
        "Wilson for suites). Labels are measured at "
        "their `balanced` threshold, on rows as the corpora hold them, richer in positives than a comment section; the calibration "
        "error by label alone is at the base rates assumed of one. Of corpora only the half is read on which nothing was chosen."
    )


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(map(_plain, cells)) + " |"


def _plain(words: str) -> str:
    """One line without mark-up: names of files, families and groups come from the rows."""
    return re.sub(r"([|<>&\[\]`\\])", r"\\\1", " ".join(words.split()))


def as_html(result: Mapping[str, Any]) -> str:
    """One page that stands alone."""
    from jinja2 import Environment

    source = files("analyzer.evaluation").joinpath("templates/evaluation.html").read_text("utf-8")
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(source)
    most_judged = sorted(result["labels"].items(), key=lambda entry: -entry[1]["positives"])[:12]
    return template.render(
        model=result["model"],
        preface=_preface(result),
        tables=tables(result),
        aucs=auc_chart(result["labels"]),
        diagrams=[(label, reliability_chart(row["reliability"]), row["n"]) for label, row in most_judged],
    )


def auc_chart(labels: Mapping[str, Any]) -> Markup:
    """A dot and an interval for each label, from 0.5 to 1."""
    rows = [(label, row["auc"]) for label, row in labels.items() if row["auc"]["value"] is not None]
    if not rows:
        return Markup("")
    parts = []
    for number, (label, auc) in enumerate(rows):
        y = 14 + 18 * number
        low, middle, high = (260 + 400 * (max(auc[name], 0.5) - 0.5) / 0.5 for name in ("low", "value", "high"))
        parts.append(
            Markup(
                '<text x="250" y="{}" text-anchor="end">{}</text><line x1="{:.1f}" x2="{:.1f}" y1="{}" y2="{}" class="span"/>'
                '<circle cx="{:.1f}" cy="{}" r="3.5" class="dot"/>'
            ).format(y + 4, label, low, high, y, y, middle, y)
        )
    height = 18 * len(rows) + 26
    marks = "".join(
        f'<line x1="{260 + 80 * n}" x2="{260 + 80 * n}" y1="4" y2="{height - 20}" class="grid"/>'
        f'<text x="{260 + 80 * n}" y="{height - 6}" text-anchor="middle">{0.5 + n / 10:.1f}</text>'
        for n in range(6)
    )
    title = "Area under the ROC curve by label, with 95 % intervals"
    return Markup('<svg viewBox="0 0 680 {}" role="img" aria-label="{}">{}{}</svg>').format(
        height, title, Markup(marks), Markup("").join(parts)
    )


def reliability_chart(points: Sequence[Mapping[str, Any]]) -> Markup:
    """Mean probability (across) against share of positives (up); on the diagonal a score means what it says."""
    dots = "".join(
        f'<circle cx="{_WIDTH * point["prob"]:.1f}" cy="{_HEIGHT * (1 - point["share"]):.1f}" r="3" class="dot"/>'
        for point in points
    )
    return Markup(
        f'<svg viewBox="-6 -6 {_WIDTH + 12} {_HEIGHT + 12}" role="img" aria-label="Reliability diagram">'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" class="frame"/>'
        f'<line x1="0" y1="{_HEIGHT}" x2="{_WIDTH}" y2="0" class="grid"/>{dots}</svg>'
    )
