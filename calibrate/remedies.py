"""What to do about every error code: the text that `explain` shows below the title of a code."""

from __future__ import annotations

HUNDREDS: dict[str, tuple[str, str]] = {
    "E1": (
        "files and containers",
        "The file itself cannot be read, or not without a guess. The message names the file and, inside it, row, line "
        "and column. Nothing was computed or written.",
    ),
    "E2": (
        "what columns, scores and labels mean",
        "The file could be read, but what it means is open, or contradicts itself. calibrate asks instead of "
        "guessing; `calibrate inspect` shows what it concluded so far, and the flag in the hint says the rest.",
    ),
    "E3": (
        "fitting",
        "The data have no finite best calibrator, or none that can be found. That is a finding about the data, most "
        "often about which rows were given or in which order.",
    ),
    "E4": (
        "models and results that were saved",
        "A file that calibrate should have written is another one, was changed or cut off, or is newer than this "
        "version.",
    ),
    "E5": (
        "outputs",
        "The output cannot be written. Earlier outputs stay as they were: files are written aside and renamed when "
        "they are complete.",
    ),
    "E6": (
        "options and names",
        "The command line, or an argument of the Python functions, is not one that calibrate knows. The hint has the "
        "nearest known name, or an example.",
    ),
}
"""First digits -> what the codes are about, and what they have in common."""

