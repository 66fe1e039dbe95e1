"""Pages of `explain` that no docstring holds: families of options, each shared option, outputs, exit codes, limits."""

from __future__ import annotations

FAMILIES: dict[str, str] = {
    "reading": "Options that say what a file means. None is needed where the data say it themselves; what could be "
    "read in two ways is refused with the option that decides. `calibrate inspect` shows every conclusion.",
    "measuring": "Options of the commands that measure: what, with which bins, at which level, and in which form it "
    "is printed.",
    "gates": "Limits that a run must meet, on the command line or in a file of gates (TOML; a flag replaces the same "
    "key of the file):\n\n"
    '    baseline = "baseline.json"\n    preset = "not-worse"\n    on = "safe"\n    inconclusive = "fail"\n'
    '    [gates.ece]\n    max = 0.03\n    [gates."ece:bins=20"]\n    max_increase = 0.0\n    level = "warn"\n'
    "    [groups.sex.gates.accuracy]\n    min = 0.85\n    [classes.gates.ece]\n    max = 0.05\n\n"
    "Judged is the calibrated side where there is one, by unrounded numbers. PASS and FAIL are shown by the interval; "
    "INCONCLUSIVE: the data are too few (exit code 4, with the rows that would decide); ERROR: it cannot be computed.",
    "running": "Options about how a command works and talks; none changes what the data mean.",
}
"""Family, as in `cli.options.FAMILIES` -> what its options have in common."""

OPTIONS: dict[str, str] = {
    "input": "auto concludes the scale and refuses where two fit: values outside [0, 1] are logits (log-probabilities "
    "where the exponentials of every row sum to 1), rows in [0, 1] that sum to 1 are probabilities. sigmoid: every "
    "column is the probability or logit of an event of its own.",
    "link": "The function from scores to probabilities that the model was trained for. By default softmax for "
    "classes, sigmoid for one column of scores or for several labels a row. Options follow a colon.",
    "label_column": "By name as in the header, or by number from 1. Needed where several columns could hold the "
    "labels.",
    "id_column": "Where both files have ids, rows are matched by them instead of by position; ids also stand first in "
    "the calibrated file.",
    "join": "auto joins by ids, or by equal row numbers, where both files have them, and else takes rows by position; "
    "it refuses where one file has row numbers out of order. position: in the order of the files, whatever their ids. "
    "number: these row numbers (from 0 or 1) are those of the rows of the other file.",
    "score_columns": "Names, numbers from 1, ranges (3-12) or patterns (logit_*), with commas between them. What is "
    "not named is no score.",
    "classes": "Needed where files have no names and labels are words. For one column of scores: the negative and the "
    "positive class. Names are never sorted.",
    "label_base": "Needed where labels are numbers that fit both ways; a wrong guess would shift every class by one.",
    "positive": "Needed where the two labels do not say which is the event, as 0 and 1 or false and true do.",
    "group": "Every value of the column gets its own metrics beside those of all rows. Given twice, both columns are "
    "reported, not their combinations.",
    "weight": "Numbers, 0 or more, of which only the ratios matter: equal weights are no weights. A row of weight 2 "
    "counts like the same row twice in every mean; intervals, and methods for which the number of rows matters, use "
    "the effective number of rows.",
    "class_weight": "balanced: every class has the same weight in all. Fit and metrics are then of a world where the "
    "classes are so frequent, and the probabilities too: apply --prior brings them back to the true frequencies.",
    "drop_missing": "Without it a missing value is an error that names row and column.",
    "clip": "Probabilities of exactly 0 or 1 have infinite logits. Clipping changes the data, so it is never done "
    "unasked, is counted, and stands in model and result.",
    "key": "Needed where the archive holds several arrays and their names do not say which are scores.",
    "metrics": "Names with commas between them, options after a colon: nll,ece:bins=20,norm=l2. By default all but "
    "link_loss, which comes along where the loss of a link is not the NLL.",
    "bins": "Changes the default of every metric that has bins; ece:bins=20 changes one. More bins see finer errors "
    "and more noise.",
    "ci": "Two-sided. At 0.95 an interval holds the truth in about 95 of 100 samples.",
    "json": "The form of result.json, full precision; `calibrate schema result` describes it. Notes go to standard "
    "error in any case.",
    "max": "The upper end of the interval must meet the limit (on = safe). Limits are refused where they lie outside "
    "what the metric can be.",
    "min": "As --max, by the lower end: for metrics of which more is better.",
    "max_increase": "By how much a metric may get worse than in the baseline: more loss or calibration error, less "
    "accuracy, a gap further from 0.",
    "max_increase_rel": "0.02 allows two per cent of the baseline's value, judged by the interval of the difference "
    "new - 1.02 old.",
    "gates": "Its keys are explained with the family of the same name: `calibrate explain gates`.",
    "preset": "not-worse judges NLL and Brier score against the baseline, or without one the calibrated scores against "
    "those before; an ECE above the 95 % point of its noise floor warns. It applies itself where there is a baseline "
    "and no gate.",
    "on": "safe: the worse end of the interval must meet the limit, so that a bad model passes in at most 5 % of "
    "samples. lenient: only what is shown bad fails. point: the value alone, without regard to chance.",
    "inconclusive": "fail stops the run with exit code 4: more data are needed, the model may be good. warn and pass "
    "go on.",
    "baseline": "Refused where a gated metric is missing in it or defined otherwise. Without the rows the interval of "
    "a change is the unpaired one; where scores, labels and model are the same, the change is exactly 0.",
    "baseline_scores": "The same rows under the old scores, in the same order or with ids: paired differences are far "
    "sharper than unpaired ones.",
    "baseline_model": "The same scores, or those of --baseline-scores, under the old model.",
    "fail_on_warn": "Gates of level warn, and undecided ones where those warn, then end the run with exit code 1.",
    "seed": "Decides the rows of --holdout, the folds, and the noise of gumbel-softmax. The same seed gives the same "
    "bytes, whatever the number of threads.",
    "executor": "How passes over the rows are run. Threads and a Dask cluster help with large data; the results agree "
    "to rounding.",
    "quiet": "Errors are still said; the exit code is the same.",
    "no_color": "Colours are used only on a terminal in any case.",
    "debug": "An internal error, exit code 3, then comes with its traceback, which belongs into a report of it.",
}
"""Shared option -> more than its line in --help says."""

