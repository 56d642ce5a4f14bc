"""Writes what other programs measure, beside this script: python generate_measures.py

Needs numpy, scipy, scikit-learn, sacrebleu, jiwer, seqeval.
"""
import json
import pathlib
import warnings

import jiwer
import numpy
import scipy.stats
import seqeval.metrics
import sklearn.metrics
from sacrebleu.metrics import BLEU

warnings.filterwarnings("ignore")
numbers = numpy.random.default_rng(7)
folder = pathlib.Path(__file__).parent


def confusion():
    # Class 4 occurs in neither, 3 only among predictions.
    truth = numbers.integers(0, 3, 53)
    predictions = numpy.where(numbers.random(53) < 0.6, truth, numbers.integers(0, 4, 53))
    precision, recall, f1, support = sklearn.metrics.precision_recall_fscore_support(
        truth, predictions, labels=range(5), zero_division=0)
    return {
        "truth": truth.tolist(), "predictions": predictions.tolist(),
        "counts": sklearn.metrics.confusion_matrix(truth, predictions, labels=range(5)).tolist(),
        "accuracy": sklearn.metrics.accuracy_score(truth, predictions),
        "macro_f1": sklearn.metrics.f1_score(truth, predictions, average="macro"),
        "precision": precision.tolist(), "recall": recall.tolist(), "f1": f1.tolist(), "support": support.tolist()}


def sentence(length, kinds=9):
    return [f"w{i}" for i in numbers.integers(0, kinds, length)]


def noisy(tokens, rate, kinds=9):
    out = []
    for token in tokens:
        case = numbers.random()
        if case < rate / 3:
            continue
        out.append(sentence(1, kinds)[0] if case < rate * 2 / 3 else token)
        if case > 1 - rate / 3:
            out += sentence(1, kinds)
    return out


def errors():
    cases = []
    for count, rate in [(1, 0.0), (11, 0.3), (17, 0.9)]:
        references = [sentence(n) for n in numbers.integers(1, 14, count)]
        hypotheses = [noisy(one, rate) for one in references]
        if count == 17:
            hypotheses[3] = []
        cases.append((references, hypotheses))
    cases.append(([[], ["a"]], [["b", "c"], ["a"]]))
    cases.append(([[], []], [["b", "c"], []]))
    return [
        {"references": references, "hypotheses": hypotheses,
         "rate": jiwer.wer([" ".join(r) for r in references], [" ".join(h) for h in hypotheses])}
        for references, hypotheses in cases]


def bleu():
    cases = []
    lists = [(13, 0.2, 1, 20), (9, 0.5, 1, 9), (7, 0.9, 1, 8), (5, 0.4, 3, 12), (1, 0.0, 1, 6), (6, 0.3, 2, 3)]
    for count, rate, references, longest in lists:
        first = [sentence(n, 30) for n in numbers.integers(1, longest + 1, count)]
        translations = [noisy(one, rate, 30) or ["w1"] for one in first]
        streams = [first] + [[noisy(one, 0.4, 30) or ["w0"] for one in first] for _ in range(references - 1)]
        cases.append((streams, translations))
    cases.append(([[["a", "b", "c", "d"]]], [["x", "y"]]))
    cases.append(([[["a", "b", "c", "d", "e", "f"]]], [["a", "x", "c", "y", "e", "z", "z"]]))
    metric = BLEU(tokenize="none")
    single = BLEU(tokenize="none", effective_order=True)
    result = []
    for streams, translations in cases:
        joined, lines = [[" ".join(s) for s in stream] for stream in streams], [" ".join(t) for t in translations]
        score = metric.corpus_score(lines, joined)
        result.append({
            "references": [list(group) for group in zip(*streams)], "translations": translations,
            "score": score.score, "precisions": score.precisions, "brevity": score.bp, "matches": score.counts,
            "totals": score.totals, "lengths": [score.sys_len, score.ref_len],
            "unsmoothed": BLEU(tokenize="none", smooth_method="none").corpus_score(lines, joined).score,
            "sentences": [
                single.sentence_score(line, [stream[i] for stream in joined]).score
                for i, line in enumerate(lines)]})
    return result