REMEDIES: dict[str, str] = {
    "E101": "Check the name and the folder that the command runs in; a symbolic link may point to something that is "
    "gone.",
    "E102": "The path is there but no file that may be read: name a file, or change its permissions.",
    "E103": "calibrate never goes to the network. Download the file and give its path.",
    "E104": "Rename the file so that its extension says what it is (.csv, .tsv, .jsonl, .npy, .npz, .parquet, also "
    "with .gz), or convert it.",
    "E105": "Workbooks, pickles and PyTorch files are not read; pickles could run foreign code. The hint holds the "
    "line that converts the file.",
    "E106": "The file ends early or is not what it seems: a broken download, a full disk, a wrong extension. Copy or "
    "make it again.",
    "E107": "There is a file but no row in it. Did the program that should write it stop early?",
    "E108": "Text must be UTF-8. Convert it (`iconv -f LATIN1 -t UTF-8 FILE`), or give a binary file its own "
    "extension.",
    "E109": "Every row needs as many fields as the first. Usual causes are a stray or trailing delimiter, a decimal "
    "comma, a delimiter inside an unquoted text, or a file that was cut off.",
    "E110": "Columns need names that are there and differ. Mend the header, or name the scores by number: "
    "--score-columns 1-10.",
    "E111": "A field that starts with a quote must end with one; a quote inside it is doubled. The line in the "
    "message is where the open quote stands.",
    "E112": "Arrays must hold real numbers (or booleans). Convert objects, complex numbers, dates and structured "
    "types where the file is made.",
    "E113": "Scores are a table: a row per case, a column per class. Reshape arrays of more dimensions, and look why "
    "an axis is empty.",
    "E114": "More than the reader accepts or the memory holds. Very many columns often mean that the array is "
    "transposed; large data are best given as .npy, which is read in blocks. `calibrate explain limits` has the "
    "limits and how to set them.",
    "E115": "The archive holds several arrays, or none. Name the one that is meant with --key.",
    "E116": "Every line must be an object with the same keys, or an array of the same length, of numbers and texts "
    "only.",
    "E117": "Somebody wrote the file while it was read. Wait until that is done and run the command again.",
    "E201": "The option has a value that it cannot take, or contradicts another one or the data. `calibrate explain` "
    "with the name of the option says what it takes.",
    "E202": "The message lists the columns that are there. Columns are named as in the header, or numbered from 1.",
    "E203": "Labels come in a file of their own after the scores, or as a column of the scores: say which with "
    "--label-column.",
    "E204": "Every label must be one of the classes. Usual causes: a class that the model does not know, names "
    "written in two ways, labels of another file, numbers counted from 1.",
    "E205": "Give the label, or leave out such rows with --drop-missing, which says how many there were.",
    "E206": "Numbers as labels could mean two things, and the wrong one shifts every class. --label-base 0 or 1 says "
    "which.",
    "E207": "Which column belongs to which class is not in the files. Name the classes in the order of the columns "
    "with --classes; they are never sorted.",
    "E208": "One column of scores is about one event: say which of the labels that is with --positive.",
    "E209": "Several columns of labels must be 0 and 1, one column for each column of scores: one-hot rows, or one "
    "column per label of multi-label data.",
    "E210": "A numeric column that is neither score nor anything known would become a class if it were taken along. "
    "Name the scores with --score-columns, or the column with --id-column, --weight or --group.",
    "E211": "No column is left that could be scores: others were taken as ids or labels, or hold text. `calibrate "
    "inspect` shows as what each was taken.",
    "E212": "Scores must be numbers; only -inf is allowed, as a masked class. Mend the row in the message, or leave "
    "out such rows with --drop-missing.",
    "E213": "The file holds decisions (class numbers, one-hot rows). Calibration needs what the model says before it "
    "decides: logits or probabilities.",
    "E214": "The numbers fit logits as well as probabilities, and the wrong reading changes every result. --input "
    "logits or --input probs says which they are.",
    "E215": "The flag or the model says one scale, the numbers say another: usually logits were given for "
    "probabilities, or the reverse. Mend the file or the flag.",
    "E216": "Scores and labels are matched row by row and must be equally many. Look for a header in only one of the "
    "files, a missing last row, or files of different runs.",
    "E217": "Both files have ids, so rows are matched by them: each must be there once, in both files. --id-column "
    "names another column. Row numbers out of order in one file only do not tell whether the other is in their order "
    "or in that of the file: --join number or --join position does.",
    "E218": "Weights are finite numbers, 0 or more, and not all 0. A row of weight 0 counts for nothing.",
    "E219": "The model was fitted on columns of other names or another number. Its classes stand in model.json; "
    "columns are matched by name, in any order.",
    "E301": "If no score differs from another, or all are infinite, nothing can be calibrated. Look whether these are "
    "the right file and the right columns.",
    "E302": "A model without a single error on these rows cannot be told how sure to be. Nearly always these are its "
    "training rows: fit on others. Where a class has no row, or rows are few, a regularised method still has an "
    "answer: structured-vector for classes, platt for events.",
    "E303": "The scores know no more about the labels than a die. Nearly always rows or classes are out of order: "
    "compare the order of scores and labels, and --label-base.",
    "E304": "Methods that scale scores leave a probability of 0 at 0; where it is the true class, the loss stays "
    "infinite. --clip moves probabilities away from 0 and 1 and says how many; better give logits.",
    "E305": "When fitting, scores of a size around 1e300 or 1e-300 lead there: multiply all of them by the same "
    "number. In a model file it is a parameter that was edited: fit again.",
    "E306": "The loss has a minimum that the search did not reach. Please report it with the file, if you can share "
    "it.",
    "E307": "No row is left to fit: the file is empty, all weights are 0, or a holdout took every row.",
    "E308": "Some methods are for events (binary, several labels), some for classes of which one is true; the hint "
    "lists those for your data, `calibrate explain METHOD` says more.",
    "E401": "The file is no model.json of calibrate, or was edited or cut off; the message says where in it. Fit "
    "again.",
    "E402": "A later version of calibrate wrote the model. Update this one, or fit with this one.",
    "E403": "A model takes as many columns of scores as it was fitted on, in the same order.",
    "E404": "The file is of an older version. Fit the calibrator again on its rows, and the model keeps the class "
    "frequencies that a shift to other ones starts from.",
    "E411": "The file is no result.json of calibrate, or was edited or cut off; the message says where in it, $ being "
    "the whole. Run the command that wrote it again.",
    "E412": "A later version of calibrate wrote the result. Update this one.",
    "E501": "The system refuses: no space, no permission, a read-only place. The reason in the message is the "
    "system's.",
    "E502": "The name of the output is taken by something of another kind, or is no name at all. Choose another.",
    "E503": "calibrate makes the folder that --output-dir names, but not the folder of a single file: make it first.",
    "E504": "What is not ours is never overwritten. Choose a folder of its own, or write beside the other files with "
    "--force, which does not touch them.",
    "E505": "An input would be lost. Choose another name for the output.",
    "E506": "MANIFEST.sha256 lists the digests of what a run wrote, and this file has another one. Run the command "
    "again; after a change that was meant, remove the manifest.",
    "E507": "A table cannot have two columns of one name, as when an id column is called like a class. Write CSV, or "
    "rename the column.",
    "E508": "Nobody can be told the answer: the stream is closed, or its disk is full.",
    "E509": "Give a .npy file, which is read in blocks, or fewer rows or columns at a time. Where the message names "
    "the address space, a limit is set on it: 'ulimit -v' shows it, 'ulimit -v unlimited' takes it away.",
    "E510": "The extension names the format; the message lists those that can be written.",
    "E530": "Set MPLCONFIGDIR to a folder that can be written, or leave out the diagrams with --no-plot.",
    "E531": "Diagrams per class exist for 2 to 20 classes or labels. Leave out --per-class.",
    "E600": "The command, option or argument is not known, or something is missing. `calibrate COMMAND --help` lists "
    "all.",
    "E601": "No metric, method, link, executor or schema has that name; `calibrate explain` lists them.",
    "E602": "Options of an entry follow its name: ece:bins=20,norm=l2. `calibrate explain ece` lists those of ece.",
    "E603": "The value is outside what the option can take; the message says what that is.",
    "E604": "A temperature is above 0 and finite. Some options belong to one link only, as --hard does to "
    "gumbel-softmax.",
    "E605": "Events have no top label, and classes of which one is true no single event: leave the option out.",
    "E606": "Measuring on the rows that were fitted flatters. Give one holdout: other files, or a fraction with "
    "--holdout.",
    "E607": "`calibrate explain` without a topic lists all of them.",
    "E610": "Install the extra (`pip install 'calibrate[dask]'`) and name a scheduler that answers: --executor "
    "dask:address=tcp://HOST:PORT.",
    "E620": "A key or value of the file of gates is misspelt or in the wrong place; `calibrate explain gates` shows a "
    "whole file. What is not understood is refused: a gate that does not judge is worse than none.",
    "E621": "A limit is a finite number within what the metric can be: a share is 0.03, not 3. METRIC=LIMIT is split "
    "at the last equals sign, so ece:bins=20=0.03 works.",
    "E622": "Classwise ECE, MCE, the ECE of several labels, and cross-fitted changes of many parameters have no "
    'interval that is known to hold. Judge the value alone: on = "point" of that gate, where --on or the file asks '
    "for another end of all; or measure on a holdout.",
    "E623": "Numbers of two definitions must not be compared: bins, norm, classes, level or version differ, or the "
    "baseline lacks the metric. Make it again with this version and the same options.",
    "E624": "Name something to judge: a limit, a preset with --model or a baseline, or a file of gates. A saved result "
    "can only be judged on what was measured for it.",
    "E625": "The file of gates must be TOML, UTF-8, under 1 MiB. The message has the place.",
    "E626": "A paired comparison needs the same rows on both sides: as many, with the same ids, labels and classes, "
    "and models of the same link. Otherwise compare two results with --baseline.",
    "E630": "Install the extra (`pip install 'calibrate[pdf]'`) and Pango by the system's packages, or print "
    "report.html to A4 from a browser: its stylesheet is made for that.",
    "E631": "audit.toml is TOML, UTF-8; every key may be left out, and free ones go under [extra].",
    "E632": "The bundle must hold the report.json that `calibrate report` wrote.",
    "E633": "options.json of the bundle was changed; the rest of it can be verified without the data.",
    "E634": "A later version of calibrate wrote the report. Update this one.",
    "E640": "Name the folder that `calibrate report` wrote, with its MANIFEST.sha256 and report.json.",
}
"""Code -> what it usually comes from, and what to do."""