FILES: dict[str, str] = {
    "model.json": "The fitted calibrator: link, parameters, classes, scale of the scores, and how it was fitted. "
    "`calibrate apply` reads it and predicts the same bits. No pickle; `calibrate schema model` describes it.",
    "result.json": "Everything that a run found, unrounded: metrics with their intervals before and after, the "
    "change, bins, groups, verdict, inputs with their digests. `calibrate schema result` describes it.",
    "probabilities.csv": "The calibrated probabilities of the rows that were given, in their order, ids first, with a "
    "header of class names; .npy or .parquet by --format. `calibrate score` reads it without a flag.",
    "reliability.png": "The reliability diagram before and after; reliability.svg is the same as a drawing.",
    "reliability.svg": "The reliability diagram before and after, as a drawing whose text can be selected; that of "
    "a report is the one in its pages.",
    "reliability_classes.png": "One small diagram per class or label, where there are at most 20.",
    "reliability_classes.svg": "One small diagram per class or label, where there are at most 20, as a drawing.",
    "report.html": "The audit report as one page that fetches nothing and runs nothing, to be read in a browser, "
    "printed or sent by mail: what was measured, on which data, how, with which uncertainty, and what it cannot carry.",
    "report.md": "The same report as Markdown, for a repository or a comment; its figures are the .svg files beside "
    "it.",
    "report.json": "Every fact of the report, unrounded; the pages, tables and figures are made of it alone. "
    "`calibrate verify` holds it against its id and, given the data, computes every number again. "
    "`calibrate schema report` describes it.",
    "report.pdf": "report.html on paper of size A4, by --pdf.",
    "options.json": "What was asked of `calibrate report`: reading options, metrics, gates. `calibrate verify` with "
    "--data asks the same again.",
    "sbom.cdx.json": "The bill of materials of a report, CycloneDX 1.6: the packages that made it, with their licences "
    "and who needs whom. `calibrate verify` holds it against report.json, never against the packages that are here.",
    "gates.toml": "The file of gates that a report was made with, byte for byte.",
    "baseline.json": "The result that increases were measured from, byte for byte.",
    "metrics.csv": "A table of a report: every metric before, after and changed, with interval and convention.",
    "classes.csv": "A table of a report: how often each class or label is true.",
    "bins.csv": "A table of a report: the bins behind every reliability diagram.",
    "events.csv": "A table of a report: observed against expected events per class, O:E, calibration-in-the-large and "
    "slope.",
    "thresholds.csv": "A table of a report: what decisions at thresholds do, before and after.",
    "groups.csv": "A table of a report: every metric by subgroup; small groups are suppressed.",
    "gates.csv": "A table of a report: every gate, what was held against its limit, and the verdict.",
    "MANIFEST.sha256": "The SHA-256 of every file of an output folder; `sha256sum -c MANIFEST.sha256` checks them. A "
    "file that does not agree with it is not read.",
}
"""Output -> what is in it."""

EXIT_CODES: dict[str, str] = {
    "0": "done; every gate of level error passed",
    "1": "the answer is no: a gate failed, or what was to be verified is not so",
    "2": "could not do it: usage, unreadable or ambiguous input, a fit that has no answer",
    "3": "a bug in calibrate; --debug shows where",
    "4": "inconclusive: the data are too few to say whether a gate is met",
    "129": "the terminal was closed",
    "130": "interrupted (Ctrl-C)",
    "141": "nobody reads the output any more (a closed pipe)",
    "143": "terminated",
}
"""Exit code -> what it says."""

LIMITS: dict[str, str] = {
    "CALIBRATE_MAX_BYTES": "bytes of one input that are taken into memory, packed or unpacked; 2 GiB, of a compressed "
    "one 64 times its size (256 MiB in any case). A plain .npy file is read in blocks and may be larger.",
    "CALIBRATE_MAX_COLUMNS": "columns of a table; 1,000,000",
    "CALIBRATE_MAX_WAIT": "seconds until somebody must have opened a named pipe for writing; 60. Who has it open may "
    "take as long as he likes.",
    "fixed": "a field of CSV has at most 131,072 characters, a row 256 MiB, a header of .npy 65,536 bytes, a model, "
    "result or baseline 256 MiB and 64 levels, a file of gates 1 MiB. Devices, folders and URLs are not read.",
}
"""Environment variable -> what it limits, and by default to what; against files that claim or unpack to more."""
