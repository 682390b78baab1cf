"""analyzer serve: comments judged one at a time over HTTP, for programs that asked Perspective, OpenAI or Coral before."""

import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.console import tell, verb
from analyzer.cli.score import ModelOption, PolicyOption, model_of, policy_of
from analyzer.errors import ConfigError, MissingError

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from analyzer.config import Config

HERE = "127.0.0.1"
_THIS_MACHINE = (HERE, "localhost", "::1")


@verb
def serve(
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = HERE,
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to listen on.")] = 8080,
    model: ModelOption = None,
    policy: PolicyOption = None,
    suggestions: Annotated[
        Path | None, typer.Option("--suggestions", help="File that suggested scores are appended to, for training.")
    ] = None,
) -> None:
    """Answer Perspective's, OpenAI's and Coral's requests on this machine (docs/api.md)."""
    from analyzer.config import load_config
    from analyzer.scoring import load_scorer
    from analyzer.server import Settings, build_app

    config = load_config({"model": model, "policy": policy})
    _require_folder(suggestions)
    with listen(host, port) as listening:
        scorer = load_scorer(model_of(config.model))
        chosen = policy_of(config.policy, scorer)
        settings = Settings(
            api_key=config.api_key,
            coral_secrets=_listed(config.coral_secret),
            origins=_listed(config.web_origins),
            suggestions=suggestions,
        )
        app = build_app(scorer, chosen, settings)
        _tell_who_may_call(host, port, config)
        run_app(app, listening)


def run_app(app: "Starlette", listening: socket.socket) -> None:
    """Answer until Ctrl+C."""
    import uvicorn

    # No access log: it would hold the keys that callers send in their addresses.
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, server_header=False))
    with suppress(KeyboardInterrupt):  # the way a person stops it
        server.run(sockets=[listening])


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; MissingError if the address is taken or not ours."""
    try:
        listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise MissingError(
            f"--host {host} --port {port}: cannot listen there ({error.strerror or error}); name another, or stop what uses it"
        ) from None
    # Answers are small: unset, each would wait 40 ms for the acknowledgement of its head. Accepted connections inherit it.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def _tell_who_may_call(host: str, port: int, config: "Config") -> None:
    tell(f"listening on http://{host}:{port} (Perspective: /v1alpha1, OpenAI: /v1, Coral: /coral; stop with Ctrl+C)")
    if host not in _THIS_MACHINE and config.api_key is None:
        tell("note: whoever reaches this address may ask; set `api_key` (analyzer.toml or ANALYZER_API_KEY)")


def _require_folder(file: Path | None) -> None:
    if file is not None and (file.is_dir() or not file.parent.is_dir()):
        raise ConfigError(f"--suggestions {file}: not a file in a folder that is there; make the folder first")


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())
