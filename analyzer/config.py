"""What the user has set, and where: defaults < analyzer.toml < environment < flags.

`analyzer.toml` is read from the current folder, or from the path in ANALYZER_CONFIG:

    model = "current"       the promoted model; "default": the one of the package; or a folder
    models = "models"       folder of promoted models
    policy = "default"      name or path of the policy
    authors = "hash"        "hash": names of authors become keyed hashes; "plain": they are kept
    author_key = "…"        key of these hashes; without it every run makes its own
    downloads = "never"     "allowed": a model named by a Hugging Face id may be fetched from the network
    api_key = "…"           what callers of `serve` must send; without it nobody is asked
    coral_secret = "…"      secrets of the signatures Coral sends to `serve`, separated by commas
    web_origins = "…"       sites whose pages may call `serve` from a browser, separated by commas
    workers = 1             processes that score
    shards = 0              pieces of a run; 0: chosen by the size of the input

Each may also be given as ANALYZER_MODEL, ANALYZER_POLICY and so on. Reading writes nothing.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any

from analyzer.errors import ConfigError
from analyzer.tomlfile import TomlFile, suggest

FILE_NAME = "analyzer.toml"
FILE_VARIABLE = "ANALYZER_CONFIG"
_PREFIX = "ANALYZER_"
_LOWEST = {"workers": 1, "shards": 0}
_HIGHEST = {"workers": 1024, "shards": 65536}
_CHOICES = {"authors": ("hash", "plain"), "downloads": ("never", "allowed")}
_NO_ORIGINS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The settings of one call; `origins` says where each came from: default, a file and line, a variable, a flag."""

    model: str = "current"
    models: str = "models"
    policy: str = "default"
    authors: str = "hash"
    author_key: str | None = field(default=None, repr=False)  # a secret: it must not reach a log by way of repr
    downloads: str = "never"
    api_key: str | None = field(default=None, repr=False)
    coral_secret: str | None = field(default=None, repr=False)
    web_origins: str | None = None
    workers: int = 1
    shards: int = 0
    origins: Mapping[str, str] = field(default_factory=lambda: _NO_ORIGINS, compare=False)


KEYS = tuple(f.name for f in fields(Config) if f.name != "origins")
SECRETS = ("author_key", "api_key", "coral_secret")


def load_config(
    flags: Mapping[str, Any] | None = None,
    *,
    folder: str | Path = ".",
    environ: Mapping[str, str] | None = None,
) -> Config:
    """The settings in force; a flag that is None was not given. ConfigError says what is wrong and where."""
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    origins = dict.fromkeys(KEYS, "default")
    for layer in (_from_file(Path(folder), environ), _from_environment(environ), _from_flags(flags or {})):
        for key, (value, origin) in layer.items():
            values[key], origins[key] = value, origin
    return Config(**values, origins=MappingProxyType(origins))


Layer = dict[str, tuple[Any, str]]


def _from_file(folder: Path, environ: Mapping[str, str]) -> Layer:
    named = environ.get(FILE_VARIABLE)
    path = Path(named) if named else folder / FILE_NAME
    if not path.is_file():
        if named:
            raise ConfigError(f"{FILE_VARIABLE}: there is no file {named}; correct the path or unset the variable")
        return {}
    source = TomlFile.open(path)
    source.keys(source.table, KEYS)
    layer: Layer = {}
    for key, value in source.table.items():
        if problem := _problem(key, value):
            source.fail(f"{key} {problem}", key)
        layer[key] = (value, f"{path}:{source.line(key)}")
    return layer


def _from_environment(environ: Mapping[str, str]) -> Layer:
    layer: Layer = {}
    for variable in sorted(name for name in environ if name.startswith(_PREFIX) and name != FILE_VARIABLE):
        key = variable.removeprefix(_PREFIX).lower()
        if key not in KEYS:
            # A variable of another program may share the prefix; only what looks like a slip of the pen is refused.
            if close := get_close_matches(key, KEYS, n=1, cutoff=0.75):
                raise ConfigError(f"{variable}: unknown setting; did you mean {_PREFIX}{close[0].upper()}?")
            continue
        text = environ[variable].strip()
        value = int(text) if key in _LOWEST and text.isascii() and text.isdigit() and len(text) < 10 else text
        if problem := _problem(key, value):
            raise ConfigError(f"{variable}: {key} {problem}")
        layer[key] = (value, variable)
    return layer


def _from_flags(flags: Mapping[str, Any]) -> Layer:
    layer: Layer = {}
    for key, value in flags.items():
        flag = "--" + key.replace("_", "-")
        if key not in KEYS:
            raise ConfigError(f"{flag}: unknown setting; {suggest(key, KEYS)}")
        if value is None:
            continue
        if problem := _problem(key, value):
            raise ConfigError(f"{flag}: {key} {problem}")
        layer[key] = (value, flag)
    return layer


def _problem(key: str, value: Any) -> str | None:
    """What is wrong with a value and what it may be, or None."""
    if key in _LOWEST:
        if type(value) is not int or not _LOWEST[key] <= value <= _HIGHEST[key]:
            return f"must be a whole number from {_LOWEST[key]} to {_HIGHEST[key]}, not {value!r}"
        return None
    if not isinstance(value, str) or not value:
        return "must be text that is not empty"
    if key in _CHOICES and value not in _CHOICES[key]:
        first, second = _CHOICES[key]
        return f'must be "{first}" or "{second}", not {value!r}'
    return None
