"""The one error of the package: a stable code, what was found, and what to do about it.

Codes by hundreds: E1xx files and containers, E2xx what the columns and labels mean, E3xx fitting,
E4xx models and results, E5xx outputs, E6xx options. The text of each code stands in `TITLES`.
"""

from __future__ import annotations

import re
import unicodedata

TITLES: dict[str, str] = {
    "E101": "no file of that name can be found",
    "E102": "what the path names cannot be read: a folder, a device, no permission",
    "E103": "a URL where a file is expected; nothing is fetched",
    "E104": "neither content nor extension tell what kind of file it is",
    "E105": "a kind of file that is not read, or only after it was converted",
    "E106": "a damaged or truncated file, or one that is not what its name says",
    "E107": "a file without any data",
    "E108": "a text file that is not UTF-8, or holds bytes that no text has",
    "E109": "a row with another number of fields than the others, or a blank line among them",
    "E110": "a header that cannot be used",
    "E111": "a quote that is never closed",
    "E112": "a type of values that is no number, or that no column can hold",
    "E113": "an array or table of a shape that is no table: no rows, no columns, too many dimensions",
    "E114": "more bytes, rows or columns than the limits allow",
    "E115": "an archive in which it is not clear which array is meant",
    "E116": "a line of JSON that is no row like the others",
    "E117": "a file that changed while it was being read",
    "E201": "a reading option has a value it cannot take, or two of them contradict each other",
    "E202": "a column that an option names is not there",
    "E203": "no column of labels, or several that could be it",
    "E204": "a label that is none of the classes",
    "E205": "a missing label",
    "E206": "numbers as labels that could be counted from 0 or from 1",
    "E207": "class names, or their order, that the files do not tell",
    "E208": "labels that do not say which of them is the event of one column of scores",
    "E209": "columns of labels that are no indicator matrix, or not as many as the columns of scores",
    "E210": "a column beside the scores that nothing explains",
    "E211": "no scores: no rows, no columns, or columns that hold no numbers",
    "E212": "a score that is missing, infinite or no number",
    "E213": "predicted classes where scores were expected",
    "E214": "scores that could be logits or probabilities",
    "E215": "scores that contradict the scale that a flag or the model says they have",
    "E216": "not as many labels as rows of scores",
    "E217": "ids that are not unique, or not the same in both files",
    "E218": "weights that are no weights: negative, not finite, or all zero",
    "E219": "columns that are not those of the model",
    "E301": "scores that are all equal, or none that is finite: all parameters fit equally well",
    "E302": "separable data: the loss falls for ever, and no finite parameters (of temperature: none above 0) are best",
    "E303": "scores no better than uniform ones: the best temperature is infinite",
    "E304": "a true class of probability 0: the loss is infinite; or a masked class where a method adds up all scores",
    "E305": "a parameter that no float can hold, or a value that a parameter of the method cannot have",
    "E306": "a search that did not settle",
    "E307": "no rows to fit, or none of positive weight",
    "E308": "a method that is not for data of this kind",
    "E401": "a model file that is not one, is damaged, or holds a value that no model can have",
    "E402": "a model file of a newer schema than this version reads",
    "E403": "scores that do not fit the model",
    "E404": "a model that does not know how frequent its classes were",
    "E411": "a result file that is not one, or is damaged",
    "E412": "a result file of a newer schema than this version reads",
    "E501": "an output cannot be written: the system refuses",
    "E502": "an output path is of the wrong kind: a folder where a file was expected, or a file where a folder was",
    "E503": "the folder of an output file does not exist",
    "E504": "the output folder holds files that calibrate did not write",
    "E505": "an output would overwrite an input",
    "E506": "an output folder is not whole: a run was interrupted, or a file was changed since",
    "E507": "two columns of an output would have the same name",
    "E508": "standard output or standard error cannot be written",
    "E509": "there is not enough memory",
    "E510": "an output format that calibrate does not write",
    "E530": "Matplotlib cannot work here: no folder for its font cache can be written",
    "E531": "a diagram per class where the result has no curve per class",
    "E600": "the command line is not one that calibrate knows",
    "E601": "no entry of that name",
    "E602": "an option that the entry does not have, or a value that the option cannot take",
    "E603": "a value that the option cannot take",
    "E604": "a temperature that is no positive finite number, or an option that the link does not have",
    "E605": "an option of a metric that does not fit the task",
    "E606": "a holdout that is no holdout: the rows that were fitted, or two holdouts at a time",
    "E607": "a topic that `explain` does not know",
    "E610": "the Dask executor has no cluster to run on, or the extra is not installed",
    "E620": "a key or a value that a file of gates cannot have",
    "E621": "a gate without a limit, or with one that can never be met, or never missed",
    "E622": "a gate on the end of an interval, of a metric that has none whose coverage was shown",
    "E623": "a baseline that lacks a gated metric, or in which it means something else",
    "E624": "a gate that nothing was measured for: no gates, no baseline, no such metric or group in the result",
    "E625": "a file of gates that cannot be read, or is no TOML",
    "E626": "old scores that are not of the same rows as the new ones",
    "E630": "the extra `pdf` is not installed, or the library Pango that it needs",
    "E631": "a file of facts about the model that is not TOML, or holds a key that is not known",
    "E632": "a report.json that is none, or is damaged",
    "E633": "an options.json of a bundle that cannot be read",
    "E634": "a report.json of a newer schema than this version reads",
    "E640": "a folder that is no bundle of a report",
}
"""One line for every code: what the code means wherever it occurs."""

