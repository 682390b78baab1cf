"""The names labels go by in files of others: ids, their last parts, what corpora and services call them, labels of one's own."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from analyzer.errors import ConfigError
from analyzer.taxonomy import LABEL_ID, Taxonomy, load_taxonomy

# Families of one word in corpora are the family's summary label; the others are called so in the Jigsaw data.
_OTHER_NAMES = {
    "antisemitism": "antisemitism.any",
    "propaganda": "propaganda.any",
    "dog_whistle": "antisemitism.coded",
    "toxic": "abuse.toxicity",
    "severe_toxic": "abuse.severe_toxicity",
    "identity_hate": "abuse.identity_attack",
}
_IGNORED = re.compile(r"[\s_\-]+")
_CLOSE = 0.7  # difflib's ratio: `toxcity` is near `toxicity`, `sexism` near nothing


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`names`: every name a label goes by → its id. `known`: ids that are accepted beside the taxonomy's."""

    taxonomy: Taxonomy
    known: tuple[str, ...]
    names: Mapping[str, str]

    def __contains__(self, label_id: object) -> bool:
        return label_id in self.taxonomy or label_id in self.known

    def find(self, name: str) -> str | None:
        """The id of the label that goes by this name, whatever its case, dashes and blanks; None if none does."""
        return self.names.get(name) or self.names.get(_plain(name))

    def nearest(self, name: str) -> str | None:
        """The id of the label whose name is most like this one; None if none is much like it."""
        close = get_close_matches(_plain(name), self.names, n=1, cutoff=_CLOSE)
        return self.names[close[0]] if close else None

    def bridged(self, vocabulary: str, name: str) -> str | None:
        """The one label an outside vocabulary calls `name`; where several share the name, the family's summary, if it does.

        Only labels that put the name first count: a later name is one they fall under, not the one they mean.
        """
        sharing = [label for label in self.taxonomy.bridged(vocabulary, name) if label.bridges[vocabulary][0] == name]
        summaries = [label for label in sharing if label.id.endswith(".any")]
        chosen = sharing if len(sharing) == 1 else summaries
        return chosen[0].id if len(chosen) == 1 else None


def load_vocabulary(taxonomy: Taxonomy | None = None, known: Iterable[str] = ()) -> Vocabulary:
    """The names of the taxonomy's labels and of `known` ids; ConfigError for an id that is no `family.name`."""
    taxonomy = taxonomy or load_taxonomy()
    own = tuple(dict.fromkeys(known))
    for label_id in own:
        if not LABEL_ID.fullmatch(label_id):
            raise ConfigError(f"{label_id!r} is no label id; write family.name in small letters, such as site.doxxing")
    bare = {label_id.rpartition(".")[2]: label_id for label_id in own}
    bare |= {label_id.rpartition(".")[2]: label_id for label_id in taxonomy.ids if not label_id.endswith(".any")}
    full = {label_id: label_id for label_id in (*own, *taxonomy.ids)}
    return Vocabulary(taxonomy, own, bare | full | _OTHER_NAMES)


def _plain(name: str) -> str:
    return _IGNORED.sub("_", name.strip().lower())
