"""analyzer review: the comments of a run on a person's desk, one at a time, in a browser on this machine."""

import getpass
from typing import Annotated

import typer

from analyzer.cli.console import tell, verb
from analyzer.cli.runs import RunFolder
from analyzer.cli.serve import HERE, listen, run_app


@verb
def review(
    run: RunFolder,
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to listen on.")] = 8081,
    reviewer: Annotated[str | None, typer.Option("--reviewer", help="Your name, kept with each decision.")] = None,
) -> None:
    """Judge the comments of a run, one at a time, in a browser on this machine; decisions become reviews to train on."""
    from analyzer.desk import Desk
    from analyzer.runs import locked, open_run
    from analyzer.server import build_desk

    opened = open_run(run)
    with locked(opened.path), listen(HERE, port) as listening:  # one desk a run, and no new decisions under it
        tell("reading the run …")
        desk = Desk(opened, reviewer or _my_name())
        sizes = ", ".join(f"{name} {len(entries):,}" for name, entries in desk.queues.items())
        tell(f"to judge: {sizes}; judged before: {len(desk.ledger):,}")
        tell(f"open http://{HERE}:{port} in a browser; decisions go to {desk.ledger.path}; stop with Ctrl+C")
        run_app(build_desk(desk, port), listening)
        tell(f"next: analyzer check {desk.ledger.path} --run {run}, then analyzer train with the same")


def _my_name() -> str:
    """The name of the account; containers may have none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "reviewer"