LONGEST = 60
"""Characters of a foreign text that are shown before it is cut."""
LONGEST_NAME = 255
"""Characters of the name of a file, without its folders, that are always shown: no name is longer."""


class CalibrateError(Exception):
    """Something the user can mend: `error[code]: message`, then `hint: hint`."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """What a notebook shows: code, message and remedy."""
        return f"[{self.code}] {self.message}" + (f" ({self.hint})" if self.hint else "")

    def __reduce__(self) -> tuple[type[CalibrateError], tuple[str, str, str]]:
        return type(self), (self.code, self.message, self.hint)


def shown(text: object, longest: int = LONGEST) -> str:
    r"""`text` on one line, safe for a terminal: control, format and undecodable characters escaped, long text cut.

    >>> shown("a\x1b[31mb")
    'a\\x1b[31mb'
    >>> shown("x" * 100, longest=5)
    'xxxxx...'
    """
    try:
        cut = str(text)
    except ValueError:  # Python writes no whole number of more than 4,300 digits
        cut = "a number of thousands of digits"
    tail = "..." if len(cut) > longest else ""
    return _COMMAND.sub(r"#\\#", "".join(map(_safe, cut[:longest]))) + tail


def named(path: str) -> str:
    """The name of a file for messages: safe for a terminal, cut at its front where long, so that its own name stays.

    >>> named("-"), named(" ")
    ('standard input', "' '")
    """
    if path == "-":
        return "standard input"
    whole = shown(path, longest=len(path))
    own = min(len(whole) - whole.rfind("/") - 1, LONGEST_NAME)
    cut = whole if len(whole) <= max(2 * LONGEST, own) else "..." + whole[-max(2 * LONGEST - 3, own) :]
    return cut if path.strip() == path and path else f"'{cut}'"


def tame(line: str) -> str:
    r"""A line that a CI runner reads as text: one that starts with `::`, as its commands do, gets a backslash.

    GitHub's runner obeys `::error::...` at the start of a line, and with Azure's `##[...]` and `##vso[...]` anywhere in
    it (which `shown` breaks), whoever wrote it: the name of a class could.

    >>> tame("  ::error::x"), tame("a::b"), shown("a ##[error]b")
    (' \\::error::x', 'a::b', 'a #\\#[error]b')
    """
    bare = line.lstrip()
    if not bare.startswith("::"):
        return line
    return f"{line[: max(len(line) - len(bare) - 1, 0)]}\\{bare}"


_COMMAND = re.compile(r"##(?=\[|vso\[)")


def _safe(char: str) -> str:
    if char.isprintable() and unicodedata.category(char) not in {"Cf", "Cs", "Co", "Cn"}:
        return char
    return char.encode("unicode_escape", "surrogatepass").decode("ascii")