def spans():
    tags = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "I-ORG", "B-ORG"]
    other = ["E-PER", "S-LOC", "B", "I", "E", "S", "I-A-B", "B-A-B", "X-LOC", "O", "S-PER", "E-A-B"]
    cases = []
    for kinds, count, weight in [(tags, 12, 3), (tags, 23, 1), (tags + other, 31, 2)]:
        chances = numpy.array([weight] + [1] * (len(kinds) - 1)) / (len(kinds) - 1 + weight)
        truth = [numbers.choice(kinds, n, p=chances).tolist() for n in numbers.integers(1, 15, count)]
        guesses = [
            [a if numbers.random() < 0.75 else numbers.choice(kinds, p=chances).item() for a in one] for one in truth]
        cases.append((truth, guesses))
    cases.append(([["B-PER", "I-PER", "O", "B-LOC"]], [["O", "O", "O", "O"]]))
    result = []
    for truth, guesses in cases:
        report = seqeval.metrics.classification_report(truth, guesses, output_dict=True, zero_division=0)
        names = {"micro avg", "macro avg", "weighted avg"}
        figures = lambda one: [float(one[k]) for k in ("precision", "recall", "f1-score", "support")]
        result.append({
            "truth": truth, "predictions": guesses, "micro": figures(report["micro avg"]),
            "macro_f1": float(report["macro avg"]["f1-score"]),
            "types": {name: figures(one) for name, one in sorted(report.items()) if name not in names},
            "entities": [
                [[kind, first, last] for kind, first, last in seqeval.metrics.sequence_labeling.get_entities(one)]
                for one in truth]})
    return result


def regression():
    cases = []
    for count in (2, 37):
        targets = numbers.normal(3, 2, count)
        cases.append((targets.round(3), (targets + numbers.normal(0.2, 0.7, count)).round(3)))
    cases.append((numpy.full(5, 0.1), numpy.array([0.1, 0.1, 0.2, 0.1, 0.1])))
    cases.append((numpy.full(3, 0.1), numpy.full(3, 0.1)))
    cases.append((numpy.array([0.0, 1.0, -2.0]), numpy.array([0.5, 1.5, 2.0])))
    metrics = sklearn.metrics
    return [
        {"targets": y.tolist(), "predictions": p.tolist(), "r2": metrics.r2_score(y, p),
         "mse": metrics.mean_squared_error(y, p), "rmse": metrics.root_mean_squared_error(y, p),
         "mae": metrics.mean_absolute_error(y, p), "mape": metrics.mean_absolute_percentage_error(y, p),
         "pinball": [metrics.mean_pinball_loss(y, p, alpha=a) for a in (0.0, 0.1, 0.5, 0.9)]}
        for y, p in cases]


def ranking():
    cases = []
    for count in (2, 3, 41):
        a = numbers.normal(0, 1, count)
        cases.append((a.round(3), (0.5 * a + numbers.normal(0, 1, count)).round(3)))
    tied = numbers.integers(0, 6, 29).astype(float)
    cases.append((tied, numpy.round(tied / 2 + numbers.integers(0, 3, 29))))
    cases.append((1e200 * numbers.normal(0, 1, 5), 1e-200 * numbers.normal(0, 1, 5)))
    return [
        {"a": a.tolist(), "b": b.tolist(), "pearson": float(scipy.stats.pearsonr(a, b)[0]),
         "spearman": float(scipy.stats.spearmanr(a, b)[0])} for a, b in cases]


content = {
    "confusion": confusion(), "errors": errors(), "bleu": bleu(), "spans": spans(), "regression": regression(),
    "ranking": ranking()}
(folder / "measures.json").write_text(json.dumps(content, separators=(",", ":"), allow_nan=False) + "\n")
