"""`analyzer serve` as a process: it answers with the embedded model, stops when told to, and says why it cannot begin."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from typer.testing import CliRunner

from analyzer.cli import app


def test_it_answers_and_stops_when_told_to(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "analyzer", "serve", "--port", str(port)]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("ANALYZER_")}
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, env=environ) as process:
        assert process.stderr is not None
        assert f"http://127.0.0.1:{port}" in process.stderr.readline()
        body = {"comment": {"text": "Get lost, you idiot."}, "requestedAttributes": {"TOXICITY": {}}}
        address = f"http://127.0.0.1:{port}/v1alpha1/comments:analyze?key=sesame"
        with urlopen(Request(address, json.dumps(body).encode()), timeout=60) as answer:
            score = json.load(answer)["attributeScores"]["TOXICITY"]
        assert score["summaryScore"]["value"] > 0.5
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=30)[1]
    assert process.returncode == 0
    assert said == ""  # neither a traceback nor a log of addresses with keys
    assert list(tmp_path.iterdir()) == []


def test_a_port_in_use_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = CliRunner().invoke(app, ["serve", "--port", str(port)])
    assert result.exit_code == 3
    assert f"--port {port}: cannot listen there" in result.stderr


def test_a_file_for_suggestions_needs_its_folder(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["serve", "--suggestions", str(tmp_path / "nowhere" / "a.jsonl")])
    assert result.exit_code == 2
    assert "make the folder first" in result.stderr


def test_an_open_address_without_a_key_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from analyzer.cli.serve import _tell_who_may_call
    from analyzer.config import Config

    _tell_who_may_call("0.0.0.0", 80, Config())
    assert "api_key" in capsys.readouterr().err
    for host, config in (("127.0.0.1", Config()), ("0.0.0.0", Config(api_key="k"))):
        _tell_who_may_call(host, 80, config)
        assert "api_key" not in capsys.readouterr().err
