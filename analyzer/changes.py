"""What another policy would change on a run: the scores are decided again in memory and nothing is written."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from analyzer.pipeline import thresholds_of
from analyzer.policy import load_policy
from analyzer.runs import Run, open_run
from analyzer.schema import Key
from analyzer.shards import DecideShard

_EXAMPLES = 10


@dataclass(slots=True, kw_only=True)
class Changes:
    """`actions` counts (before, after); `ceased` and `begun` count (rule, label) over the comments whose action
    changes."""

    before: str
    after: str
    actions: Counter[tuple[str, str]] = field(default_factory=Counter)
    ceased: Counter[tuple[str, str]] = field(default_factory=Counter)
    begun: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: list[tuple[Key, str, str]] = field(default_factory=list)

    @property
    def comments(self) -> int:
        return self.actions.total()

    @property
    def changed(self) -> int:
        return sum(count for (before, after), count in self.actions.items() if before != after)

    def to_json(self) -> dict[str, Any]:
        return {
            "before": self.before,
            "after": self.after,
            "comments": self.comments,
            "changed": self.changed,
            "actions": [{"before": b, "after": a, "count": n} for (b, a), n in self.actions.most_common()],
            "ceased": _rules(self.ceased),
            "begun": _rules(self.begun),
            "examples": [{"key": list(key), "before": b, "after": a} for key, b, a in self.examples],
        }


def compare_policy(run: Run | str | Path, policy: str | Path) -> Changes:
    """How the decisions of `policy` differ from the run's current ones."""
    run = run if isinstance(run, Run) else open_run(run)
    loaded = load_policy(policy, thresholds=thresholds_of(run, run.model))
    decide = DecideShard(run.path, run.model, loaded)
    changes = Changes(before=run.policy, after=loaded.version)
    for shard in run.shards:
        with pq.ParquetFile(run.file("decisions", run.policy, shard=shard)) as file:
            stored = (row for batch in file.iter_batches() for row in batch.to_pylist())
            fresh = (row for table in decide.tables(run, shard) for row in table.to_pylist())
            for before, after in zip(stored, fresh, strict=True):
                _note(changes, before, after)
    return changes


def _note(changes: Changes, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    pair = (before["action"], after["action"])
    changes.actions[pair] += 1
    if pair[0] == pair[1]:
        return
    old, new = _fired(before["reasons"]), _fired(after["reasons"])
    changes.ceased.update(old - new)
    changes.begun.update(new - old)
    if len(changes.examples) < _EXAMPLES:
        changes.examples.append((Key(after["source"], after["thread_id"], after["id"]), *pair))


def _fired(reasons: Iterable[Mapping[str, Any]]) -> set[tuple[str, str]]:
    return {(reason["rule"], reason["label"]) for reason in reasons}


def _rules(counts: Counter[tuple[str, str]]) -> list[dict[str, Any]]:
    return [{"rule": rule, "label": label, "count": count} for (rule, label), count in counts.most_common()]
