"""The words that outputs use, each in one or two plain sentences: one meaning for `explain` and for reports."""

from __future__ import annotations

TERMS: dict[str, str] = {
    # what is calibrated, and how
    "calibration": "Of the rows to which a model gives a probability of 80 %, 80 % turn out so. Also: changing the "
    "probabilities of a model until that holds.",
    "calibrator": "A fitted rule that turns the scores of a model into better ones, without changing the model itself.",
    "logit": "A raw score before it becomes a probability. Logits of one row may be shifted together without effect; "
    "of one event the logit is log(p / (1 - p)).",
    "link": "The function that makes probabilities of logits: softmax for classes of which one is true, sigmoid for "
    "events, sparsemax for exact zeros.",
    "temperature": "The number T that logits are divided by. T above 1 makes probabilities less extreme (the model "
    "was over-confident), T below 1 more extreme; the predicted class stays.",
    "confidence": "The probability that a model gives to the class it predicts.",
    "over-confident": "Says more than it delivers: confidence is above accuracy. The opposite is under-confident.",
    "top-label": "About the predicted class alone: its confidence against whether it is right. Files that hold only "
    "confidence and prediction can be judged in no other way.",
    "event": "Something that happens or not, with one probability: the positive class of a binary model, or each "
    "label of a multi-label one.",
    "multi-label": "Data in which a row may have several labels or none; every label is an event of its own.",
    # what is measured
    "NLL": "Negative log-likelihood, also called log loss: the mean of -log of the probability that the true class "
    "was given. Lower is better; one true class of probability 0 makes it infinite.",
    "Brier score": "The mean squared distance between the probabilities and what happened. Lower is better, 0 is "
    "perfect; over all classes it goes up to 2, for a single event up to 1.",
    "accuracy": "The share of rows whose most probable class is the true one. A temperature does not change it.",
    "ECE": "Expected calibration error: rows are sorted into bins by their probability, and the gaps between mean "
    "probability and observed frequency are averaged. Lower is better, but chance alone makes it positive.",
    "classwise ECE": "The ECE of every class against the rest, averaged over the classes. It sees errors of classes "
    "that are seldom predicted, which the top-label ECE does not.",
    "MCE": "Maximum calibration error: the largest gap of a bin. One row can make it large, so its interval is wide.",
    "confidence gap": "Mean confidence minus accuracy: above 0 over-confident, below 0 under-confident. Gaps of "
    "opposite sign cancel in it.",
    "proper score": "A measure that only the true probabilities make best on average: the NLL and the Brier score are "
    "proper, ECE and accuracy are not.",
    "observed and expected": "Observed events are counted, expected ones are the sum of the probabilities. In a "
    "calibrated model they agree up to chance.",
    "O:E": "Observed events divided by expected ones. 1 is right on average, above 1 the model expects too few "
    "events, below 1 too many.",
    "calibration-in-the-large": "Whether the mean probability agrees with the overall frequency of the event. It is "
    "the least that calibration asks for.",
    "calibration slope": "How strongly outcomes follow the logits: 1 is right, below 1 the probabilities are too "
    "extreme, above 1 too timid.",
    "reliability diagram": "A drawing of observed frequency against mean probability, bin by bin. On the diagonal the "
    "model keeps its word; below it, it says more than it delivers.",
    "bin": "A range of probabilities whose rows are taken together. Bins include their upper edge, and the first one "
    "0 too.",
    "equal-mass bins": "Bins that hold equally many rows each, instead of being equally wide.",
    # how sure a number is
    "interval": "Where the true value of a number lies as far as these rows can say, by default at a level of 95 %. A "
    "wide interval means few rows, or few errors among them.",
    "coverage": "How often an interval holds the truth. An interval of 95 % should cover it in 95 of 100 samples.",
    "conservative": "Said of an interval that is wider than its level asks for, because no exact one is known.",
    "noise floor": "The error that a perfectly calibrated model with the same predictions would show on as many rows, "
    "on average. An ECE near its noise floor says nothing against the model.",
    "debiased": "An ECE less what chance adds to it: the value that a test on these rows is as likely to call too low "
    "as too high. It may be 0 where the plain ECE is not.",
    "plug-in": "A number computed on the sample as if it were the whole population; of ECE it is too high on average.",
    "inversion": "A way to make an interval: it holds every value that a test on these rows does not reject. ECE gets "
    "its interval so.",
    "Wilson interval": "The interval of a frequency that stays between 0 and 1 and is sound for rare events too.",
    "Clopper-Pearson": "The exact interval of a frequency: it never covers less than its level says, and is wider for "
    "that.",
    "Hall's t": "A t interval that is corrected for skewness, because losses have a long tail to one side.",
    "paired": "Said of a difference that is measured row by row on the same rows. What makes rows hard then cancels, "
    "and the interval is narrower.",
    "unpaired": "Said of a difference between two numbers from different rows. Both uncertainties count in full.",
    "identical": "Both sides of a comparison are the same numbers, so nothing changed.",
    "effective number of rows": "How many equally weighted rows would say as much as the weighted ones do: the square "
    "of the sum of the weights over the sum of their squares. Intervals and fits count rows so.",
    # on which rows
    "cross-fitted": "Every row is calibrated by a calibrator that was fitted on the other folds and never saw it, so "
    "all rows measure honestly.",
    "fold": "One of the parts, five by default, into which the rows are divided for cross-fitting. Equal rows share a "
    "fold.",
    "holdout": "Rows that are kept apart: the calibrator is fitted on the others and measured on these.",
    "in-sample": "Measured on the very rows that were fitted. Such numbers flatter and are marked.",
    "applied": "A calibrator that was fitted earlier, on other data, was used on these rows.",
    "group": "The rows that share a value of a column, such as an age band. Every group gets the numbers of the whole.",
    "baseline": "The earlier result or model that a new one is held against.",
    # what is concluded
    "verdict": "Whether calibration helped, by the interval of the change in NLL, with a veto of the Brier score.",
    "better": "A verdict: the NLL falls by more than chance explains, and the Brier score is not shown to rise.",
    "worse": "A verdict: the NLL rises by more than chance explains, and the Brier score is not shown to fall.",
    "mixed": "A verdict: the NLL and the Brier score move in opposite directions, both by more than chance explains.",
    "indistinguishable": "A verdict: the change cannot be told from doing nothing on so many rows. It does not say "
    "that there is none.",
    "unchanged": "A verdict: calibration changes no number on these rows.",
    "unjudged": "A verdict that could not be reached, with the reason; often too few rows, or too few errors among "
    "them.",
    "gate": "A limit that a number must keep, such as ECE at most 0.05. Gates decide the exit code of a check.",
    "PASS": "The gate is met, as far as the number that decides goes.",
    "FAIL": "The gate is not met. At level error that stops the run with exit code 1.",
    "INCONCLUSIVE": "The limit lies inside the interval, so these rows cannot say whether it is met. More rows decide "
    "it; it is neither a pass nor a fail.",
    "ERROR": "The gate cannot be computed on these data, for instance a metric that they do not have. It is no pass.",
    "safe": "The worse end of the interval decides: a gate passes only where the limit is shown to be met.",
    "lenient": "The better end of the interval decides: a gate fails only where the limit is shown to be broken.",
    "point": "The value alone decides, without regard to chance. It always gives an answer, with no guarantee.",
    "not worse": "The preset gates: NLL and Brier score must not be shown to be worse than the baseline, or than no "
    "calibration. A calibrated model passes them, which it could not were it asked to improve.",
    "pass probability": "How often a perfectly calibrated model would meet a limit on as many rows. Where it is low, "
    "the limit is too tight for the data.",
}
"""Term -> what it means."""
