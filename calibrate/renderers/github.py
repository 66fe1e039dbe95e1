"""The gates of a result as annotations of a GitHub workflow: one line each, every value escaped.

`::error` for a gate that stops the run, `::warning` for one of level warn that failed (or is undecided where that is
to be a warning) and for a warning about the data, nothing for notes. GitHub shows ten of a kind: nine gates, and how
many more there are.
The form is that of GitHub's workflow commands; `%`, line ends, and in a title `:` and `,` are escaped.
"""

from __future__ import annotations

from calibrate.errors import shown
from calibrate.results import Gate, Result
from calibrate.wording import asked, warnings_of, warns

MOST = 9
LONGEST = 1000


def render(result: Result) -> str:
    """The lines; empty where nothing failed."""
    errors = [gate for gate in result.gates if gate.stops]
    policy = result.check.inconclusive if result.check is not None else "fail"
    warned = [gate for gate in result.gates if not gate.stops and warns(gate, policy)]
    lines = [*_lines("error", errors), *_lines("warning", warned)]
    lines += [f"::warning title=calibrate::{_data(text)}" for text in warnings_of(result)]
    return "".join(f"{line}\n" for line in lines)


def _lines(command: str, gates: list[Gate]) -> list[str]:
    lines = [
        f"::{command} title={_property(f'calibrate: {gate.verdict}')}::{_data(f'{asked(gate)}: {gate.reason}')}"
        for gate in gates[:MOST]
    ]
    if len(gates) > MOST:
        lines.append(f"::{command} title=calibrate::and {len(gates) - MOST} more")
    return lines


def _data(text: str) -> str:
    return shown(text, LONGEST).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
