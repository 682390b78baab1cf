"""3 SCORE: Threads → Scores. torch is imported only when a model is asked for."""

from pathlib import Path

from analyzer.config import load_config
from analyzer.errors import ModelError
from analyzer.registry import find_model, open_model
from analyzer.schema import Scorer
from analyzer.scoring.cues import Cue, find_cues

__all__ = ["Cue", "find_cues", "load_scorer"]


def load_scorer(model: str | Path | None = None, *, threads: int | None = None) -> Scorer:
    """A scorer from the embedded model (default), a model folder, or a Hugging Face text-classification id or folder.

    An id is looked for in the local store of Hugging Face, and fetched only where the setting `downloads` allows it. `threads`: CPU
    threads of one process (default: all). Raises ModelError with what to do when there is no such model.
    """
    folder = find_model(model)
    if folder is not None and (folder / "model.json").is_file():
        from analyzer.scoring.transformer import TransformerScorer

        return TransformerScorer(open_model(folder), threads=threads)
    if model is None or (folder is None and "/" not in str(model)):
        raise ModelError(
            f"no model {str(model or 'default')!r}: give a model folder, a Hugging Face id (owner/name), or leave --model out"
        )
    from analyzer.scoring.huggingface import HuggingFaceScorer

    return HuggingFaceScorer(str(folder or model), threads=threads, fetch=load_config().downloads == "allowed")
