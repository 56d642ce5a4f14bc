"""Writes word_vectors.json beside this script: what gensim's KeyedVectors say of 40 words: python word_vectors.py

Needs numpy and gensim.
"""
import json
import pathlib
import tempfile

import numpy as np
from gensim.models import KeyedVectors

rng = np.random.default_rng(5)
words = [f"word{i}" for i in range(34)] + ["Word3", "WORD7", "Straße", "ÉTÉ", "été", "last"]
values = np.round(rng.normal(size=(len(words), 11)), 3).astype(np.float32)
# Analogies that hold: word4 - word3 + word5 = word6, and so on, nearly.
for first in range(0, 30, 4):
    a, b, c, d = values[first : first + 4] / np.linalg.norm(values[first : first + 4], axis=1, keepdims=True)
    values[first + 3] = np.round(2 * (b - a + c) + rng.normal(size=11) * 0.3, 3)
vectors = KeyedVectors(11)
vectors.add_vectors(words, values)


def found(neighbours):
    return [{"word": word, "similarity": float(similarity)} for word, similarity in neighbours]


sections = {
    "rules": [[f"word{i}", f"word{i + 1}", f"word{i + 2}", f"word{i + 3}"] for i in range(0, 30, 4)],
    "in other letters": [
        ["WORD0", "Word1", "word2", "wOrD3"], ["word3", "word7", "word1", "straße"], ["last", "ÉTÉ", "word9", "word2"],
        # gensim's answer may be one of the three in another case.
        ["word2", "word3", "word7", "word3"], ["word5", "word3", "word7", "word7"],
    ],
    "unknown": [["word1", "word2", "word3", "nobody"], ["nowhere", "word2", "word3", "word4"]],
}
pairs = [[words[i], words[(7 * i + 3) % 40].upper(), round(float(s), 2)] for i, s in enumerate(rng.random(25) * 10)]
pairs += [["nobody", "word1", 3.5], ["word2", "nowhere", 1.0]]
with tempfile.TemporaryDirectory() as folder:
    questions, judged = pathlib.Path(folder, "questions"), pathlib.Path(folder, "pairs")
    lines = [line for name, rows in sections.items() for line in [f": {name}"] + [" ".join(row) for row in rows]]
    questions.write_text("\n".join(lines) + "\n", encoding="utf8")
    judged.write_text("".join(f"{a}\t{b}\t{score}\n" for a, b, score in pairs), encoding="utf8")

    def score(limit):
        _, scored = vectors.evaluate_word_analogies(str(questions), restrict_vocab=limit)
        pearson, spearman, share = vectors.evaluate_word_pairs(str(judged), restrict_vocab=limit)
        return {
            "limit": limit,
            "correct": [len(section["correct"]) for section in scored[:-1]],
            "answered": [len(section["correct"]) + len(section["incorrect"]) for section in scored[:-1]],
            "pearson": float(pearson[0]), "spearman": float(spearman[0]), "unknown": share / 100,
        }

    scores = [score(limit) for limit in (300000, 20)]

result = {
    "words": words, "dimensions": 11, "values": [float(value) for value in values.ravel()],
    "nearest": [{"word": word, "found": found(vectors.most_similar(word, topn=9))} for word in ("word0", "été", "last")],
    "analogies": [
        {"words": list(three), "found": found(vectors.most_similar(positive=three[1:], negative=three[:1], topn=5))}
        for three in (("word0", "word1", "word2"), ("last", "Word3", "word30"), ("word1", "word1", "word2"))
    ],
    "near_vector": {
        "vector": [float(value) for value in values[3] - values[11]],
        "found": found(vectors.similar_by_vector(values[3] - values[11], topn=4)),
    },
    "similarity": float(vectors.similarity("word2", "Straße")),
    "sections": sections, "pairs": pairs, "scores": scores,
}
target = pathlib.Path(__file__).with_name("word_vectors.json")
target.write_text(json.dumps(result, ensure_ascii=False, indent=None) + "\n", encoding="utf8")
