"""From arguments to exit code: every command through the app, every error as one clean line."""

from __future__ import annotations

from collections.abc import Sequence

from calibrate.cli.exits import run


def start(arguments: Sequence[str], *, last: bool = False) -> int:
    """Exit code of `calibrate ARGUMENTS`; `last`: the process ends after it."""

    def app() -> int:
        from calibrate.memory import require

        require()
        from calibrate.cli.app import call

        return call(arguments)

    return run(app, debug="--debug" in arguments, last=last)
