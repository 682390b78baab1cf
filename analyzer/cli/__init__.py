"""The command line: `analyzer VERB`. Each verb parses, calls the library and prints; docs/cli.md is its manual."""

import logging
import sys
from typing import Annotated

import typer

from analyzer.cli import (
    check,
    evaluate,
    explain,
    prevalence,
    promote,
    read,
    review,
    runs,
    score,
    serve,
    suggest,
    threshold,
    train,
)
from analyzer.cli.console import say
from analyzer.version import VERSION

app = typer.Typer(
    name="analyzer",
    help="Score comment dumps for abuse, antisemitic tropes and propaganda techniques, and write moderation reports. "
    "Everything stays on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for verb in (
    read.read,
    score.score,
    serve.serve,
    runs.decide,
    runs.report,
    review.review,
    evaluate.evaluate,
    threshold.threshold,
    prevalence.prevalence,
    suggest.suggest,
    train.train,
    promote.promote,
    promote.rollback,
    explain.explain,
    check.check,
):
    app.command()(verb)


def _show_version(wanted: bool) -> None:
    if wanted:
        say(f"analyzer {VERSION}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and stop.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Log everything to stderr, with tracebacks.")] = False,
) -> None:
    """Options that stand before the verb."""
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.DEBUG if debug else logging.WARNING,
        format="%(levelname)s %(name)s: %(message)s",
    )


def main() -> None:
    """The entry point of `analyzer` and `python -m analyzer`."""
    app(prog_name="analyzer")
