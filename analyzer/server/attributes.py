"""The names a label goes by on the wire: Perspective's attributes and our own, over the bridges of the taxonomy."""

import re
from collections.abc import Iterable, Mapping

from analyzer.taxonomy import Taxonomy

_EXPERIMENTAL = ("IDENTITY_ATTACK", "INSULT", "PROFANITY", "THREAT")
_PINNED = re.compile(r"@\d+\Z")


def name_attributes(labels: Iterable[str], taxonomy: Taxonomy) -> Mapping[str, str]:
    """Attribute → id of the label it means. Every label has a name of ours, `X_` and its id (`X_SITE_DOXXING`).

    A name that several labels share means the family's summary, or nobody: an attribute without an honest equivalent has no number.
    """
    known = tuple(labels)
    sharing: dict[str, list[tuple[bool, str]]] = {}
    for id in known:
        names = taxonomy.get(id).bridges.get("perspective", ()) if id in taxonomy else ()
        for place, name in enumerate(names):
            sharing.setdefault(name, []).append((place > 0, id))
    found = {own_name(id): id for id in known}
    for name, owners in sharing.items():
        first = [id for later, id in owners if not later] or [id for _, id in owners]
        summary = [id for id in first if id.endswith(".any")]
        chosen = first if len(first) == 1 else summary
        if len(chosen) == 1:
            found[name] = chosen[0]
    found |= {f"{name}_EXPERIMENTAL": found[name] for name in _EXPERIMENTAL if name in found}
    return found | ({"TOXICITY_FAST": found["TOXICITY"]} if "TOXICITY" in found else {})


def own_name(label: str) -> str:
    """The attribute a label always has: `abuse.threat` → `X_ABUSE_THREAT`."""
    return "X_" + label.upper().replace(".", "_")


def unpinned(name: str) -> str:
    """`TOXICITY@6` → `TOXICITY`: there is one version here, the model that scores."""
    return _PINNED.sub("", name)
