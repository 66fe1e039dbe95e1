"""The application: one command per file of this folder, in the order of the help page."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any

import typer

from calibrate import __version__
from calibrate.errors import CalibrateError

COMMANDS = (
    *("fit", "apply", "transform", "compare"),
    *("score", "check", "report", "verify"),
    *("plot", "inspect", "explain", "schema"),
)


def call(arguments: Sequence[str]) -> int:
    """Run one command, or show the help; the exit code. Raises `CalibrateError` E600 for what no command takes."""
    command = typer.main.get_command(_app(arguments))
    try:
        code = command.main(args=list(arguments) or ["--help"], prog_name="calibrate", standalone_mode=False)
    except Exception as problem:
        raise _usage(problem) from None
    return code if isinstance(code, int) else 0


def _app(arguments: Sequence[str]) -> typer.Typer:
    """The application with the command that is called, which alone costs a third of building all; with all for help."""
    app = typer.Typer(
        name="calibrate",
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # plain help starts half again as fast as that in panels
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_calibrate)
    for name in arguments[:1] if arguments and arguments[0] in COMMANDS else COMMANDS:
        module = import_module(f"calibrate.cli.{name}")
        app.command(name, context_settings=getattr(module, "SETTINGS", None))(module.command)
    return app


def _say_version(asked: bool) -> None:
    if asked:
        typer.echo(f"calibrate {__version__}")
        raise typer.Exit


def _calibrate(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_say_version, is_eager=True)
    ] = False,
) -> None:
    """Turn a classifier's raw scores into probabilities that somebody can stand behind."""


def _usage(problem: Any) -> Exception:
    """Usage errors of Typer's own Click in our words; known by what they can do, for naming them would import it."""
    if isinstance(problem, CalibrateError) or not hasattr(problem, "format_message"):
        return problem  # type: ignore[no-any-return]
    context = getattr(problem, "ctx", None)
    where = context.command_path if context is not None else "calibrate"
    return CalibrateError("E600", problem.format_message().rstrip("."), f"try: {where} --help")
