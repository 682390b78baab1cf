"""analyzer explain: one text, its labels, its evidence and what the policy makes of it, in words."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from analyzer.cli.console import print_json, screen_text, verb
from analyzer.cli.score import Json, ModelOption, PolicyOption, model_of, policy_of
from analyzer.operating import cut_of
from analyzer.schema import Checked, Decision, Score
from analyzer.threads import answer_thread

if TYPE_CHECKING:
    from analyzer.scoring import Cue
    from analyzer.taxonomy import Taxonomy

# The words of the reports: a probability never stands alone.
_WORDS = ((0.9, "very likely"), (0.7, "likely"), (0.5, "more likely than not"), (0.3, "possible"), (0.0, "unlikely"))
_NOT_CHECKED = {
    Checked.EMPTY: "there is no text",
    Checked.LETTERLESS: "there are no letters to read",
    Checked.LANGUAGE: "the model does not know this language",
    Checked.FAILED: "scoring failed",
    Checked.DELETED: "the comment was deleted",
    Checked.SPAM: "the site took it for spam",
}


@verb
def explain(
    text: Annotated[str, typer.Argument(help="The comment.")],
    parent: Annotated[str | None, typer.Option("--parent", help="The comment it answers.")] = None,
    lang: Annotated[str | None, typer.Option("--lang", help="Its language, as en or de.")] = None,
    model: ModelOption = None,
    policy: PolicyOption = None,
    json: Json = False,
) -> None:
    """Explain one text: labels, evidence, cues, and the suggestion with its rules."""
    from analyzer.config import load_config
    from analyzer.scoring import load_scorer
    from analyzer.taxonomy import load_taxonomy

    config = load_config({"model": model, "policy": policy})
    scorer = load_scorer(model_of(config.model))
    taxonomy = load_taxonomy(own=getattr(scorer, "own_labels", ()))
    (score,) = scorer.score([answer_thread("1", text, parent, lang)])
    decision = policy_of(config.policy, scorer).decide(score)
    cues = _cues(text, taxonomy)
    if json:
        print_json(_record(score, decision, cues))
    else:
        _show(text, score, decision, (cues, _bounds(scorer, score.lang)), taxonomy)


def _bounds(scorer: object, lang: str) -> dict[str, float]:
    """The threshold a label is named from: the model's `balanced` one, which for a rare label lies far below one half."""
    thresholds = getattr(scorer, "thresholds", {})
    return {label: cut.at(lang) for label in thresholds if (cut := cut_of(thresholds, label))}


def _cues(text: str, taxonomy: "Taxonomy") -> "list[Cue]":
    """Cues with the offsets of the text as given; they are found in its normalised form."""
    from dataclasses import replace

    from analyzer.scoring import find_cues
    from analyzer.text import normalise

    plain = normalise(text)
    found = []
    for cue in find_cues(plain.text, taxonomy):
        start, end = plain.to_raw(cue.start, cue.end)
        found.append(replace(cue, start=start, end=end, cue=text[start:end]))
    return found


def _record(score: Score, decision: Decision, cues: "list[Cue]") -> dict[str, Any]:
    said = {"lang": score.lang, "checked": str(score.checked), "windows": score.windows, "probs": dict(score.probs)}
    suggested = {"action": str(decision.action), "reasons": [reason.to_json() for reason in decision.reasons]}
    marks = [{"start": c.start, "end": c.end, "label": c.label, "cue": c.cue, "why": c.why} for c in cues]
    versions = {"model": score.model, "policy": decision.policy}
    return versions | said | {"spans": [span.to_json() for span in score.spans]} | suggested | {"cues": marks}


def _show(
    text: str, score: Score, decision: Decision, found: "tuple[list[Cue], dict[str, float]]", taxonomy: "Taxonomy"
) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    shown = Text(screen_text(text))
    for span in score.spans:
        shown.stylize("bold underline", span.start, span.end)
    console.print(shown)
    console.print()
    if score.checked is not Checked.OK:
        console.print(Text(f"Not checked: {_NOT_CHECKED[score.checked]}. That is not the same as harmless."))
        return
    cues, bounds = found
    for line in (*_label_lines(score, bounds, taxonomy), *_evidence_lines(text, score, cues, taxonomy)):
        console.print(Text(screen_text(line)))
    console.print()
    for line in _suggestion_lines(decision, taxonomy):
        console.print(Text(screen_text(line)))


def _word(prob: float) -> str:
    return next(word for bound, word in _WORDS if prob >= bound)


def _name(label: str, taxonomy: "Taxonomy") -> str:
    """The name an editor knows; a span may speak for a whole family."""
    return taxonomy.get(label).name if label in taxonomy else label


def _label_lines(score: Score, bounds: dict[str, float], taxonomy: "Taxonomy") -> list[str]:
    """Labels at or above their threshold, likeliest first."""
    over = [(prob, label) for label, prob in score.probs.items() if prob >= bounds.get(label, 0.5)]
    lines = [
        f"{_name(label, taxonomy):<40} {prob:.2f}  {_word(prob)}; shown from {bounds.get(label, 0.5):.2f}"
        for prob, label in sorted(over, reverse=True)
    ]
    return lines or ["No label reaches its threshold."]


def _evidence_lines(text: str, score: Score, cues: "list[Cue]", taxonomy: "Taxonomy") -> list[str]:
    lines = [f"Evidence for {_name(s.label, taxonomy)}: “{text[s.start : s.end]}”" for s in score.spans]
    lines += [f"Cue for {_name(c.label, taxonomy)}: “{c.cue}” ({c.why}). A cue is no verdict." for c in cues]
    return ["", *lines] if lines else []


def _suggestion_lines(decision: Decision, taxonomy: "Taxonomy") -> list[str]:
    lines = [f"Suggested: {decision.action} (policy {decision.policy})."]
    for reason in decision.reasons:
        name = _name(reason.label, taxonomy)
        met = f"{name} is {_word(reason.prob)} ({reason.prob:.2f}, threshold {reason.threshold:.2f})"
        lines.append(f"Rule “{reason.rule}”: {met} → {reason.action}.")
    return lines
