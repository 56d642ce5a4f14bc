"""Files in forms `unroll` reads, made by `reproduce.sh` from those in forms of their own."""

import gzip
import math
import os
import random
import re
import zipfile


def prepare(data, work):
    """Makes what can be made of what is there."""
    makers = [
        (["translation/cmudict.zip"], pronunciations),
        (["tagging/ud_ewt/en_ewt-ud-train.conllu.gz"], web),
        (
            ["text/tinyshakespeare.txt", "classification/mr/rt-polarity.neg", "vectors/gensim/lee_background.cor"],
            corpus,
        ),
        (["text/tinyshakespeare.txt"], plays),
        ([], sine),
    ]
    for sources, make in makers:
        if all(os.path.exists(f"{data}/{source}") for source in sources):
            make(data, work)


def pronunciations(data, work):
    """`cmudict.tsv`: alphabetic words and their phonemes, without stress marks; `cmudict-short.tsv` has a tenth."""
    with zipfile.ZipFile(f"{data}/translation/cmudict.zip") as archive:
        name = max(archive.namelist(), key=lambda n: archive.getinfo(n).file_size)
        lines = archive.read(name).decode("latin-1").splitlines()
    seen = {}
    for line in lines:
        parts = line.split()
        if len(parts) < 3 or not re.fullmatch("[A-Za-z]+", parts[0]):
            continue
        phonemes = [re.sub("[0-9]", "", phoneme) for phoneme in parts[2:]]
        # Pronunciations that differ in stress alone are one.
        seen[f"{parts[0].lower()}\t{' '.join(phonemes)}\n"] = None
    write(f"{work}/cmudict.tsv", seen)
    write(f"{work}/cmudict-short.tsv", list(seen)[::10])


def web_sentences(data):
    """The texts of the tagged sentences: letters, reviews, questions and answers."""
    with gzip.open(f"{data}/tagging/ud_ewt/en_ewt-ud-train.conllu.gz", "rt", encoding="utf-8") as file:
        return [line.removeprefix("# text = ") for line in file if line.startswith("# text = ")]


def web(data, work):
    """`web.txt`: a sentence a line."""
    write(f"{work}/web.txt", web_sentences(data))


def plays(data, work):
    """`plays.txt`: the first 60,000 characters of the plays, for a run that has little to learn from."""
    with open(f"{data}/text/tinyshakespeare.txt", encoding="utf-8") as file:
        write(f"{work}/plays.txt", [file.read(60_000)])


def corpus(data, work):
    """`corpus.txt`: words in lower case with spaces between, of all texts there are, for word vectors."""
    paths = ["text/tinyshakespeare.txt", "classification/mr/rt-polarity.neg", "classification/mr/rt-polarity.pos"]
    lines = []
    for path in paths + ["vectors/gensim/lee_background.cor"]:
        with open(f"{data}/{path}", encoding="utf-8") as file:
            lines += file
    words = (re.findall("[a-z']+", line.lower()) for line in lines + web_sentences(data))
    write(f"{work}/corpus.txt", (" ".join(line) + "\n" for line in words if line))


def sine(data, work):
    """`sine.csv`: 1,500 rows of a sine wave, 25 rows long, with a little noise."""
    noise = random.Random(1)
    rows = (f"{row},{math.sin(2 * math.pi * row / 25) + noise.gauss(0, 0.05):.6f}\n" for row in range(1500))
    write(f"{work}/sine.csv", ["time,value\n", *rows])


def write(path, lines):
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(lines)
