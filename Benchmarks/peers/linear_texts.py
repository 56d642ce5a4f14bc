"""The linear models that `unroll train classifier` reports beside its own, and scikit-learn's on the same rows: counts of
words, and TF-IDF of words and pairs of them, under logistic regression whose C the validation rows choose."""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression

CHOICES = [0.1, 1, 10]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--unroll", default=".build/release/unroll")
    parser.add_argument("--class", dest="classes", action="append", required=True, metavar="NAME=FILE")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--within", type=float, default=0.005)
    arguments = parser.parse_args()
    rows = sorted({
        (label, " ".join(line.split()))
        for label, path in (given.split("=", 1) for given in arguments.classes)
        for line in Path(path).read_text(encoding="utf-8").split("\n") if line.strip()
    })  # fmt: skip
    print("| seed | features | Unroll | scikit-learn | apart |\n|---|---|---:|---:|---:|")
    sums = {name: [0.0, 0.0] for name in ("bag of words", "TF-IDF")}
    for seed in range(1, arguments.seeds + 1):
        parts = divided(rows, seed)
        found = unroll(arguments.unroll, parts, seed)
        vectorizers = {"bag of words": CountVectorizer(), "TF-IDF": TfidfVectorizer(ngram_range=(1, 2))}
        for name, vectorizer in vectorizers.items():
            ours = found["baseline_bag_of_words" if name == "bag of words" else "baseline_tfidf"]
            theirs = scikit(vectorizer, parts)
            print(f"| {seed} | {name} | {ours:.4f} | {theirs:.4f} | {ours - theirs:+.4f} |", flush=True)
            sums[name] = [sums[name][0] + ours, sums[name][1] + theirs]
    apart = 0
    for name, (ours, theirs) in sums.items():
        ours, theirs = ours / arguments.seeds, theirs / arguments.seeds
        apart = max(apart, abs(ours - theirs))
        print(f"| mean | {name} | {ours:.4f} | {theirs:.4f} | {ours - theirs:+.4f} |")
    if apart > arguments.within:
        sys.exit(f"means are {apart:.4f} apart, more than {arguments.within}")


def divided(rows, seed):
    """Training, validation and test: 80, 10 and 10 percent."""
    rows = rows[:]
    random.Random(seed).shuffle(rows)
    first, second = len(rows) * 80 // 100, len(rows) * 90 // 100
    return rows[:first], rows[first:second], rows[second:]


def scikit(vectorizer, parts):
    """The test accuracy with the C that tells most validation rows right, the smallest of several."""
    features = [vectorizer.fit_transform([text for _, text in parts[0]])]
    features += [vectorizer.transform([text for _, text in part]) for part in parts[1:]]
    labels = [[label for label, _ in part] for part in parts]
    best = None
    for c in CHOICES:
        model = LogisticRegression(C=c, max_iter=5000, tol=1e-6).fit(features[0], labels[0])
        score = model.score(features[1], labels[1])
        if best is None or score > best[0]:
            best = (score, model.score(features[2], labels[2]))
    return best[1]


def unroll(program, parts, seed):
    """What the command says of the same rows; its own model, which is not looked at, is small."""
    with tempfile.TemporaryDirectory() as folder:
        names = [f"{folder}/{part}.tsv" for part in ("data", "validation", "test")]
        for name, part in zip(names, parts, strict=True):
            Path(name).write_text("".join(f"{label}\t{text}\n" for label, text in part), encoding="utf-8")
        command = [
            program, "train", "classifier", "--data", names[0], "--validation", names[1], "--test", names[2],
            "--hidden", "8", "--embedding", "8", "--epochs", "1", "--seed", str(seed), "--device", "cpu",
            "--output", f"{folder}/model", "--json",
        ]  # fmt: skip
        lines = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    return json.loads(lines[-1])


if __name__ == "__main__":
    main()
