"""Settings: which layer wins, where each came from, and errors that a user can act on."""

from pathlib import Path

import pytest

from analyzer.config import SECRETS, Config, load_config
from analyzer.errors import ConfigError


def write(folder: Path, text: str, name: str = "analyzer.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_without_any_setting_the_defaults_hold(tmp_path):
    config = load_config(folder=tmp_path, environ={})
    assert config == Config()
    assert set(config.origins.values()) == {"default"}


@pytest.mark.parametrize(
    ("flags", "environ", "policy", "origin"),
    [
        pytest.param({}, {}, "from-file", "analyzer.toml:2", id="the file wins over the default"),
        pytest.param(
            {}, {"ANALYZER_POLICY": "from-env"}, "from-env", "ANALYZER_POLICY", id="a variable wins over the file"
        ),
        pytest.param(
            {"policy": "from-flag"}, {"ANALYZER_POLICY": "from-env"}, "from-flag", "--policy", id="a flag wins over all"
        ),
        pytest.param(
            {"policy": None}, {}, "from-file", "analyzer.toml:2", id="a flag that was not given wins over nothing"
        ),
    ],
)
def test_the_later_layer_wins_and_is_named(tmp_path, flags, environ, policy, origin):
    write(tmp_path, '# mine\npolicy = "from-file"\n')
    config = load_config(flags, folder=tmp_path, environ=environ)
    assert config.policy == policy
    assert config.origins["policy"].endswith(origin)


def test_a_file_named_by_variable_is_read_instead_of_the_one_in_the_folder(tmp_path):
    write(tmp_path, "workers = 2")
    other = write(tmp_path, "workers = 3", "other.toml")
    assert load_config(folder=tmp_path, environ={"ANALYZER_CONFIG": str(other)}).workers == 3


def test_numbers_in_variables_become_numbers(tmp_path):
    config = load_config(folder=tmp_path, environ={"ANALYZER_WORKERS": " 4 ", "ANALYZER_SHARDS": "0"})
    assert (config.workers, config.shards) == (4, 0)


def test_variables_of_other_programs_are_left_alone(tmp_path):
    assert load_config(folder=tmp_path, environ={"ANALYZER_HOME_PLANET": "mars"}) == Config()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            '\npolcy = "x"', r"analyzer\.toml:2: unknown key 'polcy'; did you mean 'policy'", id="slip of the pen"
        ),
        pytest.param(
            'authors = "open"', r'analyzer\.toml:1: authors must be "hash" or "plain"', id="value that is not one"
        ),
        pytest.param("workers = 0", r"analyzer\.toml:1: workers must be a whole number from 1", id="too few workers"),
        pytest.param("workers = true", r"workers must be a whole number", id="yes is no number"),
        pytest.param("shards = 1.5", r"shards must be a whole number", id="half a shard"),
        pytest.param('model = ""', r"model must be text that is not empty", id="empty name"),
        pytest.param("[model]\nx = 1", r"analyzer\.toml:1: model must be text", id="table instead of text"),
        pytest.param("policy = 'x", r"analyzer\.toml: not valid TOML", id="broken TOML"),
    ],
)
def test_a_bad_file_is_refused_with_its_place(tmp_path, text, message):
    write(tmp_path, text)
    with pytest.raises(ConfigError, match=message):
        load_config(folder=tmp_path, environ={})


@pytest.mark.parametrize(
    ("flags", "environ", "message"),
    [
        pytest.param({}, {"ANALYZER_POLCY": "x"}, "did you mean ANALYZER_POLICY", id="misspelt variable"),
        pytest.param({}, {"ANALYZER_WORKERS": "many"}, "ANALYZER_WORKERS: workers must be", id="word for a number"),
        pytest.param(
            {}, {"ANALYZER_SHARDS": "9" * 400}, "ANALYZER_SHARDS: shards must be", id="number beyond all reason"
        ),
        pytest.param({}, {"ANALYZER_CONFIG": "gone.toml"}, "ANALYZER_CONFIG: there is no file", id="missing file"),
        pytest.param({"shards": -1}, {}, "--shards: shards must be", id="negative flag"),
        pytest.param({"author-key": "k"}, {}, "did you mean 'author_key'", id="unknown flag"),
    ],
)
def test_bad_variables_and_flags_are_refused_by_name(tmp_path, flags, environ, message):
    with pytest.raises(ConfigError, match=message):
        load_config(flags, folder=tmp_path, environ=environ)


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "analyzer.toml").write_bytes(b"\xff\xfe\x00policy")
    with pytest.raises(ConfigError, match=r"analyzer\.toml: cannot be read"):
        load_config(folder=tmp_path, environ={})


def test_secrets_are_not_shown():
    shown = repr(load_config(dict.fromkeys(SECRETS, "hidden words"), environ={}))
    assert "hidden words" not in shown
    assert set(SECRETS) == {"author_key", "api_key", "coral_secret"}


def test_reading_writes_nothing(tmp_path):
    load_config({"model": "m"}, folder=tmp_path, environ={"ANALYZER_POLICY": "p"})
    assert list(tmp_path.iterdir()) == []
