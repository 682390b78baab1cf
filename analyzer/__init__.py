"""Score comment dumps for abuse, antisemitic tropes and propaganda techniques; write moderation reports.

The data's way, one pure function a stage:

| stage | module | in | out |
|---|---|---|---|
| read | `readers` | dump files | Comments |
| thread | `threads` | Comments | Threads |
| score | `scoring` | Threads | Scores |
| decide | `policy` | Scores | Decisions |
| report | `reports` | Threads, Scores, Decisions | Reports |
| review | `suggestion`, `desk`, `review` | Scores, Decisions | comments worth a label; what you decide comes back as Reviews |
| train | `training` | Reviews, label files | a candidate model |
| evaluate | `evaluation` | a model, label files | figures, a gate |
| promote | `release` | a candidate model | the current model |

`pipeline` strings the first five together over a Run on disk. Names below are loaded when they are first used, so that
`import analyzer` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analyzer.changes import compare_policy
    from analyzer.errors import AnalyzerError
    from analyzer.pipeline import RunSettings, decide_run, report_run, score_dump
    from analyzer.policy import Policy, load_policy
    from analyzer.readers import (
        LabelFile,
        ReadOptions,
        Tally,
        gather_labels,
        read_comments,
        read_labels,
        sniff_format,
    )
    from analyzer.release import promote, rollback
    from analyzer.reports import (
        Report,
        build_index,
        build_report,
        write_csv,
        write_html,
        write_json,
        write_markdown,
        write_reports,
    )
    from analyzer.retraining import Candidate, TrainSettings, train
    from analyzer.runs import Run, open_run
    from analyzer.schema import Action, Comment, Decision, Review, Score, Scorer, Span, Thread
    from analyzer.scoring import find_cues, load_scorer
    from analyzer.suggestion import SuggestSettings, suggest_comments, write_suggestions
    from analyzer.taxonomy import Label, Taxonomy, load_taxonomy
    from analyzer.threads import build_threads
    from analyzer.training import Finding, Suspect, find_likely_wrong, validate_labels
    from analyzer.version import VERSION as __version__
    from analyzer.weighing import ReleaseSettings, weigh

_HOMES = {
    "analyzer.changes": ("compare_policy",),
    "analyzer.errors": ("AnalyzerError",),
    "analyzer.pipeline": ("RunSettings", "decide_run", "report_run", "score_dump"),
    "analyzer.policy": ("Policy", "load_policy"),
    "analyzer.readers": (
        "LabelFile",
        "ReadOptions",
        "Tally",
        "gather_labels",
        "read_comments",
        "read_labels",
        "sniff_format",
    ),
    "analyzer.release": ("promote", "rollback"),
    "analyzer.reports": (
        "Report",
        "build_index",
        "build_report",
        "write_csv",
        "write_html",
        "write_json",
        "write_markdown",
        "write_reports",
    ),
    "analyzer.retraining": ("Candidate", "TrainSettings", "train"),
    "analyzer.runs": ("Run", "open_run"),
    "analyzer.schema": ("Action", "Comment", "Decision", "Review", "Score", "Scorer", "Span", "Thread"),
    "analyzer.scoring": ("find_cues", "load_scorer"),
    "analyzer.suggestion": ("SuggestSettings", "suggest_comments", "write_suggestions"),
    "analyzer.taxonomy": ("Label", "Taxonomy", "load_taxonomy"),
    "analyzer.threads": ("build_threads",),
    "analyzer.training": ("Finding", "Suspect", "find_likely_wrong", "validate_labels"),
    "analyzer.weighing": ("ReleaseSettings", "weigh"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Action",
    "AnalyzerError",
    "Candidate",
    "Comment",
    "Decision",
    "Finding",
    "Label",
    "LabelFile",
    "Policy",
    "ReadOptions",
    "ReleaseSettings",
    "Report",
    "Review",
    "Run",
    "RunSettings",
    "Score",
    "Scorer",
    "Span",
    "SuggestSettings",
    "Suspect",
    "Tally",
    "Taxonomy",
    "Thread",
    "TrainSettings",
    "__version__",
    "build_index",
    "build_report",
    "build_threads",
    "compare_policy",
    "decide_run",
    "find_cues",
    "find_likely_wrong",
    "gather_labels",
    "load_policy",
    "load_scorer",
    "load_taxonomy",
    "open_run",
    "promote",
    "read_comments",
    "read_labels",
    "report_run",
    "rollback",
    "score_dump",
    "sniff_format",
    "suggest_comments",
    "train",
    "validate_labels",
    "weigh",
    "write_csv",
    "write_html",
    "write_json",
    "write_markdown",
    "write_reports",
    "write_suggestions",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module("analyzer.version").VERSION
    if name not in _HOME_OF:
        raise AttributeError(f"module 'analyzer' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOME_OF[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
