"""docs/cli.md and docs/policy.md say everything the program knows, and nothing it does not."""

import inspect
import re
from pathlib import Path

import pytest
import typer

from analyzer import errors
from analyzer.cli import app
from analyzer.policy import load_policy, policy_names
from analyzer.policy.loading import _HEAD_KEYS, _LOWERING_KEYS, _RULE_KEYS

DOCS = Path(__file__).parent.parent / "docs"
CLI = (DOCS / "cli.md").read_text(encoding="utf-8")
POLICY = (DOCS / "policy.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## analyzer (\w+)\n(.*?)(?=^## |\Z)", CLI, re.MULTILINE | re.DOTALL))


def flags(verb: str) -> set[str]:
    (command,) = [c for c in app.registered_commands if c.callback and c.callback.__name__ == verb]
    assert command.callback
    options = [
        annotation
        for parameter in inspect.signature(command.callback).parameters.values()
        for annotation in getattr(parameter.annotation, "__metadata__", ())
        if isinstance(annotation, typer.models.OptionInfo)
    ]
    # Within Annotated, typer keeps the first name as the default until the command is built.
    return {name for option in options for name in (option.default, *(option.param_decls or ())) if name}


VERBS = [command.callback.__name__ for command in app.registered_commands if command.callback]


def test_every_verb_has_a_section_and_no_other_has() -> None:
    assert list(SECTIONS) == VERBS


@pytest.mark.parametrize("verb", VERBS)
def test_every_flag_of_a_verb_is_documented_and_no_other_is(verb: str) -> None:
    mentioned = set(re.findall(r"`(--?[a-z][a-z-]*)", SECTIONS[verb]))
    assert mentioned == flags(verb)


def test_every_exit_code_is_documented() -> None:
    codes = {str(value) for name, value in vars(errors).items() if name.startswith("EXIT_")}
    assert set(re.findall(r"^\| (\d+) \|", CLI, re.MULTILINE)) == codes


def test_the_example_of_a_policy_loads_and_shows_every_key(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", POLICY, re.DOTALL)
    (tmp_path / "house.toml").write_text(example, encoding="utf-8")
    policy = load_policy(tmp_path / "house.toml", thresholds={})
    assert [rule.name for rule in policy.rules] == ["threat", "attack on a group"]
    for key in {*_HEAD_KEYS, *_RULE_KEYS, *_LOWERING_KEYS}:
        assert re.search(rf"^(\[\[)?{key}\b", example, re.MULTILINE), f"{key} is not shown"


@pytest.mark.parametrize("name", policy_names())
def test_every_policy_of_the_package_is_described(name: str) -> None:
    assert f"`{name}`" in POLICY
